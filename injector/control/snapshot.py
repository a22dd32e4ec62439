"""What a console draws: one immutable picture of everything, made by the engine.

Plain values only, so that it can cross to another process. A console decides
nothing that matters from it; it draws, and sends what a person wants.
"""

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Literal

from injector.control.alarms import Alarm
from injector.control.states import State
from injector.limits.context import DeviceEnvelope
from injector.limits.flags import Flag
from injector.limits.verdict import Passed
from injector.protocol.messages import Status
from injector.shotlog.facts import Setpoint
from injector.treatment.pseudonyms import Doubt


@unique
class Denial(StrEnum):
    """Why an intent was not followed; words for people are made by whoever shows it."""

    OUT_OF_ORDER = "out_of_order"
    """Not in this state."""
    NO_SESSION = "no_session"
    SESSION_OPEN = "session_open"
    STOPPED = "stopped"
    """STOP is latched; release it first."""
    LIMITS = "limits"
    """A limit refuses; ``Denied.passed`` says which."""
    NEEDS_OVERRIDE = "needs_override"
    """A soft limit is passed and the step carries no reason."""
    NO_ROOM = "no_room"
    """Not one more shot fits, or none is wanted any more."""
    NO_SUCH_STEP = "no_such_step"
    GAP_OPEN = "gap_open"
    """A gap waits for the practitioner's word."""
    GUN_AHEAD = "gun_ahead"
    """The gun did more than this log knows of, and nobody has acknowledged it."""
    FOREIGN_OPEN = "foreign_open"
    """Entries of another log wait for the operator's word."""
    FAULT = "fault"
    """A fault of the gun keeps it from moving."""
    CONFLICT = "conflict"
    """The gun told one journal entry with two contents; it needs its maker's service."""
    OTHER_GUN = "other_gun"
    """The session was opened on another gun; close it, and open one on this."""
    NO_PATIENT = "no_patient"
    """A clinical session is for somebody."""
    QUESTIONED = "questioned"
    """The pseudonym looks as if it told who the patient is; ``Denied.doubts`` says why. Whoever
    stands by it says so, and it is not asked again."""
    NOT_APPROVED = "not_approved"
    """No practitioner has approved this limit library for this installation."""
    NOT_QUALIFIED = "not_qualified"
    """Whoever asks has no diploma and registration on record here."""
    NOT_ALLOWED = "not_allowed"
    """Who asks is on record in a role that may not do it, or was withdrawn."""
    NOT_IN_CHARGE = "not_in_charge"
    """The session is another practitioner's; take it over first."""
    CHECKLIST = "checklist"
    """A checklist of the library is not answered, or not all of it is done."""
    CONFIRM = "confirm"
    """Patient, syringe and needle are to be said again before anything is armed."""
    OTHER_PATIENT = "other_patient"
    """The session is not for the patient that was said."""
    OTHER_LIBRARY = "other_library"
    """A session keeps the limit library that it was opened under."""
    OTHER_PLAN = "other_plan"
    """A session keeps the plan that it was opened with."""
    OTHER_SYRINGE = "other_syringe"
    """Another filling is in the gun, by the log."""
    NO_SYRINGE = "no_syringe"
    """The syringe in the gun was discarded; load another."""
    NO_SUCH_FILL = "no_such_fill"
    """Nobody loaded a filling of that number."""
    TOTALS_DIFFER = "totals_differ"
    """What was given was added up twice and came to two figures; close the session."""
    NOT_SIGNED = "not_signed"
    """It is no signature of that person about that record, or no proven key."""
    NOT_CORRECTABLE = "not_correctable"
    """Nobody typed what stands there, or it could not say that."""
    MORE_GIVEN = "more_given"
    """More was given than was recorded: what is missing is recorded, and counts."""
    MALFORMED = "malformed"
    """What was said cannot be written down so."""
    LOG_FAILED = "log_failed"
    UNSETTLED = "unsettled"
    """The gun is away, and what it did is not accounted for."""


@dataclass(frozen=True, slots=True)
class Denied:
    """An intent that was not followed, and why."""

    intent: str
    why: Denial
    passed: tuple[Passed, ...] = ()
    """Every limit that is passed, the most limiting first."""
    doubts: tuple[Doubt, ...] = ()
    """What a pseudonym looks like. The text itself is repeated nowhere."""


@dataclass(frozen=True, slots=True)
class ClosedSession:
    """A session that this run has closed, and what it came to."""

    id: str
    reason: str
    given_shots: int
    given_nl: int


@dataclass(frozen=True, slots=True)
class Gun:
    """The gun at the other end."""

    model: str
    serial: str
    firmware: str
    port: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the plan and how far it is."""

    technique: str
    zone: str
    setpoint: Setpoint
    planned: int
    done: int


@dataclass(frozen=True, slots=True)
class LimitView:
    """One limit that the step at hand lives under."""

    figure: str
    level: Literal["soft", "hard"]
    bound: int
    value: int
    """What counts now, in the figure's unit."""
    set_by: str
    source: str


