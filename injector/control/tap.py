"""The line as engineers see it: the frames that pass, and how long answers take.

There is one only while somebody watches. It sees bytes as they come and go and changes
none; what the frames mean is for whoever shows them to decode.
"""

from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import Final

from injector.control.snapshot import FrameView, LineView
from injector.protocol.codes import BEAT_MS
from injector.protocol.framing import FLAG, STOP_BYTES
from injector.protocol.host import LinkStatistics

SHOWN: Final = 64
"""The newest frames, as many as a snapshot carries."""
LATE_US: Final = 20_000
"""A beat that leaves later than this after it was due is late."""
_MOST_BYTES: Final = 512
"""Bytes without a flag are cut here, so that noise cannot fill the memory."""
_ROUND_TRIPS: Final = 512
_FLAG: Final = bytes([FLAG])


class Tap:
    """Watches one line. Times are monotonic, in microseconds."""

    def __init__(self) -> None:
        self._frames: deque[FrameView] = deque(maxlen=SHOWN)
        self._number = 0
        self._part = bytearray()
        self._asked_us: int | None = None
        self._trips: deque[int] = deque(maxlen=_ROUND_TRIPS)
        self._last_us: int | None = None
        self._beat_us: int | None = None
        self._beats = self._late = 0

    def went(self, line: bytes, now_us: int) -> None:
        """These bytes, a frame or STOP, go on the line."""
        if line != STOP_BYTES:  # which nothing answers; its frame comes after it
            self._asked_us = now_us
        self._add(line, now_us, out=True)

    def came(self, data: bytes, now_us: int) -> None:
        """These bytes came, however they were cut."""
        for byte in data:
            if byte == FLAG and self._part == _FLAG:
                continue  # one closed a frame that is cut already, this one opens the next
            self._part.append(byte)
            closes = byte == FLAG and len(self._part) > 1
            if closes or len(self._part) >= _MOST_BYTES:
                self._cut(now_us)

    def answered(self, now_us: int) -> None:
        """The answer to what was asked last has come."""
        if self._asked_us is not None:
            self._last_us = now_us - self._asked_us
            self._trips.append(self._last_us)
            self._asked_us = None

    def beat(self, now_us: int) -> None:
        """A beat is on its way."""
        self._beats += 1
        if self._beat_us is not None and now_us - self._beat_us > BEAT_MS * 1000 + LATE_US:
            self._late += 1
        self._beat_us = now_us

    def began(self) -> None:
        """A new link: nothing of the old one is awaited any more."""
        self._part.clear()
        self._asked_us = self._beat_us = None

    def view(self, statistics: LinkStatistics | None) -> LineView:
        """What there is to see, with what the link at hand has counted."""
        counted = LinkStatistics() if statistics is None else statistics
        bad_here = sum((counted.bad_here or {}).values())
        return LineView(
            frames=tuple(self._frames),
            sent=counted.requests + counted.repeats,
            heard=counted.replies + counted.pushed + counted.late + counted.bad_by_device,
            repeats=counted.repeats,
            late=counted.late,
            bad_here=bad_here,
            bad_by_device=counted.bad_by_device,
            trip_last_us=self._last_us,
            trip_median_us=_middle(self._trips),
            trip_most_us=max(self._trips, default=None),
            beats=self._beats,
            beats_late=self._late,
        )

    def _cut(self, now_us: int) -> None:
        self._add(bytes(self._part), now_us, out=False)
        self._part.clear()

    def _add(self, line: bytes, now_us: int, *, out: bool) -> None:
        self._number += 1
        self._frames.append(FrameView(self._number, now_us, out=out, line=line))


def _middle(values: Iterable[int]) -> int | None:
    found = list(values)
    return int(median(found)) if found else None
