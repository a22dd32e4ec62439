"""A session plan: what a practitioner means to give, as a TOML file.

A plan names the mixture, the syringe and the needle, and then the steps of the
session in order. Of the patient it says, if anything, what limits must know: weight,
conditions that were asked for, doses given elsewhere; never who it is. It says nothing
about whether the session is a training or a clinical one: that is decided where it is
run.

A plan that parses is well formed, no more. Whether it is within the limits is for
`injector.treatment.check` to say.

::

    title = "Elbow tendinopathy"
    indication = "tendinopathy_elbow"
    needle = "4.0 mm"
    syringe = "2.5 mL"

    [[mixture]]
    product = "piroxicam"
    product_class = "nsaid"
    volume = "1 mL"
    expiry = 2031-02-28

    [patient]
    weight = "70 kg"
    elsewhere = [{ product = "lidocaine", dose = "50 mg" }]

    [patient.conditions]
    pregnancy = false
    anticoagulants = "low dose, and the zone can be compressed"

    [[step]]
    technique = "nappage"
    zone = "elbow"
    mode = "repeat"
    volume = "0.02 mL"
    depth = "2.0 mm"
    flow = "200 µL/s"
    needle_speed = "100 mm/s"
    cadence = "300/min"
    shots = 48
"""

from datetime import date
from typing import Annotated, Final, Self, TypeAlias

from pydantic import ConfigDict, Field, ValidationError, model_validator

from injector.limits.context import MAX_PLANNED
from injector.limits.faults import Fault, FileError, faults_in, read_toml
from injector.limits.given import Given
from injector.limits.mixture import Mixture, MixtureItem
from injector.limits.patient import LEAST_WEIGHT_G, MOST_WEIGHT_G, Answer, Patient
from injector.limits.setpoint import (
    MAX_BURST,
    MAX_FIGURE,
    ModeKind,
    Setpoint,
    mode_of,
)
from injector.limits.written import MAX_WORDS, Code, Reader, Table, Words, amount, counting
from injector.units import (
    CADENCE,
    CONCENTRATION,
    DEPTH,
    FLOW,
    MASS,
    NEEDLE_SPEED,
    VOLUME,
    WEIGHT,
)

MAX_ITEMS: Final = 20
"""More products than any plan lists. How many a mixture may have is the library's to say."""

MAX_STEPS: Final = 50


class PlanError(FileError):
    """A plan file cannot be used; ``faults`` are all the reasons, each with its place."""


class PlanTable(Table):
    """A table of a plan: fields are named with their unit here and without it in the file."""

    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True)


class Product(PlanTable):
    """One product of the mixture, and how much of it is drawn up."""

    product: Code
    """Its code in the library."""
    product_class: Code
    """The code of its class; the library must say the same."""
    volume_nl: Annotated[int, Field(alias="volume"), amount(VOLUME, most=MAX_FIGURE)]
    concentration_ug_ml: Annotated[
        int | None, Field(alias="concentration"), amount(CONCENTRATION, most=MAX_FIGURE)
    ] = None
    lot: Words | None = None
    expiry: date | None = None
    """The last day on which it may be used."""
    multi_dose: bool = False
    """Drawn from a vial that serves more than one patient."""

    @property
    def item(self) -> MixtureItem:
        """The same, as the limits see it."""
        return MixtureItem(
            product=self.product,
            product_class=self.product_class,
            volume_nl=self.volume_nl,
            concentration_ug_ml=self.concentration_ug_ml,
            lot=self.lot,
            expiry=self.expiry,
            multi_dose=self.multi_dose,
        )


def _answer(value: object) -> object:
    if type(value) is bool or (isinstance(value, str) and 0 < len(value) <= MAX_WORDS):
        if isinstance(value, str) and not value.isprintable():
            raise ValueError("must be one line without control characters")
        return value
    raise ValueError(
        f"{value!r} is no answer: false where it is absent, true where it is present,"
        f" or in quotes why the treatment is given all the same"
    )


_Answer: TypeAlias = Annotated[
    bool | str, Reader(_answer, str, {"type": ["boolean", "string"], "minLength": 1})
]


class Elsewhere(PlanTable):
    """A dose that the patient got elsewhere in the last 24 hours."""

    product: Code
    dose_ng: Annotated[int, Field(alias="dose"), amount(MASS)]


