"""Words for people, for limits: each figure's name, and a limit that is passed in one line."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, assert_never

from injector.limits.side import Figure, Level, Rule
from injector.limits.verdict import Passed
from injector.units import (
    INTERVAL,
    format_cadence_per_min,
    format_concentration_ug_ml,
    format_depth_um,
    format_dose_ng,
    format_duration_min,
    format_flow_nl_s,
    format_needle_um_s,
    format_volume_nl,
    format_weight_g,
)


def _plain(value: int) -> str:
    return str(value)


def _day(value: int) -> str:
    """A day that is counted from 0001-01-01 as 1."""
    return date.fromordinal(value).isoformat() if 1 <= value <= date.max.toordinal() else "never"


def _percent(ppm: int) -> str:
    """Millionths as per cent, exactly."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"


FIGURES: Final[Mapping[Figure, tuple[str, Callable[[int], str]]]] = {
    Figure.VOLUME: ("volume per shot", format_volume_nl),
    Figure.CHARGE: ("volume per shot with the drive's tolerance", format_volume_nl),
    Figure.DEPTH: ("depth", format_depth_um),
    Figure.FLOW: ("flow", format_flow_nl_s),
    Figure.NEEDLE_SPEED: ("needle speed", format_needle_um_s),
    Figure.CADENCE: ("cadence", format_cadence_per_min),
    Figure.MODE: ("mode", _plain),
    Figure.TECHNIQUE: ("technique", _plain),
    Figure.ZONE: ("zone", _plain),
    Figure.NEEDLE: ("needle", format_depth_um),
    Figure.NEEDLE_LOT: ("lot of the sterile set", _plain),
    Figure.NEEDLE_EXPIRY: ("day", _day),
    Figure.SYRINGE: ("syringe", format_volume_nl),
    Figure.SYRINGE_LEFT: ("volume needed from the syringe", format_volume_nl),
    Figure.MIXTURE_VOLUME: ("volume of the mixture", format_volume_nl),
    Figure.STEP_SHOTS: ("shots of the step", _plain),
    Figure.SESSION_SHOTS: ("shots of the session", _plain),
    Figure.SESSION_VOLUME: ("volume of the session", format_volume_nl),
    Figure.GROUP_SHOTS: ("shots in these zones", _plain),
    Figure.GROUP_VOLUME: ("volume in these zones", format_volume_nl),
    Figure.DAY_SHOTS: ("shots in 24 hours", _plain),
    Figure.DAY_VOLUME: ("volume in 24 hours", format_volume_nl),
    Figure.DAY_GROUP_SHOTS: ("shots in these zones in 24 hours", _plain),
    Figure.DAY_GROUP_VOLUME: ("volume in these zones in 24 hours", format_volume_nl),
    Figure.DURATION: ("duration of the session", format_duration_min),
    Figure.DEVICE_CLASS: ("kind of device", _plain),
    Figure.MIXTURE: ("mixture", _plain),
    Figure.PRODUCTS: ("products in the mixture", _plain),
    Figure.PRODUCT: ("product", _plain),
    Figure.PRODUCT_CLASS: ("class of product", _plain),
    Figure.CONCENTRATION: ("concentration", format_concentration_ug_ml),
    Figure.EXPIRY: ("day", _day),
    Figure.DOSE: ("dose in 24 hours", format_dose_ng),
    Figure.SHARED_MAXIMUM: ("sum of the doses' parts of their maxima", _percent),
    Figure.PATIENT: ("patient", _plain),
    Figure.WEIGHT: ("body weight", format_weight_g),
    Figure.CONTRAINDICATION: ("contraindication", _plain),
    Figure.ALLERGY: ("allergy", _plain),
    Figure.PURPOSE: ("purpose", _plain),
    Figure.INDICATION: ("indication", _plain),
    Figure.SCHEDULE: ("day of the session", _day),
    Figure.COURSE_SESSIONS: ("sessions of the course", _plain),
    Figure.COURSE_DAYS: ("time since the course's first session", INTERVAL.format),
}
"""The name of each figure, and how its amounts are written."""


def figure_words(figure: Figure, subject: str) -> str:
    """The figure's name, and what it is about where it is counted apart for several."""
    name = FIGURES[figure][0]
    return f"{code_words(subject)}: {name}" if subject else name


