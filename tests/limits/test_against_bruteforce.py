"""The engine against an evaluator that was written from the text and shares nothing with it.

The short form asks the same each time. The long one asks about 100,000 worlds from a seed:
``make limits-long``.
"""

import ast
import tomllib
from pathlib import Path

import pytest
from hypothesis import Phase, given, note, settings

from tests.limits import bruteforce, long
from tests.limits.agreement import Compared
from tests.limits.dice import Dice, dice, seeded, shrunk
from tests.limits.drawn import draw_world
from tests.limits.drawn_library import as_toml, draw_library

SHORT = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without shrinking, which takes minutes here; the long form's own way takes seconds."""


def agree(check: long.Check, drawn: Dice) -> None:
    """Fails where ``check`` finds something on the drawn world, and shows a simple such world."""
    found = check(drawn)
    if found is not None:
        note(long.shown(long.simplest(drawn, check), check))
    assert found is None


@pytest.mark.rule("R-ALL-REASONS")
@settings(max_examples=60, phases=SHORT, derandomize=True)
@given(dice())
def test_engine_and_evaluator_agree(drawn: Dice) -> None:
    """On the outcome, every limit that is passed, what would pass, the room, and flags."""
    agree(long.differ, drawn)


@pytest.mark.rule("R-MISSING")
@settings(max_examples=30, phases=SHORT, derandomize=True)
@given(dice())
def test_one_limit_more_never_allows_more_and_a_missing_one_never_allows(drawn: Dice) -> None:
    """Neither in the verdict nor in the room, and evaluator and engine agree there, too."""
    agree(long.loosened, drawn)


@pytest.mark.rule("R-ALL-REASONS", "R-MISSING")
@pytest.mark.parametrize(("check", "worlds"), [(long.differ, 300), (long.loosened, 60)])
def test_they_agree_on_worlds_of_the_long_form(check: long.Check, worlds: int) -> None:
    """A plain generator draws them, which lies less near the simplest worlds."""
    found = {seed: check(seeded(f"short {seed}")) for seed in range(worlds)}
    assert {seed: wrong for seed, wrong in found.items() if wrong is not None} == {}


def test_the_evaluator_shares_nothing_with_the_engine() -> None:
    """It imports what Python brings, and nothing else."""
    tree = ast.parse(Path(bruteforce.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {
        n.name for node in ast.walk(tree) if isinstance(node, ast.Import) for n in node.names
    }
    of_python = {"re", "collections.abc", "dataclasses", "datetime", "fractions", "functools"}
    assert modules <= of_python | {"math", "typing"}


@given(dice())
@settings(max_examples=20)
def test_a_drawn_library_is_what_its_file_says(drawn: Dice) -> None:
    """The evaluator gets the tables as they were drawn, the engine a file made of them."""
    tables = draw_library(drawn)
    assert tomllib.loads(as_toml(tables)) == tables


def test_worlds_are_worth_asking_about() -> None:
    """Enough are allowed, enough stop at a soft limit, and enough at one hard limit alone."""
    kinds = [Compared(*draw_world(seeded(f"worth {seed}"))).kinds() for seed in range(150)]
    for kind, least in (("allow", 7), ("soft", 12), ("for one reason", 25), ("with room", 20)):
        assert sum(kind in each for each in kinds) >= least, kind


def test_a_difference_is_made_simple() -> None:
    """What is printed of one is the least that still shows it."""

    def more_than_ten(rolled: Dice) -> bool:
        return max(rolled.whole(0, 99) for _ in range(rolled.whole(1, 40))) > 10

    drawn = seeded("simple")
    assert more_than_ten(drawn)
    assert shrunk(drawn.rolled, more_than_ten) == [0, 11]
