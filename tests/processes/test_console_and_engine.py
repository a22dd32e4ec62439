"""Console and engine are two processes: what either's death, or silence, does to the other."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from injector.cli.simulator_process import SimulatorProcess, start_simulator
from injector.control.config import EngineConfig
from injector.control.inputs import ConsoleSeen
from injector.control.process import EngineProcess
from injector.control.states import State
from injector.shotlog import entries as log
from injector.shotlog.verify import verify
from tests.acceptance.stage import ROOT, Hand, hand_on, until
from tests.processes.desk import DEADLINE_S, Desk, Sight, a_plan, ended_in_order, engine_process, of


@pytest.fixture
def gun() -> Iterator[tuple[SimulatorProcess, Hand]]:
    """A gun and a hand on it."""
    with start_simulator(syringe="2 mL") as gun, hand_on(gun) as hand:
        yield gun, hand


def _config(gun: SimulatorProcess, folder: Path) -> EngineConfig:
    return EngineConfig(port=gun.port, log=folder / "log", software="tests", watch_console=True)


def _firing(hand: Hand) -> None:
    """Pull the trigger on skin, and feel two shots; it stays pulled."""
    hand.do("contact", on=True)
    hand.wait("armed")
    hand.do("trigger", held=True)
    hand.wait("shots", count=2)


def _log_equals(path: Path, hand: Hand) -> None:
    shots = [body.index for _, body in of(path, log.Shot)]
    assert shots == list(range(1, hand.truth["shots"] + 1))
    assert not of(path, log.Gap)
    assert verify(path).ok


@pytest.mark.rule("R-STOP")
def test_stop_reaches_the_gun_while_the_console_reads_nothing(
    tmp_path: Path, gun: tuple[SimulatorProcess, Hand]
) -> None:
    simulator, hand = gun
    desk = Desk()
    with engine_process(_config(simulator, tmp_path), desk) as engine, Sight(engine):
        desk.arm(engine, a_plan(tmp_path))
        desk.frozen.set()
        _firing(hand)
        engine.stop("Ada")
        until(lambda: hand.state["light"] == "stopped", "a gun that is stopped")
        fired = hand.truth["shots"]
        hand.do("trigger", held=False)
        hand.do("pull", ms=200)
        assert hand.truth["shots"] == fired
        desk.frozen.clear()
        desk.thaw.set()
        seen = desk.until(lambda s: s.state is State.READY and s.latched, "the STOP")
    assert seen.session is not None
    assert seen.session.given_shots == fired
    [(_, stop)] = of(tmp_path / "log", log.Stop)
    assert (stop.origin, stop.by) == ("operator", "Ada")
    assert of(tmp_path / "log", log.StopConfirmed)
    _log_equals(tmp_path / "log", hand)


def test_stop_does_not_wait_behind_intents_that_nobody_takes(
    tmp_path: Path, gun: tuple[SimulatorProcess, Hand]
) -> None:
    """The intents' pipe is full: the engine's process stands still. STOP has a pipe of its own.

    While it stands the gun lets go by itself, and STOP is the first thing that it does then.
    """
    simulator, hand = gun
    desk = Desk()
    with engine_process(_config(simulator, tmp_path), desk) as engine:
        with Sight(engine):
            desk.arm(engine, a_plan(tmp_path))
            _firing(hand)
        with _standing_still(engine):
            filler = Thread(target=_post_until_it_is_full, args=[engine], daemon=True)
            filler.start()
            until(lambda: hand.state["light"] == "idle", "the lease's end")
            filler.join(0.5)
            assert filler.is_alive(), "the pipe is full, and whoever posts waits"
            caller = Thread(target=engine.stop, args=["Ada"], daemon=True)
            caller.start()
            caller.join(DEADLINE_S)
            assert not caller.is_alive(), "STOP went past it"
        until(lambda: hand.state["light"] == "stopped", "a gun that is stopped")
        desk.until(lambda s: s.state is State.READY and s.latched, "the STOP")
        filler.join(DEADLINE_S)
        assert not filler.is_alive(), "the pipe is read again"
    [(_, stop)] = of(tmp_path / "log", log.Stop)
    assert (stop.origin, stop.by) == ("operator", "Ada")
    _log_equals(tmp_path / "log", hand)


@contextmanager
def _standing_still(engine: EngineProcess) -> Iterator[None]:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(engine.pid, signal.SIGCONT)


def _post_until_it_is_full(engine: EngineProcess) -> None:
    for _ in range(20_000):
        engine.post(ConsoleSeen())


def test_a_console_that_is_killed_leaves_an_engine_that_ends_in_order(
    tmp_path: Path, gun: tuple[SimulatorProcess, Hand]
) -> None:
    simulator, hand = gun
    console = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.processes.console"),
            *(simulator.port, str(tmp_path / "log"), str(tmp_path)),
        ],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    with console:
        assert console.stdout is not None
        engine = os.pidfd_open(int(console.stdout.readline()))
        try:
            _firing(hand)
            console.kill()
            console.wait()
            assert select.select([engine], [], [], DEADLINE_S)[0], "the engine has ended too"
        finally:
            os.close(engine)
    assert hand.state["light"] == "idle"
    ended_in_order(tmp_path / "log", "console_lost")
    _log_equals(tmp_path / "log", hand)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name
)
def test_a_signal_to_the_engine_ends_it_in_order(
    tmp_path: Path, gun: tuple[SimulatorProcess, Hand], number: signal.Signals
) -> None:
    simulator, hand = gun
    desk = Desk()
    with engine_process(_config(simulator, tmp_path), desk) as engine, Sight(engine):
        desk.arm(engine, a_plan(tmp_path))
        _firing(hand)
        assert engine.pid is not None
        os.kill(engine.pid, number)
        desk.until(lambda s: s.state is State.ENDED, "the engine's last picture")
    assert hand.state["light"] == "idle"
    ended_in_order(tmp_path / "log", "signal")
    _log_equals(tmp_path / "log", hand)


def test_an_engine_that_is_killed_leaves_a_gun_that_lets_go_and_a_log_that_verifies(
    tmp_path: Path, gun: tuple[SimulatorProcess, Hand]
) -> None:
    """Nothing could be put in order: the gun does it by itself, and the next engine settles."""
    simulator, hand = gun
    desk = Desk()
    with engine_process(_config(simulator, tmp_path), desk) as engine, Sight(engine):
        desk.arm(engine, a_plan(tmp_path))
        _firing(hand)
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
    until(lambda: hand.state["light"] == "idle", "the lease's end")
    fired = hand.truth["shots"]
    hand.do("trigger", held=False)
    assert verify(tmp_path / "log").ok
    again = Desk()
    with engine_process(_config(simulator, tmp_path), again):
        found = again.until(lambda s: s.state is State.READY and s.status is not None, "a gun")
    assert found.session is not None
    assert (found.session.recovered, found.session.given_shots) == (True, fired)
    assert hand.truth["shots"] == fired
    _log_equals(tmp_path / "log", hand)
