"""The kinds of entries that people make: what a session is, and what happened in it.

A gun tells what it did; everything else is somebody's word, and every kind here names
whose. Facts are recorded whatever the limits say. Where a kind speaks of a *fill*, that
is one filling of one syringe: number 0 is the one that the session was opened with, the
others are numbered as they are loaded. Free text is always a `Private`.
"""

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, StringConstraints, model_validator

from injector.shotlog.fields import (
    Code,
    Count,
    Digest,
    Id,
    JsonObject,
    Label,
    Number,
    Person,
    Private,
    Record,
    Serial,
)

Day: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""A day, as ISO 8601 writes it."""
MAX_PAIN: Final = 10
AdverseKind: TypeAlias = Literal[
    "bruising",
    "redness",
    "itching",
    "pain",
    "haematoma",
    "infection",
    "allergy",
    "necrosis",
    "pigmentation",
    "granuloma",
    "other",
]
"""What can come of a treatment; ``other`` says in a note what it is."""
AccessKind: TypeAlias = Literal[
    "signed_in",
    "sign_in_failed",
    "signed_out",
    "locked",
    "unlocked",
    "locked_out",
    "pin_failed",
]
"""What can happen at a console's door."""


# -- what a session is made of -----------------------------------------------------


class Setpoint(Record):
    """What one shot shall be."""

    volume_nl: Count
    depth_um: Count
    flow_nl_s: Count
    needle_um_s: Count
    cadence_per_min: Count
    mode: Literal["single", "repeat", "burst", "perfusion"]
    burst: Count
    """Shots of a burst; 0 in every other mode."""


class MixtureItem(Record):
    """One product in the syringe."""

    product: Label
    product_class: Code
    concentration_ug_ml: Count | None
    """Of the product as it was drawn up; None where nobody said it."""
    lot: Label | None
    expiry: Label | None
    """ISO 8601 date."""
    volume_nl: Count
    multi_dose: bool
    """Drawn from a vial that serves more than one patient."""


class PatientAnswer(Record):
    """Whether a patient has one condition of the library."""

    condition: Code
    present: bool
    reason: Private | None
    """The practitioner's reason to treat all the same; of a relative one only."""


class ZoneTotal(Record):
    """What counts as given in one zone."""

    zone: Code | None
    """None: nobody knows where."""
    shots: Count
    volume_nl: Count


class ProductDose(Record):
    """How much of one product counts as given, rounded up."""

    product: Label
    dose_ng: Count


class Signature(Record):
    """A person stands for a record, and says what that means."""

    by: Person
    name: Label
    meaning: Code


# -- this installation ---------------------------------------------------------------


class OperatorRecorded(Record):
    """Who somebody is here, and what they are qualified for; the newest one counts."""

    kind: Literal["operator_recorded"] = "operator_recorded"
    person: Person
    name: Label
    role: Literal["practitioner", "assistant", "engineer", "auditor", "administrator", "withdrawn"]
    diploma: Label | None
    registration: Label | None
    by: Person


class Access(Record):
    """Somebody came to the console, left it, or was not let in."""

    kind: Literal["access"] = "access"
    what: AccessKind
    person: Person | None
    """None: nobody here has the id that was typed. It is not repeated, since what is typed
    into the wrong field is a passphrase."""
    role: Literal["practitioner", "engineer", "auditor", "administrator"] | None


class LibraryApproved(Record):
    """A named practitioner approves a limit library for this installation."""

    kind: Literal["library_approved"] = "library_approved"
    digest: Digest
    name: Label
    version: Label
    by: Person
    registration: Label


# -- who treats whom -------------------------------------------------------------------


class SessionResumed(Record):
    """Patient, syringe and needle were asked for again, and the session goes on."""

    kind: Literal["session_resumed"] = "session_resumed"
    reason: Code
    operator: Person
    patient: Id | None
    plan: JsonObject
    library_digest: Digest
    fill: Count
    """The filling that is in the gun."""
    needle_um: Count
    needle_lot: Label | None
    needle_expiry: Day | None


class TakenOver(Record):
    """A colleague takes a session over; what was given stays given."""

    kind: Literal["taken_over"] = "taken_over"
    before: Person
    operator: Person


class PatientAnswered(Record):
    """The patient's answers, asked for again or added to; they replace earlier ones."""

    kind: Literal["patient_answered"] = "patient_answered"
    weight_g: Count | None
    """None: not asked for again."""
    answers: tuple[PatientAnswer, ...] = Field(strict=False)
    allergies: Annotated[tuple[Code, ...], Field(strict=False)] | None
    """All that are known now; None: not asked for again."""
    treatments: Private | None
    """Current treatments."""
    by: Person


class ChecklistItem(Record):
    """One question of a checklist, and whether it is so."""

    item: Code
    done: bool


class ChecklistAnswered(Record):
    """A checklist was gone through."""

    kind: Literal["checklist_answered"] = "checklist_answered"
    checklist: Code
    items: tuple[ChecklistItem, ...] = Field(strict=False)
    by: Person


class Referenced(Record):
    """Where a prescription or a consent stands."""

    kind: Literal["referenced"] = "referenced"
    what: Literal["prescription", "consent"]
    reference: Private
    by: Person


class OverrideGiven(Record):
    """A practitioner's word that soft limits may be passed in a step, in this session."""

    kind: Literal["override_given"] = "override_given"
    step: Count
    reason: Private
    by: Person


