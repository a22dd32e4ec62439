"""Tampering, as someone with sqlite3 and no key does it; and what finds it.

Triggers are dropped first and put back after, so that only the content can tell.
"""

# ruff: noqa: S608 -- the statements are made of the tests' own constants

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from injector.shotlog import canonical, keys
from injector.shotlog.entries import Draft, EngineEnded, LibraryPart, TextErased
from injector.shotlog.errors import LogDamaged, LogMissing
from injector.shotlog.findings import (
    MOST_FINDINGS,
    Check,
    CheckResult,
    Code,
    Finding,
    Remark,
    Report,
    Status,
)
from injector.shotlog.merkle import leaf_hash
from injector.shotlog.note import NoteError
from injector.shotlog.schema import STATEMENTS
from injector.shotlog.verify import verify
from tests.shotlog.forging import bodies, rewrite
from tests.shotlog.samples import (
    LIBRARY,
    LIBRARY_DIGEST,
    NOW,
    SECOND_SESSION,
    SESSION,
    closed,
    open_log,
    opened,
    shot,
    tamper,
    write_sample,
    write_session,
)

LAST = 27  # the sample's newest entry, the anchor of its second session
FIRST_ANCHOR = 14
A_SHOT = 6


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A log of 28 entries and its newest checkpoint, made once."""
    path = tmp_path_factory.mktemp("sample") / "shots.db"
    return path, write_sample(path)


@pytest.fixture(scope="session")
def large_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with stored nodes, made once."""
    path = tmp_path_factory.mktemp("large") / "shots.db"
    with open_log(path) as log:
        log.append([opened()], NOW)
        log.append([Draft(SESSION, shot(index)) for index in range(1, 1500)], NOW)
        log.append([closed(SESSION, 1499)], NOW)
    return path


@pytest.fixture
def path(sample: tuple[Path, str], tmp_path: Path) -> Path:
    shutil.copy(sample[0], tmp_path / "shots.db")
    return tmp_path / "shots.db"


@pytest.fixture
def large(large_sample: Path, tmp_path: Path) -> Path:
    shutil.copy(large_sample, tmp_path / "shots.db")
    return tmp_path / "shots.db"


def of(report: Report, check: Check) -> CheckResult:
    return next(result for result in report.checks if result.check is check)


def failed(report: Report) -> set[Check]:
    return {result.check for result in report.checks if result.status is Status.FAILED}


def remarks(report: Report) -> set[tuple[Check, Remark, int]]:
    return {
        (result.check, each.remark, each.count)
        for result in report.checks
        for each in result.remarks
    }


def named(report: Report, check: Check) -> set[tuple[Code, int | None, int | None]]:
    return {(each.code, each.seq, each.last) for each in of(report, check).findings}


def rewritten(path: Path, seq: int, change: Callable[[dict[str, object]], None]) -> bytes:
    """Return an entry's body with a change, canonical and valid in form."""
    connection = sqlite3.connect(path)
    (body,) = connection.execute(
        "SELECT CAST(body AS BLOB) FROM entries WHERE seq = ?", [seq]
    ).fetchone()
    connection.close()
    fields = canonical.decode(body)
    change(fields)
    return canonical.encode(fields)


# -- a log that is as it was written --------------------------------------------------------


def test_an_untouched_log_passes_every_check_that_can_be_made(sample: tuple[Path, str]) -> None:
    report = verify(sample[0])
    statuses = {result.check: result.status for result in report.checks}
    asks_for_more = (Check.VERDICTS, Check.AGAINST)
    assert {statuses.pop(check) for check in asks_for_more} == {Status.NOT_CHECKED}
    assert set(statuses.values()) == {Status.PASSED}
    assert list(statuses) == [check for check in Check if check not in asks_for_more]
    assert report.ok
    assert report.size == of(report, Check.LEAVES).counted == 28
    assert of(report, Check.ANCHORS).counted == 2
    assert of(report, Check.SESSIONS).counted == 2
    assert of(report, Check.TEXTS).counted == 8


