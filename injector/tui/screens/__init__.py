"""One file for each screen. What all of them have in common is in `base`."""
