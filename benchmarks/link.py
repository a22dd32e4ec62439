"""`make bench-link`: the wire against pymodbus and bare pyserial, and the way of STOP.

All of it runs over a pair of ptys with a relay between them (`benchmarks.relay`), the
peers in turns; on the clean line all processes share a processor (`benchmarks.processes`).
Writes `build/bench/link.json`; exits 1 where a bar is missed.
"""

import argparse
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks import round_trips, stop
from benchmarks.bars import conclude
from benchmarks.processes import one_processor
from benchmarks.relay import line

OUT: Final = Path("build/bench/link.json")


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    clean_rounds: int = 60
    clean_seconds: float = 0.1
    bad_rounds: int = 7
    bad_seconds: float = 2.0
    stop_rounds: int = 7
    stops: int = 100
    """In each round, on either line."""


SHORT: Final = Effort(
    clean_rounds=1, clean_seconds=0.1, bad_rounds=1, bad_seconds=0.3, stop_rounds=1, stops=5
)
"""Shows that the benchmark runs; its figures mean nothing."""


def run(effort: Effort, out: Path) -> int:
    """Measure, print and write to ``out``; return the exit code."""
    with one_processor(), line() as joined:
        clean = round_trips.measure(
            joined, rounds=effort.clean_rounds, seconds=effort.clean_seconds, bad=False
        )
    clean_spreads = round_trips.sum_up(clean, bad=False)
    print(f"clean line\n{round_trips.show(clean, clean_spreads)}\n", flush=True)
    with line() as joined:
        bad = round_trips.measure(
            joined, rounds=effort.bad_rounds, seconds=effort.bad_seconds, bad=True
        )
        bad_spreads = round_trips.sum_up(bad, bad=True)
        print(f"1 % of the bytes replaced\n{round_trips.show(bad, bad_spreads)}\n", flush=True)
        stops = stop.measure(joined, rounds=effort.stop_rounds, stops=effort.stops)
    print(f"{stop.show(stops)}\n", flush=True)
    return conclude(
        "link",
        {
            "effort": asdict(effort),
            "clean": round_trips.figures(clean, clean_spreads),
            "bad": round_trips.figures(bad, bad_spreads),
            "stop": stop.figures(stops),
        },
        [
            *round_trips.clean_bars(clean_spreads),
            *round_trips.bad_bars(bad, bad_spreads),
            *stop.bars(stops),
        ],
        out,
    )


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="bench-link", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only see that it runs")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    asked = parser.parse_args()
    return run(SHORT if asked.short else Effort(), asked.out)


if __name__ == "__main__":
    sys.exit(main())
