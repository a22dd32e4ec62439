"""The line between host and gun: bytes take their time, and may meet with trouble.

A byte at 115,200 baud takes 87 µs, and bytes of one direction go one after the
other, so a STOP stands behind what is leaving already. What arrives is handed over
frame by frame: at the instant at which the last byte of what was written together is
there. A cable that is cut in between lets through what had arrived by then.

What a bad line does to bytes is decided by a `Trouble`, one for each direction; it
gets what was written and says what arrives, and how late. The line itself knows
no chance.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

BITS_PER_BYTE: Final = 10
"""8N1: a start bit, eight data bits, a stop bit."""
TRAVEL_US: Final = 200
"""What adapter and driver add to the time on the line."""
_MILLION: Final = 1_000_000


class Passed(NamedTuple):
    """Bytes that arrive, and how much later than they would on a good line."""

    data: bytes
    late_us: int = 0


class Trouble(Protocol):
    """What happens to bytes on their way."""

    def __call__(self, data: bytes, now_us: int) -> Iterable[Passed]:
        """Return what arrives of ``data``, which was written together at ``now_us``."""
        ...


def untroubled(data: bytes, now_us: int) -> Iterable[Passed]:  # noqa: ARG001 -- a good line
    """Everything arrives, as it was written."""
    return (Passed(data),)


class _Travelling(NamedTuple):
    data: bytes
    leaves_us: int
    """When its first byte begins to leave."""
    due_us: int
    """When its last byte is there."""


class Way:
    """One direction of the line. ``trouble`` may be exchanged at any time."""

    def __init__(self, baud: int) -> None:
        self.trouble: Trouble = untroubled
        self._baud = baud
        self._free_us = 0
        self._travelling: deque[_Travelling] = deque()

    def put(self, data: bytes, now_us: int) -> None:
        """Write ``data``, behind what is leaving; nothing where there is nothing to say."""
        if not data:
            return
        leaves_us = max(now_us, self._free_us)
        self._free_us = leaves_us + self._wire_us(len(data))
        for passed in self.trouble(data, now_us):
            due_us = self._free_us + TRAVEL_US + passed.late_us
            if self._travelling:
                # A line may hold bytes back; it never lets later ones past them.
                due_us = max(due_us, self._travelling[-1].due_us)
            self._travelling.append(_Travelling(passed.data, leaves_us + passed.late_us, due_us))

    def hold_back(self) -> bytes:
        """Return what is under way, which does not arrive any more."""
        held = b"".join(each.data for each in self._travelling)
        self._travelling.clear()
        return held

    def due(self) -> int | None:
        """When something arrives next; None for never."""
        return self._travelling[0].due_us if self._travelling else None

    def take(self, now_us: int) -> bytes:
        """Return what is there at ``now_us`` of the oldest that was written; it is gone then."""
        if not self._travelling or self._travelling[0].due_us > now_us:
            return b""
        return self._travelling.popleft().data

    def cut(self, now_us: int) -> bytes:
        """Cut the line: return what had arrived of a frame in mid-flight; the rest is lost."""
        arrived = b""
        if self._travelling:
            first = self._travelling[0]
            byte_us = self._wire_us(1)
            there = (now_us - TRAVEL_US - first.leaves_us) // byte_us
            arrived = first.data[: max(0, min(there, len(first.data)))]
        self._travelling.clear()
        self._free_us = now_us
        return arrived

    def _wire_us(self, count: int) -> int:
        return -(-count * BITS_PER_BYTE * _MILLION // self._baud)


class Wire:
    """Both directions, and whether the cable is in."""

    def __init__(self, baud: int = 115_200) -> None:
        self.to_gun = Way(baud)
        self.to_host = Way(baud)
        self.plugged = True

    def due(self) -> int | None:
        """When something arrives next, at either end."""
        dues = [due for way in (self.to_gun, self.to_host) if (due := way.due()) is not None]
        return min(dues, default=None)
