"""Rotation: another key takes over, both sign for it, and every auditor can follow."""

import os
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from injector.shotlog import keys, rotating
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import Anchor, Draft, EngineEnded
from injector.shotlog.envelope import pack
from injector.shotlog.errors import LogKeyUnusable
from injector.shotlog.findings import Check, Code, Remark, Report, Status
from injector.shotlog.keychain import KeyChain, handover_text
from injector.shotlog.merkle import Peaks, leaf_hash
from injector.shotlog.note import SigningKey, VerifierKey, open_note
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.shotlog.vouching import KeyRotated
from tests.shotlog.killed import folders, kill_at_every_step
from tests.shotlog.samples import (
    NOW,
    SECOND_SESSION,
    open_log,
    tamper,
    write_sample,
    write_session,
)
from tests.shotlog.test_verify import failed, named, of, rewritten

ENDED = Draft(None, EngineEnded(reason="quit"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shots.db"


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def rotate(path: Path) -> KeyRotated:
    with open_log(path) as log:
        return log.rotate_key(reason="yearly", by="ada", now=NOW)


def findings(report: Report) -> list[tuple[Check, Code, int | None]]:
    return [
        (result.check, found.code, found.seq)
        for result in report.checks
        for found in result.findings
    ]


# -- what a rotation is ----------------------------------------------------------------------


def test_both_keys_sign_the_tree_before_it_and_name_the_new_key(path: Path) -> None:
    write_sample(path)
    old = keys.read(beside(path, ".key")).verifier
    body = rotate(path)
    new = VerifierKey.parse(body.vkey)
    assert new.name == old.name
    assert new.public != old.public
    with LogReader.open(path) as reader:
        entry = reader.last("key_rotated")
        assert entry is not None
        assert entry.body == body
        assert body.size == entry.seq == 28
        tree = Checkpoint(old.name, body.size, bytes.fromhex(body.root))
        for key in (old, new):
            assert open_note(body.checkpoint, key) == tree.text()
            assert open_note(body.handover, key) == handover_text(tree, new)
        assert reader.vkey == str(new)
        assert reader.opened.vkey == str(old)
        assert KeyChain.of(reader).keys == (old, new)


def test_from_then_on_the_new_key_signs_and_the_old_secret_is_gone(path: Path) -> None:
    write_sample(path)
    old = keys.read(beside(path, ".key"))
    body = rotate(path)
    with open_log(path) as log:
        assert log.vkey == body.vkey
        log.append([ENDED], NOW)
        note = log.checkpoint
    assert open_note(note, VerifierKey.parse(body.vkey))
    assert str(keys.read(beside(path, ".key")).verifier) == body.vkey
    assert beside(path, ".vkey").read_text() == body.vkey + "\n"
    assert stat.S_IMODE(beside(path, ".key").stat().st_mode) == 0o600
    secret = old.to_text().encode()
    assert not [each for each in path.parent.iterdir() if secret in each.read_bytes()]


def test_the_file_of_the_old_secret_is_overwritten_before_it_goes(path: Path) -> None:
    """A name that is removed leaves the bytes where they were."""
    open_log(path).close()
    kept = path.with_name("second name of the same file")
    os.link(beside(path, ".key"), kept)
    size = kept.stat().st_size
    rotate(path)
    assert kept.read_bytes() == bytes(size)


def test_a_key_that_is_not_the_newest_opens_no_log(path: Path) -> None:
    open_log(path).close()
    old = beside(path, ".key").read_text()
    rotate(path)
    beside(path, ".key").write_text(old)
    with pytest.raises(LogKeyUnusable, match="older key of the log"):
        open_log(path)


def test_a_key_that_came_after_a_copy_was_made_opens_no_such_copy(path: Path) -> None:
    open_log(path).close()
    before = path.read_bytes()
    rotate(path)
    path.write_bytes(before)
    with pytest.raises(LogKeyUnusable, match="beside an older copy"):
        open_log(path)


# -- what an auditor can tell ----------------------------------------------------------------


def chain_of_three(path: Path) -> tuple[list[str], list[str]]:
    """A log under three keys: its verifier keys, and checkpoints kept under each."""
    vkeys, kept = [], []
    with open_log(path) as log:
        for at, session in enumerate(("t00000000000000a1", SECOND_SESSION, "t00000000000000c3")):
            if at:
                log.rotate_key(reason="yearly", by="ada", now=NOW)
                kept.append(log.checkpoint)
            write_session(log, session, shots=2, first=1 + 2 * at)
            vkeys.append(log.vkey)
            kept.append(log.checkpoint)
    return vkeys, kept


def test_whoever_holds_any_key_of_the_chain_gets_an_answer(path: Path) -> None:
    vkeys, _ = chain_of_three(path)
    for later, vkey in zip((2, 1, 0), vkeys, strict=True):
        report = verify(path, vkey=vkey)
        assert report.ok
        assert report.vkey == vkeys[-1]
        assert of(report, Check.KEYS).counted == 2
        assert of(report, Check.ANCHORS).counted == 3
        remarks = [(each.remark, each.count) for each in of(report, Check.IDENTITY).remarks]
        assert remarks == ([(Remark.KEY_FOLLOWED, later)] if later else [])


def test_a_checkpoint_kept_under_any_key_is_still_one_that_the_log_continues(path: Path) -> None:
    vkeys, kept = chain_of_three(path)
    for note in kept:
        report = verify(path, against=note, vkey=vkeys[-1])
        assert report.ok
        assert of(report, Check.AGAINST).status is Status.PASSED


def test_an_old_key_s_checkpoint_of_a_later_tree_is_another_history(path: Path) -> None:
    write_sample(path)
    old = keys.read(beside(path, ".key"))
    rotate(path)
    with LogReader.open(path) as reader:
        report = verify(path)
        assert report.root is not None
        note = Checkpoint(old.verifier.name, reader.size, report.root).signed(old)
    report = verify(path, against=note)
    assert failed(report) == {Check.AGAINST}
    assert named(report, Check.AGAINST) == {(Code.SIGNATURE, None, None)}


def test_a_key_of_another_log_is_none_of_the_chain(path: Path, tmp_path: Path) -> None:
    chain_of_three(path)
    with open_log(tmp_path / "other.db") as other:
        vkey = other.vkey
    report = verify(path, vkey=vkey)
    assert named(report, Check.IDENTITY) == {(Code.OTHER_KEY, 0, None)}


def test_a_log_cut_back_to_before_its_rotation_is_not_the_newest_key_s(path: Path) -> None:
    write_sample(path)
    before = path.read_bytes()
    vkey = rotate(path).vkey
    path.write_bytes(before)
    assert verify(path).ok
    assert named(verify(path, vkey=vkey), Check.IDENTITY) == {(Code.OTHER_KEY, 0, None)}


# -- forgeries -------------------------------------------------------------------------------


def graft(path: Path, seq: int, forger: SigningKey, body: KeyRotated) -> None:
    """Cut a log back to ``seq`` entries and go on under another key, all made to fit."""
    db = sqlite3.connect(path)
    leaves = [
        leaf for (leaf,) in db.execute("SELECT leaf FROM entries ORDER BY seq LIMIT ?", [seq])
    ]
    db.close()
    peaks = Peaks()
    for leaf in leaves:
        peaks.append(leaf)
    made = pack(Draft(None, body), seq, NOW, bytes(16), os.urandom)
    assert made.leaf == leaf_hash(made.body)
    peaks.append(made.leaf)
    head = Checkpoint(forger.verifier.name, seq + 1, peaks.root()).signed(forger)
    tamper(
        path,
        ("DELETE FROM private_text WHERE seq >= ?", (seq,)),
        ("DELETE FROM entries WHERE seq >= ?", (seq,)),
        (
            "INSERT INTO entries (seq, body, leaf) VALUES (?, ?, ?)",
            (seq, made.body.decode(), made.leaf),
        ),
        (
            "UPDATE head SET size = ?, peaks = ?, checkpoint = ?",
            (seq + 1, peaks.to_bytes(), head),
        ),
    )


def test_an_anchor_s_checkpoint_signed_once_more_is_no_handover(path: Path) -> None:
    """Anchors hold checkpoints under the log's key. Whoever has the file, and no secret, can
    cut the log back to one of them and add their own signature to it."""
    write_sample(path)
    with LogReader.open(path) as reader:
        anchor = reader.last("anchor")
        assert anchor is not None
        assert isinstance(anchor.body, Anchor)
        honest = VerifierKey.parse(reader.vkey)
    forger = SigningKey(honest.name, bytes(range(32)))
    tree = Checkpoint(honest.name, anchor.seq, bytes.fromhex(anchor.body.root))
    own = tree.signed(forger).removeprefix(tree.text() + "\n")
    handover = handover_text(tree, forger.verifier)
    body = KeyRotated(
        vkey=str(forger.verifier),
        size=anchor.seq,
        root=anchor.body.root,
        checkpoint=anchor.body.checkpoint + own,
        handover=forger.sign(handover),
        reason="yearly",
        by=None,
    )
    for key in (honest, forger.verifier):
        assert open_note(body.checkpoint, key) == tree.text()
    graft(path, anchor.seq, forger, body)
    for vkey in (str(honest), str(forger.verifier)):
        report = verify(path, vkey=vkey)
        assert named(report, Check.KEYS) == {(Code.NOT_HANDED_OVER, anchor.seq, None)}
        assert not report.ok


@pytest.mark.parametrize("field", ["vkey", "size", "root", "checkpoint", "handover"])
def test_a_field_of_a_rotation_that_was_changed_is_found_by_the_check_of_keys(
    path: Path, field: str
) -> None:
    write_sample(path)
    rotate(path)
    other = SigningKey("injector.invalid/" + "0" * 32, bytes(32))
    values: dict[str, object] = {
        "vkey": str(other.verifier),
        "size": 27,
        "root": "00" * 32,
        "checkpoint": other.sign("a\n"),
        "handover": other.sign("a\n"),
    }
    body = rewritten(path, 28, lambda fields: fields.update({field: values[field]}))
    tamper(
        path,
        ("UPDATE entries SET body = ?, leaf = ? WHERE seq = 28", (body.decode(), leaf_hash(body))),
    )
    assert of(verify(path), Check.KEYS).status is Status.FAILED


# -- crashes ---------------------------------------------------------------------------------

DYING = """
from injector.shotlog import keys, rotating
def act(folder):
    with open_log(folder / "shots.db") as log:
        die_at(
            rotating, "prepare", "finish", "destroy", "_overwrite", "sync_folder",
            "replace_verifier_key",
        )
        die_at(keys, "write")
        die_at(Path, "rename")
        die_at(ShotLog, "_commit")
        log.rotate_key(reason="yearly", by="ada", now=NOW)
"""
STEPS = 15


def test_a_rotation_killed_at_any_step_leaves_a_log_that_opens_and_verifies(
    tmp_path: Path, path: Path
) -> None:
    write_sample(path, shots=1)
    with LogReader.open(path) as reader:
        old = reader.vkey
    rooms = folders(tmp_path, STEPS)
    for each in rooms:
        for suffix in ("", ".key", ".vkey"):
            shutil.copy2(beside(path, suffix), each)
    kill_at_every_step(tmp_path, STEPS, DYING)
    rotated = set()
    for each in rooms:
        log = each / "shots.db"
        with open_log(log) as opened:
            new = opened.vkey != old
            assert new == (opened.reader.last("key_rotated") is not None)
            opened.append([ENDED], NOW)
            assert beside(log, ".vkey").read_text().strip() == opened.vkey
        rotated.add(new)
        assert not list(each.glob("*.next")), "the other secret is still there"
        for vkey in {old, opened.vkey}:
            assert verify(log, vkey=vkey).ok
    assert rotated == {False, True}


def test_a_next_key_that_was_cut_short_is_thrown_away(path: Path) -> None:
    open_log(path).close()
    text = keys.read(beside(path, ".key")).to_text()
    beside(path, ".key.next").write_text(text[:40])
    beside(path, ".key.next").chmod(0o600)
    with open_log(path) as log:
        assert log.size == 1
    assert not beside(path, ".key.next").exists()


def test_a_next_key_that_others_can_read_is_not_used_without_a_word(path: Path) -> None:
    open_log(path).close()
    beside(path, ".key.next").write_text("anything")
    beside(path, ".key.next").chmod(0o644)
    with pytest.raises(LogKeyUnusable, match="others may read"):
        open_log(path)


def test_a_commit_that_failed_leaves_the_old_key(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_log(path).close()

    def fails(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with open_log(path) as log, monkeypatch.context() as broken:
        vkey = log.vkey
        broken.setattr(rotating, "prepare", fails)
        with pytest.raises(Exception, match="disk_full"):
            log.rotate_key(reason="yearly", by=None, now=NOW)
    with open_log(path) as log:
        assert (log.vkey, log.size) == (vkey, 1)
