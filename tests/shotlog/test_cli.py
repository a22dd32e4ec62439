"""``injector log``: data on stdout, talk on stderr, exit statuses that scripts can use."""

import json
import os
import pty
import select
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.cli.defaults import default_log_path
from injector.cli.log import log
from injector.cli.log_words import CHECKS, STATUS, finding, printable, remark
from injector.shotlog.entries import Draft, Gap, Note, SessionOpened
from injector.shotlog.facts import MixtureItem
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.findings import Check, Code, Finding, Noted, Remark, Status
from tests.shotlog.samples import (
    JOURNAL,
    NOW,
    SECOND_SESSION,
    SERIAL,
    SESSION,
    grant,
    open_log,
    opened,
    shot,
    tamper,
    uncertain,
    write_sample,
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "shots.db"
    write_sample(path)
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    shutil.copy(made, tmp_path / "shots.db")
    return tmp_path / "shots.db"


def run(*arguments: str | Path, given: str | None = None) -> Result:
    return CliRunner().invoke(log, [str(each) for each in arguments], input=given)


def lines_of(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


# -- where the log is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"XDG_DATA_HOME": "/data", "HOME": "/home/a"}, "/data/injector/shots.db"),
        ({"HOME": "/home/a"}, "/home/a/.local/share/injector/shots.db"),
        ({"XDG_DATA_HOME": "", "HOME": "/home/a"}, "/home/a/.local/share/injector/shots.db"),
        ({"XDG_DATA_HOME": "rel", "HOME": "/home/a"}, "/home/a/.local/share/injector/shots.db"),
    ],
)
def test_the_log_is_where_the_desktop_keeps_data(environ: dict[str, str], path: str) -> None:
    assert default_log_path(environ) == Path(path)


def test_without_an_option_the_usual_place_is_read(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "injector").mkdir()
    shutil.copy(made, tmp_path / "injector" / "shots.db")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert len(lines_of(run("sessions", "--json"))) == 2


# -- lists ----------------------------------------------------------------------------------------


def test_sessions_are_listed_in_columns(path: Path) -> None:
    result = run("sessions", "--log", path)
    assert result.exit_code == 0
    head, *rows = result.stdout.splitlines()
    assert head.split()[:2] == ["session", "opened"]
    assert [row.split()[0] for row in rows] == [SESSION, SECOND_SESSION]
    assert {row.index("training") for row in rows} == {head.index("realm")}
    assert all("0.1604 mL" in row for row in rows)


def test_sessions_in_json_are_one_object_a_line_with_units_in_the_names(path: Path) -> None:
    first, second = lines_of(run("sessions", "--json", "--log", path))
    assert (first["session"], second["session"]) == (SESSION, SECOND_SESSION)
    assert (first["shots"], first["counted_volume_nl"]) == (8, 8 * 20_050)


def test_shots_show_what_was_set_and_what_was_measured(path: Path) -> None:
    result = run("shots", SESSION, "--log", path)
    head, *rows = result.stdout.splitlines()
    assert len(rows) == 8
    for words in ("technique", "zone", "set", "given", "depth", "flow", "peak", "grant", "verdict"):
        assert words in head
    for row in rows:
        for value in ("nappage", "elbow", "0.020 mL", "0.02005 mL", "1.99 mm", "60 kPa", "allow"):
            assert value in row


def test_shots_in_json_have_every_field(path: Path) -> None:
    rows = lines_of(run("shots", SESSION, "--json", "--log", path))
    connection = sqlite3.connect(path)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(shots)")]
    connection.close()
    assert [row["journal_index"] for row in rows] == list(range(1, 9))
    assert all(list(row) == columns for row in rows)


def test_show_tells_a_session_in_order_with_shots_gathered(path: Path) -> None:
    result = run("show", SESSION, "--log", path)
    assert result.exit_code == 0
    told = [result.stdout.index(words) for words in (
        "session " + SESSION, "Elbow, left", "session_opened", "8 shots, 0.1616 mL granted",
        "reddened a little", "8 shots to entry 12: 0.1604 mL", "closed (finished)", "anchor",
    )]  # fmt: skip
    assert told == sorted(told)


