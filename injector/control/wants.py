"""What people want recorded, changed or primed in a session: intents beside those of the gun.

What a person records is the entry itself: `Record` carries the body as it will stand in
the log, since there is nothing to decide about a fact. Everything else is a wish that can
be denied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from injector.limits.library import Library
from injector.limits.mixture import MixtureItem
from injector.shotlog import facts
from injector.shotlog.corrections import Correction
from injector.shotlog.entries import Note
from injector.shotlog.envelope import commitments
from injector.shotlog.vouching import Anchored, OperatorKey, Signed
from injector.treatment.plan import Plan, Step

Recordable: TypeAlias = (
    facts.HandShots
    | facts.Spilled
    | facts.GivenElsewhere
    | facts.AdverseEvent
    | facts.Pain
    | facts.Result
    | facts.FollowUp
    | facts.ChecklistAnswered
    | facts.PatientAnswered
    | facts.Referenced
    | Note
)
LATER: Final = (facts.AdverseEvent, facts.Pain, facts.Result, facts.FollowUp, Note)
"""What may still be recorded of a session that has closed."""


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """A patient's answer to one condition of the library."""

    condition: str
    present: bool
    reason: str | None = None
    """Why the practitioner treats all the same."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a session is for."""

    pseudonym: str
    new_id: str
    """16 random hex characters: the patient's id, where the log knows none yet."""
    weight_g: int | None = None
    athlete: bool = False
    answers: tuple[AnswerGiven, ...] = ()
    allergies: tuple[str, ...] = ()
    """Codes of products and of classes of products."""
    treatments: str | None = None
    """Current ones, in the patient's words."""
    confirmed: bool = False
    """Somebody was asked whether the pseudonym tells who the patient is, and stands by it."""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What else is known as a session opens."""

    purpose: str | None = None
    """A code of the library."""
    prescription: str | None = None
    consent: str | None = None
    mixed_by: str | None = None
    mixed_where: str | None = None
    needle_lot: str | None = None
    needle_expiry: str | None = None
    """ISO 8601 date."""


NOTHING_ELSE: Final = Particulars()
"""Nothing more is known."""


@dataclass(frozen=True, slots=True)
class Record:
    """A fact. It is recorded whatever the limits say."""

    fact: Recordable
    texts: Mapping[str, str] = field(default_factory=dict)
    """For each ``TO_BE_SEALED`` in it its text, by place."""
    about: str | None = None
    """A session that has closed; None: the one that is open."""

    def __post_init__(self) -> None:
        if dict(commitments(self.fact.model_dump())).keys() != self.texts.keys():
            raise ValueError("each place to be sealed has a text, and each text a place")
        other = isinstance(self.fact, facts.AdverseEvent) and self.fact.what == "other"
        if other and not self.texts["/note"].strip():
            raise ValueError("an adverse event of another kind needs a note that says which")


@dataclass(frozen=True, slots=True)
class LoadSyringe:
    """Another syringe: in the gun, where it takes the other one's place, or used by hand."""

    by: str
    place: Literal["gun", "hand"] = "gun"
    mixture: tuple[MixtureItem, ...] | None = None
    """None: the same as in the gun, drawn up again."""
    syringe_nl: int | None = None
    """None: one of the same size."""
    left_nl: int | None = None
    """What is seen in the one that it takes the place of."""
    mixed_by: str | None = None
    mixed_where: str | None = None


@dataclass(frozen=True, slots=True)
class DiscardSyringe:
    """A filling is used no more."""

    fill: int
    by: str
    left_nl: int | None = None
    reason: str = "discarded"


@dataclass(frozen=True, slots=True)
class ChangeNeedle:
    """A fresh needle is on the gun."""

    needle_um: int
    by: str
    lot: str | None = None
    expiry: str | None = None


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A colleague takes the session over."""

    by: str


@dataclass(frozen=True, slots=True)
class Override:
    """A practitioner lets soft limits be passed in one step, in this session only."""

    step: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class AddStep:
    """Another zone, or another technique, than the plan has: one more step of this session.

    It is numbered after all others, and judged by the limits like any other. A soft limit
    that it passes needs an `Override` of its own; it brings none.
    """

    step: Step
    by: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on with a session that was found open, or that stood idle.

    Patient, syringe and needle are said again, and must be those of the session. The
    library and the plan must be its own; None where this engine still has them.
    """

    by: str
    fill: int
    needle_um: int
    pseudonym: str | None = None
    plan: Plan | None = None
    library: Library | None = None
    needle_lot: str | None = None
    needle_expiry: str | None = None


@dataclass(frozen=True, slots=True)
class ArmPrime:
    """Arm priming: off the skin, the trigger then pushes up to this volume out."""

    volume_nl: int
    by: str


@dataclass(frozen=True, slots=True)
class RecordOperator:
    """Who somebody is in this installation."""

    operator: facts.OperatorRecorded


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """Who came to the console, left it, or was not let in. Written at all times, never denied."""

    access: facts.Access


@dataclass(frozen=True, slots=True)
class RecordAnchored:
    """Somebody outside took a checkpoint. Written at all times, never denied: it is about the
    log and no patient, and `verify` judges it."""

    anchored: Anchored


@dataclass(frozen=True, slots=True)
class ApproveLibrary:
    """A practitioner approves this library for this installation."""

    library: Library
    by: str


@dataclass(frozen=True, slots=True)
class RecordKey:
    """The key with which somebody signs from now on, proven with it."""

    key: OperatorKey


@dataclass(frozen=True, slots=True)
class RecordSigned:
    """Somebody signed a record of the log. It is written only where all of it is right."""

    signed: Signed
    session: str | None
    """The record's."""


@dataclass(frozen=True, slots=True)
class Correct:
    """Somebody corrects what a person typed into a session that has closed."""

    correction: Correction


Vouching: TypeAlias = ApproveLibrary | RecordKey | RecordSigned | Correct
"""What is judged against the log before it is written."""

Want: TypeAlias = (
    Record
    | LoadSyringe
    | DiscardSyringe
    | ChangeNeedle
    | TakeOver
    | Override
    | AddStep
    | Resume
    | ArmPrime
    | RecordOperator
    | RecordAccess
    | RecordAnchored
    | Vouching
)
"""Every intent of this file."""
