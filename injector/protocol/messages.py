"""The messages: what host and gun say to each other.

This is the Python side of ``protocol.cddl``; the tests hold the two together.
Every field is an unsigned integer, bytes, ASCII text or a boolean, has a key of its own
on the wire and a range. A message with an unknown, missing or outlying field is
refused whole: half-understood is not understood.

Quantities carry their unit in the name. ``shots`` and ``volume_nl`` in a grant
and in every counter are **lifetime** figures of the device: permission is "until
the counter reads so much", which can be repeated without being given twice.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import (
    Annotated,
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeGuard,
    TypeVar,
    get_args,
)

import cbor2
from pydantic import Field

from injector.protocol import cbor, shapes
from injector.protocol.codes import (
    Act,
    DeviceState,
    Ending,
    FaultCode,
    Faults,
    Inhibits,
    Mode,
    Reason,
)
from injector.protocol.fieldmap import FieldMap, Key
from injector.protocol.framing import BadCause
from injector.protocol.shapes import PRINTABLE

U8: Final = (1 << 8) - 1
U16: Final = (1 << 16) - 1
U32: Final = (1 << 32) - 1
COUNTER_MAX: Final = (1 << 53) - 1
"""Counters in nanolitres: 9,007 litres, and exact in every JSON reader."""


Uint8: TypeAlias = Annotated[int, Field(ge=0, le=U8)]
Uint16: TypeAlias = Annotated[int, Field(ge=0, le=U16)]
Uint32: TypeAlias = Annotated[int, Field(ge=0, le=U32)]
Counter: TypeAlias = Annotated[int, Field(ge=0, le=COUNTER_MAX)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=20, pattern=f"^{PRINTABLE}+$")]
LogId: TypeAlias = Annotated[bytes, Field(min_length=8, max_length=8)]
Digest: TypeAlias = Annotated[bytes, Field(min_length=8, max_length=8)]
ShortDigest: TypeAlias = Annotated[bytes, Field(min_length=4, max_length=4)]

# Codes arrive as integers: strict everywhere else, these convert, and refuse
# what is no member.
_Code = Field(strict=False)


class Setpoint(FieldMap):
    """What one shot shall be, and with which needle and syringe."""

    volume_nl: Annotated[Uint32, Key(1)]
    """Volume of one shot; in perfusion, of one slice."""
    depth_um: Annotated[Uint32, Key(2)]
    """Depth of the needle's tip under the skin."""
    flow_nl_s: Annotated[Uint32, Key(3)]
    """Injection speed."""
    needle_um_s: Annotated[Uint32, Key(4)]
    """Speed of the needle's stroke."""
    cadence_per_min: Annotated[Uint16, Key(5)]
    """Shots per minute at most."""
    mode: Annotated[Mode, _Code, Key(6)]
    burst: Annotated[Uint8, Key(7)]
    """Shots of a burst; 0 in every other mode."""
    needle_um: Annotated[Uint32, Key(8)]
    """Length of the needle fitted."""
    syringe_nl: Annotated[Uint32, Key(9)]
    """Size of the syringe fitted: the drive's steps per volume depend on it."""

    def digest(self) -> bytes:
        """Return the first 8 bytes of SHA-256 over the encoded field map."""
        return sha256(self.encoded()).digest()[:8]


class HardEnvelope(FieldMap):
    """What the device itself will never exceed, whoever asks."""

    volume_min_nl: Annotated[Uint32, Key(1)]
    volume_max_nl: Annotated[Uint32, Key(2)]
    volume_step_nl: Annotated[Uint32, Key(3)]
    depth_max_um: Annotated[Uint32, Key(4)]
    depth_step_um: Annotated[Uint32, Key(5)]
    flow_max_nl_s: Annotated[Uint32, Key(6)]
    needle_max_um_s: Annotated[Uint32, Key(7)]
    cadence_max_per_min: Annotated[Uint16, Key(8)]
    burst_max: Annotated[Uint8, Key(9)]
    prime_max_nl: Annotated[Uint32, Key(10)]
    """Volume of one prime at most."""
    tolerance_ppm: Annotated[Uint32, Key(11)]
    """How far a shot may pass its setpoint, in millionths of it."""


