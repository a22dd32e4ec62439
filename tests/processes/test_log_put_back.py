"""Somebody handles files: the log is put back from an older backup, between two runs."""

import shutil
from pathlib import Path
from typing import Final

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

_BESIDE: Final = ("", ".key", ".vkey")
BEFORE, LOST, AFTER = 4, 6, 3


def test_a_log_put_back_from_a_backup_reads_again_what_it_has_lost(tmp_path: Path) -> None:
    """What the gun fired meanwhile stands in its journal, acknowledged as it is: the older log
    reads it and logs it as shots that it never granted, at the most they can have been.

    Only whoever kept a checkpoint can tell that the log was put back; the gun's counters and
    these entries are the second witness."""
    log = tmp_path / "shots.db"
    hand = tmp_path / "hand.jsonl"
    hand.write_text(holding_hand(), encoding="utf-8")
    with start_simulator(hand=hand) as gun, hand_on(gun) as held:

        def run(shots: int) -> dict[str, object]:
            plan = write_plan(tmp_path, step(shots=shots))
            return injector("run", plan, "--port", gun.port, "--log", log, "--json").object()

        assert run(BEFORE)["result"] == "done"
        backup = copy_log(log, tmp_path / "backup")
        assert run(LOST)["result"] == "done"
        kept = tmp_path / "kept"
        kept.write_text(written(log)[1], encoding="utf-8")
        for beside in ("-wal", "-shm"):
            log.with_name(log.name + beside).unlink(missing_ok=True)
        for beside in _BESIDE:
            shutil.copy2(backup.with_name(backup.name + beside), log.with_name(log.name + beside))
        assert run(AFTER)["result"] == "done"

        shots = entries(log, "shot")
        assert len(shots) == BEFORE + LOST + AFTER
        ungranted = [shot for shot in shots if shot["grant_seq"] is None]
        assert [shot["index"] for shot in ungranted] == list(range(BEFORE + 1, BEFORE + LOST + 1))
        assert all(shot["counts_nl"] >= shot["debit_nl"] for shot in ungranted)
        raised = [a for a in entries(log, "alarm") if a["alarm"] == "ungranted_shot"]
        assert raised
        assert raised[0]["priority"] == "high"
        assert_log_equals_gun(log, held)
        assert [s["shots"] for s in sessions(log)] == [BEFORE, AFTER]
    assert verify(log)["ok"]
    report = verify(log, "--against", kept)
    assert not report["ok"]
    assert findings(report)
