"""Random questions to a drawn library: most near a bound, some far out, some without sense.

A question is drawn so that a fair part of all is allowed, part soft, part refused, and so
that totals and doses come to a bound exactly, or to one more or less than that.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from tests.limits.bruteforce import (
    Axis,
    Course,
    Item,
    Patient,
    Question,
    amount,
    charge,
    from_to,
    up_to,
)
from tests.limits.dice import Dice
from tests.limits.drawn_edges import (
    aim_doses,
    aim_shared,
    aim_syringe,
    aim_totals,
    dose_ends,
    totals,
)
from tests.limits.drawn_library import CLASSES, CONDITIONS, MODES, PRODUCTS, Table, draw_library

NOWHERE = "nowhere"
"""No library has this code."""

TODAY = date(2026, 3, 1)

World = tuple[Table, Question]


def draw_world(dice: Dice) -> World:
    """A library, and a question to it."""
    library = draw_library(dice)
    return library, draw_question(dice, library)


def draw_question(dice: Dice, library: Table) -> Question:
    """A question to ``library``."""
    odd = dice.pick((0, 0, 0, 0, 1, 8))  # per cent of what could be without sense

    def code(table: str) -> str:
        known = tuple(library.get(table, {}))
        return NOWHERE if not known or dice.chance(odd) else dice.pick(known)

    technique, zone = code("technique"), code("zone")
    limits = library.get("technique", {}).get(technique, {})
    paces = library.get("pace", [])
    device = _device(dice, odd)
    needles = [amount(each["length"]) for each in library.get("needle", {}).values()]
    needle = int(dice.pick(needles)) - dice.chance(odd)

    reach = [Table(hard=f"{needle} µm")] + [Table(hard=row["down_to"]) for row in paces[-1:]]
    depths = [limits.get("depth"), library.get("zone", {}).get(zone, {}).get("depth"), *reach]
    edges = [Table(hard=row["down_to"]) for row in paces]
    depth = _figure(dice, device["depth_um"], depths, odd, edges, least=0)
    pace = next((row for row in paces if depth <= amount(row["down_to"])), {})
    shot = library.get("shot", {})
    cadences = [shot.get("cadence"), pace.get("cadence")]
    tolerance = dice.pick((0, 1, dice.whole(0, 100_000), 10_000))
    syringes = [int(amount(each["volume"])) for each in library.get("syringe", {}).values()]
    syringe = dice.pick(syringes) + dice.chance(odd)
    wider = 1_000_000 + tolerance

    asked = Question(
        volume_nl=_figure(
            dice,
            device["volume_nl"],
            [limits.get("volume")],
            odd,
            within=lambda end: end * 1_000_000 // wider,
        ),
        depth_um=depth,
        flow_nl_s=_figure(dice, device["flow_nl_s"], [shot.get("flow")], odd),
        needle_um_s=_figure(dice, device["needle_um_s"], [pace.get("needle_speed")], odd),
        cadence_per_min=_figure(dice, device["cadence_per_min"], cadences, odd),
        mode=dice.pick(limits.get("modes", MODES)) if not dice.chance(odd) else dice.pick(MODES),
        device=device,
        tolerance_ppm=tolerance,
        device_class="injection_gun" if dice.chance(80) else code("device_class"),
        technique=technique,
        zone=zone,
        needle_um=needle,
        syringe_nl=syringe,
        left_nl=syringe - (dice.whole(0, syringe) if dice.chance(40) else 0),
        planned=0,
        mixture=(),
        today=None if dice.chance(odd) else TODAY,
        clinical=dice.chance(50),
        needle_lot=None if dice.chance(odd) else "LOT",
        needle_expiry=_last_day(dice, odd),
        overridden=dice.chance(30),
        elapsed_min=_elapsed(dice, library.get("session", {})) if dice.chance(40) else None,
    )
    if asked.mode == "perfusion" and asked.volume_nl * 2 > asked.flow_nl_s:
        asked = replace(asked, mode="single")  # half a second does not give a slice of it
    asked = replace(asked, planned=_planned(dice, library, asked))
    asked = _with_person(dice, library, asked, odd)
    asked = replace(asked, mixture=_mixture(dice, library, asked, odd))
    asked = _with_past(dice, library, asked, odd)
    if dice.chance(60):
        aim = dice.pick((aim_totals, aim_doses, aim_shared, aim_syringe))
        asked = aim(dice, library, asked)
    return asked


def _last_day(dice: Dice, odd: int) -> date | None:
    """Of the needle's sterile set; seldom unknown, or so near that a day decides."""
    if dice.chance(odd):
        return None
    return TODAY + timedelta(days=dice.pick((1, 0, -1)) if dice.chance(odd) else 9)


