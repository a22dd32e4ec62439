"""What is drawn comes to a bound exactly, or to one more or one less than that.

Totals, doses and the syringe meet their bounds where what was given before is just right.
"""

from dataclasses import replace
from typing import Any

from tests.limits.bruteforce import Question, charge, up_to
from tests.limits.dice import Dice
from tests.limits.drawn_library import Table


def totals(library: Table, asked: Question) -> list[tuple[str, str | None, Table]]:
    """The bounds on totals: of shots or volumes, of a group of zones or of all, and the bound."""
    group = library.get("zone", {}).get(asked.zone, {}).get("group")
    tables = [(None, library.get("session", {})), (group, library["group"].get(group, {}))]
    return [
        (what, of, table[key])
        for of, table in tables
        for what, key in (("shots", "shots"), ("volumes", "volume"))
        if key in table
    ]


def dose_ends(library: Table, asked: Question, code: str, level: str) -> list[int]:
    """Where the dose of a product ends, by day and by weight, in ng."""
    product: dict[str, Any] = library.get("product", {}).get(code, {})
    weight = asked.patient.weight_g if asked.patient is not None else None
    found = []
    if level in product.get("per_day", {}):
        found.append(int(up_to(product["per_day"][level])[1]))
    if level in product.get("per_kg", {}) and weight is not None:
        found.append(int(up_to(product["per_kg"][level])[1] * weight / 1_000))
    return found


def _more(asked: Question, what: str, key: str, more: int) -> Question:
    amounts: dict[str, int] = getattr(asked, what)
    return replace(asked, **{what: {**amounts, key: max(0, amounts.get(key, 0) + more)}})


def aim_totals(dice: Dice, library: Table, asked: Question) -> Question:
    """One total of session or day at its bound: mostly the one that is closest to it."""
    when = dice.pick(("", "_before"))
    zones = library.get("zone", {})
    free: list[tuple[int, str]] = []
    for what, of, bound in totals(library, asked):
        total = asked.planned * (1 if what == "shots" else charge(asked))
        for key in (what, f"{what}_before") if when else (what,):
            for zone, more in getattr(asked, key).items():
                total += more if zones.get(zone, {}).get("group", of) == of or of is None else 0
        ends = [int(up_to(bound[level])[1]) for level in ("hard", "soft") if level in bound]
        free.append((dice.pick(ends) - total, what))
    if not free:
        return asked
    least, what = dice.pick(free) if dice.chance(20) else min(free)
    zone = asked.zone if dice.chance(70) or not zones else dice.pick(tuple(zones))
    return _more(asked, what + when, zone, least + dice.pick((0, 1, -1)))


def aim_syringe(dice: Dice, _: Table, asked: Question) -> Question:
    left = asked.planned * charge(asked) + dice.pick((0, -1, 1))
    return replace(asked, left_nl=max(0, min(left, asked.syringe_nl)))


def _dose(asked: Question, code: str) -> tuple[int, int]:
    """What all planned shots hold of a product, as a fraction in ng; what was given is apart."""
    whole = sum(item.volume_nl for item in asked.mixture)
    mass = sum(
        i.volume_nl * (i.concentration_ug_ml or 0) for i in asked.mixture if i.product == code
    )
    return mass * asked.planned * charge(asked), 1_000 * whole


def aim_doses(dice: Dice, library: Table, asked: Question) -> Question:
    """One dose at its bound."""
    if not asked.mixture:
        return asked
    code = dice.pick(asked.mixture).product
    ends = [*dose_ends(library, asked, code, "hard"), *dose_ends(library, asked, code, "soft")]
    if not ends:
        return asked
    mass, per = _dose(asked, code)
    given = asked.doses.get(code, 0) + asked.doses_before.get(code, 0)
    more = dice.pick(ends) - mass // per - given + dice.pick((0, -1, 1))
    return _more(asked, dice.pick(("doses", "doses_before")), code, more)


def aim_shared(dice: Dice, library: Table, asked: Question) -> Question:
    """The products of a class together at their shared maximum."""
    for item in asked.mixture:
        told = library.get("product", {}).get(item.product, {}).get("class")
        if told is None or "shared_maximum" not in library["class"][told]:
            continue
        millionths = 0
        for code, product in library.get("product", {}).items():
            ends = dose_ends(library, asked, code, "hard")
            if product["class"] == told and ends and code != item.product:
                mass, per = _dose(asked, code)
                given = asked.doses.get(code, 0) + asked.doses_before.get(code, 0)
                millionths += (given * per + mass) * 1_000_000 // (per * min(ends))
        ends = dose_ends(library, asked, item.product, "hard")
        if ends:
            mass, per = _dose(asked, item.product)
            given = asked.doses.get(item.product, 0) + asked.doses_before.get(item.product, 0)
            free = min(ends) * max(0, 1_000_000 - millionths) // 1_000_000
            more = free - mass // per - given + dice.pick((0, -1, 1))
            return _more(asked, dice.pick(("doses", "doses_before")), item.product, more)
    return asked