def test_what_could_not_be_checked_is_said(sample: tuple[Path, str]) -> None:
    path, checkpoint = sample
    report = verify(path)
    assert [each.remark for each in of(report, Check.AGAINST).remarks] == [Remark.NO_CHECKPOINT]
    assert [each.remark for each in of(report, Check.IDENTITY).remarks] == [Remark.KEY_OF_THE_LOG]
    report = verify(path, against=checkpoint, vkey=report.vkey)
    assert report.ok
    checks = [result for result in report.checks if result.check is not Check.VERDICTS]
    assert {result.status for result in checks} == {Status.PASSED}
    assert remarks(report) == {
        (Check.SESSIONS, Remark.SIGNATURE_CLAIMED, 2),
        (Check.VERDICTS, Remark.NO_JUDGE, 1),
    }


def test_every_checkpoint_a_log_ever_showed_is_one_it_continues(tmp_path: Path) -> None:
    path, kept = tmp_path / "shots.db", []
    with open_log(path) as log:
        kept.append(log.checkpoint)
        for index in range(1, 12):
            log.append([Draft(None, shot(index))] * 1, NOW)
            kept.append(log.checkpoint)
    for checkpoint in kept:
        report = verify(path, against=checkpoint)
        assert of(report, Check.AGAINST).status is Status.PASSED
    together = of(verify(path, against=kept), Check.AGAINST)
    assert (together.status, together.counted) == (Status.PASSED, len(kept))


