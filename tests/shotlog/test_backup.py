"""Backup and restore: a copy that can be trusted, and that never makes a second history."""

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from injector.shotlog.copying import CannotGoOn, Restored, back_up, restore
from injector.shotlog.entries import Draft, EngineEnded
from injector.shotlog.envelope import commitments
from injector.shotlog.erased import Erasure, erased_path, note_erasures, noted_erasures
from injector.shotlog.errors import LogDamaged, LogExists, LogKeyUnusable
from injector.shotlog.kept import kept_checkpoints
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.shotlog.killed import folders, kill_at_every_step
from tests.shotlog.samples import NOW, SESSION, open_log, tamper, write_sample
from tests.shotlog.test_rotation import beside, rotate

PATIENT = "00000000000000ff"
SECRET = b"blue heron"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "here" / "shots.db"
    path.parent.mkdir()
    write_sample(path)
    return path


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / "stick" / "backup.db"
    path.parent.mkdir()
    return path


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """Another machine: another folder, with nothing in it."""
    path = tmp_path / "there" / "shots.db"
    path.parent.mkdir()
    return path


def put_back(
    backup: Path, log: Path, notes: Sequence[str] = (), *, nothing_newer: bool = False
) -> Restored:
    return restore(
        backup, log, notes=notes, by="ada", now=NOW, random_bytes=os.urandom, software="tests",
        nothing_newer=nothing_newer,
    )  # fmt: skip


def checkpoint(path: Path) -> str:
    with LogReader.open(path) as reader:
        return reader.checkpoint


def ended(reason: str = "quit") -> Draft:
    """An entry that any log may hold."""
    return Draft(None, EngineEnded(reason=reason))


def more(path: Path, reason: str = "quit") -> str:
    """One entry more; the checkpoint with it."""
    with open_log(path) as writing:
        writing.append([ended(reason)], NOW)
        return writing.checkpoint


def gone(path: Path) -> None:
    """The log is lost, its key is not."""
    for suffix in ("", "-wal", "-shm"):
        beside(path, suffix).unlink(missing_ok=True)


# -- a backup --------------------------------------------------------------------------------


def test_a_live_log_is_copied_as_it_is_in_one_moment(log: Path, backup: Path) -> None:
    with open_log(log) as writing:
        writing.append([ended()], NOW)
        made = back_up(log, backup, with_keys=False)
        assert made.report.size == writing.size
        assert checkpoint(backup) == writing.checkpoint
        writing.append([ended()], NOW)
    assert verify(log, against=checkpoint(backup)).ok
    assert verify(backup).ok


def test_it_is_one_file_that_can_be_read_where_nothing_can_be_written(
    log: Path, backup: Path
) -> None:
    back_up(log, backup, with_keys=False)
    assert {each.name for each in backup.parent.iterdir()} == {"backup.db", "backup.db.vkey"}
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    connection = sqlite3.connect(f"{backup.as_uri()}?mode=ro&immutable=1", uri=True)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_keys_come_along_only_when_somebody_says_so(log: Path, backup: Path) -> None:
    beside(log, ".staff").write_text("people")
    back_up(log, backup, with_keys=False)
    secret = beside(log, ".key").read_bytes()
    assert not [each for each in backup.parent.iterdir() if secret in each.read_bytes()]
    whole = backup.with_name("whole.db")
    assert back_up(log, whole, with_keys=True).along == (".vkey", ".key", ".staff")
    assert beside(whole, ".key").read_bytes() == secret
    for suffix in (".key", ".staff"):
        assert stat.S_IMODE(beside(whole, suffix).stat().st_mode) == 0o600


def test_a_key_that_is_not_the_copy_s_own_makes_no_backup(log: Path, backup: Path) -> None:
    """As when the key is changed between the copying of the log and that of its key."""
    write_sample(log.with_name("other.db"))
    shutil.copy2(beside(log.with_name("other.db"), ".key"), beside(log, ".key"))
    with pytest.raises(LogKeyUnusable, match="not the one that the copy ends under"):
        back_up(log, backup, with_keys=True)
    assert not backup.exists()


