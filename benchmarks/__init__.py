"""Measurements against a peer, side by side in one run: ratios, never absolute promises.

Machines differ and are noisy, so the peers take turns in short rounds, a figure is
the median of what the rounds say, and a bar compares two things that were measured
next to each other.
"""