def test_a_live_log_verifies_and_its_open_session_is_mentioned(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        log.append([opened(), Draft(SESSION, shot(1))], NOW)
        report = verify(path)
    assert report.ok
    assert [each.remark for each in of(report, Check.SESSIONS).remarks] == [Remark.SESSION_OPEN]


def test_what_is_added_while_verifying_is_left_for_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        log.append([Draft(None, shot(index)) for index in range(1, 2500)], NOW)
        size, ended = log.size, Draft(None, EngineEnded(reason="quit"))

        def meanwhile(_done: int, _total: int) -> None:
            log.append([ended], NOW)

        report = verify(path, progress=meanwhile)
        assert report.ok
        assert (report.size, log.size) == (size, size + 3)


def test_progress_is_told_up_to_the_end(large: Path) -> None:
    told: list[tuple[int, int]] = []
    verify(large, progress=lambda done, total: told.append((done, total)))
    assert told == [(1000, 1503), (1503, 1503)]


def test_entries_of_an_unknown_kind_are_counted_as_not_judged(path: Path) -> None:
    """A later version may add kinds; an older one says that it does not know them."""
    body = rewritten(path, LAST, lambda fields: fields.update(kind="of_tomorrow"))
    tamper(path, ("UPDATE entries SET body = ? WHERE seq = ?", (body.decode(), LAST)))
    (remark,) = of(verify(path), Check.BODIES).remarks
    assert (remark.remark, remark.count) == (Remark.UNKNOWN_KINDS, 1)


# -- entries -------------------------------------------------------------------------------


@pytest.mark.rule("INV-5")
@pytest.mark.parametrize("seq", range(LAST + 1))
def test_one_byte_changed_in_any_entry_is_found_and_named(path: Path, seq: int) -> None:
    tamper(
        path,
        (
            (
                "UPDATE entries SET "
                "body = replace(body, '\"seq\":' || seq, '\"seq\":' || (seq + 1)) WHERE seq = ?"
            ),
            (seq,),
        ),
    )
    report = verify(path)
    assert named(report, Check.LEAVES) == {(Code.LEAF_DIFFERS, seq, None)}
    assert named(report, Check.BODIES) == {(Code.OUT_OF_PLACE, seq, None)}
    assert not report.ok


def test_a_volume_changed_with_its_leaf_made_to_fit_is_found_between_two_anchors(
    path: Path,
) -> None:
    body = rewritten(path, 20, lambda fields: fields.update(volume_nl=1))
    tamper(
        path,
        ("UPDATE entries SET body = ?, leaf = ? WHERE seq = 20", (body.decode(), leaf_hash(body))),
    )
    report = verify(path)
    assert failed(report) == {Check.ANCHORS, Check.HEAD}
    assert named(report, Check.ANCHORS) == {(Code.ROOT_DIFFERS, FIRST_ANCHOR, LAST - 1)}


def test_an_anchor_that_names_another_root_beside_a_right_note_is_found(
    sample: tuple[Path, str], path: Path
) -> None:
    """Written with the log's key, so that nothing else is wrong."""
    key = keys.read(sample[0].with_name("shots.db.key"))
    right = bodies(path)[LAST]
    rewrite(path, lambda made: made[LAST].update(root="00" * 32), key=key)
    assert bodies(path)[LAST] == right | {"root": "00" * 32}
    report = verify(path)
    assert failed(report) == {Check.ANCHORS}
    assert named(report, Check.ANCHORS) == {(Code.ROOT_DIFFERS, FIRST_ANCHOR, LAST - 1)}


def test_an_entry_removed_from_the_middle_is_found_and_named(path: Path) -> None:
    tamper(path, f"DELETE FROM entries WHERE seq = {A_SHOT}")
    report = verify(path)
    assert named(report, Check.SEQUENCE) == {(Code.MISSING, A_SHOT, A_SHOT)}
    assert failed(report) == {Check.SEQUENCE, Check.HEAD, Check.ANCHORS, Check.DEVICES}


def test_an_entry_removed_and_the_rest_moved_up_is_found_and_named(path: Path) -> None:
    tamper(
        path,
        f"DELETE FROM entries WHERE seq = {A_SHOT}",
        *(f"UPDATE entries SET seq = {at - 1} WHERE seq = {at}" for at in range(A_SHOT + 1, 28)),
        "UPDATE head SET size = size - 1",
    )
    report = verify(path)
    assert min(each.seq or 0 for each in of(report, Check.BODIES).findings) == A_SHOT
    assert failed(report) == {
        Check.BODIES, Check.HEAD, Check.ANCHORS, Check.DEVICES, Check.GRANTS, Check.TEXTS,
    }  # fmt: skip


def test_the_newest_entry_removed_is_found_and_named(path: Path) -> None:
    tamper(path, f"DELETE FROM entries WHERE seq = {LAST}")
    assert named(verify(path), Check.SEQUENCE) == {(Code.MISSING, LAST, LAST)}


def test_an_entry_inserted_at_the_end_is_found_and_named(path: Path) -> None:
    tamper(
        path,
        "INSERT INTO entries (seq, body, leaf) SELECT 28, replace(body, '\"index\":1,', "
        f"'\"index\":99,'), leaf FROM entries WHERE seq = {A_SHOT - 1}",
    )
    report = verify(path)
    assert named(report, Check.SEQUENCE) == {(Code.BEYOND_HEAD, 28, 28)}


def test_an_entry_inserted_and_counted_by_the_head_is_found_and_named(path: Path) -> None:
    def as_28(fields: dict[str, object]) -> None:
        fields.update(seq=28, index=99)

    body = rewritten(path, A_SHOT, as_28)
    tamper(
        path,
        (
            "INSERT INTO entries (seq, body, leaf) VALUES (28, ?, ?)",
            (body.decode(), leaf_hash(body)),
        ),
        "UPDATE head SET size = 29",
    )
    report = verify(path)
    assert named(report, Check.HEAD) == {
        (Code.SIZE_DIFFERS, None, None),
        (Code.PEAKS_DIFFER, None, None),
    }


def test_an_entry_before_the_first_is_found_and_named(path: Path) -> None:
    tamper(path, "INSERT INTO entries (seq, body, leaf) SELECT -1, '{}', leaf FROM entries LIMIT 1")
    assert named(verify(path), Check.SEQUENCE) == {(Code.BEYOND_HEAD, -1, -1)}


def test_two_entries_swapped_are_found_and_named(path: Path) -> None:
    tamper(
        path,
        "DROP INDEX entries_by_journal",
        "CREATE TEMP TABLE held AS SELECT seq, body, leaf FROM entries WHERE seq IN (5, 6)",
        "UPDATE entries SET (body, leaf) = (SELECT body, leaf FROM held WHERE "
        "held.seq = 11 - entries.seq) WHERE seq IN (5, 6)",
        next(each for each in STATEMENTS if "UNIQUE INDEX" in each),
    )
    report = verify(path)
    assert named(report, Check.BODIES) == {
        (Code.OUT_OF_PLACE, 5, None),
        (Code.OUT_OF_PLACE, 6, None),
    }
    assert {Check.ANCHORS, Check.HEAD} <= failed(report)


def test_a_key_repeated_in_a_body_is_found_and_named(path: Path) -> None:
    """SQLite reads the first of two equal keys and most parsers the last."""
    tamper(path, f"UPDATE entries SET body = '{{\"kind\":\"x\",' || substr(body, 2) "
                 f"WHERE seq = {A_SHOT}")  # fmt: skip
    report = verify(path)
    assert named(report, Check.BODIES) == {(Code.MALFORMED, A_SHOT, None)}


@pytest.mark.parametrize("old", ['{"', '":', "kind", "shot", "2030", "PG-0001"])
def test_bytes_changed_in_the_file_itself_are_found_and_named(path: Path, old: str) -> None:
    """Not even SQLite can read such a body: its indexes hold what no longer is there."""
    connection = sqlite3.connect(path)
    bodies = connection.execute("SELECT seq, body FROM entries").fetchall()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = path.read_bytes()
    for seq, body in bodies:
        if old not in body:
            continue
        changed = body.replace(old, "\x01" * len(old), 1).encode()
        assert content.count(body.encode()) == 1
        path.write_bytes(content.replace(body.encode(), changed))
        report = verify(path)
        assert named(report, Check.LEAVES) == {(Code.LEAF_DIFFERS, seq, None)}
        assert named(report, Check.BODIES) == {(Code.MALFORMED, seq, None)}
        assert Check.HEAD in failed(report)  # and others, by what was changed


def test_a_leaf_changed_alone_is_found_and_named(path: Path) -> None:
    tamper(path, f"UPDATE entries SET leaf = zeroblob(32) WHERE seq = {A_SHOT}")
    report = verify(path)
    assert failed(report) == {Check.LEAVES}
    assert named(report, Check.LEAVES) == {(Code.LEAF_DIFFERS, A_SHOT, None)}


def test_an_entry_put_in_place_of_another_with_insert_or_replace_is_found(path: Path) -> None:
    body = rewritten(path, A_SHOT, lambda fields: fields.update(volume_nl=1))
    tamper(
        path,
        (
            "INSERT OR REPLACE INTO entries (seq, body, leaf) VALUES (?, ?, ?)",
            (A_SHOT, body.decode(), leaf_hash(body)),
        ),
    )
    report = verify(path)
    assert named(report, Check.ANCHORS) == {
        (Code.ROOT_DIFFERS, 0, FIRST_ANCHOR - 1),
        (Code.ROOT_DIFFERS, 0, LAST - 1),
    }


def test_entry_0_must_open_the_log(path: Path) -> None:
    tamper(path, "DELETE FROM entries WHERE seq = 0")
    report = verify(path)
    assert named(report, Check.IDENTITY) == {(Code.NOT_OPENED, 0, None)}
    assert named(report, Check.SEQUENCE) == {(Code.MISSING, 0, 0)}
    assert {Check.HEAD, Check.ANCHORS} <= failed(report)


def test_a_broken_log_is_told_of_at_length_but_not_without_end(large: Path) -> None:
    tamper(large, "UPDATE entries SET leaf = zeroblob(32)")
    result = of(verify(large), Check.LEAVES)
    assert (len(result.findings), result.found) == (MOST_FINDINGS, 1503)


def test_an_entry_that_queries_see_otherwise_than_it_is_written_is_found_and_named(
    path: Path,
) -> None:
    """A column of text shows a number as text."""
    body = rewritten(path, LAST, lambda fields: fields.update(kind="of_tomorrow", serial=5))
    tamper(path, ("UPDATE entries SET body = ? WHERE seq = ?", (body.decode(), LAST)))
    assert named(verify(path), Check.COLUMNS) == {(Code.COLUMN_DIFFERS, LAST, None)}


# -- the tail, and those who have the key ------------------------------------------------------


@pytest.mark.rule("INV-5")
def test_a_tail_cut_off_is_found_against_a_checkpoint_kept_before(tmp_path: Path) -> None:
    """The one thing nothing inside the file can tell: an older state of it, whole."""
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        write_session(log)
        held = log.checkpoint
    older = tmp_path / "older.db"
    shutil.copy(path, older)
    with open_log(path) as log:
        write_session(log, SECOND_SESSION, first=100)
        kept = log.checkpoint
    report = verify(older)
    assert report.ok, "from inside, an older state is a whole log"
    for against in (kept, [kept, held], [held, kept]):
        report = verify(older, against=against)
        assert failed(report) == {Check.AGAINST}
        assert named(report, Check.AGAINST) == {(Code.TAIL_CUT, 14, 26)}


@pytest.mark.rule("INV-5")
def test_a_history_rewritten_with_the_key_is_found_against_a_checkpoint_kept_before(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        write_session(log)
        kept = log.checkpoint
    forged = tmp_path / "forged.db"
    shutil.copy(path, forged)
    for suffix in (".key", ".vkey"):
        shutil.copy(tmp_path / f"shots.db{suffix}", tmp_path / f"forged.db{suffix}")
    _rewrite_with_the_key(forged, 5)
    assert verify(forged).ok, "whoever has the key writes what a verifier believes"
    report = verify(forged, against=kept)
    assert failed(report) == {Check.AGAINST}
    assert named(report, Check.AGAINST) == {(Code.ROOT_DIFFERS, 0, 13)}


def _rewrite_with_the_key(path: Path, seq: int) -> None:
    from injector.shotlog.checkpoint import Checkpoint
    from injector.shotlog.merkle import Peaks

    key = keys.read(path.with_name(path.name + ".key"))
    connection = sqlite3.connect(path)
    bodies = connection.execute("SELECT CAST(body AS BLOB) FROM entries ORDER BY seq").fetchall()
    connection.close()
    peaks, changes = Peaks(), []
    for at, (body,) in enumerate(bodies):
        fields = canonical.decode(body)
        if at == seq:
            fields["volume_nl"] = 1
        if fields["kind"] == "anchor":
            fields["root"] = peaks.root().hex()
            fields["checkpoint"] = Checkpoint(key.verifier.name, at, peaks.root()).signed(key)
        changed = canonical.encode(fields)
        peaks.append(leaf_hash(changed))
        changes.append(
            (
                "UPDATE entries SET body = ?, leaf = ? WHERE seq = ?",
                (changed.decode(), leaf_hash(changed), at),
            )
        )
    note = Checkpoint(key.verifier.name, peaks.size, peaks.root()).signed(key)
    head = ("UPDATE head SET peaks = ?, checkpoint = ?", (peaks.to_bytes(), note))
    tamper(path, *changes, head)


def test_a_checkpoint_of_another_log_is_not_one_of_this(
    sample: tuple[Path, str], tmp_path: Path
) -> None:
    other = write_sample(tmp_path / "other.db")
    report = verify(sample[0], against=other)
    assert failed(report) == {Check.AGAINST}
    assert {each.code for each in of(report, Check.AGAINST).findings} == {Code.SIGNATURE}


def test_another_key_than_the_one_handed_over_is_found(
    sample: tuple[Path, str], tmp_path: Path
) -> None:
    with open_log(tmp_path / "other.db") as other:
        vkey = other.vkey
    report = verify(sample[0], vkey=vkey)
    assert failed(report) == {Check.IDENTITY, Check.HEAD, Check.ANCHORS}


@pytest.mark.parametrize(("against", "vkey"), [("x", None), ("a\n\n", None), (None, "x")])
def test_what_is_no_checkpoint_or_key_is_refused_before_anything_is_read(
    sample: tuple[Path, str], against: str | None, vkey: str | None
) -> None:
    with pytest.raises(NoteError):
        verify(sample[0], against=against, vkey=vkey)


# -- what stands beside the entries -----------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE head SET size = 27", Code.SIZE_DIFFERS),
        ("UPDATE head SET peaks = randomblob(length(peaks))", Code.PEAKS_DIFFER),
        ("UPDATE head SET checkpoint = replace(checkpoint, '28', '27')", Code.SIGNATURE),
        ("UPDATE head SET checkpoint = ''", Code.SIGNATURE),
        (
            (
                "UPDATE head SET checkpoint = (SELECT json_extract(body, '$.checkpoint') "
                "FROM entries WHERE seq = 27)"
            ),
            Code.SIZE_DIFFERS,
        ),
        ("DELETE FROM head", Code.HEAD_MISSING),
    ],
)
def test_an_edited_head_is_found(path: Path, statement: str, code: Code) -> None:
    tamper(path, statement)
    report = verify(path)
    assert code in {each.code for each in of(report, Check.HEAD).findings}


