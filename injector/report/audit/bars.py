"""Bars as inline SVG: no script, one colour, every figure written beside its bar."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from injector.report.visible import visible


class BarOf(NamedTuple):
    """One bar."""

    label: str
    value: int
    """0 or more; how long it is."""
    text: str
    """The figure, as people read it."""


_ROW: Final = 22
_LABELS: Final = 260
_LENGTH: Final = 420
_WIDTH: Final = 860
_LONGEST: Final = 36
"""Characters of a label."""


def bars(title: str, of: Sequence[BarOf]) -> str:
    """Return an SVG element with a bar for each, in their order."""
    most = max((each.value for each in of), default=0)
    height = _ROW * max(1, len(of)) + 4
    lines = [
        (
            f'<svg class="bars" role="img" xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" aria-label={quoteattr(title)}>'
        )
    ]
    if not of:
        lines.append(f'<text x="0" y="{_ROW - 6}">nothing recorded</text>')
    for number, each in enumerate(of):
        top = number * _ROW + 2
        length = each.value * _LENGTH // most if most else 0
        label = visible(each.label)
        shown = label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"
        lines += [
            f'<text x="{_LABELS - 8}" y="{top + 15}" text-anchor="end">{escape(shown)}</text>',
            f'<rect x="{_LABELS}" y="{top}" width="{max(1, length)}" height="{_ROW - 5}"/>',
            f'<text x="{_LABELS + length + 8}" y="{top + 15}">{escape(each.text)}</text>',
        ]
    return "\n".join((*lines, "</svg>"))
