"""The line of keys at the foot of the screen."""

from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from typing_extensions import override

from injector.tui.keys import EVERYWHERE, STOP, Key
from injector.tui.speech import _
from injector.tui.widgets.face import lines

_GAP: Final = 1


class KeysLine(Widget):
    """A screen's keys, each with one word for what it does; as many rows as it takes."""

    def __init__(self, own: tuple[Key, ...], also: tuple[Key, ...] = EVERYWHERE) -> None:
        """``also`` are those that work beside a screen's own."""
        super().__init__()
        self._keys: Final = (STOP, *own, *(key for key in also if key is not STOP))

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(_rows(self._keys, width))

    @override
    def render(self) -> Content:
        return lines(
            [
                Content(" " * _GAP).join(
                    Content.assemble((f" {key.shown} ", "bold reverse"), f" {_(key.label)}")
                    for key in row
                )
                for row in _rows(self._keys, self.content_size.width)
            ]
        )


def _rows(keys: tuple[Key, ...], width: int) -> list[list[Key]]:
    """The keys in rows; a key and its word stay together."""
    rows: list[list[Key]] = [[]]
    used = 0
    for key in keys:
        cells = len(key.shown) + len(_(key.label)) + 3
        if rows[-1] and used + _GAP + cells > width:
            rows.append([])
            used = 0
        used += cells + (_GAP if rows[-1] else 0)
        rows[-1].append(key)
    return rows