def test_edited_removed_and_added_nodes_are_found_and_named(large: Path) -> None:
    tamper(
        large,
        "UPDATE nodes SET hash = zeroblob(32) WHERE height = 8 AND position = 1",
        "DELETE FROM nodes WHERE height = 8 AND position = 3",
        "INSERT INTO nodes VALUES (8, 77, zeroblob(32))",
    )
    report = verify(large)
    assert failed(report) == {Check.NODES}
    assert named(report, Check.NODES) == {
        (Code.NODE_DIFFERS, 256, 511),
        (Code.NODE_MISSING, 768, 1023),
        (Code.NODE_ADDED, None, None),
    }


def test_a_change_made_to_fit_its_leaf_is_narrowed_to_a_subtree(large: Path) -> None:
    body = rewritten(large, 700, lambda fields: fields.update(volume_nl=1))
    tamper(
        large,
        ("UPDATE entries SET body = ?, leaf = ? WHERE seq = 700", (body.decode(), leaf_hash(body))),
    )
    assert named(verify(large), Check.NODES) == {(Code.NODE_DIFFERS, 512, 767)}


def test_a_forged_anchor_is_found_and_named(path: Path) -> None:
    def older(fields: dict[str, object]) -> None:
        fields["root"] = "0" * 64

    body = rewritten(path, FIRST_ANCHOR, older)
    tamper(
        path,
        (
            "UPDATE entries SET body = ?, leaf = ? WHERE seq = ?",
            (body.decode(), leaf_hash(body), FIRST_ANCHOR),
        ),
    )
    assert failed(verify(path)) == {Check.ANCHORS, Check.HEAD}


