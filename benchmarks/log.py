"""`make bench-log`: what writing, reading and verifying a log cost, as ratios within one run.

**Writing.** Shots are committed one by one, and in batches, in turns with a bare connection
of SQLite that runs the same statements on the same tables, the bytes made ready before.

**A million entries.** 100,000 grants in 3,300 sessions (`benchmarks.long_log`); made once and
kept under ``build/bench``. The yardstick is a loop that reads every body and takes its
SHA-256. Beside it: leaf hashes and tree, and a full verify with every check, in a process of
its own, whose memory is looked at. Then opening it, a session's page, and a shot's proof.

Writing and opening are timed by the clock, since the disk has a part in them, hashing and
verifying by the processor, which the neighbours of this machine disturb less. A page and a
proof are timed by the clock, and the least of some askings counts. Of every pair both sides are
measured in turns and the medians are compared. Writes `build/bench/log.json`; exits 1 where a
bar is missed.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Final, NamedTuple, TypeVar

from sqlite_utils import Database

from benchmarks.bars import Bar, conclude, table
from benchmarks.long_log import MILLION, Length, make_long_log
from injector.control.judged_again import JudgedAgain
from injector.report.shot_proof import prove_shot
from injector.shotlog import keys
from injector.shotlog.batch import Batch
from injector.shotlog.entries import Draft, Moment, Shot
from injector.shotlog.files import beside
from injector.shotlog.log import ShotLog
from injector.shotlog.making import insert, make_durable
from injector.shotlog.merkle import Peaks, leaf_hash
from injector.shotlog.reader import LogReader, connect
from injector.shotlog.verify import undisturbed, verify
from injector.treatment.shipped import shipped_library

ROOT: Final = Path(__file__).parents[1]
OUT: Final = Path("build/bench/log.json")
KEPT: Final = ROOT / "build" / "bench"
_NOW: Final = Moment(1_700_000_000_000_000, 1_000_000)
_BLOCK: Final = 25
"""Commits that one side makes before it is the other's turn."""
_PAGE: Final = 50
_ASKED: Final = 5
"""Times that the same page or proof is asked for."""
T = TypeVar("T")
_HEAD: Final = (
    "UPDATE head SET size = ?, peaks = ?, checkpoint = ? WHERE size = ? AND checkpoint = ?"
)
_BODIES: Final = "SELECT CAST(body AS BLOB) FROM entries ORDER BY seq LIMIT ?"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    length: Length = MILLION
    commits: int = 1_000
    batches: int = 15
    batch: int = 1_000
    hashed: int = 200_000
    rounds: int = 5
    opened: int = 25
    asked: int = 60


SHORT: Final = Effort(Length(8, grants=4, shots=40), 50, 2, 100, 300, 2, 3, 5)
"""Shows that the benchmark runs; its figures mean nothing."""


class Pair(NamedTuple):
    """Seconds of the same work, by us and by whom we are held against."""

    ours_s: float
    bare_s: float

    @property
    def speed(self) -> float:
        """How many times as fast we are."""
        return self.bare_s / self.ours_s

    @property
    def times(self) -> float:
        """How many times as long we take."""
        return self.ours_s / self.bare_s


