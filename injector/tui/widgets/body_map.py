"""A body to point at: front and back, each zone a region, and the list of all beside it.

The map knows the zones of the shipped library. A library's own zone that it does not know
is in the list alone, and so are all of them where there is no room for a figure.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from typing_extensions import override

from injector.tui.limit_words import code_words
from injector.tui.speech import _
from injector.tui.widgets.face import lines

_REGIONS: Final[Mapping[str, str]] = {
    "s": "scalp",
    "f": "face",
    "n": "neck",
    "c": "chest",
    "b": "back",
    "a": "abdomen",
    "h": "shoulder",
    "e": "elbow",
    "w": "wrist_and_hand",
    "p": "hip",
    "k": "knee",
    "t": "ankle_and_foot",
    "l": "limbs",
}
_FRONT: Final = (
    "     sssss     ",
    "     fffff     ",
    "     fffff     ",
    "      nnn      ",
    "  hhhccccchhh  ",
    "  llcccccccll  ",
    "  ll ccccc ll  ",
    "  ee aaaaa ee  ",
    "  ll aaaaa ll  ",
    "  ww ppppp ww  ",
    "     pp pp     ",
    "     ll ll     ",
    "     kk kk     ",
    "     ll ll     ",
    "    ttt ttt    ",
)
_BACK: Final = (
    "     sssss     ",
    "     sssss     ",
    "     sssss     ",
    "      nnn      ",
    "  hhhbbbbbhhh  ",
    "  llbbbbbbbll  ",
    "  ll bbbbb ll  ",
    "  ee bbbbb ee  ",
    "  ll bbbbb ll  ",
    "  ww ppppp ww  ",
    "     pp pp     ",
    "     ll ll     ",
    "     kk kk     ",
    "     ll ll     ",
    "    ttt ttt    ",
)
_SHADES: Final[Mapping[str, str]] = dict.fromkeys("sncelkap", "░") | dict.fromkeys("fhbwt", "▒")
"""Two shades, so that a zone's edge is seen without a colour."""
_GAP: Final = 2
_FIGURE: Final = 2 * len(_FRONT[0]) + _GAP
_LIST: Final = 24
"""A list beside the figure is at least so wide."""
_LETTERS: Final = "abcefghijklmnoprstuvwxyz"
"""Keys for zones. Without ``d``, which disarms, and ``q``."""


class _Place(NamedTuple):
    column: int
    row: int


class BodyMap(Widget, can_focus=True):
    """Chooses a zone: arrows, or its letter, then Enter; or a click on it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,left", "move(-1)", show=False),
        Binding("down,right", "move(1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class ZoneChosen(Message):
        """That is the zone."""

        def __init__(self, zone: str) -> None:
            super().__init__()
            self.zone = zone

    def __init__(self, zones: Sequence[str], at: str | None = None) -> None:
        super().__init__()
        self._zones = tuple(zones)
        self._at = self._zones.index(at) if at in self._zones else 0

    @property
    def zone(self) -> str | None:
        """The one that is marked."""
        return self._zones[self._at] if self._zones else None

    def action_move(self, by: int) -> None:
        """Mark another one."""
        if self._zones:
            self._at = (self._at + by) % len(self._zones)
            self.refresh()

    def action_choose(self) -> None:
        """Choose the one that is marked."""
        if self.zone is not None:
            self.post_message(self.ZoneChosen(self.zone))

    def on_key(self, event: events.Key) -> None:
        """A letter marks its zone."""
        at = _LETTERS.find(event.key) if len(event.key) == 1 else -1
        if 0 <= at < len(self._zones):
            event.stop()
            self._at = at
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click on a zone chooses it."""
        self.focus()
        hit = self._hit(_Place(event.x, event.y))
        if hit is not None:
            self._at = hit
            self.refresh()
            self.action_choose()

    # -- drawing -----------------------------------------------------------------------

    @property
    def _with_figure(self) -> bool:
        size = self.content_size
        return size.width >= _FIGURE + _GAP + _LIST and size.height > len(_FRONT)

    @override
    def render(self) -> Content:
        if not self._zones:
            return Content(_("The library has no zones."))
        height = max(1, self.content_size.height)
        listed = [self._listed(at) for at in self._window(height)]
        if not self._with_figure:
            return lines(listed)
        front, back = _("front").center(len(_FRONT[0])), _("back").center(len(_BACK[0]))
        figure = [
            *(self._row(front, back) for front, back in zip(_FRONT, _BACK, strict=True)),
            Content.styled(front + " " * _GAP + back, "dim"),
        ]
        blank = Content(" " * _FIGURE)
        rows = []
        for number in range(max(len(figure), len(listed))):
            left = figure[number] if number < len(figure) else blank
            right = listed[number] if number < len(listed) else Content("")
            rows.append(Content.assemble(left, " " * _GAP, right))
        return lines(rows)

    def _window(self, height: int) -> range:
        """As much of the list as there is room for, the marked one in it."""
        first = max(0, min(self._at - height // 2, len(self._zones) - height))
        return range(first, min(len(self._zones), first + height))

    def _listed(self, at: int) -> Content:
        letter = _LETTERS[at] if at < len(_LETTERS) else " "
        here = at == self._at
        words = f"{'▸' if here else ' '} {code_words(self._zones[at])}"
        return Content.assemble(
            (f" {letter} ", "bold reverse"), (words, "bold reverse" if here else "")
        )

    def _row(self, front: str, back: str) -> Content:
        cells = (front + " " * _GAP + back).rstrip().ljust(_FIGURE)
        parts: list[tuple[str, str]] = []
        for cell in cells:
            zone = _REGIONS.get(cell)
            if zone is None:
                parts.append((cell, ""))
            elif zone == self.zone:
                parts.append(("█", "bold $bar-over"))
            else:
                parts.append((_SHADES[cell], "" if zone in self._zones else "dim"))
        return Content.assemble(*parts)

    def _hit(self, place: _Place) -> int | None:
        """Which zone is there, by its place in the list; None for none."""
        if not self._zones:
            return None
        if self._with_figure and place.column < _FIGURE + _GAP:
            drawn = "" if place.row >= len(_FRONT) else self._cells(place.row)
            zone = _REGIONS.get(drawn[place.column]) if place.column < len(drawn) else None
            return self._zones.index(zone) if zone in self._zones else None
        window = self._window(max(1, self.content_size.height))
        return window[place.row] if 0 <= place.row < len(window) else None

    @staticmethod
    def _cells(row: int) -> str:
        return _FRONT[row] + " " * _GAP + _BACK[row]
