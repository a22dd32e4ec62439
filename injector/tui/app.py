"""The console: one application that draws snapshots and sends what the operator wants.

It holds no state of the treatment. What it shows is the newest snapshot; what a key
does is an intent, and whether it is followed is the engine's word. What it must do
besides is to be there: `injector.tui.terminal.sight` says how it proves that.
"""

import secrets
import time
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

from rich.traceback import Traceback
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.message import Message
from textual.timer import Timer
from typing_extensions import override

from injector.control.inputs import (
    AcceptForeign,
    AcknowledgeAlarm,
    AcknowledgeGap,
    Arm,
    CloseSession,
    Disarm,
    Intent,
    OpenSession,
    PauseAlarms,
    ReleaseStop,
    Shutdown,
    TakeLink,
)
from injector.control.snapshot import ConsoleState
from injector.control.states import LINKED, State
from injector.limits.library import Library
from injector.shotlog.entries import new_session_id
from injector.treatment.plan import Plan
from injector.tui.dialogs.ask import AskDialog
from injector.tui.dialogs.gap import GapChoice, GapDialog
from injector.tui.dialogs.pages import PageDialog, help_page, limits_page
from injector.tui.guard import Guard
from injector.tui.handle import Wires
from injector.tui.keys import KEYS
from injector.tui.look import ARMED, PullWatch, View, next_step, to_acknowledge
from injector.tui.terminal.driver import ConsoleDriver
from injector.tui.treatment import TreatmentScreen

DRAW_US: Final = 150_000
"""Snapshots are drawn at most this often."""
STALE_US: Final = 1_000_000
"""A key that waited longer for a busy console does nothing: what a person wanted a
second ago they may no longer want. STOP is not kept waiting in the first place."""
SILENT_US: Final = 1_500_000
"""While the gun is there, an engine without a snapshot for so long is not there."""
WATCH_S: Final = 0.5
BELL_US: Final = 2_000_000
"""How often the terminal's bell rings while an alarm is to be heard."""
END_S: Final = 4.5
"""How long the console waits for the engine's ordered end before it leaves."""
_PRIOR: Final = frozenset({"f9", "d"})
"""Keys that work over every dialog."""


