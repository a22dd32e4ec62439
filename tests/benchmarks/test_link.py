"""The link's benchmark, in its short form: that it runs and compares, not how fast it is."""

import json
import multiprocessing
import os
import re
import select
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import serial

from benchmarks import link, round_trips
from benchmarks.bars import MET, MISSED, Bar, conclude
from benchmarks.far import Turn
from benchmarks.peers.peer import Asked
from benchmarks.relay import CLEAN, Line, Nature, line
from benchmarks.spread import Spread
from tests.benchmarks.promised import promised

SENT = bytes(range(256)) * 40
BARS = {
    "median, times bare pyserial's": (2.0, "at most"),
    "median, times pymodbus'": (0.4, "at most"),
    "1 % bad bytes: done twice, or answered and not done": (0, "at most"),
    "1 % bad bytes: p99": (30.0, "at most"),
    "1 % bad bytes: per second, times pymodbus'": (10.0, "at least"),
    "STOP behind a frame: median": (2.5, "at most"),
    "STOP behind a frame: p99 above the idle line's": (4.5, "at most"),
}
FIGURES = {"median_us", "p99_us", "per_second", "rounds"}


@pytest.fixture
def joined() -> Iterator[Line]:
    with line() as stands:
        yield stands


def carried(joined: Line, data: bytes) -> bytes:
    """What comes out on the device's side when the host says ``data``."""
    came = bytearray()
    with (
        closing(serial.Serial(joined.host, timeout=5)) as host,
        closing(serial.Serial(joined.device, timeout=5)) as device,
    ):
        for start in range(0, len(data), 512):
            chunk = data[start : start + 512]
            host.write(chunk)
            came += device.read(len(chunk))
    return bytes(came)


# ------------------------------------------------------------ the whole of it


def test_the_short_form_runs_all_peers_and_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench" / "link.json"
    code = link.run(link.SHORT, out)
    written = json.loads(out.read_bytes())
    assert (written["format"], written["benchmark"]) == (1, "link")

    peers = {"this driver", "bare pyserial", "pymodbus RTU"}
    for part in (written["figures"]["clean"], written["figures"]["bad"]):
        assert set(part) == peers
        for figures in part.values():
            assert set(figures) == FIGURES | {"asked", "doubled", "wrong"}
            assert figures["asked"] > 0
            assert 0 < figures["median_us"] <= figures["p99_us"]
    stops = written["figures"]["stop"]
    for figures in stops.values():
        assert set(figures) == FIGURES | {"taken", "bytes_ahead"}
        assert figures["taken"] == link.SHORT.stops
    assert stops["idle line"]["bytes_ahead"] == 0
    assert 0 < stops["behind a frame"]["bytes_ahead"] <= 48

    assert promised(written) == BARS
    for bar in written["bars"]:
        within = bar["measured"] <= bar["bound"]
        assert bar["met"] == (within if bar["side"] == "at most" else not within)
    assert code == (MET if all(bar["met"] for bar in written["bars"]) else MISSED)

    *_, summary = capsys.readouterr().out.splitlines()
    assert re.match(r"bench-link: [0-7] of 7 bars met, ", summary)


def test_on_a_bad_line_this_driver_has_every_request_done_once_and_answered(joined: Line) -> None:
    tallies = round_trips.measure(joined, rounds=1, seconds=0.3, bad=True, peers=(round_trips.GUN,))
    tally = tallies[round_trips.GUN.name]
    assert tally.asked > 0
    assert (tally.doubled, tally.wrong) == (0, 0)


# ------------------------------------------------------------ that it can tell


def test_what_was_done_twice_or_not_at_all_is_counted() -> None:
    tally = round_trips.Tally()
    turn = Turn()
    turn.executed.update({0: 1, 1: 2, 3: 3, 9: 2})  # 9 was cut off by the turn's end
    tally.add(Asked([5, 5, 5, 5]), turn, numbered=True)
    assert (tally.asked, tally.doubled, tally.wrong) == (4, 2, 1)


@pytest.mark.parametrize(
    ("side", "measured", "met"),
    [
        ("at most", 2.0, True),
        ("at most", 2.1, False),
        ("at least", 2.0, True),
        ("at least", 1.9, False),
    ],
)
def test_a_missed_bar_is_named_and_exits_1(
    side: Any, measured: float, met: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bar = Bar("some figure", measured, 2.0, "x", side)
    out = tmp_path / "x.json"
    assert conclude("x", {}, [bar], out) == (MET if met else MISSED)
    assert json.loads(out.read_bytes())["bars"][0]["met"] is met
    *_, summary = capsys.readouterr().out.splitlines()
    assert ("missed: some figure" in summary) is not met


def test_a_disturbed_round_moves_neither_the_middle_nor_the_quiet() -> None:
    calm, wild = Spread.of([1000] * 99), Spread.of([9_000_000] * 99)
    assert Spread.middle([calm, wild, calm]) == calm
    assert Spread.quiet([wild] * 9 + [calm] * 2) == calm


# ------------------------------------------------------------ the line


def test_a_clean_line_carries_every_byte_as_it_is(joined: Line) -> None:
    assert carried(joined, SENT) == SENT


def test_a_bad_line_replaces_one_byte_in_a_hundred_and_the_same_for_every_peer(
    joined: Line,
) -> None:
    came = []
    for seed in (1, 1, 2):
        joined.become(Nature(seed=seed))
        came.append(carried(joined, SENT))
    first, again, other = came
    assert first == again != other
    wrong = sum(a != b for a, b in zip(SENT, first, strict=True))
    assert 0.007 * len(SENT) < wrong < 0.013 * len(SENT)
    joined.become(CLEAN)
    assert carried(joined, SENT) == SENT


def test_a_paced_line_is_never_faster_than_its_baud(joined: Line) -> None:
    joined.become(Nature(baud=9_600))
    began = time.monotonic()
    assert carried(joined, SENT[:96]) == SENT[:96]
    assert time.monotonic() - began >= 0.1


def test_the_line_and_its_process_end_with_the_context() -> None:
    with line() as stands:
        end = os.open(stands.host, os.O_RDWR | os.O_NOCTTY)
    poll = select.poll()
    poll.register(end, select.POLLIN)
    with closing(os.fdopen(end, "rb", buffering=0)):
        [(_, seen)] = poll.poll(5_000)
        assert seen & select.POLLHUP
    assert not [one for one in multiprocessing.active_children() if one.name == "relay"]
