"""Promises of the shot log."""