def test_show_in_json_gives_every_entry_of_the_session(path: Path) -> None:
    entries = lines_of(run("show", SESSION, "--json", "--log", path))
    assert [entry["seq"] for entry in entries] == list(range(2, 15))
    assert {entry["session"] for entry in entries} == {SESSION}
    assert entries[1]["kind"] == "grant"


def test_uncertain_shots_gaps_and_partial_shots_are_told(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    partial = shot(1, 2).model_copy(update={"outcome": "partial", "cause": "contact_lost"})
    gap = Gap(
        serial=SERIAL, journal_id=JOURNAL, first=4, last=6, shots_max=3,
        volume_max_nl=60_600, reason="journal_lost",
    )  # fmt: skip
    with open_log(path) as written:
        written.append(
            [
                opened(),
                *(Draft(SESSION, body) for body in (grant(), partial, uncertain(2, 2), gap)),
            ],
            NOW,
        )
    told = run("show", "last", "--log", path).stdout
    assert "partial (contact_lost): 0.02005 mL" in told
    assert "up to 0.0202 mL may have been given" in told
    assert "journal 4 to 6 of PG-0001 lost (journal_lost): at most 3 shots, 0.0606 mL" in told
    assert "1 + 1?" in run("sessions", "--log", path).stdout
    assert "open" in run("sessions", "--log", path).stdout
    assert "uncertain" in run("shots", "last", "--log", path).stdout


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("last", SECOND_SESSION), (SESSION, SESSION), ("t00000000000000b", SECOND_SESSION)],
)
def test_a_session_is_named_by_its_beginning_or_as_the_last(
    path: Path, wanted: str, found: str
) -> None:
    rows = lines_of(run("show", wanted, "--json", "--log", path))
    assert {row["session"] for row in rows} == {found}


@pytest.mark.parametrize(
    ("wanted", "words"), [("t0", "2 sessions begin with 't0'"), ("f", "no session begins with 'f'")]
)
def test_a_session_that_is_none_or_several_is_bad_input(
    path: Path, wanted: str, words: str
) -> None:
    for command in ("show", "shots"):
        result = run(command, wanted, "--log", path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr


def test_text_from_a_log_does_not_reach_the_terminal_s_controls(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    hostile = "\x1b]0;owned\x07\x1b[2J\u202eabc\r\nx"
    body = opened().body
    assert isinstance(body, SessionOpened)
    item = MixtureItem(
        product=hostile, product_class="vehicle", concentration_ug_ml=None, lot=None,
        expiry=None, volume_nl=1, multi_dose=False,
    )  # fmt: skip
    with open_log(path) as written:
        written.append(
            [
                Draft(
                    SESSION,
                    body.model_copy(update={"operator": hostile, "mixture": (item,)}),
                    {"/title": hostile, "/pseudonym": hostile, "/answers/1/reason": hostile},
                ),
                Draft(SESSION, Note(text=TO_BE_SEALED, by=hostile), {"/text": hostile}),
            ],
            NOW,
        )
    for command in (["sessions"], ["show", "last"], ["shots", "last"]):
        for more in ([], ["--json"]):
            output = run(*command, *more, "--log", path).stdout
            assert "\x1b" not in output
            assert "\x07" not in output
            if not more:
                assert "\u202e" not in output


def test_printable_keeps_letters_of_every_script() -> None:
    assert printable("é 日本 \U0001f600") == "é 日本 \U0001f600"


# -- verify ------------------------------------------------------------------------------------


def test_verify_says_what_it_checked_and_what_it_could_not(path: Path) -> None:
    result = run("verify", "--log", path)
    assert result.exit_code == 0
    for words in CHECKS.values():
        assert words in result.stdout
    assert "no kept checkpoint was given" in result.stdout
    assert result.stdout.endswith("The log verifies.\n")
    assert result.stderr == ""


def test_verify_in_json_is_one_object(path: Path) -> None:
    (report,) = lines_of(run("verify", "--json", "--log", path))
    assert report["ok"] is True
    assert report["size"] == 28
    checks = report["checks"]
    assert isinstance(checks, list)
    assert [each["check"] for each in checks] == [check.value for check in Check]


def test_verify_names_a_changed_entry_and_exits_with_1(path: Path) -> None:
    tamper(path, "UPDATE entries SET body = replace(body, '20050', '10050') WHERE seq = 7")
    result = run("verify", "--log", path)
    assert result.exit_code == 1
    assert "entry 7: its leaf hash is not that of its body" in result.stdout
    assert result.stdout.endswith("The log does NOT verify.\n")
    assert run("verify", "--json", "--log", path).exit_code == 1


def test_verify_against_a_checkpoint_from_a_file_or_from_standard_input(
    path: Path, tmp_path: Path
) -> None:
    note = run("checkpoint", "--log", path).stdout
    kept = tmp_path / "kept.txt"
    kept.write_text(note, encoding="utf-8")
    for source, given in ((kept, None), ("-", note)):
        (report,) = lines_of(
            run("verify", "--json", "--log", path, "--against", source, given=given)
        )
        checks = report["checks"]
        assert isinstance(checks, list)
        assert checks[-1]["status"] == "passed"


def test_verify_with_the_key_one_was_handed(path: Path, made: Path, tmp_path: Path) -> None:
    vkey = made.with_name("shots.db.vkey").read_text().strip()
    assert run("verify", "--log", path, "--key", vkey).exit_code == 0
    with open_log(tmp_path / "other.db") as other:
        result = run("verify", "--log", path, "--key", other.vkey)
    assert result.exit_code == 1
    assert "names another verifier key than the one given" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--key", "x"], id="no key"),
        pytest.param(["--against", "-"], id="no checkpoint"),
        pytest.param(["--against", "nowhere.txt"], id="no file"),
    ],
)
def test_verify_refuses_what_is_no_key_or_checkpoint_as_bad_input(
    path: Path, arguments: list[str]
) -> None:
    result = run("verify", "--log", path, *arguments, given="not a note")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


