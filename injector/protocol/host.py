"""The host's side of the line: one request at a time, repeated until answered.

Theory
------
The connection owns no port, thread or clock. Bytes and the time go in, events
and bytes come out, and :meth:`HostConnection.due` says when to look again even
if nothing comes. All times are microseconds of one monotonic clock.

Reliability rests on one rule: the device answers an id once and keeps the reply.
The host may therefore repeat a request as often as it likes, byte for byte, and
nothing is done twice. It repeats at once when either side saw a bad frame, else
after the time that request and reply need on the wire and 10 ms more, at least
20 ms. What nobody answers is never taken as "not done"; it stays unknown until
the device says what it did.

A frame is put on the line only when the one before has been answered or has had
the time to leave: the bytes that may stand before a STOP are those of one frame.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from injector.protocol.codes import ARMED_LINE_BYTES, Reason
from injector.protocol.framing import (
    STOP_BYTES,
    BadCause,
    BadFrame,
    FrameDecoder,
    GoodFrame,
    encode_frame,
)
from injector.protocol.messages import (
    REPLY_TO,
    BadFrameSeen,
    Hello,
    JournalEntry,
    Packet,
    ReadJournal,
    Refused,
    Reply,
    Request,
    Stop,
    decode_reply,
    encode_message,
)

MIN_REPEAT_US: Final = 20_000
REPEAT_SLACK_US: Final = 10_000
STOP_REPEAT_US: Final = 10_000
SILENCE_US: Final = 400_000
"""How long nothing valid may come before the line counts as silent. Shorter than
the lease, so that people are told before the gun gives up by itself."""

_BITS_PER_BYTE: Final = 10  # 8N1: a start bit, eight data bits, a stop bit
_LONG_REPLY_BYTES: Final = 256
_SHORT_REPLY_BYTES: Final = 112
_ID_TRIES: Final = 64
_LOST: Final = (Reason.NO_LINK, Reason.WRONG_LINK)
_ANSWERS: Final = {kind: (*replies, Refused) for kind, replies in REPLY_TO.items()}


class LocalError(Exception):
    """This program used the connection against its rules; nothing was sent."""


class Answered(NamedTuple):
    """The reply to the outstanding request, or a refusal of it."""

    request: Request
    reply: Reply


@dataclass(frozen=True, slots=True)
class Pushed:
    """A journal entry that the device sent as it happened."""

    entry: JournalEntry


@dataclass(frozen=True, slots=True)
class BadSeen:
    """A bad frame: seen here (``by_device`` false), or reported by the device."""

    cause: BadCause
    by_device: bool


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The device does not know this link: it booted since, or another host took it."""

    reason: Reason
    """``NO_LINK`` or ``WRONG_LINK``."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing valid has come for ``SILENCE_US`` while an answer was due."""


HostEvent: TypeAlias = Answered | Pushed | BadSeen | LinkLost | Silent


@dataclass(slots=True)
class LinkStatistics:
    """What a link has seen; for engineers."""

    requests: int = 0
    repeats: int = 0
    replies: int = 0
    pushed: int = 0
    late: int = 0
    """Replies to an id that was no longer asked for."""
    bad_by_device: int = 0
    bad_here: Counter[BadCause] | None = None


@dataclass(slots=True)
class _Outstanding:
    request: Request
    id: int
    line: bytes
    answers: tuple[type[Reply], ...]
    repeat_at_us: int = 0
    sent: bool = False


