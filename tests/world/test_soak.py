"""Whole worlds under drawn faults, and what `injector soak` makes of them."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from injector.cli.main import cli
from injector.control.inputs import CloseSession, PressStop
from injector.shotlog.errors import WriteFailure
from injector.world.drawing import draw_history
from injector.world.happenings import (
    DiskFails,
    GunSwapped,
    HostKilled,
    HostStarted,
    Hurt,
    LineTroubled,
    LogRestored,
    MemoryHurt,
    OtherHostComes,
    Wanted,
)
from injector.world.history import Cue, Event, History, HistoryError
from injector.world.shrinking import shorten
from injector.world.soaking import Played, Soak
from injector.world.tally import Tally
from simulator import acts
from tests.world.planted import PLANTED

SEEDS = 10
GROUPS = 2
"""`make soak` plays two thousand."""
SHOTS = 100
_HEAD = '{"format": 1, "seed": 1, "shots": 1, "events": [%s]}'


@cache
def worlds(group: int) -> list[Played]:
    """Worlds under drawn faults; each test process plays them once."""
    first = 5_000 + group * SEEDS
    return list(Soak().run(range(first, first + SEEDS), SHOTS))


@pytest.mark.rule("INV-1", "INV-2", "INV-3", "INV-4", "INV-5")
@pytest.mark.parametrize(
    "group", [pytest.param(0, marks=pytest.mark.xdist_group("worlds")), *range(1, GROUPS)]
)
def test_nothing_is_lost_or_doubled_whatever_happens(group: int) -> None:
    for played in worlds(group):
        assert played.broken is None, played.history.to_json()
        assert played.tally.shots >= SHOTS


_CAME_AGAIN = """{"format": 1, "seed": 782, "shots": 133, "events": [
  {"cue": {"shots": 56, "on": "state:stopping", "wait_us": 126},
   "what": {"kind": "Unplug", "do": "unplug"},
   "then_us": 600000, "then": {"kind": "Plug", "do": "plug"}},
  {"cue": {"shots": 98, "on": "state:armed", "wait_us": 25},
   "what": {"kind": "MemoryHurt", "how": "worn_slots"},
   "then_us": 2853000, "then": {"kind": "MemoryMended"}},
  {"cue": {"shots": 104, "on": "reported", "wait_us": 0}, "what": {"kind": "LogReplaced"}},
  {"cue": {"shots": 108, "on": "committed:session_closed", "wait_us": 0},
   "what": {"kind": "HostKilled", "holds_back": false},
   "then_us": 3375441, "then": {"kind": "HostStarted"}},
  {"cue": {"shots": 108, "on": "committed:session_closed", "wait_us": 300000},
   "what": {"kind": "OtherHostComes", "shots": 6, "acknowledges": true},
   "then_us": 1700000, "then": {"kind": "MemoryHurt", "how": "reformatted"}}
]}"""


@pytest.mark.rule("INV-2")
def test_what_a_gun_journals_under_indexes_that_come_again_is_told_by_its_counters() -> None:
    """A worn gun told five entries, and lost them when it was mended. Another host then has it
    fire five shots, under the same indexes: the log has those, and takes the counters' word."""
    played = Soak().play(History.from_json(_CAME_AGAIN))
    assert played.broken is None, played.broken
    assert played.tally.paths["used_elsewhere"] == 1
    assert played.tally.paths["conflict"] == 1


@pytest.mark.xdist_group("worlds")
def test_four_kills_in_five_fall_between_a_first_grant_and_a_last_acknowledgement() -> None:
    total = Tally()
    for played in worlds(0):
        total.add(played.tally)
    assert total.kills > 10
    assert total.kills_in_session * 5 >= total.kills * 4


def test_the_same_history_makes_the_same_world() -> None:
    history = draw_history(7, 60)
    first, second = Soak().play(history), Soak().play(history)
    assert first.tally == second.tally
    assert first.broken == second.broken is None


_RENEWED = MemoryHurt(Hurt.REFORMATTED)


@pytest.mark.parametrize(
    "tells",
    [
        pytest.param(
            lambda event: isinstance(event.what, OtherHostComes) and event.then == _RENEWED,
            id="by-another-practice",
        ),
        pytest.param(
            lambda event: event.what == _RENEWED and event.then == LogRestored(),
            id="before-an-older-log-was-put-back",
        ),
    ],
)
def test_a_gun_that_was_used_elsewhere_is_found_so_acknowledged_and_treated_with_again(
    tells: Callable[[Event], bool],
) -> None:
    drawn = (draw_history(seed, 60) for seed in range(1_000))
    lent = (history for history in drawn if any(tells(event) for event in history.events))
    total = Tally()
    for history in itertools.islice(lent, 3):
        played = Soak().play(history)
        assert played.broken is None, history.to_json()
        total.add(played.tally)
    assert total.shots >= 3 * 60
    assert total.paths["used_elsewhere"] > 0
    assert total.paths["alarm:gun_ahead"] > 0


