"""Changes to a drawn world that may only ever make it stricter.

One limit more, or something taken away that no shot is allowed without.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import floor
from typing import Any

from tests.limits.bruteforce import Question, amount, up_to
from tests.limits.dice import Dice
from tests.limits.drawn_library import (
    CADENCE,
    DEPTH,
    FLOW,
    MASS,
    MINUTES,
    PER_KG,
    VOLUME,
    Table,
    Units,
    bound_of,
    written,
)

_SOURCED = {"source": "added", "strength": "weak"}


def with_one_more_limit(dice: Dice, tables: Table, asked: Question) -> Table:
    """The library, and one limit that it did not have, or one of its own made tighter."""
    more = copy.deepcopy(tables)
    ways = [*_new_limits(dice, more, asked), *_tighter(dice, more)]
    dice.pick(ways)()
    return more


def _new_limits(dice: Dice, tables: Table, asked: Question) -> Iterator[Callable[[], None]]:
    def put(table: Table, key: str, value: object) -> Callable[[], None]:
        return lambda: table.update({key: value})

    session = tables.setdefault("session", {})
    group = tables["group"].get(tables.get("zone", {}).get(asked.zone, {}).get("group"))
    if "volume" not in session:
        yield put(session, "volume", bound_of(dice, VOLUME, dice.whole(0, 20_000_000)))
    if "duration" not in session:
        yield put(session, "duration", bound_of(dice, MINUTES, dice.whole(0, 60)))
    if group is not None and "shots" not in group:
        yield put(group, "shots", {"hard": dice.whole(0, 500), **_SOURCED})
    classes = tables.get("class", {})
    for item in asked.mixture:
        product = tables.get("product", {}).get(item.product)
        if product is None:
            continue
        known = classes[product["class"]]
        # In a class with a shared maximum it would say what was missing.
        if "per_day" not in product and "shared_maximum" not in known:
            yield put(product, "per_day", bound_of(dice, MASS, dice.whole(1, 100_000_000)))
        if "per_kg" not in product and ("per_day" in product or "shared_maximum" not in known):
            yield put(product, "per_kg", bound_of(dice, PER_KG, dice.whole(1, 2_000_000)))
        if "refused" not in known:
            yield put(known, "refused", _SOURCED)
        if "shared_maximum" not in known:
            yield put(known, "shared_maximum", _SOURCED)
    if asked.device_class in tables.get("device_class", {}):
        yield put(tables["device_class"][asked.device_class], "refused", _SOURCED)
    asking = {"name": "added", "kind": dice.pick(("absolute", "relative")), **_SOURCED}
    yield put(tables.setdefault("contraindication", {}), "added", asking)
    for schedule in tables.get("schedule", {}).values():
        if "most" not in schedule:
            yield put(schedule, "most", dice.whole(1, 9))
    indication = tables.get("indication", {}).get(asked.indication)
    if indication is not None and "schedule" not in indication and tables.get("schedule"):
        yield put(indication, "schedule", dice.pick((*tables["schedule"],)))


def _tighter(dice: Dice, tables: Table) -> Iterator[Callable[[], None]]:
    """A soft range where there was none, or a hard one that ends earlier."""
    for table, key, units in _bounds(tables):
        bound = table[key]
        low, high = (floor(end) for end in up_to(bound["hard"]))
        if low:
            continue

        def soft(bound: Table = bound, high: int = high, units: Units | None = units) -> None:
            most = dice.whole(0, high)
            bound["soft"] = most if units is None else written(dice, units, most)

        def hard(bound: Table = bound, high: int = high, units: Units | None = units) -> None:
            least = max(1, floor(up_to(bound["soft"])[1]) if "soft" in bound else 0)
            most = dice.whole(min(least, high), high)
            bound["hard"] = most if units is None else written(dice, units, most)

        yield hard
        if "soft" not in bound:
            yield soft


def _bounds(tables: Table) -> Iterator[tuple[Table, str, Units | None]]:
    """Every bound but those of the pace, whose rows hang together; with its units."""
    yield from _in(tables.get("shot", {}), {"flow": FLOW, "cadence": CADENCE})
    session = {"shots": None, "volume": VOLUME, "duration": MINUTES}
    yield from _in(tables.get("session", {}), session)
    yield from _in(tables.get("mixture", {}), {"products": None})
    for name, units in (
        ("group", session),
        ("zone", {"depth": DEPTH}),
        ("technique", {"depth": DEPTH, "volume": VOLUME}),
        ("product", {"per_day": MASS, "per_kg": PER_KG}),
    ):
        for table in tables.get(name, {}).values():
            yield from _in(table, units)


def _in(table: Table, units: dict[str, Any]) -> Iterator[tuple[Table, str, Units | None]]:
    return ((table, key, of) for key, of in units.items() if key in table)


def without_something_required(
    dice: Dice, tables: Table, asked: Question
) -> tuple[Table, Question]:
    """The world without something, named or drawn, that no shot of ``asked`` is allowed without."""
    less = copy.deepcopy(tables)
    known = {
        ("shot", "flow"): less.get("shot", {}),
        ("shot", "cadence"): less.get("shot", {}),
        ("session", "shots"): less.get("session", {}),
        ("mixture", "products"): less.get("mixture", {}),
        ("technique", "depth"): less.get("technique", {}).get(asked.technique, {}),
        ("technique", "volume"): less.get("technique", {}).get(asked.technique, {}),
        ("zone", "depth"): less.get("zone", {}).get(asked.zone, {}),
        **{
            ("", table): less
            for table in ("needle", "syringe", "device_class", "technique", "pace")
        },
    }
    zone = less.get("zone", {}).get(asked.zone)
    if zone is not None:
        known["group", "volume"] = less["group"][zone["group"]]
    drops: list[Callable[[], Question]] = [
        lambda table=table, key=key: _dropped(table, key, asked)
        for (_, key), table in known.items()
        if key in table
    ]
    drops += [
        lambda figure=figure: _without_pace(less, asked, figure)
        for figure in ("cadence", "needle_speed")
    ]
    drops += [lambda changed=changed: changed for changed in _unknown(less, asked)]
    return less, dice.pick(drops)()


def _dropped(table: Table, key: str, asked: Question) -> Question:
    del table[key]
    return asked


def _without_pace(tables: Table, asked: Question, figure: str) -> Question:
    """No row may allow what a shallower one does not, so the deeper rows lose it, too."""
    for row in tables.get("pace", []):
        if asked.depth_um <= amount(row["down_to"]):
            row.pop(figure, None)
    return asked


def _unknown(tables: Table, asked: Question) -> Iterator[Question]:
    """What must be known of mixture, patient and session, and is not."""
    products = tables.get("product", {})
    classes = tables.get("class", {})
    yield replace(asked, mixture=())
    for number, item in enumerate(asked.mixture):
        before, after = asked.mixture[:number], asked.mixture[number + 1 :]
        product = products.get(item.product)
        shared = product is not None and "shared_maximum" in classes[product["class"]]
        if product is None or "per_day" in product or "per_kg" in product or shared:
            nobody_knows = item._replace(concentration_ug_ml=None)
            yield replace(asked, mixture=(*before, nobody_knows, *after))
        if product is not None and "per_kg" in product:
            yield replace(asked, patient=asked.patient and asked.patient._replace(weight_g=None))
        if item.expiry is not None:
            yield replace(asked, today=None)
        if asked.clinical:
            yield replace(asked, mixture=(*before, item._replace(expiry=None), *after))
        yield replace(asked, mixture=(*before, item._replace(product="nowhere"), *after))
        yield replace(asked, mixture=(*before, item._replace(product_class="nowhere"), *after))
    if not asked.clinical:
        return
    yield replace(asked, patient=None)
    yield replace(asked, purpose=None)
    yield replace(asked, indication=None)
    if "schedule" in tables.get("indication", {}).get(asked.indication, {}):
        yield replace(asked, course=None)
    if asked.patient is not None:
        for code in tables.get("contraindication", {}):
            answers = {k: v for k, v in asked.patient.conditions.items() if k != code}
            yield replace(asked, patient=asked.patient._replace(conditions=answers))
