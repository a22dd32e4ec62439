"""The file of checkpoints: durable, tolerant of a crash, and the witness of the next start."""

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner

from injector.anchors.beside import catch_up, check, keep, newest
from injector.anchors.failure import AnchorError, Why
from injector.anchors.opening import open_to_write
from injector.cli.exits import Exit
from injector.cli.main import cli
from injector.control.effects import Append
from injector.control.logdesk import LogDesk
from injector.control.registering import (
    NotQualifiedError,
    approve_library,
    record_bodies,
    record_key,
    record_operator,
    write_vouched,
)
from injector.control.writer import LogWriter
from injector.shotlog.entries import Anchor, EngineStarted
from injector.shotlog.errors import LogContradicted, LogDamaged
from injector.shotlog.facts import OperatorRecorded
from injector.shotlog.kept import default_path
from injector.shotlog.lock import WriterLock
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader
from injector.treatment.shipped import shipped_library
from tests.shotlog.samples import (
    NOW,
    SECOND_SESSION,
    closed,
    numbered,
    open_log,
    opened,
    write_session,
)

LATER = 1_800_000_009_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of one session whose checkpoint is in the file beside it."""
    made = tmp_path / "shots.db"
    with open_log(made) as log:
        write_session(log)
        catch_up(log.reader, default_path(made), NOW.utc_us)
    return made


def desk(path: Path) -> LogDesk:
    return LogDesk.open(
        path, now=NOW, random_bytes=numbered(), software="tests", host_boot=None,
        anchors=default_path(path),
    )  # fmt: skip


def anchor(log: ShotLog | LogReader) -> Anchor:
    found = log.last("anchor")
    assert found is not None
    assert isinstance(found.body, Anchor)
    return found.body


def copied(path: Path, folder: Path) -> Path:
    folder.mkdir()
    for each in path.parent.iterdir():
        if each.is_file():
            shutil.copy2(each, folder / each.name)
    return folder / path.name


def put_back(copy: Path, path: Path, *, anchors: bool) -> None:
    """Somebody puts an older copy of the log back, with the file of checkpoints or without."""
    for suffix in ("", ".key", ".vkey", "-wal", "-shm") + ((".anchors",) if anchors else ()):
        kept, now = copy.with_name(copy.name + suffix), path.with_name(path.name + suffix)
        now.unlink(missing_ok=True)
        if kept.exists():
            shutil.copy2(kept, now)


# -- the file ------------------------------------------------------------------------------


def test_it_holds_the_anchor_of_each_session_and_is_for_its_owner_alone(path: Path) -> None:
    file = default_path(path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with open_log(path) as log:
        origin = log.reader.opened.origin
        first = newest(file, origin)
        assert first is not None
        assert first.note == anchor(log).checkpoint
        write_session(log, SECOND_SESSION, first=9)
        catch_up(log.reader, file, LATER)
        second = newest(file, origin)
        assert second is not None
        assert (second.note, second.utc_us) == (anchor(log).checkpoint, LATER)
    assert len(file.read_text().splitlines()) == 2


def test_what_is_there_already_is_not_written_again(path: Path) -> None:
    before = default_path(path).read_bytes()
    with open_log(path) as log:
        catch_up(log.reader, default_path(path), LATER)
    assert default_path(path).read_bytes() == before


def test_a_line_torn_at_any_byte_leaves_the_one_before_it_and_the_next_one_whole(
    path: Path,
) -> None:
    file = default_path(path)
    with open_log(path) as log:
        origin = log.reader.opened.origin
        write_session(log, SECOND_SESSION, first=9)
        whole, last = file.read_bytes(), anchor(log).checkpoint
        keep(file, last, LATER)
        line = file.read_bytes()[len(whole) :]
        for at in range(len(line)):
            file.write_bytes(whole + line[:at])
            torn = newest(file, origin)
            # a line that lacks only its newline is whole
            assert torn is not None
            assert (torn.note == last) == (at == len(line) - 1)
            keep(file, last, LATER)
            again = newest(file, origin)
            assert again is not None
            assert again.note == last


@pytest.mark.parametrize(
    "junk",
    [b"\xff\xfe", b"{}", b"[]", b"null", b'{"checkpoint": 5, "utc_us": 1}', b"[" * 100_000,
     b'{"checkpoint": "a\\n\\nb", "utc_us": 1}'],
    ids=["bytes", "empty", "list", "null", "number", "deep", "no_note"],
)  # fmt: skip
def test_lines_that_are_none_of_ours_are_passed_over(path: Path, junk: bytes) -> None:
    with default_path(path).open("ab") as file:
        file.write(junk + b"\n")
    with open_log(path) as log:
        check(log.reader, default_path(path))
        found = newest(default_path(path), log.reader.opened.origin)
        assert found is not None
        assert found.note == anchor(log).checkpoint


def test_one_file_may_hold_the_checkpoints_of_several_logs(path: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    other = tmp_path / "b" / "shots.db"
    shared = tmp_path / "stick.anchors"
    for each in (path, other):
        with open_log(each) as log:
            if each == other:
                write_session(log)
            catch_up(log.reader, shared, LATER)
    for each in (path, other):
        with open_log(each) as log:
            found = newest(shared, log.reader.opened.origin)
            assert found is not None
            assert found.note == anchor(log).checkpoint
            check(log.reader, shared)


def test_a_folder_that_is_not_there_is_a_failure_with_its_reason(path: Path) -> None:
    with open_log(path) as log, pytest.raises(AnchorError) as caught:
        catch_up(log.reader, path.parent / "no stick" / "file", LATER)
    assert caught.value.why is Why.FILE
    assert "No such file" in caught.value.detail


# -- the host that starts -------------------------------------------------------------------


def test_a_host_starts_on_a_log_that_goes_on_from_the_newest_checkpoint(path: Path) -> None:
    with open_log(path) as log:
        log.append([opened(SECOND_SESSION)], NOW)
    found = desk(path)
    found.close("tests", NOW)
    assert found.unkept == ""


def test_a_host_keeps_the_checkpoint_of_every_session_that_closes(path: Path) -> None:
    at_work = desk(path)
    at_work.commit([Append((opened(SECOND_SESSION),))], NOW)
    at_work.keep_anchor(NOW)
    origin = at_work.log.reader.opened.origin
    before = newest(default_path(path), origin)
    at_work.commit([Append((closed(SECOND_SESSION),))], NOW)
    at_work.keep_anchor(NOW)
    after = newest(default_path(path), origin)
    assert before is not None
    assert after is not None
    assert before.checkpoint.size < after.checkpoint.size == anchor(at_work.log).size
    at_work.close("tests", NOW)


def test_a_checkpoint_that_a_crash_kept_from_the_file_is_kept_at_the_next_start(
    path: Path,
) -> None:
    with open_log(path) as log:
        write_session(log, SECOND_SESSION, first=9)
        wanted, origin = anchor(log).checkpoint, log.reader.opened.origin
    desk(path).close("tests", NOW)
    found = newest(default_path(path), origin)
    assert found is not None
    assert found.note == wanted


def test_a_file_that_cannot_be_written_ends_nothing_and_is_told(path: Path) -> None:
    default_path(path).unlink()
    default_path(path).mkdir()
    at_work = desk(path)
    assert "directory" in at_work.unkept.lower()
    at_work.commit([Append((opened(SECOND_SESSION), closed(SECOND_SESSION)))], NOW)
    at_work.keep_anchor(NOW)
    assert at_work.unkept
    default_path(path).rmdir()  # and once it can be, it is
    at_work.close("tests", NOW)
    assert at_work.unkept == ""
    with open_log(path) as log:
        found = newest(default_path(path), log.reader.opened.origin)
        assert found is not None
        assert found.note == anchor(log).checkpoint


def test_a_log_put_back_from_a_copy_is_refused_and_nothing_is_written(
    path: Path, tmp_path: Path
) -> None:
    copy = copied(path, tmp_path / "copy")
    with open_log(path) as log:
        write_session(log, SECOND_SESSION, first=9)
        catch_up(log.reader, default_path(path), LATER)
    put_back(copy, path, anchors=False)
    before = path.read_bytes()
    with pytest.raises(LogContradicted, match=r"fewer entries.*injector log succeed"):
        desk(path)
    assert path.read_bytes() == before
    put_back(copy, path, anchors=True)
    desk(path).close("tests", NOW)  # the whole folder put back contradicts nothing here


def test_a_log_put_back_and_written_on_is_refused_however_long_it_got(
    path: Path, tmp_path: Path
) -> None:
    copy = copied(path, tmp_path / "copy")
    with open_log(path) as log:
        write_session(log, SECOND_SESSION, first=9)
        catch_up(log.reader, default_path(path), LATER)
    put_back(copy, path, anchors=False)
    with open_log(path) as log:
        write_session(log, "t00000000000000c3", shots=30, first=9)
        with pytest.raises(LogContradicted):  # nor is its checkpoint laid over the other one
            catch_up(log.reader, default_path(path), LATER)
    with pytest.raises(LogContradicted, match="other entries under it"):
        desk(path)


def started(writer: LogWriter) -> object:
    """What came of opening the log on its thread; fails where nothing comes at all."""
    told: SimpleQueue[object] = SimpleQueue()

    def run() -> None:
        try:
            told.put(writer.open())
        except BaseException as error:  # noqa: BLE001 -- it is what came of it
            told.put(error)

    Thread(target=run, daemon=True).start()
    return told.get(timeout=30)


def writer(path: Path, random_bytes: Callable[[int], bytes] = os.urandom) -> LogWriter:
    return LogWriter(
        path, clock=lambda: NOW, random_bytes=random_bytes, software="tests", host_boot=None,
        report=lambda _: None, anchors=default_path(path),
    )  # fmt: skip


def spoil(path: Path, table: str) -> None:
    """A disk gives back something else than was written, where that table begins."""
    db = sqlite3.connect(path)
    (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", [table]).fetchone()
    (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def test_a_page_that_cannot_be_read_while_the_log_is_checked_ends_the_start(path: Path) -> None:
    with open_log(path) as log:
        write_session(log, SECOND_SESSION, shots=300, first=9)  # as many as have a node
        catch_up(log.reader, default_path(path), LATER)
    spoil(path, "nodes")
    assert isinstance(started(writer(path)), LogDamaged)
    with pytest.raises(LogDamaged, match="malformed"):
        open_to_write(path, anchors=None, **HOW)
    WriterLock.take(path.with_name(path.name + ".lock")).release()  # nobody holds the log


def test_whatever_goes_wrong_on_the_log_s_thread_ends_the_start(path: Path) -> None:
    def no_more(_count: int) -> bytes:
        raise RuntimeError("the source of randomness has failed")

    told = started(writer(path, no_more))
    assert isinstance(told, RuntimeError)
    WriterLock.take(path.with_name(path.name + ".lock")).release()


def test_a_log_that_cannot_even_be_closed_again_ends_the_start_with_what_went_wrong_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_desk: LogDesk) -> str:
        raise LogDamaged("what was seen last cannot be read")

    closing = ShotLog.close

    def stuck(log: ShotLog) -> None:
        closing(log)
        raise OSError("the disk has gone")

    monkeypatch.setattr(LogDesk, "last_port", unreadable)
    monkeypatch.setattr(ShotLog, "close", stuck)
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    assert isinstance(started(writer(path)), LogDamaged)


def test_a_log_that_cannot_be_read_for_its_anchor_says_so_and_serves_on(path: Path) -> None:
    engine = desk(path)
    engine.log.reader.close()
    engine.keep_anchor(NOW, always=True)
    assert "closed database" in engine.unkept


RECORDED = OperatorRecorded(
    person="ada", name="Ada Example", role="practitioner", diploma="DIU mesotherapy",
    registration="75-1", by="ada",
)  # fmt: skip
HOW: dict[str, Any] = {"now": NOW, "random_bytes": os.urandom, "software": "tests"}


@pytest.mark.parametrize("elsewhere", [False, True], ids=["beside", "elsewhere"])
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda *at: record_operator(at[0], RECORDED, **HOW, anchors=at[1]), id="who"),
        pytest.param(
            lambda *at: record_key(at[0], "ada", bytes(32), by="ada", **HOW, anchors=at[1]),
            id="key",
        ),
        pytest.param(lambda *at: record_bodies(at[0], [RECORDED], **HOW, anchors=at[1]), id="any"),
        pytest.param(
            lambda *at: write_vouched(at[0], lambda _: (), **HOW, anchors=at[1]), id="vouched"
        ),
        pytest.param(
            lambda *at: approve_library(at[0], shipped_library(), by="ada", **HOW, anchors=at[1]),
            id="library",
        ),
    ],
)
def test_nothing_is_written_into_a_log_put_back_where_no_engine_runs(
    path: Path, tmp_path: Path, write: Callable[[Path, Path | None], object], *, elsewhere: bool
) -> None:
    copy = copied(path, tmp_path / "copy")
    with open_log(path) as log:
        write_session(log, SECOND_SESSION, first=9)
        catch_up(log.reader, default_path(path), LATER)
    put_back(copy, path, anchors=False)
    kept = None
    if elsewhere:
        kept = default_path(path).rename(tmp_path / "stick.jsonl")
    before = path.read_bytes()
    with pytest.raises(LogContradicted, match="fewer entries"):
        write(path, kept)
    assert path.read_bytes() == before
    put_back(copy, path, anchors=True)
    with suppress(NotQualifiedError):
        write(path, None)


@pytest.mark.parametrize(
    "arguments",
    [
        ["log", "rotate-key"],
        [
            "log",
            "erase",
            "--entry",
            "1",
            "--place",
            "/title",
            "--yes",
            "--by",
            "ada",
            "--reason",
            "asked",
        ],
        ["log", "anchor"],
    ],
    ids=lambda each: each[1],
)
def test_no_command_writes_into_a_log_put_back(
    path: Path, tmp_path: Path, arguments: list[str]
) -> None:
    copy = copied(path, tmp_path / "copy")
    with open_log(path) as log:
        write_session(log, SECOND_SESSION, first=9)
        catch_up(log.reader, default_path(path), LATER)
    put_back(copy, path, anchors=False)
    before = path.read_bytes()
    result = CliRunner().invoke(cli, [*arguments, "--log", str(path)])
    assert result.exit_code == Exit.BAD_INPUT, result.output
    assert "fewer entries" in result.stderr
    assert path.read_bytes() == before


def test_another_log_in_the_place_of_this_one_is_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    other = tmp_path / "b" / "shots.db"
    with open_log(other) as log:
        write_session(log)
    put_back(other, path, anchors=False)
    with pytest.raises(LogContradicted, match="of another log"):
        desk(path)


def test_a_checkpoint_that_no_key_of_the_log_signed_is_refused(path: Path) -> None:
    file = default_path(path)
    said = json.loads(file.read_text().splitlines()[-1])
    at = len(said["checkpoint"]) - 9
    letter = "A" if said["checkpoint"][at] != "A" else "B"
    said["checkpoint"] = said["checkpoint"][:at] + letter + said["checkpoint"][at + 1 :]
    file.write_text(json.dumps(said) + "\n")
    with pytest.raises(LogContradicted, match="no key of this log"):
        desk(path)


def test_a_file_that_cannot_be_read_contradicts_nothing(path: Path) -> None:
    """A folder in its place, which not even root can read as a file."""
    default_path(path).unlink()
    default_path(path).mkdir()
    with open_log(path) as log:
        with pytest.raises(AnchorError):
            newest(default_path(path), log.reader.opened.origin)
        check(log.reader, default_path(path))
    at_work = desk(path)
    assert at_work.unkept
    at_work.close("tests", NOW)


def test_a_start_reads_no_more_of_a_long_log_than_of_a_short_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in hashes: not how fast the machine is, but how much is read."""
    read: list[int] = []
    hashes = LogReader.hashes

    def counted(self: LogReader, height: int, first: int, count: int) -> list[bytes]:
        found = hashes(self, height, first, count)
        read.append(len(found))
        return found

    with open_log(path) as log:
        started = EngineStarted(software="tests", host_boot=None)
        for _ in range(20):
            log.append([type(opened())(None, started)] * 500, NOW)
        log.append([opened(SECOND_SESSION), closed(SECOND_SESSION)], NOW)
        catch_up(log.reader, default_path(path), LATER)
        monkeypatch.setattr(LogReader, "hashes", counted)
        check(log.reader, default_path(path))
        assert log.size > 10_000
    assert sum(read) < 600
