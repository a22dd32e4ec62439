"""Succession: what a log says of the log before it, and of the one that follows.

The log before is not at hand, so that nobody can say here whether what was brought forward
is what stood there: the checkpoint in entry 0 says to which log it has to be held. But it was
brought when the log was made, right after entry 0, and never again: what a gun has done since
is in this log or missing from it.
"""

from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import (
    Alarm,
    Entry,
    LibraryPart,
    LogOpened,
    Predecessor,
    Stop,
    TextErased,
)
from injector.shotlog.envelope import MalformedBodyError, body_of
from injector.shotlog.facts import LibraryApproved, OperatorRecorded
from injector.shotlog.findings import Code, Remark, Tally
from injector.shotlog.note import NoteError, parse_note
from injector.shotlog.vouching import BroughtForward, DeviceBroughtForward, LogEnded

_OPENING: Final[Kinds] = frozenset(
    {
        Stop,
        Alarm,
        LibraryPart,
        OperatorRecorded,
        LibraryApproved,
        BroughtForward,
        DeviceBroughtForward,
    }
)
"""What a successor is made with, beside entry 0."""


class SuccessionCheck:
    """Holds entry 0's predecessor, what came from it, and the log's end together."""

    about: ClassVar[Kinds | None] = frozenset({LogOpened, LogEnded, TextErased, *_OPENING})

    def __init__(self, tally: Tally, reading: Reading) -> None:
        self._tally: Final = tally
        self._reading: Final = reading
        self._follows = False
        self._opening = 1
        """The next entry of the opening; what is fed later and is not there comes after it."""
        self._guns: set[str] = set()
        """Those that were brought."""
        self._end: int | None = None
        """The newest entry that may stand there after the log's end, or that end itself."""

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take the next entry."""
        body = entry.body
        if isinstance(body, TextErased) and self._end == seq - 1:
            self._end = seq
        if isinstance(body, LogOpened):
            if seq == 0 and body.predecessor is not None:
                self._follows = True
                self._before(body.predecessor)
        elif isinstance(body, BroughtForward | DeviceBroughtForward):
            self._brought(seq, body)
        elif isinstance(body, LogEnded) and self._end is None:
            self._tally.counted += 1
            self._end = seq
        if type(body) in _OPENING and seq == self._opening:
            self._opening += 1

    def finish(self) -> None:
        """Say what stands after the end, and that the log before is not at hand."""
        size = self._reading.roots.size
        if self._end is not None and self._end < size - 1:
            self._tally.fail(Code.AFTER_THE_END, seq=self._end + 1, last=size - 1)
        if self._follows:
            self._tally.remark(Remark.FOLLOWS_ANOTHER)

    def _before(self, named: Predecessor) -> None:
        self._tally.counted += 1
        try:
            kept = Checkpoint.parse(parse_note(named.checkpoint)[0])
        except NoteError as error:
            self._tally.fail(Code.SIGNATURE, seq=0, detail=str(error))
            return
        if kept.origin != named.origin:
            self._tally.fail(Code.ORIGIN_DIFFERS, seq=0, detail=kept.origin)
        if kept.size != named.size:
            self._tally.fail(Code.SIZE_DIFFERS, seq=0, detail=str(kept.size))
        if named.origin == self._reading.origin:
            self._tally.fail(Code.ORIGIN_DIFFERS, seq=0, detail=named.origin)

    def _brought(self, seq: int, body: BroughtForward | DeviceBroughtForward) -> None:
        self._tally.counted += 1
        if not self._follows:
            self._tally.fail(Code.BROUGHT_FROM_NOWHERE, seq=seq)
        elif seq != self._opening:
            self._tally.fail(Code.BROUGHT_LATE, seq=seq)
        if isinstance(body, DeviceBroughtForward):
            if body.serial in self._guns:
                self._tally.fail(Code.BROUGHT_TWICE, seq=seq, detail=body.serial)
            self._guns.add(body.serial)
        if isinstance(body, BroughtForward):
            for quoted in body.entries:
                try:
                    body_of(quoted.body)
                except MalformedBodyError as error:
                    self._tally.fail(Code.MALFORMED, seq=seq, detail=str(error)[:200])