def test_no_log_and_what_is_no_log_are_bad_input(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("hello")
    for command in (["sessions"], ["show", "last"], ["shots", "last"], ["verify"], ["checkpoint"]):
        for place in (tmp_path / "nowhere.db", other):
            result = run(*command, "--log", place)
            assert (result.exit_code, result.stdout) == (2, ""), result.output
            assert str(place) in result.stderr


def test_a_changed_schema_fails_verify_and_is_not_read_by_the_others(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIEW more AS SELECT 1")
    connection.close()
    for command in (["sessions"], ["checkpoint"], ["verify"]):
        result = run(*command, "--log", path)
        assert result.exit_code == 1
        assert "more" in result.output


def test_the_checkpoint_comes_out_to_the_byte(path: Path) -> None:
    connection = sqlite3.connect(path)
    ((note,),) = connection.execute("SELECT checkpoint FROM head")
    connection.close()
    assert run("checkpoint", "--log", path).stdout == note
    (object_,) = lines_of(run("checkpoint", "--json", "--log", path))
    assert object_["checkpoint"] == note
    assert str(object_["vkey"]).startswith("injector.invalid/")


def test_a_terminal_sees_a_progress_bar_on_stderr_and_stdout_stays_data(path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", "from injector.cli.log import log; log()", "verify", "--json",
         "--log", str(path)],
        stdout=subprocess.PIPE, stderr=theirs, cwd=Path(__file__).parents[2],
    ) as process:  # fmt: skip
        os.close(theirs)
        assert process.stdout is not None
        data = process.stdout.read()
        shown = b""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and select.select([ours], [], [], 1)[0]:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            shown += part
    os.close(ours)
    assert json.loads(data)["ok"] is True
    assert b"verifying" in shown
    assert b"100%" in shown


# -- words ----------------------------------------------------------------------------------------


def test_every_code_has_words() -> None:
    assert set(CHECKS) == set(Check)
    assert set(STATUS) == set(Status)
    for code in Code:
        assert finding(Finding(code, 3, 5, "detail")).startswith("entries 3 to 5: ")
    for each in Remark:
        assert remark(Noted(each, 1_000))
