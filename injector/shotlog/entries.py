"""Every kind of entry of format 1, and what goes in and comes out of the log.

A kind's fields never change. What must be recorded differently gets a new kind, so
that a log of today reads the same in fifteen years; a reader that meets a kind it
does not know gives it as `Unknown` and says so. ``docs/shotlog-format.md`` names
every kind and field for those who read a log without this software.

The writer adds to each body: ``seq``, ``random`` (so that a leaf hash cannot be
guessed from likely content), ``utc_us``, ``mono_us`` and ``session``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal, NamedTuple, Self, TypeAlias, get_args

from pydantic import Field, model_validator

from injector.shotlog.facts import (
    Day,
    Fact,
    MixtureItem,
    PatientAnswer,
    ProductDose,
    Setpoint,
    Signature,
    ZoneTotal,
)
from injector.shotlog.fields import (
    Code,
    Count,
    Detail,
    Digest,
    Id,
    JsonObject,
    Label,
    Number,
    Person,
    Private,
    Record,
    Serial,
    ShortDigest,
)
from injector.shotlog.vouching import Vouching

# -- the log, the engine, the limit library --------------------------------------


class Predecessor(Record):
    """The log that this one follows, when the old one cannot go on."""

    origin: Label
    size: Count
    checkpoint: str
    """The newest checkpoint of the old log that could be shown: a signed note."""
    reason: Code


class LogOpened(Record):
    """Entry 0: which log this is."""

    kind: Literal["log_opened"] = "log_opened"
    format: Count
    origin: Label
    log_id: Id
    """Travels on the wire; a device's journal entries repeat it."""
    vkey: Label
    """The verifier key of every checkpoint (C2SP signed-note)."""
    software: Label
    predecessor: Predecessor | None = None


class EngineStarted(Record):
    """The software that writes the log started."""

    kind: Literal["engine_started"] = "engine_started"
    software: Label
    host_boot: Label | None
    """Random id of the computer's boot, where it tells one: ``mono_us`` counts within it."""


class EngineEnded(Record):
    """The software ended in order. A start without an end before it was a crash."""

    kind: Literal["engine_ended"] = "engine_ended"
    reason: Code


class LibraryPart(Record):
    """A part of a limit library's text; the parts joined have the digest."""

    kind: Literal["library_part"] = "library_part"
    digest: Digest
    """SHA-256 of the whole text in UTF-8."""
    part: Count
    """From 0."""
    parts: Count
    text: str


# -- sessions ----------------------------------------------------------------------


class DeviceSeen(Record):
    """A device said who it is and how it stands."""

    kind: Literal["device_seen"] = "device_seen"
    serial: Serial
    model: Label
    firmware: Label
    protocol: Count
    boot_id: Count
    journal_id: Count
    oldest: Count
    """Oldest journal index that can be read; 0 while the journal is empty."""
    newest: Count
    acknowledged: Count
    """Highest index ever acknowledged in this journal."""
    shots: Count
    """Lifetime."""
    volume_nl: Count
    """Lifetime, as debited."""
    stop_count: Count
    link: Count
    port: Label


class SessionOpened(Record):
    """A session began: who, for whom, with what, under which limits, on which device."""

    kind: Literal["session_opened"] = "session_opened"
    realm: Literal["training", "clinical"]
    operator: Person
    patient: Id | None
    """A random id, the same in every session of one patient; None: a training manikin."""
    pseudonym: Private | None
    """By which the practitioner knows the patient: the way from them to the random id."""
    title: Private | None
    purpose: Code | None
    indication: Code
    weight_g: Count | None
    athlete: bool
    """Whether doping lists matter to the patient."""
    answers: tuple[PatientAnswer, ...] = Field(strict=False)
    allergies: tuple[Code, ...] = Field(strict=False)
    """Products and classes of products that the patient is known to be allergic to."""
    treatments: Private | None
    """Current treatments."""
    prescription: Private | None
    """Where it stands."""
    consent: Private | None
    plan: JsonObject
    """Codes and amounts; free text in it is a `Private`."""
    library_digest: Digest
    serial: Serial
    journal_id: Count
    newest: Count
    """The device's newest journal index at that moment."""
    shots: Count
    """The device's lifetime counter at that moment."""
    volume_nl: Count
    """The device's lifetime counter at that moment."""
    mixture: tuple[MixtureItem, ...] = Field(strict=False)
    flagged: tuple[Code, ...] = Field(strict=False)
    """Products in it that are on a doping list, where the patient is an athlete."""
    syringe_nl: Count
    mixed_by: Person | None
    mixed_where: Label | None
    needle_um: Count
    needle_lot: Label | None
    needle_expiry: Day | None