# -- private texts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE private_text SET text = 'another' WHERE seq = 2 AND place = '/title'",
         Code.TEXT_DIFFERS),
        ("UPDATE private_text SET salt = zeroblob(32) WHERE seq = 2 AND place = '/title'",
         Code.TEXT_DIFFERS),
        ("UPDATE private_text SET text = CAST(x'ff' AS TEXT) WHERE seq = 2 AND place = '/title'",
         Code.TEXT_DIFFERS),
        ("DELETE FROM private_text WHERE seq = 2 AND place = '/title'", Code.TEXT_MISSING),
        ("INSERT INTO private_text VALUES (2, '/plan', zeroblob(32), 'x')", Code.TEXT_UNBOUND),
    ],
)  # fmt: skip
def test_an_edited_removed_or_added_private_text_is_found_and_named(
    path: Path, statement: str, code: Code
) -> None:
    tamper(path, statement)
    report = verify(path)
    assert failed(report) == {Check.TEXTS}
    assert named(report, Check.TEXTS) == {(code, 2, None)}


def test_the_record_of_an_erasure_that_never_was_is_found(path: Path) -> None:
    """The text is still there; the log itself would not write such a record."""
    with sqlite3.connect(path) as db:
        seq, place = db.execute("SELECT seq, place FROM private_text ORDER BY seq").fetchone()
    record = TextErased(
        text_seq=seq, place=place, hmac_sha256="0" * 64, by="ada", reason="asked_for"
    )

    def change(made: list[dict[str, object]]) -> None:
        common = {each: made[-1][each] for each in made[-1] if each in made[0]}
        made.append(common | record.model_dump(mode="json") | {"seq": LAST + 1})

    rewrite(path, change)
    assert named(verify(path), Check.TEXTS) == {(Code.ERASURE_UNFOUNDED, LAST + 1, None)}


