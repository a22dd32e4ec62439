"""Working memory: all that a power cut takes away."""

from dataclasses import dataclass, field
from typing import Final

from injector.protocol.codes import Act, Faults
from injector.protocol.messages import Setpoint
from simulator.grants import Grants
from simulator.lease import Lease
from simulator.trigger import Trigger

NO_LOG: Final = bytes(8)
NO_DIGEST: Final = bytes(8)


@dataclass(frozen=True, slots=True)
class HeldSetpoint:
    """The setpoint that the gun holds, with its digest."""

    setpoint: Setpoint
    digest: bytes


@dataclass(frozen=True, slots=True)
class ArmedAct:
    """Prime or self-test, waiting for the trigger."""

    act: Act
    volume_nl: int
    """Volume to prime; 0 for the self-test."""


@dataclass(slots=True)
class Link:
    """What belongs to the link that is obeyed, and goes with it."""

    lease: Lease
    log: bytes
    id: int
    """The link's id; 0 before the first hello."""
    grants: Grants = field(default_factory=Grants)
    setpoint: HeldSetpoint | None = None
    statuses: int = 0
    """Statuses sent on this link."""


def no_link() -> Link:
    """Return what there is before the first hello: nothing that permits anything."""
    return Link(lease=Lease(0), log=NO_LOG, id=0)


@dataclass(slots=True)
class Working:
    """The gun's state since boot."""

    boot: int
    """Drawn at this boot."""
    boot_us: int
    """When it booted, on the caller's clock."""
    link: Link = field(default_factory=no_link)
    trigger: Trigger = field(default_factory=Trigger)
    contact: bool = False
    battery_pct: int = 100
    stopped: bool = True
    """STOP is latched. Every boot starts stopped."""
    act: ArmedAct | None = None
    faults: Faults = Faults(0)  # noqa: RUF009 - an IntFlag is immutable
    shown_until_us: int = 0
    """Until when the gun shows itself, after ``identify``."""
