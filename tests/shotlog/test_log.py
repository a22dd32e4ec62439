"""Writing: all or nothing, durable, one log, one key, one place for each journal entry."""

import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from injector.shotlog.checkpoint import open_checkpoint
from injector.shotlog.entries import (
    Anchor,
    Draft,
    EngineEnded,
    EngineStarted,
    Grant,
    LogOpened,
    Moment,
    Note,
    SessionClosed,
    Shot,
)
from injector.shotlog.errors import (
    JournalRepeated,
    LogDamaged,
    LogKeyUnusable,
    LogLocked,
    LogMissing,
    LogNewerFormat,
    LogNotOurs,
    LogReadOnly,
    LogWriteFailed,
    WriteFailure,
)
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.note import VerifierKey
from injector.shotlog.reader import LogReader, library_drafts
from injector.shotlog.verify import verify
from tests.shotlog.samples import (
    JOURNAL,
    LIBRARY,
    LIBRARY_DIGEST,
    NOW,
    SECOND_SESSION,
    SERIAL,
    SESSION,
    closed,
    grant,
    numbered,
    open_log,
    opened,
    recorded,
    shot,
    tamper,
    write_sample,
    write_session,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shots.db"


@pytest.fixture
def log(path: Path) -> Iterator[ShotLog]:
    with open_log(path) as opened_log:
        yield opened_log


ENDED = Draft(None, EngineEnded(reason="quit"))


# -- a new log ------------------------------------------------------------------------


def test_a_new_log_says_in_entry_0_which_log_it_is(log: ShotLog) -> None:
    (entry,) = log.entries()
    assert isinstance(entry.body, LogOpened)
    assert entry.at == NOW
    assert entry.body.log_id == log.log_id.hex()
    assert entry.body.vkey == log.vkey
    assert entry.body.origin == VerifierKey.parse(log.vkey).name
    assert (entry.body.format, entry.body.predecessor) == (1, None)


def test_a_new_log_claims_nobodys_domain_and_has_128_random_bits(log: ShotLog) -> None:
    host, _, name = VerifierKey.parse(log.vkey).name.partition("/")
    assert host == "injector.invalid"
    assert len(bytes.fromhex(name)) == 16


def test_the_key_is_outside_the_database_and_only_its_owner_reads_it(
    log: ShotLog, path: Path
) -> None:
    key = path.with_name("shots.db.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    log.close()
    secret = key.read_text().strip().split("+", 4)[4]  # base64 can hold a plus itself
    assert len(secret) == 44
    assert secret.encode() not in path.read_bytes()
    assert path.with_name("shots.db.vkey").read_text() == log.vkey + "\n"


def test_time_and_randomness_come_in_from_outside(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        with open_log(tmp_path / name, numbered()) as log:
            write_session(log)
            written.append((log.checkpoint, list(log.entries())))
    assert written[0] == written[1]


def test_what_is_left_of_a_log_that_was_not_finished_is_no_hindrance(path: Path) -> None:
    for suffix in (".new", ".new-wal", ".key.new"):
        path.with_name(path.name + suffix).write_bytes(b"half")
    with open_log(path) as log:
        assert log.size == 1
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "shots.db", "shots.db.key", "shots.db.lock", "shots.db.vkey",
    ]  # fmt: skip


def test_a_log_whose_key_had_not_got_its_name_yet_is_finished(path: Path) -> None:
    open_log(path).close()
    key = path.with_name("shots.db.key")
    key.rename(path.with_name("shots.db.key.new"))
    with open_log(path) as log:
        log.append([ENDED], NOW)
    assert key.exists()


def test_a_log_that_is_gone_is_not_begun_anew_under_its_key(path: Path) -> None:
    open_log(path).close()
    path.unlink()
    with pytest.raises(LogMissing, match=r"its key .* is here"):
        open_log(path)


# -- appending --------------------------------------------------------------------------


def test_entries_come_back_as_they_were_appended(log: ShotLog) -> None:
    later = Moment(NOW.utc_us + 7, NOW.mono_us + 9)
    drafts = [Draft(SESSION, grant()), Draft(SESSION, shot(1, 1)), ENDED]
    entries = log.append(drafts, later)
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.body for entry in entries] == [draft.body for draft in drafts]
    assert {entry.at for entry in entries} == {later}
    assert tuple(log.entries(after=0)) == entries


def test_each_commit_replaces_the_checkpoint_by_one_over_the_larger_tree(
    log: ShotLog, path: Path
) -> None:
    key = VerifierKey.parse(log.vkey)
    before = log.checkpoint
    log.append([ENDED, ENDED], NOW)
    assert open_checkpoint(before, key).size == 1
    assert open_checkpoint(log.checkpoint, key).size == log.size == 3
    with LogReader.open(path) as reader:
        assert (reader.checkpoint, reader.size) == (log.checkpoint, 3)


def test_no_older_checkpoint_stays_in_the_files(path: Path) -> None:
    with open_log(path) as log:
        older = []
        for _ in range(20):
            older.append(log.checkpoint.rsplit(" ", 1)[1].strip().encode())
            log.append([ENDED], NOW)
        newest = log.checkpoint.rsplit(" ", 1)[1].strip().encode()
    stored = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert newest in stored
    assert [signature for signature in older if signature in stored] == []


def test_a_session_close_is_followed_by_an_anchor_of_the_tree_before_it(log: ShotLog) -> None:
    log.append([opened()], NOW)
    entries = log.append([closed(), ENDED], NOW)
    assert [entry.body.kind for entry in entries] == ["session_closed", "engine_ended"]
    anchor = log.last("anchor", session=SESSION)
    assert anchor is not None
    assert isinstance(anchor.body, Anchor)
    assert anchor.seq == entries[0].seq + 1 == anchor.body.size
    signed = open_checkpoint(anchor.body.checkpoint, VerifierKey.parse(log.vkey))
    assert (signed.size, signed.root.hex()) == (anchor.body.size, anchor.body.root)


def test_nothing_to_append_is_nothing_written(log: ShotLog) -> None:
    before = log.checkpoint
    assert log.append([], NOW) == ()
    assert log.checkpoint == before


def test_the_log_writes_its_own_entries_itself(log: ShotLog) -> None:
    first = next(log.entries())
    assert isinstance(first.body, LogOpened)
    with pytest.raises(ValueError, match="written by the log itself"):
        log.append([ENDED, Draft(None, first.body)], NOW)
    assert log.size == 1


def test_a_batch_with_one_impossible_draft_is_not_written_at_all(log: ShotLog) -> None:
    with pytest.raises(ValueError, match="do not pair"):
        log.append([ENDED, Draft(None, Note(text=TO_BE_SEALED, by="ada"))], NOW)
    assert log.size == 1
    log.append([ENDED], NOW)
    assert log.size == 2


def test_a_journal_entry_stands_in_the_log_once(log: ShotLog) -> None:
    log.append([Draft(SESSION, shot(1))], NOW)
    before = log.checkpoint
    for batch in ([shot(1)], [shot(2), shot(1, volume_nl=1)], [shot(3), shot(3)]):
        with pytest.raises(JournalRepeated):
            log.append([Draft(SECOND_SESSION, body) for body in batch], NOW)
        assert (log.size, log.checkpoint) == (2, before)
    other = shot(1).model_copy(update={"journal_id": JOURNAL + 1})
    log.append([Draft(SESSION, other), Draft(SESSION, shot(2))], NOW)
    assert [entry.seq for entry in log.journal(SERIAL, JOURNAL)] == [1, 3]
    assert [entry.seq for entry in log.journal(SERIAL, JOURNAL, first=2, last=2)] == [3]


def test_a_log_goes_on_where_it_ended(path: Path) -> None:
    with open_log(path) as log:
        write_session(log)
        size, checkpoint, log_id = log.size, log.checkpoint, log.log_id
    with open_log(path) as log:
        assert (log.size, log.checkpoint, log.log_id) == (size, checkpoint, log_id)
        log.append([ENDED], NOW)
        assert log.size == size + 1
    assert verify(path).ok


# -- reading ------------------------------------------------------------------------------


def test_entries_are_chosen_by_session_and_kind_in_pages_of_any_size(log: ShotLog) -> None:
    log.append([Draft(SESSION, shot(index)) for index in range(1, 1200)], NOW)
    log.append([Draft(SECOND_SESSION, shot(index)) for index in range(1200, 1210)], NOW)
    log.append([Draft(SECOND_SESSION, grant())], NOW)
    assert [entry.seq for entry in log.entries()] == list(range(1211))
    assert sum(1 for _ in log.entries(session=SESSION)) == 1199
    assert [e.seq for e in log.entries(session=SESSION, after=1195)] == [1196, 1197, 1198, 1199]
    assert sum(1 for _ in log.entries(kinds=["shot", "grant"])) == 1210
    assert [e.seq for e in log.entries(session=SECOND_SESSION, kinds=["grant"])] == [1210]
    assert [e.seq for e in log.entries(kinds=["shot"], after=600, limit=2)] == [601, 602]
    assert sum(1 for _ in log.entries(limit=700)) == 700
    assert list(log.entries(kinds=[])) == []


def test_the_newest_entry_of_a_kind_is_found(log: ShotLog) -> None:
    log.append([Draft(SESSION, shot(1)), Draft(SECOND_SESSION, shot(2)), ENDED], NOW)
    newest, in_session = log.last("shot"), log.last("shot", session=SESSION)
    assert newest is not None
    assert in_session is not None
    assert (newest.seq, in_session.seq) == (2, 1)
    assert log.last("grant") is None


def test_a_library_of_any_text_comes_back_by_its_digest(log: ShotLog) -> None:
    text = "é\n\x01\U0001f600" * 20_000
    digest = hashlib.sha256(text.encode()).hexdigest()
    log.append(library_drafts(LIBRARY_DIGEST, LIBRARY), NOW)
    log.append(library_drafts(digest, text), NOW)
    assert log.reader.library_text(digest) == text
    assert log.reader.library_text(LIBRARY_DIGEST) == LIBRARY
    assert log.reader.library_text("0" * 64) is None
    with pytest.raises(ValueError, match="digest"):
        library_drafts("0" * 64, text)


def test_a_reader_follows_a_live_log(log: ShotLog, path: Path) -> None:
    with LogReader.open(path) as reader:
        seen = [entry.seq for entry in reader.entries()]
        log.append([ENDED], NOW)
        assert [entry.seq for entry in reader.entries(after=seen[-1])] == [1]


def test_the_views_join_each_shot_with_what_permitted_it(log: ShotLog) -> None:
    granted = write_session(log)
    rows = list(log.reader.shots(SESSION))
    assert len(rows) == 8
    for row in rows:
        assert row["grant_seq"] == granted
        assert (row["technique"], row["zone"], row["verdict"]) == ("nappage", "elbow", "allow")
        assert (row["setpoint_volume_nl"], row["volume_nl"]) == (20_000, 20_050)
        assert (row["setpoint_depth_um"], row["depth_um"]) == (2_000, 1_990)
        assert (row["setpoint_flow_nl_s"], row["flow_nl_s"]) == (200_000, 198_000)
        assert row["peak_pressure_pa"] == 60_000
    (session,) = log.reader.sessions()
    assert (session["session"], session["shots"], session["title"]) == (SESSION, 8, "Elbow, left")
    assert session["counted_volume_nl"] == 8 * 20_050
    assert session["closed_reason"] == "finished"


# -- erasing ------------------------------------------------------------------------------


@pytest.mark.rule("R-PRIVATE")
def test_an_erased_text_is_in_none_of_the_files_and_the_log_still_verifies(path: Path) -> None:
    words = "the heron's real name"
    with open_log(path) as log:
        texts = {**opened().texts, "/pseudonym": words}
        (entry,) = log.append([Draft(SESSION, opened().body, texts)], NOW)
        write_after = [Draft(SESSION, shot(index)) for index in range(1, 50)]
        log.append(write_after, NOW)
        erased = log.erase(entry.seq, "/pseudonym", by="ada", reason="asked", now=NOW)
        assert erased.body.kind == "text_erased"
        assert log.reader.private_text(entry.seq, "/pseudonym") is None
        assert log.reader.private_text(entry.seq, "/title") == "Elbow, left"
        for file in path.parent.iterdir():
            assert words.encode() not in file.read_bytes(), file.name
    assert verify(path).ok


@pytest.mark.parametrize(("seq", "place"), [(0, "/pseudonym"), (1, "/nothing"), (9, "/title")])
def test_only_a_text_that_is_there_can_be_erased(log: ShotLog, seq: int, place: str) -> None:
    log.append([opened()], NOW)
    with pytest.raises(ValueError, match="no private text"):
        log.erase(seq, place, by="ada", reason="asked", now=NOW)
    assert log.size == 2


# -- what the database refuses by itself ------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET body = body WHERE seq = 3",
        "DELETE FROM entries WHERE seq = 3",
        (
            "INSERT OR REPLACE INTO entries (seq, body, leaf) SELECT seq, body, leaf FROM entries"
            " WHERE seq = 3"
        ),
        (
            "INSERT OR REPLACE INTO entries (seq, body, leaf) SELECT max(seq) + 1, "
            "(SELECT body FROM entries WHERE kind = 'shot' LIMIT 1), leaf FROM entries"
        ),
        "INSERT INTO entries (seq, body, leaf) SELECT max(seq) + 2, '{}', leaf FROM entries",
        "INSERT INTO entries (body, leaf) SELECT '{}', leaf FROM entries LIMIT 1",
        "UPDATE head SET size = size - 1",
        "DELETE FROM head",
        "INSERT OR REPLACE INTO head SELECT * FROM head",
        "UPDATE private_text SET text = ''",
        "DELETE FROM private_text",
        "INSERT OR REPLACE INTO private_text SELECT * FROM private_text",
    ],
)
def test_accidents_are_refused_by_the_database(path: Path, statement: str) -> None:
    write_sample(path)
    connection = sqlite3.connect(path)
    before = list(connection.iterdump())
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    connection.rollback()
    assert list(connection.iterdump()) == before
    connection.close()