def test_an_opening_whose_key_is_of_another_log_is_found(path: Path) -> None:
    rewrite(path, lambda made: made[0].update(origin="another.example/log"))
    assert (Code.ORIGIN_DIFFERS, 0, None) in named(verify(path), Check.IDENTITY)


def test_two_private_texts_swapped_are_found(path: Path) -> None:
    tamper(
        path,
        "CREATE TEMP TABLE held AS SELECT * FROM private_text",
        "UPDATE private_text SET (salt, text) = (SELECT salt, text FROM held WHERE "
        "held.seq = 2 AND held.place <> private_text.place) WHERE seq = 2",
    )
    assert failed(verify(path)) == {Check.TEXTS}


def test_a_private_text_of_no_entry_is_found(path: Path) -> None:
    tamper(path, "INSERT INTO private_text VALUES (4000, '/text', zeroblob(32), 'x')")
    assert named(verify(path), Check.TEXTS) == {(Code.TEXT_UNBOUND, 4000, None)}


def test_an_erasure_on_record_is_counted_and_one_of_a_text_that_stands_is_found(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        (entry,) = log.append([opened()], NOW)
        log.erase(entry.seq, "/title", by="ada", reason="asked", now=NOW)
    report = verify(path)
    assert report.ok
    assert [(each.remark, each.count) for each in of(report, Check.TEXTS).remarks] == [
        (Remark.TEXTS_ERASED, 1)
    ]
    tamper(path, "INSERT INTO private_text VALUES (1, '/title', zeroblob(32), 'back again')")
    report = verify(path)
    assert failed(report) == {Check.TEXTS}


# -- the schema: compared before anything of the file is run ----------------------------------


def _shots_view() -> str:
    return next(each for each in STATEMENTS if each.startswith("CREATE VIEW shots"))


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        (
            "shots",
            [
                "DROP VIEW shots",
                _shots_view().replace("'$.volume_nl') AS volume", "'$.depth_um') AS volume"),
            ],
        ),
        ("gaps", ["DROP VIEW gaps"]),
        ("gap", ["CREATE VIEW gap AS SELECT 1"]),
        ("more", ["CREATE TABLE more (x)"]),
        ("late", ["CREATE TRIGGER late AFTER INSERT ON entries BEGIN SELECT 1; END"]),
        ("entries_never_change", ["DROP TRIGGER entries_never_change"]),
        (
            "entries_never_change",
            [
                "DROP TRIGGER entries_never_change",
                "CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries BEGIN SELECT 1; END",
            ],
        ),
        ("entries_by_kind", ["DROP INDEX entries_by_kind"]),
        ("entries_by_journal", ["DROP INDEX entries_by_journal"]),
        ("sqlite_stat1", ["ANALYZE"]),
    ],
)
def test_a_changed_schema_is_found_and_nothing_else_is_run(
    path: Path, name: str, statements: list[str]
) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    report = verify(path)
    assert failed(report) == {Check.SCHEMA}
    assert name in {each.detail for each in of(report, Check.SCHEMA).findings}
    others = [result for result in report.checks if result.check is not Check.SCHEMA]
    assert {result.status for result in others} == {Status.NOT_CHECKED}
    assert {each.remark for result in others for each in result.remarks} == {Remark.SCHEMA_DIFFERS}


