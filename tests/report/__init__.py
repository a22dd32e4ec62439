"""Promises about what is handed to others."""
