"""Rotations: each key after the first was handed over by the one before it.

What follows a rotation counts under the new key only; see `injector.shotlog.keychain`.
"""

from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import Entry
from injector.shotlog.findings import Code, Tally
from injector.shotlog.note import NoteError
from injector.shotlog.vouching import KeyRotated


class KeysCheck:
    """Follows the log's key from one to the next."""

    about: ClassVar[Kinds | None] = frozenset({KeyRotated})

    def __init__(self, tally: Tally, reading: Reading) -> None:
        self._tally: Final = tally
        self._reading: Final = reading

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take a rotation."""
        body, chain = entry.body, self._reading.chain
        if not isinstance(body, KeyRotated):
            return
        self._tally.counted += 1
        root = self._reading.roots.now()
        if body.size != seq:
            self._tally.fail(Code.SIZE_DIFFERS, seq=seq, detail=str(body.size))
        elif bytes.fromhex(body.root) != root:
            self._tally.fail(Code.ROOT_DIFFERS, seq=self._reading.sound, last=seq - 1)
        elif chain is None:
            self._tally.fail(Code.SIGNATURE, seq=seq, detail="no key")
        else:
            try:
                chain.follow(body, seq, root)
            except NoteError as error:
                self._tally.fail(Code.NOT_HANDED_OVER, seq=seq, detail=str(error))
            else:
                self._reading.key = chain.newest
                self._reading.sound = seq

    def finish(self) -> None:
        """Nothing is left: a rotation says all it has to say by itself."""
