"""A bystander that only keeps time: how late this machine makes a process that does nothing.

A lease that ran out says nothing about the program where the machine itself stood still. So
whoever watches a lease runs a metronome beside it, and a run in which it stumbled is played
again.
"""

import select
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final, Self

import pytest

from tests.acceptance.stage import ROOT

BEAT_S: Final = 0.02
STUMBLE_US: Final = 50_000
"""Half the time between two of the host's beats."""
TRIES: Final = 5


class Metronome:
    """Runs while it is entered; then knows how late it was at the worst."""

    late_us = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.processes.metronome"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it has begun
        return self

    def __exit__(self, *_: object) -> None:
        said = self._process.communicate()[0]
        self.late_us = int(said)


def until_no_stumble(play: Callable[[int], int]) -> None:
    """Play until no lease ran out: ``play`` takes its number and returns how many did.

    Fails where one ran out while the metronome kept its time. Skips where the machine
    never let it be shown.
    """
    for number in range(TRIES):
        with Metronome() as metronome:
            lapses = play(number)
        if lapses == 0:
            return
        assert metronome.late_us > STUMBLE_US, "the lease ran out, and the machine was not slow"
    pytest.skip(f"in {TRIES} runs this machine let a bystander wait for over {STUMBLE_US} us")


def _keep_time() -> int:
    print("begun", flush=True)
    late_us, before_us = 0, time.monotonic_ns() // 1000
    while not select.select([sys.stdin], [], [], BEAT_S)[0]:
        now_us = time.monotonic_ns() // 1000
        late_us = max(late_us, now_us - before_us - int(BEAT_S * 1_000_000))
        before_us = now_us
    return late_us


if __name__ == "__main__":
    print(_keep_time())
