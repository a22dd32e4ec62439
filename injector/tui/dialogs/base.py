"""What all dialogs have in common: the state band and STOP stay on top, and tell the truth."""

from typing import TypeVar, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widget import Widget
from typing_extensions import override

from injector.tui.desk import Console
from injector.tui.look import View
from injector.tui.widgets.band import StateBand
from injector.tui.widgets.face import Face
from injector.tui.widgets.stop import StopTarget

Answer = TypeVar("Answer")


class ConsoleDialog(ModalScreen[Answer]):
    """Something over the screen at hand. What it holds is its ``body``."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide")]  # noqa: RUF012 - as Textual types it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - the same

    @property
    def console(self) -> Console:
        """The console that this dialog is in."""
        return cast(Console, self.app)

    @override
    def compose(self) -> ComposeResult:
        with Horizontal(classes="top"):
            yield StateBand()
            yield StopTarget()
        yield from self.body()

    def body(self) -> ComposeResult:
        """What stands under the band."""
        yield from ()

    def on_mount(self) -> None:
        """Show at once what the screen below shows: the next snapshot may be long in coming."""
        view = self.console.view
        if view is not None:
            self.show(view)

    def show(self, view: View) -> None:
        """Show a view on every face of this dialog."""
        for widget in self.query(Widget):
            if isinstance(widget, Face):
                widget.show(view)
