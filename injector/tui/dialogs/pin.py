"""A PIN: somebody shows quickly, inside a session, that it is they who decide.

``push_screen(PinDialog(...), callback)`` calls back with the person's id, or None where the
dialog was closed. Failures are entries, and three of them end PINs until the passphrase was
given.
"""

from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from typing_extensions import override

from injector.staff.file import Refusal, StaffFile, Why
from injector.staff.roles import Act, Person, may
from injector.tui.desk import Console
from injector.tui.speech import _
from injector.tui.widgets.sign_in import Proof, SignInForm


class PinDialog(ModalScreen[str | None]):
    """Asks for a PIN of somebody who may do ``act``. Escape closes it.

    ``why`` says what it is for; ``known`` is an id that is expected, and can be changed.
    """

    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - as Textual types it
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]
    DEFAULT_CSS = """
    PinDialog > Vertical { width: 90%; max-width: 66; height: auto; max-height: 90%;
        border: round $foreground; background: $surface; padding: 0 1; }
    """

    def __init__(
        self, staff: StaffFile, why: str, *, known: str = "", act: Act = Act.TREAT
    ) -> None:
        super().__init__()
        self._why, self._known = why, known
        self._proof = by_pin(staff, act)

    @property
    def _at(self) -> Console:
        return cast(Console, self.app)

    @override
    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(self._why, "bold"))
            yield SignInForm(self._proof, self._at.desk.clock_us, self._known)

    def on_mount(self) -> None:
        """Whoever is expected gives the PIN at once."""
        if self._known:
            self.query_one(SignInForm).ask_secret()

    def on_sign_in_form_happened(self, message: SignInForm.Happened) -> None:
        """Write it down."""
        self._at.post(message.access)

    def on_sign_in_form_admitted(self, message: SignInForm.Admitted) -> None:
        """That is who decides."""
        self.dismiss(message.person.id)

    def action_close(self) -> None:
        """Nobody decides."""
        self.dismiss(None)


def by_pin(staff: StaffFile, act: Act) -> Proof:
    """Everybody who may do that and has a PIN, by it."""

    def people() -> tuple[Person, ...]:
        everybody = staff.read().everybody()
        return tuple(each.person for each in everybody if each.pin and may(each.role, act))

    return Proof(
        people=people,
        check=lambda who, pin: staff.check_pin(who, pin, act),
        secret=_("PIN"),
        failed="pin_failed",
        words=_words,
    )


def _words(refusal: Refusal) -> str:
    name = "" if refusal.person is None else refusal.person.name
    match refusal.why:
        case Why.WRONG:
            return _("wrong id or PIN")
        case Why.LOCKED_NOW | Why.LOCKED:
            words = _("too many wrong PINs: {name} must first sign in with the passphrase")
            return words.format(name=name)
        case Why.NO_PIN:
            return _("{name} has no PIN; `injector staff pin` gives one").format(name=name)
        case Why.NOT_ALLOWED:
            return _("the role of {name} does not include it").format(name=name)