class SessionClosed(Record):
    """A session ended. The log writes an anchor straight after it."""

    kind: Literal["session_closed"] = "session_closed"
    reason: Code
    by: Person | None
    serial: Serial
    journal_id: Count
    newest: Count
    shots: Count
    volume_nl: Count
    given_shots: Count
    """What counts as given in this session, by hand too, uncertain shots and gaps at most."""
    given_nl: Count
    zones: tuple[ZoneTotal, ...] = Field(strict=False)
    """The same by zone."""
    doses: tuple[ProductDose, ...] = Field(strict=False)
    """The same by product."""
    library_digest: Digest
    signature: Signature | None
    """None: it closed unsigned."""


class Anchor(Record):
    """The signed checkpoint of the tree before this entry; written by the log alone."""

    kind: Literal["anchor"] = "anchor"
    size: Count
    """Entries under it: equal to this entry's own ``seq``."""
    root: Digest
    checkpoint: str
    """The signed note."""


# -- limits ------------------------------------------------------------------------


class PassedLimit(Record):
    """One limit that a value passes."""

    figure: Code
    rule: Code
    """In which way it is passed."""
    value: Number
    bound: Number
    level: Literal["soft", "hard"]
    set_by: Code
    """What kind of thing sets the limit: the device, a technique, a zone."""
    limit: Label
    """Where the limit stands."""
    source: Label
    strength: Code


class Override(Record):
    """A practitioner's word that a soft limit may be passed."""

    reason: Private
    by: Person


class Verdict(Record):
    """What the limits said, and under which version of the rules."""

    rules: Count
    outcome: Literal["allow", "soft", "refuse"]
    passed: tuple[PassedLimit, ...] = Field(strict=False)
    """The most limiting first; empty when all allow."""
    override: Override | None


class Refused(Record):
    """The limits refused a setpoint; nothing was sent."""

    kind: Literal["refused"] = "refused"
    what: Setpoint
    technique: Code
    zone: Code
    verdict: Verdict


class DeviceRefused(Record):
    """The device refused what the host asked for."""

    kind: Literal["device_refused"] = "device_refused"
    serial: Serial
    link: Count
    request: Code
    reason: Code
    bound: Count
    """What would pass, where the reason has a figure; else 0."""
    grant_seq: Count | None
    """The grant it refused, when it was one: what that permitted is void."""


class Grant(Record):
    """Permission for a number of shots and a volume at one setpoint.

    Committed before it is sent. What it permits counts as given until it is settled.
    """

    kind: Literal["grant"] = "grant"
    serial: Serial
    link: Count
    grant: Count
    """Its number on the wire."""
    step: Count
    """Which step of the plan, from 0."""
    fill: Count
    """Which filling is in the gun: see `injector.shotlog.facts`."""
    setpoint: Setpoint
    setpoint_digest: ShortDigest
    """As the device read it back."""
    technique: Code
    zone: Code
    verdict: Verdict
    library_digest: Digest
    armed_by: Person
    shots_limit: Count
    """Absolute: fire while the device's lifetime shots are below this."""
    volume_limit_nl: Count
    """Absolute: fire while the lifetime volume with this shot is not above this."""
    shots: Count
    """What this entry newly permits."""
    volume_nl: Count
    """What this entry newly permits, the drive's tolerance included."""

    @model_validator(mode="after")
    def _is_permitted(self) -> Self:
        match self.verdict.outcome:
            case "allow":
                return self
            case "soft":
                if self.verdict.override is not None:
                    return self
                raise ValueError("a soft limit is passed only with an override")
            case "refuse":
                raise ValueError("what the limits refuse is not granted")


