"""An auditor believes a log only because no change to it stays hidden (INV-5).

Everything here is done to the file by somebody who owns it: the triggers are taken
away, the change is made, and they are put back letter for letter.
"""

import hashlib
import json
import random
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from injector.cli.main import cli
from injector.cli.simulator_process import start_simulator
from injector.shotlog.note import SigningKey
from tests.acceptance.conftest import Finished
from tests.acceptance.stage import (
    assert_clear,
    copy_log,
    findings,
    hand_on,
    holding_hand,
    injector,
    query,
    step,
    verify,
    write_plan,
    written,
)
from tests.shotlog.forging import owner, rewrite


def named(report: dict[str, object]) -> set[int]:
    """The entries that a report points at, one by one."""
    found = set()
    for each in findings(report):
        if each["seq"] is not None:
            last = each["seq"] if each["last"] is None else each["last"]
            found |= set(range(each["seq"], last + 1))
    return found


def failed(report: dict[str, Any]) -> set[str]:
    """The checks that a report says failed."""
    return {check["check"] for check in report["checks"] if check["status"] == "failed"}


def told(log: Path) -> str:
    """What ``injector log verify`` tells a person about a log that is no longer good."""
    ran = injector("log", "verify", "--log", log)
    assert ran.status == 1, ran
    assert "Traceback" not in ran.err
    assert ran.out.endswith("The log does NOT verify.\n")
    return ran.out


def count(log: Path) -> int:
    return written(log)[0]


def test_the_untouched_copy_verifies(mine: Path) -> None:
    assert verify(mine)["ok"]


# -- one byte -------------------------------------------------------------------------------------