def _write_schema(path: Path, name: str, old: str, new: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    changed = connection.execute(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = ?", [old, new, name]
    )
    assert changed.rowcount == 1
    connection.execute("PRAGMA writable_schema = OFF")
    connection.close()


def test_a_rewritten_generated_column_is_found(path: Path) -> None:
    """It would show another serial number than the body's with every hash intact."""
    _write_schema(path, "entries", "'$.serial'", "'$.session'")
    report = verify(path)
    assert failed(report) == {Check.SCHEMA}
    assert [each.detail for each in of(report, Check.SCHEMA).findings] == ["entries"]


def test_a_schema_that_cannot_be_read_is_damage(path: Path) -> None:
    _write_schema(path, "gaps", "SELECT", "SELEC")
    with pytest.raises(LogDamaged, match="malformed"):
        verify(path)


def test_a_poked_index_is_found_by_the_integrity_check_and_as_a_column(
    path: Path,
) -> None:
    """Cut out of the definition and put back, the index lacks what came in between."""
    connection = sqlite3.connect(path, isolation_level=None)
    (index,) = [each for each in STATEMENTS if "entries_by_kind" in each]
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_schema SET sql = sql || ' WHERE seq <> 6' WHERE name = 'entries_by_kind'"
    )
    connection.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("REINDEX entries_by_kind")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'entries_by_kind'", [index])
    connection.close()
    report = verify(path)
    assert failed(report) == {Check.INTEGRITY, Check.COLUMNS}
    assert "missing from index" in of(report, Check.INTEGRITY).findings[0].detail
    assert of(report, Check.COLUMNS).findings == (Finding(Code.COLUMN_DIFFERS, seq=6),)


