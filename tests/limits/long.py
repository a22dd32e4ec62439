"""The long form: engine and evaluator on as many drawn worlds as one asks for.

    python -m tests.limits.long --examples 100000 --seed 1

Worlds are drawn from the seed itself, since hypothesis takes several times as long for
each; the short form in `test_against_bruteforce` draws the same kind of worlds with
hypothesis. Every tenth is also asked with one limit more, and without something that no
shot is allowed without. A world on which the two differ is made as simple as it gets and
then printed: the library file, and the question.

Ends with 0 where they agreed on all, and with 1 where not; also where some kind of limit
was never passed in a long run, since a rule that no world meets is not compared.
"""

import argparse
import dataclasses
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from tests.limits.agreement import OUTCOMES, Compared
from tests.limits.dice import Dice, repeated, seeded, shrunk
from tests.limits.drawn import draw_world
from tests.limits.drawn_changes import with_one_more_limit, without_something_required
from tests.limits.drawn_library import as_toml

Check = Callable[[Dice], str | None]
"""Draws a world and says what is wrong there, or None."""

_SHOWN: Final = 5
"""More differences than these have the same cause, most likely."""

_KINDS: Final = 89
"""The kinds of limits that a drawn world can pass: all sides of docs/limits.md."""

_LONG: Final = 20_000
"""So many worlds pass each of them."""


def differ(dice: Dice) -> str | None:
    """What engine and evaluator do not agree on, on the world that these dice draw."""
    return Compared(*draw_world(dice)).difference()


def loosened(dice: Dice) -> str | None:
    """What one limit more allows, or the lack of a required one; it must be nothing."""
    tables, asked = draw_world(dice)
    as_it_is = Compared(tables, asked)
    stricter = Compared(with_one_more_limit(dice, tables, asked), asked)
    lacking = Compared(*without_something_required(dice, tables, asked))
    if OUTCOMES.index(stricter.outcome) < OUTCOMES.index(as_it_is.outcome):
        return f"one limit more makes it {stricter.outcome}"
    if stricter.room.shots > as_it_is.room.shots:
        return "one limit more makes room"
    if lacking.outcome != "refuse" or lacking.room.shots:
        return f"without something required it is {lacking.outcome}"
    return stricter.difference() or lacking.difference()


def simplest(dice: Dice, check: Check) -> Dice:
    """The simplest dice on which ``check`` finds the same thing as on these."""

    def same(found: str | None) -> str:
        return re.sub(r"[0-9]+|\b(allow|soft|refuse)\b", "", found or "")[:60]

    wanted = same(check(repeated(dice.rolled)))

    def fails(candidate: Dice) -> bool:
        try:
            return same(check(candidate)) == wanted
        except ValueError:
            return False  # choices that shrinking made up, and that make no world

    found = repeated(shrunk(dice.rolled, fails))
    check(found)  # it has now rolled what it takes
    return found


def shown(dice: Dice, check: Check) -> str:
    """The world of these dice, and what ``check`` finds there, for people."""
    tables, asked = draw_world(repeated(dice.rolled))
    question = "".join(
        f"  {entry.name} = {getattr(asked, entry.name)!r}\n" for entry in dataclasses.fields(asked)
    )
    return f"{as_toml(tables)}\n{question}\n{check(repeated(dice.rolled))}\n"


def main() -> int:
    """Draws, asks both, and counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    kinds: Counter[str] = Counter()
    wrong = 0
    began = time.monotonic()
    for number in range(1, wanted.examples + 1):
        drawn = f"{wanted.seed} {number}"
        dice = seeded(drawn)
        compared = Compared(*draw_world(dice))
        kinds += compared.kinds()
        found, check = compared.difference(), differ
        if found is None and number % 10 == 0:
            dice = seeded(drawn)
            found, check = loosened(dice), loosened
        if found is not None:
            wrong += 1
            print(f"world {number}: {found}", flush=True)
            if wrong <= _SHOWN:
                print(shown(simplest(dice, check), check), flush=True)
        if number % 5_000 == 0:
            print(f"{number}: {wrong} differ, {time.monotonic() - began:.0f} s", flush=True)
    passed = sum(" " in kind and kind not in ("for one reason", "with room") for kind in kinds)
    print(
        f"{wanted.examples} libraries and setpoints, seed {wanted.seed}: {wrong} differ; "
        f"{kinds['allow']} allowed, {kinds['soft']} soft, {kinds['refuse']} refused "
        f"({kinds['for one reason']} for one reason alone), {kinds['with room']} with room; "
        f"{passed} of {_KINDS} kinds of limits passed; {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong or (wanted.examples >= _LONG and passed < _KINDS) else 0


if __name__ == "__main__":
    sys.exit(main())