# --- a shot ------------------------------------------------------------------------


def _device(dice: Dice, odd: int) -> dict[str, Axis]:
    tight = dice.chance(10 + odd)
    most = {
        "volume_nl": 1_000_000,
        "depth_um": 20_000,
        "flow_nl_s": 2_000_000,
        "needle_um_s": 500_000,
        "cadence_per_min": 2_000,
    }
    axes = {}
    for figure, largest in most.items():
        step = dice.pick((1, 1, 1, 5)) if tight else 1
        least = dice.whole(0, 3) if tight else 0
        axes[figure] = Axis(
            least, dice.whole(least, largest) if dice.chance(odd) else largest, step
        )
    return axes


def _figure(
    dice: Dice,
    axis: Axis,
    bounds: list[Table | None],
    odd: int,
    edges: list[Table] | None = None,
    least: int = 1,
    within: Callable[[int], int] = lambda end: end,
) -> int:
    """A value that lies within all bounds, or at an end of one of them, or just beyond."""
    present = [bound for bound in bounds if bound is not None]
    hard = [tuple(map(int, up_to(bound["hard"]))) for bound in present]
    soft = [tuple(map(int, up_to(bound["soft"]))) for bound in present if "soft" in bound]
    ranges = hard + soft if dice.chance(70) else hard
    low = max([least, axis.least, *(low for low, _ in ranges)])
    high = min([axis.most, *(within(high) for _, high in ranges)])
    if dice.chance(5 + odd):
        more = [tuple(map(int, up_to(edge["hard"]))) for edge in edges or ()]
        ends = [end for each in hard + soft + more for end in each]
        ends += [within(end) for end in ends] + [axis.least, axis.most]
        value = dice.pick(ends) + dice.pick((0, 1, -1))
    else:
        value = dice.whole(low, high)
    if not dice.chance(odd):
        value -= value % axis.step
    return max(value, least)


def _elapsed(dice: Dice, session: Table) -> int:
    if "duration" not in session:
        return dice.whole(0, 30)
    ends = [end for key in ("hard", "soft") for end in up_to(session["duration"].get(key, 0))]
    return max(0, int(dice.pick(ends)) + dice.pick((0, 1, -1)))


# --- a session ---------------------------------------------------------------------