class HostMessage(FieldMap):
    """A request of the host."""

    CODE: ClassVar[int]


class DeviceMessage(FieldMap):
    """A reply of the device, or an entry that it pushes."""

    CODE: ClassVar[int]


class Hello(HostMessage):
    """Begins a link and ends every other: motion stops, grants are void."""

    CODE: ClassVar[int] = 1
    version: Annotated[Uint8, Key(1)]
    log: Annotated[LogId, Key(2)]
    """Id of the shot log that this host writes; journal entries repeat it."""
    lease_ms: Annotated[Uint16, Key(3)]


class Welcome(DeviceMessage):
    """The device's answer to hello: who it is and how it stands."""

    CODE: ClassVar[int] = 12
    version: Annotated[Uint8, Key(1)]
    model: Annotated[Name, Key(2)]
    serial: Annotated[Name, Key(3)]
    firmware: Annotated[Name, Key(4)]
    boot: Annotated[Uint32, Key(5)]
    """Drawn at every boot."""
    journal: Annotated[Uint32, Key(6)]
    """Drawn when the journal is formatted or found corrupt."""
    oldest: Annotated[Uint32, Key(7)]
    """Oldest index that can be read; 0 while the journal is empty."""
    newest: Annotated[Uint32, Key(8)]
    """Newest index; 0 while the journal is empty. Indexes begin at 1."""
    capabilities: Annotated[Uint32, Key(9)]
    """Modes the device has: bit n set means the mode with the number n."""
    envelope: Annotated[HardEnvelope, Key(10)]
    shots: Annotated[Uint32, Key(11)]
    """Lifetime: shots and slices begun."""
    volume_nl: Annotated[Counter, Key(12)]
    """Lifetime: volume debited for them."""
    stop_count: Annotated[Uint32, Key(13)]
    acknowledged: Annotated[Uint32, Key(14)]
    """Highest index ever acknowledged in this journal."""
    room: Annotated[Uint16, Key(15)]
    """Free journal slots, the reserve for faults included."""


class Configure(HostMessage):
    """Asks the device to hold a setpoint. Refused while a grant is open."""

    CODE: ClassVar[int] = 2
    setpoint: Annotated[Setpoint, Key(1)]


class Configured(DeviceMessage):
    """The setpoint that the device holds, read back, and its digest."""

    CODE: ClassVar[int] = 13
    setpoint: Annotated[Setpoint, Key(1)]
    digest: Annotated[Digest, Key(2)]


class Grant(HostMessage):
    """Permits shots at the held setpoint while the counters stay under the limits."""

    CODE: ClassVar[int] = 3
    grant: Annotated[Uint16, Key(1)]
    """Rises within a link, from 1. A newer grant takes the place of the older."""
    digest: Annotated[ShortDigest, Key(2)]
    """The first 4 bytes of the setpoint's digest."""
    shots_limit: Annotated[Uint32, Key(3)]
    """Fire while the lifetime shots are below this."""
    volume_limit_nl: Annotated[Counter, Key(4)]
    """Fire while the lifetime volume plus this shot's debit is not above this."""


class Granted(DeviceMessage):
    """The grant as the device holds it, and the counters it counts from."""

    CODE: ClassVar[int] = 14
    grant: Annotated[Uint16, Key(1)]
    digest: Annotated[Digest, Key(2)]
    shots_limit: Annotated[Uint32, Key(3)]
    volume_limit_nl: Annotated[Counter, Key(4)]
    shots: Annotated[Uint32, Key(5)]
    volume_nl: Annotated[Counter, Key(6)]


