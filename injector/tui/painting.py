"""From one snapshot to what the screens show, and what of it calls for a person at once.

Apart from `injector.tui.app`, and loaded with the first snapshot: the first screen is
drawn while the engine still opens its log.
"""

from typing import TYPE_CHECKING

from injector.control.snapshot import ConsoleState
from injector.control.states import LINKED, State
from injector.protocol.codes import DeviceState
from injector.tui.dialogs.base import ConsoleDialog
from injector.tui.look import ARMED, PullWatch, View, is_news, urgent
from injector.tui.screens.base import ConsoleScreen

if TYPE_CHECKING:
    from injector.tui.app import ConsoleApp


class Painting:
    """What the newest snapshot comes to. Kept, since some of it is news only once."""

    def __init__(self) -> None:
        self._pulls = PullWatch()
        self._shots_seen = (0, 0)

    def is_news(self, last: ConsoleState | None, came: ConsoleState) -> bool:
        """Whether it must be drawn at once."""
        return is_news(last, came)

    def paint(self, app: "ConsoleApp", state: ConsoleState, now_us: int) -> View:
        """Show a snapshot on every screen and dialog; beeps where a pull gave no shot."""
        here = app.here
        view = View(
            state=state,
            sight=app.guard.by,
            pulled=self._pulls.look(state.status, now_us),
            leaving=app.leaving,
            port=app.desk.wires.port,
            silent=app.silent,
            nobody=app.person is None,
            acts=frozenset() if here is None else frozenset(key.action for key in here.KEYS),
            realm=None if here is None else here.realm(),
        )
        with app.batch_update():
            for screen in app.screen_stack:
                if isinstance(screen, ConsoleScreen | ConsoleDialog):
                    screen.show(view)
        if self._pulls.news:
            app.bell()
        return view

    def shows_somebody(self, state: ConsoleState) -> bool:
        """Whether a shot shows that somebody is there, as a key does."""
        given = 0 if state.session is None else state.session.given_shots
        shots = (given, 0 if state.status is None else state.status.shots)
        before, self._shots_seen = self._shots_seen, shots
        firing = state.status is not None and state.status.state is DeviceState.FIRING
        return firing or shots != before

    def urgent(self, state: ConsoleState) -> bool:
        """Whether an alarm of high priority waits that nobody has seen."""
        return urgent(state) is not None

    def armed(self, state: ConsoleState) -> bool:
        """Whether Escape is STOP now."""
        return state.state in ARMED

    def linked(self, state: ConsoleState) -> bool:
        """Whether snapshots are due: a gun is on the line."""
        return state.state in LINKED

    def ended(self, state: ConsoleState) -> bool:
        """Whether the engine has let go of the gun."""
        return state.state is State.ENDED
