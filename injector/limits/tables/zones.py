"""Parts of the body, and the groups in which their totals are counted."""

from typing import Final

from injector.limits.bound import DepthBound, TotalShotsBound, TotalVolumeBound
from injector.limits.written import Code, Table, Words

SHALLOW_ZONES: Final = ("face", "scalp", "neck", "chest")
"""Zones for which no library may allow `DEEP_UM`: vessels, eyes, skull, airway, pleura."""

DEEP_UM: Final = 13_000
"""The depth of the longest needle."""


class Group(Table):
    """Zones whose totals are counted together."""

    name: Words
    volume: TotalVolumeBound | None = None
    """Of one session; without it no shot in these zones is allowed."""
    shots: TotalShotsBound | None = None
    """A further limit, inside the session's."""


class Zone(Table):
    """A part of the body."""

    name: Words
    group: Code
    depth: DepthBound | None = None