class Beat(HostMessage):
    """Renews the lease and acknowledges the journal; asks for a status."""

    CODE: ClassVar[int] = 4
    echo: Annotated[Uint32, Key(1)]
    """Number of the newest status received on this link; 0 before the first."""
    acknowledge: Annotated[Uint32, Key(2)]
    """Highest index up to which every entry is committed; 0 for none."""


class Status(DeviceMessage):
    """How the device stands at the moment it is sent."""

    CODE: ClassVar[int] = 15
    number: Annotated[Uint32, Key(1)]
    """Rises within a link, from 1."""
    state: Annotated[DeviceState, _Code, Key(2)]
    faults: Annotated[Faults, _Code, Key(3)]
    inhibits: Annotated[Inhibits, _Code, Key(4)]
    contact: Annotated[bool, Key(5)]
    trigger: Annotated[bool, Key(6)]
    battery_pct: Annotated[Uint8, Key(7)]
    syringe_left_nl: Annotated[Uint32, Key(8)]
    grant: Annotated[Uint16, Key(9)]
    """The open grant; 0 for none."""
    shots_left: Annotated[Uint32, Key(10)]
    volume_left_nl: Annotated[Uint32, Key(11)]
    shots: Annotated[Uint32, Key(12)]
    volume_nl: Annotated[Counter, Key(13)]
    newest: Annotated[Uint32, Key(14)]
    """Newest journal index, that of a shot in motion included."""
    stop_count: Annotated[Uint32, Key(15)]
    pulls: Annotated[Uint32, Key(16)]
    """Pulls of the trigger since boot that gave no shot."""
    pull_inhibits: Annotated[Inhibits, _Code, Key(17)]
    """Why the newest of them gave none."""
    t_us: Annotated[Counter, Key(18)]
    """The device's clock, since boot."""
    room: Annotated[Uint16, Key(19)]
    """Free journal slots, the reserve for faults included."""

    @property
    def faulted(self) -> bool:
        """Whether a fault keeps it from moving. A low battery only warns at first."""
        return Inhibits.FAULT in self.inhibits


class Disarm(HostMessage):
    """Voids the grant, and prime or self-test. A shot in motion ends whole."""

    CODE: ClassVar[int] = 5


class Disarmed(DeviceMessage):
    """No shot begins any more; these counters and this index are final."""

    CODE: ClassVar[int] = 16
    shots: Annotated[Uint32, Key(1)]
    volume_nl: Annotated[Counter, Key(2)]
    newest: Annotated[Uint32, Key(3)]
    """Newest index; when a shot is still in motion, the one it will have."""


class Stop(HostMessage):
    """STOP by frame: asked after the STOP bytes until it is confirmed."""

    CODE: ClassVar[int] = 6


class Stopped(DeviceMessage):
    """STOP is latched, under this count; the counters are final."""

    CODE: ClassVar[int] = 18
    stop_count: Annotated[Uint32, Key(1)]
    shots: Annotated[Uint32, Key(2)]
    volume_nl: Annotated[Counter, Key(3)]
    newest: Annotated[Uint32, Key(4)]


class Release(HostMessage):
    """An operator releases the STOP of that count, and no later one."""

    CODE: ClassVar[int] = 7
    stop_count: Annotated[Uint32, Key(1)]


class Released(DeviceMessage):
    """The STOP of that count is released."""

    CODE: ClassVar[int] = 20
    stop_count: Annotated[Uint32, Key(1)]


class ReadJournal(HostMessage):
    """Asks for the journal's entry with that index."""

    CODE: ClassVar[int] = 8
    index: Annotated[Uint32, Key(1)]


class Prime(HostMessage):
    """Arms priming: with contact open, the trigger pushes up to that volume."""

    CODE: ClassVar[int] = 9
    volume_nl: Annotated[Uint32, Key(1)]


class SelfTest(HostMessage):
    """Arms the self-test: with contact open, the trigger moves the needle once."""

    CODE: ClassVar[int] = 10