def _planned(dice: Dice, library: Table, asked: Question) -> int:
    each = charge(asked)
    fit = min(asked.left_nl // each, 5_000)
    level = dice.pick(("soft", "hard"))
    for what, _, bound in totals(library, asked):
        most = int(up_to(bound.get(level, bound["hard"]))[1])
        fit = min(fit, most if what == "shots" else most // each)
    few = dice.whole(1, min(fit, 6))
    return dice.pick((few, few, few, dice.whole(0, fit), dice.whole(0, fit), fit, fit, fit + 1))


def _mixture(dice: Dice, library: Table, asked: Question, odd: int) -> tuple[Item, ...]:
    known = library.get("product", {})
    items = []
    for _ in range(0 if dice.chance(odd) else dice.pick((1, 2, 3, 4))):
        product = dice.pick(PRODUCTS if dice.chance(odd) else (tuple(known) or PRODUCTS))
        told = known.get(product, {}).get("class", "nsaid")
        given = asked.planned * charge(asked)
        largest = 1_000_000
        ends = dose_ends(library, asked, product, "hard")
        if ends:
            hard = min(ends)
            largest = dice.pick((1, 1, 1, 4)) * hard * 1_000 // (2 * max(1, given))
        expiry = TODAY + timedelta(days=dice.pick((300, 1, 0, -1)) if dice.chance(5 + odd) else 9)
        items.append(
            Item(
                product=product,
                product_class=dice.pick((*CLASSES, NOWHERE)) if dice.chance(odd) else told,
                volume_nl=dice.whole(1, dice.pick((3_000_000, 10))),
                concentration_ug_ml=None if dice.chance(1 + odd) else dice.whole(0, largest),
                expiry=None if dice.chance(2 if asked.clinical else 40) else expiry,
            )
        )
    if items and dice.chance(70):  # as a mixture should be: not too many
        most = library.get("mixture", {}).get("products", {"hard": 3})["hard"]
        few = list(dict.fromkeys(item.product for item in items))[:most]
        items = [item for item in items if item.product in few]
    return tuple(items)


def _with_person(dice: Dice, library: Table, asked: Question, odd: int) -> Question:
    known = library.get("contraindication", {})
    if asked.clinical or dice.chance(85):
        answers = {}
        for code in (*known, *dice.some(CONDITIONS, 1 if dice.chance(15 + odd) else 0)):
            if dice.chance(odd) or (not asked.clinical and dice.chance(30)):
                continue
            answers[code] = "absent"
            if dice.chance(5 + odd if code in known else 40):
                answers[code] = dice.pick(("reasoned", "present"))
        weight = None if dice.chance(2 + odd) else dice.pick((70_000, dice.whole(1_000, 500_000)))
        if not dice.chance(odd):
            allergies = _allergies(dice, library, odd)
            asked = replace(asked, patient=Patient(weight, answers, dice.chance(30), allergies))
    indications = library.get("indication", {})
    if asked.clinical or dice.chance(30):
        asked = replace(
            asked,
            purpose=None if dice.chance(odd) else dice.pick((*library.get("purpose", {}),)),
            indication=None if dice.chance(odd) else dice.pick((*indications,)),
        )
        if dice.chance(odd):
            asked = replace(asked, purpose=NOWHERE)
        if dice.chance(odd):
            asked = replace(asked, indication=NOWHERE)
    schedule = indications.get(asked.indication, {}).get("schedule")
    if dice.chance(odd):
        schedule = dice.pick((NOWHERE, *library.get("schedule", {})))
    if schedule is None or dice.chance(10 + odd):
        return asked
    sessions = dice.whole(0, dice.pick((3, 14)))
    ago = [0, 90]
    for phase in library.get("schedule", {}).get(schedule, Table(phase=[]))["phase"]:
        ago += [day + more for day in from_to(phase["every"]) for more in (0, 1, -1)]
    last = TODAY - timedelta(days=90 if dice.chance(40) else dice.pick(ago))
    if not sessions:
        return replace(asked, course=Course(schedule, 0, None))
    first = last - timedelta(days=dice.pick((0, 30, 275, 276))) if dice.chance(70) else None
    return replace(asked, course=Course(schedule, sessions, last, first))


def _allergies(dice: Dice, library: Table, odd: int) -> frozenset[str]:
    """Mostly none; else one product or class of the library, seldom one that is nowhere."""
    if not dice.chance(4 + odd):
        return frozenset()
    if dice.chance(odd):
        return frozenset({NOWHERE})
    return frozenset({dice.pick((*library.get("product", {}), *library.get("class", {}), "class"))})


def _with_past(dice: Dice, library: Table, asked: Question, odd: int) -> Question:
    """What was given, in this session and before it: some of it, and well within the bounds."""
    zones = [*library.get("zone", {}), *((NOWHERE,) if dice.chance(25) else ())]
    products = [*library.get("product", {}), *((NOWHERE,) if dice.chance(odd) else ())]
    gone: dict[str, dict[str, int]] = {}
    each = {"shots": asked.planned, "volumes": asked.planned * charge(asked)}
    free = dict.fromkeys(each, 100)
    for what, _, bound in totals(library, asked):
        level = "soft" if dice.chance(70) else "hard"
        most = int(up_to(bound.get(level, bound["hard"]))[1])
        free[what] = max(0, min(free[what] if free[what] != 100 else most, most - each[what]))
    for when in ("", "_before"):
        where = dice.some(zones, 4) if dice.chance(70) else []
        for what in each:
            gone[what + when] = {zone: dice.whole(0, free[what] // 6) for zone in where}
        gone[f"doses{when}"] = {}
        for product in dice.some(products, 2) if dice.chance(40) else []:
            bound = library.get("product", {}).get(product, {}).get("per_day", Table(hard="9 ng"))
            gone[f"doses{when}"][product] = dice.whole(0, int(up_to(bound["hard"])[1]) // 9)
    untold = frozenset(dice.some(products, 2) if dice.chance(odd) else ())
    if dice.chance(50):
        return replace(asked, **gone, untold=untold)
    return replace(asked, **gone, untold_before=untold)