def test_nodes_are_refused_changes_by_the_database(path: Path) -> None:
    with open_log(path) as log:
        log.append([Draft(SESSION, shot(index)) for index in range(1, 300)], NOW)
    connection = sqlite3.connect(path)
    for statement in (
        "UPDATE nodes SET hash = hash",
        "DELETE FROM nodes",
        "INSERT OR REPLACE INTO nodes SELECT * FROM nodes",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()


# -- when writing fails -----------------------------------------------------------------------


def test_a_full_disk_writes_nothing_of_the_batch_and_the_log_works_again_later(
    log: ShotLog, path: Path
) -> None:
    write_session(log)
    size, checkpoint = log.size, log.checkpoint
    pages = log._db.execute("PRAGMA page_count").fetchone()[0]
    log._db.execute(f"PRAGMA max_page_count = {pages}")
    batch = [Draft(SESSION, shot(index)) for index in range(9, 309)]
    for _ in range(2):
        with pytest.raises(LogWriteFailed) as caught:
            log.append(batch, NOW)
        assert caught.value.reason is WriteFailure.DISK_FULL
        assert (log.size, log.checkpoint) == (size, checkpoint)
    with LogReader.open(path) as reader:
        assert (reader.size, sum(1 for _ in reader.entries())) == (size, size)
    log._db.execute("PRAGMA max_page_count = 1073741823")
    assert len(log.append(batch, NOW)) == 300
    assert verify(path).ok


def test_a_write_that_another_process_holds_up_fails_and_works_later(
    log: ShotLog, path: Path
) -> None:
    log._db.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogWriteFailed) as caught:
        log.append([ENDED], NOW)
    assert caught.value.reason is WriteFailure.BUSY
    other.execute("ROLLBACK")
    other.close()
    log.append([ENDED], NOW)
    assert log.size == 2


