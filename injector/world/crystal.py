"""A gun's own time: its crystal is a little fast or slow against everybody else's."""

from typing import Final

_MILLION: Final = 1_000_000


class Crystal:
    """Turns the world's time into the gun's and back. Both agree at ``begin_us``."""

    def __init__(self, begin_us: int, drift_ppm: int) -> None:
        self._begin_us, self._drift_ppm = begin_us, drift_ppm

        self.slack_us: Final = 0 if not drift_ppm else 1_000
        """By how much a lease of half a second may differ on the two clocks, at the most."""

    def local(self, world_us: int) -> int:
        """What the gun's clock says at that time of the world."""
        if not self._drift_ppm:
            return world_us
        return world_us + (world_us - self._begin_us) * self._drift_ppm // _MILLION

    def world(self, local_us: int) -> int:
        """The first time of the world at which the gun's clock has come so far."""
        if not self._drift_ppm:
            return local_us
        passed_us = local_us - self._begin_us
        world_us = self._begin_us + passed_us * _MILLION // (_MILLION + self._drift_ppm) - 1
        while self.local(world_us) < local_us:
            world_us += 1
        return world_us
