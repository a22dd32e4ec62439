"""The port: on a real pty and on TCP, taken for us alone, and never written to once closed."""

import errno
import os
import pty
import select
import socket
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from injector.driver.port import Port, PortError
from injector.protocol.framing import STOP_BYTES

WAIT_MS = 5_000


@dataclass
class Line:
    """A port's other end."""

    url: str
    far: int
    """The descriptor of the far end."""

    def hear(self, count: int) -> bytes:
        """Read so many bytes at the far end."""
        heard = b""
        while len(heard) < count:
            poll = select.poll()
            poll.register(self.far, select.POLLIN)
            assert poll.poll(WAIT_MS), f"only {heard!r} came"
            heard += os.read(self.far, count - len(heard))
        return heard

    def hang_up(self) -> None:
        """Close the far end."""
        if self.far >= 0:
            os.close(self.far)
            self.far = -1


@pytest.fixture
def pty_line() -> Iterator[Line]:
    """A pty as the simulator offers one: raw, with nobody else on it."""
    far, near = pty.openpty()
    tty.setraw(near)
    line = Line(os.ttyname(near), far)
    os.close(near)
    yield line
    line.hang_up()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A TCP port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def tcp_line(listener: socket.socket) -> Line:
    """Where `listener` is reached; `far` is there once it was accepted."""
    return Line(f"socket://127.0.0.1:{listener.getsockname()[1]}", -1)


def _open(line: Line, listener: socket.socket) -> Port:
    port = Port.open(line.url)
    if line.far < 0:
        accepted, _ = listener.accept()
        line.far = accepted.detach()
    return port


@pytest.fixture(params=["pty", "tcp"])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    """Either kind."""
    found: Line = request.getfixturevalue(f"{request.param}_line")
    yield found
    found.hang_up()


@pytest.fixture
def port(line: Line, listener: socket.socket) -> Iterator[Port]:
    """An open port on that line."""
    opened = _open(line, listener)
    yield opened
    opened.close()


def _descriptors() -> set[str]:
    return {each.name for each in Path("/proc/self/fd").iterdir()}


def _wait(port: Port) -> None:
    poll = select.poll()
    poll.register(port, select.POLLIN)
    assert poll.poll(WAIT_MS)


EVERY_BYTE = bytes(range(256))


def test_every_byte_goes_over_as_it_is_in_both_directions(port: Port, line: Line) -> None:
    port.write(EVERY_BYTE)
    assert line.hear(256) == EVERY_BYTE
    os.write(line.far, EVERY_BYTE)
    heard = b""
    while len(heard) < 256:
        _wait(port)
        heard += port.read()
    assert heard == EVERY_BYTE


def test_reading_where_nothing_has_come_gives_nothing_at_once(port: Port) -> None:
    assert port.read() == b""


def test_a_hang_up_is_an_error_that_names_the_port(port: Port, line: Line) -> None:
    line.hang_up()
    _wait(port)
    with pytest.raises(PortError) as error:
        port.read()
    assert line.url in str(error.value)


def test_the_line_has_eight_bits_no_parity_one_stop_bit_and_no_flow_control(
    pty_line: Line, listener: socket.socket
) -> None:
    port = _open(pty_line, listener)
    try:
        iflag, _, cflag, lflag, ispeed, ospeed, _ = termios.tcgetattr(port.fileno())
    finally:
        port.close()
    assert ispeed == ospeed == termios.B115200
    assert cflag & termios.CSIZE == termios.CS8
    assert not cflag & (termios.PARENB | termios.CSTOPB | termios.CRTSCTS)
    assert not iflag & (termios.IXON | termios.IXOFF)
    assert not lflag & (termios.ICANON | termios.ECHO | termios.ISIG)


def test_a_port_that_is_open_is_refused_to_everyone_else(
    pty_line: Line, listener: socket.socket
) -> None:
    port = _open(pty_line, listener)
    before = _descriptors()
    try:
        with pytest.raises(PortError, match="another program has it open") as error:
            Port.open(pty_line.url)
        assert pty_line.url in str(error.value)
        assert _descriptors() == before
    finally:
        port.close()
    Port.open(pty_line.url).close()


def test_a_closed_port_leaves_no_tiocexcl_behind(pty_line: Line, listener: socket.socket) -> None:
    """A simulator keeps the other side open: who comes next must find the pty free."""
    for _ in range(3):
        _open(pty_line, listener).close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("/dev/there-is-no-such-port", "No such file"),
        ("", "write a device path"),
        ("loop://", "write a device path"),
        ("http://localhost:1", "write a device path"),
        ("socket://127.0.0.1", "write a device path"),
        ("socket://127.0.0.1:1", "refused"),
    ],
)
def test_what_cannot_be_opened_says_why_and_leaves_nothing_open(url: str, says: str) -> None:
    before = _descriptors()
    with pytest.raises(PortError) as error:
        Port.open(url)
    assert says in str(error.value)
    assert _descriptors() == before


