"""What a verdict costs: on the whole shipped library, and as libraries and rules grow.

``make bench-limits`` prints each figure beside its bar, writes ``build/bench/limits.json``
and exits with 1 where a bar is missed.

A verdict is asked before each grant and drawn into each picture of the console, so it
must cost next to nothing. It may only depend on the rules that apply: a clinic with a
hundred zones and a thousand products pays for the zone and the products at hand.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any, Final

from benchmarks.bars import Bar, conclude, table
from injector.limits.context import Axis, Context, DeviceEnvelope
from injector.limits.course import Course
from injector.limits.envelope import envelope
from injector.limits.exposure import Exposure, SessionExposure
from injector.limits.given import Given
from injector.limits.library import Library
from injector.limits.mixture import Mixture, MixtureItem
from injector.limits.patient import Answer, Patient
from injector.limits.realm import Realm
from injector.limits.setpoint import Repeat, Setpoint
from injector.limits.tables.figures import Figures
from injector.limits.verdict import Allow, judge
from injector.treatment.shipped import shipped_library

OUT: Final = Path("build/bench/limits.json")
BAR_US: Final = 100.0
"""The issue's own bar for the median of a verdict on the shipped library."""
FLAT: Final = 1.25
"""How much more a verdict may cost on a library a hundred times as large: the noise of a
shared machine, and no growth."""
LINEAR: Final = 1.25
"""How much more a rule may cost where many times as many apply."""
SIZES: Final = (1, 10, 100)
ROUNDS: Final = 60
SHORT: Final = 1
"""Shows that the benchmark runs; its figures mean nothing."""
BATCH: Final = 50

SETPOINT: Final = Setpoint(
    volume_nl=20_000,
    depth_um=2_000,
    flow_nl_s=200_000,
    needle_um_s=100_000,
    cadence_per_min=300,
    mode=Repeat(),
)
DEVICE: Final = DeviceEnvelope(
    volume_nl=Axis(1_000, 200_000, 1_000),
    depth_um=Axis(0, 13_000, 100),
    flow_nl_s=Axis(1_000, 1_000_000),
    needle_um_s=Axis(1_000, 200_000),
    cadence_per_min=Axis(1, 540),
    tolerance_ppm=10_000,
)


def fullest(library: Library) -> Context:
    """A question to which as many rules apply as one session can have: a clinical one in the
    middle of a course, the second of its day, with two local anaesthetics in three products."""
    expiry = date(2031, 2, 28)
    return Context(
        library=library,
        device=DEVICE,
        technique="nappage",
        zone="elbow",
        needle_um=4_000,
        syringe_nl=5_000_000,
        syringe_left_nl=2_500_000,
        planned_shots=40,
        exposure=SessionExposure({"elbow": Exposure(60, 1_212_000), "shoulder": Exposure(9, 9)}),
        realm=Realm.CLINICAL,
        mixture=Mixture(
            (
                MixtureItem("lidocaine", "local_anaesthetic", 2_000_000, 10_000, "A", expiry),
                MixtureItem("procaine", "local_anaesthetic", 1_000_000, 20_000, "B", expiry),
                MixtureItem("piroxicam", "nsaid", 2_000_000, 20_000, "C", expiry),
            )
        ),
        doses={"lidocaine": 4_848_000, "procaine": 4_848_000, "piroxicam": 9_696_000},
        patient=Patient(70_000, dict.fromkeys(library.figures.contraindication, Answer.ABSENT)),
        before=Given(SessionExposure({"knee": Exposure(30, 606_000)}), {"lidocaine": 2_000_000}),
        today=date(2026, 6, 1),
        needle_lot="N-1",
        needle_expiry=date(2031, 2, 28),
        purpose="curative",
        indication="tendinopathy_elbow",
        course=Course("chronic", 2, date(2026, 5, 1)),
        elapsed_min=12,
    )


TABLES: Final = (
    "technique",
    "zone",
    "group",
    "needle",
    "syringe",
    "device_class",
    "product_class",
    "product",
    "schedule",
    "indication",
    "purpose",
)


def larger(figures: Figures, times: int) -> Figures:
    """The same library with ``times`` as many techniques, zones, products, classes, schedules,
    indications and needles: none of the new ones applies."""

    def more(table: dict[str, Any]) -> dict[str, Any]:
        extra = {f"{code}_{n}": row for code, row in table.items() for n in range(1, times)}
        return {**table, **extra}

    return figures.model_copy(update={name: more(getattr(figures, name)) for name in TABLES})


def asking_more(figures: Figures, times: int) -> Figures:
    """The same library with ``times`` as many conditions that each patient is asked for."""
    asked = figures.contraindication
    extra = {f"{code}_{n}": row for code, row in asked.items() for n in range(times)}
    return figures.model_copy(update={"contraindication": extra})


def medians(questions: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """The median cost in µs of each question, asked in turn so that all meet the same noise."""
    for ask in questions:
        ask()
    costs: list[list[float]] = [[] for _ in questions]
    for _ in range(rounds):
        for ask, mine in zip(questions, costs, strict=True):
            for _ in range(BATCH):
                start = perf_counter_ns()
                ask()
                mine.append((perf_counter_ns() - start) / 1_000)
    return [median(mine) for mine in costs]


def asked_of(figures: Figures) -> tuple[Callable[[], object], int]:
    """The fullest question to such a library, and how many rules apply to it."""
    context = fullest(Library(figures, "", "0" * 64))
    verdict = judge(SETPOINT, context)
    if not isinstance(verdict, Allow):
        raise TypeError(f"the question should be allowed, and is {verdict}")
    return lambda: judge(SETPOINT, context), len(envelope(SETPOINT, context))


def run(rounds: int, out: Path) -> int:
    """Measure, print and write to ``out``; return the exit code."""
    figures = shipped_library().figures

    sized = [asked_of(larger(figures, times)) for times in SIZES]
    sized_us = medians([ask for ask, _ in sized], rounds)
    asked = [asked_of(asking_more(figures, times)) for times in SIZES]
    asked_us = medians([ask for ask, _ in asked], rounds)

    rows = [
        (f"library of {times} times the size", str(rules), f"{cost:.1f}")
        for times, (_, rules), cost in zip(SIZES, sized, sized_us, strict=True)
    ]
    rows += [
        (f"{times} times the conditions", str(rules), f"{cost:.1f}")
        for times, (_, rules), cost in zip(SIZES, asked, asked_us, strict=True)
    ]
    print(table(("verdict", "rules that apply", "median µs"), rows))
    print()
    more = asked[-1][1] / asked[0][1]
    bars = (
        Bar("median verdict on the shipped library", sized_us[0], BAR_US, "µs"),
        Bar("100 times the library, the same rules", sized_us[-1] / sized_us[0], FLAT, "times"),
        Bar(
            f"cost of a rule where {more:.0f} times as many apply",
            asked_us[-1] / asked_us[0] / more,
            LINEAR,
            "times",
        ),
    )
    found: dict[str, object] = {
        "unit": "us",
        "library": dict(zip(map(str, SIZES), sized_us, strict=True)),
        "rules": {str(count): cost for (_, count), cost in zip(asked, asked_us, strict=True)},
    }
    return conclude("limits", found, bars, out)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="bench-limits", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only see that it runs")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    asked = parser.parse_args()
    return run(SHORT if asked.short else ROUNDS, asked.out)


if __name__ == "__main__":
    sys.exit(main())
