"""A home of its own for every test process, and one finished log that many tests copy."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from injector.cli.simulator_process import start_simulator
from tests.acceptance.stage import (
    Ran,
    copy_log,
    hand_on,
    holding_hand,
    injector,
    step,
    write_plan,
    written,
)


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the person who runs the tests is read or written."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@dataclass(frozen=True, slots=True)
class Finished:
    """Two short sessions on one gun, in one log, closed in order."""

    log: Path
    older: Path
    """A copy from between the two sessions: a backup that somebody could put back."""
    kept: str
    """The checkpoint at the end, as an auditor keeps it."""
    vkey: str
    ran: Ran
    """How the second run ended."""


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Written once in each test process; who changes it takes a copy (`mine`)."""
    folder = tmp_path_factory.mktemp("finished")
    plan = write_plan(folder, step(shots=12), step(mode="burst", burst=6), hand=holding_hand())
    log = folder / "shots.db"
    with start_simulator(hand=plan.with_suffix(".hand.jsonl")) as gun, hand_on(gun) as hand:
        first = injector("run", plan, "--port", gun.port, "--log", log, "--json")
        assert first.status == 0, first
        older = copy_log(log, folder / "older")
        second = injector("run", plan, "--port", gun.port, "--log", log, "--json")
        assert second.status == 0, second
        assert hand.truth["shots"] >= 36
    kept = injector("log", "checkpoint", "--log", log)
    assert kept.out == written(log)[1]
    vkey = log.with_name("shots.db.vkey").read_text(encoding="utf-8").strip()
    return Finished(log, older, kept.out, vkey, second)


@pytest.fixture
def mine(finished: Finished, tmp_path: Path) -> Path:
    """A copy of the finished log that a test may spoil."""
    return copy_log(finished.log, tmp_path / "mine")
