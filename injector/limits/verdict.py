"""The verdict: may this be done, and if not, why not.

A verdict is *allow*, *soft* (a practitioner can override it, with a reason, for
this session) or *refuse*. It names every limit that is passed, not only the first
one, and the most limiting first. It never alters a value: a gun that gives
something else than it was asked for is wrong even where it is safer.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias, TypedDict, assert_never

from injector.limits.bound import Strength
from injector.limits.context import Axis, Context, DeviceEnvelope
from injector.limits.envelope import applied
from injector.limits.exposure import setpoint_within_nl
from injector.limits.setpoint import Setpoint
from injector.limits.side import Figure, Level, Rule, SetBy, Side
from injector.units import MAX_AMOUNT

RULES_VERSION: Final = 1
"""Stands in every verdict that is logged; raised whenever the same question can get another
answer."""


class PassedLog(TypedDict):
    """A limit that was passed, as it stands in the shot log."""

    figure: str
    rule: str
    value: int
    bound: int
    level: str
    set_by: str
    limit: str
    source: str
    strength: str


class VerdictLog(TypedDict):
    """A verdict as it stands in the shot log."""

    rules: int
    outcome: str
    passed: list[PassedLog]


@dataclass(frozen=True, slots=True)
class Passed:
    """A limit that is passed: by what, whose it is, and what would pass."""

    figure: Figure
    value: int
    """What was asked for; for totals, what they would come to."""
    rule: Rule
    bound: int
    level: Level
    set_by: SetBy
    limit: str
    """Where the limit stands, as in `Side.limit`."""
    source: str
    strength: Strength
    would_pass: int | None
    """The nearest value that this limit lets pass and the device can do, or None if there is
    none. For a charge it is the setpoint's volume; for totals, the total."""
    subject: str = ""
    """What it is about, as in `Side.subject`. Not logged: ``limit`` names it, too."""

    def as_log(self) -> PassedLog:
        """For the shot log: integers and text only."""
        return {
            "figure": self.figure.value,
            "rule": self.rule.value,
            "value": self.value,
            "bound": self.bound,
            "level": self.level.value,
            "set_by": self.set_by.value,
            "limit": self.limit,
            "source": self.source,
            "strength": self.strength.value,
        }


@dataclass(frozen=True, slots=True)
class Allow:
    """Within every limit."""

    passed: tuple[()] = ()


@dataclass(frozen=True, slots=True)
class Soft:
    """Within every hard limit, beyond soft ones: needs a practitioner's override."""

    passed: tuple[Passed, ...]

    def __post_init__(self) -> None:
        if not self.passed or any(each.level is not Level.SOFT for each in self.passed):
            raise ValueError("a soft verdict names soft limits that are passed, and only these")


@dataclass(frozen=True, slots=True)
class Refuse:
    """Beyond a hard limit, or one is missing. Nobody can override it."""

    passed: tuple[Passed, ...]
    """Every limit that is passed, soft ones too; the first is hard."""

    def __post_init__(self) -> None:
        if all(each.level is not Level.HARD for each in self.passed):
            raise ValueError("a refusal names a hard limit that is passed")


Verdict: TypeAlias = Allow | Soft | Refuse


def judge(setpoint: Setpoint, context: Context) -> Verdict:
    """The verdict on ``context.planned_shots`` shots at ``setpoint``.

    The shots are counted on top of what the session has given. Where a bound is
    passed at its hard level, its soft level is not named beside it.
    """
    shots, most = context.planned_shots, Rule.MOST
    beyond = []
    for use, sides in applied(setpoint, context):
        value = use.of(shots)
        for side in sides:
            # What nearly all sides are is asked here, where asking costs least.
            if value > side.bound if side.rule is most else side.passed_by(value):
                beyond.append((side, value))  # noqa: PERF401 -- a comprehension is slower here
    if not beyond:
        return Allow()
    hard = {side.limit for side, _ in beyond if side.level is Level.HARD}
    passed = sorted(
        (
            _passed(side, value, context.device)
            for side, value in beyond
            if side.level is Level.HARD or side.limit not in hard
        ),
        key=_most_limiting,
    )
    return Refuse(tuple(passed)) if passed[0].level is Level.HARD else Soft(tuple(passed))


def _passed(side: Side, value: int, device: DeviceEnvelope) -> Passed:
    return Passed(
        side.figure,
        value,
        side.rule,
        side.bound,
        side.level,
        side.set_by,
        side.limit,
        side.source,
        side.strength,
        _would_pass(side, value, device),
        side.subject,
    )


def _would_pass(side: Side, value: int, device: DeviceEnvelope) -> int | None:
    axis = _axis(side.figure, device)
    least = max(axis.least, _least(side.figure))
    bound = side.bound
    if side.figure is Figure.CHARGE:
        bound = setpoint_within_nl(bound, device.tolerance_ppm)
    match side.rule:
        case Rule.MOST:
            nearest = min(bound, axis.most) // axis.step * axis.step
        case Rule.LEAST:
            nearest = _up(max(bound, least), axis.step)
        case Rule.STEP:  # down, since more is not what anybody asked for
            nearest = min(value, axis.most) // axis.step * axis.step
            if nearest < least:
                nearest = _up(least, axis.step)
        case Rule.MISSING | Rule.FORBIDDEN:
            return None
        case _:
            assert_never(side.rule)
    return nearest if least <= nearest <= axis.most else None


def _up(value: int, step: int) -> int:
    """The first multiple of ``step`` from ``value`` on."""
    return -(-value // step) * step


def _least(figure: Figure) -> int:
    """The least of a figure that can be asked for: no shot is without volume, flow or speed."""
    match figure:
        case Figure.VOLUME | Figure.CHARGE | Figure.FLOW | Figure.NEEDLE_SPEED | Figure.CADENCE:
            return 1
        case _:
            return 0


def _axis(figure: Figure, device: DeviceEnvelope) -> Axis:
    """What the device can do with a figure; anything with what is no figure of a setpoint."""
    match figure:
        case Figure.VOLUME | Figure.CHARGE:
            return device.volume_nl
        case Figure.DEPTH:
            return device.depth_um
        case Figure.FLOW:
            return device.flow_nl_s
        case Figure.NEEDLE_SPEED:
            return device.needle_um_s
        case Figure.CADENCE:
            return device.cadence_per_min
        case _:
            return Axis(0, MAX_AMOUNT)


def _most_limiting(passed: Passed) -> tuple[int, int, int, int]:
    """Missing limits first, then what is forbidden, then hard, then soft; within each, the
    furthest passed first."""
    rank = _RANKS.get(passed.rule, 2) if passed.level is Level.HARD else 3
    least = passed.rule is Rule.LEAST
    over, under = (passed.bound, passed.value) if least else (passed.value, passed.bound)
    how_far = _PPM if passed.rule is Rule.STEP else over * _PPM // max(under, 1)
    return rank, -how_far, _FIGURES.index(passed.figure), _SETTERS.index(passed.set_by)


_RANKS: Final = {Rule.MISSING: 0, Rule.FORBIDDEN: 1}
_PPM: Final = 1_000_000
_FIGURES: Final = list(Figure)
_SETTERS: Final = list(SetBy)


def as_log(verdict: Verdict) -> VerdictLog:
    """The verdict for the shot log, with the version of the rules that gave it."""
    match verdict:
        case Allow():
            outcome = "allow"
        case Soft():
            outcome = "soft"
        case Refuse():
            outcome = "refuse"
        case _:
            assert_never(verdict)
    return {
        "rules": RULES_VERSION,
        "outcome": outcome,
        "passed": [each.as_log() for each in verdict.passed],
    }
