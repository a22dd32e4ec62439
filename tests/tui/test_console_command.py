"""The command finds its gun: on a named port, or in a simulator that it brings along."""

from pathlib import Path

import pytest

from injector.cli.exits import CommandError, Exit
from injector.cli.guns import place_of_gun
from injector.cli.simulator_process import SimulatorProcess
from injector.driver.ports import NamedPorts
from tests.tui.bench import PLAN, Terminal, kinds

COMMAND = ("-m", "injector.cli.main", "console", PLAN)


def test_without_a_port_the_gun_is_found_on_a_port_that_was_named(
    gun: SimulatorProcess, tmp_path: Path
) -> None:
    log, state = tmp_path / "shots.db", tmp_path / "state"
    env = {"XDG_STATE_HOME": str(state)}
    with Terminal(*COMMAND, "--log", log, "--operator", "Dr Test", env=env) as terminal:
        terminal.wait("O F F L I N E", "no port was named")
        NamedPorts.of_user(env).add(gun.port)
        terminal.wait("S T O P P E D")
        terminal.send(b"q")
        assert terminal.end() == Exit.OK
    assert "device_seen" in kinds(log)


def test_a_simulated_gun_is_started_beside_it_and_ends_with_it(tmp_path: Path) -> None:
    log = tmp_path / "shots.db"
    with Terminal(*COMMAND, "--simulate", "--log", log, "--operator", "Dr Test") as terminal:
        terminal.wait("S T O P P E D")
        terminal.send(b"q")
        assert terminal.end() == Exit.OK
    assert "device_seen" in kinds(log)


def test_a_port_and_a_simulator_are_one_too_many(tmp_path: Path) -> None:
    with (
        pytest.raises(CommandError, match="brings its own port"),
        place_of_gun(str(tmp_path / "gun"), simulate=True),
    ):
        pass
