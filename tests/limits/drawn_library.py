"""Random limit libraries, as the TOML that a clinic could write.

Each is valid, and most leave something out: a bound, a soft range, a code that is asked
for later. Few codes, so that the same ones meet often; figures from a handful of
nanolitres to what is usual, so that rounding shows.
"""

import json
from typing import Any

from tests.limits.dice import Dice

ZONES = ("back", "elbow", "hip", "face", "scalp")
GROUPS = ("body", "head")
TECHNIQUES = ("nappage", "papule", "perfusion")
MODES = ("single", "repeat", "burst", "perfusion")
CLASSES = ("local_anaesthetic", "nsaid", "vitamin", "steroid")
PRODUCTS = ("lidocaine", "procaine", "biotin", "zinc", "triamcinolone")
CONDITIONS = ("pregnancy", "infection", "anticoagulants", "allergy")
SCHEDULES = ("chronic", "acute")
INDICATIONS = ("tendinopathy", "hair_loss")
PURPOSES = ("curative", "aesthetic")
DEVICE_CLASSES = ("injection_gun", "needle_free_pen")

VOLUME = (("nL", 1), ("µL", 1_000), ("mL", 1_000_000), ("uL", 1_000), ("μL", 1_000))
DEPTH = (("µm", 1), ("mm", 1_000), ("um", 1), ("μm", 1))
FLOW = (("nL/s", 1), ("µL/s", 1_000), ("mL/s", 1_000_000))
SPEED = (("µm/s", 1), ("mm/s", 1_000))
CADENCE = (("/min", 1), ("/s", 60))
MASS = (("ng", 1), ("mg", 1_000_000), ("µg", 1_000), ("g", 1_000_000_000))
PER_KG = (("ng/kg", 1), ("mg/kg", 1_000_000), ("µg/kg", 1_000))
DAYS = (("d", 1),)
MINUTES = (("min", 1), ("h", 60))

Units = tuple[tuple[str, int], ...]
Table = dict[str, Any]


def draw_library(dice: Dice) -> Table:
    """The tables of a valid library file."""
    lacks = dice.pick((0, 0, 0, 1, 10))  # per cent of what could be left out

    def kept() -> bool:
        return not dice.chance(lacks)

    library: Table = {"format": 1, "name": "Drawn", "version": "1"}
    library["shot"] = _tables(
        flow=_bound(dice, FLOW, 1_000_000) if kept() else None,
        cadence=_bound(dice, CADENCE, 1_200) if kept() else None,
    )
    library["session"] = _tables(
        shots=_count(dice, 10 if dice.chance(15) else 2_000) if kept() else None,
        volume=_total(dice, VOLUME, 40_000_000) if dice.chance(60) else None,
        duration=_bound(dice, MINUTES, 300) if dice.chance(40) else None,
    )
    library["group"] = {
        code: _tables(
            name=code,
            volume=_total(dice, VOLUME, 500 if dice.chance(5) else 20_000_000) if kept() else None,
            shots=_count(dice, 1_000) if dice.chance(40) else None,
        )
        for code in GROUPS[: dice.pick((1, 2, 2, 2))]
    }
    library["zone"] = {
        code: _tables(
            name=code,
            group=dice.pick(tuple(library["group"])),
            depth=_bound(dice, DEPTH, 12_999) if kept() else None,
        )
        for code in ZONES[: dice.whole(1, 5)]
    }
    library["technique"] = {
        code: _tables(
            name=code,
            modes=["single", *dice.some(MODES[1:], 3)],
            depth=_bound(dice, DEPTH, 13_000) if kept() else None,
            volume=_bound(dice, VOLUME, dice.pick((200_000, 200, 10))) if kept() else None,
        )
        for code in TECHNIQUES[: dice.whole(1, 3)]
    }
    library["pace"] = _pace(dice, lacks)
    library["needle"] = {
        f"n{size}": {"length": written(dice, DEPTH, size * 1_000)}
        for size in (13, *dice.some((4, 6), 2))
    }
    library["syringe"] = {
        f"s{size}": {"volume": written(dice, VOLUME, size * 500_000)}
        for size in (10, *dice.some((4, 5, 20), 2))
    }
    library["device_class"] = {
        code: _tables(name=code, refused=_sourced(dice) if dice.chance(50 * which) else None)
        for which, code in enumerate(DEVICE_CLASSES)
    }
    library["mixture"] = _tables(products=_count(dice, 4, least=1) if kept() else None)
    library |= _products(dice)
    library["purpose"] = {code: {"name": code} for code in PURPOSES[: dice.whole(1, 2)]}
    library["contraindication"] = {
        code: {"name": code, "kind": dice.pick(("absolute", "relative")), **_sourced(dice)}
        for code in dice.some(CONDITIONS, 4)
    }
    library["schedule"] = {code: _schedule(dice) for code in SCHEDULES[: dice.whole(0, 2)]}
    schedules = (None, *library["schedule"])
    library["indication"] = {
        code: _tables(name=code, schedule=dice.pick(schedules), purposes=["curative"])
        for code in INDICATIONS[: dice.whole(1, 2)]
    }
    for table in [name for name, content in library.items() if content in ({}, [])]:
        if dice.chance(50):
            del library[table]  # an empty table and none are the same
    return library


def as_toml(library: Table) -> str:
    """The library as a file."""
    return "".join(f"{key} = {_inline(value)}\n" for key, value in library.items())


