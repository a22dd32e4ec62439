"""The pages of a new session, a file for each, and what they are made of."""