@pytest.mark.parametrize("taken", ["", ".vkey", ".key", ".staff", ".erased"])
def test_a_backup_overwrites_nothing(log: Path, backup: Path, taken: str) -> None:
    beside(backup, taken).write_text("mine")
    with pytest.raises(LogExists, match="overwrites nothing"):
        back_up(log, backup, with_keys=False)
    assert [each.read_text() for each in backup.parent.iterdir()] == ["mine"]


def test_of_a_log_that_does_not_verify_no_backup_is_left(log: Path, backup: Path) -> None:
    tamper(log, "UPDATE entries SET leaf = zeroblob(32) WHERE seq = 5")
    with pytest.raises(LogDamaged, match="does not verify"):
        back_up(log, backup, with_keys=False)
    assert list(backup.parent.iterdir()) == []


# -- putting it back -------------------------------------------------------------------------


def test_onto_a_new_machine_with_its_key_it_goes_on(log: Path, backup: Path, there: Path) -> None:
    back_up(log, backup, with_keys=True)
    made = put_back(backup, there, [checkpoint(log)])
    assert (made.size, made.erased_again) == (28, 0)
    note = more(there)
    assert verify(there, against=checkpoint(log)).ok
    assert verify(there, against=note).ok
    assert beside(there, ".vkey").read_bytes() == beside(log, ".vkey").read_bytes()
    assert not [each for each in there.parent.iterdir() if "restoring" in each.name]


def test_onto_a_new_machine_without_its_key_it_needs_a_successor(
    log: Path, backup: Path, there: Path
) -> None:
    back_up(log, backup, with_keys=False)
    with pytest.raises(CannotGoOn, match="signing key is neither") as caught:
        put_back(backup, there, [checkpoint(log)])
    assert caught.value.reason == "lost_key"
    assert not there.exists()


def test_where_the_log_is_lost_and_its_key_is_not_it_goes_on(log: Path, backup: Path) -> None:
    back_up(log, backup, with_keys=False)
    note = checkpoint(log)
    gone(log)
    put_back(backup, log, [note])
    assert verify(log, against=more(log)).ok
    left = {each.name for each in log.parent.iterdir()} - {"shots.db-wal", "shots.db-shm"}
    assert left == {"shots.db", "shots.db.key", "shots.db.lock", "shots.db.vkey"}


def test_onto_an_older_backup_nothing_goes_on(log: Path, backup: Path) -> None:
    """The log wrote one entry more, and somebody holds its checkpoint."""
    back_up(log, backup, with_keys=True)
    note = more(log)
    gone(log)
    with pytest.raises(CannotGoOn, match="has 28 entries, and the log had at least 29") as caught:
        put_back(backup, log, [note])
    assert caught.value.reason == "restored"
    assert not log.exists()


def test_a_newer_backup_than_the_newest_checkpoint_goes_on(log: Path, backup: Path) -> None:
    note = checkpoint(log)
    more(log)
    back_up(log, backup, with_keys=True)
    gone(log)
    made = put_back(backup, log, [note])
    assert made.compared.newest is not None
    assert (made.size, made.compared.newest.size) == (29, 28)
    assert verify(log, against=note).ok


def test_where_no_checkpoint_can_be_shown_somebody_has_to_say_that_nothing_was_written(
    log: Path, backup: Path
) -> None:
    back_up(log, backup, with_keys=True)
    gone(log)
    with pytest.raises(CannotGoOn, match="no checkpoint can be shown"):
        put_back(backup, log)
    assert put_back(backup, log, nothing_newer=True).size == 28


def test_a_checkpoint_of_another_log_proves_nothing(log: Path, backup: Path, there: Path) -> None:
    back_up(log, backup, with_keys=True)
    write_sample(there)
    note = checkpoint(there)
    gone(log)
    with pytest.raises(CannotGoOn, match="no checkpoint can be shown"):
        put_back(backup, log, [note])


