"""The engine finds the gun by itself, on ports that a person has named and on no other."""

import os
import pty
import select
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from injector.cli.simulator_process import SimulatorProcess, start_simulator
from injector.control.engine import Engine, EngineConfig
from injector.control.snapshot import ConsoleState
from injector.driver.ports import NamedPorts

DEADLINE_S: Final = 30.0


@dataclass
class Line:
    """A pty with nobody at its far end but a test that listens."""

    path: str
    far: int

    def heard(self) -> bytes:
        """Whatever was written to it by now."""
        said = b""
        while select.select([self.far], [], [], 0)[0]:
            said += os.read(self.far, 4096)
        return said


@contextmanager
def line() -> Iterator[Line]:
    """Another line of this computer, kept open at both ends so that nothing hangs up."""
    far, near = pty.openpty()
    tty.setraw(near)
    try:
        yield Line(os.ttyname(near), far)
    finally:
        os.close(far)
        os.close(near)


@pytest.fixture
def gun() -> Iterator[SimulatorProcess]:
    """A gun on a pty."""
    with start_simulator() as process:
        yield process


def until(met: Callable[[], bool]) -> None:
    end_s = time.monotonic() + DEADLINE_S
    while not met():
        assert time.monotonic() < end_s
        time.sleep(0.01)


@contextmanager
def looking(named: NamedPorts, log: Path) -> Iterator[Callable[[], ConsoleState]]:
    """An engine that looks for a gun on named ports; gives its newest snapshot."""
    seen: list[ConsoleState] = []
    engine = Engine(EngineConfig("", log=log, software="tests", ports=named.there), seen.append)
    engine.start()
    try:
        until(lambda: bool(seen))
        yield lambda: seen[-1]
    finally:
        engine.shut_down("test_over")
        assert engine.wait(DEADLINE_S)


def test_a_gun_on_the_second_named_port_is_found_and_an_unnamed_port_gets_not_one_byte(
    gun: SimulatorProcess, tmp_path: Path
) -> None:
    named = NamedPorts(tmp_path / "ports.json")
    with line() as silent, line() as unnamed:
        for path in (silent.path, gun.port):
            named.add(path)
        with looking(named, tmp_path / "shots.db") as state:
            until(lambda: state().gun is not None)
            found = state().gun
            assert found is not None
            assert found.port == gun.port
        assert silent.heard()
        assert not unnamed.heard()


def test_a_port_may_be_named_while_the_engine_runs(gun: SimulatorProcess, tmp_path: Path) -> None:
    named = NamedPorts(tmp_path / "ports.json")
    with looking(named, tmp_path / "shots.db") as state:
        until(lambda: "no port was named" in state().away)
        named.add(gun.port)
        until(lambda: state().gun is not None)


def test_where_a_gun_was_the_last_time_it_is_looked_for_first(
    gun: SimulatorProcess, tmp_path: Path
) -> None:
    named, log = NamedPorts(tmp_path / "ports.json"), tmp_path / "shots.db"
    with line() as silent:
        for path in (silent.path, gun.port):
            named.add(path)
        with looking(named, log) as state:
            until(lambda: state().gun is not None)
        silent.heard()
        with looking(named, log) as state:
            until(lambda: state().gun is not None)
        assert not silent.heard()
