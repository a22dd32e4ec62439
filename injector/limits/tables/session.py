"""What limits one session, and what it is reminded of."""

from typing import Annotated

from pydantic import Field

from injector.limits.bound import DurationBound, Sourced, TotalShotsBound, TotalVolumeBound
from injector.limits.written import Table, amount
from injector.units import DURATION


class Reminder(Sourced):
    """Something to do again after a number of shots. It reminds, and limits nothing."""

    every: Annotated[int, Field(ge=1)]
    """Shots."""


class IdleTime(Sourced):
    """What happens when nothing is done for some time."""

    after: Annotated[int, amount(DURATION)]
    """Minutes."""


class SessionLimits(Table):
    """What limits one session over all of its zones."""

    shots: TotalShotsBound | None = None
    """Without it no shot is allowed. The hard bound holds for a day's sessions together, too."""
    volume: TotalVolumeBound | None = None
    """A further limit over all groups of zones together."""
    duration: DurationBound | None = None
    """How long a session lasts; where it stands, shots after it are beyond it."""
    needle_change: Reminder | None = None
    idle_warn: IdleTime | None = None
    idle_close: IdleTime | None = None
