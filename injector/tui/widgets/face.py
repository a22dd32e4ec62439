"""What all the console's widgets have in common: a part of the view, drawn anew when it changes."""

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.content import Content
from textual.widget import Widget
from typing_extensions import override

if TYPE_CHECKING:
    from injector.tui.look import View


Part = TypeVar("Part")


class Face(Widget, Generic[Part]):
    """Shows one part of the view. A snapshot in which that part is the same costs nothing."""

    GROWS: ClassVar[bool] = False
    """Its height follows what it shows."""

    _picked: Part | None = None

    @abstractmethod
    def pick(self, view: "View") -> Part:
        """The part of the view that is shown here; compared with ``==``."""

    @abstractmethod
    def paint(self, part: Part, width: int) -> Content:
        """Draw it, ``width`` cells wide."""

    def show(self, view: "View") -> None:
        """Show a view."""
        part = self.pick(view)
        if part != self._picked:
            self._picked = part
            self.changed(part)
            self.refresh(layout=self.GROWS)

    def changed(self, part: Part) -> None:
        """Called when the part has changed, before it is drawn."""

    @override
    def render(self) -> Content:
        part = self._picked
        return Content("") if part is None else self.paint(part, self.content_size.width)


def lines(rows: list[Content]) -> Content:
    """The rows, one under the other."""
    return Content("\n").join(rows)


def bar(amount: int, most: int, width: int, mark: int | None = None) -> str:
    """``amount`` of ``most`` as a bar; ``mark`` (a soft limit) shows as a tick on it.

    Any use shows, and only a full one fills the bar: what is nearly nothing is not
    nothing, and what is nearly full is not full.
    """
    if width < 1:
        return ""
    cells = width if amount >= most else min(width - 1, amount * width // most) if most else width
    cells = max(1, cells) if amount > 0 else cells
    drawn = ["█"] * cells + ["░"] * (width - cells)
    if mark is not None and most > 0 and 0 <= mark < most:
        drawn[min(width - 1, mark * width // most)] = "┃"
    return "".join(drawn)
