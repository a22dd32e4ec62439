"""The doctor: each thing it looks at, found well and found wanting, on real things where it can."""

import json
import os
import pty
import stat
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from injector.anchors.beside import catch_up
from injector.anchors.places import Places
from injector.cli import health
from injector.cli.exits import Exit
from injector.cli.health import Finding, Level
from injector.cli.simulator_process import SimulatorProcess
from injector.driver.ports import FoundPort, NamedPorts
from injector.shotlog.entries import Moment
from injector.shotlog.kept import default_path
from injector.shotlog.log import ShotLog
from injector.tui.speech import Language
from tests.acceptance.stage import injector
from tests.shotlog.samples import SECOND_SESSION, open_log, write_session
from tests.tui.bench import Terminal

COMMAND = ("-m", "injector.cli.main", "doctor")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A shot log with one entry."""
    path = tmp_path / "shots.db"
    path.parent.chmod(0o700)
    now = Moment(utc_us=1_800_000_000_000_000, mono_us=0)
    ShotLog.open(path, now=now, random_bytes=os.urandom, software="tests").close()
    return path


def only(found: Iterator[Finding]) -> Finding:
    """The one finding there is."""
    (one,) = found
    return one


# -- the terminal ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "rows", "level"),
    [(60, 20, Level.OK), (80, 24, Level.OK), (59, 20, Level.FAIL), (60, 19, Level.FAIL)],
)
def test_the_console_needs_sixty_columns_and_twenty_rows(
    columns: int, rows: int, level: Level
) -> None:
    assert health.size(columns, rows).level is level


@pytest.mark.parametrize(
    ("environ", "level"),
    [
        ({"TERM": "xterm-256color"}, Level.OK),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, Level.OK),
        ({"TERM": "vt100"}, Level.WARN),
        ({"TERM": "vt100", "NO_COLOR": "1"}, Level.OK),
    ],
)
def test_few_colours_are_a_warning_unless_none_are_wanted(
    environ: dict[str, str], level: Level
) -> None:
    assert health.colours(environ).level is level


@contextmanager
def line(answer: bytes) -> Iterator[int]:
    """A terminal that says ``answer`` when it is asked for anything."""
    ours, theirs = pty.openpty()
    tty.setcbreak(theirs)

    def reply() -> None:
        os.read(ours, 64)
        if answer:
            os.write(ours, answer)

    thread = Thread(target=reply, daemon=True)
    thread.start()
    try:
        yield theirs
    finally:
        thread.join(5)
        os.close(theirs)
        os.close(ours)


@pytest.mark.parametrize(
    ("answer", "level"),
    [(b"\x1b[0n", Level.OK), (b"abc\x1b[0n", Level.OK), (b"", Level.WARN), (b"abc", Level.WARN)],
)
def test_a_terminal_that_does_not_answer_is_found_and_left_as_it_was(
    answer: bytes, level: Level
) -> None:
    with line(answer) as terminal:
        before = termios.tcgetattr(terminal)
        assert health.answers(terminal, terminal).level is level
        assert termios.tcgetattr(terminal) == before


@pytest.mark.parametrize("deaf", [False, True])
def test_it_looks_at_a_real_terminal(deaf: bool, tmp_path: Path) -> None:
    with Terminal(*COMMAND, "--log", tmp_path / "shots.db", size=(100, 40), deaf=deaf) as terminal:
        text = terminal.wait("size", "100x40", "answer", "clock")
        assert ("the terminal answers" in text) is not deaf
        assert ("no answer to ESC [ 5 n" in text) is deaf
        assert terminal.end() == Exit.OK


def test_a_terminal_that_is_too_small_or_dumb_fails(tmp_path: Path) -> None:
    command = (*COMMAND, "--log", tmp_path / "shots.db")
    with Terminal(*command, size=(59, 60), env={"TERM": "dumb"}) as terminal:
        terminal.wait("fail  terminal", "fail  size")
        assert terminal.end() == Exit.FAILED


@pytest.mark.parametrize(
    ("environ", "level"),
    [
        ({"LANG": "C.UTF-8"}, Level.OK),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, Level.OK),
        ({"LANG": "C"}, Level.FAIL),
        ({}, Level.FAIL),
        ({"LANG": "xx_YY.UTF-8"}, Level.FAIL),
    ],
)
def test_text_must_be_utf8(environ: dict[str, str], level: Level) -> None:
    try:
        assert health.encoding(environ).level is level
    finally:
        health.encoding({"LC_ALL": "C.UTF-8"})


# -- settings ----------------------------------------------------------------------------


def test_a_config_file_that_cannot_be_used_fails_with_every_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert health.config({})[0].level is Level.OK
    (tmp_path / "injector").mkdir()
    (tmp_path / "injector" / "console.toml").write_text('theme = "x"\nfoo = 1\n')
    found = health.config({})[0]
    assert found.level is Level.FAIL
    assert "theme: " in found.told
    assert "foo: " in found.told


def test_a_catalogue_that_is_missing_fails(tmp_path: Path) -> None:
    assert all(health.catalogue(language).level is Level.OK for language in Language)
    assert health.catalogue(Language.FRENCH, tmp_path).level is Level.FAIL


# -- the gun -----------------------------------------------------------------------------


def test_a_named_port_that_is_there_is_well_and_one_that_is_not_is_a_warning(
    gun: SimulatorProcess, tmp_path: Path
) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    named = NamedPorts.of_user(environ)
    named.add(gun.port)
    assert Finding("ports", Level.OK, f"{gun.port}, named") in list(health.ports(environ))
    named.add("usb:GONE")
    absent = [each for each in health.ports(environ) if "usb:GONE" in each.told]
    assert [each.level for each in absent] == [Level.WARN]


def test_a_named_port_that_may_not_be_opened_fails_and_names_the_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("injector.cli.health.os.access", lambda *_: False)
    device = tmp_path / "ttyUSB0"
    device.touch()
    found = health.port(FoundPort(str(device), "", str(device), named=True))
    assert found.level is Level.FAIL
    assert "usermod -aG" in found.right
    other = health.port(FoundPort(str(device), "", str(device), named=False))
    assert other.level is Level.WARN


def test_a_file_of_ports_that_cannot_be_read_fails(tmp_path: Path) -> None:
    (tmp_path / "injector").mkdir()
    (tmp_path / "injector" / "ports.json").write_text("{")
    assert only(health.ports({"XDG_STATE_HOME": str(tmp_path)})).level is Level.FAIL


# -- the shot log ------------------------------------------------------------------------


def test_sqlite_must_be_new_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert health.sqlite().level is Level.OK
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 36, 0))
    assert health.sqlite().level is Level.FAIL


def test_there_must_be_room_where_the_log_lies(tmp_path: Path) -> None:
    log = tmp_path / "not" / "yet" / "shots.db"
    assert health.disk(log).told.endswith(f"free in {tmp_path}")
    assert health.disk(log, lambda _: 64_000_000).level is Level.OK
    assert health.disk(log, lambda _: 63_999_999).level is Level.FAIL


def test_a_key_that_others_may_read_fails(log: Path) -> None:
    assert {each.level for each in health.permissions(log)} == {Level.OK}
    key = log.with_name("shots.db.key")
    key.chmod(0o640)
    found = [each for each in health.permissions(log) if each.level is not Level.OK]
    assert [each.level for each in found] == [Level.FAIL]
    assert "chmod 600" in found[0].right


def test_a_log_that_everybody_may_read_is_a_warning_where_they_can_get_at_it(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.chmod(0o644)
    assert {each.level for each in health.permissions(log)} == {Level.OK}
    monkeypatch.setattr("injector.cli.health._reached", lambda _: True)
    assert Level.WARN in {each.level for each in health.permissions(log)}
    assert stat.S_IMODE(log.stat().st_mode) == 0o644  # it changes nothing


def test_a_folder_that_cannot_be_written_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("injector.cli.health.os.access", lambda *_: False)
    assert only(health.permissions(tmp_path / "shots.db")).level is Level.FAIL


def test_the_log_opens_and_its_checkpoint_is_signed(log: Path, tmp_path: Path) -> None:
    assert only(health.shot_log(log)).told.endswith("1 entries, the newest checkpoint is signed")
    none = only(health.shot_log(tmp_path / "other.db"))
    assert (none.level, none.told) == (Level.OK, f"none yet at {tmp_path / 'other.db'}")


def test_a_log_whose_key_is_there_and_which_is_gone_fails(log: Path) -> None:
    log.unlink()
    assert only(health.shot_log(log)).level is Level.FAIL


def test_a_file_that_is_no_log_or_a_log_of_another_key_fails(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_text("no log")
    assert only(health.shot_log(other)).level is Level.FAIL
    data = log.read_bytes()
    place = data.find("\N{EM DASH} injector.invalid".encode())
    assert place > 0
    log.write_bytes(data[: place + 60] + b"AAAA" + data[place + 64 :])
    found = only(health.shot_log(log))
    assert found.level is Level.FAIL


# -- the clock ---------------------------------------------------------------------------


def test_a_clock_that_was_never_set_or_is_behind_the_log_fails(log: Path) -> None:
    newest = datetime.fromtimestamp(1_800_000_000, tz=UTC)
    assert only(health.clock(log, lambda: newest)).level is Level.OK
    assert only(health.clock(log, lambda: datetime(1970, 1, 1, tzinfo=UTC))).level is Level.FAIL
    behind = only(health.clock(log, lambda: datetime(2026, 1, 1, tzinfo=UTC)))
    assert behind.level is Level.FAIL
    assert "the log's newest entry is of 2027" in behind.told


def test_a_monotonic_clock_that_stands_still_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("injector.cli.health.time.monotonic_ns", lambda: 5)
    assert only(health.clock(tmp_path / "none.db")).level is Level.FAIL


# -- the command -------------------------------------------------------------------------


def test_it_prints_one_line_for_each_and_exits_with_one_where_one_fails(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    ran = injector("doctor", "--json", "--log", tmp_path / "shots.db", env=state)
    rows = [json.loads(each) for each in ran.out.splitlines()]
    assert ran.status == Exit.OK
    assert {row["name"] for row in rows} >= {
        "terminal", "locale", "config", "language", "ports", "sqlite", "disk", "files", "log",
        "clock",
    }  # fmt: skip
    assert all(row["right"] for row in rows if row["level"] != "ok")
    failed = injector("doctor", "--log", tmp_path / "shots.db", env=state | {"LC_ALL": "C"})
    assert failed.status == Exit.FAILED
    assert "fail  locale" in failed.out
    assert "1 fail" in failed.err


# -- checkpoints outside ------------------------------------------------------------------


def test_what_waits_to_go_outside_is_a_warning_and_says_since_when(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as made:
        write_session(made)
    found = only(health.outside(path, Places()))
    assert found.level is Level.WARN
    assert "1 session(s) wait since 2027-01-15" in found.told
    with open_log(path) as made:
        catch_up(made.reader, default_path(path), 1_800_000_000_000_000)
    assert only(health.outside(path, Places())).level is Level.OK


def test_a_log_that_was_put_back_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as made:
        write_session(made)
        copy = path.read_bytes(), path.with_name("shots.db-wal").read_bytes()
        write_session(made, SECOND_SESSION, first=9)
        catch_up(made.reader, default_path(path), 1_800_000_000_000_000)
    path.write_bytes(copy[0])
    path.with_name("shots.db-wal").write_bytes(copy[1])
    found = only(health.outside(path, Places()))
    assert found.level is Level.FAIL
    assert "does not go on from the checkpoint" in found.told