class StepAdded(Record):
    """A step that the plan does not have is to be given, too: it is numbered after all others."""

    kind: Literal["step_added"] = "step_added"
    technique: Code
    zone: Code
    setpoint: Setpoint
    shots: Annotated[Count, Field(ge=1)]
    """How many are planned."""
    by: Person


# -- syringe and needle ---------------------------------------------------------------


class SyringeLoaded(Record):
    """A syringe was filled: it takes the place of the one in the gun, or is used by hand."""

    kind: Literal["syringe_loaded"] = "syringe_loaded"
    fill: Count
    place: Literal["gun", "hand"]
    mixture: tuple[MixtureItem, ...] = Field(strict=False)
    flagged: tuple[Code, ...] = Field(strict=False)
    """Products in it that are on a doping list, where the patient is an athlete."""
    syringe_nl: Count
    mixed_by: Person | None
    mixed_where: Label | None
    by: Person


class SyringeDiscarded(Record):
    """A filling is used no more."""

    kind: Literal["syringe_discarded"] = "syringe_discarded"
    fill: Count
    reason: Code
    left_nl: Count | None
    """What somebody saw in it; None: nobody looked."""
    least_nl: Count
    """What must be left at the least, by everything that this log knows to have left it."""
    most_nl: Count
    by: Person | None


class SyringeDiffers(Record):
    """What was left in a syringe is not what must be: more or less has left it than is known."""

    kind: Literal["syringe_differs"] = "syringe_differs"
    fill: Count
    left_nl: Count
    least_nl: Count
    most_nl: Count
    missing_nl: Number
    """How much less there is than must be; below 0, how much more."""


class PrimeArmed(Record):
    """Priming was armed: off the skin, the trigger pushes up to this volume out."""

    kind: Literal["prime_armed"] = "prime_armed"
    serial: Serial
    link: Count
    fill: Count
    volume_nl: Count
    by: Person


class NeedleChanged(Record):
    """A fresh needle, of a sterile set of its own."""

    kind: Literal["needle_changed"] = "needle_changed"
    needle_um: Count
    lot: Label | None
    expiry: Day | None
    by: Person


class NeedleDiscarded(Record):
    """A needle and its sterile set are used no more."""

    kind: Literal["needle_discarded"] = "needle_discarded"
    reason: Code
    needle_um: Count
    lot: Label | None
    expiry: Day | None
    shots: Count
    """Given with it by the gun, in this session."""
    by: Person | None


class Spilled(Record):
    """So much left a syringe and went into nobody."""

    kind: Literal["spilled"] = "spilled"
    fill: Count
    volume_nl: Count
    by: Person


# -- what was given, and what came of it -----------------------------------------------


class HandShots(Record):
    """Shots that were given by hand."""

    kind: Literal["hand_shots"] = "hand_shots"
    technique: Code
    zone: Code
    fill: Count
    shots: Count
    volume_nl: Count
    """Of all of them."""
    by: Person


class GivenElsewhere(Record):
    """What this patient was given elsewhere, or with another device."""

    kind: Literal["given_elsewhere"] = "given_elsewhere"
    minutes_ago: Count
    """Before this entry."""
    product: Label | None
    dose_ng: Count
    zone: Code | None
    shots: Count
    volume_nl: Count
    device_class: Code | None
    """What it was given with, where that is known: a needle-free pen, for instance."""
    by: Person


class AdverseEvent(Record):
    """Something went wrong with the patient."""

    kind: Literal["adverse_event"] = "adverse_event"
    what: AdverseKind
    severity: Annotated[int, Field(ge=1, le=3)]
    """1 slight, 2 moderate, 3 severe."""
    onset_minutes_ago: Count
    """When it began, before this entry."""
    zone: Code | None
    note: Private | None
    by: Person

    @model_validator(mode="after")
    def _another_kind_is_told(self) -> Self:
        if self.what == "other" and self.note is None:
            raise ValueError("an adverse event of another kind needs a note that says which")
        return self


class Pain(Record):
    """How much it hurts, from 0 to 10, in the patient's word."""

    kind: Literal["pain"] = "pain"
    when: Literal["before", "after"]
    score: Annotated[int, Field(ge=0, le=MAX_PAIN)]
    by: Person


class Result(Record):
    """The practitioner's word on what a session achieved."""

    kind: Literal["result"] = "result"
    result: Literal["resolved", "better", "same", "worse"]
    note: Private | None
    by: Person


class FollowUp(Record):
    """When the patient is to be seen again."""

    kind: Literal["follow_up"] = "follow_up"
    due: Day
    why: Code
    by: Person


class IdleWarned(Record):
    """Nothing happened in the session for so long; who goes on is asked again for whom."""

    kind: Literal["idle_warned"] = "idle_warned"
    idle_s: Count


Fact: TypeAlias = (
    OperatorRecorded
    | Access
    | LibraryApproved
    | SessionResumed
    | TakenOver
    | PatientAnswered
    | ChecklistAnswered
    | Referenced
    | OverrideGiven
    | StepAdded
    | SyringeLoaded
    | SyringeDiscarded
    | SyringeDiffers
    | PrimeArmed
    | NeedleChanged
    | NeedleDiscarded
    | Spilled
    | HandShots
    | GivenElsewhere
    | AdverseEvent
    | Pain
    | Result
    | FollowUp
    | IdleWarned
)
"""Every kind of this file."""
