"""Serial ports, and the link that pumps bytes between a port and a connection."""
