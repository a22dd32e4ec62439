"""The rules of a limit library once more: plain, slow, and written from the text.

Written from the issue that asks for the limits, and from what docs/limits.md says each
rule means, in that order; not from the engine, of which nothing is imported here. It
looks only at the tables as TOML gives them, reads the amounts itself, and goes from rule
to rule with an `if` for each. How many shots are possible it finds out by asking itself
again and again.

Where it and the engine say different things, one of them has misread the text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Any, NamedTuple

Tables = Mapping[str, Any]
"""A table of a library file, as `tomllib` reads it."""


class Item(NamedTuple):
    """One product in the syringe."""

    product: str
    product_class: str
    volume_nl: int
    concentration_ug_ml: int | None
    expiry: date | None


class Patient(NamedTuple):
    """What is known of the patient."""

    weight_g: int | None
    conditions: dict[str, str]
    """``absent``, ``present``, or ``reasoned``: present, with a written reason."""
    athlete: bool
    allergies: frozenset[str] = frozenset()
    """Codes of products and of classes."""


class Course(NamedTuple):
    """Sessions so far."""

    schedule: str
    sessions: int
    last: date | None
    first: date | None = None


class Axis(NamedTuple):
    """What the device can do with one figure."""

    least: int
    most: int
    step: int


@dataclass(frozen=True)
class Question:
    """A setpoint, and everything else that decides about it, in plain integers."""

    volume_nl: int
    depth_um: int
    flow_nl_s: int
    needle_um_s: int
    cadence_per_min: int
    mode: str

    device: dict[str, Axis]
    tolerance_ppm: int
    device_class: str
    technique: str
    zone: str
    needle_um: int
    syringe_nl: int
    left_nl: int
    planned: int

    mixture: tuple[Item, ...]
    shots: dict[str, int] = field(default_factory=dict)
    """By zone: what this session gave."""
    volumes: dict[str, int] = field(default_factory=dict)
    doses: dict[str, int] = field(default_factory=dict)
    shots_before: dict[str, int] = field(default_factory=dict)
    """By zone: what other sessions gave in the 24 hours before."""
    volumes_before: dict[str, int] = field(default_factory=dict)
    doses_before: dict[str, int] = field(default_factory=dict)
    """Elsewhere included."""
    untold: frozenset[str] = frozenset()
    """Products that this session gave from a mixture without their concentration."""
    untold_before: frozenset[str] = frozenset()

    clinical: bool = False
    patient: Patient | None = None
    purpose: str | None = None
    indication: str | None = None
    course: Course | None = None
    today: date | None = None
    needle_lot: str | None = None
    needle_expiry: date | None = None
    elapsed_min: int | None = None
    overridden: bool = False


class Beyond(NamedTuple):
    """A limit that is passed: where it stands, and how."""

    place: str
    level: str
    """``hard`` or ``soft``."""
    why: str
    """``missing``, ``forbidden``, or ``most``, ``least``, ``step`` of a figure."""
    value: int = 0
    """What was asked for, or would come to; 0 where nothing is compared."""
    bound: int = 0


class Answer(NamedTuple):
    """The whole answer."""

    outcome: str
    """``allow``, ``soft`` or ``refuse``."""
    passed: frozenset[Beyond]


# --- how people write amounts ---------------------------------------------------

UNITS = {
    "mL": 1_000_000, "µL": 1_000, "μL": 1_000, "uL": 1_000, "nL": 1,
    "mm": 1_000, "µm": 1, "μm": 1, "um": 1,
    "mL/s": 1_000_000, "µL/s": 1_000, "μL/s": 1_000, "uL/s": 1_000, "nL/s": 1,
    "mm/s": 1_000, "µm/s": 1, "μm/s": 1, "um/s": 1,
    "/s": 60, "/min": 1,
    "g": 1_000_000_000, "mg": 1_000_000, "µg": 1_000, "μg": 1_000, "ug": 1_000, "ng": 1,
    "mg/kg": 1_000_000, "µg/kg": 1_000, "μg/kg": 1_000, "ug/kg": 1_000, "ng/kg": 1,
    "d": 1, "min": 1, "h": 60,
}  # fmt: skip
"""In nL, µm, nL/s, µm/s, shots a minute, ng, ng/kg, days and minutes."""


@lru_cache(maxsize=100_000)
def amount(text: str) -> Fraction:
    """``"4.5 mg/kg"`` in the unit of `UNITS`."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([^0-9. ]+)", text)
    assert match is not None, text
    return Fraction(match[1]) * UNITS[match[2]]


