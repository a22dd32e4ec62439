"""The far end of a peer: a process that plays the device whenever it is its turn."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import TypeAlias

from benchmarks.processes import process


@dataclass(frozen=True, slots=True)
class Turn:
    """What a far end saw in one turn."""

    executed: Counter[int] = field(default_factory=Counter)
    """How often each numbered request was acted on."""
    stops_ns: list[int] = field(default_factory=list)
    """When each STOP was seen, on the monotonic clock that all processes share."""


Serve: TypeAlias = Callable[[str, Connection], None]
"""Plays a far end on the path until the pipe closes. For each turn: take an order, open
the port, send None, serve until the next order, take it, close the port, send the Turn."""


@dataclass(frozen=True, slots=True)
class FarEnd:
    """A far end in a process of its own."""

    orders: Connection

    def begin(self) -> None:
        """Open the port and serve."""
        self.orders.send(None)
        self.orders.recv()

    def end(self) -> Turn:
        """Leave the port to the next; say what was seen."""
        self.orders.send(None)
        turn = self.orders.recv()
        if not isinstance(turn, Turn):
            raise TypeError(f"a far end said {turn!r}")
        return turn


@contextmanager
def far_end(serve: Serve, path: str) -> Iterator[FarEnd]:
    """Start ``serve`` on ``path`` in a process, for as long as the context lasts."""
    with process("far end", partial(serve, path)) as orders:
        yield FarEnd(orders)
