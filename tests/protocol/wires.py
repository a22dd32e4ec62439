"""Both ends of the line, and what may happen to bytes between them."""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from injector.protocol.device import Asked, DeviceConnection
from injector.protocol.framing import FrameDecoder, GoodFrame, encode_frame
from injector.protocol.messages import (
    Beat,
    Configure,
    Configured,
    Disarm,
    Disarmed,
    Done,
    Grant,
    Granted,
    Hello,
    Identify,
    Packet,
    Prime,
    ReadJournal,
    Release,
    Released,
    Reply,
    Request,
    SelfTest,
    ShotEntry,
    Status,
    Stop,
    Stopped,
    Welcome,
    decode_reply,
    decode_request,
    encode_packet,
)
from tests.protocol.shapes import smallest

BYTE_US: Final = 87
"""One byte at 115200 8N1, rounded up: ten bits."""

ANSWERS: Final[dict[type[Any], type[Any]]] = {
    Hello: Welcome,
    Configure: Configured,
    Grant: Granted,
    Beat: Status,
    Disarm: Disarmed,
    Stop: Stopped,
    Release: Released,
    ReadJournal: ShotEntry,
    Prime: Done,
    SelfTest: Done,
    Identify: Done,
}
"""What a device answers when it does not refuse."""


def fitting_reply(request: Request) -> Reply:
    """Return the reply that fits ``request``, every figure at its least."""
    reply: Reply = smallest(ANSWERS[type(request)])
    return reply


def said(line: bytes) -> list[Packet[Any]]:
    """Return the packets of a line that must hold good frames only."""
    packets = []
    for event in FrameDecoder().feed(line):
        assert isinstance(event, GoodFrame), event
        for decode in (decode_request, decode_reply):
            packet = decode(event.payload)
            if isinstance(packet, Packet):
                packets.append(packet)
                break
        else:
            raise AssertionError(f"no message: {event.payload.hex(' ')}")
    return packets


def line_of(link: int, number: int, message: Any) -> bytes:
    """Return the bytes on the line for ``message``."""
    return encode_frame(encode_packet(Packet(link, number, message)))


@dataclass(slots=True)
class Gun:
    """A device that does what it is asked and remembers what it did."""

    connection: DeviceConnection = field(default_factory=DeviceConnection)
    done: list[Request] = field(default_factory=list)
    stops: int = 0

    def hear(self, data: bytes) -> bytes:
        """Take bytes, act on them, return what is said in answer."""
        self.connection.receive(data)
        while (event := self.connection.next_event()) is not None:
            if isinstance(event, Asked):
                self.done.append(event.message)
                self.connection.answer(fitting_reply(event.message))
            else:
                self.stops += 1
        return self.connection.take_output()


@dataclass(slots=True)
class LossyChannel:
    """One direction of a bad line, in virtual time.

    Bytes take their time on the wire and come in pieces. A piece may be damaged,
    lost, doubled or followed by noise, as ``rng`` says: ``trouble`` is the chance
    of each in thousandths.
    """

    rng: Random
    trouble: int
    busy_until_us: int = 0
    coming: list[tuple[int, bytes]] = field(default_factory=list)

    def write(self, data: bytes, now_us: int) -> None:
        """Put ``data`` on the line."""
        while data:
            size = self.rng.randint(1, 24)
            piece, data = data[:size], data[size:]
            self.busy_until_us = max(self.busy_until_us, now_us) + len(piece) * BYTE_US
            for mangled in self._mangle(piece):
                self.coming.append((self.busy_until_us, mangled))

    def _mangle(self, piece: bytes) -> list[bytes]:
        def happens() -> bool:
            return self.rng.randrange(1000) < self.trouble

        raw = bytearray(piece)
        if happens():  # one bit turned over
            raw[self.rng.randrange(len(raw))] ^= 1 << self.rng.randrange(8)
        if happens():  # one byte lost
            del raw[self.rng.randrange(len(raw))]
        if happens():  # the piece lost
            raw.clear()
        if happens():  # noise
            raw += self.rng.randbytes(self.rng.randint(1, 6))
        return [bytes(raw)] * (2 if happens() else 1)

    def read(self, now_us: int) -> bytes:
        """Take what has come by ``now_us``."""
        come = b"".join(piece for at, piece in self.coming if at <= now_us)
        self.coming = [(at, piece) for at, piece in self.coming if at > now_us]
        return come

    def due(self) -> int | None:
        """When the next bytes come; None for never."""
        return min((at for at, _ in self.coming), default=None)