class ConsoleApp(App[None]):
    """The operator console for one plan. Sessions are training sessions."""

    CSS_PATH = Path(__file__).with_name("console.tcss")
    TITLE = "injector"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key.key, key.action, key.label, priority=key.key in _PRIOR, show=False)
            for key in KEYS
        ),
        Binding("escape", "stop_while_armed", priority=True, show=False),
        Binding("question_mark", "help", show=False),
        Binding("ctrl+q,ctrl+c", "quit", priority=True, show=False),
    ]

    class SnapshotCame(Message):
        """There is something in the mailbox."""

    class Redraw(Message):
        """The terminal reads again and must be drawn anew."""

    class Gone(Message):
        """There is no terminal any more."""

    def __init__(
        self,
        wires: Wires,
        plan: Plan,
        library: Library,
        *,
        operator: str,
        clock_us: Callable[[], int] = lambda: time.monotonic_ns() // 1000,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        super().__init__(driver_class=ConsoleDriver)
        self._wires = wires
        self._plan = plan
        self._library = library
        self._operator = operator
        self._clock_us = clock_us
        self._random_bytes = random_bytes
        self.guard = Guard(
            wires,
            operator=operator,
            clock_us=clock_us,
            redraw=lambda: self._tell(self.Redraw()),
            gone=lambda: self._tell(self.Gone()),
        )
        """What the terminal's driver calls on its own threads."""
        self._pulls = PullWatch()
        self._state: ConsoleState | None = None
        self._came_us = self._drawn_us = self._rang_us = 0
        self._silent = False
        self._draw_timer: Timer | None = None
        self._home: AbstractEventLoop | None = None
        self._signal: int | None = None
        self._leaving = False

    @property
    def signal(self) -> int | None:
        """The signal that ended the console, if one did."""
        return self._signal

    @override
    def get_default_screen(self) -> TreatmentScreen:
        return TreatmentScreen(id="_default")

    @override
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {
            "notice-high": "#ff6b6b",
            "notice-medium": "#ffb000",
            "notice-low": "#7fc8ff",
            "bar": "#7fc8ff",
            "bar-over": "#ffb000",
        }

    @override
    def _fatal_error(self) -> None:
        # Textual would print the values in every frame too, and names with them.
        self.panic(Traceback(show_locals=False))

    def on_mount(self) -> None:
        """Begin to draw what the engine says."""
        self._home = get_running_loop()
        self._came_us = self._clock_us()
        self.set_interval(WATCH_S, self._watch_engine)
        self._wires.mailbox.attach(lambda: self._tell(self.SnapshotCame()))
        if self._signal is not None:
            self._leave("signal")

    def on_unmount(self) -> None:
        """The mailbox rings nobody any more."""
        self._wires.mailbox.detach()

    # -- drawing -----------------------------------------------------------------------

    def on_console_app_snapshot_came(self) -> None:
        """Draw the newest snapshot, now or as soon as the last drawing is old enough."""
        self._came_us = self._clock_us()
        wait_us = self._drawn_us + DRAW_US - self._came_us
        if wait_us <= 0:
            self._draw()
        elif self._draw_timer is None:
            self._draw_timer = self.set_timer(wait_us / 1_000_000, self._draw)

    def _draw(self) -> None:
        self._draw_timer = None
        taken = self._wires.mailbox.take()
        if taken is None:
            return
        self._state = taken
        self._drawn_us = now_us = self._clock_us()
        view = View(
            state=taken,
            sight=self.guard.by,
            pulled=self._pulls.look(taken.status, now_us),
            leaving=self._leaving,
            port=self._wires.port,
            silent=self._silent,
        )
        with self.batch_update():
            for screen in self.screen_stack:
                if isinstance(screen, TreatmentScreen):
                    screen.show(view)
        self.call_after_refresh(self._ask_terminal)
        if self._leaving and taken.state is State.ENDED:
            self.exit()

    def _watch_engine(self) -> None:
        """Say so when the engine is gone: the last snapshot would go on looking alive."""
        now_us = self._clock_us()
        if self._state is not None and self._state.sound and now_us - self._rang_us >= BELL_US:
            self._rang_us = now_us
            self.bell()
        linked = self._state is not None and self._state.state in LINKED
        late = linked and now_us - self._came_us > SILENT_US
        silent = late or not self._wires.engine.alive
        if silent is not self._silent:
            self._silent = silent
            self._draw()

    # -- from elsewhere -----------------------------------------------------------------

    def signalled(self, number: int) -> None:
        """A signal ends the console. Called by the signal's handler, so it only hands over."""
        self._wires.postbox.post(Shutdown("signal"))
        self._signal = number
        if self._home is not None:
            with suppress(RuntimeError):
                self._home.call_soon_threadsafe(self._leave, "signal")

    def _tell(self, message: Message) -> None:
        """Hand a message over, from any thread."""
        with suppress(RuntimeError):  # the loop has closed
            self.post_message(message)

    def on_console_app_redraw(self) -> None:
        """Draw everything anew."""
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    def on_console_app_gone(self) -> None:
        """Leave; there is nothing to show and nobody to show it to."""
        self._leaving = True
        self.exit()

    def on_stop_target_pressed(self) -> None:
        """The mouse's STOP."""
        self.guard.stop_pressed()

    def _ask_terminal(self) -> None:
        driver: Driver | None = self._driver
        if isinstance(driver, ConsoleDriver):
            what = self.guard.ask()
            if what is not None:
                driver.ask(what)

    @override
    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and event.key not in _PRIOR:
            age_us = (time.monotonic() - event.time) * 1_000_000
            if age_us > STALE_US:
                return
        await super().on_event(event)

    # -- acts --------------------------------------------------------------------------

    def _post(self, intent: Intent) -> None:
        self._wires.postbox.post(intent)

    def action_stop(self) -> None:
        """STOP, where no input thread has sent it already."""
        self.guard.stop_pressed()

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop_while_armed":
            return self._state is not None and self._state.state in ARMED
        return super().check_action(action, parameters)

    def action_stop_while_armed(self) -> None:
        """Escape, where no input thread has seen it already."""
        self.guard.stop_pressed()

    def action_open_session(self) -> None:
        """Open a training session with the plan."""
        session = new_session_id("training", self._random_bytes(8))
        self._post(OpenSession(session, "training", self._plan, self._library, self._operator))

    def action_arm(self) -> None:
        """Arm the first unfinished step; where all are done, the engine says so."""
        session = None if self._state is None else self._state.session
        step = 0 if session is None else next_step(session)
        last = len(self._plan.steps) - 1
        self._post(Arm(last if step is None else step, self._operator))

    def action_disarm(self) -> None:
        """Let the grant go."""
        self._post(Disarm(self._operator))

    def action_release(self) -> None:
        """Release STOP."""
        self._post(ReleaseStop(self._operator))

    def action_acknowledge(self) -> None:
        """Acknowledge the most urgent alarm."""
        alarm = None if self._state is None else to_acknowledge(self._state)
        if alarm is not None:
            self._post(AcknowledgeAlarm(alarm.code, self._operator))

    def action_silence(self) -> None:
        """Silence the alarms for a while."""
        self._post(PauseAlarms(self._operator))

    def action_gap(self) -> None:
        """Show the gaps and ask how to go on."""
        if self._state is not None and self._state.gaps:
            gaps = self._state.gaps
            self.push_screen(GapDialog(self._state), lambda chosen: self._on_gap(chosen, gaps))

    def _on_gap(self, chosen: GapChoice | None, gaps: tuple[int, ...]) -> None:
        if chosen is GapChoice.GO_ON:
            for gap in gaps:
                self._post(AcknowledgeGap(gap, self._operator))
        elif chosen is GapChoice.END:
            self._post(CloseSession(self._operator, "gap"))

    def action_foreign(self) -> None:
        """Accept entries of another log."""
        self._post(AcceptForeign(self._operator))

    def action_take(self) -> None:
        """Take the link back."""
        self._post(TakeLink(self._operator))

    def action_end_session(self) -> None:
        """End the session; asks first while shots are still planned."""
        self._unless_unfinished("End the session?", self._end_session)

    def _end_session(self) -> None:
        session = None if self._state is None else self._state.session
        done = session is None or next_step(session) is None
        self._post(CloseSession(self._operator, "done" if done else "cut_short"))

    @override
    async def action_quit(self) -> None:
        if self._leaving:
            self.exit()
        else:
            self._unless_unfinished("Leave the console?", lambda: self._leave("operator"))

    def action_limits(self) -> None:
        """Show every limit."""
        self.push_screen(
            PageDialog(limits_page(None if self._state is None else self._state.session))
        )

    def action_help(self) -> None:
        """Show the keys."""
        self.push_screen(PageDialog(help_page()))

    def _unless_unfinished(self, question: str, act: Callable[[], None]) -> None:
        session = None if self._state is None else self._state.session
        if session is None or session.recovered or next_step(session) is None:
            act()
            return
        left = sum(max(0, step.planned - step.done) for step in session.steps)
        dialog = AskDialog(
            f"{question} {left} planned shots are not given.", yes="yes, end it", no="no, go on"
        )
        self.push_screen(dialog, lambda yes: act() if yes else None)

    def _leave(self, reason: str) -> None:
        """Disarm and close in order, showing it, then end."""
        self._post(Shutdown(reason))
        if self._leaving:
            return
        self._leaving = True
        ended = self._state is not None and self._state.state is State.ENDED
        if ended or not self._wires.engine.alive:
            self.exit()
            return
        self.set_timer(END_S, self.exit)
        self._draw()
