"""Charts as SVG that stands in a page: drawn by pygal, without its scripts.

Colours are Okabe and Ito's, which the colour-blind tell apart; shapes tell the same things
apart where there is no colour: a dot is a whole shot, a triangle one that ended early, a
square one whose outcome is unknown. What was set is a line.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import Element

import pygal
from markupsafe import Markup
from pygal.style import Style

# It leaves a finder of modules behind, for maps that we have not; of an old kind, so that Python
# would warn at every import after it.
sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != pygal.__name__]

BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
BLACK: Final = "#000000"
_STYLE: Final = Style(
    background="white", plot_background="white", foreground="#222222",
    foreground_strong="#000000", foreground_subtle="#555555", opacity="1", opacity_hover="1",
    guide_stroke_color="#cccccc", major_guide_stroke_color="#999999", guide_stroke_dasharray="2,3",
    font_family="sans-serif", label_font_size=15, major_label_font_size=15, title_font_size=16,
    legend_font_size=14, colors=(BLACK, BLUE, VERMILION, ORANGE),
)  # fmt: skip
OUTCOMES: Final = ("complete", "partial", "uncertain")
"""Of a shot, in the order of the series after the first."""
_OUTLINE: Final = "stroke:#000000;stroke-width:1.2"
"""Of what is no whole shot, so that it is seen among many dots without a colour, too."""
_PER_UNIT: Final = 1000
"""Amounts are shown in thousands: microlitres of nanolitres, millimetres of micrometres."""
_FEW, _FEW_SIZE, _MANY_SIZE = 100, 5, 2.2
"""The size of a dot, for so many shots and for more."""
_SHAPES: Final = (None, "dot", "triangle", "square")
"""Of each series: what was set, whole, ended early, unknown."""


@dataclass(frozen=True, slots=True)
class Point:
    """One shot in a chart."""

    number: int
    """Its number in the session, from 1."""
    set: int | None
    measured: int | None
    """For an uncertain one, what it counts as."""
    outcome: str


def shots_chart(
    name: str, title: str, points: Sequence[Point], number: Callable[[str], str]
) -> Markup:
    """Draw what was measured of every shot beside what was set, in thousands of its unit.

    ``name`` tells the chart from others in a page; ``number`` writes an amount with a decimal
    point as a language does. The page says what the shapes mean.
    """
    size = _FEW_SIZE if len(points) <= _FEW else _MANY_SIZE
    chart = pygal.XY(
        _config(number, height=300, title=title, show_legend=False, dots_size=size), style=_STYLE
    )
    chart.uuid = name
    amounts = [
        each / _PER_UNIT for point in points for each in (point.set, point.measured)
        if each is not None
    ]  # fmt: skip
    if amounts:
        least, most = min(amounts), max(amounts)
        room = (most - least) / 12 or most / 12 or 1
        chart.range = (max(0, least - room), most + room)
        chart.xrange = (0, len(points) + 1)
    chart.add("", _steps(points), stroke=True, show_dots=False, stroke_style={"width": 1.5})
    for outcome in OUTCOMES:
        values = [
            (each.number, each.measured / _PER_UNIT)
            for each in points
            if each.outcome == outcome and each.measured is not None
        ]
        chart.add("", values, stroke=False)
    return _svg(chart)


def columns_chart(
    name: str,
    title: str,
    columns: Sequence[tuple[str, int]],
    number: Callable[[str], str],
    per_unit: int = 1,
) -> Markup:
    """Draw one column for each label and amount, in units of ``per_unit``."""
    chart = pygal.Bar(
        _config(
            number,
            height=260,
            title=title,
            show_legend=False,
            truncate_label=14,
            show_minor_y_labels=False,
        ),
        style=_STYLE,
    )
    chart.uuid = name
    chart.x_labels = [label for label, _ in columns]
    chart.add("", [{"value": each / per_unit, "color": BLUE} for _, each in columns])
    return _svg(chart)


def _config(number: Callable[[str], str], **settings: object) -> Any:
    def written(value: float) -> str:
        return number(f"{value:.6g}")

    return pygal.Config(
        js=[],
        disable_xml_declaration=True,
        pretty_print=False,
        width=1000,
        margin=6,
        print_values=False,
        no_data_text="-",
        value_formatter=written,
        x_value_formatter=written,
        **settings,
    )


def _steps(points: Sequence[Point]) -> list[tuple[int, float] | None]:
    """A line through what was set, with a corner wherever that changes."""
    line: list[tuple[int, float] | None] = []
    set_before: int | None = None
    for at, each in enumerate(points):
        if at == 0 or set_before != each.set:
            if set_before is not None:
                line.append((points[at - 1].number, set_before / _PER_UNIT))
            line.append(None)
            if each.set is not None:
                line.append((each.number, each.set / _PER_UNIT))
        set_before = each.set
    if set_before is not None:
        line.append((points[-1].number, set_before / _PER_UNIT))
    return line


def _svg(chart: Any) -> Markup:
    chart.add_xml_filter(_cleaned)
    return Markup(chart.render(is_unicode=True))  # noqa: S704 -- made by the library, which escapes


def _cleaned(root: Element) -> Element:
    """Take out what a still picture needs not, and give each series its shape."""
    for parent in list(root.iter()):
        for child in list(parent):
            tag: object = child.tag  # a comment's is no text, whatever its type says
            if not isinstance(tag, str) or tag in {"script", "desc"}:
                parent.remove(child)
    for series, shape in enumerate(_SHAPES):
        if shape in {"triangle", "square"}:
            for group in root.iter("g"):
                if f"serie-{series} " in group.get("class", ""):
                    _reshape(group, shape)
    return root


def _reshape(group: Element, shape: str) -> None:
    for parent in list(group.iter()):
        for child in list(parent):
            if child.tag == "circle":
                x, y = float(child.get("cx", "0")), float(child.get("cy", "0"))
                at = list(parent).index(child)
                parent.remove(child)
                drawn = Element(
                    "path", {"class": "dot", "d": _path(shape, x, y), "style": _OUTLINE}
                )
                parent.insert(at, drawn)


def _path(shape: str, x: float, y: float) -> str:
    if shape == "triangle":
        return f"M{x:.1f} {y - 6:.1f}l6 11h-12z"
    return f"M{x - 5:.1f} {y - 5:.1f}h10v10h-10z"
