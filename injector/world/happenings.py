"""What may happen to the house from outside, as values: a history is a list of them.

What a hand does to the gun, power and cable included, are the simulator's own acts.
Everything here can be written down, drawn from a seed, played again and left out, so
that a history that broke something can be made shorter.
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import NamedTuple, TypeAlias

from injector.control.inputs import Intent
from injector.protocol.codes import PROTOCOL_VERSION
from injector.shotlog.errors import WriteFailure
from simulator.acts import Act


@dataclass(frozen=True, slots=True)
class HostKilled:
    """The host's process dies where it stands; what it wrote to the line still goes out.

    With ``holds_back`` the line keeps what is under way, until `DeadHostSpeaks`."""

    holds_back: bool = False


@dataclass(frozen=True, slots=True)
class HostStarted:
    """The host's program is started, on the log as it is."""


@dataclass(frozen=True, slots=True)
class DeadHostSpeaks:
    """What the line held back of a host that died reaches the gun now."""


@dataclass(frozen=True, slots=True)
class HostHeldUp:
    """The engine gets no time of its processor for so long; only STOP has its own thread."""

    for_us: int


@dataclass(frozen=True, slots=True)
class ConsoleFrozen:
    """The console draws nothing and takes no key, or it lives again."""

    on: bool


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
    """Writing the log fails from now on, until the host is started again."""

    reason: WriteFailure
    torn: bool = False
    """The batch reaches the disk all the same."""


@dataclass(frozen=True, slots=True)
class ClockJumps:
    """Somebody sets the computer's clock."""

    by_us: int


@dataclass(frozen=True, slots=True)
class LogBackedUp:
    """Somebody copies the log, and an auditor keeps its checkpoint."""


@dataclass(frozen=True, slots=True)
class LogRestored:
    """The host dies, and the copy that was made last takes the log's place."""


@dataclass(frozen=True, slots=True)
class LogReplaced:
    """The host dies, and its log and key are gone: the next start makes a new log."""


@dataclass(frozen=True, slots=True)
class LineTroubled:
    """From now on the line loses, damages, repeats and delays frames both ways.

    Each in per mille of frames; all 0 is a good line."""

    dropped: int = 0
    corrupted: int = 0
    cut: int = 0
    """Frames of which only the beginning arrives."""
    repeated: int = 0
    delayed: int = 0
    delay_us: int = 0
    """How late the latest of the delayed ones are."""


@dataclass(frozen=True, slots=True)
class StopOnLine:
    """STOP as bytes reaches the gun, and this host did not send it."""


@dataclass(frozen=True, slots=True)
class OtherHostComes:
    """Another host takes the link, and grants so many shots under its own log."""

    shots: int
    acknowledges: bool = False
    """It also acknowledges what it finds in the journal."""


@dataclass(frozen=True, slots=True)
class GunSwapped:
    """The gun with this serial number is held and plugged in, and the other one put away.

    One that was never there before comes new, with its power on, speaking ``protocol``
    and with a clock that is ``drift_ppm`` fast; one that was keeps what its memory held."""

    serial: str
    protocol: int = PROTOCOL_VERSION
    drift_ppm: int = 0


@dataclass(frozen=True, slots=True)
class GunClockJumps:
    """The clock that the gun stamps its entries with jumps ahead."""

    by_us: int


@unique
class Hurt(StrEnum):
    """What can happen to the gun's permanent memory."""

    ERASED = "erased"
    """Everything but the serial number, which stands in the housing too."""
    REFORMATTED = "reformatted"
    """The journal begins anew; the counters stay."""
    CORRUPT = "corrupt"
    """A slot of the journal cannot be read."""
    COUNTERS = "counters"
    """The lifetime counters are gone, and a slot of the journal cannot be read."""
    WORN_RECORD = "worn_record"
    """The begun record takes nothing more: found by reading back, before anything moves."""
    WORN_SLOTS = "worn_slots"
    """Slots of the journal take nothing more: found when they are read at the next boot."""


@dataclass(frozen=True, slots=True)
class MemoryHurt:
    """Something happens to the permanent memory of the gun in the hand.

    It then loses its power for an instant, which is when what is lost is found."""

    how: Hurt


@dataclass(frozen=True, slots=True)
class JournalFilled:
    """The gun's journal fills with faults that it noted, until so few slots are free."""

    room: int


@dataclass(frozen=True, slots=True)
class MemoryMended:
    """Worn cells take what is written again: the part was replaced, with the power off."""


Happening: TypeAlias = (
    Act
    | HostKilled
    | HostStarted
    | DeadHostSpeaks
    | HostHeldUp
    | ConsoleFrozen
    | Wanted
    | DiskSlows
    | DiskFails
    | ClockJumps
    | LogBackedUp
    | LogRestored
    | LogReplaced
    | LineTroubled
    | StopOnLine
    | OtherHostComes
    | GunSwapped
    | GunClockJumps
    | MemoryHurt
    | MemoryMended
    | JournalFilled
)


class Planned(NamedTuple):
    """A happening, and when: after which step of the house, and at what time of the world.

    Several steps are made at one instant, so the time alone would not tell its place."""

    step: int
    at_us: int
    happening: Happening