def test_overwritten_pages_are_reported_and_nothing_unread_has_passed(large: Path) -> None:
    content = bytearray(large.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = b"\xaa" * 20_000
    large.write_bytes(content)
    report = verify(large)
    assert failed(report) == {Check.INTEGRITY}
    assert of(report, Check.HEAD).status is not Status.PASSED


def test_no_log_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(LogMissing):
        verify(tmp_path / "shots.db")


# -- sessions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drafts", "code", "seqs"),
    [
        ([Draft(SESSION, EngineEnded(reason="quit"))], Code.SESSION_NOT_OPEN, {1}),
        ([closed()], Code.SESSION_NOT_OPEN, {1, 2}),
        ([opened(), opened(SECOND_SESSION)], Code.SESSION_LEFT_OPEN, {1}),
        ([opened(), closed(), opened()], Code.SESSION_REOPENED, {4}),
        ([opened(), closed(), closed()], Code.SESSION_NOT_OPEN, {4}),
    ],
)
def test_sessions_open_and_close_in_pairs(
    tmp_path: Path, drafts: list[Draft], code: Code, seqs: set[int]
) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        log.append(drafts, NOW)
    report = verify(path)
    assert failed(report) == {Check.SESSIONS}
    assert named(report, Check.SESSIONS) == {(code, seq, None) for seq in seqs}


def test_a_log_that_is_opened_again_within_is_found_and_named(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    open_log(path).close()
    key = keys.read(path.with_name("shots.db.key"))
    rewrite(path, lambda made: made.append(made[0] | {"seq": 1}), key=key)
    report = verify(path)
    assert failed(report) == {Check.IDENTITY}
    assert named(report, Check.IDENTITY) == {(Code.OPENED_AGAIN, 1, None)}


def part(number: int, of: int, digest: str = LIBRARY_DIGEST) -> Draft:
    """A library in one part, or a part of one that no other part makes whole."""
    return Draft(None, LibraryPart(digest=digest, part=number, parts=of, text=LIBRARY))


@pytest.mark.parametrize(
    ("drafts", "found"),
    [
        ([part(0, 1, digest="ab" * 32)], {(Code.LIBRARY_DIFFERS, 1, 1)}),
        ([part(0, 2)], {(Code.LIBRARY_INCOMPLETE, 1, None)}),
        ([part(1, 2)], {(Code.LIBRARY_INCOMPLETE, 1, None)}),
        ([part(0, 3), part(2, 3)], {(Code.LIBRARY_INCOMPLETE, 2, None)}),
        ([part(0, 2), part(0, 1)], {(Code.LIBRARY_INCOMPLETE, 1, None)}),
        ([part(0, 1)], set()),
    ],
)
def test_a_library_that_is_not_whole_or_not_its_digest_s_is_found_and_named(
    tmp_path: Path, drafts: list[Draft], found: set[tuple[Code, int, int | None]]
) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        log.append(drafts, NOW)
    report = verify(path)
    assert failed(report) == ({Check.LIBRARIES} if found else set())
    assert named(report, Check.LIBRARIES) == found


def test_a_session_whose_close_no_anchor_follows_is_found_and_named(path: Path) -> None:
    body = rewritten(path, FIRST_ANCHOR, lambda fields: fields.update(kind="of_tomorrow"))
    tamper(
        path,
        ("UPDATE entries SET body = ? WHERE seq = ?", (body.decode(), FIRST_ANCHOR)),
        f"DELETE FROM entries WHERE seq = {LAST}",
    )
    assert named(verify(path), Check.SESSIONS) == {
        (Code.NOT_ANCHORED, FIRST_ANCHOR - 1, None),
        (Code.NOT_ANCHORED, LAST - 1, None),
    }


def test_what_a_device_tells_after_the_close_belongs_to_its_session(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        log.append([opened(), closed(), Draft(SESSION, shot(1))], NOW)
    assert verify(path).ok
