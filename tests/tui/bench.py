"""What these tests stand on: a gun, a hand on it, and a terminal that a program runs in."""

import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Final, Self

import pyte

from injector.limits.library import Library
from injector.shotlog.entries import Entry
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.treatment.plan import Plan
from injector.treatment.shipped import shipped_library

ROOT: Final = Path(__file__).parents[2]
PLAN: Final = ROOT / "examples" / "elbow-tendinopathy.toml"
DEADLINE_S: Final = 30.0
LEAVES: Final = b"\x1b[?1049l"
"""Leaves the alternate screen."""
SHOWS_CURSOR: Final = b"\x1b[?25h"


def plan() -> Plan:
    """The plan of these tests."""
    return Plan.parse(PLAN.read_bytes())


def library() -> Library:
    """The limits of these tests."""
    return shipped_library()


class Hand:
    """A hand on a simulated gun, through its control channel."""

    def __init__(self, control: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE_S)
        self._socket.connect(control)
        self._lines = self._socket.makefile("rb")

    def do(self, what: str, **fields: object) -> dict[str, Any]:
        """Do something; what there was to see."""
        self._socket.sendall(json.dumps({"do": what, **fields}).encode() + b"\n")
        answer = json.loads(self._lines.readline())
        assert answer.pop("ok", False), answer
        return dict(answer)

    def shoot(self) -> None:
        """One pull on the skin."""
        self.do("contact", on=True)
        self.do("shoot")
        self.do("contact", on=False)

    @property
    def shots(self) -> int:
        """How many the gun has really given."""
        return int(self.do("truth")["truth"]["shots"])

    @property
    def state(self) -> dict[str, Any]:
        """What there is to see of the gun."""
        return dict(self.do("state")["state"])

    def close(self) -> None:
        """Take the hand off."""
        self._lines.close()
        self._socket.close()


@contextmanager
def hand_on(control: str) -> Iterator[Hand]:
    """Hold a gun for a while."""
    hand = Hand(control)
    try:
        yield hand
    finally:
        hand.close()


class Terminal:
    """A terminal of its own with a program in it, read as a person reads it.

    ``freeze`` stops reading, as a suspended ssh does; ``deaf`` never answers when
    it is asked for its status.
    """

    def __init__(
        self,
        *command: str | Path,
        size: tuple[int, int] = (80, 24),
        env: dict[str, str] | None = None,
        deaf: bool = False,
    ) -> None:
        columns, rows = size
        self.raw = bytearray()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = Condition()
        self._frozen = self._over = False
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (rows, columns))
        self.before = termios.tcgetattr(theirs)
        self._theirs = theirs  # kept open, so that what was drawn can be read to the end
        if not deaf:
            self._screen.write_process_input = lambda data: self.send(data.encode())
        given = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=given | {"TERM": "xterm-256color"} | (env or {}),
            start_new_session=True,
            cwd=ROOT,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while not self._over:
            if self._frozen or not select.select([self._ours], [], [], 0.05)[0]:
                with self._changed:
                    self._changed.wait_for(lambda: not self._frozen or self._over, 0.05)
                continue
            try:
                data = os.read(self._ours, 65_536)
            except OSError:
                return
            with self._changed:
                self.raw += data
                self._stream.feed(data)
                self._changed.notify_all()

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self._screen.display)

    @property
    def modes(self) -> list[Any]:
        """The terminal's settings now."""
        return list(termios.tcgetattr(self._theirs))

    def wait(self, *texts: str) -> str:
        """Wait until all of these stand on the screen."""
        with self._changed:
            seen = self._changed.wait_for(
                lambda: all(text in self.text for text in texts), DEADLINE_S
            )
        assert seen, f"{texts} never came:\n{self.text}"
        return self.text

    def send(self, data: bytes) -> None:
        """Type."""
        os.write(self._ours, data)

    def freeze(self) -> None:
        """Read nothing any more."""
        self._frozen = True

    def thaw(self) -> None:
        """Read again."""
        with self._changed:
            self._frozen = False
            self._changed.notify_all()

    def hang_up(self) -> None:
        """Close the terminal, as closing its window does."""
        self._stop_reading()
        os.close(self._theirs)
        os.close(self._ours)
        self._theirs = self._ours = -1
        os.kill(self.process.pid, signal.SIGHUP)  # what its session would get

    def end(self) -> int:
        """Wait for the program's end; its status."""
        status = self.process.wait(DEADLINE_S)
        with self._changed:  # whatever was written before the end has arrived by then
            self._changed.wait_for(lambda: not select.select([self._ours], [], [], 0)[0], 5)
        return status

    def _stop_reading(self) -> None:
        with self._changed:
            self._over, self._frozen = True, False
            self._changed.notify_all()
        self._reader.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._stop_reading()
        for each in (self._ours, self._theirs):
            if each >= 0:
                os.close(each)


def until(met: Callable[[], bool], what: str) -> None:
    """Return when ``met`` is; fail at the deadline and say what never came."""
    end_s = time.monotonic() + DEADLINE_S
    while not met():
        assert time.monotonic() < end_s, f"it never came to this: {what}"
        select.select([], [], [], 0.02)


def entries(log: Path) -> list[Entry]:
    """Every entry of the log, which must verify."""
    with LogReader.open(log) as reader:
        found = list(reader.entries())
    assert verify(log).ok
    return found


def kinds(log: Path) -> list[str]:
    """The kind of every entry."""
    return [entry.body.kind for entry in entries(log)]
