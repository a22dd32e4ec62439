"""The line of keys at the foot of the screen."""

from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from typing_extensions import override

from injector.tui.keys import EVERYWHERE, STOP, Key
from injector.tui.widgets.face import lines

_GAP: Final = 1
_TALL: Final = 24
"""A screen so high has three rows for keys, a lower one two; the help has all of them."""


class KeysLine(Widget):
    """A screen's keys, each with one word for what it does; as many as there is room for.

    The last one in sight is always the help, which has every one of them.
    """

    def __init__(self, own: tuple[Key, ...], also: tuple[Key, ...] = EVERYWHERE) -> None:
        """``also`` are those that work beside a screen's own."""
        super().__init__()
        self._most = 3
        self._keys: Final = in_order(own, also)

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._most = 3 if viewport.height >= _TALL else 2
        return len(_rows(self._keys, width, self._most))

    @override
    def render(self) -> Content:
        return lines(
            [
                Content(" " * _GAP).join(
                    Content.assemble((f" {key.shown} ", "bold reverse"), f" {key.word}")
                    for key in row
                )
                for row in _rows(self._keys, self.content_size.width, self._most)
            ]
        )


def in_order(own: tuple[Key, ...], also: tuple[Key, ...] = EVERYWHERE) -> tuple[Key, ...]:
    """STOP, a screen's own, those that work beside them; and the help at the end."""
    others = tuple(key for key in also if key is not STOP)
    ends = tuple(key for key in others if key.action == "help")
    return (STOP, *own, *(key for key in others if key not in ends), *ends)


def _rows(keys: tuple[Key, ...], width: int, most: int) -> list[list[Key]]:
    """The keys in rows; a key and its word stay together, and the last key is never left out."""
    *others, last = keys
    rows: list[list[Key]] = [[]]
    used = 0
    for number, key in enumerate(others):
        rest = sum(_GAP + _cells(each) for each in keys[number:])
        full = used + _GAP + _cells(key) > width
        if len(rows) == most and used + rest > width:
            # The rest will not fit: the last key needs its place.
            full = used + 2 * _GAP + _cells(key) + _cells(last) > width
            if full:
                break
        if rows[-1] and full:
            rows.append([])
            used = 0
        used += _cells(key) + (_GAP if rows[-1] else 0)
        rows[-1].append(key)
    if rows[-1] and used + _GAP + _cells(last) > width:
        rows.append([])
    rows[-1].append(last)
    return rows


def _cells(key: Key) -> int:
    return len(key.shown) + len(key.word) + 3
