"""A session plan: what a practitioner means to give, as a TOML file.

A plan names the mixture, the syringe and the needle, and then the steps of the
session in order. It says nothing about the patient, and nothing about whether the
session is a training or a clinical one: that is decided where it is run.

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
from typing import Annotated, Final, Self, assert_never

from pydantic import ConfigDict, Field, ValidationError, model_validator

from injector.limits.context import MAX_PLANNED
from injector.limits.faults import Fault, FileError, faults_in, read_toml
from injector.limits.setpoint import (
    MAX_BURST,
    MAX_FIGURE,
    Burst,
    Mode,
    ModeKind,
    Perfusion,
    Repeat,
    Setpoint,
    Single,
)
from injector.limits.written import Code, Table, Words, amount, counting
from injector.units import CADENCE, CONCENTRATION, DEPTH, FLOW, NEEDLE_SPEED, VOLUME

MAX_PRODUCTS: Final = 3
"""Products in a mixture: few, says the French Society of Mesotherapy (SFM)."""

MAX_STEPS: Final = 50


class PlanError(FileError):
    """A plan file cannot be used; ``faults`` are all the reasons, each with its place."""


class PlanTable(Table):
    """A table of a plan: fields are named with their unit here and without it in the file."""

    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True)


class Product(PlanTable):
    """One product of the mixture, and how much of it is drawn up."""

    product: Words
    product_class: Code
    volume_nl: Annotated[int, Field(alias="volume"), amount(VOLUME, most=MAX_FIGURE)]
    concentration_ug_ml: Annotated[
        int | None, Field(alias="concentration"), amount(CONCENTRATION, most=MAX_FIGURE)
    ] = None
    lot: Words | None = None
    expiry: date | None = None
    """The last day on which it may be used."""


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
            mode=self._mode(),
        )

    def _mode(self) -> Mode:
        match self.mode:
            case ModeKind.SINGLE:
                return Single()
            case ModeKind.REPEAT:
                return Repeat()
            case ModeKind.BURST:
                return Burst(self.burst or 0)
            case ModeKind.PERFUSION:
                return Perfusion()
            case _:
                assert_never(self.mode)


class Plan(PlanTable):
    """A session as it is meant."""

    title: Words
    indication: Code
    operator: Words | None = None
    """Who gives it, unless the session says otherwise."""
    needle_um: Annotated[int, Field(alias="needle"), amount(DEPTH, most=MAX_FIGURE)]
    syringe_nl: Annotated[int, Field(alias="syringe"), amount(VOLUME, most=MAX_FIGURE)]
    mixture: Annotated[tuple[Product, ...], Field(strict=False), counting("products", MAX_PRODUCTS)]
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
    def mixture_nl(self) -> int:
        """What the mixture comes to, in nanolitres."""
        return sum(product.volume_nl for product in self.mixture)

    @property
    def shots(self) -> int:
        """The shots of all steps."""
        return sum(step.shots for step in self.steps)