def test_a_checkpoint_of_another_history_under_the_same_key_stops_everything(
    log: Path, backup: Path, there: Path
) -> None:
    back_up(log, backup, with_keys=True)
    for suffix in ("", ".key"):
        shutil.copy2(beside(log, suffix), beside(there, suffix))
    fork = more(there, "signal")
    more(log, "quit")
    newer = backup.with_name("newer.db")
    back_up(log, newer, with_keys=True)
    gone(log)
    with pytest.raises(LogDamaged, match="another history under the same key"):
        put_back(newer, log, [fork])


def test_a_key_that_came_after_the_backup_shows_that_it_is_behind(log: Path, backup: Path) -> None:
    back_up(log, backup, with_keys=False)
    note = checkpoint(log)
    rotate(log)
    gone(log)
    with pytest.raises(CannotGoOn, match="one that came later") as caught:
        put_back(backup, log, [note])
    assert caught.value.reason == "restored"


def test_a_newest_checkpoint_whose_key_the_backup_does_not_know_is_said_to_be_so(
    log: Path, backup: Path
) -> None:
    back_up(log, backup, with_keys=True)
    known = more(log)
    rotate(log)
    later = checkpoint(log)
    gone(log)
    for notes, words in (([known], "contradict them$"), ([known, later], "or a forger's$")):
        with pytest.raises(CannotGoOn, match=words):
            put_back(backup, log, notes)


def test_a_log_that_is_there_is_never_overwritten(log: Path, backup: Path) -> None:
    back_up(log, backup, with_keys=True)
    note = more(log)
    before = log.read_bytes()
    with pytest.raises(LogExists, match="a log is here already"):
        put_back(backup, log, [checkpoint(backup)])
    assert log.read_bytes() == before
    assert checkpoint(log) == note


def test_a_backup_that_was_changed_is_not_put_back(log: Path, backup: Path, there: Path) -> None:
    back_up(log, backup, with_keys=True)
    content = backup.read_bytes()
    backup.write_bytes(content.replace(SECRET, b"grey heron", 1))
    with pytest.raises(LogDamaged, match="does not verify"):
        put_back(backup, there, [checkpoint(log)])
    assert not there.exists()


def test_after_an_erasure_the_text_does_not_come_back(log: Path, backup: Path) -> None:
    """The backup has all that any checkpoint counts, but for the erasure, which LOG.erased
    tells of: it was on record before it was made, and the log died before that."""
    back_up(log, backup, with_keys=False)
    assert SECRET in backup.read_bytes()
    note = checkpoint(log)
    with open_log(log) as writing:
        texts = writing.reader.texts_of(PATIENT)
        writing.erase_all(texts, by="ada", reason="asked_for", now=NOW)
    gone(log)
    made = put_back(backup, log, [note])
    assert made.erased_again == len(texts) == 8
    for each in log.parent.iterdir():
        assert SECRET not in each.read_bytes(), each
    with LogReader.open(log) as reader:
        assert reader.texts_of(PATIENT) == []
        assert len(list(reader.entries(kinds=["text_erased"]))) == 8
    assert verify(log, against=note).ok


def test_erasures_that_only_the_backup_tells_of_go_on_record_at_the_log_s_place(
    log: Path, backup: Path
) -> None:
    """Or the next, older copy that is put back there would bring the texts again."""
    back_up(log, backup, with_keys=False)
    older = backup.with_name("older.db")
    shutil.copy2(backup, older)
    note = checkpoint(log)
    elsewhere = Erasure(1, "/title", "ab" * 32, 5)
    note_erasures(log, [elsewhere])
    with LogReader.open(log) as reader:
        (entry,) = reader.entries(kinds=["note"], session=SESSION)
        digest = dict(commitments(entry.body.model_dump()))["/text"]  # type: ignore[union-attr]
    only_there = Erasure(entry.seq, "/text", digest, 6)
    note_erasures(backup, [elsewhere, only_there])
    gone(log)
    assert put_back(backup, log, [note]).erased_again == 1
    assert noted_erasures(erased_path(log)) == (elsewhere, only_there)
    gone(log)
    assert put_back(older, log, [note]).erased_again == 1


