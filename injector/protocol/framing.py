"""Frames: how bytes on the line become payloads, and back.

Theory
------
The framing is HDLC-like, as in RFC 1662: a flag ``7E`` opens and closes every
frame, and a byte of the body that could be mistaken for something else is sent
as ``7D`` and the byte with bit 5 turned over. The body is the payload followed
by its CRC-32 (the one of zlib and Ethernet), least significant byte first.

Escaped are the flag, the escape, XON and XOFF (a serial driver may swallow
them) and CAN ``18``. Since CAN never stands bare inside a frame, **two bare CAN
bytes in a row mean STOP**, wherever they come: between frames or in the middle
of one. It takes two, because noise on a bad line makes a single one often and
two in a row practically never. A longer run is still one STOP. A STOP drops the
frame that it cut into; the decoder then waits for the next flag.

The decoder never raises. What cannot be a frame is a value, :class:`BadFrame`,
with its cause, so that statistics and tests see it like any other event.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, unique
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias
from zlib import crc32

FLAG: Final = 0x7E
ESCAPE: Final = 0x7D
XON: Final = 0x11
XOFF: Final = 0x13
CAN: Final = 0x18
FLIP: Final = 0x20

ESCAPED: Final = frozenset({FLAG, ESCAPE, XON, XOFF, CAN})
"""The bytes that never stand bare between two flags."""

MAX_PAYLOAD: Final = 240
"""Bytes of payload at most, before escaping."""

CRC_BYTES: Final = 4
MAX_BODY: Final = MAX_PAYLOAD + CRC_BYTES

STOP_BYTES: Final = bytes([CAN]) * 4
"""What a host writes to stop. Two suffice; four survive the loss of any two
that leaves a pair."""

_BAD_ESCAPE: Final = re.compile(
    re.escape(bytes([ESCAPE])) + b"(?![%b])" % re.escape(bytes(byte ^ FLIP for byte in ESCAPED))
)
_ONE_FRAME: Final = re.compile(
    rb"\x7e((?:[^\x7e\x7d\x11\x13\x18]++|\x7d[\x5e\x5d\x31\x33\x38])++)\x7e"
).fullmatch
"""Matches two flags and between them nothing bare and no escape that may not be there."""
_WHOLE: Final = crc32(bytes(CRC_BYTES))
"""The CRC of every body whose own CRC fits: one that follows its payload leaves this."""
_FLAG: Final = bytes([FLAG])
_ESCAPE: Final = bytes([ESCAPE])
_CAN: Final = bytes([CAN])


@unique
class BadCause(IntEnum):
    """Why bytes were not taken as a message. The numbers travel in ``bad_frame``.

    Below 16 the line is to blame (the frame did not arrive as it was sent),
    from 16 the sender (the frame arrived, and its content is against the rules).
    """

    CRC = 1
    """The checksum does not fit the payload."""
    TOO_SHORT = 2
    """Fewer bytes than a checksum and one byte of payload."""
    TOO_LONG = 3
    """More bytes than the largest frame has."""
    BAD_ESCAPE = 4
    """An escape before a flag, or before a byte that is never escaped."""
    STRAY_CONTROL = 5
    """A bare XON, XOFF or single CAN inside the frame."""
    NOT_CANONICAL = 16
    """Not one item of deterministic CBOR that ends where the payload ends: a
    repeated or unsorted key, a trailing byte, a float, a tag, a longer form."""
    BAD_SHAPE = 17
    """Not an array of type, link, id and fields in their ranges."""
    UNKNOWN_TYPE = 18
    """A message type that this side does not take."""
    BAD_FIELDS = 19
    """A field unknown, missing, of the wrong kind or outside its range."""


class GoodFrame(NamedTuple):
    """A payload whose checksum fits."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class BadFrame:
    """Bytes between two flags that are no message, and why not."""

    cause: BadCause


@dataclass(frozen=True, slots=True)
class StopSeen:
    """Two bare CAN bytes in a row."""


FrameEvent: TypeAlias = GoodFrame | BadFrame | StopSeen


def encode_frame(payload: bytes) -> bytes:
    """Return the bytes on the line for ``payload`` (1 to 240 bytes), flags included.

    Raises ``ValueError`` for a payload of another length: that is a mistake in
    this program, never in what came over the line.

    >>> encode_frame(b"\\x01").hex(" ")
    '7e 01 1b df 05 a5 7e'
    >>> encode_frame(bytes([0x7E]))[1:3].hex(" ")
    '7d 5e'
    """
    if not 1 <= len(payload) <= MAX_PAYLOAD:
        raise ValueError(f"a payload has 1 to {MAX_PAYLOAD} bytes, this one {len(payload)}")
    return b"\x7e%b\x7e" % _escaped(payload + crc32(payload).to_bytes(CRC_BYTES, "little"))


@lru_cache(maxsize=16)  # where both ends are in one process, each frame is looked at by both
def one_frame(data: bytes) -> bytes | None:
    """Return the payload where ``data`` is one good frame, from flag to flag, and nothing else."""
    frame = _ONE_FRAME(data)
    return None if frame is None else _payload(frame[1])


