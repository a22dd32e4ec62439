"""Depth, volume and pressure of the last shots as lines of little bars: what moves, at a glance."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from textual.content import Content
from textual.geometry import Size
from typing_extensions import override

from injector.tui.figures import depth_mm, pressure_kpa, volume_ml
from injector.tui.look import View
from injector.tui.speech import _, number
from injector.tui.widgets.face import Face, lines

_BARS: Final = "▁▂▃▄▅▆▇█"
_ROOMY: Final = 30
"""A screen so high has a row for each; a lower one has all three on one."""
_NAME: Final = 9
_NEWEST: Final = 12
_MOST: Final = 60
_LEAST_SPAN: Final = 5
"""A spread of less than a fifth of the value fills no more than its part of the height, so
that the noise of a good drive does not look like a mountain range."""


class _Part(NamedTuple):
    volumes_nl: tuple[int, ...]
    depths_um: tuple[int, ...]
    pressures_pa: tuple[int, ...]


class Sparks(Face[_Part]):
    """Only what was measured: an uncertain shot has no bar."""

    @override
    def pick(self, view: View) -> _Part:
        shots = [shot for shot in view.state.shots if shot.kind == "shot"]
        return _Part(
            tuple(shot.volume_nl for shot in shots),
            tuple(shot.depth_um for shot in shots),
            tuple(shot.pressure_pa for shot in shots),
        )

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 3 if viewport.height >= _ROOMY else 1

    @override
    def paint(self, part: _Part, width: int) -> Content:
        depths, volumes, pressures = part.depths_um, part.volumes_nl, part.pressures_pa
        rows = (
            (_("depth"), depths, f"{depth_mm(depths[-1])} mm" if depths else ""),
            (_("volume"), volumes, f"{volume_ml(volumes[-1], decimals=4)} mL" if volumes else ""),
            (_("pressure"), pressures, f"{pressure_kpa(pressures[-1])} kPa" if pressures else ""),
        )
        if self.content_size.height >= len(rows):
            widest = max(_NAME, *(len(name) + 1 for name, _values, _newest in rows))
            return lines(
                [_row(f"{name:<{widest}}", values, newest, width) for name, values, newest in rows]
            )
        cells = width // len(rows)
        return Content("").join(
            [_row(f"{name} ", values, "", cells) for name, values, _newest in rows]
        )


def _row(head: str, values: Sequence[int], newest: str, width: int) -> Content:
    """One line: what it is, its bars, and the newest one as a figure where there is room."""
    room = max(2, min(_MOST, width - len(head) - (_NEWEST if newest else 1)))
    return Content.assemble(head, (f"{spark(values, room):<{room}} ", "$bar"), number(newest))


def spark(values: Sequence[int], room: int) -> str:
    """The newest ``room`` values as bars, the newest last.

    >>> spark([10, 20, 30, 40], 3), spark([100, 101, 100], 8), spark([], 5)
    ('▁▅█', '▄▅▄', '')
    """
    shown = values[-room:]
    if not shown:
        return ""
    least, most = min(shown), max(shown)
    span = max(most - least, (abs(most) + abs(least)) // 2 // _LEAST_SPAN, 1)
    low = (least + most - span) / 2
    top = len(_BARS) - 1
    return "".join(_BARS[max(0, min(top, round((value - low) * top / span)))] for value in shown)
