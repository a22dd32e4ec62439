"""A list of any length: what is in sight is read and drawn, and nothing else.

Theory
------
The list knows how many rows there are and keeps the few pages around those in sight. A
row that is not there yet is drawn as a dot and fetched; whoever scrolls faster than rows
come gets those where they stop, not all on the way. A row that was drawn is kept as a
strip. So the cost of a list is that of the screen, not that of the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple, Protocol

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from typing_extensions import override

from injector.tui.plain import printable

PAGE: Final = 64
"""Rows that are read together."""
_PAGES: Final = 12
"""Pages that are kept."""
_STRIPS: Final = 512


class Column(NamedTuple):
    """One column of a list."""

    title: str
    width: int
    """In cells; the last column that shows takes what is left."""
    right: bool = False
    """Aligned on the right."""
    least: int = 0
    """It shows only where the list is at least so wide."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list."""

    cells: tuple[str, ...]
    """One for each column."""
    marked: bool = False
    """It calls for a look; a sign of its own goes before it, so that no colour is needed."""


class Rows(Protocol):
    """What a list shows."""

    def count(self) -> int:
        """How many rows there are; known at once and never changing."""

    async def read(self, first: int, count: int) -> Sequence[Line]:
        """Those rows, from 0; as many as there are."""


class NoRows:
    """An empty list."""

    def count(self) -> int:
        """None."""
        return 0

    async def read(self, first: int, count: int) -> Sequence[Line]:  # noqa: ARG002 -- as Rows
        """None."""
        return ()