# -- what the device's journal says ------------------------------------------------


class Shot(Record):
    """One shot, or one slice of perfusion: delivered, whole or in part."""

    kind: Literal["shot"] = "shot"
    serial: Serial
    journal_id: Count
    index: Count
    grant_seq: Count | None
    """The grant's entry; None when this host never granted it."""
    link: Count
    grant: Count
    boot_id: Count
    setpoint_digest: ShortDigest
    outcome: Literal["complete", "partial"]
    cause: Code | None
    """Why it ended early; None when it did not."""
    volume_nl: Count
    """Measured at the plunger."""
    depth_um: Count
    flow_nl_s: Count
    pressure_pa: Number
    """Peak."""
    t_us: Count
    """When it began, on the device's clock since its boot."""
    duration_us: Count
    debit_nl: Count
    """The most it could have given, debited before it began."""
    counts_nl: Count
    """What it counts as against limits."""
    shots_total: Count
    """The device's lifetime counter after it."""
    volume_total_nl: Count
    slice: Count
    """Number of the slice within one pull, from 1; 0 for a shot."""


class Uncertain(Record):
    """A shot that had begun when the device lost power: an unknown part was given."""

    kind: Literal["uncertain"] = "uncertain"
    serial: Serial
    journal_id: Count
    index: Count
    grant_seq: Count | None
    link: Count
    grant: Count
    boot_id: Count
    setpoint_digest: ShortDigest
    t_us: Count
    debit_nl: Count
    counts_nl: Count
    shots_total: Count
    volume_total_nl: Count
    slice: Count


class Moved(Record):
    """Motion that is not treatment: priming or self-test."""

    kind: Literal["moved"] = "moved"
    serial: Serial
    journal_id: Count
    index: Count
    link: Count
    boot_id: Count
    act: Literal["prime", "self_test"]
    outcome: Literal["complete", "partial"]
    cause: Code | None
    volume_nl: Count
    debit_nl: Count
    t_us: Count
    duration_us: Count
    shots_total: Count
    volume_total_nl: Count


class Fault(Record):
    """The device reported a fault."""

    kind: Literal["fault"] = "fault"
    serial: Serial
    journal_id: Count
    index: Count
    link: Count
    boot_id: Count
    code: Code
    detail: Number
    t_us: Count
    shots_total: Count
    volume_total_nl: Count


class Foreign(Record):
    """A journal entry made under another host's log."""

    kind: Literal["foreign"] = "foreign"
    serial: Serial
    journal_id: Count
    index: Count
    log_id: Id
    what: JsonObject
    """The device's entry, field by field: integers, bytes in hex."""


class ForeignAccepted(Record):
    """The operator's word that foreign entries may be acknowledged to the device."""

    kind: Literal["foreign_accepted"] = "foreign_accepted"
    serial: Serial
    journal_id: Count
    up_to: Count
    """Highest journal index that it covers."""
    by: Person


class Conflict(Record):
    """The device told one journal identity with two contents: never acknowledged."""

    kind: Literal["conflict"] = "conflict"
    serial: Serial
    journal_id: Count
    at_index: Count
    what: JsonObject
    """The other content, field by field: integers, bytes in hex; empty where the journal
    as a whole stands before what is committed of it."""


class Gap(Record):
    """Journal indexes whose entries are lost, and the most that may be missing."""

    kind: Literal["gap"] = "gap"
    serial: Serial
    journal_id: Count
    """The journal that lost them."""
    first: Count
    """Lowest index that may be missing; 0 where only the counters tell."""
    last: Count
    shots_max: Count
    volume_max_nl: Count
    reason: Code


class GapAcknowledged(Record):
    """The practitioner saw a gap and chose how to go on."""

    kind: Literal["gap_acknowledged"] = "gap_acknowledged"
    gap_seq: Count
    by: Person
    choice: Code


class UsedElsewhere(Record):
    """A device's counters advanced while no session of this log was open on it."""

    kind: Literal["used_elsewhere"] = "used_elsewhere"
    serial: Serial
    journal_id: Count
    shots: Count
    """By how much they advanced."""
    volume_nl: Count
    shots_total: Count
    """Where they stand now."""
    volume_total_nl: Count


