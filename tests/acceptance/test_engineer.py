"""An engineer tests firmware against it: the driver as a library, ports, TCP, scripts."""

import doctest
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from injector.cli.simulator_process import SimulatorProcess, start_simulator
from injector.driver.gun import Gun, GunSilentError
from injector.driver.port import PortError
from injector.protocol.codes import Ending, Mode
from injector.protocol.messages import Setpoint, ShotEntry
from tests.acceptance.conftest import Finished
from tests.acceptance.stage import (
    COMMAND,
    DEADLINE_S,
    Hand,
    Recorder,
    Running,
    assert_clear,
    assert_log_equals_gun,
    hand_on,
    holding_hand,
    injector,
    step,
    verify,
    write_plan,
)

SETPOINT: Final = Setpoint(
    volume_nl=20_000,
    depth_um=2_000,
    flow_nl_s=250_000,
    needle_um_s=100_000,
    cadence_per_min=300,
    mode=Mode.SINGLE,
    burst=0,
    needle_um=4_000,
    syringe_nl=5_000_000,
)


@pytest.fixture(params=[None, "127.0.0.1:0"], ids=["pty", "tcp"])
def served(request: pytest.FixtureRequest) -> Iterator[SimulatorProcess]:
    with start_simulator(tcp=request.param) as gun:
        yield gun


@pytest.fixture
def hand(served: SimulatorProcess) -> Iterator[Hand]:
    with hand_on(served) as held:
        yield held


# -- the driver -----------------------------------------------------------------------------------


def test_the_driver_s_example_works_open_configure_read_back_grant_receive_stop(
    served: SimulatorProcess, hand: Hand
) -> None:
    with Gun.open(served.port) as gun:
        assert gun.welcome.shots == 0
        gun.release()
        held = gun.configure(SETPOINT)
        assert (held.setpoint, held.digest) == (SETPOINT, SETPOINT.digest())
        granted = gun.grant(SETPOINT, shots=3, volume_nl=60_600)
        assert granted.shots_limit == 3
        hand.do("contact", on=True)
        taken: list[ShotEntry] = []
        for entry in _beating_while_it_shoots(gun, hand):
            assert isinstance(entry, ShotEntry)
            taken.append(entry)
            if len(taken) == 3:
                break
        assert [entry.index for entry in taken] == [1, 2, 3]
        assert {entry.ending for entry in taken} == {Ending.COMPLETE}
        assert all(abs(entry.volume_nl - 20_000) <= 200 for entry in taken)
        gun.stop()
        stopped = gun.wait_stopped()
        assert (stopped.shots, stopped.newest) == (3, 3)
    assert hand.truth["shots"] == 3
    assert hand.state["light"] == "stopped"


def _beating_while_it_shoots(gun: Gun, hand: Hand) -> Iterator[object]:
    """Entries as they come, of a hand that pulls while the host beats."""
    end_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < end_s:
        hand.do("trigger", held=True)
        yield from gun.entries(seconds=0.3)
        hand.do("trigger", held=False)
        yield from gun.entries(seconds=0.1)


def test_stop_ends_a_shot_in_motion_and_the_part_is_journalled(
    served: SimulatorProcess, hand: Hand
) -> None:
    slow = SETPOINT.model_copy(update={"volume_nl": 100_000, "flow_nl_s": 50_000})
    with Gun.open(served.port) as gun:
        gun.release()
        gun.configure(slow)
        gun.grant(slow, shots=1, volume_nl=101_000)
        hand.do("contact", on=True)
        gun.beat()
        hand.do("trigger", held=True)
        for _ in gun.entries(seconds=0.6):
            pass
        gun.stop()
        gun.wait_stopped()
        (entry,) = gun.entries(seconds=0.2)
        assert isinstance(entry, ShotEntry)
        assert entry.ending is Ending.STOP
        assert 0 < entry.volume_nl < 100_000
        moved_nl = hand.truth["moved_nl"]
        assert abs(moved_nl - entry.volume_nl) <= 1_000
        hand.wait("ms", ms=300)
        assert hand.truth["moved_nl"] == moved_nl


def test_a_gun_that_loses_power_or_cable_is_told_and_not_waited_for_for_ever(
    served: SimulatorProcess, hand: Hand
) -> None:
    with Gun.open(served.port) as gun:
        hand.do("power", on=False)
        with pytest.raises(GunSilentError, match="no answer to beat"):
            gun.beat()
    hand.do("power", on=True)
    with Gun.open(served.port) as gun:
        hand.do("unplug")
        with pytest.raises(PortError):
            gun.beat()


def test_a_port_that_is_no_gun_is_told_in_time() -> None:
    with Recorder() as port, pytest.raises(GunSilentError, match="no answer to hello"):
        Gun.open(port.path)


def test_ten_links_one_after_the_other_find_the_same_gun(served: SimulatorProcess) -> None:
    serials = set()
    for _ in range(10):
        with Gun.open(served.port) as gun:
            serials.add((gun.welcome.serial, gun.welcome.journal, gun.welcome.boot))
    assert len(serials) == 1


