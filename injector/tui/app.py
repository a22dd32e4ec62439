"""The console: one application that draws snapshots and sends what its person wants.

It holds no state of the treatment. What it shows is the newest snapshot; what a key
does is an intent, and whether it is followed is the engine's word. What it must do
besides is to be there: `injector.tui.terminal.sight` says how it proves that.
"""

import time
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal
from weakref import WeakKeyDictionary

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Provider
from textual.driver import Driver
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input
from typing_extensions import override

from injector.staff.idle import Idle
from injector.staff.roles import Person
from injector.tui.anchoring import Anchoring
from injector.tui.desk import Desk, Place
from injector.tui.guard import Guard
from injector.tui.keymap import keymap, keys_of, stop_keys
from injector.tui.keys import CHECKPOINT, COPY, DISARM, EVERYWHERE, STOP, use_keys
from injector.tui.palette import ConsoleCommands
from injector.tui.presence import Presence
from injector.tui.screens.base import ConsoleScreen
from injector.tui.screens.places import build
from injector.tui.screens.text import screen_text
from injector.tui.settings import ThemeName
from injector.tui.speech import _, plural
from injector.tui.terminal.driver import ConsoleDriver
from injector.tui.themes import THEMES
from injector.tui.turns import Turns

if TYPE_CHECKING:  # loaded with the first snapshot, and the first act: see `painting` and `acts`
    from injector.anchors.failure import AnchorError
    from injector.anchors.standing import Kind
    from injector.control.inputs import Intent
    from injector.control.snapshot import ConsoleState
    from injector.control.wants import RecordAccess
    from injector.tui.acts import Acts
    from injector.tui.look import View
    from injector.tui.painting import Painting
    from injector.tui.signing import Told

DRAW_US: Final = 250_000
"""What is no news (shots, counters, a lease) is drawn at most this often."""
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
_PRIOR: Final = (STOP, DISARM)
"""What works over every dialog."""
_BY_SOMEBODY: Final = frozenset(key.action for key in EVERYWHERE) - {
    "stop",
    "disarm",
    "help",
    "quit",
}
"""What does nothing while nobody is at the console, or it is locked."""


