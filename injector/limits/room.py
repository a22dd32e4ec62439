"""Room: how many more shots fit under every limit. This sizes a grant.

A grant lets the device fire without asking, so its size is where a limit on a
session is really kept: what is granted counts as given until it is proven
otherwise, and every shot of it is charged at the most it can give. The room is
exact: that many shots pass no limit, and one more would.
"""

from dataclasses import dataclass
from typing import Final

from injector.limits.context import Context
from injector.limits.envelope import envelope
from injector.limits.exposure import charge_nl
from injector.limits.setpoint import Setpoint
from injector.limits.side import Figure, Level, Rule, SetBy, Side
from injector.limits.use import Use
from injector.units import MAX_AMOUNT

_ANY: Final = MAX_AMOUNT


@dataclass(frozen=True, slots=True)
class Room:
    """How much may still be given at one setpoint, and the limit that says so."""

    shots: int
    volume_nl: int
    """The most that these shots can give together: each at its charge."""
    binding: Side
    """The limit that one more shot would pass."""

    @property
    def figure(self) -> Figure:
        """The figure that is used up first."""
        return self.binding.figure

    @property
    def set_by(self) -> SetBy:
        """Who set the limit that binds."""
        return self.binding.set_by


def room(setpoint: Setpoint, context: Context) -> Room:
    """How many more shots at ``setpoint`` fit under every limit that applies.

    Counts on from the context's exposure, which holds an open grant's remainder
    already. A soft limit binds like a hard one unless the context says that it was
    overridden. Where the setpoint itself passes a limit, or one is missing, there is
    no room. There is never room for more than the step still wants. Where several
    limits bind alike, the first of the envelope is named.
    """
    fits = (
        (_shots_within(side, use), side)
        for side, use in envelope(setpoint, context)
        if side.level is Level.HARD or not context.overridden
    )
    shots, binding = min(fits, key=lambda fit: fit[0])
    charge = charge_nl(setpoint.volume_nl, context.device.tolerance_ppm)
    return Room(shots, shots * charge, binding)


def _shots_within(side: Side, use: Use) -> int:
    """How many shots fit under one side; `_ANY` where the number of shots does not matter to it."""
    if side.rule is Rule.MOST and use.each:
        return use.shots_within(side.bound)
    return 0 if side.passed_by(use.of(0)) else _ANY
