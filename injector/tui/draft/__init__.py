"""A session before it is opened: what was entered, what is missing, what the limits say. Pure."""
