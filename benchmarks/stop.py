"""How long STOP takes to the device: on the idle line, and behind a frame.

The line carries 115200 baud, byte by byte. While armed the product has one request
on it at a time, so what STOP can find in its way is the rest of one frame. Random
moments would find the line free three times out of four, since the reply takes
longer than the request; here every STOP of the busy line is asked for **while a
frame is leaving**, at a moment drawn evenly from the time that the frame takes. The
frames are beats, journal reads and grants, the figures in them as large as after
years of use.

Time runs from the asking thread's call, beside the thread that keeps the line busy, to
the device's side having decoded STOP.
"""

import time
from dataclasses import asdict, dataclass, field
from itertools import cycle
from queue import SimpleQueue
from random import Random
from threading import Event, Thread
from typing import Final, cast

import serial
from typing_extensions import override

from benchmarks.bars import Bar, table
from benchmarks.far import far_end
from benchmarks.peers import gun
from benchmarks.relay import CLEAN, Line, Nature
from benchmarks.spread import Spread
from injector.driver.gun import Gun
from injector.driver.port import Port
from injector.protocol.messages import Beat, Grant, ReadJournal, Request

BAUD: Final = 115_200
_BYTE_S: Final = 10 / BAUD
_SETTLE_S: Final = 0.010
"""Longer than the last reply takes to pass: the line is idle again."""

_TRAFFIC: Final[tuple[Request, ...]] = (
    Beat(echo=4_000_000, acknowledge=gun.NEWEST),
    ReadJournal(index=gun.NEWEST),
    Grant(
        grant=4_000,
        digest=gun.DIGEST[:4],
        shots_limit=gun.SHOTS + 60,
        volume_limit_nl=gun.VOLUME_NL + 1_212_000,
    ),
)
"""What goes over an armed line: shot by shot a beat, the entry, a larger grant."""


@dataclass(slots=True)
class Stops:
    """The STOPs of one kind of line."""

    rounds: list[Spread] = field(default_factory=list)
    taken: int = 0
    frame_bytes: int = 0
    """The longest frame that was in the way."""

    def spread(self) -> Spread:
        """The middle of all rounds."""
        return Spread.middle(self.rounds)


class _WatchedPort(Port):
    """A port that tells when a frame goes on the line."""

    def __init__(self, opened: serial.SerialBase, url: str) -> None:
        super().__init__(opened, url)
        self.leaving: Final = SimpleQueue[int]()
        """The length of every frame, put in as it is written."""

    @override
    def write(self, data: bytes) -> None:
        super().write(data)
        self.leaving.put(len(data))


class _Traffic:
    """The thread that keeps the line busy, as the engine does; it settles each STOP."""

    def __init__(self, link: Gun) -> None:
        self._gun = link
        self._thread = Thread(target=self._run, name="traffic")
        self._over = False
        self.asked = Event()
        """STOP was asked for: have it confirmed."""
        self.confirmed = Event()

    def __enter__(self) -> "_Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()

    def _run(self) -> None:
        for request in cycle(_TRAFFIC):
            if self._over:
                return
            self._gun.call(request, seconds=gun.PATIENCE_S)
            if self.asked.is_set():
                self.asked.clear()
                self._gun.wait_stopped()
                self.confirmed.set()


def measure(line: Line, *, rounds: int, stops: int) -> dict[str, Stops]:
    """Ask for ``stops`` STOPs on the idle and on the busy line, in each of ``rounds``."""
    kinds = {"idle line": Stops(), "behind a frame": Stops()}
    moments = Random(1)  # noqa: S311 - moments that replay, no secret
    with far_end(gun.serve, line.device) as end:
        for _ in range(rounds):
            for kind, ask in zip(kinds.values(), (_idle, _busy), strict=True):
                line.become(Nature(baud=BAUD))
                end.begin()
                try:
                    asked_ns = ask(line.host, stops, moments, kind)
                finally:
                    seen_ns = end.end().stops_ns
                    line.become(CLEAN)
                if len(seen_ns) != len(asked_ns):
                    raise AssertionError(f"{len(asked_ns)} STOPs asked for, {len(seen_ns)} seen")
                times_ns = [seen - asked for asked, seen in zip(asked_ns, seen_ns, strict=True)]
                kind.rounds.append(Spread.of(times_ns))
                kind.taken += len(times_ns)
    return kinds


def _idle(path: str, stops: int, moments: Random, _: Stops) -> list[int]:
    asked_ns = []
    with Gun.open(path) as link:
        for _stop in range(stops):
            time.sleep(_SETTLE_S * (1 + moments.random()))
            asked_ns.append(time.monotonic_ns())
            link.stop()
            link.wait_stopped()
    return asked_ns


def _busy(path: str, stops: int, moments: Random, kind: Stops) -> list[int]:
    asked_ns = []
    port = cast(_WatchedPort, _WatchedPort.open(path, baud=BAUD))  # `open` opens its own class
    leaving = port.leaving
    with Gun(port, log_id=bytes(8), baud=BAUD) as link, _Traffic(link) as traffic:
        for _ in range(stops):
            while not leaving.empty():
                leaving.get()
            for _frame in range(moments.randrange(len(_TRAFFIC))):
                leaving.get(timeout=gun.PATIENCE_S)
            frame_bytes = leaving.get(timeout=gun.PATIENCE_S)
            kind.frame_bytes = max(kind.frame_bytes, frame_bytes)
            time.sleep(frame_bytes * _BYTE_S * moments.random())
            asked_ns.append(time.monotonic_ns())
            link.stop()
            traffic.asked.set()
            if not traffic.confirmed.wait(gun.PATIENCE_S):
                raise TimeoutError("STOP was not confirmed")
            traffic.confirmed.clear()
    return asked_ns


def show(kinds: dict[str, Stops]) -> str:
    """Return the table of both lines."""
    rows = []
    for name, stops in kinds.items():
        spread = stops.spread()
        rows.append(
            (
                name,
                f"{spread.median_us / 1000:.2f}",
                f"{spread.p99_us / 1000:.2f}",
                str(stops.taken),
                f"{stops.frame_bytes}",
            )
        )
    return table(("STOP at 115200 baud", "median ms", "p99 ms", "taken", "bytes ahead"), rows)


def figures(kinds: dict[str, Stops]) -> dict[str, object]:
    """Return what goes into the JSON."""
    return {
        name: asdict(stops.spread())
        | {"rounds": len(stops.rounds), "taken": stops.taken, "bytes_ahead": stops.frame_bytes}
        for name, stops in kinds.items()
    }


def bars(kinds: dict[str, Stops]) -> list[Bar]:
    """Return the bars. The median counts as it is, the idle line's part of it included;
    the bad end, which the rest of the machine lengthens on either line alike, counts
    from the idle line's bad end."""
    idle, busy = (stops.spread() for stops in kinds.values())
    return [
        Bar("STOP behind a frame: median", busy.median_us / 1000, 2.5, "ms"),
        Bar(
            "STOP behind a frame: p99 above the idle line's",
            (busy.p99_us - idle.p99_us) / 1000,
            4.5,
            "ms",
        ),
    ]
