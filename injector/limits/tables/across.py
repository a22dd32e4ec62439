"""What can be wrong between the tables of a library, where each by itself is right."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from injector.limits.bound import Bound
from injector.limits.faults import Fault
from injector.limits.tables.figures import Figures
from injector.limits.tables.schedules import Schedule
from injector.limits.tables.session import SessionLimits
from injector.limits.tables.zones import DEEP_UM, SHALLOW_ZONES
from injector.units import DEPTH, DURATION


def faults_across(figures: Figures) -> list[Fault]:
    """Every such fault, in the order of the file's model."""
    return [
        *_in_the_session(figures.session),
        *_in_zones(figures),
        *_in_the_pace(figures),
        *_in_products(figures),
        *_in_schedules(figures.schedule),
        *_in_indications(figures),
    ]


def _in_the_session(session: SessionLimits) -> Iterator[Fault]:
    warn, close = session.idle_warn, session.idle_close
    if warn and close and warn.after >= close.after:
        yield Fault(
            "session.idle_warn.after",
            f"a warning comes before the end, which is after {DURATION.format(close.after)}",
        )


def _in_zones(figures: Figures) -> Iterator[Fault]:
    for code, zone in figures.zone.items():
        yield from _unknown(f"zone.{code}.group", "group", [zone.group], figures.group)
        if code in SHALLOW_ZONES and zone.depth and zone.depth.hard.most >= DEEP_UM:
            yield Fault(
                f"zone.{code}.depth.hard",
                f"{DEPTH.format(DEEP_UM)} is never allowed in this zone; write less",
            )


def _in_the_pace(figures: Figures) -> Iterator[Fault]:
    for row, (shallow, deep) in enumerate(pairwise(figures.pace), start=2):
        if deep.down_to <= shallow.down_to:
            yield Fault(f"pace {row}.down_to", "rows go from shallow to deep")
        for key in ("cadence", "needle_speed"):
            above: Bound | None = getattr(shallow, key)
            below: Bound | None = getattr(deep, key)
            if below and (above is None or not _tighter(below, above)):
                yield Fault(
                    f"pace {row}.{key}",
                    f"a deeper shot may not be allowed more than row {row - 1} allows",
                )


def _tighter(inner: Bound, outer: Bound) -> bool:
    """Whether ``inner`` allows no more than ``outer``, hard and soft."""
    soft = inner.soft or inner.hard
    outer_soft = outer.soft or outer.hard
    return inner.hard.most <= outer.hard.most and soft.most <= outer_soft.most


def _in_products(figures: Figures) -> Iterator[Fault]:
    for code, product in figures.product.items():
        place = f"product.{code}.class"
        yield from _unknown(place, "class", [product.product_class], figures.product_class)


def _in_schedules(schedules: Mapping[str, Schedule]) -> Iterator[Fault]:
    for code, schedule in schedules.items():
        for number, phase in enumerate(schedule.phase[:-1], start=1):
            if phase.sessions is None:
                yield Fault(
                    f"schedule.{code}.phase {number}.sessions",
                    "missing; only the last phase may go on without end",
                )


def _in_indications(figures: Figures) -> Iterator[Fault]:
    for code, indication in figures.indication.items():
        place = f"indication.{code}"
        schedules = [] if indication.schedule is None else [indication.schedule]
        yield from _unknown(f"{place}.purposes", "purpose", indication.purposes, figures.purpose)
        yield from _unknown(
            f"{place}.techniques", "technique", indication.techniques, figures.technique
        )
        yield from _unknown(f"{place}.zones", "zone", indication.zones, figures.zone)
        yield from _unknown(f"{place}.schedule", "schedule", schedules, figures.schedule)


def _unknown(
    place: str, table: str, named: Iterable[str], known: Mapping[str, object]
) -> Iterator[Fault]:
    """A fault for each code that ``place`` names and the ``table`` does not have."""
    for code in named:
        if code not in known:
            yield Fault(
                place, f"there is no [{table}.{code}]; known are {', '.join(known) or 'none'}"
            )
