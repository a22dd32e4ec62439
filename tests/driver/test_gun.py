"""The gun as a library for engineers, against the simulator in a process of its own."""

import json
import os
import pty
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess, start_simulator
from injector.driver.gun import Gun, GunLinkError, GunRefusedError, GunSilentError
from injector.driver.port import PortError
from injector.protocol.codes import DeviceState, Mode, Reason
from injector.protocol.messages import Grant, Refused, Setpoint, ShotEntry

SETPOINT = Setpoint(
    volume_nl=20_000,
    depth_um=2_000,
    flow_nl_s=250_000,
    needle_um_s=100_000,
    cadence_per_min=300,
    mode=Mode.REPEAT,
    burst=0,
    needle_um=4_000,
    syringe_nl=5_000_000,
)
HAND = """
{"do": "contact", "on": true}
{"repeat": [{"wait": "armed"}, {"do": "trigger", "held": true}, {"wait": "grant_end"},
 {"do": "trigger", "held": false}], "times": 100}
""".replace("\n {", " {")


@pytest.fixture(params=["pty", "tcp"])
def simulator(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatorProcess]:
    """A gun whose hand pulls whenever the light says that a pull would shoot."""
    hand = tmp_path / "hand.jsonl"
    hand.write_text(HAND, encoding="utf-8")
    tcp = "127.0.0.1:0" if request.param == "tcp" else None
    with start_simulator(hand=hand, tcp=tcp, seed=3) as started:
        yield started


def _shots(gun: Gun, count: int) -> list[ShotEntry]:
    """Grant so many shots and receive them."""
    gun.configure(SETPOINT)
    gun.grant(SETPOINT, shots=count, volume_nl=count * 20_200)
    found: list[ShotEntry] = []
    for entry in gun.entries(seconds=20):
        assert isinstance(entry, ShotEntry)
        found.append(entry)
        if len(found) == count:
            break
    return found


def test_open_configure_read_back_grant_receive_shots_stop(simulator: SimulatorProcess) -> None:
    with Gun.open(simulator.port) as gun:
        assert gun.welcome.shots == 0
        gun.release()
        shots = _shots(gun, 3)
        assert [entry.index for entry in shots] == [1, 2, 3]
        assert all(entry.digest == SETPOINT.digest() for entry in shots)
        assert all(19_700 <= entry.volume_nl <= 20_200 for entry in shots)
        gun.stop()
        stopped = gun.wait_stopped()
        assert (stopped.shots, stopped.newest) == (3, 3)
        assert gun.beat().state is DeviceState.STOPPED


def test_who_opens_it_again_is_given_again_what_nobody_can_have_kept(
    simulator: SimulatorProcess,
) -> None:
    """An entry is acknowledged when the next one is asked for; the last one was not."""
    with Gun.open(simulator.port) as gun:
        gun.release()
        assert [entry.index for entry in _shots(gun, 3)] == [1, 2, 3]
        gun.beat()
    with Gun.open(simulator.port) as gun:
        assert (gun.welcome.shots, gun.welcome.newest, gun.welcome.acknowledged) == (3, 3, 2)
        assert [entry.index for entry in _shots(gun, 2)] == [3, 4]


def test_what_the_gun_refuses_is_an_error_with_its_reason_and_bound(
    simulator: SimulatorProcess,
) -> None:
    deep = SETPOINT.model_copy(update={"depth_um": 5_000})
    with Gun.open(simulator.port) as gun:
        with pytest.raises(GunRefusedError) as error:
            gun.configure(deep)
        assert error.value.refused == Refused(
            reason=Reason.RANGE, field=Setpoint.KEYS["depth_um"], bound=4_000
        )
        assert "RANGE" in str(error.value)
        assert "4000" in str(error.value)
        reply = gun.call(Grant(grant=1, digest=bytes(4), shots_limit=1, volume_limit_nl=1))
        assert isinstance(reply, Refused)
        assert reply.reason is Reason.STOPPED


def test_stop_comes_from_another_thread_in_the_middle_of_a_burst(
    simulator: SimulatorProcess,
) -> None:
    with Gun.open(simulator.port) as gun:
        gun.release()
        gun.configure(SETPOINT)
        gun.grant(SETPOINT, shots=100, volume_nl=100 * 20_200)
        for _ in gun.entries(seconds=20):
            stopper = threading.Thread(target=gun.stop)
            stopper.start()
            stopper.join()
            break
        stopped = gun.wait_stopped()
        assert stopped.shots <= 3
        assert stopped.shots == gun.beat().shots


def test_a_gun_that_goes_away_is_a_port_error(simulator: SimulatorProcess) -> None:
    with Gun.open(simulator.port) as gun:
        simulator.stop()
        with pytest.raises(PortError):
            gun.beat()


def test_on_a_port_where_nothing_answers_it_says_so() -> None:
    far, near = pty.openpty()
    try:
        with pytest.raises(GunSilentError):
            Gun.open(os.ttyname(near))
    finally:
        os.close(far)
        os.close(near)


def test_a_gun_that_was_reset_no_longer_knows_the_link() -> None:
    with start_simulator(seed=1) as simulator, Gun.open(simulator.port) as gun:
        gun.beat()
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(simulator.control)
            control.sendall(b'{"do": "reset"}\n')
            assert json.loads(control.recv(4096)) == {"ok": True}
        with pytest.raises(GunLinkError, match="NO_LINK"):
            gun.beat()
