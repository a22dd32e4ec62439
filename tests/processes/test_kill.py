"""SIGKILL of host and gun: nothing lost, nothing doubled; and the check could tell.

The long form, with 300 of each, is ``make kills``.
"""

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from injector.protocol.messages import ShotEntry
from tests.processes.kill import Round, play
from tests.processes.reckoning import BrokenError, Memory, check_verifies, reckon
from tests.processes.witness import Witness


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 -- choices that can be repeated, no secret


@pytest.mark.rule("INV-2", "INV-5")
@pytest.mark.timeout(300)
def test_killed_at_random_moments_nothing_is_lost_nothing_doubled_and_the_log_verifies(
    tmp_path: Path,
) -> None:
    *_, total = play(4, 4, seed=3, folder=tmp_path)
    assert (total.killed("host"), total.killed("gun")) == (4, 4)
    assert (total.lost, total.doubled) == (0, 0)
    assert total.fired > 8
    assert total.kills["with a grant open"] >= 4


def test_a_host_that_acknowledges_before_it_has_committed_is_found_out(tmp_path: Path) -> None:
    hasty = (sys.executable, "-m", "tests.processes.hasty_host")
    played = Round(tmp_path, _chance(2), ["host"] * 3, command=hasty)
    with pytest.raises(BrokenError, match=r"lost=[1-9]|permitted"):
        played.play()


# -- the reckoning itself --------------------------------------------------------------


class Told(NamedTuple):
    """Log, memory and witness of a run that nobody disturbed."""

    log: Path
    memory: Memory
    witness: Witness


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("undisturbed")
    undisturbed = Round(folder, _chance(1), [])
    found = undisturbed.play()
    assert (found.fired, found.logged, found.sessions) == (4, 4, 1)
    return Told(folder / "log", Memory.of(folder / "gun.state"), undisturbed.witness)


def _another_volume(memory: Memory) -> Memory:
    entries = [
        entry.model_copy(update={"volume_nl": entry.volume_nl + 1})
        if isinstance(entry, ShotEntry)
        else entry
        for entry in memory.entries
    ]
    return replace(memory, entries=tuple(entries))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m, w: (m, replace(w, begun=w.begun + 1)), "lost=1"),
        (lambda m, w: (m, replace(w, begun=w.begun - 1)), "doubled=1"),
        (lambda m, w: (replace(m, newest=m.newest + 1), w), "lost=1"),
        (lambda m, w: (replace(m, shots=m.shots + 1), w), "the gun counted"),
        (lambda m, w: (replace(m, volume_nl=m.volume_nl - 1), w), "debits"),
        (lambda m, w: (replace(m, acknowledged=m.acknowledged - 1), w), "acknowledged"),
        (lambda m, w: (_another_volume(m), w), "entry 1"),
        (lambda m, w: (m, replace(w, moved_nl=w.moved_nl * 2)), "nL moved"),
        (lambda m, w: (m, replace(w, moved_nl=w.moved_nl // 2)), "at most"),
    ],
)
def test_the_reckoning_sees_where_the_witnesses_differ(
    told: Told,
    change: Callable[[Memory, Witness], tuple[Memory, Witness]],
    words: str,
) -> None:
    memory, witness = change(told.memory, told.witness)
    with pytest.raises(BrokenError, match=words):
        reckon(told.log, memory, witness)


def test_a_damaged_log_does_not_pass(told: Told, tmp_path: Path) -> None:
    damaged = tmp_path / "log"
    whole = told.log.read_bytes()
    damaged.write_bytes(whole.replace(b'"outcome":"complete"', b'"outcome":"compleat"', 1))
    assert damaged.read_bytes() != whole
    with pytest.raises(BrokenError):
        check_verifies(damaged)
