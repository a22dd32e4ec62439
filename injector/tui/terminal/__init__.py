"""The terminal: what comes from it, what goes to it, and whether anyone can see it."""
