"""Real ports: a pty behind a stable link, and TCP, opened with pyserial."""

import fcntl
import os
import select
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import serial

from injector.protocol.codes import Mode
from injector.protocol.messages import Beat, Configure, Grant, Release, Status, Welcome
from simulator.endpoints import EndpointError, PtyEndpoint, TcpEndpoint
from tests.simulator.bench import setpoint
from tests.simulator.host import Gun, Host, control, gun, host, until

_TIOCGEXCL: Final = 0x80045440
"""Asks whether a terminal is exclusive: root is let in all the same, so trying proves nothing."""

_GREEDY_HOST: Final = """
import fcntl, signal, sys, termios
import serial
line = serial.Serial(sys.argv[1], 115200, exclusive=True)
fcntl.ioctl(line.fileno(), termios.TIOCEXCL)
line.write(bytes([0x7E]) if sys.argv[2] == "speaks" else b"")
print("open", flush=True)
signal.pause()
"""


@pytest.fixture(scope="module")
def a_gun() -> Iterator[Gun]:
    with gun("--seed", "1") as running:
        yield running


def _terminal(running: Gun) -> str:
    """Where the link points; nowhere in the instant in which the gun is unplugged."""
    return str(Path(running.port).readlink())


def _until_renewed(running: Gun, terminal: str) -> None:
    until(lambda: _terminal(running) != terminal)


@contextmanager
def _visit(running: Gun) -> Iterator[Host]:
    """Open the gun's port, and leave it as it was found: renewed."""
    terminal = _terminal(running)
    with host(running.port) as one:
        yield one
    _until_renewed(running, terminal)


def _hang_up(line: serial.SerialBase) -> None:
    """Read on until the line is no more."""
    while True:
        line.read(1)


def _exclusive(path: str) -> bool:
    file = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        answer = fcntl.ioctl(file, _TIOCGEXCL, bytes(4))
        return answer != bytes(4)
    finally:
        os.close(file)


def test_hello_is_answered_over_a_real_pty(a_gun: Gun) -> None:
    assert Path(a_gun.port).is_symlink()
    with _visit(a_gun) as one:
        welcome = one.hello()
    assert isinstance(welcome, Welcome)
    assert welcome.model == "IJ-SIM 1"


def test_each_host_finds_a_fresh_line_once_the_one_before_has_gone(a_gun: Gun) -> None:
    for _ in range(10):
        with _visit(a_gun) as one:
            assert isinstance(one.hello(), Welcome)


@pytest.mark.parametrize("talk", ["speaks", "is silent"])
def test_a_host_killed_with_the_port_exclusive_leaves_nothing_in_the_way_of_the_next(
    a_gun: Gun, talk: str
) -> None:
    terminal = _terminal(a_gun)
    greedy = subprocess.Popen(
        [sys.executable, "-c", _GREEDY_HOST, a_gun.port, talk], stdout=subprocess.PIPE
    )
    try:
        assert greedy.stdout is not None
        assert greedy.stdout.readline() == b"open\n"
        assert _exclusive(terminal)  # else this test could not fail
    finally:
        greedy.kill()
        greedy.communicate()
    _until_renewed(a_gun, terminal)
    fresh = _terminal(a_gun)
    assert not _exclusive(fresh)
    _until_renewed(a_gun, fresh)  # it was opened to look, and closed
    with _visit(a_gun) as one:
        assert isinstance(one.hello(), Welcome)


def test_unplugging_hangs_up_and_plugging_in_again_is_found_behind_the_same_link(
    a_gun: Gun,
) -> None:
    with control(a_gun.control) as channel, host(a_gun.port) as one:
        first = one.hello()
        assert isinstance(first, Welcome)
        assert channel.ask('{"do": "unplug"}') == {"ok": True}
        poll = select.poll()
        poll.register(one.line.fileno(), select.POLLIN)
        [(_, events)] = poll.poll(10_000)
        assert events & select.POLLHUP
        assert not Path(a_gun.port).exists()
        assert channel.ask('{"do": "plug"}') == {"ok": True}
        with _visit(a_gun) as again:
            second = again.hello()
        assert isinstance(second, Welcome)
        assert (second.boot, second.serial) == (first.boot, first.serial)