class Identify(HostMessage):
    """Asks the gun to show itself (light, buzz), so that a person knows which it is."""

    CODE: ClassVar[int] = 11


class Done(DeviceMessage):
    """Prime, self-test or identify was taken."""

    CODE: ClassVar[int] = 22
    request: Annotated[Uint8, Key(1)]
    """The type of the request."""


class Refused(DeviceMessage):
    """The request was understood and not done."""

    CODE: ClassVar[int] = 23
    reason: Annotated[Reason, _Code, Key(1)]
    field: Annotated[Uint8, Key(2)]
    """Key of the field that is to blame; 0 where none is."""
    bound: Annotated[Counter, Key(3)]
    """What would pass, where the reason has a figure; else 0."""


class BadFrameSeen(DeviceMessage):
    """A frame came that is no message. Sent for each, one at a time."""

    CODE: ClassVar[int] = 0
    cause: Annotated[BadCause, _Code, Key(1)]


class _Journalled(DeviceMessage):
    """What every entry of the journal says."""

    CODE: ClassVar[int] = 21
    journal: Annotated[Uint32, Key(2)]
    index: Annotated[Uint32, Key(3)]
    boot: Annotated[Uint32, Key(4)]
    t_us: Annotated[Counter, Key(5)]
    """When it began, on the device's clock since that boot."""
    log: Annotated[LogId, Key(6)]
    """Id of the log it was made under; zeros where there was no link."""
    under_link: Annotated[Uint32, Key(7)]
    """Link it was made under; 0 where there was none."""
    shots: Annotated[Uint32, Key(8)]
    """Lifetime shots, this one counted."""
    volume_total_nl: Annotated[Counter, Key(9)]
    """Lifetime volume debited, this one's counted."""


class ShotEntry(_Journalled):
    """One shot or one slice of perfusion, whole or part."""

    kind: Annotated[Literal[1], Key(1)] = 1
    grant: Annotated[Uint16, Key(10)]
    digest: Annotated[Digest, Key(11)]
    """Of the setpoint it was fired at."""
    debit_nl: Annotated[Uint32, Key(12)]
    """Largest volume it could have given: setpoint and tolerance."""
    ending: Annotated[Ending, _Code, Key(13)]
    duration_us: Annotated[Uint32, Key(14)]
    volume_nl: Annotated[Uint32, Key(15)]
    """Volume measured at the plunger."""
    depth_um: Annotated[Uint32, Key(16)]
    """Deepest point measured."""
    flow_nl_s: Annotated[Uint32, Key(17)]
    """Mean flow measured while the plunger moved."""
    pressure_pa: Annotated[Uint32, Key(18)]
    """Peak pressure."""
    slice: Annotated[Uint32, Key(19)]
    """Number of the slice within one pull, from 1; 0 for a shot."""


class UncertainEntry(_Journalled):
    """A shot that had begun when the power went: given to an unknown part."""

    kind: Annotated[Literal[2], Key(1)] = 2
    grant: Annotated[Uint16, Key(10)]
    digest: Annotated[Digest, Key(11)]
    debit_nl: Annotated[Uint32, Key(12)]
    slice: Annotated[Uint32, Key(19)]


class MovedEntry(_Journalled):
    """Prime or self-test: motion that is not treatment. Counters do not count it."""

    kind: Annotated[Literal[3], Key(1)] = 3
    act: Annotated[Act, _Code, Key(10)]
    debit_nl: Annotated[Uint32, Key(12)]
    ending: Annotated[Ending, _Code, Key(13)]
    duration_us: Annotated[Uint32, Key(14)]
    volume_nl: Annotated[Uint32, Key(15)]


class FaultEntry(_Journalled):
    """Something went wrong in the device."""

    kind: Annotated[Literal[4], Key(1)] = 4
    code: Annotated[FaultCode, _Code, Key(10)]
    detail: Annotated[Uint32, Key(12)]
    """A figure for the maker's service; its meaning is the maker's."""


