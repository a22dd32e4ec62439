"""Requests and replies of all peers, in turns over one line: clean, then bad.

In a round every peer has one short turn, so that whatever else the machine does meets
all of them. On the clean line a trip is all work, and each peer's quietest tenth of
rounds counts. On the bad line it is mostly waiting, and the median of the rounds does.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Final

from benchmarks.bars import Bar, table
from benchmarks.far import FarEnd, Turn, far_end
from benchmarks.near import NearEnd, near_end
from benchmarks.peers import bare, gun, modbus
from benchmarks.peers.peer import Asked, Peer
from benchmarks.relay import CLEAN, Line, Nature
from benchmarks.spread import Spread

GUN: Final = Peer("this driver", gun.serve, gun.ask)
BARE: Final = Peer("bare pyserial", bare.serve, bare.ask)
MODBUS: Final = Peer("pymodbus RTU", modbus.serve, modbus.ask)
PEERS: Final = (BARE, GUN, MODBUS)

_HEAD: Final = (
    "", "median us", "p99 us", "per second", "x median", "x per second", "asked", "doubled", "wrong"
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What one peer did over all rounds."""

    rounds: list[Spread] = field(default_factory=list)
    asked: int = 0
    doubled: int = 0
    """Requests that the far end executed more than once; bare pyserial has no such thing."""
    wrong: int = 0
    """Answers taken for good that were damaged, or answered another request."""

    def add(self, asked: Asked, turn: Turn, *, numbered: bool) -> None:
        """Take in one turn; ``numbered`` where the far end knows which request it executes."""
        count = len(asked.times_ns)
        self.rounds.append(Spread.of(asked.times_ns))
        self.asked += count
        self.wrong += asked.wrong
        if numbered:
            times = [turn.executed[number] for number in range(count)]
            self.doubled += sum(one > 1 for one in times)
            self.wrong += sum(one == 0 for one in times)


def measure(
    line: Line, *, rounds: int, seconds: float, bad: bool, peers: Sequence[Peer] = PEERS
) -> dict[str, Tally]:
    """Let every peer ask for ``seconds`` in each of ``rounds``; on a bad line all meet
    the same damage."""
    tallies = {peer.name: Tally() for peer in peers}
    with ExitStack() as stack:
        far = {peer.name: stack.enter_context(far_end(peer.serve, line.device)) for peer in peers}
        near = {peer.name: stack.enter_context(near_end(peer.ask, line.host)) for peer in peers}
        for number in range(rounds):
            nature = Nature(seed=number) if bad else CLEAN
            for peer in peers:
                asked, turn = _turn(line, near[peer.name], far[peer.name], seconds, nature)
                tallies[peer.name].add(asked, turn, numbered=peer is not BARE)
    return tallies


def _turn(
    line: Line, near: NearEnd, far: FarEnd, seconds: float, nature: Nature
) -> tuple[Asked, Turn]:
    line.become(CLEAN)
    far.begin()
    try:
        asked = near.ask(seconds, lambda: line.become(nature))
    finally:
        line.become(CLEAN)
        turn = far.end()
    return asked, turn


def sum_up(tallies: dict[str, Tally], *, bad: bool) -> dict[str, Spread]:
    """Return what stands for all rounds of each peer."""
    stands = Spread.middle if bad else Spread.quiet
    return {name: stands(tally.rounds) for name, tally in tallies.items()}


def show(tallies: dict[str, Tally], spreads: dict[str, Spread]) -> str:
    """Return the table of all peers, with the ratios to this driver."""
    ours = spreads[GUN.name]
    rows = []
    for name, tally in tallies.items():
        spread = spreads[name]
        rows.append(
            (
                name,
                f"{spread.median_us:.0f}",
                f"{spread.p99_us:.0f}",
                f"{spread.per_second:.0f}",
                f"{spread.median_us / ours.median_us:.2f}",
                f"{spread.per_second / ours.per_second:.2f}",
                str(tally.asked),
                "-" if name == BARE.name else str(tally.doubled),
                str(tally.wrong),
            )
        )
    return table(_HEAD, rows)


def figures(tallies: dict[str, Tally], spreads: dict[str, Spread]) -> dict[str, object]:
    """Return what goes into the JSON."""
    return {
        name: asdict(spreads[name])
        | {
            "rounds": len(tally.rounds),
            "asked": tally.asked,
            "doubled": tally.doubled,
            "wrong": tally.wrong,
        }
        for name, tally in tallies.items()
    }


def clean_bars(spreads: dict[str, Spread]) -> list[Bar]:
    """Return the bars of the clean line."""
    ours_us = spreads[GUN.name].median_us
    return [
        Bar("median, times bare pyserial's", ours_us / spreads[BARE.name].median_us, 2.0, "x"),
        Bar("median, times pymodbus'", ours_us / spreads[MODBUS.name].median_us, 0.4, "x"),
    ]


def bad_bars(tallies: dict[str, Tally], spreads: dict[str, Spread]) -> list[Bar]:
    """Return the bars of the bad line."""
    ours, theirs = spreads[GUN.name], spreads[MODBUS.name]
    twice_or_never = tallies[GUN.name].doubled + tallies[GUN.name].wrong
    return [
        Bar("1 % bad bytes: done twice, or answered and not done", twice_or_never, 0, "requests"),
        Bar("1 % bad bytes: p99", ours.p99_us / 1000, 30.0, "ms"),
        Bar(
            "1 % bad bytes: per second, times pymodbus'",
            ours.per_second / theirs.per_second,
            10.0,
            "x",
            "at least",
        ),
    ]