class LongList(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows rows under a head. Arrow keys and the mouse move a cursor, Enter chooses."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "long-list--head",
        "long-list--cursor",
        "long-list--marked",
    }
    DEFAULT_CSS = """
    LongList {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .long-list--head { text-style: bold underline; }
        & > .long-list--cursor { text-style: reverse; }
        & > .long-list--marked { color: $notice-medium; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
        Binding("enter", "choose", show=False),
    ]

    cursor = reactive(0, repaint=False)
    """The row that is pointed at."""

    class Chosen(Message):
        """Somebody wants to see more of a row."""

        def __init__(self, source: "LongList", row: int) -> None:
            super().__init__()
            self.source, self.row = source, row

        @property
        def control(self) -> "LongList":
            """The list."""
            return self.source

    def __init__(self, columns: tuple[Column, ...], *, empty: str, id: str | None = None) -> None:  # noqa: A002 -- as Textual names it
        super().__init__(id=id)
        self._columns = columns
        self._empty = empty
        self._rows: Rows = NoRows()
        self._count = 0
        self._generation = 0
        self._pages: dict[int, Sequence[Line]] = {}
        self._strips: dict[tuple[int, bool, int], Strip] = {}
        self._fetching = False

    @property
    def rows(self) -> Rows:
        """What is shown."""
        return self._rows

    def set_rows(self, rows: Rows, *, cursor: int | None = None) -> None:
        """Show these rows; the cursor stays where it is unless told where to go."""
        self._rows, self._count = rows, rows.count()
        self._generation += 1
        self._pages.clear()
        self._strips.clear()
        self.virtual_size = Size(0, self._count + 1)
        self.cursor = self.cursor if cursor is None else cursor
        self._keep_in_sight()
        self.refresh()

    def validate_cursor(self, row: int) -> int:
        """The cursor is on a row."""
        return max(0, min(row, self._count - 1))

    def watch_cursor(self) -> None:
        """Draw the cursor where it is now."""
        self._keep_in_sight()
        self.refresh()

    # -- what people do ------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Move the cursor by as many rows as are in sight."""
        self.cursor += by * max(1, self._in_sight - 1)

    def action_first(self) -> None:
        """To the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """To the last row."""
        self.cursor = self._count - 1

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self._count:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one on the same row chooses it."""
        row = round(self.scroll_offset.y) + event.y - 1
        if event.y < 1 or row >= self._count:
            return
        if row == self.cursor and event.chain > 1:
            self.action_choose()
        self.cursor = row

    def on_resize(self) -> None:
        """Rows are as wide as the list."""
        self._strips.clear()
        self._keep_in_sight()

    # -- drawing -------------------------------------------------------------------------

    @override
    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y == 0:
            style = self.get_component_rich_style("long-list--head")
            titles = tuple(column.title for column in self._columns)
            return self._strip(titles, " ", width, style)
        row = self.scroll_offset.y + y - 1
        if row >= self._count:
            text = f"  {self._empty}" if y == 1 and not self._count else ""
            return Strip([Segment(set_cell_size(text, width), self.rich_style)], width)
        at = row == self.cursor
        strip = self._strips.get((row, at, width))
        if strip is None:
            line = self._line(row)
            if line is None:
                return Strip([Segment(set_cell_size("  ·", width), self.rich_style)], width)
            strip = self._draw(line, width, at=at)
            if len(self._strips) >= _STRIPS:
                self._strips.clear()
            self._strips[row, at, width] = strip
        return strip

    def _draw(self, line: Line, width: int, *, at: bool) -> Strip:
        style = self.rich_style
        if line.marked:
            style += self.get_component_rich_style("long-list--marked", partial=True)
        if at:
            style += self.get_component_rich_style("long-list--cursor", partial=True)
        sign = "▸" if at else "!" if line.marked else " "
        return self._strip(line.cells, sign, width, style)

    def _strip(self, cells: tuple[str, ...], sign: str, width: int, style: Style) -> Strip:
        shown = [
            (column, cell)
            for column, cell in zip(self._columns, cells, strict=True)
            if width >= column.least
        ]
        text = sign
        for number, (column, cell) in enumerate(shown, start=1):
            room = column.width
            if number == len(shown):
                room = max(room, width - cell_len(text) - 1)
            text += f" {_fitted(printable(cell), room, right=column.right)}"
        return Strip([Segment(set_cell_size(text, width), style)], width)

    # -- reading -------------------------------------------------------------------------

    @property
    def _in_sight(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def _keep_in_sight(self) -> None:
        top = self.scroll_offset.y
        if self.cursor < top:
            top = self.cursor
        elif self.cursor >= top + self._in_sight:
            top = self.cursor - self._in_sight + 1
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def _line(self, row: int) -> Line | None:
        page = self._pages.get(row // PAGE)
        if page is None:
            self._fetch()
            return None
        at = row % PAGE
        return page[at] if at < len(page) else Line(("",) * len(self._columns))

    def _fetch(self) -> None:
        """Read what is missing in sight, unless somebody is at it already."""
        if not self._fetching:
            self._fetching = True
            self.run_worker(self._fetch_in_sight(), exit_on_error=True)

    async def _fetch_in_sight(self) -> None:
        try:
            while (page := self._missing()) is not None:
                rows, generation = self._rows, self._generation
                lines = await rows.read(page * PAGE, min(PAGE, self._count - page * PAGE))
                if generation != self._generation:
                    continue  # other rows are shown by now
                while len(self._pages) >= _PAGES:
                    self._pages.pop(next(iter(self._pages)))
                self._pages[page] = lines
                self.refresh()
        finally:
            self._fetching = False

    def _missing(self) -> int | None:
        """The first page in sight that is not there."""
        top = self.scroll_offset.y
        last = min(self._count, top + self._in_sight) - 1
        pages = range(top // PAGE, last // PAGE + 1) if last >= top else ()
        return next((page for page in pages if page not in self._pages), None)


def _fitted(text: str, cells: int, *, right: bool) -> str:
    """Exactly so wide; what is too long ends in a sign that says so."""
    wide = cell_len(text)
    if wide > cells:
        return set_cell_size(set_cell_size(text, max(0, cells - 1)) + "…", cells)
    return " " * (cells - wide) + text if right else set_cell_size(text, cells)