JournalEntry: TypeAlias = ShotEntry | UncertainEntry | MovedEntry | FaultEntry

Request: TypeAlias = (
    Hello
    | Configure
    | Grant
    | Beat
    | Disarm
    | Stop
    | Release
    | ReadJournal
    | Prime
    | SelfTest
    | Identify
)
Reply: TypeAlias = (
    Welcome
    | Configured
    | Granted
    | Status
    | Disarmed
    | Stopped
    | Released
    | JournalEntry
    | Done
    | Refused
    | BadFrameSeen
)
Message: TypeAlias = Request | Reply

REQUESTS: Final[Mapping[int, type[Request]]] = {kind.CODE: kind for kind in get_args(Request)}
REPLIES: Final[Mapping[int, type[Reply]]] = {
    kind.CODE: kind for kind in get_args(Reply) if not issubclass(kind, _Journalled)
}
ENTRIES: Final[Mapping[int, type[JournalEntry]]] = {
    kind.model_fields["kind"].default: kind for kind in get_args(JournalEntry)
}
ENTRY_CODE: Final = _Journalled.CODE
_KIND_KEY: Final = 1

REPLY_TO: Final[Mapping[type[Request], tuple[type[Reply], ...]]] = {
    Hello: (Welcome,),
    Configure: (Configured,),
    Grant: (Granted,),
    Beat: (Status,),
    Disarm: (Disarmed,),
    Stop: (Stopped,),
    Release: (Released,),
    ReadJournal: get_args(JournalEntry),
    Prime: (Done,),
    SelfTest: (Done,),
    Identify: (Done,),
}
"""What answers each request, besides ``Refused``."""

Said_co = TypeVar("Said_co", bound=Message, covariant=True)


class Packet(NamedTuple, Generic[Said_co]):
    """A message with its link and id, as one payload carries it.

    ``link`` is 0 only in what a device says before its first hello, ``id`` is 0
    only in what nobody asked for (a pushed entry, ``bad_frame``).
    """

    link: int
    id: int
    message: Said_co


_ARRAY_SIZE: Final = 4
_ARRAY_HEAD: Final = 0x80 + _ARRAY_SIZE
_CODE: Final = slice(1, 2)
"""Where a payload says what it is: all types are below 24."""

_ZERO: Final = shapes.uints([0])
_U32: Final = shapes.uint(32)
_FROM_1: Final = b"(?!" + _ZERO + b")" + _U32

Matches: TypeAlias = Callable[[bytes], object]
"""Says with other than None that a payload is one of some kind of message."""
Forms: TypeAlias = Mapping[bytes, tuple[tuple[Matches, type[Said_co]], ...]]
"""By the byte that says what a payload is: the shapes that it may have."""


def _matches(kind: type[Message], *, link: bytes = _FROM_1, number: bytes = _FROM_1) -> Matches:
    head = re.escape(bytes([_ARRAY_HEAD, kind.CODE]))
    return re.compile(head + link + number + kind.SHAPE, re.DOTALL).fullmatch


_REQUEST_FORMS: Final[Forms[Request]] = {
    bytes([code]): ((_matches(kind), kind),) for code, kind in REQUESTS.items()
}
_REPLY_FORMS: Final[Forms[Reply]] = {
    **{bytes([code]): ((_matches(kind), kind),) for code, kind in REPLIES.items()},
    bytes([BadFrameSeen.CODE]): ((_matches(BadFrameSeen, link=_U32, number=_ZERO), BadFrameSeen),),
    bytes([ENTRY_CODE]): tuple((_matches(kind, number=_U32), kind) for kind in ENTRIES.values()),
}

_ENTRY_FORMS: Final = tuple(
    (re.compile(kind.SHAPE, re.DOTALL).fullmatch, kind) for kind in ENTRIES.values()
)


