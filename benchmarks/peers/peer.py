"""What every peer can do: play the far end, and ask it numbered requests for a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from benchmarks.far import Serve

BAUD: Final = 4_000_000
"""What the peers take the line for when they measure round trips: the fastest a tty can
be set to. The ptys carry bytes faster still; who computes waiting times from the speed
shall not wait for bytes that have long passed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the near end saw in one turn."""

    times_ns: list[int]
    """From asking to having the whole answer, for request 0, 1, 2 and so on."""
    wrong: int = 0
    """Answers that were damaged and taken for good."""


Ask: TypeAlias = Callable[[str, float, Callable[[], None]], Asked]
"""Asks on a path for so many seconds. The callback is called once, when the port is open
and the far end has answered: from then on the line may be bad, and it is timed."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One of those that are measured."""

    name: str
    serve: Serve
    ask: Ask


def deadline_ns(seconds: float) -> int:
    """When a turn of ``seconds`` that begins now is over."""
    return time.perf_counter_ns() + int(seconds * 1_000_000_000)
