"""Device faults as switches: each breaks one thing, and mends it again.

A new fault is a new entry in :data:`SWITCHES`, a name in
:data:`simulator.acts.FaultName`, and a test. Power and battery have acts of their
own. Permanent memory is made faulty by giving the gun another
:class:`simulator.medium.Medium`.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from simulator.acts import FaultName
from simulator.mechanics import Condition


class Breakable(Protocol):
    """What a fault can take hold of."""

    def set_condition(self, condition: Condition, now_us: int, *, on: bool) -> None:
        """Break or mend a moving part."""
        ...

    def jam_trigger(self, now_us: int, *, on: bool) -> None:
        """Make the trigger stay pulled, whatever the hand does."""
        ...


class Switch(Protocol):
    """One fault."""

    def __call__(self, gun: Breakable, now_us: int, *, on: bool) -> None:
        """Turn the fault on or off."""
        ...


class _Mechanical:
    def __init__(self, condition: Condition) -> None:
        self._condition = condition

    def __call__(self, gun: Breakable, now_us: int, *, on: bool) -> None:
        gun.set_condition(self._condition, now_us, on=on)


def _stuck_trigger(gun: Breakable, now_us: int, *, on: bool) -> None:
    gun.jam_trigger(now_us, on=on)


SWITCHES: Final[Mapping[FaultName, Switch]] = {
    "occlusion": _Mechanical(Condition.OCCLUSION),
    "air": _Mechanical(Condition.AIR),
    "empty": _Mechanical(Condition.EMPTY),
    "drive": _Mechanical(Condition.DRIVE),
    "stuck_trigger": _stuck_trigger,
}
