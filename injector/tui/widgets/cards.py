"""Cards: a title and rows of a name and what it says, for screens that tell how things stand."""

from collections.abc import Iterable
from typing import Final

from textual.content import Content

from injector.tui.plain import printable
from injector.tui.widgets.face import lines

_NAME: Final = 11


def card(title: str, rows: Iterable[Content]) -> Content:
    """A title and what stands under it."""
    return lines([Content.styled(title, "bold underline"), *rows])


def row(name: str, says: str, style: str = "") -> Content:
    """A name and what it says."""
    return Content.assemble((f"{name:<{_NAME}} ", "dim"), (printable(says), style))
