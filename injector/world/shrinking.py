"""Making a history that broke something shorter, while it still breaks the same.

Events are left out by halves, quarters and so on (delta debugging), then shots. Every
try is a whole world, so their number is bounded: what comes out is the shortest history
that was found, not the shortest there is.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from injector.world.history import Event, History

TRIES: Final = 60
"""Worlds that are played at the most to make one history shorter."""
_FEWEST: Final = 5


def shorten(history: History, fails: Callable[[History], bool], tries: int = TRIES) -> History:
    """Return the shortest history found for which ``fails`` still says so."""
    left = tries

    def still(candidate: History) -> bool:
        nonlocal left
        left -= 1
        return fails(candidate)

    pieces = 2
    while left > 0 and history.events:
        shorter = _without_a_piece(history, pieces, lambda each: left > 0 and still(each))
        if shorter is not None:
            history, pieces = shorter, max(2, pieces - 1)
        elif pieces < len(history.events):
            pieces = min(len(history.events), pieces * 2)
        else:
            break
    while left > 0 and history.shots > _FEWEST:
        fewer = replace(history, shots=history.shots * 2 // 3)
        if not still(fewer):
            break
        history = fewer
    return history


def _without_a_piece(
    history: History, pieces: int, still: Callable[[History], bool]
) -> History | None:
    events = history.events
    size = -(-len(events) // pieces)
    for start in range(0, len(events), size):
        fewer: tuple[Event, ...] = events[:start] + events[start + size :]
        candidate = replace(history, events=fewer)
        if still(candidate):
            return candidate
    return None
