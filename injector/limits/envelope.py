"""The envelope: every limit that applies to a setpoint, each with who set it.

What may be done is the intersection of everything that applies: the device, the
technique, the zone, the needle, the syringe, the session and the library. It is
drawn as a list of *sides*. A side limits one *figure* from one direction, and
remembers who set it and where that stands, so that a refusal can name it. A limit
that should be there and is not is a side too, one that nothing passes: so a
missing limit refuses by the same road as a limit that is passed, and cannot be
forgotten.

Figures grow differently with the number of shots: depth does not, a session's
volume does. `Use` says how, and both the verdict (does all that is planned fit?)
and the room (how many shots still fit?) are computed from it.

The drive may give a little more than it was told. A shot not yet given therefore
counts, under every hard limit on volume, as the most it can give (``charge_nl``);
the soft limits on one shot's volume are advice about the setpoint and are
compared with the setpoint itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import assert_never

from injector.limits.bound import Bound, Strength
from injector.limits.context import Axis, Context
from injector.limits.exposure import Exposure, charge_nl
from injector.limits.setpoint import Setpoint, kind_of
from injector.limits.tables.shots import Pace


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


@unique
class Rule(StrEnum):
    """How a side limits its figure."""

    MOST = "most"
    LEAST = "least"
    STEP = "step"
    """The figure is a whole multiple of the bound."""
    MISSING = "missing"
    """Nobody set the limit, so nothing passes. The bound is 0."""


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


@dataclass(frozen=True, slots=True)
class Side:
    """One limit on one figure, from one direction."""

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

    def passed_by(self, value: int) -> bool:
        """Whether ``value`` of the figure lies beyond this side."""
        match self.rule:
            case Rule.MOST:
                return value > self.bound
            case Rule.LEAST:
                return value < self.bound
            case Rule.STEP:
                return value % self.bound != 0
            case Rule.MISSING:
                return True
            case _:
                assert_never(self.rule)


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a figure a number of shots uses: ``so_far + each * shots``."""

    so_far: int
    each: int = 0

    def of(self, shots: int) -> int:
        """The figure after ``shots`` more shots."""
        return self.so_far + self.each * shots


def uses(setpoint: Setpoint, context: Context) -> dict[Figure, Use]:
    """How each figure grows with shots at ``setpoint``."""
    charge = charge_nl(setpoint.volume_nl, context.device.tolerance_ppm)
    session = context.exposure.total()
    zone = context.library.figures.zone.get(context.zone)
    group = context.exposure.of_group(zone.group, context.library.figures) if zone else Exposure()
    return {
        Figure.VOLUME: Use(setpoint.volume_nl),
        Figure.CHARGE: Use(charge),
        Figure.DEPTH: Use(setpoint.depth_um),
        Figure.FLOW: Use(setpoint.flow_nl_s),
        Figure.NEEDLE_SPEED: Use(setpoint.needle_um_s),
        Figure.CADENCE: Use(setpoint.cadence_per_min),
        Figure.MODE: Use(1),
        Figure.TECHNIQUE: Use(1),
        Figure.ZONE: Use(1),
        Figure.NEEDLE: Use(context.needle_um),
        Figure.SYRINGE: Use(context.syringe_nl),
        Figure.SYRINGE_LEFT: Use(0, charge),
        Figure.STEP_SHOTS: Use(0, 1),
        Figure.SESSION_SHOTS: Use(session.shots, 1),
        Figure.SESSION_VOLUME: Use(session.volume_nl, charge),
        Figure.GROUP_SHOTS: Use(group.shots, 1),
        Figure.GROUP_VOLUME: Use(group.volume_nl, charge),
    }


def envelope(setpoint: Setpoint, context: Context) -> list[Side]:
    """Every side that applies to ``setpoint`` in ``context``."""
    return [
        *_of_the_device(context),
        *_of_what_is_mounted(context),
        *_of_the_technique(setpoint, context),
        *_of_the_zone(context),
        *_of_any_shot(setpoint, context),
        *_of_the_session(context),
    ]


def _of_the_device(context: Context) -> Iterator[Side]:
    device = context.device
    axes: tuple[tuple[Figure, Axis], ...] = (
        (Figure.VOLUME, device.volume_nl),
        (Figure.DEPTH, device.depth_um),
        (Figure.FLOW, device.flow_nl_s),
        (Figure.NEEDLE_SPEED, device.needle_um_s),
        (Figure.CADENCE, device.cadence_per_min),
    )
    for figure, axis in axes:
        yield _stated(figure, Rule.MOST, axis.most, SetBy.DEVICE)
        if axis.least > 0:
            yield _stated(figure, Rule.LEAST, axis.least, SetBy.DEVICE)
        if axis.step > 1:
            yield _stated(figure, Rule.STEP, axis.step, SetBy.DEVICE)


