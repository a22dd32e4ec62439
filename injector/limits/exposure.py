"""Exposure: what a session has given, or must be taken to have given.

The caller counts a shot as the larger of its setpoint and its measured volume,
what is uncertain or lies in a gap at its most, and an open grant's remainder as
given. Here it is only summed, by zone, so that the totals of a session and of
each group of zones come from one count and cannot contradict each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from injector.limits.tables.figures import Figures

_PPM: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Exposure:
    """A number of shots and the volume they count for."""

    shots: int = 0
    volume_nl: int = 0

    def __post_init__(self) -> None:
        if self.shots < 0 or self.volume_nl < 0:
            raise ValueError(f"an exposure is never below 0: {self.shots}, {self.volume_nl}")

    def __add__(self, other: "Exposure") -> "Exposure":
        return Exposure(self.shots + other.shots, self.volume_nl + other.volume_nl)


NOTHING: Final = Exposure()


@dataclass(frozen=True, slots=True)
class SessionExposure:
    """The exposure of one session, by zone code."""

    by_zone: Mapping[str, Exposure] = field(default_factory=dict)
    """What cannot be put into a zone stands under any other key, for instance ``""``."""

    def plus(self, zone: str, more: Exposure) -> "SessionExposure":
        """This exposure and ``more`` in ``zone``."""
        zones = dict(self.by_zone)
        there = zones.get(zone)
        zones[zone] = more if there is None else there + more
        return SessionExposure(zones)

    def total(self) -> Exposure:
        """Over all zones."""
        zones = self.by_zone.values()
        return Exposure(sum(each.shots for each in zones), sum(each.volume_nl for each in zones))

    def of_group(self, group: str, figures: Figures) -> Exposure:
        """Over the zones of a group. What lies in no zone of the library counts in every group."""
        total = Exposure()
        for code, exposure in self.by_zone.items():
            zone = figures.zone.get(code)
            if zone is None or zone.group == group:
                total += exposure
        return total


def charge_nl(volume_nl: int, tolerance_ppm: int) -> int:
    """The most that a shot of ``volume_nl`` can give on a drive of this tolerance, rounded up.

    A shot that has not been given yet counts as this much under every hard limit,
    so that what is measured afterwards stays within it.

    >>> charge_nl(50_000, 10_000)
    50500
    """
    return -(-volume_nl * (_PPM + tolerance_ppm) // _PPM)


def setpoint_within_nl(bound_nl: int, tolerance_ppm: int) -> int:
    """The largest volume whose charge is within ``bound_nl``: the inverse of `charge_nl`.

    >>> setpoint_within_nl(50_000, 10_000)
    49504
    """
    return bound_nl * _PPM // (_PPM + tolerance_ppm)