class HostConnection:
    """One link, from its hello on. A new link is a new connection.

    ``link`` comes from :func:`injector.protocol.framing.pick_link`; ``baud`` is
    the line's speed, from which waiting times are computed.
    """

    def __init__(self, *, link: int, baud: int = 115_200) -> None:
        self.link = link
        self.statistics = LinkStatistics()
        self._byte_us = -(-_BITS_PER_BYTE * 1_000_000 // baud)
        self._decoder = FrameDecoder()
        self.statistics.bad_here = self._decoder.counts
        self._next_id = 1
        self._outstanding: _Outstanding | None = None
        self._line_clear_at_us = 0
        self._heard_us: int | None = None
        self._told_silent = False

    @property
    def busy(self) -> bool:
        """Whether a request is outstanding."""
        return self._outstanding is not None

    def request(self, message: Request, now_us: int, *, short: bool = False) -> None:
        """Ask the device. ``short`` holds the frame to 48 bytes on the line.

        Raises ``LocalError`` while another request is outstanding, or when no
        free id makes the frame short enough (the caller then goes without).
        """
        if self._outstanding is not None:
            raise LocalError("one request is outstanding at a time")
        self._ask(message, now_us, short=short)

    def stop(self, now_us: int) -> None:
        """Ask for STOP by frame, in place of whatever is outstanding.

        The STOP bytes themselves are not written here: whoever asks for STOP
        writes :data:`STOP_BYTES` to the port at once, past every queue. What was
        outstanding may or may not have been done; the ``stopped`` reply's
        counters tell.
        """
        if self._outstanding is not None and isinstance(self._outstanding.request, Stop):
            return
        self._outstanding = None
        stop_us = len(STOP_BYTES) * self._byte_us
        self._line_clear_at_us = max(self._line_clear_at_us, now_us) + stop_us
        self._ask(Stop(), now_us, short=True)

    def receive(self, data: bytes, now_us: int) -> list[HostEvent]:
        """Take bytes from the line; return what they mean, in order."""
        events: list[HostEvent] = []
        for frame in self._decoder.feed(data):
            if isinstance(frame, GoodFrame):
                packet = decode_reply(frame.payload)
                if isinstance(packet, Packet):
                    self._good(packet, now_us, events)
                else:
                    self._decoder.counts[packet] += 1
                    self._bad(packet, events)
            elif isinstance(frame, BadFrame):
                self._bad(frame.cause, events)
            # Only a host says STOP: from a device it is noise.
        return events

    def tick(self, now_us: int) -> list[HostEvent]:
        """Let time pass: put a repeat on the line where one is due, notice silence."""
        waiting = self._outstanding
        if waiting is None:
            return []
        if waiting.sent and now_us >= waiting.repeat_at_us:
            self._repeat(waiting)
        if (
            not self._told_silent
            and self._heard_us is not None
            and now_us - self._heard_us >= SILENCE_US
        ):
            self._told_silent = True
            return [Silent()]
        return []

    def take_output(self, now_us: int) -> bytes:
        """Return the bytes to write now; empty while the line is taken or nothing waits."""
        waiting = self._outstanding
        if waiting is None or waiting.sent or now_us < self._line_clear_at_us:
            return b""
        wire_us = len(waiting.line) * self._byte_us
        self._line_clear_at_us = now_us + wire_us
        waiting.sent = True
        waiting.repeat_at_us = now_us + self._patience_us(waiting.request, wire_us)
        return waiting.line

    def due(self) -> int | None:
        """When to call :meth:`tick` and :meth:`take_output` next; None for never."""
        waiting = self._outstanding
        if waiting is None:
            return None
        due = waiting.repeat_at_us if waiting.sent else self._line_clear_at_us
        if self._heard_us is not None and not self._told_silent:
            due = min(due, self._heard_us + SILENCE_US)
        return due

    def _ask(self, message: Request, now_us: int, *, short: bool) -> None:
        for number in range(self._next_id, self._next_id + _ID_TRIES):
            line = encode_frame(encode_message(self.link, number, message))
            if not short or len(line) <= ARMED_LINE_BYTES:
                break
        else:
            raise LocalError(f"no id makes this frame {ARMED_LINE_BYTES} bytes or fewer")
        self._next_id = number + 1
        self._outstanding = _Outstanding(message, number, line, _ANSWERS[type(message)])
        self._heard_us = now_us
        self.statistics.requests += 1

    def _patience_us(self, request: Request, wire_us: int) -> int:
        if isinstance(request, Stop):
            return STOP_REPEAT_US
        long = isinstance(request, (Hello, ReadJournal))
        reply = _LONG_REPLY_BYTES if long else _SHORT_REPLY_BYTES
        return max(MIN_REPEAT_US, wire_us + reply * self._byte_us + REPEAT_SLACK_US)

    def _repeat(self, waiting: _Outstanding) -> None:
        """Put it on the line again, as soon as what is leaving has left."""
        if waiting.sent:
            waiting.sent = False
            self.statistics.repeats += 1

    def _bad(self, cause: BadCause, events: list[HostEvent]) -> None:
        events.append(BadSeen(cause, by_device=False))
        # The damaged frame may have been the reply. Asking again is harmless.
        if self._outstanding is not None:
            self._repeat(self._outstanding)

    def _good(self, packet: Packet[Reply], now_us: int, events: list[HostEvent]) -> None:
        link, number, message = packet
        waiting = self._outstanding
        if isinstance(message, BadFrameSeen):
            self.statistics.bad_by_device += 1
            events.append(BadSeen(message.cause, by_device=True))
            if waiting is not None:
                self._repeat(waiting)
            return
        if link != self.link:
            self.statistics.late += 1
            return
        self._heard_us = now_us
        self._told_silent = False
        if waiting is not None and number == waiting.id and isinstance(message, waiting.answers):
            self._outstanding = None
            self._line_clear_at_us = min(self._line_clear_at_us, now_us)
            self.statistics.replies += 1
            if isinstance(message, Refused) and message.reason in _LOST:
                events.append(LinkLost(message.reason))
            else:
                events.append(Answered(waiting.request, message))
        elif number == 0 and isinstance(message, JournalEntry):
            self.statistics.pushed += 1
            events.append(Pushed(message))
        else:
            self.statistics.late += 1