@pytest.mark.parametrize("name", ["injector.units", "simulator.acts"])
def test_examples_in_docstrings_are_true(name: str) -> None:
    import importlib

    module = importlib.import_module(name)
    ran = doctest.testmod(module)
    assert ran.failed == 0
    assert ran.attempted > 0


# -- a session over TCP ---------------------------------------------------------------------------


def test_a_session_runs_over_tcp_as_over_a_pty(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, step(shots=12), hand=holding_hand())
    log = tmp_path / "shots.db"
    script = plan.with_suffix(".hand.jsonl")
    with Running("simulate", "--tcp", "127.0.0.1:0", "--json", "--hand", script) as simulator:
        assert simulator.process.stdout is not None
        said = json.loads(simulator.process.stdout.readline())
        assert said["port"].startswith("socket://127.0.0.1:")
        ran = injector("run", plan, "--port", said["port"], "--log", log, "--json")
        assert ran.status == 0, ran
        hand = Hand(said["control"])
        assert_log_equals_gun(log, hand)
        hand.close()
        assert verify(log)["ok"]


# -- ports ----------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path: Path) -> dict[str, str]:
    """A person who has named no port yet."""
    return {"XDG_STATE_HOME": str(tmp_path / "state")}


def listed(env: dict[str, str], *options: str) -> dict[str, dict[str, object]]:
    rows = injector("ports", "--json", *options, env=env).lines()
    return {str(row["port"]): row for row in rows}


def named(env: dict[str, str]) -> set[str]:
    return {port for port, row in listed(env, "--no-probe").items() if row["named"]}


def test_a_port_that_nobody_named_is_never_written_to(state: dict[str, str]) -> None:
    with Recorder() as port, start_simulator() as gun:
        injector("ports", "name", gun.port, env=state)
        for options in ([], ["--json"], ["--no-probe"], ["--no-probe", "--json"]):
            assert injector("ports", *options, env=state).status == 0
        assert port.heard == b""
        assert port.path not in listed(state)


def test_a_named_port_is_asked_and_the_gun_on_it_shown(state: dict[str, str]) -> None:
    with start_simulator(serial="BENCH-7") as gun, Recorder() as silent:
        for port in (gun.port, silent.path):
            assert injector("ports", "name", port, env=state).status == 0
        rows = listed(state)
        assert rows[gun.port]["gun"]["serial"] == "BENCH-7"  # type: ignore[index] # JSON
        assert rows[silent.path]["gun"] is None
        assert silent.path not in str(rows[gun.port])
        assert "no answer to hello" in str(rows[silent.path]["why_not"])
        assert silent.heard
        heard = bytes(silent.heard)
        assert listed(state, "--no-probe")[gun.port]["gun"] is None
        assert injector("ports", "forget", silent.path, env=state).status == 0
        assert silent.path not in listed(state)
        assert silent.heard == heard


def test_a_run_names_its_port_once_a_gun_has_answered_there_and_no_other(
    tmp_path: Path, state: dict[str, str]
) -> None:
    plan = write_plan(tmp_path, step(), hand=holding_hand())
    log = tmp_path / "shots.db"
    with start_simulator(hand=plan.with_suffix(".hand.jsonl")) as gun:
        for port in ("/dev/null", "/dev/no-such-port", "socket://127.0.0.1:1"):
            assert injector("run", plan, "--port", port, "--log", log, env=state).status == 2
        assert not named(state)
        assert injector("run", plan, "--port", gun.port, "--log", log, env=state).status == 0
        assert named(state) == {gun.port}


def test_asking_who_is_there_leaves_a_gun_as_it_was(state: dict[str, str]) -> None:
    with start_simulator() as gun, hand_on(gun) as hand:
        injector("ports", "name", gun.port, env=state)
        before = hand.state, hand.truth, hand.journal
        listed(state)
        assert (hand.state, hand.truth, hand.journal) == before


def test_a_spoilt_file_of_named_ports_is_told_and_no_port_is_asked(
    tmp_path: Path, state: dict[str, str]
) -> None:
    file = tmp_path / "state" / "injector" / "ports.json"
    file.parent.mkdir(parents=True)
    file.write_text("{nonsense", encoding="utf-8")
    assert_clear(injector("ports", env=state), 2, str(file))
    assert_clear(injector("ports", "name", "/dev/null", env=state), 2, str(file))
    assert file.read_text(encoding="utf-8") == "{nonsense"
    assert_clear(injector("ports", "forget", "/x", env={"XDG_STATE_HOME": "/nowhere"}), 2, "/x")


# -- scripts --------------------------------------------------------------------------------------

