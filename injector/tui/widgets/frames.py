"""Frames as they pass: two rows for each, what it says and how it was on the line."""

from collections import deque
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from typing_extensions import override

from injector.control.snapshot import FrameView, LineView
from injector.tui.plain import printable
from injector.tui.records.frame_words import frame_hex, frame_words

KEPT: Final = 1_000
"""Frames that can be scrolled back to."""


class Frames(ScrollView, can_focus=True):
    """Follows the newest frame until it is paused; then arrow keys scroll."""

    DEFAULT_CSS = """
    Frames { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._came: deque[tuple[str, str]] = deque(maxlen=KEPT)
        self._shown: list[tuple[str, str]] = []
        self._newest = 0
        self._paused = False

    @property
    def paused(self) -> bool:
        """Whether what shows stands still."""
        return self._paused

    def take(self, line: LineView | None) -> None:
        """Take what a snapshot carries; frames that were taken before are passed over."""
        new = [] if line is None else [each for each in line.frames if each.number > self._newest]
        if line is not None and line.frames and line.frames[-1].number < self._newest:
            new = list(line.frames)  # somebody began to watch anew
            self._newest = 0
        if not new:
            return
        skipped = new[0].number - self._newest - 1
        if self._newest and skipped:
            self._came.append((f"… {skipped} frames passed too fast to be shown", ""))
        self._newest = new[-1].number
        self._came.extend(_rows(each) for each in new)
        if not self._paused:
            self._show()

    def pause(self) -> None:
        """Stand still, or follow again."""
        self._paused = not self._paused
        self._show()

    def _show(self) -> None:
        self._shown = list(self._came)
        self.virtual_size = Size(0, 2 * len(self._shown))
        if not self._paused:
            self.scroll_end(animate=False, immediate=True, x_axis=False)
        self.refresh()

    @override
    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at, second = divmod(self.scroll_offset.y + y, 2)
        text = self._shown[at][second] if at < len(self._shown) else ""
        if cell_len(text) > width:
            text = text[: max(0, width - 1)] + "…"
        style = self.rich_style + Style(dim=True) if second else self.rich_style
        return Strip([Segment(text.ljust(width), style)], width)


def _rows(frame: FrameView) -> tuple[str, str]:
    seconds, us = divmod(frame.at_us, 1_000_000)
    way = "→ gun" if frame.out else "← gun"
    said = f"{seconds % 1000:>3}.{us // 1000:03} {way} {printable(frame_words(frame))}"
    return said, f"        {frame_hex(frame)}"