def test_a_session_over_the_pty_gives_the_shots_that_were_granted(a_gun: Gun) -> None:
    held = setpoint(mode=Mode.REPEAT, volume_nl=5_000, depth_um=1_000, cadence_per_min=540)
    with control(a_gun.control) as channel, _visit(a_gun) as one:
        before = channel.ask('{"do": "truth"}')["truth"]
        welcome = one.hello()
        assert isinstance(welcome, Welcome)
        one.ask(Configure(setpoint=held))
        one.ask(Release(stop_count=welcome.stop_count))
        limit = welcome.shots + 4
        one.ask(
            Grant(
                grant=1,
                digest=held.digest()[:4],
                shots_limit=limit,
                volume_limit_nl=welcome.volume_nl + 10**6,
            )
        )
        for line in (
            '{"wait": "armed"}',
            '{"do": "contact", "on": true}',
            '{"do": "trigger", "held": true}',
            '{"wait": "grant_end"}',
            '{"do": "trigger", "held": false}',
            '{"do": "contact", "on": false}',
            '{"do": "truth"}',
        ):
            channel.say(line)
        echo = 0
        while len(one.pushed) < 4:
            status = one.ask(Beat(echo=echo, acknowledge=0))
            assert isinstance(status, Status)
            echo = status.number
        truth = [channel.hear() for _ in range(7)][-1]["truth"]
    assert truth["shots"] - before["shots"] == 4
    assert truth["moved_nl"] - before["moved_nl"] == pytest.approx(20_000, rel=0.01)


def test_hello_is_answered_over_tcp_and_the_port_is_kept_over_a_replug() -> None:
    with gun("--tcp", "127.0.0.1:0") as running, control(running.control) as channel:
        assert running.port.startswith("socket://127.0.0.1:")
        with host(running.port) as one:
            assert isinstance(one.hello(), Welcome)
            channel.ask('{"do": "unplug"}')
            with pytest.raises(serial.SerialException):
                _hang_up(one.line)
        with pytest.raises(serial.SerialException):
            serial.serial_for_url(running.port)
        channel.ask('{"do": "plug"}')
        with host(running.port) as again:
            assert isinstance(again.hello(), Welcome)


def test_a_second_host_on_tcp_is_hung_up_on_and_the_first_stays() -> None:
    with gun("--tcp", "127.0.0.1:0") as running, host(running.port) as one:
        one.hello()
        address = running.port.removeprefix("socket://").rsplit(":", 1)
        with socket.create_connection((address[0], int(address[1])), timeout=10) as second:
            assert second.recv(1) == b""
        assert isinstance(one.ask(Beat(echo=0, acknowledge=0)), Status)


def test_nobodys_file_is_replaced_by_the_link(tmp_path: Path) -> None:
    taken = tmp_path / "precious"
    taken.write_text("mine")
    with pytest.raises(EndpointError, match="is there already"):
        PtyEndpoint(taken)
    assert taken.read_text() == "mine"


def test_an_address_that_is_taken_is_refused_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = TcpEndpoint("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(EndpointError, match="give an address of this machine and a port"):
            endpoint.open()


def test_a_fresh_line_is_quiet_raw_and_lets_every_byte_through(tmp_path: Path) -> None:
    endpoint = PtyEndpoint(tmp_path / "gun")
    endpoint.open()
    [master] = endpoint.files()
    poll = select.poll()
    poll.register(master, select.POLLIN)
    assert poll.poll(0) == []
    every = bytes(range(256))
    file = os.open(tmp_path / "gun", os.O_RDWR | os.O_NOCTTY)
    assert termios.tcgetattr(file)[3] == 0
    os.write(file, every)
    assert endpoint.read(master) == every
    endpoint.write(every)
    assert os.read(file, 4096) == every
    os.close(file)
    endpoint.close()
    assert not (tmp_path / "gun").is_symlink()


def test_what_the_gun_said_before_a_host_spoke_is_not_kept_for_it(tmp_path: Path) -> None:
    endpoint = PtyEndpoint(tmp_path / "gun")
    endpoint.open()
    endpoint.write(b"stale")
    file = os.open(tmp_path / "gun", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        os.read(file, 10)
    os.close(file)
    endpoint.close()


def test_a_host_that_comes_back_before_the_line_was_renewed_keeps_it(tmp_path: Path) -> None:
    endpoint = PtyEndpoint(tmp_path / "gun")
    endpoint.open()
    [master] = endpoint.files()
    terminal = str((tmp_path / "gun").readlink())
    os.close(os.open(terminal, os.O_RDWR | os.O_NOCTTY))
    again = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
    endpoint._renew(master)  # the hang-up was seen just before the host came back
    assert str((tmp_path / "gun").readlink()) == terminal
    os.write(again, b"~")
    assert endpoint.read(master) == b"~"
    os.close(again)
    endpoint.close()