def test_one_digit_changed_with_the_sqlite3_command_is_found_and_the_entry_named(
    mine: Path,
) -> None:
    ((seq, body),) = query(mine, "SELECT seq, body FROM entries WHERE kind = 'shot' LIMIT 1")
    volume = json.loads(body)["volume_nl"]
    script = f"""
        DROP TRIGGER entries_never_change;
        UPDATE entries SET body = replace(body, '"volume_nl":{volume}', '"volume_nl":{volume - 1}')
            WHERE seq = {seq};
        CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries never change'); END;
    """  # noqa: S608 -- the file is spoilt on purpose
    try:
        subprocess.run(["sqlite3", str(mine), script], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("the sqlite3 command is not installed here")
    assert f"entry {seq}: its leaf hash is not that of its body" in told(mine)


@pytest.mark.rule("INV-5")
def test_one_byte_of_any_entry_changed_in_the_file_is_found_and_the_entry_named(
    finished: Finished, tmp_path: Path
) -> None:
    """Every entry in turn, at a random place, by hand in the file's bytes."""
    chance = random.Random(20_260_101)  # noqa: S311 -- a place, no secret
    whole = copy_log(finished.log, tmp_path / "whole").read_bytes()
    bodies = query(finished.log, "SELECT seq, CAST(body AS BLOB) FROM entries")
    spoilt = tmp_path / "spoilt.db"
    for seq, body in bodies:
        start = whole.index(body[:200])  # the first bytes stand in one page
        at = start + chance.randrange(min(len(body), 200))
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(7)
        spoilt.write_bytes(changed)
        ran = CliRunner().invoke(cli, ["log", "verify", "--json", "--log", str(spoilt)])
        assert ran.exit_code == 1, (seq, at - start, changed[at], ran.output)
        assert seq in named(json.loads(ran.stdout)), (seq, at - start, ran.stdout)


@pytest.mark.parametrize("seed", range(4))
def test_a_byte_changed_in_a_random_entry_is_named_by_the_command(mine: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- a place, no secret
    seq = chance.randrange(count(mine))
    ((body,),) = query(mine, "SELECT body FROM entries WHERE seq = ?", seq)
    digits = [at for at, char in enumerate(body) if char in "12345678"]
    at = chance.choice(digits)
    changed = body[:at] + str(int(body[at]) + 1) + body[at + 1 :]
    with owner(mine) as db:
        db.execute("UPDATE entries SET body = ? WHERE seq = ?", (changed, seq))
    assert f"entry {seq}: " in told(mine)


def test_a_changed_entry_with_a_leaf_hash_made_to_fit_is_found(mine: Path) -> None:
    ((seq, body),) = query(mine, "SELECT seq, body FROM entries WHERE kind = 'shot' LIMIT 1")
    volume = json.loads(body)["volume_nl"]
    changed = body.replace(f'"volume_nl":{volume}', f'"volume_nl":{volume - 1}')
    leaf = hashlib.sha256(b"\0" + changed.encode()).digest()
    with owner(mine) as db:
        db.execute("UPDATE entries SET body = ?, leaf = ? WHERE seq = ?", (changed, leaf, seq))
    assert seq in named(verify(mine))


# -- removed, inserted, swapped -------------------------------------------------------------------


def _remove(db: sqlite3.Connection, seq: int) -> None:
    db.execute("DELETE FROM entries WHERE seq = ?", (seq,))


def _remove_and_close_the_hole(db: sqlite3.Connection, seq: int) -> None:
    _remove(db, seq)
    db.execute("UPDATE entries SET seq = -seq WHERE seq > ?", (seq,))
    db.execute("UPDATE entries SET seq = -seq - 1 WHERE seq < 0")
    db.execute("UPDATE head SET size = size - 1")


def _insert_a_copy(db: sqlite3.Connection, seq: int) -> None:
    db.execute("UPDATE entries SET seq = -seq WHERE seq >= ?", (seq,))
    db.execute("UPDATE entries SET seq = -seq + 1 WHERE seq < 0")
    db.execute(
        "INSERT INTO entries (seq, body, leaf) SELECT ?, json_remove(body, '$.index'), leaf"
        " FROM entries WHERE seq = ?",
        (seq, seq + 1),
    )
    db.execute("UPDATE head SET size = size + 1")


def _swap_with_the_next(db: sqlite3.Connection, seq: int) -> None:
    db.execute("UPDATE entries SET seq = -1 WHERE seq = ?", (seq,))
    db.execute("UPDATE entries SET seq = ? WHERE seq = ?", (seq, seq + 1))
    db.execute("UPDATE entries SET seq = ? WHERE seq = -1", (seq + 1,))


@pytest.mark.rule("INV-5")
@pytest.mark.parametrize(
    "change",
    [_remove, _remove_and_close_the_hole, _insert_a_copy, _swap_with_the_next],
    ids=lambda change: change.__name__.strip("_").replace("_", "-"),
)
@pytest.mark.parametrize("place", ["middle", "shot", "close"])
def test_an_entry_removed_inserted_or_swapped_is_found_and_named(
    mine: Path, change: Callable[[sqlite3.Connection, int], None], place: str
) -> None:
    kind = {"middle": "device_seen", "shot": "shot", "close": "session_closed"}[place]
    ((seq,),) = query(mine, "SELECT min(seq) FROM entries WHERE kind = ?", kind)
    with owner(mine) as db:
        change(db, seq)
    report = verify(mine)
    assert not report["ok"]
    # A perfect copy stands well where it is; what it pushed out of its place does not.
    wrong = seq + 1 if change is _insert_a_copy and kind == "device_seen" else seq
    assert wrong in named(report), findings(report)
    assert f"entry {wrong}: " in told(mine) or f"entries {wrong} to " in told(mine)


def test_an_entry_added_at_the_end_is_found_and_named(mine: Path) -> None:
    last = count(mine) - 1
    with owner(mine) as db:
        db.execute(
            "INSERT INTO entries (seq, body, leaf) SELECT seq + 1, body, leaf FROM entries"
            " WHERE seq = ?",
            (last,),
        )
    assert f"entry {last + 1}: not counted by the head" in told(mine)


# -- the tail -------------------------------------------------------------------------------------


def test_entries_cut_off_the_end_are_found_without_any_help(mine: Path) -> None:
    size = count(mine)
    with owner(mine) as db:
        db.execute("DELETE FROM entries WHERE seq >= ?", (size - 3,))
    report = verify(mine)
    assert not report["ok"]
    assert set(range(size - 3, size)) <= named(report)


@pytest.mark.rule("INV-5")
def test_an_older_copy_put_back_is_found_against_a_checkpoint_that_was_kept(
    finished: Finished, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(finished.kept, encoding="utf-8")
    assert verify(finished.log, "--against", kept)["ok"]
    assert verify(finished.older)["ok"]  # alone it is a whole log: nothing can tell
    report = verify(finished.older, "--against", kept)
    assert not report["ok"]
    cut = set(range(count(finished.older), count(finished.log)))
    assert cut <= named(report)
    text = injector("log", "verify", "--log", finished.older, "--against", kept).out
    assert f"{count(finished.older)} to {count(finished.log) - 1}: cut off" in text


def test_a_log_cut_back_to_an_anchor_is_found_against_a_checkpoint_that_was_kept(
    finished: Finished, mine: Path, tmp_path: Path
) -> None:
    """An anchor carries a signed checkpoint: the one place to cut to without the key."""
    ((seq, body),) = query(mine, "SELECT seq, body FROM entries WHERE kind = 'anchor' LIMIT 1")
    with owner(mine) as db:
        db.execute("DELETE FROM entries WHERE seq >= ?", (seq,))
        db.execute("DELETE FROM private_text WHERE seq >= ?", (seq,))
        db.execute(
            "UPDATE head SET size = ?, checkpoint = ?", (seq, json.loads(body)["checkpoint"])
        )
    kept = tmp_path / "kept.txt"
    kept.write_text(finished.kept, encoding="utf-8")
    report = verify(mine, "--against", kept)
    assert not report["ok"]
    assert set(range(seq, count(finished.log))) <= named(report)


def test_a_log_made_anew_under_another_key_is_found_by_the_key_one_was_handed(
    finished: Finished, mine: Path
) -> None:
    """Entry 0 names the other key, and every anchor and the head are signed with it."""
    untouched = injector("log", "verify", "--log", finished.log, "--key", finished.vkey)
    assert untouched.status == 0, untouched
    other = SigningKey(finished.vkey.partition("+")[0], bytes(32))
    rewrite(
        mine,
        lambda bodies: bodies[0].update(vkey=str(other.verifier)),
        key=other,
        anchors=True,
    )
    by_itself = verify(mine, "--key", str(other.verifier))
    assert failed(by_itself) == set(), "by its own key it is a log like any other"
    assert failed(verify(mine, "--key", finished.vkey)) == {"identity", "head", "anchors"}
    ran = injector("log", "verify", "--log", mine, "--key", finished.vkey)
    assert ran.status == 1, ran
    assert "Traceback" not in ran.err


# -- what people query ----------------------------------------------------------------------------


def _rewrite(log: Path, name: str, old: str, new: str) -> None:
    connection = sqlite3.connect(log, isolation_level=None)
    try:
        connection.execute("PRAGMA writable_schema = ON")
        changed = connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = ? AND sql LIKE ?",
            (old, new, name, f"%{old}%"),
        ).rowcount
        assert changed == 1
        ((version,),) = connection.execute("PRAGMA schema_version").fetchall()
        connection.execute(f"PRAGMA schema_version = {version + 1}")
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("shots", "'$.volume_nl') AS volume_nl", "'$.debit_nl') AS volume_nl"),
        ("sessions", "kind = 'gap') AS gaps", "kind = 'none') AS gaps"),
        ("entries", "json_extract(body, '$.session')", "json_extract(body, '$.sessions')"),
        ("entries", "json_extract(body, '$.kind')", "coalesce(json_extract(body, '$.kind'), '')"),
        ("entries_never_change", "'entries never change'", "'entries  never change'"),
        ("entries_by_kind", "(kind, seq)", "(kind, seq )"),
    ],
)
def test_a_rewritten_view_column_trigger_or_index_is_found_and_named_and_nothing_is_run_on_it(
    mine: Path, name: str, old: str, new: str
) -> None:
    _rewrite(mine, name, old, new)
    assert f"the schema object {name} is not the format's" in told(mine)
    for command in (["sessions"], ["shots", "last"], ["show", "last"], ["checkpoint"]):
        ran = injector("log", *command, "--log", mine)
        assert (ran.status, ran.out) == (1, ""), ran
        assert name in ran.err


