"""The sides of one library, made once, so that a verdict only looks them up.

A verdict stands on the way of every grant. What a library says about a technique or a
product does not change while it is in use; what does change (needle, device, weight,
day) is added by `injector.limits.envelope`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from injector.limits.bound import Bound
from injector.limits.setpoint import ModeKind
from injector.limits.side import Figure, Level, Rule, SetBy, Side, forbidden, missing, sides_of
from injector.limits.tables.figures import Figures
from injector.limits.tables.products import Product
from injector.limits.tables.questions import Kind
from injector.limits.tables.shots import Pace
from injector.limits.tables.zones import Group, Zone
from injector.units import MAX_AMOUNT

Sides = tuple[Side, ...]

ALL_OF_IT_PPM: Final = 1_000_000
"""The most that fractions of maxima add up to: one."""


@dataclass(frozen=True, slots=True)
class TechniqueSides:
    """Of a shot of one technique."""

    modes: frozenset[ModeKind]
    no_mode: Sides
    """Where the mode is not one of them."""
    depth: Sides
    volume: Sides
    charge: Sides


@dataclass(frozen=True, slots=True)
class ZoneSides:
    """Of a shot in one zone, and of the zone's group."""

    group: str
    depth: Sides
    volume: Sides
    shots: Sides
    day_volume: Sides
    """The hard totals again, for the whole day."""
    day_shots: Sides


@dataclass(frozen=True, slots=True)
class ProductSides:
    """Of the dose of one product."""

    product_class: str
    per_day: Sides
    per_kg: Sides
    """Bounds are in ng/kg here, and become ng with a weight."""
    hard_ng: int | None
    hard_ng_kg: int | None
    limited: bool
    """Whether anything limits its dose, so that its concentration must be known."""


@dataclass(frozen=True, slots=True)
class Question:
    """Of one condition that is asked for."""

    present: Side
    unanswered: Side
    absolute: bool


@dataclass(frozen=True, slots=True)
class PaceSides:
    """Of shots down to a depth."""

    down_to_um: int
    cadence: Sides
    needle_speed: Sides


@dataclass(frozen=True, slots=True)
class Prepared:
    """All sides that a library sets by itself."""

    techniques: Mapping[str, TechniqueSides]
    zones: Mapping[str, ZoneSides]
    flow: Sides
    cadence: Sides
    pace: tuple[PaceSides, ...]
    """The last row is for shots deeper than all others: their limits are missing."""
    needles: frozenset[int]
    syringes: frozenset[int]
    shots: Sides
    volume: Sides
    day_shots: Sides
    day_volume: Sides
    duration: Sides
    devices: Mapping[str, Side | None]
    """By class: why it is refused in clinical sessions, or None."""
    products_count: Sides
    refused_classes: Mapping[str, Side]
    shared: Mapping[str, Side]
    """By class: that its products' fractions add up to at most one."""
    products: Mapping[str, ProductSides]
    questions: Mapping[str, Question]

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """The sides of a library with these figures."""
        session, shot = figures.session, figures.shot
        shots = _sides(Figure.SESSION_SHOTS, session.shots, SetBy.SESSION, "session.shots")
        volume = _further(Figure.SESSION_VOLUME, session.volume, SetBy.SESSION, "session.volume")
        return cls(
            techniques={code: _technique(figures, code) for code in figures.technique},
            zones={code: _zone(zone, code, figures) for code, zone in figures.zone.items()},
            flow=_sides(Figure.FLOW, shot.flow, SetBy.LIBRARY, "shot.flow"),
            cadence=_sides(Figure.CADENCE, shot.cadence, SetBy.LIBRARY, "shot.cadence"),
            pace=_pace(figures),
            needles=frozenset(needle.length for needle in figures.needle.values()),
            syringes=frozenset(syringe.volume for syringe in figures.syringe.values()),
            shots=shots,
            volume=volume,
            day_shots=_of_the_day(shots),
            day_volume=_of_the_day(volume),
            duration=tuple(
                side
                for side in _further(
                    Figure.DURATION, session.duration, SetBy.SESSION, "session.duration"
                )
                if side.rule is Rule.MOST  # a session under way is never too short
            ),
            devices={
                code: None
                if device.refused is None
                else forbidden(
                    Figure.DEVICE_CLASS,
                    SetBy.DEVICE,
                    f"device_class.{code}",
                    device.refused,
                    code,
                )
                for code, device in figures.device_class.items()
            },
            products_count=_sides(
                Figure.PRODUCTS, figures.mixture.products, SetBy.MIXTURE, "mixture.products"
            ),
            refused_classes={
                code: forbidden(
                    Figure.PRODUCT_CLASS, SetBy.PRODUCT, f"class.{code}", each.refused, code
                )
                for code, each in figures.product_class.items()
                if each.refused is not None
            },
            shared={
                code: Side(
                    Figure.SHARED_MAXIMUM,
                    Rule.MOST,
                    ALL_OF_IT_PPM,
                    Level.HARD,
                    SetBy.PRODUCT,
                    f"class.{code}.shared_maximum",
                    each.shared_maximum.source,
                    each.shared_maximum.strength,
                    code,
                )
                for code, each in figures.product_class.items()
                if each.shared_maximum is not None
            },
            products={
                code: _product(product, code, figures) for code, product in figures.product.items()
            },
            questions={code: _question(figures, code) for code in figures.contraindication},
        )