@lru_cache(maxsize=100_000)
def up_to(written: str | int) -> tuple[Fraction, Fraction]:
    """``"4 mm"`` is from nothing to 4 mm, ``"1 mm to 4 mm"`` what it says."""
    if isinstance(written, int):
        return Fraction(0), Fraction(written)
    if " to " in written:
        low, high = written.split(" to ")
        return amount(low), amount(high)
    return Fraction(0), amount(written)


def from_to(written: str | int) -> tuple[int, int]:
    """``"2 to 4"`` and ``"14 d to 28 d"``; one alone is both ends."""
    ends = str(written).split(" to ")
    low, high = (floor(amount(end)) if " " in end else int(end) for end in (ends[0], ends[-1]))
    return low, high


# --- the rules --------------------------------------------------------------------


def evaluate(library: Tables, asked: Question, shots: int | None = None) -> Answer:
    """What the text says to so many ``shots``, the planned ones unless told."""
    n = asked.planned if shots is None else shots
    passed: set[Beyond] = set()
    _technique(passed, library, asked)
    _zone(passed, library, asked)
    _session(passed, library, asked, n)
    _pace(passed, library, asked)
    _mixture(passed, library, asked)
    _sterile_set(passed, asked)
    _doses(passed, library, asked, n)
    _schedule(passed, library, asked)
    _purpose(passed, library, asked)
    _patient(passed, library, asked)
    _device(passed, library, asked, n)
    levels = {limit.level for limit in passed}
    outcome = "refuse" if "hard" in levels else "soft" if "soft" in levels else "allow"
    return Answer(outcome, frozenset(passed))


def most_shots(library: Tables, asked: Question) -> int:
    """For how many shots, at most the planned ones, nothing that binds is passed."""

    def fits(shots: int) -> bool:
        outcome = evaluate(library, asked, shots).outcome
        return outcome == "allow" or (outcome == "soft" and asked.overridden)

    if asked.planned <= 20:  # one after the other
        most = 0
        while most < asked.planned and fits(most + 1):
            most += 1
        return most
    fit, too_many = 0, asked.planned + 1  # more shots are never less
    while too_many - fit > 1:
        middle = (fit + too_many) // 2
        if fits(middle):
            fit = middle
        else:
            too_many = middle
    return fit


def flagged(library: Tables, asked: Question) -> set[str]:
    """For athletes, a product on a doping list is flagged."""
    if asked.patient is None or not asked.patient.athlete:
        return set()
    products = library.get("product", {})
    return {i.product for i in asked.mixture if "doping" in products.get(i.product, {})}


def charge(asked: Question) -> int:
    """The most that a shot can give: limits include the drive's tolerance."""
    return charge_of(asked.volume_nl, asked.tolerance_ppm)


@lru_cache(maxsize=10_000)
def charge_of(volume_nl: int, tolerance_ppm: int) -> int:
    """So much and the tolerance, in whole nanolitres."""
    return ceil(volume_nl * (1 + Fraction(tolerance_ppm, 1_000_000)))


def _within(
    passed: set[Beyond], place: str, bound: Tables | None, value: int, at_most: int | None = None
) -> None:
    """A figure of a shot in a bound that must be there.

    ``at_most`` is the value for the hard upper end, where that is another one.
    """
    if bound is None:
        passed.add(Beyond(place, "hard", "missing"))
        return
    low, high = up_to(bound["hard"])
    upper = value if at_most is None else at_most
    hard = set()
    if upper > high:
        hard.add(Beyond(place, "hard", "most", upper, floor(high)))
    if value < low:
        hard.add(Beyond(place, "hard", "least", value, ceil(low)))
    passed |= hard
    if hard or "soft" not in bound:
        return
    low, high = up_to(bound["soft"])
    if value > high:
        passed.add(Beyond(place, "soft", "most", value, floor(high)))
    if value < low:
        passed.add(Beyond(place, "soft", "least", value, ceil(low)))


def _at_most(passed: set[Beyond], place: str, bound: Tables, value: int) -> None:
    """A total, or whatever else has an upper end only."""
    hard = floor(up_to(bound["hard"])[1])
    if value > hard:
        passed.add(Beyond(place, "hard", "most", value, hard))
    elif "soft" in bound:
        soft = floor(up_to(bound["soft"])[1])
        if value > soft:
            passed.add(Beyond(place, "soft", "most", value, soft))