# -- settling, stopping, telling ----------------------------------------------------


class Settled(Record):
    """A link's grants are void and accounted for; what was not used is returned."""

    kind: Literal["settled"] = "settled"
    serial: Serial
    link: Count
    shots: Count
    """The device's lifetime counter, final."""
    volume_nl: Count
    returned_shots: Count
    returned_nl: Count


class Stop(Record):
    """STOP was asked for."""

    kind: Literal["stop"] = "stop"
    origin: Code
    by: Person | None
    serial: Serial | None


class StopConfirmed(Record):
    """The device latched STOP."""

    kind: Literal["stop_confirmed"] = "stop_confirmed"
    serial: Serial
    stop_count: Count


class Release(Record):
    """An operator released the STOP with this count."""

    kind: Literal["release"] = "release"
    serial: Serial
    stop_count: Count
    by: Person


class Disarmed(Record):
    """Granting ended."""

    kind: Literal["disarmed"] = "disarmed"
    reason: Code
    by: Person | None


class Alarm(Record):
    """An alarm was raised, cleared, paused or acknowledged."""

    kind: Literal["alarm"] = "alarm"
    alarm: Code
    priority: Literal["high", "medium", "low"]
    act: Literal["raised", "cleared", "paused", "acknowledged"]
    by: Person | None
    detail: Detail


class Note(Record):
    """A remark in someone's own words."""

    kind: Literal["note"] = "note"
    text: Private
    by: Person


class TextErased(Record):
    """A private text was erased; the entry it stood in keeps its commitment."""

    kind: Literal["text_erased"] = "text_erased"
    text_seq: Count
    """The entry."""
    place: Label
    """Where in it (JSON Pointer, RFC 6901)."""
    hmac_sha256: Digest
    by: Person
    reason: Code


Body: TypeAlias = Annotated[
    LogOpened
    | EngineStarted
    | EngineEnded
    | LibraryPart
    | DeviceSeen
    | SessionOpened
    | SessionClosed
    | Anchor
    | Refused
    | DeviceRefused
    | Grant
    | Shot
    | Uncertain
    | Moved
    | Fault
    | Foreign
    | ForeignAccepted
    | Conflict
    | Gap
    | GapAcknowledged
    | UsedElsewhere
    | Settled
    | Stop
    | StopConfirmed
    | Release
    | Disarmed
    | Alarm
    | Note
    | TextErased
    | Fact
    | Vouching,
    Field(discriminator="kind"),
]

Journalled: TypeAlias = Shot | Uncertain | Moved | Fault | Foreign
"""The kinds that stand for one entry of a device's journal: ``index`` is its index there."""

KINDS: Final[Mapping[str, type[Body]]] = {
    model.model_fields["kind"].default: model for model in get_args(get_args(Body)[0])
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """The body of a kind that this version of the software does not know."""

    kind: str
    fields: Mapping[str, object]


def new_session_id(realm: Literal["training", "clinical"], random_bytes: bytes) -> str:
    """Make a session's id of 8 random bytes.

    It begins with ``t`` or ``c``, so that every entry of a training session says that
    it is one.

    >>> new_session_id("training", bytes(8))
    't0000000000000000'
    """
    if len(random_bytes) != 8:
        raise ValueError("a session's id is made of 8 random bytes")
    return realm[0] + random_bytes.hex()


class Moment(NamedTuple):
    """A reading of the caller's clocks."""

    utc_us: int
    """Microseconds since 1970, UTC. May jump; never used for a duration."""
    mono_us: int
    """Microseconds on the monotonic clock of this boot."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What shall become an entry."""

    session: str | None
    """A `new_session_id`, or None outside every session."""
    body: Body
    texts: Mapping[str, str] = field(default_factory=dict)
    """For each `TO_BE_SEALED` in the body its text, by place (JSON Pointer: ``/text``)."""


class Entry(NamedTuple):
    """An entry as the log holds it."""

    seq: int
    """Its place in the log, from 0."""
    at: Moment
    session: str | None
    body: Body | Unknown