def _of_what_is_mounted(context: Context) -> Iterator[Side]:
    figures = context.library.figures
    yield _stated(Figure.DEPTH, Rule.MOST, context.needle_um, SetBy.NEEDLE)
    if all(needle.length != context.needle_um for needle in figures.needle.values()):
        yield _missing(Figure.NEEDLE, SetBy.LIBRARY, "needle")
    yield _stated(Figure.SYRINGE_LEFT, Rule.MOST, context.syringe_left_nl, SetBy.SYRINGE)
    if all(syringe.volume != context.syringe_nl for syringe in figures.syringe.values()):
        yield _missing(Figure.SYRINGE, SetBy.LIBRARY, "syringe")
    yield Side(
        Figure.STEP_SHOTS,
        Rule.MOST,
        context.planned_shots,
        Level.HARD,
        SetBy.PLAN,
        SetBy.PLAN.value,
        "",
        Strength.NONE,
    )


def _of_the_technique(setpoint: Setpoint, context: Context) -> Iterator[Side]:
    place = f"technique.{context.technique}"
    technique = context.library.figures.technique.get(context.technique)
    if technique is None:
        yield _missing(Figure.TECHNIQUE, SetBy.LIBRARY, place)
        return
    if kind_of(setpoint.mode) not in technique.modes:
        yield _missing(Figure.MODE, SetBy.TECHNIQUE, f"{place}.modes")
    yield from _within(Figure.DEPTH, technique.depth, SetBy.TECHNIQUE, f"{place}.depth")
    for side in _within(Figure.VOLUME, technique.volume, SetBy.TECHNIQUE, f"{place}.volume"):
        yield _charged(side) if (side.rule, side.level) == (Rule.MOST, Level.HARD) else side


def _of_the_zone(context: Context) -> Iterator[Side]:
    figures = context.library.figures
    zone = figures.zone.get(context.zone)
    if zone is None:
        yield _missing(Figure.ZONE, SetBy.LIBRARY, f"zone.{context.zone}")
        return
    yield from _within(Figure.DEPTH, zone.depth, SetBy.ZONE, f"zone.{context.zone}.depth")
    place = f"group.{zone.group}"
    group = figures.group.get(zone.group)
    volume, shots = (group.volume, group.shots) if group else (None, None)
    yield from _within(Figure.GROUP_VOLUME, volume, SetBy.GROUP, f"{place}.volume")
    if shots is not None:
        yield from _within(Figure.GROUP_SHOTS, shots, SetBy.GROUP, f"{place}.shots")


def _of_any_shot(setpoint: Setpoint, context: Context) -> Iterator[Side]:
    shot = context.library.figures.shot
    yield from _within(Figure.FLOW, shot.flow, SetBy.LIBRARY, "shot.flow")
    yield from _within(Figure.CADENCE, shot.cadence, SetBy.LIBRARY, "shot.cadence")
    rows = context.library.figures.pace
    deep_enough = (n for n, row in enumerate(rows) if row.down_to >= setpoint.depth_um)
    index = next(deep_enough, None)
    row = Pace.model_construct(down_to=0) if index is None else rows[index]
    place = "pace" if index is None else f"pace {index + 1}"
    yield from _within(Figure.CADENCE, row.cadence, SetBy.LIBRARY, f"{place}.cadence")
    yield from _within(
        Figure.NEEDLE_SPEED, row.needle_speed, SetBy.LIBRARY, f"{place}.needle_speed"
    )


def _of_the_session(context: Context) -> Iterator[Side]:
    session = context.library.figures.session
    yield from _within(Figure.SESSION_SHOTS, session.shots, SetBy.SESSION, "session.shots")
    if session.volume is not None:
        yield from _within(Figure.SESSION_VOLUME, session.volume, SetBy.SESSION, "session.volume")


def _within(figure: Figure, bound: Bound | None, set_by: SetBy, limit: str) -> Iterator[Side]:
    """The sides of a library's bound: hard first, soft where it is narrower."""
    if bound is None:
        yield _missing(figure, set_by, limit)
        return
    for level, span in ((Level.HARD, bound.hard), (Level.SOFT, bound.soft)):
        if span is None:
            continue
        soft = level is Level.SOFT
        if not soft or span.most < bound.hard.most:
            yield Side(
                figure, Rule.MOST, span.most, level, set_by, limit, bound.source, bound.strength
            )
        if span.least > (bound.hard.least if soft else 0):
            yield Side(
                figure, Rule.LEAST, span.least, level, set_by, limit, bound.source, bound.strength
            )


def _charged(side: Side) -> Side:
    """The same side, on what the shot can give instead of what it is asked to."""
    return Side(
        Figure.CHARGE,
        side.rule,
        side.bound,
        side.level,
        side.set_by,
        side.limit,
        side.source,
        side.strength,
    )


def _stated(figure: Figure, rule: Rule, bound: int, set_by: SetBy) -> Side:
    """A side that a maker states: device, needle, syringe. Always hard."""
    return Side(figure, rule, bound, Level.HARD, set_by, set_by.value, "", Strength.LABEL)


def _missing(figure: Figure, set_by: SetBy, limit: str) -> Side:
    return Side(figure, Rule.MISSING, 0, Level.HARD, set_by, limit, "", Strength.NONE)