def test_a_rewritten_view_dropped_and_made_again_is_found(mine: Path) -> None:
    connection = sqlite3.connect(mine)
    connection.executescript("DROP VIEW gaps; CREATE VIEW gaps AS SELECT 1 AS seq WHERE 0;")
    connection.close()
    assert "the schema object gaps is not the format's" in told(mine)


def test_a_table_that_hides_a_view_is_found(mine: Path) -> None:
    connection = sqlite3.connect(mine)
    connection.executescript("CREATE TABLE more (a); CREATE TABLE shots2 AS SELECT * FROM shots;")
    connection.close()
    assert "more" in told(mine)


def test_an_index_that_lies_is_found(mine: Path) -> None:
    """Queries go by the index. Here it is made over something else, under the right words."""
    connection = sqlite3.connect(mine, isolation_level=None)
    try:
        connection.execute("CREATE INDEX other ON entries (session, seq)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema"
            " WHERE name = 'other') WHERE name = 'entries_by_kind'"
        )
        connection.execute("DELETE FROM sqlite_schema WHERE name = 'other'")
    finally:
        connection.close()
    assert "entries_by_kind" in told(mine)


# -- the rest of the file -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE head SET size = size + 1", "head"),
        ("UPDATE head SET peaks = zeroblob(length(peaks))", "peaks"),
        ("UPDATE head SET checkpoint = replace(checkpoint, 'injector', 'projector')", "checkpoint"),
        ("DELETE FROM head", "no head"),
        ("UPDATE private_text SET text = text || '.'", "not the one committed to"),
        ("DELETE FROM private_text", "no erasure is on record"),
        (
            "INSERT INTO private_text VALUES (0, '/title', zeroblob(32), 'x')",
            "no entry commits to",
        ),
        ("INSERT INTO nodes VALUES (8, 0, zeroblob(32))", "stored root"),
    ],
)
def test_nothing_beside_the_entries_can_be_changed_unseen(
    mine: Path, change: str, words: str
) -> None:
    with owner(mine) as db:
        db.execute(change)
    assert words in told(mine)


