"""What all screens of the console have in common."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widget import Widget
from typing_extensions import override

from injector.tui.desk import Console, Place
from injector.tui.keys import Key
from injector.tui.speech import _
from injector.tui.widgets.band import StateBand
from injector.tui.widgets.face import Face
from injector.tui.widgets.notices import Notices
from injector.tui.widgets.stop import StopTarget

if TYPE_CHECKING:
    from injector.tui.look import View


class ConsoleScreen(Screen[None]):
    """A screen: a state band on top, its own keys, and faces that show the newest view."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide")]  # noqa: RUF012 - as Textual types it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - the same
    KEYS: ClassVar[tuple[Key, ...]] = ()
    """Its own keys, beside those that work everywhere (`injector.tui.keys.EVERYWHERE`)."""

    @property
    def console(self) -> Console:
        """The console that this screen is in."""
        return cast(Console, self.app)

    @override
    def _pop_result_callback(self) -> None:
        # Textual gives its first screen no callback, and cannot switch away from it so.
        if self._result_callbacks:
            super()._pop_result_callback()

    def top(self, *between: Widget) -> ComposeResult:
        """What stands on top of every screen: the state, STOP, and what is to be known of."""
        with Horizontal(id="top"):
            yield StateBand()
            yield StopTarget()
        yield from between
        yield Notices()

    @on(events.Mount)
    def _show_known(self) -> None:
        """Show at once what is known: the next snapshot may be long in coming."""
        view = self.console.view
        if view is not None:
            self.show(view)

    def realm(self) -> str | None:
        """What a session that is opened from here is; None where that is not known yet."""
        return "training" if self.console.desk.staff is None else None

    def selected_line(self) -> str | None:
        """The line under the cursor as text, for the clipboard; None where there is none."""
        return None

    def action_back_to_session(self) -> None:
        """Back to the session that is open, on screens that have a key for it."""
        newest = self.console.newest
        if newest is not None and newest.session is not None:
            self.console.go(Place.TREATMENT)
        else:
            self.console.say(_("No session is open."), wrong=True)

    def show(self, view: "View") -> None:
        """Show a view on every face of this screen."""
        for widget in self.query(Widget):
            if isinstance(widget, Face):
                widget.show(view)
