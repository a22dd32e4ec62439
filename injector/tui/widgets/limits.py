"""The step at hand: its setpoint, and each limit that it lives under, as bars."""

from typing import Final, NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.control.snapshot import LimitView, SessionView, StepView
from injector.limits.side import Figure
from injector.tui.figures import Side, volume_ml
from injector.tui.limit_words import FIGURES
from injector.tui.look import View, step_at_hand, step_words
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
    (Figure.VOLUME, "volume"),
    (Figure.CHARGE, "vol+tol"),
    (Figure.DEPTH, "depth"),
    (Figure.FLOW, "flow"),
    (Figure.SESSION_VOLUME, "session"),
    (Figure.SESSION_SHOTS, "session"),
    (Figure.GROUP_VOLUME, "zones"),
    (Figure.GROUP_SHOTS, "zones"),
    (Figure.CADENCE, "cadence"),
    (Figure.NEEDLE_SPEED, "needle"),
)
"""In the order of what one looks at first: on a low screen the last ones are cut off."""
_NAME: Final = 8
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
            return Content.styled("No step at hand", "dim")
        rows = [
            Content.styled(f"Step {part.number} of {part.of}: {step_words(part.step)}", "bold"),
        ]
        if not part.limits:
            return lines([*rows, *_setpoint(part.step)])
        for figure, name in _ROWS:
            mine = [limit for limit in part.limits if limit.figure == figure.value]
            if mine:
                rows.append(_row(figure, name, mine, width))
        return lines(rows)


def _setpoint(step: StepView) -> list[Content]:
    held = step.setpoint
    rows = (
        ("volume", format_volume_nl(held.volume_nl)),
        ("depth", format_depth_um(held.depth_um)),
        ("flow", format_flow_nl_s(held.flow_nl_s)),
        ("needle", format_needle_um_s(held.needle_um_s)),
        ("cadence", format_cadence_per_min(held.cadence_per_min)),
        ("mode", held.mode if held.burst == 0 else f"{held.mode} of {held.burst}"),
    )
    return [
        *(Content(f"{name:<{_NAME}} {words}") for name, words in rows),
        Content.styled("The limits show when the step is armed", "dim"),
    ]


def tightest(limits: list[LimitView], level: str) -> LimitView | None:
    """The lowest bound of that level."""
    return min((each for each in limits if each.level == level), key=_bound, default=None)


def _bound(limit: LimitView) -> int:
    return limit.bound


def _row(figure: Figure, name: str, limits: list[LimitView], width: int) -> Content:
    form = FIGURES[figure][1]
    hard, soft = tightest(limits, "hard"), tightest(limits, "soft")
    full = hard or soft
    if full is None:
        return Content("")
    value = limits[0].value
    mark = soft.bound if soft is not None and soft is not full else None
    cells = max(_BAR[0], min(_BAR[1], width // 5 - 3))
    room = width - _NAME - _VALUE - cells - 2
    said = next((words for words in _said(figure, value, full, soft) if len(words) <= room), "")
    drawn = bar(value, full.bound, cells, mark)
    over = mark is not None and value > mark
    style = "$bar-over" if over or value >= full.bound else "$bar"
    shown = _short(figure, value, Side.UP) if figure in TOTALS else form(value)
    unit = "" if figure not in TOTALS else " mL" if figure in VOLUMES else " shots"
    start = f"{name:<{_NAME}}{shown + unit:>{_VALUE}} "
    return Content.assemble(start, (drawn, style), "!" if over else " ", said)


def _said(
    figure: Figure, value: int, full: LimitView, soft: LimitView | None
) -> tuple[str, str, str]:
    """What stands behind a bar, from the whole of it to the least."""
    most = _number(figure, full.bound)
    also = "" if soft is None or soft is full else f", soft {_number(figure, soft.bound)}"
    also += "" if soft is None or soft is full else f" {soft.set_by}"
    who = f"{full.set_by} (soft)" if full is soft else full.set_by
    if figure in TOTALS:
        left = f"{_short(figure, full.bound - value, Side.DOWN)} left"
        return f"{left} of {most} {who}{also}", f"{left} of {most}", left
    return f"of {most} {who}{also}", f"of {most} {who}", f"/{most}"


def _number(figure: Figure, amount: int) -> str:
    """An amount without its unit: that stands before the bar."""
    return FIGURES[figure][1](amount).partition(" ")[0].removesuffix("/min")


def _short(figure: Figure, amount: int, side: Side) -> str:
    """An amount that changes shot by shot, with as many digits each time."""
    amount = max(0, amount)
    return volume_ml(amount, side) if figure in VOLUMES else str(amount)


def limit_lines(session: SessionView) -> list[str]:
    """Every limit in words, with its source: for those who want all of them."""
    rows = []
    for each in session.limits:
        figure = Figure(each.figure)
        name, form = FIGURES[figure]
        words = (
            f"{name}: {form(each.value)} of {form(each.bound)}, {each.level}, set by {each.set_by}"
        )
        if figure in TOTALS:
            words += f", {form(max(0, each.bound - each.value))} left"
        rows.append(words + (f"\n    {each.source}" if each.source else ""))
    return rows
