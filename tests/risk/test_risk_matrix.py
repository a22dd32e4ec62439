"""The risk matrix: it stands as the code says, and each orphan, on any side, is told."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
RISK: Final = "docs/risk.toml"
SIDE: Final = "injector/limits/side.py"
FACTS: Final = "injector/shotlog/facts.py"
LIBRARY: Final = "injector/limits/mesotherapy.toml"
RULES: Final = "tests/limits/test_rules.py"
VERDICT: Final = "tests/limits/test_verdict.py"
NO_RULE: Final = 'holds no rule; mark it with @pytest.mark.rule("…")'


class Break(NamedTuple):
    """A change to the project, and what must be told of it."""

    file: str
    old: str
    new: str
    told: tuple[str, ...]


BREAKS: Final = {
    "a test without a rule": Break(
        RULES,
        '@pytest.mark.rule("R-ASKED")\ndef test_a_condition_that',
        "def test_a_condition_that",
        (
            (
                f"{RULES}::test_a_condition_that_the_library_does_not_know_is_refused_where_it_is_"
                f"present: {NO_RULE}"
            ),
        ),
    ),
    "a rule without a test": Break(
        RULES,
        '@pytest.mark.rule("R-PROCAINE")\ndef test_procaine_is_at_most_350_mg',
        "def procaine",
        ("R-PROCAINE: no test is marked with it",),
    ),
    "an unknown rule": Break(
        RULES,
        '@pytest.mark.rule("R-LIDOCAINE")\n',
        '@pytest.mark.rule("R-LIDOCAINE", "R-NOTHING")\n',
        (
            (
                f"{RULES}::test_plain_lidocaine_is_at_most_4_5_mg_per_kg_and_300_mg: marked with "
                "R-NOTHING, which is no rule"
            ),
        ),
    ),
    "a mark on what is no test": Break(
        RULES,
        "def mixed(",
        '@pytest.mark.rule("R-THREE")\ndef mixed(',
        (f"{RULES}::mixed: marked with a rule, and no test",),
    ),
    "a test that holds none and is not there": Break(
        RISK,
        "test_what_decides_can_be_handed_to_another_process",
        "test_nothing",
        (
            f"{VERDICT}::test_what_decides_can_be_handed_to_another_process: {NO_RULE}",
            f"{VERDICT}::test_nothing: said to hold no rule, and there is no such test",
        ),
    ),
    "a folder of tests that is not there": Break(
        RISK,
        '    "tests/treatment",\n',
        '    "tests/treatment",\n    "tests/nothing",\n',
        ("rule_tests: there is no tests/nothing",),
    ),
    "a missing symbol": Break(
        "injector/limits/flags.py",
        "def flags(",
        "def banners(",
        ("R-DOPING: injector/limits/flags.py has no flags",),
    ),
    "a missing table": Break(
        LIBRARY,
        "[device_class.needle_free_pen]",
        "[device_class.pen]",
        (f"R-PEN: {LIBRARY} has no device_class.needle_free_pen.refused",),
    ),
    "a missing file": Break(
        RISK,
        "injector/treatment/pseudonyms.py",
        "injector/treatment/nothing.py",
        ("R-PSEUDONYM: there is no file injector/treatment/nothing.py",),
    ),
    "a rule without code": Break(
        RISK,
        'code = ["injector/treatment/check.py: check_plan"]',
        "code = []",
        ("R-EXAMPLES: names no code",),
    ),
    "a rule without a hazard": Break(
        RISK,
        'hazards = ["H-EARLY"]\ncode = ["injector/limits/side.py: Figure.DURATION',
        'hazards = []\ncode = ["injector/limits/side.py: Figure.DURATION',
        ("R-DURATION: belongs to no hazard",),
    ),
    "an unknown hazard": Break(
        RISK,
        'hazards = ["H-EARLY"]\ncode = ["injector/treatment/due.py',
        'hazards = ["H-LATE"]\ncode = ["injector/treatment/due.py',
        ("R-DUE: there is no hazard H-LATE",),
    ),
    "a hazard without a rule": Break(
        RISK,
        'H-STOP = "',
        'H-NOISE = "It is loud."\nH-STOP = "',
        ("H-NOISE: no rule is against it",),
    ),
    "a figure that no rule claims": Break(
        SIDE,
        '    COURSE_SESSIONS = "course_sessions"\n',
        '    COURSE_SESSIONS = "course_sessions"\n    NOISE = "noise_db"\n',
        (f"{SIDE}: no rule claims Figure.NOISE",),
    ),
    "a recorded fact that no rule claims": Break(
        FACTS,
        "    OperatorRecorded\n",
        "    OperatorRecorded | Whistled\n",
        (f"{FACTS}: no rule claims Whistled",),
    ),
}
"""Each by itself, so that what is told of one is told of no other."""


def check(root: Path) -> tuple[int, list[str]]:
    """What ``make generated`` is told of the matrix of the project in ``root``."""
    command = [sys.executable, root / "docs" / "make_risk.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.splitlines()


def copied(to: Path) -> Path:
    """A copy of what the matrix is made from."""
    for folder in ("docs", "injector", "simulator", "tests"):
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def change(root: Path, file: str, old: str, new: str) -> None:
    """Change the one place in that file."""
    text = (root / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file}: {old}"
    (root / file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is told of a copy with every break in it."""
    root = copied(tmp_path_factory.mktemp("broken"))
    for each in BREAKS.values():
        change(root, each.file, each.old, each.new)
    code, lines = check(root)
    assert code == 1
    return lines


def test_the_matrix_is_whole_and_the_page_is_what_it_says() -> None:
    assert check(ROOT) == (0, [])


@pytest.mark.xdist_group("risk")
@pytest.mark.parametrize("broken", BREAKS)
def test_an_orphan_is_told(told: list[str], broken: str) -> None:
    assert set(BREAKS[broken].told) <= set(told)


@pytest.mark.xdist_group("risk")
def test_nothing_else_is_told(told: list[str]) -> None:
    assert sorted(told) == sorted(line for each in BREAKS.values() for line in each.told)


def test_a_page_that_is_not_what_the_rules_say_is_told(tmp_path: Path) -> None:
    root = copied(tmp_path)
    change(root, RISK, "A mixture has at most three products.", "A mixture has a few products.")
    assert check(root) == (
        1,
        ["risk.md is not what risk.toml and the tests say; run docs/make_risk.py"],
    )
