"""What may happen to the house from outside, as values: a history is a list of them.

What a hand does to the gun, power and cable included, are the simulator's own acts.
Everything here can be written down, drawn from a seed, played again and left out, so
that a history that broke something can be made shorter.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from injector.control.inputs import Intent
from injector.shotlog.errors import WriteFailure
from simulator.acts import Act


@dataclass(frozen=True, slots=True)
class HostKilled:
    """The host's process dies where it stands; what it wrote to the line still goes out."""


@dataclass(frozen=True, slots=True)
class HostStarted:
    """The host's program is started, on the log as it is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person wants something of the host."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class DiskSlows:
    """A commit takes this long from now on."""

    commit_us: int


@dataclass(frozen=True, slots=True)
class DiskFails:
    """Writing the log fails from now on."""

    reason: WriteFailure
    torn: bool = False
    """The batch reaches the disk all the same."""


@dataclass(frozen=True, slots=True)
class ClockJumps:
    """Somebody sets the computer's clock."""

    by_us: int


@dataclass(frozen=True, slots=True)
class GunSwapped:
    """The gun with this serial number is held and plugged in, and the other one put away.

    One that was never there before comes new, with its power on; one that was keeps
    what its memory held."""

    serial: str


Happening: TypeAlias = (
    Act | HostKilled | HostStarted | Wanted | DiskSlows | DiskFails | ClockJumps | GunSwapped
)


class Planned(NamedTuple):
    """A happening, and when: after which step of the house, and at what time of the world.

    Several steps are made at one instant, so the time alone would not tell its place."""

    step: int
    at_us: int
    happening: Happening
