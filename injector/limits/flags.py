"""Flags: what somebody should know, and what no limit refuses."""

from dataclasses import dataclass

from injector.limits.bound import Strength
from injector.limits.library import Library
from injector.limits.mixture import Mixture
from injector.limits.patient import Patient


@dataclass(frozen=True, slots=True)
class Flag:
    """A product that is on a doping list, for an athlete."""

    product: str
    source: str
    strength: Strength


def flags(mixture: Mixture, patient: Patient | None, library: Library) -> tuple[Flag, ...]:
    """A flag for each product of the mixture that the patient's sport does not allow."""
    if patient is None or not patient.athlete:
        return ()
    known = library.figures.product
    return tuple(
        Flag(code, listed.source, listed.strength)
        for code in mixture.products
        if code in known and (listed := known[code].doping) is not None
    )
