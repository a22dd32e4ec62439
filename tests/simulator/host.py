"""A host on a real port: pyserial and the real host side of the line, nothing else."""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import serial

from injector.protocol.framing import pick_link
from injector.protocol.host import Answered, HostConnection, Pushed
from injector.protocol.messages import Hello, JournalEntry, Reply, Request

DEADLINE_S: Final = 20.0
COMMAND: Final = (sys.executable, "-c", "from injector.cli.simulate import simulate; simulate()")


def now_us() -> int:
    """Return the time of the monotonic clock."""
    return time.monotonic_ns() // 1_000


def until(met: Callable[[], bool]) -> None:
    """Return when ``met`` is; fail at the deadline."""
    end_s = time.monotonic() + DEADLINE_S
    while not met():
        assert time.monotonic() < end_s, "it never came to that"
        select.select([], [], [], 0.005)  # a look every 5 ms at what no descriptor tells


class Host:
    """One link over a port that pyserial opens."""

    def __init__(self, port: str) -> None:
        self.line = serial.serial_for_url(port, 115_200, timeout=0.05)
        self.connection = HostConnection(link=pick_link(os.urandom))
        self.pushed: list[JournalEntry] = []

    def ask(self, message: Request) -> Reply:
        """Send a request and return its reply; fail at the deadline."""
        end_us = now_us() + int(DEADLINE_S * 1_000_000)
        self.connection.request(message, now_us())
        while now_us() < end_us:
            output = self.connection.take_output(now_us())
            if output:
                self.line.write(output)
            data = self.line.read(1) + self.line.read(self.line.in_waiting)
            events = self.connection.receive(data, now_us()) + self.connection.tick(now_us())
            self.pushed += [event.entry for event in events if isinstance(event, Pushed)]
            for event in events:
                if isinstance(event, Answered):
                    return event.reply
        raise AssertionError(f"{message!r} was never answered")

    def hello(self) -> Reply:
        """Begin the link."""
        return self.ask(Hello(version=1, log=b"testlog1", lease_ms=500))

    def close(self) -> None:
        """Close the port."""
        self.line.close()


class Control:
    """A connection to the control channel."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE_S)
        self._socket.connect(path)
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def say(self, line: str | bytes) -> None:
        """Send a line."""
        self._socket.sendall((line.encode() if isinstance(line, str) else line) + b"\n")

    def hear(self) -> dict[str, Any]:
        """Return the next answer."""
        answer: dict[str, Any] = json.loads(self._lines.readline())
        return answer

    def ask(self, line: str | bytes) -> dict[str, Any]:
        """Send a line and return its answer."""
        self.say(line)
        return self.hear()

    def close(self) -> None:
        """End the connection."""
        self._lines.close()
        self._socket.close()


class Gun:
    """A gun in a process of its own."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--json", "--until-eof", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        self.port: str = said["port"]
        self.control: str = said["control"]

    def end(self) -> int:
        """Let standard input end, and return how the process did."""
        self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode


@contextmanager
def gun(*options: str) -> Iterator[Gun]:
    """Run a gun for a while."""
    running = Gun(*options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()


@contextmanager
def host(port: str) -> Iterator[Host]:
    """Open a port for a while."""
    opened = Host(port)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def control(path: str) -> Iterator[Control]:
    """Hold a control channel for a while."""
    opened = Control(path)
    try:
        yield opened
    finally:
        opened.close()
