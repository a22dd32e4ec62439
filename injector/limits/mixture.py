"""The mixture in the syringe: which products, how much of each, and so how much per shot.

A volume given from a mixed syringe carries each product in the share that the
product has in the whole. Masses are exact integers: µg/mL times nL are picograms.
A dose is rounded once, at the end, up to a whole nanogram: never less is counted
than was given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

PG_PER_NG: Final = 1_000


@dataclass(frozen=True, slots=True)
class MixtureItem:
    """One product of a mixture."""

    product: str
    """Its code in the library."""
    product_class: str
    """The code of its class, as whoever mixed it says; the library must say the same."""
    volume_nl: int
    """How much of it was drawn up, above 0."""
    concentration_ug_ml: int | None = None
    """Substance in it; None where that is not known."""
    lot: str | None = None
    expiry: date | None = None
    """The last day on which it may be used."""
    multi_dose: bool = False
    """Drawn from a vial that serves more than one patient."""

    def __post_init__(self) -> None:
        if self.volume_nl < 1:
            raise ValueError(f"{self.volume_nl} nL of {self.product} is no part of a mixture")
        if self.concentration_ug_ml is not None and self.concentration_ug_ml < 0:
            raise ValueError(f"a concentration is not below 0: {self.concentration_ug_ml}")

    @property
    def mass_pg(self) -> int | None:
        """Substance in the whole of it, in picograms; None where that is not known."""
        if self.concentration_ug_ml is None:
            return None
        return self.concentration_ug_ml * self.volume_nl


@dataclass(frozen=True, slots=True)
class Mixture:
    """What is in the syringe. Without items it is not known what is in it."""

    items: tuple[MixtureItem, ...] = ()
    """In the order in which they were drawn up; a product may stand in several, as two lots."""
    volume_nl: int = field(init=False, compare=False, repr=False)
    """What the items come to."""
    masses_pg: Mapping[str, int | None] = field(init=False, compare=False, repr=False)
    """All of each product in the whole mixture, in picograms, in the order of the items. None
    where one of a product's items has no concentration."""

    def __post_init__(self) -> None:
        masses: dict[str, int | None] = {}
        for item in self.items:
            so_far, more = masses.get(item.product, 0), item.mass_pg
            masses[item.product] = None if so_far is None or more is None else so_far + more
        object.__setattr__(self, "volume_nl", sum(item.volume_nl for item in self.items))
        object.__setattr__(self, "masses_pg", masses)

    @property
    def products(self) -> tuple[str, ...]:
        """The codes of its products, each once, in the order of the items."""
        return tuple(self.masses_pg)

    @property
    def untold(self) -> frozenset[str]:
        """The codes of its products whose dose nobody can tell: an item has no concentration."""
        return frozenset(code for code, mass_pg in self.masses_pg.items() if mass_pg is None)

    def dose_ng(self, product: str, given_nl: int) -> int | None:
        """How much of ``product`` is in ``given_nl`` of the mixture, rounded up, in nanograms.

        None where one of its items has no concentration. Use it on the whole volume
        that was given from one filling, not shot by shot.

        >>> half = MixtureItem("lidocaine", "local_anaesthetic", 1_000_000, 10_000)
        >>> rest = MixtureItem("biotin", "vitamin", 1_000_000)
        >>> Mixture((half, rest)).dose_ng("lidocaine", 500_000)
        2500000
        """
        mass_pg = self.masses_pg.get(product, 0)
        if mass_pg is None:
            return None
        if not mass_pg:
            return 0
        return -(-mass_pg * given_nl // (self.volume_nl * PG_PER_NG))

    def share_nl(self, product: str, given_nl: int) -> int:
        """The volume of ``product`` itself in ``given_nl`` of the mixture, rounded up."""
        drawn_nl = sum(item.volume_nl for item in self.items if item.product == product)
        return -(-drawn_nl * given_nl // max(1, self.volume_nl))
