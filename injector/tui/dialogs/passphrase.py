"""The passphrase again: whoever signs shows that it is they, and their key opens for it.

``push_screen(PassphraseDialog(...), callback)`` calls back with the key, or None where the
dialog was closed. A wrong one counts as one at the door, and is an entry.
"""

from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from typing_extensions import override

from injector.staff.file import StaffFile, Unlocked
from injector.staff.roles import Person
from injector.tui.desk import Console
from injector.tui.speech import _
from injector.tui.widgets.sign_in import Proof, SignInForm


class PassphraseDialog(ModalScreen[Unlocked | None]):
    """Asks one person for their passphrase. Escape closes it. ``why`` says what it is for."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - as Textual types it
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]
    DEFAULT_CSS = """
    PassphraseDialog > Vertical { width: 90%; max-width: 66; height: auto; max-height: 90%;
        border: round $foreground; background: $surface; padding: 0 1; }
    """

    def __init__(self, staff: StaffFile, person: Person, why: str) -> None:
        super().__init__()
        self._why, self._person = why, person
        self._proof = Proof(
            people=lambda: (person,),
            # Whatever stands in the id's field, nobody but who is at the console signs here.
            check=lambda _who, secret: staff.unlock(person.id, secret),
            secret=_("passphrase"),
            failed="sign_in_failed",
            words=lambda _refusal: _("wrong id or passphrase"),
        )

    @property
    def _at(self) -> Console:
        return cast(Console, self.app)

    @override
    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(self._why, "bold"))
            yield SignInForm(self._proof, self._at.desk.clock_us, self._person.id)

    def on_mount(self) -> None:
        """Straight to the passphrase."""
        self.query_one(SignInForm).ask_secret()

    def on_sign_in_form_happened(self, message: SignInForm.Happened) -> None:
        """Write it down."""
        self._at.post(message.access)

    def on_sign_in_form_admitted(self, message: SignInForm.Admitted) -> None:
        """That is who signs."""
        self.dismiss(message.shown.unlocked)

    def action_close(self) -> None:
        """Nobody signs."""
        self.dismiss(None)
