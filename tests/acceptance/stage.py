"""What the acceptance tests stand on: the command, a gun, a hand. All of it real.

Nothing here looks into the program: plans go in as files, sessions run as processes
on ptys or TCP, and what happened is read back with ``injector log`` or asked of the
gun through its control channel, which alone knows what was really moved.
"""

import json
import os
import pty
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final, Self

from injector.cli.simulator_process import SimulatorProcess
from tests.acceptance import forked

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "examples"
DEADLINE_S: Final = 120.0
"""Only so that a test that hangs fails; the longest example plays for half a minute."""
COMMAND: Final = (sys.executable, "-m", "injector.cli.main")


def until(met: Callable[[], bool], what: str) -> None:
    """Return when ``met`` is; fail at the deadline and say what never came."""
    end_s = time.monotonic() + DEADLINE_S
    while not met():
        assert time.monotonic() < end_s, f"it never came to this: {what}"
        select.select([], [], [], 0.01)  # a look every 10 ms at what no descriptor tells


# -- the command ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines it printed; it must have ended well."""
        assert self.status == 0, self
        return [json.loads(line) for line in self.out.splitlines()]

    def object(self) -> dict[str, Any]:
        """The one JSON object it printed, however it ended."""
        (line,) = self.out.splitlines()
        found = json.loads(line)
        assert isinstance(found, dict)
        return found