def _technique(passed: set[Beyond], library: Tables, asked: Question) -> None:
    place = f"technique.{asked.technique}"
    technique = library.get("technique", {}).get(asked.technique)
    if technique is None:
        passed.add(Beyond(place, "hard", "missing"))
        return
    if asked.mode not in technique.get("modes", []):
        passed.add(Beyond(f"{place}.modes", "hard", "missing"))
    _within(passed, f"{place}.depth", technique.get("depth"), asked.depth_um)
    _within(passed, f"{place}.volume", technique.get("volume"), asked.volume_nl, charge(asked))


def _zone(passed: set[Beyond], library: Tables, asked: Question) -> None:
    place = f"zone.{asked.zone}"
    zone = library.get("zone", {}).get(asked.zone)
    if zone is None:
        passed.add(Beyond(place, "hard", "missing"))
        return
    _within(passed, f"{place}.depth", zone.get("depth"), asked.depth_um)


def _session(passed: set[Beyond], library: Tables, asked: Question, n: int) -> None:
    """Totals: of the session, of the group of zones, and of the day."""
    session = library.get("session", {})
    zones = library.get("zone", {})
    volume = n * charge(asked)
    everywhere = {*asked.shots, *asked.volumes, *asked.shots_before, *asked.volumes_before}

    def total(place: str, bound: Tables, counted: set[str], what: str) -> None:
        more = n if what == "shots" else volume
        now = sum(getattr(asked, what).get(zone, 0) for zone in counted) + more
        earlier = sum(getattr(asked, f"{what}_before").get(zone, 0) for zone in counted)
        hard = floor(up_to(bound["hard"])[1])
        if earlier and now + earlier > hard:  # a second session on the same day
            passed.add(Beyond(place, "hard", "most", now + earlier, hard))
            bound = {"hard": bound["hard"]}  # its soft level is not named beside it
        _at_most(passed, place, bound, now)

    if "shots" in session:
        total("session.shots", session["shots"], everywhere, "shots")
    else:
        passed.add(Beyond("session.shots", "hard", "missing"))
    if "volume" in session:
        total("session.volume", session["volume"], everywhere, "volumes")

    if asked.zone in zones:
        code = zones[asked.zone]["group"]
        group = library["group"][code]
        # What lies in no zone of the library could lie in this group.
        counted = {zone for zone in everywhere if zone not in zones or zones[zone]["group"] == code}
        if "volume" in group:
            total(f"group.{code}.volume", group["volume"], counted, "volumes")
        else:
            passed.add(Beyond(f"group.{code}.volume", "hard", "missing"))
        if "shots" in group:
            total(f"group.{code}.shots", group["shots"], counted, "shots")

    if "duration" in session and asked.elapsed_min is not None:
        _at_most(passed, "session.duration", session["duration"], asked.elapsed_min)


def _pace(passed: set[Beyond], library: Tables, asked: Question) -> None:
    shot = library.get("shot", {})
    _within(passed, "shot.flow", shot.get("flow"), asked.flow_nl_s)
    _within(passed, "shot.cadence", shot.get("cadence"), asked.cadence_per_min)
    for number, row in enumerate(library.get("pace", []), 1):
        if asked.depth_um <= amount(row["down_to"]):
            place = f"pace {number}"
            _within(passed, f"{place}.cadence", row.get("cadence"), asked.cadence_per_min)
            _within(passed, f"{place}.needle_speed", row.get("needle_speed"), asked.needle_um_s)
            return
    passed.add(Beyond("pace.cadence", "hard", "missing"))
    passed.add(Beyond("pace.needle_speed", "hard", "missing"))


def _mixture(passed: set[Beyond], library: Tables, asked: Question) -> None:
    classes = library.get("class", {})
    products = library.get("product", {})
    limit = library.get("mixture", {}).get("products")
    if not asked.mixture:
        passed.add(Beyond("mixture", "hard", "missing"))
    if limit is None:
        passed.add(Beyond("mixture.products", "hard", "missing"))
    else:
        different = len({item.product for item in asked.mixture})
        _at_most(passed, "mixture.products", limit, different)
    for item in asked.mixture:
        code = item.product_class
        if code not in classes:
            passed.add(Beyond(f"class.{code}", "hard", "missing"))
        elif "refused" in classes[code]:
            passed.add(Beyond(f"class.{code}", "hard", "forbidden"))
        if item.product in products:
            known = products[item.product]["class"]
            if known != code:
                passed.add(Beyond(f"product.{item.product}.class", "hard", "missing"))
            if "refused" in classes[known]:
                passed.add(Beyond(f"class.{known}", "hard", "forbidden"))
        place = f"mixture.{item.product}.expiry"
        if item.expiry is None:
            if asked.clinical:
                passed.add(Beyond(place, "hard", "missing"))
        elif asked.today is None:
            passed.add(Beyond("today", "hard", "missing"))
        elif asked.today > item.expiry:
            today, last = asked.today.toordinal(), item.expiry.toordinal()
            passed.add(Beyond(place, "hard", "most", today, last))


