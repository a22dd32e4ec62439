"""What limits a shot by itself: any shot, a technique's, and the pace at a depth."""

from typing import Annotated

from pydantic import Field

from injector.limits.bound import (
    CadenceBound,
    DepthBound,
    FlowBound,
    NeedleSpeedBound,
    VolumeBound,
)
from injector.limits.setpoint import ModeKind
from injector.limits.written import Table, Words, amount
from injector.units import DEPTH


class ShotLimits(Table):
    """What limits any shot, whatever the technique."""

    flow: FlowBound | None = None
    cadence: CadenceBound | None = None


class Technique(Table):
    """A way of giving shots."""

    name: Words
    modes: tuple[Annotated[ModeKind, Field(strict=False)], ...] = Field(default=(), strict=False)
    """The modes it may be given in; a mode that is not listed is refused."""
    depth: DepthBound | None = None
    volume: VolumeBound | None = None


class Pace(Table):
    """Cadence and needle speed of shots down to a depth."""

    down_to: Annotated[int, amount(DEPTH)]
    """The deepest shot this row is for, in micrometres; the first row deep enough counts."""
    cadence: CadenceBound | None = None
    needle_speed: NeedleSpeedBound | None = None
