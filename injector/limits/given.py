"""What a patient was given before, as far as it counts today.

Other sessions of the last 24 hours, whatever the date says (a rolling day: midnight
changes nothing), and doses given elsewhere. The caller decides what lies in those 24
hours; the session at hand is never part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from injector.limits.exposure import SessionExposure


@dataclass(frozen=True, slots=True)
class Given:
    """Shots and volume by zone, and doses by product."""

    exposure: SessionExposure = field(default_factory=SessionExposure)
    doses: Mapping[str, int] = field(default_factory=dict)
    """In nanograms, by the product's code; counted up to whole nanograms, never below 0."""
    untold: frozenset[str] = frozenset()
    """Products of which more was given than `doses` tells, and nobody knows how much: they stood
    in a mixture without a concentration."""

    def __post_init__(self) -> None:
        if any(dose < 0 for dose in self.doses.values()):
            raise ValueError(f"a dose is never below 0: {dict(self.doses)}")

    def plus_dose(self, product: str, dose_ng: int) -> "Given":
        """This, and ``dose_ng`` of ``product``."""
        doses = dict(self.doses)
        doses[product] = doses.get(product, 0) + dose_ng
        return replace(self, doses=doses)
