"""The line between the two ends: two ptys, and a process that carries bytes across.

Every peer opens the same two paths, one after the other. On order the process
replaces one byte in a hundred by another one (the same bytes for every peer, from a
seed), or lets bytes through no faster than a serial line does: ten bit times each,
delivered when the last has passed.

The relay stands on the clean line as well. The other side of a single pty has no path to
open, and every peer opens its port by path, as its users do. What a hop through it takes
is the same for all of them, and the least that it can be: one wait, one read and one write
for each time bytes come.
"""

import os
import pty
import select
import time
import tty
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import log
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.processes import process

DAMAGE: Final = 0.01
"""The share of bytes that a bad line replaces."""

_BITS_PER_BYTE: Final = 10
_NS_PER_S: Final = 1_000_000_000
_READ_BYTES: Final = 4096
_LONG_S: Final = 3600.0
_SLACK: Final = Path("/proc/self/timerslack_ns")


@dataclass(frozen=True, slots=True)
class Nature:
    """How the line behaves from now on."""

    seed: int | None = None
    """Replace bytes, drawn from this seed; None for a clean line."""
    baud: int | None = None
    """Carry no more than this; None for as fast as it goes."""


CLEAN: Final = Nature()


@dataclass(frozen=True, slots=True)
class Line:
    """A line that stands: the two paths, and the way to change its nature."""

    host: str
    device: str
    orders: Connection

    def become(self, nature: Nature) -> None:
        """Behave so from now on; what was on its way is gone."""
        self.orders.send(nature)
        self.orders.recv()


@contextmanager
def line() -> Iterator[Line]:
    """Put up a line for as long as the context lasts."""
    with process("relay", _carry) as orders:
        host, device = orders.recv()
        yield Line(host, device, orders)


def _carry(orders: Connection) -> None:
    """Carry bytes until the other side of ``orders`` is closed."""
    with suppress(OSError):
        _SLACK.write_text("1000", encoding="ascii")  # wake for a byte within a microsecond
    host, host_end = pty.openpty()
    device, device_end = pty.openpty()
    # The ends stay open here, so that nobody's going hangs the line up.
    for end in (host_end, device_end):
        tty.setraw(end)
    orders.send((os.ttyname(host_end), os.ttyname(device_end)))
    nature = CLEAN
    while True:
        if nature == CLEAN:
            _hand_on(host, device, orders.fileno())
        else:
            _let_through(_lanes(host, device, nature), orders.fileno())
        nature = orders.recv()
        orders.send(None)


def _hand_on(host: int, device: int, told: int) -> None:
    """Carry bytes as they come, until an order has: nothing on the clean line may take
    longer than it must, since it is in every peer's figures."""
    across = {host: device, device: host}
    poll = select.poll()
    for source in (*across, told):
        poll.register(source, select.POLLIN)
    while True:
        for source, _ in poll.poll():
            if source == told:
                return
            os.write(across[source], os.read(source, _READ_BYTES))


def _let_through(lanes: dict[int, "_Lane"], told: int) -> None:
    """Carry bytes as the ``lanes`` have it, until an order has come."""
    while True:
        due_ns = min((due for lane in lanes.values() if (due := lane.due_ns())), default=None)
        now_ns = time.monotonic_ns()
        wait_s = _LONG_S if due_ns is None else max(0, due_ns - now_ns) / _NS_PER_S
        readable, _, _ = select.select([*lanes, told], [], [], wait_s)
        now_ns = time.monotonic_ns()
        for source, lane in lanes.items():
            if source in readable:
                lane.take(os.read(source, _READ_BYTES), now_ns)
            lane.deliver(now_ns)
        if told in readable:
            return


def _lanes(host: int, device: int, nature: Nature) -> dict[int, "_Lane"]:
    return {host: _Lane(device, nature, 0), device: _Lane(host, nature, 1)}


class _Lane:
    """One direction; its ``number`` keeps its damage apart from the other's."""

    def __init__(self, target: int, nature: Nature, number: int) -> None:
        self._target = target
        self._byte_ns = 0 if nature.baud is None else _BITS_PER_BYTE * _NS_PER_S // nature.baud
        seed = None if nature.seed is None else 2 * nature.seed + number
        self._rng = None if seed is None else Random(seed)  # noqa: S311 - replays, no secret
        self._spare = 0 if self._rng is None else _gap(self._rng)
        self._passing: deque[tuple[int, int]] = deque()
        self._clear_ns = 0

    def take(self, data: bytes, now_ns: int) -> None:
        """Put ``data`` on the line at ``now_ns``."""
        if self._rng is not None:
            data = self._damage(data, self._rng)
        if not self._byte_ns:
            os.write(self._target, data)
            return
        self._clear_ns = max(self._clear_ns, now_ns)
        for byte in data:
            self._clear_ns += self._byte_ns
            self._passing.append((self._clear_ns, byte))

    def deliver(self, now_ns: int) -> None:
        """Hand over the bytes that have passed."""
        passed = bytearray()
        while self._passing and self._passing[0][0] <= now_ns:
            passed.append(self._passing.popleft()[1])
        if passed:
            os.write(self._target, passed)

    def due_ns(self) -> int | None:
        """When the next byte has passed; None while none is on its way."""
        return self._passing[0][0] if self._passing else None

    def _damage(self, data: bytes, rng: Random) -> bytes:
        raw = bytearray(data)
        at = self._spare
        while at < len(raw):
            raw[at] ^= rng.randrange(1, 256)
            at += 1 + _gap(rng)
        self._spare = at - len(raw)
        return bytes(raw)


def _gap(rng: Random) -> int:
    """How many bytes stay whole before the next that does not: each with the same chance."""
    return int(log(1.0 - rng.random()) / log(1.0 - DAMAGE))