def test_a_host_that_ends_in_order_is_seen_to_end() -> None:
    failing = Event(Cue(3), DiskFails(WriteFailure.INPUT_OUTPUT, torn=False))
    tally = Soak().play(History(1, 20, (failing,))).tally
    assert tally.paths["log_failed>ended"] == tally.faults["DiskFails"] == 1


def _every_kind() -> tuple[Event, ...]:
    cue = Cue(3, "committed:grant", 17)
    return (
        Event(cue, HostKilled(), 1_000, HostStarted()),
        Event(cue, Wanted(PressStop("operator", None))),
        Event(cue, Wanted(CloseSession("ada", "operator"))),
        Event(Cue(0), DiskFails(WriteFailure.INPUT_OUTPUT, torn=True)),
        Event(cue, LineTroubled(1, 2, 3, 4, 5, 6)),
        Event(cue, MemoryHurt(Hurt.ERASED)),
        Event(cue, OtherHostComes(3, acknowledges=True)),
        Event(cue, GunSwapped("B", drift_ppm=-20), 5, GunSwapped("A", protocol=2)),
        Event(cue, acts.Fault(name="air", on=True), 7, acts.Fault(name="air", on=False)),
        Event(cue, acts.Contact(on=False)),
    )


def test_a_history_is_written_and_read_back_as_it_was() -> None:
    history = History(9, 50, _every_kind())
    assert History.from_json(history.to_json()) == history
    for seed in range(60):
        drawn = draw_history(seed, 200)
        assert History.from_json(drawn.to_json()) == drawn


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "no history"),
        ('{"format": 2, "seed": 1, "shots": 1, "events": []}', "no history"),
        (_HEAD % "{}", "event 0"),
        (_HEAD % '{"cue": {"shots": 1}, "what": {"kind": "Rain"}}', "'Rain'"),
        (
            _HEAD % '{"cue": {"shots": 1}, "what": {"kind": "DiskSlows", "commit_us": "long"}}',
            "commit_us",
        ),
    ],
)
def test_a_history_that_is_none_is_told_why(text: str, wrong: str) -> None:
    with pytest.raises(HistoryError, match=wrong):
        History.from_json(text)


def test_a_history_is_shortened_to_what_matters() -> None:
    history = draw_history(3, 200)
    needed = {history.events[2], history.events[9]}
    shorter = shorten(history, lambda each: needed <= set(each.events) and each.shots > 20)
    assert set(shorter.events) == needed
    assert shorter.shots < 40


def test_shortening_ends_though_everything_matters() -> None:
    history = draw_history(3, 200)
    tried: list[History] = []

    def fails(candidate: History) -> bool:
        tried.append(candidate)
        return False

    assert shorten(history, fails, tries=20) == history
    assert len(tried) == 20


def _soak(*options: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["soak", *options])
    error = result.exception
    said = result.stderr
    if error is not None and hasattr(error, "message"):
        said += str(error.message)
    return result.exit_code, result.stdout, said


def test_the_command_counts_every_fault_and_every_way_back_as_data() -> None:
    code, out, _ = _soak("--seeds", "2", "--shots", "40", "--json")
    assert code == 0
    said = json.loads(out)
    assert said["seeds"] == 2
    assert said["shots"] >= 80
    assert said["faults"]["memory:erased"] >= 0
    assert said["paths"]["settled"] > 0


def test_a_seed_that_fails_leaves_a_short_history_and_the_command_that_replays_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        PLANTED["the lease renewed by a stale beat"](patch)
        code, out, said = _soak("--seeds", "200", "--shots", "150")
        assert (code, out) == (1, "")
        [path] = tmp_path.glob("soak-*.json")
        assert f"injector soak --replay {path.name}" in said
        shortest = History.from_json(path.read_text(encoding="utf-8"))
        drawn = draw_history(shortest.seed, 150)
        assert len(shortest.events) < len(drawn.events)
        code, _, again = _soak("--replay", path.name)
        assert code == 1
        assert "INV-3" in again
    code, _, _ = _soak("--replay", path.name)
    assert code == 0


def test_a_history_without_events_is_a_quiet_treatment() -> None:
    played = Soak().play(replace(draw_history(1, 60), events=()))
    assert played.broken is None
    assert played.tally.kills == 0
