"""Plans, and what the limits say to them."""