def test_a_hole_of_zeros_in_the_file_is_found_and_told_in_order(mine: Path) -> None:
    data = bytearray(mine.read_bytes())
    middle = len(data) // 8192 * 4096
    data[middle : middle + 4096] = bytes(4096)
    mine.write_bytes(data)
    told(mine)


def test_a_file_cut_short_is_found_and_told_in_order(mine: Path) -> None:
    data = mine.read_bytes()
    mine.write_bytes(data[: len(data) // 2])
    ran = injector("log", "verify", "--log", mine)
    assert ran.status == 1, ran
    assert "Traceback" not in ran.err
    assert str(mine) in ran.out + ran.err


def test_accidents_are_refused_by_the_database_itself(mine: Path) -> None:
    before = written(mine)
    connection = sqlite3.connect(mine, isolation_level=None)
    try:
        for accident in (
            "DELETE FROM entries WHERE seq = 3",
            "UPDATE entries SET body = body WHERE seq = 3",
            "REPLACE INTO entries (seq, body, leaf) SELECT seq, body, leaf FROM entries LIMIT 1",
            "DELETE FROM head",
            "DELETE FROM private_text",
            "UPDATE head SET size = 1",
        ):
            with pytest.raises(sqlite3.DatabaseError):
                connection.execute(accident)
    finally:
        connection.close()
    assert written(mine) == before
    assert verify(mine)["ok"]


def test_a_spoilt_log_takes_no_further_session(mine: Path, tmp_path: Path) -> None:
    size = count(mine)
    with owner(mine) as db:
        db.execute("DELETE FROM entries WHERE seq >= ?", (size - 1,))
    plan = write_plan(tmp_path, step(), hand=holding_hand())
    with start_simulator(hand=plan.with_suffix(".hand.jsonl")) as gun, hand_on(gun) as hand:
        ran = injector("run", plan, "--port", gun.port, "--log", mine)
        assert_clear(ran, 2, str(mine))
        assert hand.truth["shots"] == 0
