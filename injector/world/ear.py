"""An ear on the line: what the frames say, without being a party to it.

It uses the framing of the protocol and none of its connections or messages: it must
hear what was sent, not what one side made of it.
"""

from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias
from zlib import crc32

import cbor2

from injector.protocol.framing import FLAG, FrameDecoder, GoodFrame, StopSeen, one_frame

_FLAG: Final = bytes([FLAG])
HELLO: Final = 1
GRANT: Final = 3
BEAT: Final = 4
STOP: Final = 6
RELEASE: Final = 7
WELCOME: Final = 12
CONFIGURED: Final = 13
GRANTED: Final = 14
STATUS: Final = 15
DISARMED: Final = 16
STOPPED: Final = 18
RELEASED: Final = 20
REFUSED: Final = 23


class Said(NamedTuple):
    """One frame."""

    code: int
    link: int
    id: int
    fields: dict[int, object]
    check: int
    """CRC-32 of the payload."""

    def number(self, key: int) -> int:
        """The integer under ``key``; 0 where there is none."""
        value = self.fields.get(key)
        return value if isinstance(value, int) else 0

    def octets(self, key: int) -> bytes:
        """The bytes under ``key``; empty where there are none."""
        value = self.fields.get(key)
        return value if isinstance(value, bytes) else b""


class StopBytes(NamedTuple):
    """STOP as bytes."""


Heard: TypeAlias = Said | StopBytes


class Ear:
    """Listens to one direction, from one side's start to its end."""

    def __init__(self) -> None:
        self._decoder = FrameDecoder()
        self._between = True
        """Nothing has come of a frame that is not complete."""

    def hear(self, data: bytes) -> tuple[Heard, ...]:
        """Return what these bytes completed; bad frames are noise."""
        whole = data[:1] == _FLAG == data[-1:]
        if self._between and whole:
            return _hear_whole(data)
        self._between = data[-1:] == _FLAG
        if self._between:
            heard = _hear(self._decoder, data)
            self._decoder = FrameDecoder()
            return heard
        return _hear(self._decoder, data)


@lru_cache(maxsize=64)  # a frame is heard where it is sent and where it arrives
def _hear_whole(data: bytes) -> tuple[Heard, ...]:
    """Hear whole frames, between which nothing is left over."""
    payload = one_frame(data)
    if payload is None:
        return _hear(FrameDecoder(), data)
    said = _said(payload)
    return () if said is None else (said,)


def _hear(decoder: FrameDecoder, data: bytes) -> tuple[Heard, ...]:
    heard: list[Heard] = []
    for event in decoder.feed(data):
        if isinstance(event, StopSeen):
            heard.append(StopBytes())
        elif isinstance(event, GoodFrame):
            said = _said(event.payload)
            if said is not None:
                heard.append(said)
    return tuple(heard)


def _said(payload: bytes) -> Said | None:
    try:
        said: object = cbor2.loads(payload)
    except cbor2.CBORDecodeError:
        return None
    match said:
        case [int(code), int(link), int(number), dict(fields)]:
            return Said(code, link, number, fields, crc32(payload))
        case _:
            return None
