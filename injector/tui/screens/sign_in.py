"""Signing in: who is at the console. Nothing can be armed before somebody is."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from injector.tui.desk import Place
from injector.tui.keys import HELP, SIGN_IN
from injector.tui.screens.base import ConsoleScreen
from injector.tui.speech import _
from injector.tui.widgets.keys import KeysLine
from injector.tui.widgets.sign_in import SignInForm, by_passphrase


class SignInScreen(ConsoleScreen):
    """Asks who is there, by id and passphrase."""

    KEYS = SIGN_IN
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "start_again", show=False)]
    DEFAULT_CSS = """
    SignInScreen #title { height: auto; padding: 1 1 0 1; text-style: bold; }
    """

    @override
    def compose(self) -> ComposeResult:
        yield from self.top()
        yield Static(Content(_("Sign in")), id="title")
        desk = self.console.desk
        if desk.staff is not None:
            yield SignInForm(by_passphrase(desk.staff, desk.log), desk.clock_us)
        yield KeysLine(SIGN_IN, (HELP,))

    def action_start_again(self) -> None:
        """Back to the id."""
        for form in self.query(SignInForm):
            form.ask_who()

    def on_sign_in_form_happened(self, message: SignInForm.Happened) -> None:
        """Write it down."""
        self.console.post(message.access)

    def on_sign_in_form_admitted(self, message: SignInForm.Admitted) -> None:
        """Somebody is there."""
        self.console.sign_in(message.person)
        self.console.post_all(message.intents)
        planned = self.console.desk.plan is not None
        self.console.go(Place.TREATMENT if planned else Place.HOME)
