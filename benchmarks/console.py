"""`make bench-console`: the console's first paint, and what it costs while shots come fast.

**Paint.** The console, which begins with signing in, and a Textual application with one
`Static` are started in turns on a terminal of their own, and timed from the start of the
process until the whole first screen has arrived.

**Load.** The console runs on a terminal with a real engine, whose line has a clock on it, and a
log of 100,000 shots; it draws recorded snapshots at 50 shots a second (`benchmarks.recorded`).
F9 is typed at moments drawn evenly, and timed until STOP can be read on the gun's side; the
beats are timed there too. Once more with a widget that sleeps most of each second.

Writes `build/bench/console.json`; exits 1 where a bar is missed.
"""

import argparse
import os
import pickle
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median
from threading import Thread
from typing import Final

from benchmarks.bars import Bar, conclude, table
from benchmarks.console_line import ClockedLine, clocked_line
from benchmarks.long_log import Length, make_long_log
from benchmarks.recorded import record
from injector.cli.simulator_process import start_simulator
from injector.staff.file import StaffFile, staff_path
from injector.staff.roles import Role
from injector.treatment.plan import Plan
from injector.treatment.shipped import shipped_library

ROOT: Final = Path(__file__).parents[1]
OUT: Final = Path("build/bench/console.json")
PLAN: Final = ROOT / "examples" / "elbow-tendinopathy.toml"
RATE: Final = 50
"""Shots a second."""
HELD_MS: Final = 700
"""For how much of each second the sleeping widget holds the loop."""
_F9: Final = b"\x1b[20~"
_FRAME_END: Final = b"\x1b[?2026l"
"""Ends a synchronized update: Textual draws each frame as one."""
_BEAT_NS: Final = 100_000_000
_STOP_S: Final = (0.35, 0.65)
"""Between two presses of F9, drawn evenly."""
_SETTLE_S: Final = 3.0
_PATIENCE_S: Final = 60.0
_BARE: Final = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("whole")

Bare().run()
"""
_SIGN_IN: Final = (b"F9", b"Ada Bench", b" help")
"""The STOP target on top, who may sign in, and the last key at the foot: the screen is whole."""
_TREATMENT: Final = (b"F9", b" help")
"""The same of the screen that is put under load."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    paints: int = 11
    load_s: float = 60.0
    held_s: float = 30.0
    shots: int = 100_000


SHORT: Final = Effort(paints=2, load_s=6.0, held_s=4.0, shots=600)
"""Shows that the benchmark runs; its figures mean nothing."""


@dataclass(slots=True)
class Load:
    """What was seen of one console under load."""

    cpu_share: float = 0.0
    """Of one core, of the console's own process."""
    stop_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    """Of each beat, against the one before it."""
    frames_per_s: float = 0.0
    """How often something was drawn: that it is drawn at all."""
    grown_mb: float = 0.0
    """Resident memory at the end, against that after a sixth of the time."""