@dataclass(frozen=True, slots=True)
class ProductView:
    """One product of a session's syringes: what a shot gives of it, and what counts as given.

    Each is rounded up. Doses are None where a concentration is not known.
    """

    product: str
    shot_ng: int | None
    """In one shot at the setpoint at hand, from the syringe in the gun."""
    shot_nl: int
    given_ng: int | None
    """So far, from all syringes, without the open grant."""
    given_nl: int
    """The product itself, not the mixture that it is in."""
    planned_nl: int = 0
    """In all shots of all steps, from a syringe like the one in the gun."""


@dataclass(frozen=True, slots=True)
class FillView:
    """A filling that is not discarded, and what is left in it."""

    number: int
    place: Literal["gun", "hand"]
    syringe_nl: int
    left_least_nl: int
    left_most_nl: int


@dataclass(frozen=True, slots=True)
class GapView:
    """What is uncertain, and how much of it counts as given."""

    seq: int
    first: int
    """Lowest index of the gun's journal that may be missing; 0 where only its counters tell."""
    last: int
    shots_max: int
    volume_max_nl: int
    reason: str


@dataclass(frozen=True, slots=True)
class ShotView:
    """One shot as the log holds it."""

    seq: int
    index: int
    kind: Literal["shot", "uncertain"]
    outcome: str
    cause: str | None
    step: int | None
    set_nl: int | None
    volume_nl: int
    depth_um: int
    flow_nl_s: int
    pressure_pa: int


@dataclass(frozen=True, slots=True)
class SessionView:
    """The session that is open."""

    id: str
    realm: str
    operator: str
    title: str
    recovered: bool
    """Found open in the log at start: it can be settled and closed, and gone on with once
    patient, syringe and needle were said again."""
    steps: tuple[StepView, ...]
    step: int | None
    """The step at hand: armed, or armed last."""
    given_shots: int
    given_nl: int
    """Delivered, uncertain and gaps, without the open grant."""
    remainder_shots: int
    """What the open grant still permits."""
    syringe_nl: int
    syringe_left_nl: int
    limits: tuple[LimitView, ...]
    confirm: bool = False
    """Patient, syringe and needle are to be said again before anything is armed."""
    fill: int = 0
    """Number of the filling in the gun."""
    needle_um: int = 0
    needle_lot: str | None = None
    needle_expiry: str | None = None
    patient: str | None = None
    """The random id of whom it is for; None: a training manikin."""
    fills: tuple[FillView, ...] = ()
    """What is open, in the gun and by hand."""
    products: tuple[ProductView, ...] = ()
    flags: tuple[Flag, ...] = ()
    """What somebody should know of the mixture in the gun, and no limit refuses."""


@dataclass(frozen=True, slots=True)
class FrameView:
    """Bytes that passed on the line, cut at the flags of frames; for engineers."""

    number: int
    """Rises by one, so that whoever collects them sees which were skipped."""
    at_us: int
    """Monotonic."""
    out: bool
    """From host to gun."""
    line: bytes
    """As on the line, flags and escapes included."""


@dataclass(frozen=True, slots=True)
class LineView:
    """The line, while somebody watches it. Counts are of the link at hand."""

    frames: tuple[FrameView, ...]
    """The newest, the newest last."""
    sent: int
    heard: int
    """Frames that were sound."""
    repeats: int
    late: int
    """Answers to what was no longer asked."""
    bad_here: int
    bad_by_device: int
    trip_last_us: int | None
    """From a frame's last sending to its answer; since somebody watches."""
    trip_median_us: int | None
    trip_most_us: int | None
    beats: int
    """Since somebody watches."""
    beats_late: int


@dataclass(frozen=True, slots=True)
class ConsoleState:
    """Everything a console shows."""

    state: State
    latched: bool
    """STOP is latched and must be released before anything is armed."""
    gun: Gun | None
    away: str
    """Why the port is not open, in the system's words; empty while it is."""
    envelope: DeviceEnvelope | None
    """The gun's own hard envelope; None while it is away."""
    status: Status | None
    """The newest status; None while the gun is away."""
    session: SessionView | None
    shots: tuple[ShotView, ...]
    """The newest shots of this session, the newest last."""
    alarms: tuple[Alarm, ...]
    sound: bool
    """Whether the alarms are to be heard now."""
    denied: Denied | None
    """The newest intent that was not followed."""
    gaps: tuple[int, ...]
    """Gaps that wait for the practitioner's word, by ``seq``."""
    lost: tuple[GapView, ...] = field(default=(), kw_only=True)
    """The same gaps, and what each of them may stand for."""
    foreign: bool
    """Entries of another log wait for the operator's word."""
    log_size: int
    closed: tuple[ClosedSession, ...] = ()
    """Sessions that this run has closed."""
    line: LineView | None = None
    """The line, only while somebody watches it."""