class ConsoleApp(App[None]):
    """The operator console. ``person`` is at it from the start where somebody is named."""

    CSS_PATH = Path(__file__).with_name("console.tcss")
    TITLE = "injector"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {ConsoleCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding(priority=key in (*_PRIOR, COPY)) for key in EVERYWHERE),
        Binding("escape", "stop_while_armed", priority=True, show=False),
        Binding("question_mark", "help", show=False),
        Binding("ctrl+q,ctrl+c", "quit", priority=True, show=False),
    ]

    class SnapshotCame(Message):
        """There is something in the mailbox."""

    class Redraw(Message):
        """The terminal reads again and must be drawn anew."""

    class Signed(Message):
        """Something was signed, or was not."""

        def __init__(self, words: str, *, wrong: bool) -> None:
            self.words, self.wrong = words, wrong
            super().__init__()

    class Gone(Message):
        """There is no terminal any more."""

    def __init__(self, desk: Desk, person: Person | None = None) -> None:
        super().__init__(driver_class=ConsoleDriver)
        self.animation_level = "none"  # what moves by itself makes one wait, and look away
        self._desk = desk
        self._wires = desk.wires
        self._presence = Presence(person)
        self._clock_us = desk.clock_us
        self._idle = Idle(desk.settings.idle_lock_s * 1_000_000, desk.clock_us())
        self._turns = Turns(self, self._give_key, self._is_prior)
        self._given_s = WeakKeyDictionary[events.Key, float]()
        self._lock: ConsoleScreen | None = None
        self._wanted: Place | None = None
        self.guard = Guard(
            desk.wires,
            operator=lambda: None if self.person is None else self.person.id,
            clock_us=desk.clock_us,
            redraw=lambda: self._tell(self.Redraw()),
            gone=lambda: self._tell(self.Gone()),
            stop_keys=stop_keys(desk.settings.keys),
        )
        """What the terminal's driver calls on its own threads."""
        self._dress()
        self._state: ConsoleState | None = None
        self._view: View | None = None
        self._came_us = self._drawn_us = self._rang_us = 0
        self._silent = False
        self._draw_timer: Timer | None = None
        self._home: AbstractEventLoop | None = None
        self._signal: int | None = None
        self._leaving = False
        self._anchoring = Anchoring(desk.log, desk.settings.anchors, self.post)
        self._sessions_closed: int | None = None
        """Sessions closed in this run, as far as it was looked at; None before that."""

    @property
    def signal(self) -> int | None:
        """The signal that ended the console, if one did."""
        return self._signal

    @property
    def leaving(self) -> bool:
        """Whether the console is about to end."""
        return self._leaving

    @property
    def silent(self) -> bool:
        """Whether the engine has ended or says nothing."""
        return self._silent

    @cached_property
    def _acts(self) -> "Acts":
        from injector.tui.acts import Acts  # noqa: PLC0415 - after the first screen: see there

        return Acts(self)

    @cached_property
    def _painting(self) -> "Painting":
        from injector.tui.painting import Painting  # noqa: PLC0415 - the same

        return Painting()

    # -- what screens may ask of the console -----------------------------------------------

    @property
    def desk(self) -> Desk:
        """What lies ready."""
        return self._desk

    @property
    def person(self) -> Person | None:
        """Who is at the console; nobody while it is locked."""
        return self._presence.person

    @property
    def newest(self) -> "ConsoleState | None":
        """The newest snapshot that was drawn."""
        return self._state

    @property
    def view(self) -> "View | None":
        """What every screen shows now."""
        return self._view

    @property
    def here(self) -> ConsoleScreen | None:
        """The screen at hand, under whatever dialogs there are."""
        return next((s for s in reversed(self.screen_stack) if isinstance(s, ConsoleScreen)), None)

    def post(self, intent: "Intent") -> None:
        """Send an intent to the engine. Nothing that arms is sent while nobody is there."""
        if self._presence.permits(intent):
            self._wires.postbox.post(intent)

    def go(self, place: Place) -> None:
        """Show another screen instead of this one; on a locked console once it is unlocked."""
        if self._presence.locked is not None:
            self._wanted = place
            return
        self.show_instead(build(place))

    def show_instead(self, screen: Screen[None]) -> None:
        """Show that screen instead of this one."""
        self.switch_screen(screen)
        self.call_after_refresh(self._draw)

    def say(self, words: str, *, wrong: bool = False) -> None:
        """Say one line to the person for some seconds."""
        self.notify(words, severity="error" if wrong else "information", markup=False)

    def sign_in(self, person: Person) -> None:
        """That person is at the console from now on, and whoever was before is not."""
        self._idle.active(self._clock_us())
        self._tell_log(self._presence.sign_in(person))

    def sign(self, session: str, meaning: 'Literal["performed", "reviewed"]') -> None:
        """Ask whoever is at the console for the passphrase, and sign a session that closed."""
        self._acts.sign(session, meaning)

    def sign_out(self) -> None:
        """Nobody is at the console any more; asks for somebody to sign in."""
        self._tell_log(self._presence.sign_out())
        self._wanted = None
        self._close_dialogs()
        self.go(Place.SIGN_IN)

    def unlock(self, person: Person) -> None:
        """The console is no longer locked, and that person is at it."""
        before = self._presence.locked
        self._idle.active(self._clock_us())
        self._tell_log(self._presence.unlock(person))
        place, self._wanted = self._wanted, None
        if before is None or before.id != person.id:
            # What the other had begun in a dialog is not theirs to finish.
            self._close_dialogs()
            session = None if self._state is None else self._state.session
            at_home = session is None and self._desk.plan is None
            place = Place.HOME if at_home else Place.TREATMENT
        else:
            while self._lock in self.screen_stack:
                self.pop_screen()
        self._lock = None
        if place is not None:
            self.go(place)
        self.call_after_refresh(self._draw)

    def action_lock(self) -> None:
        """Lock the console, and disarm."""
        staff, person = self._desk.staff, self.person
        if staff is None or person is None:
            self.say(_("nobody has signed in here, so there is nothing to lock"))
        elif not self._leaving:
            from injector.tui.screens.lock import LockScreen  # noqa: PLC0415 - only where one signs in

            # An armed gun that nobody attends is not left armed.
            self._acts.disarm("locked")
            self._tell_log(self._presence.lock())
            self._lock = LockScreen(person, staff)
            self.push_screen(self._lock)
            self.call_after_refresh(self._draw)

    def _tell_log(self, entries: "tuple[RecordAccess, ...]") -> None:
        if self._desk.staff is not None:
            for each in entries:
                self.post(each)

    def _close_dialogs(self) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()

    @property
    def unplaced(self) -> "Mapping[Kind, AnchorError]":
        """Why checkpoints could not be placed outside the last time, by the kind of place."""
        return self._anchoring.failed

    @property
    def by(self) -> str:
        """Whom an act is written down for."""
        return "nobody" if self.person is None else self.person.id

    @override
    def get_default_screen(self) -> ConsoleScreen:
        start = Place.SIGN_IN if self.person is None else Place.TREATMENT
        screen = build(start)
        screen.id = "_default"
        return screen

    @override
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(THEMES[ThemeName.DARK].variables)

    def _dress(self) -> None:
        """Put on the theme and the keys that the settings ask for."""
        settings = self._desk.settings
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES[settings.theme].name
        use_keys(settings.keys)
        self.set_keymap(keymap(settings.keys))

    @override
    def _fatal_error(self) -> None:
        from rich.traceback import Traceback  # noqa: PLC0415 - takes long to load, and is rare

        # Textual would print the values in every frame too, and names with them.
        self.panic(Traceback(show_locals=False))

    def on_mount(self) -> None:
        """Begin to draw what the engine says."""
        self._home = get_running_loop()
        self._came_us = self._clock_us()
        self.set_interval(WATCH_S, self._watch_engine)
        # The first screen first: see `injector.tui.running.run`.
        self.call_after_refresh(self._wires.mailbox.attach, lambda: self._tell(self.SnapshotCame()))
        if self._signal is not None:
            self._leave("signal", leave_open=True)

    def on_unmount(self) -> None:
        """The mailbox rings nobody any more."""
        self._wires.mailbox.detach()

    # -- drawing -----------------------------------------------------------------------

    def on_console_app_snapshot_came(self) -> None:
        """Draw the newest snapshot: at once where it is news, else when the last one is old."""
        self._came_us = self._clock_us()
        came = self._wires.mailbox.take()
        wait_us = self._drawn_us + DRAW_US - self._came_us
        if wait_us <= 0 or (came is not None and self._painting.is_news(self._state, came)):
            self._draw()
        elif self._draw_timer is None:
            self._draw_timer = self.set_timer(wait_us / 1_000_000, self._draw)

    def _draw(self) -> None:
        if self._draw_timer is not None:
            self._draw_timer.stop()
            self._draw_timer = None
        taken = self._wires.mailbox.take()
        if taken is None:
            return
        self._state = taken
        self._drawn_us = now_us = self._clock_us()
        self._look_for_closed(len(taken.closed))
        if self._painting.shows_somebody(taken):
            self._idle.active(now_us)
        self._view = self._painting.paint(self, taken, now_us)
        if self._painting.urgent(taken) and self.person is not None:
            self.show_alarms()
        self.call_after_refresh(self._ask_terminal)
        if self._leaving and self._ended:
            self.exit()

    def _look_for_closed(self, closed: int) -> None:
        """A session has closed, or the console has just begun: checkpoints go outside."""
        if closed == self._sessions_closed:
            return
        if self._sessions_closed is not None and closed > self._sessions_closed:
            self.say(_("Its checkpoint: {key} on the home screen.").format(key=CHECKPOINT.shown))
        self._sessions_closed = closed
        self._anchoring.wake()

    @property
    def _ended(self) -> bool:
        """Whether the engine has let go of the gun."""
        return self._state is not None and self._painting.ended(self._state)

    def _watch_engine(self) -> None:
        """Say so when the engine is gone: the last snapshot would go on looking alive."""
        now_us = self._clock_us()
        if self._desk.staff is not None and self.person is not None and self._idle.due(now_us):
            self.action_lock()
        if self._state is not None and self._state.sound and now_us - self._rang_us >= BELL_US:
            self._rang_us = now_us
            self.bell()
        if self._wires.engine.failure:
            self.exit()  # there is no log: whoever started the console says why
        linked = self._state is not None and self._painting.linked(self._state)
        late = linked and now_us - self._came_us > SILENT_US
        silent = late or not self._wires.engine.alive
        if silent is not self._silent:
            self._silent = silent
            self._draw()

    # -- from elsewhere -----------------------------------------------------------------

    def signalled(self, number: int) -> None:
        """A signal ends the console. Called by the signal's handler, so it only hands over."""
        self._wires.postbox.post(_shutdown("signal", leave_open=True))
        self._signal = number
        if self._home is not None:
            with suppress(RuntimeError):
                self._home.call_soon_threadsafe(partial(self._leave, "signal", leave_open=True))

    def tell_signed(self, told: "Told") -> None:
        """Say what came of a signature, from any thread."""
        self._tell(self.Signed(told.words, wrong=told.wrong))

    def on_console_app_signed(self, message: Signed) -> None:
        """Say it."""
        self.say(message.words, wrong=message.wrong)

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
        if isinstance(event, events.InputEvent | events.Paste):
            self._idle.active(self._clock_us())
        typed = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
        if isinstance(event, events.Key) and self._is_prior(event):
            # A letter that is typed on in a field to come is no key that is in a hurry.
            typed = typed and event.is_printable and self._turns.busy
        elif isinstance(event, events.Key):
            # One that waited for its turn was looked at in time. It comes by here again on its
            # way up: were it too old there, letters would reach their field and Enter would not.
            since_s = self._given_s.get(event, event.time)
            if (time.monotonic() - since_s) * 1_000_000 > STALE_US:
                return
        if typed and isinstance(event, events.Key | events.Paste):
            await self._turns.take(event)
        else:
            await super().on_event(event)

    async def _give_key(self, event: events.Key | events.Paste) -> None:
        if isinstance(event, events.Key):
            self._given_s[event] = time.monotonic()
        await super().on_event(event)

    @property
    def _armed(self) -> bool:
        return self._state is not None and self._painting.armed(self._state)

    def _is_prior(self, event: events.Key | events.Paste) -> bool:
        """Whether the key is one that is never too old."""
        if isinstance(event, events.Paste):
            return False
        keys = self._desk.settings.keys
        prior = {each for key in _PRIOR for each in keys_of(key, keys)}
        if event.key == "escape" and self._armed:
            return True
        return event.key in prior or event.character in prior

    # -- acts --------------------------------------------------------------------------

    def action_stop(self) -> None:
        """STOP, where no input thread has sent it already."""
        self.guard.stop_pressed()

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "disarm" and isinstance(self.focused, Input):
            return False  # it is a letter there
        if self.person is None and action in _BY_SOMEBODY:
            return False
        if action == "quit" and self._presence.locked is not None:
            # Whoever locked it left a session behind: it is not a stranger's to end.
            return self._state is None or self._state.session is None
        if action == "stop_while_armed":
            return self._armed
        return super().check_action(action, parameters)

    def action_stop_while_armed(self) -> None:
        """Escape, where no input thread has seen it already."""
        self.guard.stop_pressed()

    def open_planned(self) -> None:
        """Open a training session with the plan of the command line, where there is one."""
        self._acts.open_planned()

    def arm(self, step: int | None = None) -> None:
        """Arm a step; by itself the first unfinished one."""
        self._acts.arm(step)

    def disarm(self) -> None:
        """Let the grant go."""
        self._acts.disarm()

    def action_disarm(self) -> None:
        """Let the grant go."""
        self._acts.disarm()

    def action_release(self) -> None:
        """Release STOP."""
        self._acts.release()

    def action_acknowledge(self) -> None:
        """Acknowledge the most urgent alarm."""
        self._acts.acknowledge()

    def show_alarms(self) -> None:
        """Show the most urgent alarm, and what to do about it."""
        self._acts.show_alarms()

    def action_silence(self) -> None:
        """Silence the alarms for a while."""
        self._acts.silence()

    def action_gap(self) -> None:
        """Show the gaps and ask how to go on."""
        self._acts.gap()

    def action_foreign(self) -> None:
        """Accept entries of another log."""
        self._acts.accept_foreign()

    def action_take(self) -> None:
        """Take the link back."""
        self._acts.take()

    def end_session(self) -> None:
        """End the session: asks what is to be known of it, and says what is missing."""
        self._acts.end_session()

    def post_all(self, intents: "tuple[Intent, ...] | None") -> None:
        """Send what a form wants, in its order."""
        self._acts.post_all(intents)

    @override
    async def action_quit(self) -> None:
        if self._leaving:
            self.exit()
        else:
            self._acts.leave(lambda open_: self._leave("operator", leave_open=open_))

    def show_limits(self) -> None:
        """Show every limit."""
        self._acts.show_limits()

    def action_help(self) -> None:
        """Show the keys."""
        here = self.here
        self._acts.help(() if here is None else here.KEYS)

    @override
    def action_command_palette(self) -> None:
        """Find an act by its name."""
        if not any(isinstance(each, CommandPalette) for each in self.screen_stack):
            self.push_screen(CommandPalette(placeholder=_("What do you want to do?")))

    def action_copy_screen(self) -> None:
        """Copy the text of the screen, or of what lies over it."""
        self.copy(screen_text(self))

    def copy(self, text: str) -> None:
        """Give text to the terminal's clipboard, over ssh too (OSC 52), and say so."""
        self.copy_to_clipboard(text)
        count = text.count("\n") + 1
        self.say(plural("{count} line was copied", "{count} lines were copied", count))

    def _leave(self, reason: str, *, leave_open: bool) -> None:
        """Disarm and close in order, showing it, then end."""
        self._tell_log(self._presence.sign_out())
        self.post(_shutdown(reason, leave_open=leave_open))
        if self._leaving:
            return
        self._leaving = True
        if self._ended or not self._wires.engine.alive:
            self.exit()
            return
        self.set_timer(END_S, self.exit)
        self._draw()


def _shutdown(reason: str, *, leave_open: bool) -> "Intent":
    from injector.control.inputs import Shutdown  # noqa: PLC0415 - after the first screen

    return Shutdown(reason, leave_open)