class Screen:
    """A program on a terminal of its own, of which everything that it draws is read away."""

    def __init__(self, *command: str) -> None:
        self._ours, self._theirs = pty.openpty()
        termios.tcsetwinsize(self._theirs, (24, 80))
        self.begun_s: Final = time.monotonic()
        self.process: Final = subprocess.Popen(
            [sys.executable, *command],
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            env=os.environ | {"TERM": "xterm-256color"},
            start_new_session=True,
            cwd=ROOT,
        )
        self.drawn = bytearray()
        self.frames = 0
        """How often something was drawn."""
        self.drawn_s = self.begun_s
        """When something was drawn last."""

    def until_drawn(self, texts: Sequence[bytes]) -> float:
        """Read until all of ``texts`` were drawn; seconds from the start of the process."""
        while not all(text in self.drawn for text in texts):
            if not select.select([self._ours], [], [], _PATIENCE_S)[0]:
                raise TimeoutError(f"{texts!r} were not drawn: {bytes(self.drawn[-400:])!r}")
            self._read()
        return self.drawn_s - self.begun_s

    def read_on(self) -> None:
        """Read away what is drawn, and answer the terminal's questions, until it closes."""
        while True:
            try:
                if select.select([self._ours], [], [], 0.2)[0]:
                    self._read()
            except (OSError, ValueError):
                return

    def _read(self) -> None:
        data = os.read(self._ours, 65_536)
        self.drawn += data
        self.frames += data.count(_FRAME_END)
        self.drawn_s = time.monotonic()
        if b"\x1b[5n" in data:
            os.write(self._ours, b"\x1b[0n")
        if b"\x1b[?2026$p" in data:
            os.write(self._ours, b"\x1b[?2026;2$y")  # it knows synchronized updates
        del self.drawn[:-100_000]

    def type(self, data: bytes) -> None:
        """Type."""
        os.write(self._ours, data)

    def close(self) -> None:
        """End the program, however it is."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        os.close(self._theirs)
        os.close(self._ours)


@contextmanager
def _screen(*command: str) -> Iterator[Screen]:
    screen = Screen(*command)
    try:
        yield screen
    finally:
        screen.close()


def measure_paint(folder: Path, port: str, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds to the first full paint of the bare application and of the console, in turns."""
    bare_s, ours_s = [], []
    for number in range(rounds):
        with _screen("-c", _BARE) as bare:
            bare_s.append(bare.until_drawn([b"whole"]))
        log = folder / f"paint-{number}.db"
        staff = StaffFile(staff_path(log), utc_us=lambda: time.time_ns() // 1000)
        staff.add("ada", "Ada Bench", Role.PRACTITIONER, "a passphrase of the benchmark")
        command = ("-m", "injector.cli.main", "console", "--port", port, "--log", str(log))
        with _screen(*command) as ours:
            ours_s.append(ours.until_drawn(_SIGN_IN))
    return bare_s, ours_s


def measure_load(
    line: ClockedLine, log: Path, recorded: Path, *, seconds: float, held_ms: int
) -> Load:
    """Run a console under load and press F9 now and then."""
    load, chance = Load(), Random(held_ms)  # noqa: S311 - moments that replay, no secret
    program = ("-m", "benchmarks.console_program", line.path, str(log), str(recorded))
    with _screen(*program, str(RATE), str(held_ms)) as screen:
        screen.until_drawn(_TREATMENT)
        Thread(target=screen.read_on, daemon=True).start()
        time.sleep(_SETTLE_S)
        pid = screen.process.pid
        first_beat, cpu_s, begun_s = len(line.beats_ns), _cpu_s(pid), time.monotonic()
        early_mb, first_frame = _resident_mb(pid), screen.frames
        while (gone_s := time.monotonic() - begun_s) < seconds:
            if gone_s < seconds / 6:
                early_mb = _resident_mb(pid)
            time.sleep(chance.uniform(*_STOP_S))
            load.stop_ms.append(_press(screen, line))
        load.cpu_share = (_cpu_s(pid) - cpu_s) / (time.monotonic() - begun_s)
        load.frames_per_s = (screen.frames - first_frame) / (time.monotonic() - begun_s)
        load.grown_mb = _resident_mb(pid) - early_mb
        beats = line.beats_ns[first_beat:]
    load.late_ms = [(after - before - _BEAT_NS) / 1e6 for before, after in pairwise(beats)]
    return load


def _press(screen: Screen, line: ClockedLine) -> float:
    """Press F9; milliseconds until STOP was on the line."""
    before, pressed_ns = len(line.stops_ns), time.monotonic_ns()
    screen.type(_F9)
    end_s = time.monotonic() + _PATIENCE_S
    while len(line.stops_ns) == before:
        if time.monotonic() > end_s:
            raise TimeoutError("F9 brought no STOP")
        time.sleep(0.0005)
    return (line.stops_ns[before] - pressed_ns) / 1e6


def _cpu_s(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def long_log(shots: int) -> Path:
    """A log with that many shots; made once and kept, since making it takes a minute."""
    folder = ROOT / "build" / "bench" / f"log-{shots}"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make_long_log(folder / "shots.db", shipped_library(), Length.of_shots(shots))
        (folder / "made").touch()
    return folder


def run(effort: Effort, out: Path) -> int:
    """Measure, print and write to ``out``; return the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start_simulator(serial="BENCH-P", seed=1) as gun:
            bare_s, ours_s = measure_paint(folder, gun.port, effort.paints)
        print(
            f"first full paint: bare {median(bare_s):.2f} s, console {median(ours_s):.2f} s",
            flush=True,
        )
        recorded = folder / "recorded"
        recorded.write_bytes(
            pickle.dumps(record(folder, Plan.parse(PLAN.read_bytes()), shipped_library()))
        )
        loads = {}
        for kind, seconds, held_ms in (
            ("drawing", effort.load_s, 0),
            ("with a widget asleep", effort.held_s, HELD_MS),
        ):
            made = shutil.copytree(long_log(effort.shots), folder / f"log-{held_ms}")
            with start_simulator(serial="BENCH-L", seed=1) as gun, clocked_line(gun.port) as line:
                loads[kind] = measure_load(
                    line, made / "shots.db", recorded, seconds=seconds, held_ms=held_ms
                )
    print(_show(loads), flush=True)
    drawing, held = loads.values()
    bars = [
        Bar("first full paint, times bare Textual", median(ours_s) / median(bare_s), 2.2, "times"),
        Bar("console's share of a core", drawing.cpu_share * 100, 40, "%"),
        Bar("F9 to the wire, median", median(drawing.stop_ms), 20, "ms"),
        Bar("F9 to the wire, worst", max(drawing.stop_ms), 120, "ms"),
        Bar("F9 to the wire, widget asleep, median", median(held.stop_ms), 20, "ms"),
        Bar("F9 to the wire, widget asleep, worst", max(held.stop_ms), 120, "ms"),
        Bar("resident memory's growth", drawing.grown_mb, 10, "MB"),
        Bar("latest beat", max(drawing.late_ms + held.late_ms), 20, "ms"),
    ]
    figures: dict[str, object] = {
        "effort": asdict(effort),
        "bare_s": bare_s,
        "ours_s": ours_s,
        "loads": {kind: asdict(load) for kind, load in loads.items()},
    }
    return conclude("console", figures, bars, out)


def _show(loads: dict[str, Load]) -> str:
    rows = [
        (
            kind,
            f"{load.cpu_share:.0%}",
            f"{load.frames_per_s:.1f}",
            f"{median(load.stop_ms):.1f}",
            f"{max(load.stop_ms):.1f}",
            f"{max(load.late_ms):.1f}",
            f"{load.grown_mb:.1f}",
        )
        for kind, load in loads.items()
    ]
    head = (
        "console",
        "core",
        "frames/s",
        "F9 median ms",
        "F9 worst ms",
        "beat late ms",
        "grown MB",
    )
    return table(head, rows)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="bench-console", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only see that it runs")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    asked = parser.parse_args()
    return run(SHORT if asked.short else Effort(), asked.out)


if __name__ == "__main__":
    sys.exit(main())