class PlanPatient(PlanTable):
    """What limits must know of the patient. Not who it is."""

    weight_g: Annotated[
        int | None,
        Field(alias="weight"),
        amount(WEIGHT, least=LEAST_WEIGHT_G, most=MOST_WEIGHT_G),
    ] = None
    athlete: bool = False
    """Subject to anti-doping rules."""
    allergies: tuple[Code, ...] = Field(default=(), strict=False)
    """Products and classes of products that the patient is known to be allergic to."""
    conditions: dict[Code, _Answer] = Field(default_factory=dict)
    """Whether each is present; or, as text, that it is and why it does not hinder."""
    elsewhere: tuple[Elsewhere, ...] = Field(default=(), strict=False)

    @property
    def patient(self) -> Patient:
        """The same, as the limits see it: without the words of the reasons."""
        answers = {
            code: Answer.REASONED
            if isinstance(said, str)
            else Answer.PRESENT
            if said
            else Answer.ABSENT
            for code, said in self.conditions.items()
        }
        return Patient(self.weight_g, answers, self.athlete, frozenset(self.allergies))

    @property
    def given(self) -> Given:
        """What was given elsewhere."""
        given = Given()
        for each in self.elsewhere:
            given = given.plus_dose(each.product, each.dose_ng)
        return given


class Step(PlanTable):
    """One technique in one zone at one setpoint."""

    technique: Code
    zone: Code
    mode: Annotated[ModeKind, Field(strict=False)]
    burst: Annotated[int, Field(ge=2, le=MAX_BURST)] | None = None
    """Shots in one burst; in the mode ``burst`` only."""
    volume_nl: Annotated[int, Field(alias="volume"), amount(VOLUME, most=MAX_FIGURE)]
    """Of one shot; in perfusion, of one slice."""
    depth_um: Annotated[int, Field(alias="depth"), amount(DEPTH, least=0, most=MAX_FIGURE)]
    flow_nl_s: Annotated[int, Field(alias="flow"), amount(FLOW, most=MAX_FIGURE)]
    needle_um_s: Annotated[int, Field(alias="needle_speed"), amount(NEEDLE_SPEED, most=MAX_FIGURE)]
    cadence_per_min: Annotated[int, Field(alias="cadence"), amount(CADENCE, most=MAX_FIGURE)]
    shots: Annotated[int, Field(ge=1, le=MAX_PLANNED)]
    """How many are planned; in perfusion, slices."""
    override: Words | None = None
    """The practitioner's reason for going beyond soft limits in this step."""

    @model_validator(mode="after")
    def _makes_a_setpoint(self) -> Self:
        if self.mode is ModeKind.BURST:
            if self.burst is None:
                raise ValueError("mode is 'burst' and says not how many shots; add `burst = 5`")
            if self.shots % self.burst:
                raise ValueError(
                    f"{self.shots} shots are no whole number of bursts of {self.burst}"
                )
        elif self.burst is not None:
            raise ValueError(
                f"`burst` belongs to mode 'burst', and the mode is {self.mode.value!r}"
            )
        _ = self.setpoint
        return self

    @property
    def setpoint(self) -> Setpoint:
        """The setpoint of this step's shots."""
        return Setpoint(
            volume_nl=self.volume_nl,
            depth_um=self.depth_um,
            flow_nl_s=self.flow_nl_s,
            needle_um_s=self.needle_um_s,
            cadence_per_min=self.cadence_per_min,
            mode=mode_of(self.mode, self.burst or 0),
        )


class Plan(PlanTable):
    """A session as it is meant."""

    title: Words
    indication: Code
    purpose: Code | None = None
    operator: Words | None = None
    """Who gives it, unless the session says otherwise."""
    needle_um: Annotated[int, Field(alias="needle"), amount(DEPTH, most=MAX_FIGURE)]
    syringe_nl: Annotated[int, Field(alias="syringe"), amount(VOLUME, most=MAX_FIGURE)]
    mixture: Annotated[tuple[Product, ...], Field(strict=False), counting("products", MAX_ITEMS)]
    patient: PlanPatient | None = None
    steps: Annotated[
        tuple[Step, ...], Field(alias="step", strict=False), counting("steps", MAX_STEPS)
    ]

    @classmethod
    def parse(cls, source: str | bytes) -> Self:
        """Reads a plan file, given as its text or its bytes in UTF-8.

        Raises `PlanError` with every fault.
        """
        data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
        tables = read_toml(data)
        if isinstance(tables, Fault):
            raise PlanError([tables])
        try:
            return cls.model_validate(tables)
        except ValidationError as error:
            raise PlanError(faults_in(error, cls)) from None

    @property
    def contents(self) -> Mixture:
        """The mixture, as the limits see it."""
        return Mixture(tuple(product.item for product in self.mixture))

    @property
    def mixture_nl(self) -> int:
        """What the mixture comes to, in nanolitres."""
        return sum(product.volume_nl for product in self.mixture)

    @property
    def shots(self) -> int:
        """The shots of all steps."""
        return sum(step.shots for step in self.steps)
