"""An ear on the line: what the frames say, without being a party to it.

It uses the framing and the CBOR of the protocol and none of its connections or
messages: it must hear what was sent, not what one side made of it.
"""

from typing import Final, NamedTuple, TypeAlias

from injector.protocol import cbor
from injector.protocol.framing import FrameDecoder, GoodFrame, StopSeen

HELLO: Final = 1
GRANT: Final = 3
BEAT: Final = 4
STOP: Final = 6
WELCOME: Final = 12
CONFIGURED: Final = 13
GRANTED: Final = 14
STATUS: Final = 15
DISARMED: Final = 16
STOPPED: Final = 18
RELEASED: Final = 20


class Said(NamedTuple):
    """One frame."""

    code: int
    link: int
    id: int
    fields: dict[int, object]

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

    def hear(self, data: bytes) -> list[Heard]:
        """Return what these bytes completed; bad frames are noise."""
        heard: list[Heard] = []
        for event in self._decoder.feed(data):
            if isinstance(event, StopSeen):
                heard.append(StopBytes())
            elif isinstance(event, GoodFrame):
                match cbor.decode(event.payload):
                    case [int(code), int(link), int(number), dict(fields)]:
                        heard.append(Said(code, link, number, fields))
                    case _:
                        pass
        return heard
