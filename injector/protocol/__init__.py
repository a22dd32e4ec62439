"""The wire between host and gun, without any input or output of its own."""