def written(dice: Dice, units: Units, amount: int) -> str:
    """An amount in one of the ways in which people write it."""
    unit, factor = dice.pick(units)
    whole, rest = divmod(amount, factor)
    decimals = ""
    for digit in range(1, 10):
        rest *= 10
        decimals += str(rest // factor)
        rest %= factor
        if rest == 0 and not (digit < 3 and dice.chance(5)):
            break
    if rest:  # in hours, a third has no end
        return written(dice, units[:1], amount)
    number = str(whole) if decimals == "0" and not dice.chance(20) else f"{whole}.{decimals}"
    return number + ("" if unit.startswith("/") else " ") + unit


def bound_of(dice: Dice, units: Units, most: int, soft: int | None = None) -> Table:
    """A bound with these upper ends."""
    bound = {"hard": written(dice, units, most)}
    if soft is not None:
        bound["soft"] = written(dice, units, soft)
    return {**bound, **_sourced(dice)}


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _tables(**entries: object) -> Table:
    return {key: value for key, value in entries.items() if value is not None}


def _sourced(dice: Dice) -> Table:
    return {
        "source": dice.pick(("custom", "a label")),
        "strength": dice.pick(("weak", "label", "society", "paper", "none")),
    }


def _bound(dice: Dice, units: Units, largest: int) -> Table:
    """A bound on a figure of a shot: perhaps with a least, perhaps with a soft range."""
    most = dice.whole(1, largest)
    least = dice.whole(0, most) // dice.pick((1, 10)) if dice.chance(15) else 0
    bound = {"hard": _range(dice, units, least, most)}
    if dice.chance(50):
        soft = dice.pick((most, dice.whole(least, most)))
        soft_least = dice.whole(least, soft) if least or dice.chance(30) else 0
        bound["soft"] = _range(dice, units, soft_least, soft)
    return {**bound, **_sourced(dice)}


def _range(dice: Dice, units: Units, least: int, most: int) -> str:
    upper = written(dice, units, most)
    return f"{written(dice, units, least)} to {upper}" if least or dice.chance(5) else upper


def _total(dice: Dice, units: Units, largest: int, least: int = 0) -> Table:
    """A bound on what is added up: it has no least."""
    most = dice.whole(max(least, largest // 100), largest)
    return bound_of(dice, units, most, dice.whole(0, most) if dice.chance(50) else None)


def _count(dice: Dice, largest: int, least: int = 0) -> Table:
    most = dice.whole(least, largest)
    soft = {"soft": dice.whole(most // 2, most)} if dice.chance(30) else {}
    return {"hard": most, **soft, **_sourced(dice)}


def _pace(dice: Dice, lacks: int) -> list[Table]:
    """Rows from shallow to deep, none looser than the one before."""
    rows: list[Table] = []
    down_to = 0
    ends: dict[str, tuple[int, int | None]] = {"cadence": (1_200, None)}
    ends["needle_speed"] = (300_000, None)
    for _ in range(dice.whole(0 if dice.chance(lacks) else 1, 4)):
        down_to += dice.pick((dice.whole(1, 6_000), 13_000))
        row: Table = {"down_to": written(dice, DEPTH, down_to)}
        for figure, units in (("cadence", CADENCE), ("needle_speed", SPEED)):
            if figure not in ends:
                continue
            if dice.chance(lacks):
                del ends[figure]  # what a row does not allow, no deeper one does
                continue
            most, soft = ends[figure]
            most = dice.whole(most // 4, most)
            if soft is not None or dice.chance(40):
                soft = dice.whole(0, most if soft is None else min(most, soft))
            ends[figure] = (most, soft)
            row[figure] = bound_of(dice, units, most, soft)
        rows.append(row)
    return rows


def _products(dice: Dice) -> Table:
    classes = {
        code: _tables(
            name=code,
            refused=_sourced(dice) if which == 3 or dice.chance(3) else None,
            shared_maximum=_sourced(dice) if dice.chance(15 if which else 60) else None,
        )
        for which, code in enumerate(CLASSES[: dice.whole(1, 4)])
    }
    products = {}
    for code in PRODUCTS[: dice.whole(1, 5)]:
        known = dice.pick(tuple(classes)[:2] if dice.chance(80) else tuple(classes))
        limited = 90 if "shared_maximum" in classes[known] else 50
        largest = dice.pick((400_000_000, 1_000))
        products[code] = _tables(
            name=code,
            per_day=_total(dice, MASS, largest, 1) if dice.chance(limited) else None,
            per_kg=_total(dice, PER_KG, largest // 50, 1) if dice.chance(40) else None,
            doping=_sourced(dice) if dice.chance(20) else None,
            **{"class": known},
        )
    return {"class": classes, "product": products}


def _schedule(dice: Dice) -> Table:
    phases = []
    many = dice.whole(1, 3)
    for which in range(many):
        least = dice.whole(1, 5)
        most = dice.whole(least, 6)
        days = dice.whole(0, 30)
        phase: Table = {"every": written(dice, DAYS, days)}
        if dice.chance(30):
            phase["every"] += f" to {days + dice.whole(0, 30)} d"
        if which < many - 1 or dice.chance(40):
            phase["sessions"] = most if dice.chance(50) else f"{least} to {most}"
        phases.append(phase)
    schedule: Table = {"name": "s", **_sourced(dice), "phase": phases}
    if dice.chance(50):
        schedule["most"] = dice.whole(1, 12)
    if dice.chance(50):
        schedule["over"] = "180 d to 365 d"
    return schedule
