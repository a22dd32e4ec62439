"""Limit libraries: the text that stands in the log is the one that its digest names.

A library comes in parts, which stand together and in order. Grants and sessions name it by
its digest alone, so a text that has another one is not what anybody was judged by.
"""

import hashlib
from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import Entry, LibraryPart
from injector.shotlog.findings import Code, Tally


class LibrariesCheck:
    """Joins the parts of each library and holds them against its digest."""

    about: ClassVar[Kinds | None] = frozenset({LibraryPart})

    def __init__(self, tally: Tally, _reading: Reading) -> None:
        self._tally: Final = tally
        self._began = 0
        self._newest: LibraryPart | None = None
        """The part before the next one; None: none is under way."""
        self._hash = hashlib.sha256()

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take a part."""
        body = entry.body
        if not isinstance(body, LibraryPart):
            return
        before = self._newest
        if body.part == 0:
            self._unfinished()
            self._began, self._hash = seq, hashlib.sha256()
            self._tally.counted += 1
        elif before is None or (body.digest, body.part, body.parts) != (
            before.digest,
            before.part + 1,
            before.parts,
        ):
            self._tally.fail(Code.LIBRARY_INCOMPLETE, seq=seq, detail=body.digest)
            self._newest = None
            return
        self._newest = body
        self._hash.update(body.text.encode())
        if body.part + 1 >= body.parts:
            self._newest = None
            if self._hash.hexdigest() != body.digest:
                self._tally.fail(
                    Code.LIBRARY_DIFFERS, seq=self._began, last=seq, detail=body.digest
                )

    def finish(self) -> None:
        """Say that the newest library has no end."""
        self._unfinished()

    def _unfinished(self) -> None:
        if self._newest is not None:
            self._tally.fail(Code.LIBRARY_INCOMPLETE, seq=self._began, detail=self._newest.digest)
        self._newest = None
