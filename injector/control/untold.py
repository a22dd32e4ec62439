"""Products that were given in a session that has closed, and whose dose nobody can tell.

A session closes with the doses that are known. A product that stood in a mixture without
its concentration is not in them, or only with what came out of other mixtures; what the
closing says then is the least. Which products these are is told by the mixtures, and by who
gave them: shots by hand name their filling. The closing does not name the fillings that the
gun gave from. So where the gun gave anything, each of its mixtures counts as given from: it
may be one too many, and is never one too few.
"""

from dataclasses import dataclass, field
from typing import Final

from injector.control.fills import mixture_of
from injector.shotlog import entries as log
from injector.shotlog import facts

MIXED: Final = ("session_opened", "syringe_loaded", "hand_shots", "session_closed")
"""The kinds of entries that tell."""


@dataclass(slots=True)
class Untold:
    """One session's, fed with its entries in any order."""

    _of: dict[int, frozenset[str]] = field(default_factory=dict)
    """By filling."""
    _in_gun: set[int] = field(default_factory=set)
    _by_hand: set[int] = field(default_factory=set)
    """Fillings that were given from by hand."""
    _hand_shots: int = 0
    _shots: int = 0
    """All that counted as given when it closed."""

    def apply(self, body: log.Body | log.Unknown) -> None:
        """Take an entry of the session; its opening is its first filling."""
        match body:
            case log.SessionOpened():
                self._of[0] = mixture_of(body.mixture).untold
                self._in_gun.add(0)
            case facts.SyringeLoaded():
                self._of[body.fill] = mixture_of(body.mixture).untold
                if body.place == "gun":
                    self._in_gun.add(body.fill)
            case facts.HandShots():
                if body.volume_nl:
                    self._by_hand.add(body.fill)
                self._hand_shots += body.shots
            case log.SessionClosed():
                self._shots = body.given_shots
            case _:
                pass

    def products(self) -> frozenset[str]:
        """Their codes."""
        given = set(self._by_hand)
        if self._shots > self._hand_shots:
            given |= self._in_gun
        return frozenset().union(*(self._of.get(fill, frozenset()) for fill in given))
