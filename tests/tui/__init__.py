"""The operator console, tried as its user tries it."""
