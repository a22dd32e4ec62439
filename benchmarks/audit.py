"""The auditor's web over a long log: what it costs to make, to ask, and to everybody else.

The copy with its tables is compared with what bare SQLite takes for ``VACUUM INTO`` of the
same log in the same run, in turns. Every facet and every ready question is then asked of the
real command over HTTP; Datasette itself ends what takes longer than its limit, so that a
facet that is missing from an answer took too long. Commits go to the very log that is copied,
from a process of their own, first alone and then while copy and tables are made.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from benchmarks.bars import Bar, conclude
from benchmarks.long_log import MILLION, Length, make_long_log
from injector.report import tables
from injector.report.audit.metadata import QUERIES
from injector.report.copying import copy_log
from injector.report.deriving import derive
from injector.shotlog.entries import Alarm, Draft, Moment
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader
from injector.treatment.shipped import shipped_library

OUT: Final = Path("build/bench/audit.json")
SHORT: Final = Length(10)
"""What the tests run; its figures mean nothing."""
MOST_TIMES: Final = 4.0
MOST_S: Final = 1.0
MOST_MB: Final = 300.0
LEAST_RATE: Final = 0.5
_ALONE_S: Final = 3.0
_CONTEXT: Final = get_context("spawn")


# -- making ----------------------------------------------------------------------------------


def bare(log: Path, into: Path) -> float:
    """Seconds that bare SQLite takes for a copy."""
    start = time.perf_counter()
    with closing(sqlite3.connect(log)) as connection:
        connection.execute("VACUUM INTO ?", (str(into),))
    return time.perf_counter() - start


def with_tables(log: Path, copy: Path, into: Path) -> float:
    """Seconds that the copy takes with its tables."""
    start = time.perf_counter()
    copy_log(log, copy)
    derive(copy, into)
    return time.perf_counter() - start


class Making(NamedTuple):
    """What a round of making took, in seconds."""

    bare_s: float
    ours_s: float


def make(log: Path, folder: Path) -> Making:
    """Make both once, and remove them."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        here = Path(name)
        return Making(
            bare(log, here / "bare.db"), with_tables(log, here / "copy.db", here / "tables.db")
        )


# -- commits meanwhile -------------------------------------------------------------------------


def _commit(log: Path, there: Connection) -> None:
    """Commit one entry after another until told to end; then say how many, in how long."""
    alarm = Alarm(alarm="bench", priority="low", act="raised", by=None, detail={})
    with ShotLog.open(log, now=_now(), random_bytes=os.urandom, software="benchmark") as live:
        there.send(None)
        while there.recv():
            count, start = 0, time.perf_counter()
            while not there.poll():
                live.append([Draft(None, alarm)], _now())
                count += 1
            there.recv()
            there.send(count / (time.perf_counter() - start))


def _now() -> Moment:
    return Moment(time.time_ns() // 1_000, time.monotonic_ns() // 1_000)


@contextmanager
def _committer(log: Path) -> Iterator[Connection]:
    here, there = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_commit, args=(log, there), daemon=True)
    process.start()
    here.recv()
    try:
        yield here
    finally:
        here.send(False)
        process.join()


def commits(log: Path, folder: Path, alone_s: float) -> tuple[float, float]:
    """Commits a second: alone, and while copy and tables are made."""
    with _committer(log) as committer:
        committer.send(True)
        time.sleep(alone_s)
        committer.send(None)
        alone = float(committer.recv())
        committer.send(True)
        with tempfile.TemporaryDirectory(dir=folder) as name:
            with_tables(log, Path(name) / "copy.db", Path(name) / "tables.db")
        committer.send(None)
        return alone, float(committer.recv())


# -- asking --------------------------------------------------------------------------------------


class Asking(NamedTuple):
    """What the web answered."""

    facets_missing: list[str]
    """Facets that took longer than the limit."""
    queries_s: dict[str, float]
    highest_mb: float
    """The most memory that the command had resident, from its start."""


def ask(log: Path, folder: Path) -> Asking:
    """Serve the log with the real command, and ask for every facet and every question."""
    command = [sys.executable, "-m", "injector.cli.main", "audit", "serve", "--log", str(log)]
    environ = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            url = "" if process.stdout is None else process.stdout.readline().strip()
            missing = _missing_facets(url)
            queries = {}
            for query in QUERIES:
                start = time.perf_counter()
                _get(f"{url}audit/{quote(query.name)}.json?_shape=objects")
                queries[query.name] = time.perf_counter() - start
            return Asking(missing, queries, _highest_mb(process.pid))
        finally:
            process.terminate()


def _missing_facets(url: str) -> list[str]:
    missing = []
    for table in tables.TABLES:
        for column in table.columns:
            if column.facet:
                kind = "_facet_array" if column.array else "_facet"
                answer = _get(f"{url}audit/{table.name}.json?{kind}={column.name}&_size=1")
                if column.name not in answer["facet_results"]:
                    missing.append(f"{table.name}.{column.name}")
    return missing


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 -- our own address
        return json.load(answer)


def _highest_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1_000
    raise ValueError("the kernel does not tell")


# -- all of it -----------------------------------------------------------------------------------


def run(log: Path, rounds: int, alone_s: float, out: Path) -> int:
    """Measure, print and write to ``out``; return the exit code."""
    with LogReader.open(log) as reader:
        size = reader.size
    print(f"a log of {size:,} entries, {log.stat().st_size / 1e6:.0f} MB", flush=True)
    with tempfile.TemporaryDirectory(dir=log.parent) as name:
        folder = Path(name)
        made = [make(log, folder) for _ in range(rounds)]
        for each in made:
            print(f"bare {each.bare_s:.2f} s, with tables {each.ours_s:.2f} s", flush=True)
        alone, meanwhile = commits(log, folder, alone_s)
        print(f"commits a second: {alone:.0f} alone, {meanwhile:.0f} meanwhile", flush=True)
        asked = ask(log, folder)
    if asked.facets_missing:
        print(f"facets that took too long: {', '.join(asked.facets_missing)}")
    bars = (
        Bar(
            "copy with its tables, against VACUUM INTO",
            median(each.ours_s / each.bare_s for each in made),
            MOST_TIMES,
            "times",
        ),
        Bar("facets beyond Datasette's limit", len(asked.facets_missing), 0, "facets"),
        Bar("the slowest ready question", max(asked.queries_s.values()), MOST_S, "s"),
        Bar("most memory resident", asked.highest_mb, MOST_MB, "MB"),
        Bar("commits meanwhile, against alone", meanwhile / alone, LEAST_RATE, "times", "at least"),
    )
    figures: dict[str, object] = {
        "entries": size,
        "made_s": [each._asdict() for each in made],
        "commits_per_s": {"alone": alone, "meanwhile": meanwhile},
        "queries_s": asked.queries_s,
    }
    return conclude("audit", figures, bars, out)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="bench-audit", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only see that it runs")
    parser.add_argument("--log", type=Path, help="a long log to use: some entries are added")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    asked = parser.parse_args()
    if asked.log is not None:
        return run(asked.log, 3, _ALONE_S, asked.out)
    return run_on_new(SHORT if asked.short else MILLION, asked.out, short=asked.short)


def run_on_new(length: Length, out: Path, *, short: bool) -> int:
    """Make a log of that length, and run on it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as name:
        log = Path(name) / "shots.db"
        make_long_log(log, shipped_library(), length)
        return run(log, 1 if short else 3, 0.2 if short else _ALONE_S, out)


if __name__ == "__main__":
    sys.exit(main())