def passed_words(passed: Passed) -> str:
    """One line: the value, the limit that it passes, whose that is, and what would pass."""
    form = FIGURES[passed.figure][1]
    whose = f"{passed.set_by.value} ({passed.limit})"
    soft = passed.level is Level.SOFT
    level = "soft limit, needs an override" if soft else "limit"
    match passed.rule:
        case Rule.MISSING:
            return _missing(passed, whose)
        case Rule.FORBIDDEN:
            return _forbidden(passed) + f", set by {whose}" + _source(passed)
        case Rule.MOST:
            bound = f"at most {form(passed.bound)}"
        case Rule.LEAST:
            bound = f"at least {form(passed.bound)}"
        case Rule.STEP:
            bound = f"in steps of {form(passed.bound)}"
        case _:
            assert_never(passed.rule)
    name = figure_words(passed.figure, passed.subject)
    words = _of_days(passed) or f"{name} {form(passed.value)}: {level} {bound}"
    words += f", set by {whose}" + _source(passed)
    if passed.would_pass is not None:
        words += f"; would pass: {form(passed.would_pass)}"
    return words


def _of_days(passed: Passed) -> str:
    """Limits on the day it is, which read badly as figures; empty for all others."""
    if passed.figure not in {Figure.EXPIRY, Figure.NEEDLE_EXPIRY, Figure.SCHEDULE}:
        return ""
    what, bound, now = code_words(passed.subject), _day(passed.bound), _day(passed.value)
    if passed.figure is Figure.NEEDLE_EXPIRY:
        what = "needle's sterile set"
    if passed.figure is not Figure.SCHEDULE:
        return f"{what}: out of date: {bound} was its last day, and today is {now}"
    return (
        f"too early in the schedule {what!r}: the next session is from {bound} on, and today is"
        f" {now}: soft limit, needs an override"
    )


def _source(passed: Passed) -> str:
    return f"; source: {passed.source} [{passed.strength.value}]" if passed.source else ""


_UNKNOWN: Final[Mapping[Figure, str]] = {
    Figure.PRODUCT: "the library does not know this product, and what it does not know is refused",
    Figure.PRODUCT_CLASS: "the library does not know this product in this class",
    Figure.CONCENTRATION: "its dose is limited, so its concentration must be given",
    Figure.WEIGHT: "its dose goes by body weight, so a weight must be given",
    Figure.DOSE: "products of its class need a maximum each, and it has none",
    Figure.DEVICE_CLASS: "the library does not know this kind of device",
    Figure.MIXTURE: "nobody said what is in the syringe",
    Figure.PATIENT: "a clinical session needs a patient",
    Figure.PURPOSE: "a clinical session needs a purpose that the library knows",
    Figure.INDICATION: "a clinical session needs an indication that the library knows",
    Figure.SCHEDULE: "it is not known where the patient stands in this schedule",
    Figure.EXPIRY: "it is not known whether it is still in date",
    Figure.NEEDLE_LOT: "a clinical session needs the lot of the needle's sterile set",
    Figure.NEEDLE_EXPIRY: "it is not known whether the needle's sterile set is still in date",
    Figure.ALLERGY: "the library does not know what this allergy is to, or asks for none",
    Figure.CONTRAINDICATION: "it was not asked for, or the library does not know it",
}
"""What to say where something must be known and is not; figures that are not here miss a limit."""


def _missing(passed: Passed, whose: str) -> str:
    name = figure_words(passed.figure, passed.subject)
    unknown = _UNKNOWN.get(passed.figure)
    if unknown is not None:
        return f"{name}: {unknown} ({passed.limit})"
    return f"{name}: {whose} sets no limit, and without a limit there is no shot"


def _forbidden(passed: Passed) -> str:
    what = code_words(passed.subject)
    match passed.figure:
        case Figure.CONTRAINDICATION if passed.level is Level.SOFT:
            return f"{what}: relative contraindication, needs the practitioner's written reason"
        case Figure.CONTRAINDICATION:
            return f"{what}: absolute contraindication, so there is no treatment"
        case Figure.ALLERGY:
            return f"{what}: the patient is allergic to it, so it is not given"
        case Figure.PRODUCT_CLASS:
            return f"{what}: products of this class are not given"
        case Figure.DEVICE_CLASS:
            return f"{what}: not for clinical use"
        case _:
            return f"{figure_words(passed.figure, passed.subject)}: not done"


def code_words(code: str) -> str:
    """A code from a plan or a library as people read it."""
    return code.replace("_", " ")
