"""What can happen to the controller: the link, the log, people, time."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from injector.control.alarms import AlarmCode
from injector.control.ledger import GrantRecord
from injector.control.snapshot import Denial
from injector.control.wants import NOTHING_ELSE, Particulars, Subject, Vouching, Want
from injector.limits.exposure import NOTHING, Exposure
from injector.limits.library import Library
from injector.protocol.host import HostEvent
from injector.protocol.messages import Request
from injector.shotlog.entries import Entry
from injector.shotlog.facts import Signature
from injector.treatment.plan import Plan

# -- the line ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PortOpened:
    """The port is open; ``link`` is a fresh link id for the hello."""

    port: str
    link: int


@dataclass(frozen=True, slots=True)
class PortLost:
    """The port hung up or cannot be opened."""

    reason: str


@dataclass(frozen=True, slots=True)
class LinkDrawn:
    """A fresh link id, asked for by ``DrawLink``."""

    link: int


@dataclass(frozen=True, slots=True)
class FromDevice:
    """The connection says something."""

    event: HostEvent


@dataclass(frozen=True, slots=True)
class NotSent:
    """The connection could not put this request into a frame short enough."""

    request: Request


# -- the log -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Committed:
    """These entries are durable."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class CommitFailed:
    """Entries could not be written; ``reason`` is a code."""

    reason: str


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """Where the log stands with a device."""

    committed: int
    """Highest index that is committed of the journal asked about; 0 for none."""
    shots: int
    """The device's lifetime counters as the log last accounts for them."""
    volume_nl: int
    journal_before: tuple[int, int] | None
    """Another journal of it that entries came from last, and its highest committed index."""
    held: int | None
    """First index of this journal that may not be acknowledged: another log's entries."""
    conflict: int | None
    """Index of this journal that was told with two contents; never acknowledged."""
    grants: tuple[GrantRecord, ...]
    """The newest grants to this device, which its journal may still name."""
    told: Exposure = NOTHING
    """By how much the counters that it told last stand above those: begun, and in no entry."""


@dataclass(frozen=True, slots=True)
class DeviceRecall:
    """What the log knows of a device, asked for by ``Recall``."""

    serial: str
    journal_id: int
    known: KnownDevice | None
    """None: the log has never seen it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of what somebody vouches for, asked for by ``AppendJudged``."""

    what: Vouching
    answer: tuple[Entry, ...] | Denial
    """The entries that it is now; or why it is none."""


# -- people --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Begin a session with this plan under this library."""

    session: str
    """A new session's id (`injector.shotlog.entries.new_session_id`)."""
    realm: Literal["training", "clinical"]
    """A clinical one needs a patient, a library that is approved here, and a practitioner
    whose qualification is on record."""
    plan: Plan
    library: Library
    by: str
    subject: Subject | None = None
    """Whom it is for; None: a training manikin."""
    particulars: Particulars = NOTHING_ELSE

    def __post_init__(self) -> None:
        if len(self.session) != 17 or self.session[0] != self.realm[0]:
            raise ValueError("the session's id is not one of new_session_id")


@dataclass(frozen=True, slots=True)
class Arm:
    """Arm that step of the plan, from 0."""

    step: int
    by: str


@dataclass(frozen=True, slots=True)
class Disarm:
    """Let the grant go; nothing latches."""

    by: str
    reason: str = "operator"


@dataclass(frozen=True, slots=True)
class PressStop:
    """STOP. The bytes may already be on the line."""

    origin: str
    by: str | None


@dataclass(frozen=True, slots=True)
class ReleaseStop:
    """Release the STOP that is latched."""

    by: str


@dataclass(frozen=True, slots=True)
class CloseSession:
    """End the session: disarm, settle, close."""

    by: str | None
    """None: nobody asked for it; it stood idle."""
    reason: str = "done"
    signature: Signature | None = None
    """Who stands for it, and what that means; None: it closes unsigned."""
    left_nl: int | None = None
    """What is seen in the gun's syringe."""


@dataclass(frozen=True, slots=True)
class AcknowledgeAlarm:
    """An operator has seen the alarm."""

    code: AlarmCode
    by: str


@dataclass(frozen=True, slots=True)
class PauseAlarms:
    """An operator silences the sound of all alarms for 120 s."""

    by: str


@dataclass(frozen=True, slots=True)
class AcknowledgeGap:
    """The practitioner has seen the gap and goes on."""

    gap_seq: int
    by: str


@dataclass(frozen=True, slots=True)
class AcceptForeign:
    """The operator's word that entries of another log may be acknowledged."""

    by: str


@dataclass(frozen=True, slots=True)
class TakeLink:
    """The operator takes the link back from another host."""

    by: str


@dataclass(frozen=True, slots=True)
class ConsoleSeen:
    """The console's terminal has taken what was drawn."""


@dataclass(frozen=True, slots=True)
class ConsoleGone:
    """The console's pipe closed: as `Shutdown`, and the session stays open."""

    reason: str


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Disarm, settle, close the session and let go of the gun."""

    reason: str
    leave_open: bool = False
    """Nobody decided that the session is over: it stays open in the log, and the next start
    offers to go on with it."""


@dataclass(frozen=True, slots=True)
class Watch:
    """From now on snapshots carry the line's frames, or no longer. It touches nothing else."""

    on: bool


@dataclass(frozen=True, slots=True)
class UtcJumped:
    """The host's UTC clock moved against its monotonic one."""

    by_us: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Intent: TypeAlias = (
    OpenSession
    | Arm
    | Disarm
    | PressStop
    | ReleaseStop
    | CloseSession
    | AcknowledgeAlarm
    | PauseAlarms
    | AcknowledgeGap
    | AcceptForeign
    | TakeLink
    | ConsoleSeen
    | ConsoleGone
    | Shutdown
    | Watch
    | Want
)
Input: TypeAlias = (
    PortOpened
    | PortLost
    | LinkDrawn
    | FromDevice
    | NotSent
    | Committed
    | CommitFailed
    | DeviceRecall
    | Judged
    | UtcJumped
    | Intent
    | Tick
)
