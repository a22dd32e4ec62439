"""Products that were given in a session that has closed, and whose dose nobody can tell.

A session closes with the doses that are known. A product that stood in a mixture without
its concentration is not in them, or only with what came out of other mixtures; what the
closing says then is the least. Which products these are is told by the mixtures, and by who
gave them: shots by hand name their filling. The closing does not name the fillings that the
gun gave from. So where it gave anything, each that was in it counts as given from, but for
those of which nothing had left when they were discarded. That may be one too many, and is
never one too few.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from injector.control.fills import mixture_of
from injector.limits.exposure import Exposure
from injector.limits.mixture import Mixture
from injector.shotlog import entries as log
from injector.shotlog import facts

MIXED: Final = (
    "session_opened",
    "syringe_loaded",
    "syringe_discarded",
    "hand_shots",
    "session_closed",
)
"""The kinds of entries that tell."""


@dataclass(slots=True)
class Untold:
    """One session's, fed with its entries in any order."""

    _of: dict[int, frozenset[str]] = field(default_factory=dict)
    """By filling."""
    _loaded_nl: dict[int, int] = field(default_factory=dict)
    """What was in the fillings of the gun."""
    _left_nl: dict[int, int] = field(default_factory=dict)
    """What was left in fillings at the least, when they were discarded."""
    _by_hand: set[int] = field(default_factory=set)
    """Fillings that were given from by hand."""
    _hand: Exposure = field(default_factory=Exposure)
    _all: Exposure = field(default_factory=Exposure)
    """What counted as given when it closed."""

    def apply(self, body: log.Body | log.Unknown) -> None:
        """Take an entry of the session; its opening is its first filling."""
        match body:
            case log.SessionOpened():
                self._load(0, "gun", mixture_of(body.mixture), body.syringe_nl)
            case facts.SyringeLoaded():
                self._load(body.fill, body.place, mixture_of(body.mixture), body.syringe_nl)
            case facts.SyringeDiscarded():
                self._left_nl[body.fill] = body.least_nl
            case facts.HandShots():
                if body.volume_nl:
                    self._by_hand.add(body.fill)
                self._hand += Exposure(body.shots, body.volume_nl)
            case log.SessionClosed():
                self._all = Exposure(body.given_shots, body.given_nl)
            case _:
                pass

    def products(self) -> frozenset[str]:
        """Their codes."""
        given = set(self._by_hand)
        if self._all.shots > self._hand.shots or self._all.volume_nl > self._hand.volume_nl:
            given.update(self._from_gun())
        if not given <= self._of.keys():
            given |= self._loaded_nl.keys()  # a filling that nobody loaded is the gun's
        return frozenset().union(*(self._of.get(fill, frozenset()) for fill in given))

    def _load(
        self, number: int, place: Literal["gun", "hand"], mixture: Mixture, syringe_nl: int
    ) -> None:
        self._of[number] = mixture.untold
        if place == "gun":
            self._loaded_nl[number] = min(syringe_nl, mixture.volume_nl)

    def _from_gun(self) -> Iterator[int]:
        for number, loaded_nl in self._loaded_nl.items():
            if self._left_nl.get(number, 0) < loaded_nl:
                yield number
