"""Erasure: a patient's texts are gone from every file of the log, and the log still verifies."""

import json
import resource
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.cli.log import log as command
from injector.shotlog.entries import Draft, Note
from injector.shotlog.erased import Erasure, erased_path, note_erasures, noted_erasures
from injector.shotlog.errors import ErasureIncomplete, LogDamaged
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.findings import Check, Remark
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.shotlog.vouching import Corrected
from tests.shotlog.killed import folders, kill_at_every_step
from tests.shotlog.samples import NOW, SESSION, closed, open_log, opened, write_sample
from tests.shotlog.test_rotation import beside
from tests.shotlog.test_verify import of

PATIENT, OTHER = "00000000000000ff", "00000000000000ee"
WORDS = [b"blue heron", b"Elbow, left", b"a single tablet", b"reddened a little"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shots.db"
    write_sample(path)
    return path


def run(*arguments: str | Path, given: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], input=given)


def erase(path: Path, *more: str, given: str | None = None) -> Result:
    return run("erase", "--log", path, "--by", "ada", "--reason", "asked_for", *more, given=given)


def bytes_of(path: Path) -> bytes:
    """All that stands in the log's files: database, WAL, shared memory, and beside them."""
    return b"".join(
        each.read_bytes()
        for each in sorted(path.parent.iterdir())
        if each.name.startswith(path.name)
    )


def test_every_text_of_a_patient_goes_from_every_file(path: Path) -> None:
    assert all(word in bytes_of(path) for word in WORDS)
    done = erase(path, "--patient", " Blue  HERON", "--yes")
    assert done.exit_code == 0, done.output
    assert not [word for word in WORDS if word in bytes_of(path)]
    report = verify(path)
    assert report.ok
    assert [(each.remark, each.count) for each in of(report, Check.TEXTS).remarks] == [
        (Remark.TEXTS_ERASED, 8)
    ]
    with LogReader.open(path) as reader:
        records = [entry.body for entry in reader.entries(kinds=["text_erased"])]
    assert {(body.by, body.reason) for body in records} == {("ada", "asked_for")}  # type: ignore[union-attr]


def test_in_a_log_of_many_pages_no_copy_is_left_in_any_of_them(tmp_path: Path) -> None:
    """Rows move between pages as a table grows, and each place that they leave is overwritten."""
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        for number in range(60):
            session = f"t{number:016x}"
            draft = opened(session)
            mine = number % 2 == 0
            log.append(
                [
                    Draft(
                        session,
                        draft.body.model_copy(update={"patient": PATIENT if mine else OTHER}),
                        dict(draft.texts) | {"/pseudonym": "blue heron" if mine else "grey seal"},
                    ),
                    *(
                        Draft(
                            session,
                            Note(text=TO_BE_SEALED, by="ada"),
                            {"/text": ("mine" if mine else "theirs") + f" {number} {at} " * 40},
                        )
                        for at in range(8)
                    ),
                    closed(session),
                ],
                NOW,
            )
    done = erase(path, "--patient", PATIENT, "--yes", "--json")
    assert len(json.loads(done.stdout)["erased"]) == 30 * 11
    content = bytes_of(path)
    assert b"blue heron" not in content
    assert b"mine " not in content
    assert b"theirs 59 7 " in content
    assert b"grey seal" in content
    assert verify(path).ok


def test_a_correction_of_a_patients_record_goes_too(path: Path) -> None:
    with open_log(path) as log:
        (about,) = log.entries(kinds=["session_opened"], session=SESSION)
        log.append(
            [
                Draft(
                    None,
                    Corrected(
                        about_seq=about.seq, place="/title",
                        before={"value": TO_BE_SEALED.model_dump()},
                        after={"value": TO_BE_SEALED.model_dump()},
                        reason=TO_BE_SEALED, by="ada",
                    ),
                    {"/before/value": "wrong", "/after/value": "right knee", "/reason": "a slip"},
                )
            ],
            NOW,
        )  # fmt: skip
    assert b"right knee" in bytes_of(path)
    assert erase(path, "--patient", PATIENT, "--yes").exit_code == 0
    assert b"right knee" not in bytes_of(path)


def test_one_text_of_an_entry_goes_and_the_others_stay(path: Path) -> None:
    with LogReader.open(path) as reader:
        (entry,) = reader.entries(kinds=["note"], session=SESSION)
    assert erase(path, "--entry", str(entry.seq), "--place", "/text", "--yes").exit_code == 0
    with LogReader.open(path) as reader:
        assert len(reader.texts_of(PATIENT)) == 7
    again = erase(path, "--entry", str(entry.seq), "--place", "/text", "--yes")
    assert again.exit_code == 0
    assert "nothing is there to erase" in again.stderr
    wrong = erase(path, "--entry", "1", "--place", "/text", "--yes")
    assert wrong.exit_code == 2
    assert "entry 1 has no private text at /text" in wrong.stderr


def test_nothing_is_erased_before_somebody_has_said_yes(path: Path) -> None:
    before = path.read_bytes()
    asked = erase(path, "--patient", "blue heron", given="n\n")
    assert asked.exit_code == 1
    assert "8 texts" in asked.stderr
    assert "blue heron" not in asked.stderr
    assert path.read_bytes() == before
    assert not erased_path(path).exists()
    assert erase(path, "--patient", "blue heron", given="y\n").exit_code == 0