def test_after_a_failed_write_the_log_goes_on_from_what_the_file_holds(
    log: ShotLog, path: Path
) -> None:
    """A write that the disk failed may have reached it all the same."""
    log._db.execute("PRAGMA max_page_count = 1")
    with pytest.raises(LogWriteFailed):
        log.append([Draft(None, shot(index)) for index in range(1, 200)], NOW)
    log._db.execute("PRAGMA max_page_count = 1073741823")
    path.with_name("shots.db.lock").unlink()
    with open_log(path) as reached:
        reached.append([ENDED], NOW)
    assert [entry.seq for entry in log.append([ENDED], NOW)] == [2]
    assert verify(path).ok


def test_a_database_swapped_under_a_running_writer_is_noticed(log: ShotLog, path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.rename(path)
    with pytest.raises(LogWriteFailed) as caught:
        log.append([ENDED], NOW)
    assert caught.value.reason is WriteFailure.REPLACED
    path.unlink()
    with pytest.raises(LogWriteFailed):
        log.append([ENDED], NOW)


def test_a_head_that_someone_else_moved_is_damage(log: ShotLog, path: Path) -> None:
    tamper(path, "UPDATE head SET size = size + 1")
    with pytest.raises(LogDamaged, match="changed by something else"):
        log.append([ENDED], NOW)


def test_free_space_is_that_of_the_logs_file_system(log: ShotLog, path: Path) -> None:
    assert 0 < log.free_bytes() <= shutil.disk_usage(path.parent).total


def _as_ordinary_user(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` as someone whom file modes bind: root is not.

    Everything is imported before: the project itself may stand where that user cannot read.
    """
    user = 65534 if os.geteuid() == 0 else None
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.shotlog.samples import *\n"
        "from injector.shotlog.errors import *\n"
        "from injector.shotlog.verify import verify\n"
        f"path = Path({str(folder / 'shots.db')!r})\n"
        + (f"os.setgroups([]); os.setgid({user}); os.setuid({user})\n" if user else "")
        + code
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike those pytest makes."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_file_that_cannot_be_written_says_so_on_opening(open_folder: Path) -> None:
    path = open_folder / "shots.db"
    open_log(path).close()
    for file in open_folder.iterdir():
        if os.geteuid() == 0:
            os.chown(file, 65534, 65534)
    path.chmod(0o400)
    result = _as_ordinary_user(
        open_folder,
        f"try:\n    open_log(path)\nexcept {LogReadOnly.__name__} as error:\n    print(error)\n",
    )
    assert "cannot be" in result.stdout, result.stderr


def test_a_copy_made_with_vacuum_into_is_read_and_verified_where_nothing_can_be_written(
    open_folder: Path, path: Path
) -> None:
    write_sample(path)
    connection = sqlite3.connect(path)
    connection.execute("VACUUM INTO ?", [str(open_folder / "shots.db")])
    connection.close()
    (open_folder / "shots.db").chmod(0o444)
    open_folder.chmod(0o555)
    result = _as_ordinary_user(
        open_folder,
        "print(verify(path).ok, verify(path).size)\n",
    )
    assert result.stdout == "True 28\n", result.stderr


def test_a_folder_that_cannot_be_written_says_so_on_opening(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    result = _as_ordinary_user(
        open_folder,
        f"try:\n    open_log(path)\nexcept {LogReadOnly.__name__} as error:\n    print(error)\n",
    )
    assert "cannot be written" in result.stdout, result.stderr


# -- what is no log, or not ours to write ----------------------------------------------------


def test_a_log_of_a_newer_format_is_left_alone(path: Path) -> None:
    write_sample(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    for opening in (open_log, LogReader.open, verify):
        with pytest.raises(LogNewerFormat, match="format 2 is newer"):
            opening(path)


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\x00" * 300])
def test_a_file_that_is_no_log_is_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for opening in (open_log, LogReader.open, verify):
        with pytest.raises(LogNotOurs):
            opening(path)
    assert path.read_bytes() == content


def test_another_database_is_left_as_it_is(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE entries (seq INTEGER)")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(LogNotOurs, match="something else"):
        open_log(path)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(LogMissing, match="no such folder"):
        open_log(tmp_path / "nowhere" / "shots.db")
    with pytest.raises(LogMissing, match="no shot log here"):
        LogReader.open(tmp_path / "shots.db")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o602])
def test_a_key_that_others_may_read_or_change_is_refused(path: Path, mode: int) -> None:
    open_log(path).close()
    path.with_name("shots.db.key").chmod(mode)
    with pytest.raises(LogKeyUnusable, match=f"mode {mode:04o}"):
        open_log(path)


def test_a_log_without_its_key_is_read_but_not_written(path: Path) -> None:
    write_sample(path)
    path.with_name("shots.db.key").unlink()
    with pytest.raises(LogKeyUnusable, match="missing"):
        open_log(path)
    assert verify(path).ok


def test_the_key_of_another_log_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        open_log(tmp_path / name).close()
    shutil.copy(tmp_path / "one.key", tmp_path / "two.key")
    with pytest.raises(LogKeyUnusable, match="another log"):
        open_log(tmp_path / "two")


def test_a_key_file_that_holds_no_key_is_refused_without_being_repeated(path: Path) -> None:
    open_log(path).close()
    key = path.with_name("shots.db.key")
    key.write_text("PRIVATE+KEY+sesame")
    with pytest.raises(LogKeyUnusable) as caught:
        open_log(path)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE head SET peaks = x''", "not whole"),
        ("UPDATE head SET checkpoint = 'x'", "not whole"),
        ("UPDATE head SET peaks = randomblob(length(peaks))", "not what its checkpoint signs"),
        ("DELETE FROM head", "head is missing"),
        ("DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)", "newest entry"),
        ("UPDATE entries SET leaf = randomblob(32) WHERE seq = 27", "newest entry"),
    ],
)
def test_a_log_that_contradicts_itself_is_not_written_on(
    path: Path, statement: str, words: str
) -> None:
    write_sample(path)
    tamper(path, statement)
    with pytest.raises(LogDamaged, match=words):
        open_log(path)


def test_a_failed_opening_leaves_the_log_free_for_the_next(path: Path) -> None:
    open_log(path).close()
    key = path.with_name("shots.db.key")
    key.chmod(0o644)
    with pytest.raises(LogKeyUnusable):
        open_log(path)
    key.chmod(0o600)
    open_log(path).close()


def test_a_second_writer_in_the_same_process_is_refused_too(log: ShotLog, path: Path) -> None:
    with pytest.raises(LogLocked) as caught:
        open_log(path)
    assert caught.value.pid == os.getpid()


def test_closing_twice_is_closing_once(path: Path) -> None:
    log = open_log(path)
    log.close()
    log.close()
    open_log(path).close()


def test_kinds_used_in_the_samples_are_the_ones_meant(log: ShotLog) -> None:
    write_session(log)
    kinds = [type(entry.body) for entry in log.entries(session=SESSION)]
    assert kinds[1] is Grant
    assert kinds.count(Shot) == 8
    assert kinds[-2:] == [SessionClosed, Anchor]
    log.append([Draft(None, EngineStarted(software="tests", host_boot=None))], NOW)


# -- what people record ---------------------------------------------------------------


def test_what_people_record_is_found_by_kind_person_and_filling(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        log.append([opened()], NOW)
        log.append(recorded(), NOW)
        log.append([closed()], NOW)
    with LogReader.open(tmp_path / "shots.db") as reader:
        rows = {str(row["kind"]): row for row in reader.facts(SESSION)}
        syringes = list(reader.syringes(SESSION))
    assert (rows["hand_shots"]["shots"], rows["hand_shots"]["volume_nl"]) == (3, 300_000)
    assert (rows["adverse_event"]["code"], rows["adverse_event"]["degree"]) == ("bruising", 1)
    assert rows["taken_over"]["by_person"] == "bea"
    assert [row["fill"] for row in syringes] == [0, 1]
    assert [row["loaded_volume_nl"] for row in syringes] == [2_000_000, 1_000_000]
    by_hand = syringes[1]
    assert (by_hand["hand_volume_nl"], by_hand["spilled_volume_nl"]) == (300_000, 10_000)
    assert by_hand["left_volume_nl"] == 600_000
    assert verify(tmp_path / "shots.db").ok
