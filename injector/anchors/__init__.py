"""Checkpoints outside the log: on paper, in a file, with an authority, with a witness.

Whoever holds the key and the file of a log can write it anew. What was given away before
cannot be: so at each session's close the newest checkpoint goes outside, and what could not
go waits and is shown.
"""
