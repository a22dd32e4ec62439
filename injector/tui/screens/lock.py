"""The lock: nobody is at the console. State, notices and STOP stay in sight.

No field has the focus at first, so that the key that disarms works at once; what is
typed blindly does nothing else.
"""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from injector.staff.file import StaffFile
from injector.staff.roles import Person
from injector.tui.keys import DISARM, HELP, LOCK
from injector.tui.plain import printable
from injector.tui.screens.base import ConsoleScreen
from injector.tui.speech import _
from injector.tui.widgets.keys import KeysLine
from injector.tui.widgets.prompt import Handing
from injector.tui.widgets.sign_in import SignInForm, by_passphrase


class LockScreen(ConsoleScreen):
    """Over everything else until somebody shows who they are."""

    KEYS = LOCK
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "somebody_else", show=False),
        Binding("x", "sign_out", show=False),
        Binding("escape", "leave_field", show=False),
    ]
    DEFAULT_CSS = """
    LockScreen #title { height: auto; padding: 1 1 0 1; text-style: bold; }
    """

    def __init__(self, person: Person, staff: StaffFile) -> None:
        super().__init__()
        self._person, self._staff = person, staff
        self._handing: Handing | None = None

    @override
    def compose(self) -> ComposeResult:
        yield from self.top()
        locked = _("LOCKED by {name}. Enter, then the passphrase.")
        yield Static(Content("▣ " + printable(locked.format(name=self._person.name))), id="title")
        desk = self.console.desk
        yield SignInForm(by_passphrase(self._staff, desk.log), desk.clock_us, self._person.id)
        yield KeysLine(LOCK, (DISARM, HELP))

    def on_key(self, event: events.Key) -> None:
        """Enter: to the passphrase, which may be typed ahead."""
        if self._handing is not None and self._handing.takes(event):
            event.stop()
        elif event.key == "enter" and self.focused is None:
            event.stop()
            self._handing = Handing(self, self.query_one(SignInForm).secret)

    def action_somebody_else(self) -> None:
        """To the id, and back."""
        form = self.query_one(SignInForm)
        if self.focused is not None and self.focused.id == "who":
            form.ask_secret()
        else:
            form.ask_who()

    def action_leave_field(self) -> None:
        """Out of the field: keys are keys again."""
        self.set_focus(None)

    def action_sign_out(self) -> None:
        """Sign out whoever locked it."""
        newest = self.console.newest
        if newest is not None and newest.session is not None:
            self.console.say(_("a session is open: somebody else can sign in"), wrong=True)
            return
        self.console.sign_out()

    def on_sign_in_form_happened(self, message: SignInForm.Happened) -> None:
        """Write it down."""
        self.console.post(message.access)

    def on_sign_in_form_admitted(self, message: SignInForm.Admitted) -> None:
        """Somebody is there."""
        self.console.unlock(message.person)
        self.console.post_all(message.intents)
