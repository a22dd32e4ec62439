"""Anchors: each is the signed checkpoint of the entries before it.

All are checked against the one tree that is computed, so each is a prefix of the next.
"""

from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import Anchor, Entry
from injector.shotlog.findings import Code, Tally


class AnchorsCheck:
    """Checks every anchor, and notes up to where the log is known to be sound."""

    about: ClassVar[Kinds | None] = frozenset({Anchor})

    def __init__(self, tally: Tally, reading: Reading) -> None:
        self._tally: Final = tally
        self._reading: Final = reading

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take an anchor."""
        body = entry.body
        if not isinstance(body, Anchor):
            return
        self._tally.counted += 1
        root = self._reading.roots.now()
        if body.size != seq:
            self._tally.fail(Code.SIZE_DIFFERS, seq=seq, detail=str(body.size))
        elif bytes.fromhex(body.root) != root:
            self._tally.fail(Code.ROOT_DIFFERS, seq=self._reading.sound, last=seq - 1)
        elif self._reading.signed(self._tally, body.checkpoint, body.size, root, seq=seq):
            self._reading.sound = seq

    def finish(self) -> None:
        """Nothing is left: an anchor says all it has to say by itself."""