def in_turns(
    ours: Callable[[int], object],
    bare: Callable[[int], object],
    rounds: int,
    clock: Callable[[], float],
) -> Pair:
    """Run both in turns, each first as often as second; the median seconds of each."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for side in ((0, 1), (1, 0))[number % 2]:
            begun = clock()
            (ours, bare)[side](number)
            took[side].append(clock() - begun)
    return Pair(median(took[0]), median(took[1]))


# -- writing ---------------------------------------------------------------------------------


def _shots(first: int, count: int) -> list[Draft]:
    return [
        Draft(
            "t0000000000000000",
            Shot(
                serial="BENCH-1",
                journal_id=7,
                index=index,
                grant_seq=None,
                link=1,
                grant=1,
                boot_id=99,
                setpoint_digest="0011223344556677",
                outcome="complete",
                cause=None,
                volume_nl=20_000 + index % 100,
                depth_um=2_000,
                flow_nl_s=198_000,
                pressure_pa=60_000,
                t_us=index * 200_000,
                duration_us=120_000,
                debit_nl=20_200,
                counts_nl=20_000 + index % 100,
                shots_total=index,
                volume_total_nl=index * 20_200,
                slice=0,
            ),
        )
        for index in range(first, first + count)
    ]


class _Ready(NamedTuple):
    """A commit with its bytes ready: what the head was, and what follows it."""

    before: tuple[int, str]
    batch: Batch
    checkpoint: str


def _make_ready(path: Path, batches: Sequence[Sequence[Draft]]) -> list[_Ready]:
    """Make the bytes of commits that follow each other on the log at ``path``."""
    with ShotLog.open(path, now=_NOW, random_bytes=os.urandom, software="benchmark") as log:
        size, checkpoint = log.size, log.checkpoint
        leaves = log.reader.hashes(0, 0, size)
    key, peaks = keys.read(beside(path, ".key")), Peaks()
    for leaf in leaves:
        peaks.append(leaf)
    ready = []
    for drafts in batches:
        batch = Batch(peaks, key, _NOW, os.urandom)
        for draft in drafts:
            batch.add(draft)
        made = _Ready((peaks.size, checkpoint), batch, batch.checkpoint())
        ready.append(made)
        peaks, checkpoint = batch.peaks, made.checkpoint
    return ready


def _write_bare(db: Database, ready: _Ready) -> None:
    """Exactly the statements of a commit."""
    run = db.conn.execute
    run("BEGIN IMMEDIATE")
    peaks = ready.batch.peaks
    run(_HEAD, (peaks.size, peaks.to_bytes(), ready.checkpoint, *ready.before))
    insert(db, ready.batch)
    run("COMMIT")


def measure_commits(folder: Path, commits: int) -> Pair:
    """Commit shots one by one, by the log and bare, in turns of some."""
    shots = [[draft] for draft in _shots(1, commits)]
    ready = _make_ready(folder / "bare.db", shots)
    db = connect(folder / "bare.db", "rw")
    make_durable(folder / "bare.db", db)
    with ShotLog.open(
        folder / "ours.db", now=_NOW, random_bytes=os.urandom, software="benchmark"
    ) as log:

        def ours(number: int) -> None:
            for drafts in shots[number * _BLOCK : (number + 1) * _BLOCK]:
                log.append(drafts, _NOW)

        def bare(number: int) -> None:
            for each in ready[number * _BLOCK : (number + 1) * _BLOCK]:
                _write_bare(db, each)

        took = in_turns(ours, bare, commits // _BLOCK, perf_counter)
    db.close()
    return took


def measure_batches(folder: Path, batches: int, size: int) -> Pair:
    """Append batches, by the log and by ``executemany`` of rows that are ready."""
    drafts = [_shots(1 + number * size, size) for number in range(batches)]
    ready = _make_ready(folder / "bare-batches.db", drafts)
    rows = [
        [(made.entry.seq, made.body.decode(), made.leaf) for made in each.batch.packed]
        for each in ready
    ]
    db = connect(folder / "bare-batches.db", "rw")
    make_durable(folder / "bare-batches.db", db)
    run = db.conn
    with ShotLog.open(
        folder / "batches.db", now=_NOW, random_bytes=os.urandom, software="benchmark"
    ) as log:

        def bare(number: int) -> None:
            run.execute("BEGIN IMMEDIATE")
            run.executemany("INSERT INTO entries (seq, body, leaf) VALUES (?, ?, ?)", rows[number])
            run.execute("COMMIT")

        took = in_turns(
            lambda number: log.append(drafts[number], _NOW), bare, batches, perf_counter
        )
    db.close()
    return took


# -- a million entries -----------------------------------------------------------------------


def read_and_hash(path: Path, most: int = -1) -> int:
    """The yardstick: read every body and take its SHA-256; return how many there were."""
    db = connect(path, "ro")
    count = 0
    for (body,) in db.conn.execute(_BODIES, (most,)):
        hashlib.sha256(body).digest()
        count += 1
    db.close()
    return count


def read_into_tree(path: Path, most: int) -> bytes:
    """Read every body into the tree; return the root."""
    db = connect(path, "ro")
    peaks = Peaks()
    for (body,) in db.conn.execute(_BODIES, (most,)):
        peaks.append(leaf_hash(body))
    db.close()
    return peaks.root()


def verified(path: Path) -> dict[str, float]:
    """Verify in this process, which does nothing else; seconds, and megabytes at the most."""
    with undisturbed():  # as the command does
        begun_s = process_time()
        report = verify(path, judge=JudgedAgain())
        took_s = process_time() - begun_s
    if not report.ok:
        raise ValueError(f"the benchmark's own log does not verify: {report}")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak_kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return {"cpu_s": took_s, "peak_mb": int(peak_kb) * 1024 / 1e6, "entries": report.size}


def measure_verify(path: Path, rounds: int) -> tuple[Pair, float]:
    """Verify in a process of its own, between rounds of the yardstick; and its memory."""
    bare_s: list[float] = []

    def bare() -> None:
        for _ in range(rounds):
            begun_s = process_time()
            read_and_hash(path)
            bare_s.append(process_time() - begun_s)

    bare()
    program = [sys.executable, "-m", "benchmarks.log", "--verify", str(path)]
    said = subprocess.run(program, check=True, capture_output=True, text=True, cwd=ROOT)
    bare()
    figures = json.loads(said.stdout)
    return Pair(figures["cpu_s"], median(bare_s)), figures["peak_mb"]


def measure_opening(folder: Path, long: Path, rounds: int) -> Pair:
    """Open the long log and an empty one, in turns."""
    empty = folder / "empty.db"

    def opened(path: Path) -> None:
        ShotLog.open(path, now=_NOW, random_bytes=os.urandom, software="benchmark").close()

    opened(empty)
    return in_turns(lambda _: opened(long), lambda _: opened(empty), rounds, perf_counter)


def measure_pages(reader: LogReader, asked: int, chance: Random) -> list[float]:
    """Milliseconds for a page of sessions, a session's card and the first page of its shots."""
    opened = dict(zip(reader.session_ids(), reversed(reader.session_seqs()), strict=True))

    def page(session: str) -> None:
        reader.sessions_at(reader.session_seqs()[:_PAGE])
        card = reader.sessions_at([opened[session]])
        reader.granted(session)
        if not card or not reader.shots_at(reader.shot_seqs(session)[:_PAGE]):
            raise ValueError(f"no shots of {session}")

    return [_least_ms(page, chance.choice(list(opened))) for _ in range(asked)]


