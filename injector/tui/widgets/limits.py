"""The step at hand: its setpoint, and each limit that it lives under, as bars."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.control.snapshot import LimitView, SessionView, StepView
from injector.limits.side import Figure, Level, SetBy
from injector.tui.figures import Side, volume_ml
from injector.tui.limit_words import LEVELS, SETTERS, amount_words, figure_words
from injector.tui.look import View, step_at_hand, step_words
from injector.tui.speech import _, mark, number
from injector.tui.widgets.face import Face, bar, lines
from injector.units import (
    format_cadence_per_min,
    format_depth_um,
    format_flow_nl_s,
    format_needle_um_s,
    format_volume_nl,
)

TOTALS: Final = frozenset(
    {
        Figure.SESSION_SHOTS,
        Figure.SESSION_VOLUME,
        Figure.GROUP_SHOTS,
        Figure.GROUP_VOLUME,
    }
)
"""Figures that are used up shot by shot; the others are the setpoint's own."""
VOLUMES: Final = frozenset({Figure.SESSION_VOLUME, Figure.GROUP_VOLUME})
_ROWS: Final = (
    (Figure.VOLUME, mark("volume")),
    (Figure.CHARGE, mark("vol+tol")),
    (Figure.DEPTH, mark("depth")),
    (Figure.FLOW, mark("flow")),
    (Figure.SESSION_VOLUME, mark("session")),
    (Figure.SESSION_SHOTS, mark("session")),
    (Figure.GROUP_VOLUME, mark("zones")),
    (Figure.GROUP_SHOTS, mark("zones")),
    (Figure.CADENCE, mark("cadence")),
    (Figure.NEEDLE_SPEED, mark("needle")),
)
"""In the order of what one looks at first: on a low screen the last ones are cut off."""
MODES: Final[Mapping[str, str]] = {
    "single": mark("single"),
    "repeat": mark("repeat"),
    "burst": mark("burst"),
    "perfusion": mark("perfusion"),
}
"""What one pull of the trigger does, by the plan's name for it."""
_VALUE: Final = 9
_BAR: Final = (4, 30)
"""A bar is at least and at most so wide."""


class _Part(NamedTuple):
    number: int
    of: int
    step: StepView | None
    limits: tuple[LimitView, ...]


class Limits(Face[_Part]):
    """One row per figure, with the tightest hard limit, the tightest soft one as a tick."""

    @override
    def pick(self, view: View) -> _Part:
        session = view.state.session
        number = None if session is None else step_at_hand(session)
        if session is None or number is None:
            return _Part(0, 0, None, ())
        return _Part(number + 1, len(session.steps), session.steps[number], session.limits)

    @override
    def paint(self, part: _Part, width: int) -> Content:
        if part.step is None:
            return Content.styled(_("No step at hand"), "dim")
        rows = [
            Content.styled(
                _("Step {number} of {steps}: {step}").format(
                    number=part.number, steps=part.of, step=step_words(part.step)
                ),
                "bold",
            ),
        ]
        if not part.limits:
            return lines([*rows, *_setpoint(part.step)])
        for figure, name in _ROWS:
            mine = [limit for limit in part.limits if limit.figure == figure.value]
            if mine:
                rows.append(_row(figure, _(name), mine, width))
        return lines(rows)


def _setpoint(step: StepView) -> list[Content]:
    held = step.setpoint
    mode = _(MODES.get(held.mode, held.mode))
    if held.burst:
        mode = _("{mode} of {count}").format(mode=mode, count=held.burst)
    rows = (
        (_("volume"), number(format_volume_nl(held.volume_nl))),
        (_("depth"), number(format_depth_um(held.depth_um))),
        (_("flow"), number(format_flow_nl_s(held.flow_nl_s))),
        (_("needle"), number(format_needle_um_s(held.needle_um_s))),
        (_("cadence"), number(format_cadence_per_min(held.cadence_per_min))),
        (_("mode"), mode),
    )
    cells = _name_cells()
    return [
        *(Content(f"{name:<{cells}} {words}") for name, words in rows),
        Content.styled(_("The limits show when the step is armed"), "dim"),
    ]