def _sterile_set(passed: set[Beyond], asked: Question) -> None:
    if asked.clinical and asked.needle_lot is None:
        passed.add(Beyond("needle.lot", "hard", "missing"))
    if asked.needle_expiry is None:
        if asked.clinical:
            passed.add(Beyond("needle.expiry", "hard", "missing"))
    elif asked.today is None:
        passed.add(Beyond("today", "hard", "missing"))
    elif asked.today > asked.needle_expiry:
        today, last = asked.today.toordinal(), asked.needle_expiry.toordinal()
        passed.add(Beyond("needle.expiry", "hard", "most", today, last))


def _doses(passed: set[Beyond], library: Tables, asked: Question, n: int) -> None:
    products = library.get("product", {})
    classes = library.get("class", {})
    weight = asked.patient.weight_g if asked.patient is not None else None
    all_of_it = sum(item.volume_nl for item in asked.mixture)

    concerned = {item.product for item in asked.mixture}
    for given in (asked.doses, asked.doses_before):
        concerned |= {code for code, dose in given.items() if dose > 0}
    given_untold = asked.untold | asked.untold_before
    concerned |= given_untold

    share_of_maximum: dict[str, dict[str, Fraction | None]] = {}
    """By class with a shared maximum, by product; None where it cannot be told."""
    for code in concerned:
        place = f"product.{code}"
        if code not in products:
            passed.add(Beyond(place, "hard", "missing"))
            continue
        product = products[code]
        shared = "shared_maximum" in classes[product["class"]]

        items = [item for item in asked.mixture if item.product == code]
        unknown = any(item.concentration_ug_ml is None for item in items)
        dose = Fraction(asked.doses.get(code, 0) + asked.doses_before.get(code, 0))
        if not unknown:  # otherwise it is what was given, and nobody knows how much more
            mass = sum(item.concentration_ug_ml * item.volume_nl for item in items)
            if mass:  # µg/mL times nL are pg
                dose += Fraction(mass, all_of_it) * n * charge(asked) / 1_000
        if (unknown or code in given_untold) and (
            "per_day" in product or "per_kg" in product or shared
        ):
            passed.add(Beyond(place, "hard", "missing"))

        maxima: list[int] = []
        no_weight = False
        if "per_day" in product:
            maxima.append(floor(up_to(product["per_day"]["hard"])[1]))
            _at_most(passed, f"{place}.per_day", product["per_day"], ceil(dose))
        if "per_kg" in product and weight is None:  # no weight, no lidocaine
            no_weight = True
            passed.add(Beyond(f"{place}.per_kg", "hard", "missing"))
        if "per_kg" in product and weight is not None:
            whole = {
                level: floor(up_to(product["per_kg"][level])[1] * weight / 1_000)
                for level in ("hard", "soft")
                if level in product["per_kg"]
            }
            maxima.append(whole["hard"])
            _at_most(passed, f"{place}.per_kg", whole, ceil(dose))

        if shared:
            shares = share_of_maximum.setdefault(product["class"], {})
            if not maxima and not no_weight:
                passed.add(Beyond(f"{place}.per_day", "hard", "missing"))
            no_share = unknown or code in given_untold or no_weight or not maxima
            shares[code] = None if no_share else dose / min(maxima)

    for code, by_product in share_of_maximum.items():
        shares = list(by_product.values())
        if None not in shares and sum(shares) > 1:
            millionths = ceil(sum(shares) * 1_000_000)
            place = f"class.{code}.shared_maximum"
            passed.add(Beyond(place, "hard", "most", millionths, 1_000_000))