def measure_proofs(reader: LogReader, asked: int, chance: Random) -> list[float]:
    """Milliseconds for a shot's proof: all that `injector log prove` shows beside it."""
    sessions = reader.session_ids()
    shots = [chance.choice(reader.shot_seqs(chance.choice(sessions))) for _ in range(asked)]
    return [_least_ms(lambda seq: prove_shot(reader, seq), seq) for seq in shots]


def _least_ms(ask: Callable[[T], object], about: T) -> float:
    """The least time by the clock of several askings: what it takes where nobody is in the way.

    The disk has a part in the first alone; a neighbour may have one in each.
    """
    took = []
    for _ in range(_ASKED):
        begun_s = perf_counter()
        ask(about)
        took.append((perf_counter() - begun_s) * 1e3)
    return min(took)


def long_log(length: Length, kept: Path) -> Path:
    """A log of that length; made once and kept, since making it takes minutes."""
    name = "-".join(map(str, ("signed", length.sessions, length.grants, length.shots)))
    folder = kept / f"sessions-{name}"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(f"making a log of {length.sessions} sessions", file=sys.stderr, flush=True)
        make_long_log(folder / "shots.db", shipped_library(), length)
        (folder / "made").touch()
    return folder / "shots.db"


@contextmanager
def _reading(path: Path) -> Iterator[LogReader]:
    with LogReader.open(path) as reader:
        yield reader


def run(effort: Effort, out: Path, kept: Path = KEPT) -> int:
    """Measure, print and write to ``out``; return the exit code. The long log is in ``kept``."""
    chance = Random(6)  # noqa: S311 - sessions that are asked for again, no secret
    with tempfile.TemporaryDirectory(dir=_scratch(kept)) as name:
        folder = Path(name)
        commits = measure_commits(folder, effort.commits)
        batches = measure_batches(folder, effort.batches, effort.batch)
        path = long_log(effort.length, kept)
        tree = in_turns(
            lambda _: read_into_tree(path, effort.hashed),
            lambda _: read_and_hash(path, effort.hashed),
            effort.rounds,
            process_time,
        )
        whole, peak_mb = measure_verify(path, effort.rounds)
        opening = measure_opening(folder, path, effort.opened)
        with _reading(path) as reader:
            pages_ms = measure_pages(reader, effort.asked, chance)
            proofs_ms = measure_proofs(reader, effort.asked, chance)
            entries = reader.size
    pairs = {
        f"{_BLOCK} durable commits": commits,
        f"a batch of {effort.batch:,}": batches,
        f"tree over {min(effort.hashed, entries):,} entries": tree,
        f"verify of {entries:,} entries": whole,
        "opening": opening,
    }
    print(_show(pairs), flush=True)
    bars = [
        Bar("a durable commit per shot, against bare", commits.speed, 0.6, "times", "at least"),
        Bar("a batch of entries, against bare", batches.speed, 0.2, "times", "at least"),
        Bar("read, leaf hash and tree, against bare", tree.speed, 0.5, "times", "at least"),
        Bar("verify, times read and SHA-256", whole.times, 25, "times"),
        Bar("verify, resident at the most", peak_mb, 150, "MB"),
        Bar("opening, times that of an empty log", opening.times, 1.5, "times"),
        Bar("a session's page, median", median(pages_ms), 20, "ms"),
        Bar("a shot's proof, median", median(proofs_ms), 5, "ms"),
    ]
    figures: dict[str, object] = {
        "effort": asdict(effort),
        "entries": entries,
        "pairs": {name: pair._asdict() for name, pair in pairs.items()},
        "pages_ms": pages_ms,
        "proofs_ms": proofs_ms,
    }
    return conclude("log", figures, bars, out)


def _scratch(folder: Path) -> Path:
    """A folder on the disk that the logs lie on: `/tmp` may be memory, which is never synced."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _show(pairs: dict[str, Pair]) -> str:
    rows = [
        (name, f"{pair.ours_s * 1e3:.1f}", f"{pair.bare_s * 1e3:.1f}", f"{pair.times:.2f}")
        for name, pair in pairs.items()
    ]
    return table(("work", "ours ms", "bare ms", "times"), rows)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="bench-log", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only see that it runs")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    parser.add_argument("--verify", type=Path, help="only verify this log, and print what it took")
    asked = parser.parse_args()
    if asked.verify is not None:
        print(json.dumps(verified(asked.verify)))
        return 0
    return run(SHORT if asked.short else Effort(), asked.out)


if __name__ == "__main__":
    sys.exit(main())
