"""The treatment screen: everything that is needed while one works, and nothing else."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from typing_extensions import override

from injector.tui.keys import TREATMENT
from injector.tui.screens.base import ConsoleScreen
from injector.tui.widgets.band import StateBand
from injector.tui.widgets.keys import KeysLine
from injector.tui.widgets.limits import Limits
from injector.tui.widgets.notices import Notices
from injector.tui.widgets.progress import Progress
from injector.tui.widgets.shots import Shots
from injector.tui.widgets.stop import StopTarget


class TreatmentScreen(ConsoleScreen):
    """The screen of a session under way."""

    KEYS = TREATMENT
    BINDINGS: ClassVar[list[BindingType]] = [key.binding() for key in TREATMENT]

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
        yield KeysLine(TREATMENT)

    def action_open_session(self) -> None:
        """Open a training session with the plan of the command line."""
        self.console.open_planned()

    def action_arm(self) -> None:
        """Arm the first unfinished step; where all are done, the engine says so."""
        self.console.arm()

    def action_end_session(self) -> None:
        """End the session; asks first while shots are still planned."""
        self.console.end_session()

    def action_limits(self) -> None:
        """Show every limit."""
        self.console.show_limits()
