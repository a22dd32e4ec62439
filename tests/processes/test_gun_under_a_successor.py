"""A gun that was last used under the log before meets its successor: nothing lost or doubled.

Real processes: the simulator, `injector run`, and the commands that keep a log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from injector.cli.simulator_process import start_simulator
from injector.control.recall import recall
from injector.shotlog.reader import LogReader
from tests.acceptance.stage import (
    Hand,
    Ran,
    entries,
    hand_on,
    holding_hand,
    injector,
    step,
    verify,
    write_plan,
    written,
)

BEFORE, LOST, AFTER = 4, 6, 3


@dataclass
class Room:
    """A gun in a hand, and a folder for logs."""

    folder: Path
    held: Hand
    run: Callable[..., Ran]

    def at(self, name: str) -> Path:
        return self.folder / name

    def succeed(self, reason: str, old: Path, new: Path, *more: object) -> dict[str, Any]:
        return injector(
            "log", "succeed", "--reason", reason, "--old", old, *more, new, "--json"
        ).object()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with _room(tmp_path) as made:
        yield made


@contextmanager
def _room(tmp_path: Path) -> Iterator[Room]:
    hand = tmp_path / "hand.jsonl"
    hand.write_text(holding_hand(), encoding="utf-8")
    with start_simulator(hand=hand) as gun, hand_on(gun) as held:

        def run(log: Path, shots: int, *more: object) -> Ran:
            plan = write_plan(tmp_path, step(shots=shots))
            return injector("run", plan, "--port", gun.port, "--log", log, "--json", *more)

        yield Room(tmp_path, held, run)


def told(log: Path) -> list[tuple[int, int, int]]:
    """Index, lifetime shots and lifetime volume of every journal entry that a log has."""
    found = []
    for body in entries(log):
        if body["kind"] in ("shot", "uncertain"):
            found.append((body["index"], body["shots_total"], body["volume_total_nl"]))
        elif body["kind"] == "foreign":
            what = body["what"]
            found.append((body["index"], what["shots"], what["volume_total_nl"]))
    return found


def accounts(log: Path, held: Hand) -> tuple[int, int]:
    """What a log accounts for of the gun: lifetime shots and volume."""
    seen = entries(log, "device_seen")[-1]
    with LogReader.open(log) as reader:
        known = recall(reader, seen["serial"], seen["journal_id"]).known
    assert known is not None
    return known.shots, known.volume_nl


def memory(held: Hand) -> tuple[int, int]:
    last = held.journal[-1]
    return last["shots"], last["volume_total_nl"]


def test_under_the_successor_of_a_log_laid_aside_it_goes_on_as_if_nothing_were(room: Room) -> None:
    old, new = room.at("shots.db"), room.at("next.db")
    assert room.run(old, BEFORE).object()["result"] == "done"
    made = room.succeed("archived", old, new)
    assert (made["guns"], made["lost"]) == (1, 0)
    assert room.run(new, AFTER).object()["result"] == "done"
    assert [index for index, _, _ in told(old)] == list(range(1, BEFORE + 1))
    assert [index for index, _, _ in told(new)] == list(range(BEFORE + 1, BEFORE + AFTER + 1))
    for kind in ("foreign", "gap", "used_elsewhere", "conflict"):
        assert entries(new, kind) == []
    assert accounts(new, room.held) == memory(room.held)
    assert room.held.truth["shots"] == BEFORE + AFTER
    assert verify(old)["ok"]
    assert verify(new)["ok"]


def test_what_it_fired_after_a_backup_comes_as_foreign_and_waits_for_the_operators_word(
    room: Room,
) -> None:
    """The log is lost, and its backup is behind: the gun is ahead of what anybody has."""
    old, backup, new = room.at("shots.db"), room.at("backup.db"), room.at("next.db")
    assert room.run(old, BEFORE).object()["result"] == "done"
    assert injector("log", "backup", backup, "--log", old).status == 0
    assert room.run(old, LOST).object()["result"] == "done"
    kept = room.at("kept")
    kept.write_text(written(old)[1], encoding="utf-8")
    refused = injector("log", "restore", backup, "--to", new, "--checkpoint", kept)
    assert refused.status == 1
    assert "injector log succeed --reason restored" in refused.err
    made = room.succeed("restored", backup, new, "--checkpoint", kept)
    assert made["lost"] > 0
    assert made["before"]["size"] == written(old)[0]

    first = room.run(new, AFTER)
    assert "Traceback" not in first.err
    foreign = entries(new, "foreign")
    theirs = list(range(BEFORE + 1, BEFORE + LOST + 1))
    assert [body["index"] for body in foreign] == theirs
    with LogReader.open(backup) as reader:
        assert {body["log_id"] for body in foreign} == {reader.opened.log_id}
    raised = [alarm for alarm in entries(new, "alarm") if alarm["alarm"] == "foreign_entries"]
    assert raised
    assert entries(new, "foreign_accepted") == []

    assert room.run(new, AFTER, "--accept-foreign").object()["result"] == "done"
    (accepted,) = entries(new, "foreign_accepted")
    assert accepted["up_to"] >= theirs[-1]
    assert [index for index, _, _ in told(new)] == [
        entry["index"] for entry in room.held.journal if entry["index"] > BEFORE
    ]
    assert [body["index"] for body in entries(new, "foreign")] == theirs, "none came twice"
    assert accounts(new, room.held) == memory(room.held)
    for kind in ("gap", "used_elsewhere", "conflict"):
        assert entries(new, kind) == []
    assert verify(new)["ok"]
    assert verify(old, "--against", kept)["ok"]


def test_under_the_successor_of_a_log_whose_key_is_lost_nothing_comes_twice(room: Room) -> None:
    old, new = room.at("shots.db"), room.at("next.db")
    assert room.run(old, BEFORE).object()["result"] == "done"
    old.with_name("shots.db.key").unlink()
    refused = room.run(old, AFTER)
    assert refused.status != 0
    assert "signing key is missing" in refused.err
    room.succeed("lost_key", old, new)
    assert room.run(new, AFTER).object()["result"] == "done"
    assert entries(new, "foreign") == []
    assert [index for index, _, _ in told(new)] == list(range(BEFORE + 1, BEFORE + AFTER + 1))
    assert accounts(new, room.held) == memory(room.held)
    assert verify(new)["ok"]


def test_on_a_log_that_has_ended_nothing_is_fired(room: Room) -> None:
    old, new = room.at("shots.db"), room.at("next.db")
    assert room.run(old, BEFORE).object()["result"] == "done"
    made = room.succeed("archived", old, new)
    refused = room.run(old, AFTER)
    assert refused.status != 0
    assert "this log has ended" in refused.err
    assert made["origin"] in refused.err
    assert "Traceback" not in refused.err
    assert room.held.truth["shots"] == BEFORE
