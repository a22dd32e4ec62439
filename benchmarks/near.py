"""The near end of a peer: a process that asks whenever it is its turn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection

from benchmarks.peers.peer import Ask, Asked
from benchmarks.processes import process


@dataclass(frozen=True, slots=True)
class NearEnd:
    """A near end in a process of its own."""

    orders: Connection

    def ask(self, seconds: float, begin: Callable[[], None]) -> Asked:
        """Open the port and ask for so long. See :data:`benchmarks.peers.peer.Ask`."""
        self.orders.send(seconds)
        self.orders.recv()
        begin()
        self.orders.send(None)
        asked = self.orders.recv()
        if not isinstance(asked, Asked):
            raise TypeError(f"a near end said {asked!r}")
        return asked


@contextmanager
def near_end(ask: Ask, path: str) -> Iterator[NearEnd]:
    """Start ``ask`` on ``path`` in a process, for as long as the context lasts."""
    with process("near end", partial(_serve, ask, path)) as orders:
        yield NearEnd(orders)


def _serve(ask: Ask, path: str, orders: Connection) -> None:
    def begin() -> None:
        orders.send(None)
        orders.recv()

    while True:
        seconds = orders.recv()
        orders.send(ask(path, seconds, begin))
