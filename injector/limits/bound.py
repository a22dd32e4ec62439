"""A bound: what a figure must stay within, and who says so.

Every bound has a *hard* range, which nobody can pass, and may have a *soft* range
inside it, which a practitioner can override with a reason for one session. That
soft lies inside hard holds by construction: a bound that breaks it cannot be
built. Every bound names its source and how strong that source is, so that a
refusal can say not only what the limit is but why anyone should believe it.

There is no such thing as an open bound. A figure that nobody limited has no
bound at all, and whoever needs one then refuses.

In a library file a bound is a table, with its ranges in words that people read::

    depth = { hard = "13.0 mm", soft = "4.0 mm to 6.0 mm", source = "…", strength = "society" }

One amount means "up to"; two, with ``to`` between them, mean "from … to", both
included.
"""

from enum import StrEnum, unique
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import Field, model_validator

from injector.limits.written import COUNT_TO, Range, Table, Words, range_of
from injector.units import (
    CADENCE,
    DEPTH,
    DOSE_PER_KG,
    DURATION,
    FLOW,
    MASS,
    NEEDLE_SPEED,
    VOLUME,
)


@unique
class Strength(StrEnum):
    """How strong the source of a figure is, strongest first."""

    SOCIETY = "society"
    """A learned society's published recommendation."""
    LABEL = "label"
    """What a maker or a regulator states: a product's label, a decision, the own figures of a
    device, needle or syringe."""
    PAPER = "paper"
    """A published study or textbook."""
    WEAK = "weak"
    """Training pages, custom, or a cautious choice of ours where nothing better was found."""
    NONE = "none"
    """No source was found."""


class Sourced(Table):
    """What somebody says, and who: a ruling that needs no figure is no more than this."""

    source: Words
    """In a few words, for people; printed as it stands."""
    strength: Annotated[Strength, Field(strict=False)]


class Bound(Sourced):
    """The hard range of a figure, perhaps a soft one inside it, and where they come from."""

    hard: Range
    soft: Range | None = None

    from_zero: ClassVar[bool] = False
    """Whether the figure is a total, for which a least amount makes no sense."""
    least_most: ClassVar[int] = 0
    """The least that its hard range may reach up to."""

    @model_validator(mode="after")
    def _soft_lies_inside_hard(self) -> Self:
        if self.soft is not None and not self.hard.holds(self.soft):
            raise ValueError("the soft range must lie inside the hard one")
        if self.from_zero and (self.hard.least or (self.soft and self.soft.least)):
            raise ValueError("a total has a most and no least; write one amount")
        if self.hard.most < self.least_most:
            raise ValueError("nothing at all is no dose; take the product out of the library")
        return self


_Volumes: TypeAlias = Annotated[Range, range_of(VOLUME)]
_Depths: TypeAlias = Annotated[Range, range_of(DEPTH)]
_Flows: TypeAlias = Annotated[Range, range_of(FLOW)]
_NeedleSpeeds: TypeAlias = Annotated[Range, range_of(NEEDLE_SPEED)]
_Cadences: TypeAlias = Annotated[Range, range_of(CADENCE)]
_Counts: TypeAlias = Annotated[Range, COUNT_TO]
_Doses: TypeAlias = Annotated[Range, range_of(MASS)]
_DosesPerKg: TypeAlias = Annotated[Range, range_of(DOSE_PER_KG)]
_Durations: TypeAlias = Annotated[Range, range_of(DURATION)]


class VolumeBound(Bound):
    """A bound on the volume of one shot, in nanolitres."""

    hard: _Volumes
    soft: _Volumes | None = None


class DepthBound(Bound):
    """A bound on depth, in micrometres."""

    hard: _Depths
    soft: _Depths | None = None


class FlowBound(Bound):
    """A bound on injection speed, in nanolitres per second."""

    hard: _Flows
    soft: _Flows | None = None


class NeedleSpeedBound(Bound):
    """A bound on the needle's speed, in micrometres per second."""

    hard: _NeedleSpeeds
    soft: _NeedleSpeeds | None = None


class CadenceBound(Bound):
    """A bound on cadence, in shots per minute."""

    hard: _Cadences
    soft: _Cadences | None = None


class TotalVolumeBound(Bound):
    """A bound on a sum of volumes, in nanolitres."""

    hard: _Volumes
    soft: _Volumes | None = None
    from_zero: ClassVar[bool] = True


class TotalShotsBound(Bound):
    """A bound on a number of shots."""

    hard: _Counts
    soft: _Counts | None = None
    from_zero: ClassVar[bool] = True


class ProductsBound(Bound):
    """A bound on the number of products in a mixture."""

    hard: _Counts
    soft: _Counts | None = None
    from_zero: ClassVar[bool] = True


class DoseBound(Bound):
    """A bound on what a patient gets of one product, in nanograms."""

    hard: _Doses
    soft: _Doses | None = None
    from_zero: ClassVar[bool] = True
    least_most: ClassVar[int] = 1


class DosePerKgBound(Bound):
    """A bound on what a patient gets of one product, in nanograms per kilogram of body weight."""

    hard: _DosesPerKg
    soft: _DosesPerKg | None = None
    from_zero: ClassVar[bool] = True
    least_most: ClassVar[int] = 1


class DurationBound(Bound):
    """A bound on how long something lasts, in minutes."""

    hard: _Durations
    soft: _Durations | None = None
