"""Roots and proofs of a log, out of its stored subtrees and leaf hashes.

Nothing here believes what is stored: whoever gets a proof checks it against a signed
checkpoint, and `verify` recomputes every node. Reading costs some hundred hashes however
long the log is.
"""

from typing import Final

from injector.shotlog.merkle import (
    CACHED_HEIGHTS,
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    parents,
    root_of,
)
from injector.shotlog.reader import LogReader


class LogTree:
    """The tree over the entries of an open log; it may grow meanwhile."""

    def __init__(self, reader: LogReader) -> None:
        self.reader: Final = reader

    def root(self, size: int) -> bytes:
        """Return the root over the first ``size`` entries; ValueError when there are fewer."""
        if size == 0:
            return EMPTY_ROOT
        return root_of(size, self.subtree)

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Return the proof that entry ``seq`` stands in the tree of ``size``, leaf end first."""
        return inclusion_proof(seq, size, self.subtree)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of ``new`` entries goes on from that of ``old``."""
        return consistency_proof(old, new, self.subtree)

    def subtree(self, height: int, position: int) -> bytes:
        """Return the root of a perfect subtree; ValueError when the log does not reach so far."""
        base = max((each for each in CACHED_HEIGHTS if each <= height), default=0)
        first, count = position << (height - base), 1 << (height - base)
        hashes = self.reader.hashes(base, first, count)
        if len(hashes) != count:
            raise ValueError(f"the log ends before subtree {position} of height {height}")
        while len(hashes) > 1:
            hashes = parents(hashes)
        return hashes[0]
