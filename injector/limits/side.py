"""A side: one limit on one figure, from one direction, that remembers who set it.

A limit that should be there and is not is a side too, one that nothing passes: so a
missing limit refuses by the same road as a limit that is passed, and cannot be
forgotten.
"""

from collections.abc import Iterator
from enum import StrEnum, unique
from typing import NamedTuple, assert_never

from injector.limits.bound import Bound, Sourced, Strength


@unique
class Figure(StrEnum):
    """What is limited. The values are what stands in logs."""

    VOLUME = "volume_nl"
    """The setpoint's volume."""
    CHARGE = "charge_nl"
    """The most that one shot can give, the drive's tolerance included."""
    DEPTH = "depth_um"
    FLOW = "flow_nl_s"
    NEEDLE_SPEED = "needle_um_s"
    CADENCE = "cadence_per_min"
    MODE = "mode"
    """Whether the technique may be given in the setpoint's mode: 1 is asked for."""
    TECHNIQUE = "technique"
    """Whether the library knows the technique: 1 is asked for."""
    ZONE = "zone"
    """Whether the library knows the zone: 1 is asked for."""
    NEEDLE = "needle_um"
    """The needle's length, which the library must list."""
    NEEDLE_LOT = "needle_lot"
    """Whether the lot of the needle's sterile set is known: 1 is asked for."""
    NEEDLE_EXPIRY = "needle_expiry"
    """The day it is, against the last day of the needle's sterile set; counted as for
    `EXPIRY`."""
    SYRINGE = "syringe_nl"
    """The syringe's volume, which the library must list."""
    SYRINGE_LEFT = "syringe_left_nl"
    """What the step wants from the syringe."""
    MIXTURE_VOLUME = "mixture_volume_nl"
    """What the products of a mixture come to; judged of a plan as a whole."""
    STEP_SHOTS = "step_shots"
    SESSION_SHOTS = "session_shots"
    SESSION_VOLUME = "session_volume_nl"
    GROUP_SHOTS = "group_shots"
    """Shots of the session in the zone's group."""
    GROUP_VOLUME = "group_volume_nl"
    """Volume of the session in the zone's group."""
    DAY_SHOTS = "day_shots"
    """Shots of the session and of the 24 hours before it."""
    DAY_VOLUME = "day_volume_nl"
    DAY_GROUP_SHOTS = "day_group_shots"
    DAY_GROUP_VOLUME = "day_group_volume_nl"
    DURATION = "session_min"
    """How long the session has been open."""
    DEVICE_CLASS = "device_class"
    """Whether a device of its kind may be used: 1 is asked for."""
    MIXTURE = "mixture"
    """Whether it is known what is in the syringe: 1 is asked for."""
    PRODUCTS = "products"
    """Different products in the mixture."""
    PRODUCT = "product"
    """Whether the library knows a product: 1 is asked for."""
    PRODUCT_CLASS = "product_class"
    """Whether products of its class may be given: 1 is asked for."""
    CONCENTRATION = "concentration_ug_ml"
    """A product's concentration, which must be known where its dose is limited."""
    GIVEN = "given_ng"
    """What was given of a product before, which must be known where its dose is limited."""
    EXPIRY = "expiry_day"
    """The day it is, against the last day of a product; days are counted from 0001-01-01 as 1."""
    DOSE = "dose_ng"
    """Of one product, of the session and of the 24 hours before it."""
    SHARED_MAXIMUM = "shared_maximum_ppm"
    """Doses as fractions of their own hard maxima, added up over a class, in millionths."""
    PATIENT = "patient"
    """Whether it is known for whom: 1 is asked for."""
    WEIGHT = "weight_g"
    """The patient's weight, which must be known where a dose is limited by it."""
    CONTRAINDICATION = "contraindication"
    """1 where the condition speaks against it."""
    ALLERGY = "allergy"
    """Whether a product may be given to a patient with these allergies: 1 is asked for."""
    PURPOSE = "purpose"
    INDICATION = "indication"
    SCHEDULE = "session_day"
    """The day it is, against the day the schedule allows; counted as for `EXPIRY`."""
    COURSE_SESSIONS = "course_sessions"
    """Sessions of the course, the one at hand included."""
    COURSE_DAYS = "course_days"
    """Days from the course's first session to this one."""


