"""Words for people, for limits: each figure's name, and a limit that is passed in one line."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, assert_never

from injector.limits import naming
from injector.limits.bound import Strength
from injector.limits.side import Figure, Level, Rule, SetBy
from injector.limits.verdict import Passed
from injector.tui.speech import _, mark, number


def _day(value: int) -> str:
    """A day that is counted from 0001-01-01 as 1."""
    return date.fromordinal(value).isoformat() if 1 <= value <= date.max.toordinal() else _("never")


FIGURES: Final[Mapping[Figure, tuple[str, Callable[[int], str]]]] = {
    **naming.FIGURES,
    **{figure: (naming.FIGURES[figure][0], _day) for figure in naming.DAYS},
}
"""The name of each figure, and how its amounts are written, with a decimal point."""
SETTERS: Final[Mapping[SetBy, str]] = {
    SetBy.DEVICE: mark("device"),
    SetBy.TECHNIQUE: mark("technique"),
    SetBy.ZONE: mark("zone"),
    SetBy.GROUP: mark("group"),
    SetBy.NEEDLE: mark("needle"),
    SetBy.SYRINGE: mark("syringe"),
    SetBy.SESSION: mark("session"),
    SetBy.LIBRARY: mark("library"),
    SetBy.PLAN: mark("plan"),
    SetBy.DAY: mark("day"),
    SetBy.MIXTURE: mark("mixture"),
    SetBy.PRODUCT: mark("product"),
    SetBy.PATIENT: mark("patient"),
    SetBy.SCHEDULE: mark("schedule"),
}
"""Who sets a limit, in one word."""
LEVELS: Final[Mapping[Level, str]] = {Level.HARD: mark("hard"), Level.SOFT: mark("soft")}
STRENGTHS: Final[Mapping[Strength, str]] = {
    Strength.SOCIETY: mark("society"),
    Strength.LABEL: mark("label"),
    Strength.PAPER: mark("paper"),
    Strength.WEAK: mark("weak"),
    Strength.NONE: mark("none"),
}
"""How strong a source is."""


def figure_words(figure: Figure, subject: str) -> str:
    """The figure's name, and what it is about where it is counted apart for several."""
    name = _(FIGURES[figure][0])
    if not subject:
        return name
    return _("{subject}: {figure}").format(subject=code_words(subject), figure=name)


def amount_words(figure: Figure, amount: int) -> str:
    """An amount of that figure with its unit, as the language in use writes it."""
    return number(FIGURES[figure][1](amount))


def passed_words(passed: Passed) -> str:
    """One line: the value, the limit that it passes, whose that is, and what would pass."""
    whose = f"{_(SETTERS[passed.set_by])} ({passed.limit})"
    match passed.rule:
        case Rule.MISSING:
            return _missing(passed, whose)
        case Rule.FORBIDDEN:
            words = _forbidden(passed)
        case Rule.MOST | Rule.LEAST | Rule.STEP:
            words = _of_days(passed) or _amount(passed)
        case _:
            assert_never(passed.rule)
    words = _("{what}, set by {whose}").format(what=words, whose=whose) + _source(passed)
    if passed.would_pass is not None and passed.rule is not Rule.FORBIDDEN:
        right = amount_words(passed.figure, passed.would_pass)
        words += _("; would pass: {amount}").format(amount=right)
    return words


_BOUNDS: Final[Mapping[tuple[Level, Rule], str]] = {
    (Level.HARD, Rule.MOST): mark("{name} {value}: limit at most {bound}"),
    (Level.HARD, Rule.LEAST): mark("{name} {value}: limit at least {bound}"),
    (Level.HARD, Rule.STEP): mark("{name} {value}: limit in steps of {bound}"),
    (Level.SOFT, Rule.MOST): mark("{name} {value}: soft limit, needs an override at most {bound}"),
    (Level.SOFT, Rule.LEAST): mark(
        "{name} {value}: soft limit, needs an override at least {bound}"
    ),
    (Level.SOFT, Rule.STEP): mark(
        "{name} {value}: soft limit, needs an override in steps of {bound}"
    ),
}


