"""Fillings: every syringe that was loaded in a session, and what has left it.

One filling is one syringe filled once. What is in it is known once, from the entry that
says so; what has left it is known within bounds: at the least what was measured, at the
most what everything that left it can have been. Limits use the most, so that the gun
never runs a syringe empty that the books call full; whether the volumes add up is asked
of both bounds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from injector.limits.mixture import Mixture
from injector.limits.mixture import MixtureItem as Item
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.facts import MixtureItem

SLACK_NL: Final = 50_000
"""What nobody can read off a syringe, and what stays in hub and needle."""
SLACK_PPM: Final = 20_000
"""How far drive and scale may be off, in millionths of what has left the syringe."""


@dataclass(slots=True)
class Fill:
    """One filling of one syringe."""

    number: int
    place: Literal["gun", "hand"]
    mixture: Mixture
    syringe_nl: int
    given_nl: int = 0
    """What counts as given from it, hand shots included."""
    used_least_nl: int = 0
    """What has left it at the least, whoever got it."""
    used_most_nl: int = 0
    discarded: bool = False

    @property
    def loaded_nl(self) -> int:
        """What was in it at first: no more than fits."""
        return min(self.syringe_nl, self.mixture.volume_nl)

    @property
    def left_least_nl(self) -> int:
        """What is left in it at the least; 0 or more."""
        return max(0, self.loaded_nl - self.used_most_nl)

    @property
    def left_most_nl(self) -> int:
        """What is left in it at the most; 0 or more."""
        return max(0, self.loaded_nl - self.used_least_nl)

    def give(self, counts_nl: int, *, least_nl: int) -> None:
        """So much counts as given from it, of which ``least_nl`` surely left it."""
        self.given_nl += counts_nl
        self.lose(counts_nl, least_nl=least_nl)

    def lose(self, most_nl: int, *, least_nl: int) -> None:
        """So much has left it and went into nobody."""
        self.used_least_nl += min(least_nl, most_nl)
        self.used_most_nl += most_nl

    def take_back(self, volume_nl: int) -> None:
        """So much of what was assumed to have left it has been found to be something else."""
        self.given_nl = max(0, self.given_nl - volume_nl)
        self.used_most_nl = max(self.used_least_nl, self.used_most_nl - volume_nl)

    def differs_nl(self, left_nl: int) -> int:
        """How much less is left than must be; below 0 how much more; 0 where it adds up."""
        slack_nl = SLACK_NL + self.used_most_nl * SLACK_PPM // 1_000_000
        if left_nl < self.left_least_nl - slack_nl:
            return self.left_least_nl - left_nl
        if left_nl > self.left_most_nl + slack_nl:
            return self.left_most_nl - left_nl
        return 0


@dataclass(slots=True)
class Fills:
    """The fillings of one session."""

    of: dict[int, Fill] = field(default_factory=dict)
    in_gun: int = 0
    """The number of the one in the gun."""

    @classmethod
    def opened_with(cls, body: log.SessionOpened) -> "Fills":
        """The first filling, which stands in the session's opening."""
        return cls({0: Fill(0, "gun", mixture_of(body.mixture), body.syringe_nl)})

    @property
    def gun(self) -> Fill:
        """The one in the gun."""
        return self.of[self.in_gun]

    @property
    def next_number(self) -> int:
        """The number of the next one."""
        return max(self.of) + 1

    def load(self, body: facts.SyringeLoaded) -> None:
        """A syringe was loaded."""
        fill = Fill(body.fill, body.place, mixture_of(body.mixture), body.syringe_nl)
        self.of[body.fill] = fill
        if body.place == "gun":
            self.in_gun = body.fill

    def open(self) -> list[Fill]:
        """Those that are not discarded, in their order."""
        return [fill for _, fill in sorted(self.of.items()) if not fill.discarded]

    def numbered(self, number: int) -> Fill:
        """The one with that number; the gun's where there is none such."""
        return self.of.get(number, self.gun)

    def doses(self, *, more_nl: Mapping[int, int] | None = None) -> dict[str, int]:
        """How much of each product counts as given, in nanograms, rounded up by filling.

        ``more_nl`` is what an open grant may still give, by filling. A product without
        a concentration has no dose; a limit on it then refuses.
        """
        doses: dict[str, int] = {}
        for number, fill in self.of.items():
            given_nl = fill.given_nl + (more_nl or {}).get(number, 0)
            for product in fill.mixture.products:
                dose_ng = fill.mixture.dose_ng(product, given_nl)
                if dose_ng is not None:
                    doses[product] = doses.get(product, 0) + dose_ng
        return doses

    def untold(self, *, more_nl: Mapping[int, int] | None = None) -> frozenset[str]:
        """Products of which `doses` tells less than counts as given: without a concentration,
        nobody knows how much less. ``more_nl`` as there."""
        given = (
            fill.mixture.untold
            for number, fill in self.of.items()
            if fill.given_nl or (more_nl or {}).get(number, 0)
        )
        return frozenset().union(*given)


def mixture_of(items: Iterable[MixtureItem]) -> Mixture:
    """The mixture that an entry holds, as the limits see it."""
    return Mixture(
        tuple(
            Item(
                product=item.product,
                product_class=item.product_class,
                volume_nl=item.volume_nl,
                concentration_ug_ml=item.concentration_ug_ml,
                lot=item.lot,
                expiry=None if item.expiry is None else last_day(item.expiry),
                multi_dose=item.multi_dose,
            )
            for item in items
            if item.volume_nl
        )
    )


def last_day(text: str) -> date:
    """The last day of a product or a sterile set, as an entry holds it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min  # nobody can say when it expires, so it has
