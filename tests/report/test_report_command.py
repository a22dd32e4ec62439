"""Promise: `injector report` writes one file that its owner alone can read, or says why not."""

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pypdf
import pytest
from click.testing import CliRunner

from injector.cli.exits import Exit
from injector.cli.report import report
from injector.cli.verifying import verified
from injector.control.succession import Reason, succeed
from injector.shotlog.findings import Report
from injector.shotlog.reader import LogReader
from tests.report import busy_log, long_session
from tests.report.page_reading import Page
from tests.shotlog import samples

INJECTOR = Path(sys.executable).with_name("injector")
BROKEN: Final = b"the log does NOT verify; the report says so\n"
"""What a script that looks at no page is told of the busy log."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("busy") / "busy.db"
    busy_log.write(path)
    return path


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [INJECTOR, "report", *arguments],
        cwd=cwd, capture_output=True, timeout=150, env=os.environ | environment, check=False,
    )  # fmt: skip


def test_a_sessions_report_is_one_file_for_its_owner_alone(made: Path, tmp_path: Path) -> None:
    done = run("c00000000000000b", "--log", str(made), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, BROKEN)
    written = tmp_path / f"session-{busy_log.BUSY}.html"
    assert done.stdout.decode() == f"{written.name}\n"
    assert [each.name for each in tmp_path.iterdir()] == [written.name]
    assert written.stat().st_mode & 0o777 == 0o600
    shown = Page(written.read_text(encoding="utf-8"))
    assert shown.ids["session"] == busy_log.BUSY
    assert "does NOT verify" in shown.ids["verified"]


def test_a_report_is_written_over_nothing_least_of_all_the_log(tmp_path: Path) -> None:
    path, earlier = tmp_path / "long.db", tmp_path / "earlier.html"
    long_session.write(path)
    earlier.write_text("an earlier one", encoding="utf-8")
    link = tmp_path / "link.html"
    link.symlink_to(path)
    before = path.read_bytes()
    for taken in (path, earlier, link, tmp_path):
        done = run(
            "last", "--no-verify", "--log", str(path), "--out", str(taken), cwd=tmp_path
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, b"")
        assert f"{taken}: is there already; nothing is written over it" in done.stderr.decode()
    assert path.read_bytes() == before
    assert earlier.read_text(encoding="utf-8") == "an earlier one"


def test_a_page_can_go_to_standard_output_in_french_and_unverified(
    made: Path, tmp_path: Path
) -> None:
    done = run(
        "last", "--log", str(made), "--out", "-", "--lang", "fr", "--no-verify", cwd=tmp_path
    )
    assert done.stderr == b""
    shown = Page(done.stdout.decode())
    assert "pas été vérifié" in shown.ids["verified"]
    assert list(tmp_path.iterdir()) == []


def test_a_card_is_found_by_the_random_id(made: Path, tmp_path: Path) -> None:
    done = run(
        "--patient", busy_log.PATIENT, "--session", busy_log.BUSY, "--log", str(made), "--out",
        "-", cwd=tmp_path,
    )  # fmt: skip
    assert Page(done.stdout.decode()).ids["patient"] == "blue heron"


def test_a_card_is_found_by_the_pseudonym_whatever_its_case_and_spaces(tmp_path: Path) -> None:
    path = tmp_path / "long.db"
    long_session.write(path)
    done = run("--patient", " Blue  HERON", "--log", str(path), "--out", "-", cwd=tmp_path)
    assert Page(done.stdout.decode()).ids["patient"] == long_session.PSEUDONYM


def test_a_patient_who_was_brought_forward_has_their_card_in_the_log_before(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    samples.write_sample(old)
    succeed(
        old, new, reason=Reason.ARCHIVED, by="ada", notes=(), now=busy_log.later(3_600),
        random_bytes=os.urandom, software="tests",
    )  # fmt: skip
    with LogReader.open(new) as reader:
        ((pseudonym, random_id),) = set(reader.patients())
    for whom in (pseudonym, random_id):
        done = run("--patient", whom, "--log", str(new), cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"this patient has no session in this log" in done.stderr
        assert b"give the log before with --log" in done.stderr
        assert b"Traceback" not in done.stderr


def test_a_session_that_is_open_has_no_card(made: Path, tmp_path: Path) -> None:
    """It would look final; the patient's newest session is the open one here."""
    done = run("--patient", busy_log.PATIENT, "--log", str(made), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"{busy_log.OPEN} is still open\n  close it first" in done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


def test_a_periods_report_says_that_its_log_does_not_verify(made: Path, tmp_path: Path) -> None:
    done = run("--period", "2027-01", "--log", str(made), "--out", "p.html", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, BROKEN)
    shown = Page((tmp_path / "p.html").read_text(encoding="utf-8"))
    assert shown.ids["sessions"] == "3"
    assert "does NOT verify" in shown.ids["verified"]


def test_a_periods_report_reads_a_copy_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written before the copy is verified and after is in none of its figures."""
    path, temporary, sizes = tmp_path / "shots.db", tmp_path / "tmp", []
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with samples.open_log(path) as live:
        samples.write_session(live)
        size = live.size

        def meanwhile(of: Path) -> Report:
            live.append([samples.opened(samples.SECOND_SESSION, 8)], samples.NOW)
            found = verified(of)
            live.append([samples.closed(samples.SECOND_SESSION, 0, 8)], samples.NOW)
            sizes.append(found.size)
            return found

        monkeypatch.setattr("injector.cli.report.verified", meanwhile)
        arguments = ["--period", "2027-01", "--log", str(path), "--out", str(tmp_path / "p.html")]
        done = CliRunner().invoke(report, arguments)
        assert live.size > size
    assert done.exit_code == 0, done.output
    assert list(temporary.iterdir()) == []
    shown = Page((tmp_path / "p.html").read_text(encoding="utf-8"))
    assert shown.ids["sessions"] == "1"
    assert sizes == [size]
    assert shown.ids["checkpoint"].split()[1] == str(size)


def test_a_period_without_tables_is_said_of_the_log_and_not_of_its_copy(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    samples.write_sample(path)
    samples.tamper(
        path,
        "UPDATE entries SET body = json_remove(body, '$.doses') WHERE kind = 'session_closed'",
    )
    done = CliRunner().invoke(report, ["--period", "2027-01", "--no-verify", "--log", str(path)])
    assert done.exit_code == Exit.FAILED
    assert f"{path}: no tables can be made of it" in done.output


def test_a_periods_report_that_verified_nothing_says_so(made: Path, tmp_path: Path) -> None:
    done = run("--period", "2027-01", "--no-verify", "--log", str(made), "--out", "-", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "was not verified" in Page(done.stdout.decode()).ids["verified"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to report"),
        (("last", "--period", "2027-01"), "say what to report"),
        (("--period", "January"), "--period"),
        (("--patient", "Somebody Else"), "no patient goes by that pseudonym or id"),
        (("--patient", "blue heron"), "2 patients go by that pseudonym"),
        (("--patient", busy_log.PATIENT, "--session", busy_log.CLOSED), "no session of this"),
        (("cffff",), "no session begins with"),
        (("last", "--session", busy_log.BUSY), "--session: goes with --patient"),
        (("--period", "2027-01", "--session", busy_log.BUSY), "--session: goes with --patient"),
        (("--period", "2027-01", "--with-texts"), "--with-texts: goes with SESSION"),
        (("--patient", busy_log.PATIENT, "--with-texts"), "--with-texts: goes with SESSION"),
        (("--patient", busy_log.PATIENT, "--no-verify"), "--no-verify: does not go with"),
        (("last", "--no-verify", "--out", "no/such/folder.html"), "No such file"),
    ],
)
def test_what_cannot_be_reported_is_said_with_what_would_be_right(
    made: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run(*arguments, "--log", str(made), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert b"Somebody Else" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_says_what_the_page_says(made: Path, tmp_path: Path) -> None:
    try:
        importlib.import_module("weasyprint")
    except (ImportError, OSError) as missing:
        pytest.skip(f"WeasyPrint or Pango is not here: {missing}")
    done = run(
        "--patient", busy_log.PATIENT, "--session", busy_log.BUSY, "--log", str(made), "--out",
        "CARD.PDF", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    read = pypdf.PdfReader(tmp_path / "CARD.PDF")
    assert len(read.pages) == 1
    text = read.pages[0].extract_text()
    assert "blue heron" in text
    assert "0.640 mL" in text
    millimetres = [round(float(side) / 72 * 25.4) for side in read.pages[0].mediabox[2:]]
    assert millimetres == [148, 210]


def test_without_the_extra_one_error_names_it(made: Path, tmp_path: Path) -> None:
    (tmp_path / "weasyprint.py").write_text("raise ImportError('not here')", encoding="utf-8")
    done = run(
        "--period", "2027-01", "--log", str(made), "--format", "pdf", cwd=tmp_path,
        PYTHONPATH=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 6
    assert b"pip install '.[pdf]'" in done.stderr
    assert not list(tmp_path.glob("*.pdf"))
