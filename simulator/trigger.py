"""The trigger as the firmware sees it: pulled, let go, and whether a pull counts.

A pull counts only if the trigger was seen let go since it last had to be: after
arming, release, reconnection and an exhausted grant. So no motion ever follows
from a finger that was already on the trigger.
"""

from dataclasses import dataclass
from typing import Final

from injector.protocol.codes import Inhibits

STUCK_US: Final = 60_000_000
"""A trigger held longer than this is stuck."""


@dataclass(slots=True)
class Trigger:
    """State of the trigger since boot."""

    held: bool = False
    held_since_us: int = 0
    must_let_go: bool = False
    """It has not been seen let go since it had to be."""
    burst_left: int = 0
    """Shots of the burst that this pull has still to give."""
    slices: int = 0
    """Slices of perfusion that this pull has given."""
    pulls: int = 0
    """Pulls since boot that gave no shot."""
    pull_inhibits: Inhibits = Inhibits(0)  # noqa: RUF009 - an IntFlag is immutable
    """Why the newest of them gave none."""

    def pull(self, now_us: int) -> None:
        """The trigger was pulled."""
        self.held = True
        self.held_since_us = now_us
        self.slices = 0
        self.burst_left = 0

    def let_go(self) -> None:
        """The trigger was let go."""
        self.held = False
        self.must_let_go = False
        self.burst_left = 0

    def demand_release(self) -> None:
        """From now on a pull counts only after the trigger has been seen let go."""
        self.must_let_go = self.held

    def gave_nothing(self, inhibits: Inhibits) -> None:
        """Count a pull that gave no shot."""
        self.pulls += 1
        self.pull_inhibits = inhibits