_FLIPPING: Final = """
import os, pty, sys
link, old = sys.argv[1], None
while os.getppid() == int(sys.argv[2]):
    far, near = pty.openpty()
    os.symlink(os.ttyname(near), link + ".new")
    os.close(near)
    os.replace(link + ".new", link)
    if old is None:
        print("ready", flush=True)
    else:
        os.close(old)
    old = far
"""
"""Puts one terminal after the other behind a link, and takes the one before away."""


def test_a_link_that_is_set_anew_as_it_is_opened_is_found_or_hangs_up(tmp_path: Path) -> None:
    link = tmp_path / "gun"
    command = [sys.executable, "-c", _FLIPPING, str(link), str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as flipping:
        assert flipping.stdout is not None
        assert flipping.stdout.readline() == b"ready\n"
        opened, said = 0, set()
        try:
            for _ in range(1_000):
                try:
                    Port.open(str(link)).close()
                    opened += 1
                except PortError as error:
                    said.add(str(error))
        finally:
            flipping.kill()
    assert opened > 0
    # One that hangs up as it is opened says so; that there is none is never true.
    assert said <= {f"{link}: {os.strerror(errno.EIO)}", f"{link}: hung up"}


@pytest.mark.parametrize("kind", ["file", "folder", "null"])
def test_what_is_no_serial_port_says_so_and_leaves_nothing_open(tmp_path: Path, kind: str) -> None:
    path = {"file": tmp_path / "notes.txt", "folder": tmp_path, "null": Path(os.devnull)}[kind]
    if kind == "file":
        path.write_text("mine")
    before = _descriptors()
    with pytest.raises(PortError) as error:
        Port.open(str(path))
    assert str(path) in str(error.value)
    assert _descriptors() == before
    if kind == "file":
        assert path.read_text() == "mine"


def test_stop_is_written_by_another_thread_at_once(port: Port, line: Line) -> None:
    taken: list[bool] = []
    thread = threading.Thread(target=lambda: taken.append(port.write_stop(STOP_BYTES)))
    thread.start()
    thread.join(WAIT_MS / 1000)
    assert taken == [True]
    assert line.hear(len(STOP_BYTES)) == STOP_BYTES


def test_stop_comes_whole_between_the_writes_of_a_busy_line(port: Port, line: Line) -> None:
    """One thread writes without pause, another stops: the four bytes stand together."""
    rounds, over = 200, threading.Event()

    def write() -> None:
        for _ in range(rounds):
            port.write(b"abcdefgh" * 4)
        over.set()

    writer = threading.Thread(target=write)
    heard = bytearray()
    writer.start()
    stops = 0
    while not over.is_set():
        stops += port.write_stop(STOP_BYTES)
        heard += line.hear(len(STOP_BYTES))
    writer.join()
    heard += line.hear(rounds * 32 + stops * len(STOP_BYTES) - len(heard))
    assert bytes(heard).replace(STOP_BYTES, b"") == b"abcdefgh" * 4 * rounds


def test_stop_on_a_line_that_takes_nothing_comes_back_at_once_and_says_so(
    port: Port, line: Line
) -> None:
    with pytest.raises(PortError, match="takes no more bytes"):
        port.write(bytes(64 << 20))
    while os.set_blocking(port.fileno(), False) is None:
        # What is left of room is less than the whole that was offered.
        try:
            os.write(port.fileno(), b"\x00")
        except BlockingIOError:
            break
    assert port.write_stop(STOP_BYTES) is False


def test_nothing_is_written_to_a_descriptor_that_stands_for_something_else_after_closing(
    port: Port, tmp_path: Path
) -> None:
    number = port.fileno()
    port.close()
    path = tmp_path / "a-database"
    opened = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        if opened != number:
            os.dup2(opened, number)
        assert port.write_stop(STOP_BYTES) is False
        with pytest.raises(PortError, match="closed"):
            port.write(b"frame")
        with pytest.raises(PortError, match="closed"):
            port.read()
        port.close()
        os.fstat(number)  # it is still open: closing twice closes nothing of others
    finally:
        for each in {opened, number}:
            os.close(each)
    assert path.read_bytes() == b""


def test_opening_and_closing_leaves_no_descriptor_behind(
    pty_line: Line, tcp_line: Line, listener: socket.socket
) -> None:
    before = _descriptors()
    for _ in range(5):
        _open(pty_line, listener).close()
        _open(tcp_line, listener).close()
        tcp_line.hang_up()
    assert _descriptors() == before
