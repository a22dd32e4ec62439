"""The device's side of the line: answer each id once, keep the reply.

This is what a firmware author writes in C, said in Python; the simulator runs
it. Like the host's side it owns no port and no clock. It keeps just what the
promise "never done twice" needs: the link, the newest id with the bytes it came
in, and the reply to it.
"""

from collections import Counter, deque
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from injector.protocol.codes import Reason
from injector.protocol.framing import (
    BadCause,
    BadFrame,
    FrameDecoder,
    FrameEvent,
    StopSeen,
    encode_frame,
)
from injector.protocol.messages import (
    BadFrameSeen,
    Hello,
    JournalEntry,
    Packet,
    Refused,
    Reply,
    Request,
    Welcome,
    decode_request,
    encode_message,
)


@dataclass(frozen=True, slots=True)
class StopBytes:
    """STOP came as bytes: act at once, before anything else that came with it."""


class Asked(NamedTuple):
    """A request to act on and then to :meth:`DeviceConnection.answer`."""

    link: int
    message: Request
    new_link: bool
    """A hello that would end the link there is."""


DeviceEvent: TypeAlias = StopBytes | Asked


class _Newest(NamedTuple):
    """The newest request of the link and its reply."""

    id: int
    payload: bytes
    line: bytes


class DeviceConnection:
    """The one line of a device, from boot to power cut.

    Bytes go in with :meth:`receive`. :meth:`next_event` gives one event at a
    time: each ``Asked`` is answered before the next event is looked at.
    """

    def __init__(self) -> None:
        self.link: int | None = None
        """The link that is obeyed; None until the first hello since boot."""
        self._decoder = FrameDecoder()
        self._frames: deque[FrameEvent] = deque()
        self._output = b""
        self._bad_waits = False
        self._newest: _Newest | None = None
        self._in_hand: tuple[Packet[Request], bytes] | None = None

    @property
    def bad_frames(self) -> Counter[BadCause]:
        """How many bad frames of each cause came."""
        return self._decoder.counts

    def receive(self, data: bytes) -> None:
        """Take bytes from the line."""
        self._frames.extend(self._decoder.feed(data))

    def next_event(self) -> DeviceEvent | None:
        """Return what to act on next; None when nothing more has come.

        Raises ``ValueError`` while a request is in hand that was not answered.
        """
        if self._in_hand is not None:
            raise ValueError("the request in hand must be answered first")
        while self._frames:
            frame = self._frames.popleft()
            if isinstance(frame, StopSeen):
                return StopBytes()
            if isinstance(frame, BadFrame):
                self._bad(frame.cause)
                continue
            asked = self._take(frame.payload)
            if asked is not None:
                return asked
        return None

    def answer(self, reply: Reply) -> None:
        """Answer the request in hand and keep the reply for its repetitions.

        ``Welcome`` makes the hello's link the one that is obeyed; a hello
        that is refused leaves everything as it was.
        """
        if self._in_hand is None:
            raise ValueError("there is no request in hand")
        packet, payload = self._in_hand
        self._in_hand = None
        line = encode_frame(encode_message(packet.link, packet.id, reply))
        self._output += line
        if packet.link == self.link or isinstance(reply, Welcome):
            self.link = packet.link
            self._newest = _Newest(packet.id, payload, line)

    def push(self, entry: JournalEntry) -> None:
        """Send an entry as it happens; nothing while there is no link."""
        if self.link is not None:
            self._output += encode_frame(encode_message(self.link, 0, entry))

    def take_output(self) -> bytes:
        """Return the bytes to send and forget them."""
        taken, self._output = self._output, b""
        self._bad_waits = False
        return taken

    def _take(self, payload: bytes) -> Asked | None:
        packet = decode_request(payload)
        if isinstance(packet, BadCause):
            self._decoder.counts[packet] += 1
            self._bad(packet)
            return None
        if packet.link != self.link:
            if not isinstance(packet.message, Hello):
                reason = Reason.NO_LINK if self.link is None else Reason.WRONG_LINK
                self._refuse(packet, reason)
                return None
            self._in_hand = (packet, payload)
            return Asked(packet.link, packet.message, new_link=True)
        newest = self._newest
        if newest is not None and packet.id <= newest.id:
            if packet.id == newest.id:
                if payload == newest.payload:
                    self._output += newest.line
                else:
                    self._refuse(packet, Reason.ID_REUSED)
            return None
        self._in_hand = (packet, payload)
        return Asked(packet.link, packet.message, new_link=False)

    def _refuse(self, packet: Packet[Request], reason: Reason) -> None:
        refusal = Refused(reason=reason, field=0, bound=0)
        self._output += encode_frame(encode_message(packet.link, packet.id, refusal))

    def _bad(self, cause: BadCause) -> None:
        # One at a time: what is said about noise never takes longer than the noise.
        if self._bad_waits:
            return
        self._bad_waits = True
        told = BadFrameSeen(cause=cause)
        self._output += encode_frame(encode_message(self.link or 0, 0, told))
