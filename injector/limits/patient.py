"""What a limit must know of a patient: weight, and the answers to the conditions asked for.

No name, no birth date and no free text: the reason that a practitioner writes for a
relative contraindication stands sealed in the log, and here only that there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final

LEAST_WEIGHT_G: Final = 1_000
MOST_WEIGHT_G: Final = 500_000
"""No body weight lies outside these; one that does was typed wrong."""


@unique
class Answer(StrEnum):
    """The answer to a condition that was asked for. What was not asked has no answer."""

    ABSENT = "absent"
    PRESENT = "present"
    REASONED = "reasoned"
    """Present, and the practitioner wrote down why the treatment is given all the same. Counts
    for relative contraindications only."""


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient, as the limits see them."""

    weight_g: int | None = None
    """Body weight; None where nobody asked."""
    conditions: Mapping[str, Answer] = field(default_factory=dict)
    """By the condition's code in the library."""
    athlete: bool = False
    """Subject to anti-doping rules: products on a doping list are then flagged."""
    allergies: frozenset[str] = frozenset()
    """Codes of products and of classes of products that the patient is known to be allergic to."""

    def __post_init__(self) -> None:
        if self.weight_g is not None and not LEAST_WEIGHT_G <= self.weight_g <= MOST_WEIGHT_G:
            raise ValueError(
                f"weight_g is {self.weight_g}, and must be {LEAST_WEIGHT_G} to {MOST_WEIGHT_G}"
            )