@unique
class Rule(StrEnum):
    """How a side limits its figure."""

    MOST = "most"
    LEAST = "least"
    STEP = "step"
    """The figure is a whole multiple of the bound."""
    MISSING = "missing"
    """Nobody set the limit, so nothing passes. The bound is 0."""
    FORBIDDEN = "forbidden"
    """What is asked for is not done at all. The bound is 0, and 1 is asked for."""


@unique
class Level(StrEnum):
    """Whether anybody can override it."""

    HARD = "hard"
    SOFT = "soft"


@unique
class SetBy(StrEnum):
    """Who set a limit, or should have."""

    DEVICE = "device"
    TECHNIQUE = "technique"
    ZONE = "zone"
    GROUP = "group"
    NEEDLE = "needle"
    SYRINGE = "syringe"
    SESSION = "session"
    LIBRARY = "library"
    PLAN = "plan"
    DAY = "day"
    """The session's hard limit, over 24 hours."""
    MIXTURE = "mixture"
    PRODUCT = "product"
    PATIENT = "patient"
    SCHEDULE = "schedule"


class Side(NamedTuple):
    """One limit on one figure, from one direction.

    A tuple, and no dataclass: some are made at each verdict, on the way of every grant.
    """

    figure: Figure
    rule: Rule
    bound: int
    """In the figure's unit; 0 where the limit is missing."""
    level: Level
    set_by: SetBy
    limit: str
    """Where it stands: a place in the library (``technique.papule.depth``), or ``device``,
    ``needle``, ``syringe``, ``plan``."""
    source: str
    """The library's words for where the figure comes from; empty for what is no library's."""
    strength: Strength
    subject: str = ""
    """What it is about, where a figure is counted apart for several: a product, a class, a
    condition, as its code."""

    def passed_by(self, value: int) -> bool:
        """Whether ``value`` of the figure lies beyond this side."""
        if self.rule is Rule.MOST:  # nearly all of them are
            return value > self.bound
        match self.rule:
            case Rule.LEAST:
                return value < self.bound
            case Rule.STEP:
                return value % self.bound != 0
            case Rule.MISSING:
                return True
            case Rule.FORBIDDEN:
                return value > 0
            case _:
                assert_never(self.rule)


def sides_of(
    figure: Figure, bound: Bound | None, set_by: SetBy, limit: str, subject: str = ""
) -> Iterator[Side]:
    """The sides of a library's bound: hard first, soft where it is narrower.

    Where there is no bound the one side is that it is missing.
    """
    if bound is None:
        yield missing(figure, set_by, limit, subject)
        return
    for level, span in ((Level.HARD, bound.hard), (Level.SOFT, bound.soft)):
        if span is None:
            continue
        soft = level is Level.SOFT
        most = Side(
            figure,
            Rule.MOST,
            span.most,
            level,
            set_by,
            limit,
            bound.source,
            bound.strength,
            subject,
        )
        if not soft or span.most < bound.hard.most:
            yield most
        if span.least > (bound.hard.least if soft else 0):
            yield most._replace(rule=Rule.LEAST, bound=span.least)


def stated(figure: Figure, rule: Rule, bound: int, set_by: SetBy) -> Side:
    """A side that a maker states: device, needle, syringe. Always hard."""
    return Side(figure, rule, bound, Level.HARD, set_by, set_by.value, "", Strength.LABEL)


def missing(figure: Figure, set_by: SetBy, limit: str, subject: str = "") -> Side:
    """The side of a limit that nobody set."""
    return Side(figure, Rule.MISSING, 0, Level.HARD, set_by, limit, "", Strength.NONE, subject)


def forbidden(figure: Figure, set_by: SetBy, limit: str, why: Sourced, subject: str = "") -> Side:
    """The side of what is not done at all."""
    return Side(
        figure, Rule.FORBIDDEN, 0, Level.HARD, set_by, limit, why.source, why.strength, subject
    )
