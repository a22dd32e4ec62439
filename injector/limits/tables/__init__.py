"""The tables of a library file, one concept to a file."""
