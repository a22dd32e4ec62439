"""Dice: where everything random of a drawn world comes from, and how a failing one shrinks.

All choices are whole numbers from one function, so that the same world can be drawn by
hypothesis, by a seeded generator many times as fast, or from a list of earlier choices.
"""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

_T = TypeVar("_T")

Roll = Callable[[int, int], int]
"""A whole number from the first to the second, both included."""


class Dice:
    """Choices out of whole numbers. The first of what can be chosen is the simplest."""

    def __init__(self, roll: Roll) -> None:
        self._roll = roll
        self.rolled: list[int] = []
        """Every choice so far, as its distance from the least that it could be."""

    def whole(self, least: int, most: int) -> int:
        """From ``least`` to ``most``; just ``least`` where that is more."""
        if most <= least:
            return least
        number = self._roll(least, most)
        self.rolled.append(number - least)
        return number

    def pick(self, options: Sequence[_T]) -> _T:
        """One of several."""
        return options[self.whole(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        """Whether something happens that mostly does not."""
        return self.whole(0, 99) >= 100 - percent

    def some(self, options: Sequence[_T], most: int) -> list[_T]:
        """Up to ``most`` different ones, in their order."""
        wanted = self.whole(0, most)
        chosen: list[_T] = []
        for left, option in zip(range(len(options), 0, -1), options, strict=True):
            if len(chosen) < wanted and self.whole(1, left) <= wanted - len(chosen):
                chosen.append(option)
        return chosen


@st.composite
def dice(draw: st.DrawFn) -> Dice:
    """Dice for hypothesis, which shrinks what is drawn with them."""
    return Dice(lambda least, most: draw(st.integers(least, most)))


def seeded(seed: str) -> Dice:
    """The same choices for the same seed."""
    return Dice(random.Random(seed).randint)  # noqa: S311 - not a secret


def repeated(rolled: Sequence[int]) -> Dice:
    """The choices of an earlier run, as far as they go, and the simplest then."""
    left = iter(rolled)
    return Dice(lambda least, most: min(least + next(left, 0), most))


def shrunk(rolled: Sequence[int], fails: Callable[[Dice], bool], tries: int = 3_000) -> list[int]:
    """Simpler choices that still fail: fewer, and smaller, found one after the other."""
    best = list(rolled)

    def better(candidate: list[int]) -> bool:
        nonlocal best, tries
        tries -= 1
        if tries < 0 or not fails(repeated(candidate)):
            return False
        best = candidate
        return True

    before = None
    while before != best and tries > 0:
        before = best
        for width in (64, 16, 4, 1):
            at = 0
            while at < len(best):
                zeros = [0] * len(best[at : at + width])
                gone = best[:at] + best[at + width :]
                flat = best[:at] + zeros + best[at + width :]
                if not better(gone):
                    if flat != best:
                        better(flat)
                    at += width
        for at, number in enumerate(best):
            low, high = 0, number  # the least that fails, if failing is all that matters
            while low < high and at < len(best):
                middle = (low + high) // 2
                if better([*best[:at], middle, *best[at + 1 :]]):
                    high = middle
                else:
                    low = middle + 1
    return best