def setter_words(set_by: str) -> str:
    """Who set a limit."""
    return _(SETTERS[SetBy(set_by)])


def _name_cells() -> int:
    """How wide the column of names is, in the language in use."""
    return 1 + max(len(_(name)) for _figure, name in _ROWS)


def tightest(limits: list[LimitView], level: str) -> LimitView | None:
    """The lowest bound of that level."""
    return min((each for each in limits if each.level == level), key=_bound, default=None)


def _bound(limit: LimitView) -> int:
    return limit.bound


def _row(figure: Figure, name: str, limits: list[LimitView], width: int) -> Content:
    hard, soft = tightest(limits, "hard"), tightest(limits, "soft")
    full = hard or soft
    if full is None:
        return Content("")
    value = limits[0].value
    mark = soft.bound if soft is not None and soft is not full else None
    cells = max(_BAR[0], min(_BAR[1], width // 5 - 3))
    named = _name_cells()
    room = width - named - _VALUE - cells - 2
    said = next((words for words in _said(figure, value, full, soft) if len(words) <= room), "")
    drawn = bar(value, full.bound, cells, mark)
    over = mark is not None and value > mark
    style = "$bar-over" if over or value >= full.bound else "$bar"
    shown = _short(figure, value, Side.UP) if figure in TOTALS else amount_words(figure, value)
    unit = "" if figure not in TOTALS else " mL" if figure in VOLUMES else " " + _("shots")
    start = f"{name:<{named}}{shown + unit:>{_VALUE}} "
    return Content.assemble(start, (drawn, style), "!" if over else " ", said)


def _said(
    figure: Figure, value: int, full: LimitView, soft: LimitView | None
) -> tuple[str, str, str]:
    """What stands behind a bar, from the whole of it to the least."""
    most = _number(figure, full.bound)
    also = ""
    if soft is not None and soft is not full:
        bound = _number(figure, soft.bound)
        also = _(", soft {bound} {who}").format(bound=bound, who=setter_words(soft.set_by))
    who = setter_words(full.set_by)
    who = _("{who} (soft)").format(who=who) if full is soft else who
    if figure in TOTALS:
        amount = _short(figure, full.bound - value, Side.DOWN)
        left = _("{amount} left").format(amount=amount)
        of = _("{amount} left of {most}").format(amount=amount, most=most)
        return f"{of} {who}{also}", of, left
    of = _("of {most}").format(most=most)
    return f"{of} {who}{also}", f"{of} {who}", f"/{most}"


def _number(figure: Figure, amount: int) -> str:
    """An amount without its unit: that stands before the bar."""
    return amount_words(figure, amount).partition(" ")[0].removesuffix("/min")


def _short(figure: Figure, amount: int, side: Side) -> str:
    """An amount that changes shot by shot, with as many digits each time."""
    amount = max(0, amount)
    return number(volume_ml(amount, side)) if figure in VOLUMES else str(amount)


def limit_lines(session: SessionView) -> list[str]:
    """Every limit in words, with its source: for those who want all of them."""
    rows = []
    for each in session.limits:
        figure = Figure(each.figure)
        words = _("{figure}: {value} of {bound}, {level}, set by {who}").format(
            figure=figure_words(figure, ""),
            value=amount_words(figure, each.value),
            bound=amount_words(figure, each.bound),
            level=_(LEVELS[Level(each.level)]),
            who=setter_words(each.set_by),
        )
        if figure in TOTALS:
            left = amount_words(figure, max(0, each.bound - each.value))
            words += _(", {amount} left").format(amount=left)
        rows.append(words + (f"\n    {_(each.source)}" if each.source else ""))
    return rows