def test_while_an_engine_runs_nothing_is_erased(path: Path) -> None:
    with open_log(path):
        refused = erase(path, "--patient", "blue heron", "--yes")
    assert refused.exit_code == 2
    assert "an engine runs on this log; end it" in refused.stderr
    assert b"blue heron" in bytes_of(path)


def test_of_a_patient_whom_nobody_knows_nothing_is_said(path: Path) -> None:
    refused = erase(path, "--patient", "white stork", "--yes")
    assert refused.exit_code == 2
    assert "no patient of this log has that pseudonym" in refused.stderr
    assert "white stork" not in refused.stderr


def test_where_the_pseudonym_is_gone_the_id_still_finds_the_rest(path: Path) -> None:
    with open_log(path) as log:
        pseudonyms = [text for text in log.reader.texts_of(PATIENT) if text[1] == "/pseudonym"]
        log.erase_all(pseudonyms, by="ada", reason="asked_for", now=NOW)
    assert erase(path, "--patient", "blue heron", "--yes").exit_code == 2
    assert erase(path, "--patient", PATIENT, "--yes").exit_code == 0
    with LogReader.open(path) as reader:
        assert reader.texts_of(PATIENT) == []


def test_a_reader_that_keeps_the_wal_alive_is_told_of(path: Path) -> None:
    with open_log(path) as log:
        log._db.execute("PRAGMA busy_timeout = 0")
        reading = sqlite3.connect(path, isolation_level=None)
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM private_text").fetchall()
        texts = log.reader.texts_of(PATIENT)
        with pytest.raises(ErasureIncomplete, match="another program reads the log"):
            log.erase_all(texts, by="ada", reason="asked_for", now=NOW)
        assert b"blue heron" in bytes_of(path)
        reading.close()
        assert log.reader.texts_of(PATIENT) == []
        log.empty_wal()
        assert b"blue heron" not in bytes_of(path)


# -- the record of erasures ------------------------------------------------------------------


def test_an_erasure_is_on_record_before_it_is_made(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_log(path) as log:
        texts = log.reader.texts_of(PATIENT)
        seen: list[int] = []

        def commit(*_: object, **__: object) -> None:
            seen.append(len(noted_erasures(erased_path(path))))
            raise sqlite3.OperationalError("no more")

        with monkeypatch.context() as broken:
            broken.setattr(log, "_commit", commit)
            with pytest.raises(sqlite3.OperationalError):
                log.erase_all(texts, by="ada", reason="asked_for", now=NOW)
        assert seen == [8]
        assert log.reader.texts_of(PATIENT) == texts


def test_the_record_tells_nothing_of_the_texts(path: Path) -> None:
    erase(path, "--patient", PATIENT, "--yes")
    lines = erased_path(path).read_text().splitlines()
    assert [sorted(json.loads(line)) for line in lines] == [
        ["hmac_sha256", "place", "seq", "utc_us"]
    ] * 8


def test_a_line_that_was_cut_short_hides_no_other(path: Path) -> None:
    first, second = (Erasure(seq, "/text", f"{seq:064x}", 5) for seq in (1, 2))
    note_erasures(path, [first])
    with erased_path(path).open("a", encoding="utf-8") as file:
        file.write('{"seq": 7, "pla')
    note_erasures(path, [second])
    assert noted_erasures(erased_path(path)) == (first, second)
    erased_path(path).write_text('{"seq": "one"}\n', encoding="utf-8")
    with pytest.raises(LogDamaged, match="line 1 records no erasure"):
        noted_erasures(erased_path(path))


@pytest.mark.parametrize("room", [0, 10])
def test_a_record_that_the_disk_has_no_room_for_is_no_record(path: Path, room: int) -> None:
    """A full disk takes the first bytes of a line and says so only by their number."""
    first, second = (Erasure(seq, "/text", f"{seq:064x}", 5) for seq in (1, 2))
    note_erasures(path, [first])
    size = erased_path(path).stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            note_erasures(path, [second])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert noted_erasures(erased_path(path)) == (first,)
    note_erasures(path, [second])
    assert noted_erasures(erased_path(path)) == (first, second)


DYING = """
from injector.shotlog import files, log as module
def act(folder):
    with open_log(folder / "shots.db") as log:
        die_at(os, "write", "fsync")
        die_at(module, "note_erasures")
        die_at(files, "sync_folder")
        die_at(ShotLog, "_commit", "empty_wal")
        log.erase_all(log.reader.texts_of("00000000000000ff"), by="ada", reason="asked", now=NOW)
"""
STEPS = 9


def test_an_erasure_killed_at_any_step_is_made_whole_by_saying_it_again(
    path: Path, tmp_path: Path
) -> None:
    rooms = folders(tmp_path, STEPS)
    for each in rooms:
        for suffix in ("", ".key", ".vkey"):
            shutil.copy2(beside(path, suffix), each)
    kill_at_every_step(tmp_path, STEPS, DYING)
    left = set()
    for each in rooms:
        log = each / "shots.db"
        assert verify(log).ok
        with LogReader.open(log) as reader:
            left.add(len(reader.texts_of(PATIENT)))
        assert erase(log, "--patient", PATIENT, "--yes").exit_code == 0
        assert not [word for word in WORDS if word in bytes_of(log)]
        assert verify(log).ok
    assert left == {0, 8}, "all or none"
