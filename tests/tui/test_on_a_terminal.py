"""The real command, as a process on a real terminal, with a real gun: true and safe."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from injector.cli.exits import Exit
from injector.cli.simulator_process import SimulatorProcess
from injector.shotlog.entries import Entry
from injector.shotlog.reader import LogReader
from injector.tui.dialogs.alarm import QUIET_US
from tests.tui.bench import LEAVES, PLAN, SHOWS_CURSOR, Hand, Terminal, entries, kinds, until

F9 = b"\x1b[20~"
SEEN_BOUND_US = 1_650_000
"""docs/console.md: no longer than this from the last moment at which the screen was
seen to an entry that says disarmed."""


def open_terminal(
    gun: SimulatorProcess,
    log: Path,
    *,
    size: tuple[int, int] = (80, 24),
    env: dict[str, str] | None = None,
    deaf: bool = False,
) -> Terminal:
    """The console in a terminal."""
    command = ("-m", "injector.cli.main", "console", PLAN, "--port", gun.port, "--log", log)
    return Terminal(*command, "--operator", "Dr Test", size=size, env=env, deaf=deaf)


def arm(terminal: Terminal) -> None:
    """As far as armed, by keys."""
    terminal.wait("S T O P P E D", "r releases it")
    terminal.send(b"r")
    terminal.wait("R E A D Y", "o opens")
    terminal.send(b"o")
    terminal.wait("a arms step 1")
    terminal.send(b"a")
    terminal.wait("A R M E D")


@contextmanager
def armed(gun: SimulatorProcess, log: Path, *, deaf: bool = False) -> Iterator[Terminal]:
    """An armed console."""
    with open_terminal(gun, log, deaf=deaf) as terminal:
        arm(terminal)
        yield terminal


@contextmanager
def armed_oddly(gun: SimulatorProcess, log: Path, note: Path) -> Iterator[Terminal]:
    """An armed console with a defect."""
    with Terminal("-m", "tests.tui.odd_console", gun.port, log, note) as terminal:
        arm(terminal)
        yield terminal


def written(log: Path) -> list[Entry]:
    """The entries of a log that is being written."""
    with LogReader.open(log) as reader:
        return list(reader.entries())


def when(log: Path, kind: str, reason: str) -> int:
    """The monotonic time of the first entry of that kind and reason; it must come."""

    def found() -> list[Entry]:
        return [
            each
            for each in written(log)
            if each.body.kind == kind and getattr(each.body, "reason", "") == reason
        ]

    until(lambda: bool(found()), f"{kind} for {reason} in the log")
    return found()[0].at.mono_us


def is_restored(terminal: Terminal) -> bool:
    """The terminal is as it was: main screen, cursor, line discipline."""
    left = terminal.raw.rpartition(b"\x1b[?1049")[2][:1] == b"l"
    shown = terminal.raw.rfind(SHOWS_CURSOR) > terminal.raw.rfind(b"\x1b[?25l")
    return LEAVES in terminal.raw and left and shown and terminal.modes == terminal.before


def test_f9_over_a_page_stops_the_gun_and_the_log_says_who(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    with armed(gun, log) as terminal:
        hand.shoot()
        given = hand.shots
        terminal.wait(f"{given}/48", "complete")
        terminal.send(b"?")
        terminal.wait("Keys", "A R M E D")
        terminal.send(F9)
        terminal.wait("S T O P P E D")
        assert hand.state["light"] == "stopped"
        terminal.send(b"\r")
        terminal.wait("r releases it", "complete")
        terminal.send(b"q")
        terminal.wait("Leave the console?")
        terminal.send(b"y")
        assert terminal.end() == Exit.OK
        terminal.wait(f"closed, {given} shots")
        assert is_restored(terminal)
    stops = [entry.body for entry in entries(log) if entry.body.kind == "stop"]
    assert [(stop.origin, stop.by) for stop in stops] == [("operator", "Dr Test")]


def test_escape_stops_while_armed(gun: SimulatorProcess, hand: Hand, tmp_path: Path) -> None:
    with armed(gun, tmp_path / "shots.db") as terminal:
        terminal.send(b"\x1b")
        terminal.wait("S T O P P E D")
        assert hand.state["light"] == "stopped"


def acknowledge(terminal: Terminal) -> None:
    """See the alarm that is over everything. A key too soon after another is not meant."""

    def gone() -> bool:
        time.sleep(QUIET_US / 1_000_000 + 0.1)
        if "HIGH" in terminal.text:
            terminal.send(b"k")
        return "HIGH" not in terminal.text

    until(gone, "the alarm is acknowledged")


@pytest.mark.rule("R-STOP")
@pytest.mark.xdist_group("slow console")
def test_a_blocked_loop_does_not_delay_stop(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log, note = tmp_path / "shots.db", tmp_path / "note"
    with armed_oddly(gun, log, note) as terminal:
        terminal.send(b"B")
        until(lambda: note.exists() and note.read_text() != "", "the loop is held")
        terminal.send(F9)
        until(lambda: any(e.body.kind == "stop_confirmed" for e in written(log)), "a stop")
        stop = next(e for e in written(log) if e.body.kind == "stop")
        # Both while the loop was still held, and before the console was missed.
        assert stop.at.mono_us - int(note.read_text()) < 1_000_000
        assert hand.state["light"] == "stopped"
        assert "S T O P P E D" not in terminal.text


@pytest.mark.xdist_group("slow console")
def test_a_blocked_loop_disarms_within_the_stated_bound(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log, note = tmp_path / "shots.db", tmp_path / "note"
    with armed_oddly(gun, log, note) as terminal:
        terminal.send(b"B")
        disarmed_us = when(log, "disarmed", "console_lost")
        assert disarmed_us - int(note.read_text()) < SEEN_BOUND_US
        terminal.send(b"a")  # pressed for a screen that nobody could see: too old when it counts
        terminal.wait("R E A D Y", "‼ HIGH", "The screen could not be seen")
        acknowledge(terminal)
        assert [e.body.kind for e in written(log)].count("disarmed") == 1


@pytest.mark.rule("R-CONSOLE")
def test_a_terminal_that_stops_reading_disarms_within_the_stated_bound(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    with armed(gun, log) as terminal:
        terminal.freeze()
        frozen_us = time.monotonic_ns() // 1000
        disarmed_us = when(log, "disarmed", "console_lost")
        assert disarmed_us - frozen_us < SEEN_BOUND_US
        terminal.thaw()
        # Over is the alarm when the terminal has answered again, and one can be armed.
        terminal.wait("R E A D Y", "The screen could not be seen: disarmed - over")
        acknowledge(terminal)
        terminal.send(b"a")
        terminal.wait("A R M E D")


def test_a_terminal_that_takes_nothing_more_does_not_hold_the_console_up(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    with armed(gun, log) as terminal:
        terminal.freeze()
        for _ in range(60):  # the help comes and goes until every buffer on the way is full
            terminal.send(b"?")
            terminal.send(b"\r")
        when(log, "disarmed", "console_lost")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.process.wait(20) == Exit.INTERRUPTED
    assert kinds(log)[-1] == "engine_ended"


def test_a_terminal_that_never_answers_is_said_to_be_one(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    with open_terminal(gun, log, deaf=True) as terminal:
        terminal.wait("This terminal does not answer")
        arm(terminal)
        hand.shoot()
        terminal.wait("complete")
    assert all(each != "alarm" for each in (e.body.kind for e in written(log)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_disarms_leaves_the_session_open_and_restores_the_terminal(
    number: signal.Signals, gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    with armed(gun, log) as terminal:
        terminal.process.send_signal(number)
        assert terminal.end() == Exit.INTERRUPTED
        terminal.wait("left open", f"ended by {number.name}")
        assert is_restored(terminal)
    assert kinds(log)[-3:] == ["disarmed", "settled", "engine_ended"]
    assert hand.state["light"] != "armed"


@pytest.mark.xdist_group("slow console")
def test_a_signal_disarms_at_once_while_the_loop_is_held(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log, note = tmp_path / "shots.db", tmp_path / "note"
    with armed_oddly(gun, log, note) as terminal:
        terminal.send(b"B")
        until(lambda: note.exists() and note.read_text() != "", "the loop is held")
        terminal.process.send_signal(signal.SIGTERM)
        assert when(log, "engine_ended", "signal") - int(note.read_text()) < 2_500_000
        terminal.end()
        assert is_restored(terminal)


def test_sigkill_of_the_console_leaves_no_grant_and_a_log_that_verifies(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    with armed(gun, log) as terminal:
        os.kill(terminal.process.pid, signal.SIGKILL)
        terminal.process.wait()
        when(log, "engine_ended", "console_lost")
    assert kinds(log)[-3:] == ["disarmed", "settled", "engine_ended"]
    assert hand.state["light"] != "armed"


def test_a_closed_window_disarms_and_leaves_the_session_open(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    with armed(gun, log) as terminal:
        terminal.hang_up()
        terminal.process.wait(20)
        # The engine is a process of its own, which settles and closes after its console has gone.
        until(lambda: written(log)[-1].body.kind == "engine_ended", "the engine ends in order")
    assert kinds(log)[-3:] == ["disarmed", "settled", "engine_ended"]


def test_an_exception_in_a_widget_disarms_and_restores_the_terminal_and_the_session_stays_open(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    with armed_oddly(gun, log, tmp_path / "note") as terminal:
        terminal.send(b"X")
        terminal.end()
        terminal.wait("a defect in a widget", "CRASHED in order")
        assert is_restored(terminal)
    assert kinds(log)[-3:] == ["disarmed", "settled", "engine_ended"]


def test_without_colour_word_and_symbol_still_say_it(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    with open_terminal(gun, tmp_path / "shots.db", env={"NO_COLOR": "1"}) as terminal:
        arm(terminal)
        assert "▲  A R M E D  ▲" in terminal.text
        terminal.send(F9)
        terminal.wait("■  S T O P P E D  ■")


def test_an_engine_that_was_killed_is_not_shown_as_if_it_ran(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    with armed(gun, tmp_path / "shots.db") as terminal:
        children = Path(f"/proc/{terminal.process.pid}/task/{terminal.process.pid}/children")
        for child in children.read_text().split():
            if "resource_tracker" not in Path(f"/proc/{child}/cmdline").read_text():
                os.kill(int(child), signal.SIGKILL)
        terminal.wait("N O   E N G I N E", "disarms itself")
        terminal.send(b"q")
        terminal.wait("Leave the console?")
        terminal.send(b"y")
        terminal.end()
        assert is_restored(terminal)


def test_without_a_terminal_there_is_one_clear_error(gun: SimulatorProcess, tmp_path: Path) -> None:
    import subprocess
    import sys

    log = tmp_path / "shots.db"
    command = [sys.executable, "-m", "injector.cli.main", "console", str(PLAN)]
    done = subprocess.run(
        [*command, "--port", gun.port, "--log", str(log), "--operator", "Dr Test"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.BAD_INPUT
    assert done.stdout == ""
    assert "needs a terminal" in done.stderr
    assert "injector run" in done.stderr
    assert not log.exists()
