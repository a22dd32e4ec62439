"""A log of an older format opens, verifies and reads the same for good.

The logs stand in `kept`, one for each format that was ever written. Work is done on copies:
opening a log leaves files beside it.
"""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from injector.control.judged_again import JudgedAgain
from injector.shotlog import schema
from injector.shotlog.entries import KINDS, Draft, EngineStarted, Unknown
from injector.shotlog.errors import LogDamaged, LogNewerFormat
from injector.shotlog.findings import Check, Noted, Remark, Status
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.shotlog.samples import (
    LIBRARY,
    LIBRARY_DIGEST,
    NOW,
    SESSION,
    open_log,
    write_session,
)

KEPT = Path(__file__).parent / "kept"
FORMATS = sorted(schema.STATEMENTS_OF)
VIEWS = ("sessions", "shots", "alarms", "gaps", "facts", "syringes")


@pytest.fixture(params=FORMATS, ids=lambda number: f"format{number}")
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the log that is kept of a format."""
    folder = tmp_path / "kept"
    shutil.copytree(KEPT / f"format{request.param}", folder)
    (folder / "shots.db.key").chmod(0o600)
    return folder / "shots.db"


def kept(log: Path, name: str) -> str:
    return log.with_name(name).read_text(encoding="utf-8")


def figures(path: Path) -> dict[str, object]:
    """Everything that a log's views and queries say of it."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    shown: dict[str, object] = {
        view: [dict(row) for row in connection.execute(f"SELECT * FROM {view}")]  # noqa: S608
        for view in VIEWS
    }
    texts = "SELECT seq, place, text FROM private_text ORDER BY seq, place"
    shown["texts"] = [list(row) for row in connection.execute(texts)]
    connection.close()
    with LogReader.open(path) as reader:
        shown["size"], shown["checkpoint"] = reader.size, reader.checkpoint
        shown["entries"] = [
            {} if isinstance(entry.body, Unknown) else entry.body.model_dump(mode="json")
            for entry in reader.entries()
        ]
    return shown


def test_a_log_of_every_format_that_is_read_is_kept() -> None:
    assert [path.name for path in sorted(KEPT.iterdir()) if path.is_dir()] == [
        f"format{number}" for number in FORMATS
    ]
    assert FORMATS[-1] == schema.FORMAT


def test_it_verifies_under_the_key_and_the_checkpoint_that_are_kept_beside_it(log: Path) -> None:
    report = verify(
        log, vkey=kept(log, "shots.db.vkey").strip(), against=kept(log, "checkpoint.txt")
    )
    statuses = {each.check: each.status for each in report.checks}
    assert statuses.pop(Check.VERDICTS) is Status.NOT_CHECKED, "no judge was there"
    assert statuses == dict.fromkeys(set(Check) - {Check.VERDICTS}, Status.PASSED)


def test_verdicts_that_cannot_be_given_again_from_it_are_not_evaluated_and_nothing_fails(
    log: Path,
) -> None:
    """Its library is a text that no host can read, so that a judge has nothing to go by."""
    report = verify(log, judge=JudgedAgain())
    assert report.ok
    (verdicts,) = (each for each in report.checks if each.check is Check.VERDICTS)
    assert (verdicts.status, verdicts.counted, verdicts.found) == (Status.NOT_CHECKED, 0, 0)
    with LogReader.open(log) as reader:
        judged = len(list(reader.entries(kinds=["grant", "refused"])))
    assert judged > 0
    assert verdicts.remarks == (Noted(Remark.LIBRARY_UNKNOWN, judged),)


def test_its_views_and_entries_say_what_they_said(log: Path) -> None:
    assert figures(log) == json.loads(kept(log, "figures.json"))


def test_every_kind_in_it_is_known(log: Path) -> None:
    with LogReader.open(log) as reader:
        entries = list(reader.entries())
        assert reader.library_text(LIBRARY_DIGEST) == LIBRARY
    assert not [entry for entry in entries if isinstance(entry.body, Unknown)]
    kinds = {entry.body.kind for entry in entries if not isinstance(entry.body, Unknown)}
    assert len(kinds) > 40, sorted(set(KINDS) - kinds)


def test_it_is_gone_on_with_and_continues_what_was_kept(log: Path) -> None:
    with open_log(log) as opened:
        size = opened.size
        opened.append([Draft(None, EngineStarted(software="of today", host_boot=None))], NOW)
        write_session(opened, "t00000000000000c3", 3, first=9)
        assert opened.size > size
        checkpoint = opened.checkpoint
    for against in (kept(log, "checkpoint.txt"), checkpoint):
        report = verify(log, vkey=kept(log, "shots.db.vkey").strip(), against=against)
        assert report.ok
    with LogReader.open(log) as reader:
        assert SESSION in reader.session_ids()


def test_its_text_can_be_erased(log: Path) -> None:
    before = log.read_bytes().count(b"Elbow, left")
    with open_log(log) as opened:
        (seq,) = (entry.seq for entry in opened.entries(session=SESSION, limit=1))
        opened.erase(seq, "/title", by="ada", reason="asked", now=NOW)
    assert verify(log).ok
    assert (before, log.read_bytes().count(b"Elbow, left")) == (2, 1), "the other session's stays"


def test_a_schema_is_held_against_the_format_that_the_file_names(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later format has other tables; an older log keeps its own, and passes for no other."""
    later = schema.FORMAT + 1
    statements = (*schema.STATEMENTS, "CREATE TABLE more (x)", f"PRAGMA user_version = {later}")
    monkeypatch.setattr(schema, "STATEMENTS_OF", {**schema.STATEMENTS_OF, later: statements})
    monkeypatch.setattr(schema, "FORMAT", later)
    assert verify(log).ok, "the older log is whole as what it is"
    connection = sqlite3.connect(log)
    connection.execute(f"PRAGMA user_version = {later}")
    connection.close()
    report = verify(log)
    assert [each.detail for each in report.checks[0].findings] == ["more"]
    with pytest.raises(LogDamaged, match="more"):
        LogReader.open(log)
    connection = sqlite3.connect(log)
    connection.execute("CREATE TABLE more (x)")
    connection.close()
    found = {each.check for each in verify(log).checks if each.status is Status.FAILED}
    assert found == {Check.IDENTITY}, "entry 0 says which format it is"


def test_a_log_of_a_format_to_come_is_not_guessed_at(log: Path) -> None:
    connection = sqlite3.connect(log)
    connection.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
    connection.close()
    with pytest.raises(LogNewerFormat):
        verify(log)