def _amount(passed: Passed) -> str:
    """An amount that passes its bound."""
    return _(_BOUNDS[passed.level, passed.rule]).format(
        name=figure_words(passed.figure, passed.subject),
        value=amount_words(passed.figure, passed.value),
        bound=amount_words(passed.figure, passed.bound),
    )


def _of_days(passed: Passed) -> str:
    """Limits on the day it is, which read badly as figures; empty for all others."""
    bound, now = _day(passed.bound), _day(passed.value)
    if passed.figure is Figure.SCHEDULE:
        return _(
            "too early in the schedule '{schedule}': the next session is from {bound} on, and today"
            " is {now}: soft limit, needs an override"
        ).format(schedule=code_words(passed.subject), bound=bound, now=now)
    if passed.figure is Figure.NEEDLE_EXPIRY:
        what = _("needle's sterile set")
    elif passed.figure is Figure.EXPIRY:
        what = code_words(passed.subject)
    else:
        return ""
    return _("{what}: out of date: {bound} was its last day, and today is {now}").format(
        what=what, bound=bound, now=now
    )


def _source(passed: Passed) -> str:
    if not passed.source:
        return ""
    return _("; source: {source} [{strength}]").format(
        source=_(passed.source), strength=_(STRENGTHS[passed.strength])
    )


_UNKNOWN: Final[Mapping[Figure, str]] = {
    Figure.PRODUCT: mark(
        "the library does not know this product, and what it does not know is refused"
    ),
    Figure.PRODUCT_CLASS: mark("the library does not know this product in this class"),
    Figure.CONCENTRATION: mark("its dose is limited, so its concentration must be given"),
    Figure.GIVEN: mark(
        "its dose is limited, and some of it was given in a mixture without its concentration"
    ),
    Figure.WEIGHT: mark("its dose goes by body weight, so a weight must be given"),
    Figure.DOSE: mark("products of its class need a maximum each, and it has none"),
    Figure.DEVICE_CLASS: mark("the library does not know this kind of device"),
    Figure.MIXTURE: mark("nobody said what is in the syringe"),
    Figure.PATIENT: mark("a clinical session needs a patient"),
    Figure.PURPOSE: mark("a clinical session needs a purpose that the library knows"),
    Figure.INDICATION: mark("a clinical session needs an indication that the library knows"),
    Figure.SCHEDULE: mark("it is not known where the patient stands in this schedule"),
    Figure.EXPIRY: mark("it is not known whether it is still in date"),
    Figure.NEEDLE_LOT: mark("a clinical session needs the lot of the needle's sterile set"),
    Figure.NEEDLE_EXPIRY: mark("it is not known whether the needle's sterile set is still in date"),
    Figure.ALLERGY: mark("the library does not know what this allergy is to, or asks for none"),
    Figure.CONTRAINDICATION: mark("it was not asked for, or the library does not know it"),
}
"""What to say where something must be known and is not; figures that are not here miss a limit."""


def _missing(passed: Passed, whose: str) -> str:
    name = figure_words(passed.figure, passed.subject)
    unknown = _UNKNOWN.get(passed.figure)
    if unknown is not None:
        return _("{what}: {why}").format(what=name, why=_(unknown)) + f" ({passed.limit})"
    return _("{name}: {whose} sets no limit, and without a limit there is no shot").format(
        name=name, whose=whose
    )


def _forbidden(passed: Passed) -> str:
    match passed.figure:
        case Figure.CONTRAINDICATION if passed.level is Level.SOFT:
            why = _("relative contraindication, needs the practitioner's written reason")
        case Figure.CONTRAINDICATION:
            why = _("absolute contraindication, so there is no treatment")
        case Figure.ALLERGY:
            why = _("the patient is allergic to it, so it is not given")
        case Figure.PRODUCT_CLASS:
            why = _("products of this class are not given")
        case Figure.DEVICE_CLASS:
            why = _("not for clinical use")
        case _:
            name = figure_words(passed.figure, passed.subject)
            return _("{what}: {why}").format(what=name, why=_("not done"))
    return _("{what}: {why}").format(what=code_words(passed.subject), why=why)


def code_words(code: str) -> str:
    """A code from a plan or a library as people read it."""
    return _(code.replace("_", " "))