def _schedule(passed: set[Beyond], library: Tables, asked: Question) -> None:
    schedules = library.get("schedule", {})
    if asked.course is None:
        indication = library.get("indication", {}).get(asked.indication, {})
        if asked.clinical and "schedule" in indication:
            passed.add(Beyond(f"schedule.{indication['schedule']}", "hard", "missing"))
        return
    place = f"schedule.{asked.course.schedule}"
    if asked.course.schedule not in schedules:
        passed.add(Beyond(place, "hard", "missing"))
        return
    schedule = schedules[asked.course.schedule]
    number = asked.course.sessions + 1
    if number > schedule.get("most", number):
        passed.add(Beyond(f"{place}.most", "soft", "most", number, schedule["most"]))
    if asked.course.last is None:
        return
    if asked.today is None:
        passed.add(Beyond("today", "hard", "missing"))
        return
    if "over" in schedule:
        days = max(0, (asked.today - (asked.course.first or asked.course.last)).days)
        most = from_to(schedule["over"])[1]
        if days > most:
            passed.add(Beyond(f"{place}.over", "soft", "most", days, most))
    ends_with = 0
    for which, phase in enumerate(schedule["phase"], 1):
        last = which == len(schedule["phase"])
        if not last:
            ends_with += from_to(phase["sessions"])[1]
        if last or number <= ends_with:
            earliest = asked.course.last + timedelta(days=from_to(phase["every"])[0])
            if asked.today < earliest:
                today, due = asked.today.toordinal(), earliest.toordinal()
                passed.add(Beyond(f"{place}.phase {which}", "soft", "least", today, due))
            return


def _purpose(passed: set[Beyond], library: Tables, asked: Question) -> None:
    if not asked.clinical:
        return
    for table, code in (("purpose", asked.purpose), ("indication", asked.indication)):
        if code is None:
            passed.add(Beyond(table, "hard", "missing"))
        elif code not in library.get(table, {}):
            passed.add(Beyond(f"{table}.{code}", "hard", "missing"))


def _patient(passed: set[Beyond], library: Tables, asked: Question) -> None:
    known = library.get("contraindication", {})
    if asked.patient is None:
        if asked.clinical:
            passed.add(Beyond("patient", "hard", "missing"))
        return
    for code in {*known, *asked.patient.conditions}:
        place = f"contraindication.{code}"
        answer = asked.patient.conditions.get(code)
        if answer is None:
            if asked.clinical:
                passed.add(Beyond(place, "hard", "missing"))
        elif answer == "absent":
            pass
        elif code not in known:
            passed.add(Beyond(place, "hard", "missing"))
        elif known[code]["kind"] == "absolute":
            passed.add(Beyond(place, "hard", "forbidden"))
        elif answer == "present":
            passed.add(Beyond(place, "soft", "forbidden"))

    products, classes = library.get("product", {}), library.get("class", {})
    for item in asked.mixture:
        said = {item.product, item.product_class}
        if item.product in products:
            said.add(products[item.product]["class"])
        if said & asked.patient.allergies:
            why = "forbidden" if "allergy" in known else "missing"
            passed.add(Beyond("contraindication.allergy", "hard", why))
            # Where a place is passed at its hard level, the soft one is not named beside it.
            passed.discard(Beyond("contraindication.allergy", "soft", "forbidden"))
    for code in asked.patient.allergies:
        if code not in products and code not in classes:
            passed.add(Beyond(f"product.{code}", "hard", "missing"))


def _device(passed: set[Beyond], library: Tables, asked: Question, n: int) -> None:
    for figure, axis in asked.device.items():
        value = getattr(asked, figure)
        if value > axis.most:
            passed.add(Beyond("device", "hard", "most", value, axis.most))
        if value < axis.least:
            passed.add(Beyond("device", "hard", "least", value, axis.least))
        if value % axis.step != 0:
            passed.add(Beyond("device", "hard", "step", value, axis.step))

    kind = library.get("device_class", {}).get(asked.device_class)
    if kind is None:
        passed.add(Beyond(f"device_class.{asked.device_class}", "hard", "missing"))
    elif "refused" in kind and asked.clinical:
        passed.add(Beyond(f"device_class.{asked.device_class}", "hard", "forbidden"))

    if asked.depth_um > asked.needle_um:
        passed.add(Beyond("needle", "hard", "most", asked.depth_um, asked.needle_um))
    needles = library.get("needle", {}).values()
    if all(amount(needle["length"]) != asked.needle_um for needle in needles):
        passed.add(Beyond("needle", "hard", "missing"))

    if n * charge(asked) > asked.left_nl:
        passed.add(Beyond("syringe", "hard", "most", n * charge(asked), asked.left_nl))
    syringes = library.get("syringe", {}).values()
    if all(amount(syringe["volume"]) != asked.syringe_nl for syringe in syringes):
        passed.add(Beyond("syringe", "hard", "missing"))
