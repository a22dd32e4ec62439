"""Somebody handles files: the log is put back from an older backup, between two runs."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from injector.cli.simulator_process import start_simulator
from tests.acceptance.stage import (
    assert_log_equals_gun,
    copy_log,
    entries,
    findings,
    hand_on,
    holding_hand,
    injector,
    sessions,
    step,
    verify,
    write_plan,
    written,
)

_LOG: Final = ("", ".key", ".vkey")
_FOLDER: Final = (*_LOG, ".anchors")
BEFORE, LOST, AFTER = 4, 6, 3


def _put_back(backup: Path, log: Path, suffixes: tuple[str, ...]) -> None:
    for beside in ("-wal", "-shm"):
        log.with_name(log.name + beside).unlink(missing_ok=True)
    for beside in suffixes:
        shutil.copy2(backup.with_name(backup.name + beside), log.with_name(log.name + beside))


@pytest.mark.rule("R-AHEAD")
def test_a_log_put_back_from_a_backup_reads_again_what_it_has_lost(tmp_path: Path) -> None:
    """A log that was put back alone is not started on: the checkpoints kept beside it are newer.

    Where they were put back with it, the gun is the second witness. What it fired meanwhile
    stands in its journal, acknowledged as it is: the older log reads it and logs it as shots
    that it never granted, at the most they can have been, and arms nothing before a person has
    said that they know. An auditor's kept checkpoint shows it for good."""
    log = tmp_path / "shots.db"
    hand = tmp_path / "hand.jsonl"
    hand.write_text(holding_hand(), encoding="utf-8")
    with start_simulator(hand=hand) as gun, hand_on(gun) as held:

        def run(shots: int) -> dict[str, object]:
            plan = write_plan(tmp_path, step(shots=shots))
            return injector("run", plan, "--port", gun.port, "--log", log, "--json").object()

        assert run(BEFORE)["result"] == "done"
        backup = copy_log(log, tmp_path / "backup")
        shutil.copy2(f"{log}.anchors", f"{backup}.anchors")
        assert run(LOST)["result"] == "done"
        kept = tmp_path / "kept"
        kept.write_text(written(log)[1], encoding="utf-8")

        _put_back(backup, log, _LOG)
        plan = write_plan(tmp_path, step(shots=AFTER))
        refused = injector("run", plan, "--port", gun.port, "--log", log, "--json")
        assert (refused.status, refused.out) == (2, "")
        assert "does not go on from the checkpoint" in refused.err
        assert len(entries(log, "engine_started")) == 1  # nothing was written into it

        _put_back(backup, log, _FOLDER)
        asked = injector("run", plan, "--port", gun.port, "--log", log, "--json")
        assert asked.status == 3
        assert asked.object()["denied"]["why"] == "gun_ahead"
        assert "--accept-ahead" in asked.err
        done = injector("run", plan, "--port", gun.port, "--log", log, "--json", "--accept-ahead")
        assert done.object()["result"] == "done"

        shots = entries(log, "shot")
        assert len(shots) == BEFORE + LOST + AFTER
        ungranted = [shot for shot in shots if shot["grant_seq"] is None]
        assert [shot["index"] for shot in ungranted] == list(range(BEFORE + 1, BEFORE + LOST + 1))
        assert all(shot["counts_nl"] >= shot["debit_nl"] for shot in ungranted)
        raised = [a for a in entries(log, "alarm") if a["alarm"] == "ungranted_shot"]
        assert raised
        assert raised[0]["priority"] == "high"
        assert_log_equals_gun(log, held)
        assert [s["shots"] for s in sessions(log)] == [BEFORE, 0, AFTER]
    assert verify(log)["ok"]
    report = verify(log, "--against", kept)
    assert not report["ok"]
    assert findings(report)