def unset(figures: Figures) -> list[str]:
    """The places of limits that a library leaves unset, so that what needs them is refused."""
    sides = Prepared.of(figures)
    groups = [sides.flow, sides.cadence, sides.shots, sides.products_count]
    groups += [part for row in sides.pace[:-1] for part in (row.cadence, row.needle_speed)]
    for technique in sides.techniques.values():
        groups += [technique.depth, technique.volume]
        groups += [] if technique.modes else [technique.no_mode]
    for zone in sides.zones.values():
        groups += [zone.depth, zone.volume]
    places = [side.limit for group in groups for side in group if side.rule is Rule.MISSING]
    places += [
        f"product.{code}.per_day"
        for code, product in sides.products.items()
        if product.product_class in sides.shared and product.hard_ng is product.hard_ng_kg is None
    ]
    tables = ("zone", "technique", "pace", "needle", "syringe", "device_class", "product")
    places += [table for table in tables if not getattr(figures, table)]
    return list(dict.fromkeys(places))


def _technique(figures: Figures, code: str) -> TechniqueSides:
    technique, place = figures.technique[code], f"technique.{code}"
    volume = _sides(Figure.VOLUME, technique.volume, SetBy.TECHNIQUE, f"{place}.volume")
    most = [side for side in volume if (side.rule, side.level) == (Rule.MOST, Level.HARD)]
    return TechniqueSides(
        modes=frozenset(technique.modes),
        no_mode=(missing(Figure.MODE, SetBy.TECHNIQUE, f"{place}.modes"),),
        depth=_sides(Figure.DEPTH, technique.depth, SetBy.TECHNIQUE, f"{place}.depth"),
        volume=tuple(side for side in volume if side not in most),
        # What the shot can give, and not what it is asked to give, is what hurts.
        charge=tuple(side._replace(figure=Figure.CHARGE) for side in most),
    )


def _zone(zone: Zone, code: str, figures: Figures) -> ZoneSides:
    place = f"group.{zone.group}"
    group = figures.group.get(zone.group) or Group(name=zone.group)
    volume = _sides(Figure.GROUP_VOLUME, group.volume, SetBy.GROUP, f"{place}.volume")
    shots = _further(Figure.GROUP_SHOTS, group.shots, SetBy.GROUP, f"{place}.shots")
    return ZoneSides(
        group=zone.group,
        depth=_sides(Figure.DEPTH, zone.depth, SetBy.ZONE, f"zone.{code}.depth"),
        volume=volume,
        shots=shots,
        day_volume=_of_the_day(volume),
        day_shots=_of_the_day(shots),
    )


def _pace(figures: Figures) -> tuple[PaceSides, ...]:
    def row(place: str, down_to_um: int, pace: Pace | None) -> PaceSides:
        cadence, speed = (pace.cadence, pace.needle_speed) if pace else (None, None)
        return PaceSides(
            down_to_um,
            _sides(Figure.CADENCE, cadence, SetBy.LIBRARY, f"{place}.cadence"),
            _sides(Figure.NEEDLE_SPEED, speed, SetBy.LIBRARY, f"{place}.needle_speed"),
        )

    rows = [
        row(f"pace {number}", each.down_to, each)
        for number, each in enumerate(figures.pace, start=1)
    ]
    return (*rows, row("pace", MAX_AMOUNT, None))


def _product(product: Product, code: str, figures: Figures) -> ProductSides:
    place = f"product.{code}"
    day, kilogram = product.per_day, product.per_kg
    shared = figures.product_class.get(product.product_class)
    return ProductSides(
        product_class=product.product_class,
        per_day=_further(Figure.DOSE, day, SetBy.PRODUCT, f"{place}.per_day", code),
        per_kg=_further(Figure.DOSE, kilogram, SetBy.PRODUCT, f"{place}.per_kg", code),
        hard_ng=None if day is None else day.hard.most,
        hard_ng_kg=None if kilogram is None else kilogram.hard.most,
        limited=bool(day or kilogram or (shared and shared.shared_maximum)),
    )


def _question(figures: Figures, code: str) -> Question:
    condition, place = figures.contraindication[code], f"contraindication.{code}"
    absolute = condition.kind is Kind.ABSOLUTE
    present = forbidden(Figure.CONTRAINDICATION, SetBy.PATIENT, place, condition, code)
    return Question(
        present=present if absolute else present._replace(level=Level.SOFT),
        unanswered=missing(Figure.CONTRAINDICATION, SetBy.PATIENT, place, code),
        absolute=absolute,
    )


def _sides(figure: Figure, bound: Bound | None, set_by: SetBy, limit: str) -> Sides:
    """The sides of a bound that is missed where it does not stand."""
    return tuple(sides_of(figure, bound, set_by, limit))


def _further(
    figure: Figure, bound: Bound | None, set_by: SetBy, limit: str, subject: str = ""
) -> Sides:
    """The sides of a bound that narrows where it stands, and is not missed where it does not."""
    return () if bound is None else tuple(sides_of(figure, bound, set_by, limit, subject))


_OF_THE_DAY: Final = {
    Figure.SESSION_SHOTS: Figure.DAY_SHOTS,
    Figure.SESSION_VOLUME: Figure.DAY_VOLUME,
    Figure.GROUP_SHOTS: Figure.DAY_GROUP_SHOTS,
    Figure.GROUP_VOLUME: Figure.DAY_GROUP_VOLUME,
}


def _of_the_day(totals: Sides) -> Sides:
    return tuple(
        side._replace(figure=_OF_THE_DAY[side.figure], set_by=SetBy.DAY)
        for side in totals
        if side.level is Level.HARD and side.rule is Rule.MOST
    )