def encode_packet(packet: Packet[Message]) -> bytes:
    """Return the payload of ``packet``."""
    return encode_message(packet.link, packet.id, packet.message)


def encode_message(link: int, number: int, message: Message) -> bytes:
    """Return the payload that carries ``message``."""
    head = bytes((_ARRAY_HEAD, message.CODE))
    return head + cbor.encode_uint(link) + cbor.encode_uint(number) + message.encoded()


def decode_request(payload: bytes) -> Packet[Request] | BadCause:
    """Return what a device received, or why it is no request."""
    for matches, kind in _REQUEST_FORMS.get(payload[_CODE], ()):
        if matches(payload) is not None:
            _, link, number, fields = cbor2.loads(payload)
            return Packet(link, number, kind.from_shape(fields))
    return judge_request(payload)


def decode_reply(payload: bytes) -> Packet[Reply] | BadCause:
    """Return what a host received, or why it is no reply or entry."""
    for matches, kind in _REPLY_FORMS.get(payload[_CODE], ()):
        if matches(payload) is not None:
            _, link, number, fields = cbor2.loads(payload)
            return Packet(link, number, kind.from_shape(fields))
    return judge_reply(payload)


def decode_entry(fields: bytes) -> JournalEntry | None:
    """Return the entry that ``fields`` are, as its ``encoded`` wrote them; None for any other."""
    for matches, kind in _ENTRY_FORMS:
        if matches(fields) is not None:
            return kind.from_shape(cbor2.loads(fields))
    return None


def judge_request(payload: bytes) -> Packet[Request] | BadCause:
    """Do what :func:`decode_request` does, rule by rule, to name the one that is broken."""
    opened = _open(payload)
    if isinstance(opened, BadCause):
        return opened
    kind = REQUESTS.get(opened.code)
    if kind is None:
        return BadCause.UNKNOWN_TYPE
    if opened.link == 0 or opened.id == 0:
        return BadCause.BAD_SHAPE
    message = kind.from_wire(opened.fields)
    return BadCause.BAD_FIELDS if message is None else Packet(opened.link, opened.id, message)


def judge_reply(payload: bytes) -> Packet[Reply] | BadCause:
    """Do what :func:`decode_reply` does, rule by rule, to name the one that is broken."""
    opened = _open(payload)
    if isinstance(opened, BadCause):
        return opened
    kind: type[Reply] | None
    if opened.code == ENTRY_CODE:
        chosen = opened.fields.get(_KIND_KEY)
        kind = ENTRIES.get(chosen) if _is_u32(chosen) else None
        if kind is None:
            return BadCause.BAD_FIELDS
    else:
        kind = REPLIES.get(opened.code)
        if kind is None:
            return BadCause.UNKNOWN_TYPE
    if not _numbered(opened):
        return BadCause.BAD_SHAPE
    message = kind.from_wire(opened.fields)
    return BadCause.BAD_FIELDS if message is None else Packet(opened.link, opened.id, message)


class _Opened(NamedTuple):
    code: int
    link: int
    id: int
    fields: dict[object, object]


def _open(payload: bytes) -> _Opened | BadCause:
    item = cbor.decode(payload)
    if item is None:
        return BadCause.NOT_CANONICAL
    if not isinstance(item, list) or len(item) != _ARRAY_SIZE:
        return BadCause.BAD_SHAPE
    code, link, number, fields = item
    if _is_u32(code) and _is_u32(link) and _is_u32(number) and isinstance(fields, dict):
        return _Opened(code, link, number, fields)
    return BadCause.BAD_SHAPE


def _numbered(opened: _Opened) -> bool:
    """Whether a device's link and id are zero only where they may be."""
    if opened.code == BadFrameSeen.CODE:
        return opened.id == 0
    return opened.link != 0 and (opened.id != 0 or opened.code == ENTRY_CODE)


def _is_u32(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= U32