COMMANDS: Final = (
    "", "demo", "run", "console", "ports", "ports name", "ports forget", "simulate",
    "simulate ctl x", "log", "log sessions", "log show", "log shots", "log verify",
    "log checkpoint", "completion", "staff", "staff add", "staff list", "staff passphrase",
    "staff pin", "staff disable",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    ran = injector(*command.split(), "--help")
    assert (ran.status, ran.err) == (0, ""), ran
    assert ran.out.startswith("Usage: ")


def imported_by(*arguments: str) -> set[str]:
    """The modules that are there once a command has ended."""
    script = (
        "import json, sys\n"
        "from injector.cli.main import cli\n"
        "try:\n"
        "    cli.main(prog_name='injector', standalone_mode=False)\n"
        "except SystemExit:\n"
        "    pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


HEAVY: Final = ("textual", "sqlite_utils", "serial", "simulator", "pydantic", "cryptography")


def test_help_imports_nothing_heavy() -> None:
    assert not imported_by("--help") & set(HEAVY)
    assert not imported_by("--version") & set(HEAVY)


@pytest.mark.parametrize(
    ("command", "not_needed"),
    [
        (["run", "--help"], {"textual"}),
        (["demo", "--help"], {"textual"}),
        (["log", "--help"], {"textual", "serial", "simulator"}),
        (["simulate", "--help"], {"textual", "sqlite_utils", "serial"}),
        (["ports", "--help"], {"textual", "sqlite_utils", "simulator"}),
        (["completion", "bash"], {"textual", "sqlite_utils", "serial"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_imports_only_what_it_needs(command: list[str], not_needed: set[str]) -> None:
    assert not imported_by(*command) & not_needed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    ran = injector("completion", shell)
    assert (ran.status, ran.err) == (0, "")
    assert "_INJECTOR_COMPLETE" in ran.out


def test_the_bash_completion_offers_the_commands() -> None:
    ran = injector(
        env={"_INJECTOR_COMPLETE": "bash_complete", "COMP_WORDS": "injector lo", "COMP_CWORD": "1"}
    )
    assert ran.out.strip().endswith("log")


def test_json_is_one_object_a_line_everywhere(finished: Finished, state: dict[str, str]) -> None:
    for command in (
        ["log", "sessions"], ["log", "show", "last"], ["log", "shots", "last"], ["log", "verify"],
        ["log", "checkpoint"],
    ):  # fmt: skip
        ran = injector(*command, "--json", "--log", finished.log)
        assert ran.err == ""
        assert all(isinstance(row, dict) for row in ran.lines())
    assert finished.ran.err == ""
    assert isinstance(finished.ran.object(), dict)


def test_sessions_and_shots_are_read_by_people_too(finished: Finished) -> None:
    listing = injector("log", "sessions", "--log", finished.log)
    assert listing.out.count("Training") == 2
    table = injector("log", "shots", "last", "--log", finished.log)
    for word in ("setpoint", "set", "given", "depth", "flow", "peak", "zone", "grant", "verdict"):
        assert word in table.out.splitlines()[0] or word == "setpoint"
    shown = injector("log", "show", "last", "--log", finished.log)
    assert "session_opened" in shown.out
    assert listing.err == table.err == shown.err == ""


def test_a_simulator_ends_with_ctrl_c_and_leaves_nothing_behind(tmp_path: Path) -> None:
    import signal

    link, control = tmp_path / "gun", tmp_path / "hand"
    with Running("simulate", "--json", "--link", link, "--control", control) as running:
        assert running.process.stdout is not None
        said = json.loads(running.process.stdout.readline())
        assert (said["port"], said["control"]) == (str(link), str(control))
        running.signal(signal.SIGINT)
        ran = running.end()
    assert "Traceback" not in ran.err
    assert ran.status in (0, 130)
    assert list(tmp_path.iterdir()) == []


def test_memory_in_a_file_is_the_same_gun_after_a_restart(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with start_simulator(state=tmp_path / "memory") as gun, Gun.open(gun.port) as host:
            seen.append(host.welcome)
    first, second = seen
    assert (first.serial, first.journal) == (second.serial, second.journal)
    assert first.boot != second.boot
    assert second.stop_count > first.stop_count  # every boot starts stopped


def test_the_command_of_the_installed_package_is_the_same(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("injector")
    if not script.exists():
        pytest.skip("the package is not installed in this environment")
    done = subprocess.run([script, "--version"], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == injector("--version").out.replace("main.py", "injector")


def test_a_full_pipe_or_a_closed_one_does_not_end_a_session(tmp_path: Path) -> None:
    """Whoever reads the result may be gone; the session is not to suffer for it."""
    plan = write_plan(tmp_path, step(), hand=holding_hand())
    log = tmp_path / "shots.db"
    command = " ".join([*COMMAND, "run", str(plan), "--simulate", "--json", "--log", str(log)])
    done = subprocess.run(
        ["bash", "-c", f"{command} | true"],
        env=os.environ, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert verify(log)["ok"]
    assert len(injector("log", "shots", "last", "--json", "--log", log).lines()) == 6