class FrameDecoder:
    """Turns bytes, however they are cut, into frame events in their order.

    ``counts`` holds how many bad frames of each cause were seen.
    """

    def __init__(self) -> None:
        self.counts: Counter[BadCause] = Counter()
        self._body = bytearray()
        self._hunting = True
        self._stray = False
        self._overlong = False
        self._cans = 0

    def feed(self, data: bytes) -> list[FrameEvent]:
        """Take the next bytes of the line and return what they completed."""
        # What one read brings is mostly one good frame: it needs no keeping in between.
        if not (self._body or self._stray or self._overlong or self._cans) and (
            payload := one_frame(data)
        ):
            self._hunting = False
            return [GoodFrame(payload)]
        events: list[FrameEvent] = []
        if not self._cans and CAN not in data:
            self._take(data, events)
            return events
        start = 0
        while start < len(data):
            if self._cans:
                start = self._after_can(data, start, events)
                continue
            can = data.find(_CAN, start)
            end = len(data) if can < 0 else can
            if end > start:
                self._take(data[start:end], events)
            if can >= 0:
                self._cans = 1
            start = end + (can >= 0)
        return events

    def _after_can(self, data: bytes, start: int, events: list[FrameEvent]) -> int:
        """Go on after one or more bare CAN bytes; return where to read next."""
        if data[start] == CAN:
            self._cans += 1
            if self._cans == 2:
                events.append(StopSeen())
                self._restart(hunting=True)
            return start + 1
        if self._cans == 1:
            self._stray = True
        self._cans = 0
        return start

    def _take(self, chunk: bytes, events: list[FrameEvent]) -> None:
        *ended, rest = chunk.split(_FLAG)
        for part in ended:
            self._close(part, events)
        self._grow(rest)

    def _grow(self, part: bytes) -> None:
        if self._hunting or not part:
            return
        # Twice the body is the longest that escaping can make it; what is longer
        # is thrown away as it comes, so that no sender can fill the memory.
        if self._overlong or len(self._body) + len(part) > 2 * MAX_BODY:
            self._overlong = True
            self._body.clear()
        else:
            self._body += part

    def _close(self, part: bytes, events: list[FrameEvent]) -> None:
        """Judge what stands before a flag and ends with ``part``."""
        self._grow(part)
        hunting, stray, overlong = self._hunting, self._stray, self._overlong
        if not (hunting or self._body or stray or overlong):
            return  # two flags in a row
        raw = bytes(self._body)
        self._restart(hunting=False)
        if hunting:
            return
        if overlong:
            events.append(self._bad(BadCause.TOO_LONG))
        elif stray:
            events.append(self._bad(BadCause.STRAY_CONTROL))
        else:
            events.append(self._judge(raw))

    def _judge(self, raw: bytes) -> GoodFrame | BadFrame:
        """Return what stood between two flags."""
        if XON in raw or XOFF in raw:
            return self._bad(BadCause.STRAY_CONTROL)
        if _BAD_ESCAPE.search(raw) is not None:
            return self._bad(BadCause.BAD_ESCAPE)
        size = len(raw) - raw.count(_ESCAPE)
        if not CRC_BYTES < size <= MAX_BODY:
            return self._bad(BadCause.TOO_SHORT if size <= CRC_BYTES else BadCause.TOO_LONG)
        payload = _payload(raw)
        return self._bad(BadCause.CRC) if payload is None else GoodFrame(payload)

    def _bad(self, cause: BadCause) -> BadFrame:
        self.counts[cause] += 1
        return BadFrame(cause)

    def _restart(self, *, hunting: bool) -> None:
        self._body.clear()
        self._hunting = hunting
        self._stray = False
        self._overlong = False


def _payload(raw: bytes) -> bytes | None:
    """Return what ``raw`` carries when its escapes are proper; None where size or CRC is wrong."""
    body = _unescaped(raw) if ESCAPE in raw else raw
    if not CRC_BYTES < len(body) <= MAX_BODY or crc32(body) != _WHOLE:
        return None
    return body[:-CRC_BYTES]


# Written out, these are a third of what a loop over a table takes: twice in every frame.


def _escaped(body: bytes) -> bytes:
    # The escape itself first, or it would escape the others' escapes.
    return (
        body.replace(b"\x7d", b"\x7d\x5d")
        .replace(b"\x7e", b"\x7d\x5e")
        .replace(b"\x11", b"\x7d\x31")
        .replace(b"\x13", b"\x7d\x33")
        .replace(b"\x18", b"\x7d\x38")
    )


def _unescaped(raw: bytes) -> bytes:
    # The escape itself last, or it would make an escape of the byte behind it.
    return (
        raw.replace(b"\x7d\x38", b"\x18")
        .replace(b"\x7d\x33", b"\x13")
        .replace(b"\x7d\x31", b"\x11")
        .replace(b"\x7d\x5e", b"\x7e")
        .replace(b"\x7d\x5d", b"\x7d")
    )


def fits_line(payload: bytes, limit: int) -> bool:
    """Whether ``payload`` takes at most ``limit`` bytes on the line, flags included."""
    return len(encode_frame(payload)) <= limit


def pick_link(random_bytes: Callable[[int], bytes]) -> int:
    """Draw a link id (1 to 2^32 - 1) whose four bytes need no escaping.

    Every host frame carries it, so its length on the line must not depend on
    luck: this is what keeps a beat within 48 bytes whatever it says. The top
    byte is never zero, so that the id always takes the same number of bytes.
    """
    while True:
        drawn = random_bytes(4)
        if drawn[0] and not ESCAPED.intersection(drawn):
            return int.from_bytes(drawn, "big")
