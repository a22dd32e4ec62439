"""The treatment screen: everything that is needed while one works, and nothing else."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widget import Widget
from typing_extensions import override

from injector.tui.look import View
from injector.tui.widgets.band import StateBand
from injector.tui.widgets.face import Face
from injector.tui.widgets.keys import KeysLine
from injector.tui.widgets.limits import Limits
from injector.tui.widgets.notices import Notices
from injector.tui.widgets.progress import Progress
from injector.tui.widgets.shots import Shots
from injector.tui.widgets.stop import StopTarget


class TreatmentScreen(Screen[None]):
    """The console's main screen."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide")]  # noqa: RUF012 - as Textual types it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - the same

    @override
    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield StateBand()
            yield StopTarget()
        yield Notices()
        with Horizontal(id="middle"):
            yield Limits()
            yield Progress()
        yield Shots()
        yield KeysLine()

    def show(self, view: View) -> None:
        """Show a view on every face of this screen."""
        for widget in self.query(Widget):
            if isinstance(widget, Face):
                widget.show(view)
