"""The line of keys at the foot of the screen."""

from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from typing_extensions import override

from injector.tui.keys import KEYS, Key
from injector.tui.widgets.face import lines

_GAP: Final = 1


class KeysLine(Widget):
    """Every key with one word for what it does; as many rows as it takes."""

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(_rows(width))

    @override
    def render(self) -> Content:
        return lines(
            [
                Content(" " * _GAP).join(
                    Content.assemble((f" {key.shown} ", "bold reverse"), f" {key.label}")
                    for key in row
                )
                for row in _rows(self.content_size.width)
            ]
        )


def _rows(width: int) -> list[list[Key]]:
    """The keys in rows; a key and its word stay together."""
    rows: list[list[Key]] = [[]]
    used = 0
    for key in KEYS:
        cells = len(key.shown) + len(key.label) + 3
        if rows[-1] and used + _GAP + cells > width:
            rows.append([])
            used = 0
        used += cells + (_GAP if rows[-1] else 0)
        rows[-1].append(key)
    return rows