class Running:
    """A command that runs."""

    def __init__(self, *arguments: str | Path, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | (env or {}),
            encoding="utf-8",
        )

    def end(self) -> Ran:
        """Wait for its end."""
        try:
            out, err = self.process.communicate(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return Ran(self.process.returncode, out, err)

    def kill(self) -> None:
        """SIGKILL: it cannot put anything in order."""
        self.process.kill()
        self.process.communicate()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


def injector(
    *arguments: str | Path, env: dict[str, str] | None = None, given: str | None = None
) -> Ran:
    """Run the command to its end."""
    return Ran(*forked.run([*map(str, arguments)], os.environ | (env or {}), given, DEADLINE_S))


# -- the gun and the hand -------------------------------------------------------------------------


class Hand:
    """A hand on a gun: its own connection to the control channel."""

    def __init__(self, control: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE_S)
        self._socket.connect(control)
        self._lines = self._socket.makefile("rb")

    def raw(self, line: bytes) -> dict[str, Any]:
        """Send bytes and a line's end; return the answer."""
        self._socket.sendall(line + b"\n")
        answer = json.loads(self._lines.readline())
        assert isinstance(answer, dict)
        return answer

    def do(self, what: str, **fields: object) -> dict[str, Any]:
        """Do something; return what there was to see."""
        answer = self.raw(json.dumps({"do": what, **fields}).encode())
        assert answer.pop("ok", False), answer
        return answer

    def wait(self, what: str, **fields: object) -> None:
        """Wait for a light, for shots, or for time to pass."""
        answer = self.raw(json.dumps({"wait": what, **fields}).encode())
        assert answer == {"ok": True}

    @property
    def truth(self) -> dict[str, int]:
        """What was really moved."""
        return dict(self.do("truth")["truth"])

    @property
    def journal(self) -> list[dict[str, Any]]:
        """What the gun's permanent memory holds."""
        return list(self.do("journal")["journal"])

    @property
    def state(self) -> dict[str, Any]:
        """What there is to see of the gun."""
        return dict(self.do("state")["state"])

    def close(self) -> None:
        """Take the hand off."""
        self._lines.close()
        self._socket.close()


@contextmanager
def hand_on(gun: SimulatorProcess) -> Iterator[Hand]:
    """Hold a gun for a while."""
    hand = Hand(gun.control)
    try:
        yield hand
    finally:
        hand.close()


class Recorder:
    """A pty that is no gun: it keeps every byte that is written to it, and says nothing."""

    def __init__(self) -> None:
        self._ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.path: Final = os.ttyname(theirs)
        self._theirs = theirs  # stays open, so that the pty lives
        self.heard = bytearray()
        self._ended = Event()
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._ended.is_set():
            if select.select([self._ours], [], [], 0.02)[0]:
                self.heard += os.read(self._ours, 4096)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        os.close(self._ours)
        os.close(self._theirs)


# -- plans ----------------------------------------------------------------------------------------

_HEAD: Final = """\
title = "{title}"
indication = "training"
operator = "Ada"
needle = "4.0 mm"
syringe = "2 mL"

[[mixture]]
product = "saline"
product_class = "carrier"
volume = "1.5 mL"
"""


def step(
    *,
    mode: str = "repeat",
    burst: int = 0,
    volume: str = "0.010 mL",
    depth: str = "1.5 mm",
    flow: str = "250 µL/s",
    cadence: str = "9/s",
    shots: int = 6,
) -> str:
    """A step of a plan that the shipped limits allow, unless it is told otherwise."""
    return f"""
[[step]]
technique = "papule"
zone = "limbs"
mode = "{mode}"
{f"burst = {burst}" if burst else ""}
volume = "{volume}"
depth = "{depth}"
flow = "{flow}"
needle_speed = "150 mm/s"
cadence = "{cadence}"
shots = {shots}
"""


def write_plan(folder: Path, *steps: str, title: str = "Training", hand: str = "") -> Path:
    """Write a plan, and the hand that plays it where one is given."""
    path = folder / f"{title.lower().replace(' ', '-')}.toml"
    path.write_text(_HEAD.format(title=title) + "".join(steps), encoding="utf-8")
    if hand:
        path.with_suffix(".hand.jsonl").write_text(hand, encoding="utf-8")
    return path


def holding_hand(shots: int = 6) -> str:
    """A hand that stays on the skin and holds the trigger for so many shots, over and over."""
    held: list[dict[str, object]] = [
        {"wait": "armed"},
        {"do": "trigger", "held": True},
        {"wait": "shots", "count": shots},
        {"do": "trigger", "held": False},
        {"wait": "ms", "ms": 150},  # longer than the cadence: a pull too early gives nothing
    ]
    lines: list[dict[str, object]] = [
        {"do": "syringe", "volume_nl": 2_000_000, "size_nl": 2_000_000},
        {"do": "contact", "on": True},
        {"repeat": held, "times": 1000},
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


# -- the log --------------------------------------------------------------------------------------


def copy_log(log: Path, folder: Path) -> Path:
    """A consistent copy of a log, with its keys, as a person with sqlite3 makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / "shots.db"
    connection = sqlite3.connect(log)
    try:
        connection.execute("VACUUM INTO ?", (str(copy),))
    finally:
        connection.close()
    for suffix in (".key", ".vkey"):
        shutil.copy2(log.with_name(log.name + suffix), copy.with_name(copy.name + suffix))
    return copy


def query(log: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the database itself."""
    connection = sqlite3.connect(f"file:{log}?mode=ro", uri=True)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def written(log: Path) -> tuple[int, str]:
    """How long a log is, and its newest checkpoint: both change with every entry."""
    ((size, checkpoint),) = query(log, "SELECT size, checkpoint FROM head")
    return size, checkpoint


def entries(log: Path, kind: str | None = None) -> list[dict[str, Any]]:
    """The bodies of a log in order, as they were hashed."""
    bodies = [json.loads(body) for (body,) in query(log, "SELECT body FROM entries ORDER BY seq")]
    return [body for body in bodies if kind in (None, body["kind"])]


def sessions(log: Path) -> list[dict[str, Any]]:
    """The sessions, as ``injector log sessions --json`` tells them."""
    return injector("log", "sessions", "--json", "--log", log).lines()


def shots(log: Path, session: str = "last") -> list[dict[str, Any]]:
    """The shots of a session, as ``injector log shots --json`` tells them."""
    return injector("log", "shots", session, "--json", "--log", log).lines()


def verify(log: Path, *options: str | Path) -> dict[str, Any]:
    """What ``injector log verify --json`` reports; its status must agree."""
    ran = injector("log", "verify", "--json", "--log", log, *options)
    report = ran.object()
    assert ran.status == (0 if report["ok"] else 1), ran
    return report


def findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that a report found wrong."""
    return [found for check in report["checks"] for found in check["findings"]]


_SAME: Final = {
    "journal_id": "journal",
    "index": "index",
    "link": "under_link",
    "grant": "grant",
    "boot_id": "boot",
    "setpoint_digest": "digest",
    "t_us": "t_us",
    "debit_nl": "debit_nl",
    "shots_total": "shots",
    "volume_total_nl": "volume_total_nl",
    "slice": "slice",
}
_SAME_IN_SHOTS: Final = {
    "volume_nl": "volume_nl",
    "depth_um": "depth_um",
    "flow_nl_s": "flow_nl_s",
    "pressure_pa": "pressure_pa",
    "duration_us": "duration_us",
}
"""Fields of the log's entry, and what the gun's journal calls them."""


def assert_log_equals_gun(log: Path, hand: Hand) -> None:
    """Nothing lost, nothing doubled: the log's shots are the journal's, and the journal
    is what really happened, in number and in volume."""
    given = [body for body in entries(log) if body["kind"] in ("shot", "uncertain")]
    journal = [e for e in hand.journal if e["entry"] in ("ShotEntry", "UncertainEntry")]
    assert [body["index"] for body in given] == [entry["index"] for entry in journal]
    for body, entry in zip(given, journal, strict=True):
        whole = entry["entry"] == "ShotEntry"
        assert body["kind"] == ("shot" if whole else "uncertain")
        for ours, theirs in (_SAME | (_SAME_IN_SHOTS if whole else {})).items():
            assert body[ours] == entry[theirs], (ours, body, entry)
        if whole:
            complete = entry["ending"] == "complete"
            assert body["outcome"] == ("complete" if complete else "partial")
            assert body["cause"] == (None if complete else entry["ending"])
    assert entries(log, "gap") == []
    truth = hand.truth
    assert truth["shots"] == len(given)
    measured_nl = sum(body["volume_nl"] for body in given if body["kind"] == "shot")
    tolerance_nl = sum(entry["debit_nl"] for entry in journal) // 101 + len(given)
    uncertain_nl = sum(body["debit_nl"] for body in given if body["kind"] == "uncertain")
    assert measured_nl - tolerance_nl <= truth["moved_nl"]
    assert truth["moved_nl"] <= measured_nl + uncertain_nl + tolerance_nl
    # What counts as given is never less than what was, beyond the drive's tolerance.
    assert sum(body["counts_nl"] for body in given) + tolerance_nl >= truth["moved_nl"]


def assert_clear(ran: Ran, status: int, *words: str) -> None:
    """One clear error: on stderr only, with that status, and no word of a traceback."""
    assert (ran.status, ran.out) == (status, ""), ran
    assert "Traceback" not in ran.err, ran.err
    assert ran.err.lower().count("error:") == 1, ran.err
    for word in words:
        assert word in ran.err, (word, ran.err)


def temporary_files(folder: Path) -> Sequence[str]:
    """The names in a folder."""
    return sorted(path.name for path in folder.iterdir())