def test_what_was_erased_on_record_is_not_erased_twice(log: Path, backup: Path) -> None:
    with open_log(log) as writing:
        texts = writing.reader.texts_of(PATIENT)
        writing.erase_all(texts, by="ada", reason="asked_for", now=NOW)
    back_up(log, backup, with_keys=False)
    note = checkpoint(log)
    gone(log)
    assert put_back(backup, log, [note]).erased_again == 0
    assert checkpoint(log) == note


def test_checkpoints_kept_in_a_file_are_read_line_by_line(log: Path, tmp_path: Path) -> None:
    first = checkpoint(log)
    second = more(log)
    file = tmp_path / "anchors"
    whole = "".join(
        json.dumps({"checkpoint": note, "utc_us": 1}) + "\n" for note in (first, second)
    )
    junk = b'\xff\xfe\n{"other": 1}\n[]\nnull\n5\n' + b"[" * 100_000 + b"\n"
    file.write_bytes(whole.encode() + junk + whole[:50].encode())
    assert kept_checkpoints(file) == [first, second]
    assert kept_checkpoints(tmp_path / "none") == []


# -- crashes ---------------------------------------------------------------------------------

BACKING_UP = """
from injector.shotlog import copying, keys
def act(folder):
    die_at(copying, "_copy", "verify", "sync_folder", "sync_file", "copy_file")
    die_at(keys, "reserve")
    die_at(Path, "rename")
    copying.back_up(folder / "shots.db", folder / "backup.db", with_keys=True)
"""
RESTORING = """
from injector.shotlog import copying, keys
def act(folder):
    die_at(copying, "_copy", "verify", "sync_folder", "sync_file", "copy_file", "_erase_again")
    die_at(keys, "reserve")
    die_at(ShotLog, "_commit", "empty_wal", "close")
    die_at(Path, "rename")
    die_at(Path, "unlink")
    copying.restore(
        folder / "backup.db", folder / "shots.db", notes=[(folder / "note").read_text()], by="ada",
        now=NOW, random_bytes=os.urandom, software="tests")
"""
BACKUP_STEPS, RESTORE_STEPS = 22, 48


def test_a_backup_killed_at_any_step_is_whole_or_not_there(log: Path, tmp_path: Path) -> None:
    rooms = folders(tmp_path, BACKUP_STEPS)
    for each in rooms:
        for suffix in ("", ".key", ".vkey"):
            shutil.copy2(beside(log, suffix), each)
    kill_at_every_step(tmp_path, BACKUP_STEPS, BACKING_UP)
    for each in rooms:
        backup = each / "backup.db"
        if backup.exists():
            assert verify(backup).ok
            assert beside(backup, ".key").read_bytes() == beside(log, ".key").read_bytes()
        again = each / "again.db"
        back_up(each / "shots.db", again, with_keys=True)
        assert verify(again).ok


def test_a_restore_killed_at_any_step_is_done_by_saying_it_again(log: Path, tmp_path: Path) -> None:
    backup = log.with_name("backup.db")
    back_up(log, backup, with_keys=True)
    note = checkpoint(log)
    with open_log(log) as writing:
        writing.erase_all(writing.reader.texts_of(PATIENT), by="a", reason="x", now=NOW)
    rooms = folders(tmp_path, RESTORE_STEPS)
    for each in rooms:
        (each / "note").write_text(note, encoding="utf-8")
        shutil.copy2(beside(log, ".erased"), each)
        for suffix in ("", ".key", ".vkey"):
            shutil.copy2(beside(backup, suffix), each)
    kill_at_every_step(tmp_path, RESTORE_STEPS, RESTORING)
    for each in rooms:
        restored = each / "shots.db"
        if not restored.exists():
            put_back(each / "backup.db", restored, [note])
        with open_log(restored) as going_on:
            assert going_on.reader.texts_of(PATIENT) == []
            assert going_on.size == 36
        assert verify(restored, against=note).ok
        for one in each.iterdir():
            if one.name.startswith("shots.db"):
                assert SECRET not in one.read_bytes(), one
