"""Somebody shows who they are before something is done: what the dialogs for it share."""

from typing import ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from typing_extensions import override

from injector.tui.desk import Console
from injector.tui.widgets.sign_in import Proof, SignInForm

Answer = TypeVar("Answer")


class ProofDialog(ModalScreen[Answer | None], Generic[Answer]):
    """Asks for ``proof``. Escape closes it, with None.

    ``why`` says what it is for; ``known`` is the id that is expected, empty for none. Whoever
    derives from it dismisses with the answer when `SignInForm.Admitted` comes.
    """

    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - as Textual types it
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]
    DEFAULT_CSS = """
    ProofDialog > Vertical { width: 90%; max-width: 66; height: auto; max-height: 90%;
        border: round $foreground; background: $surface; padding: 0 1; }
    """

    def __init__(self, proof: Proof, why: str, known: str) -> None:
        super().__init__()
        self._proof, self._why, self._known = proof, why, known

    @property
    def _at(self) -> Console:
        return cast(Console, self.app)

    @override
    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(self._why, "bold"))
            yield SignInForm(self._proof, self._at.desk.clock_us, self._known)

    def on_mount(self) -> None:
        """Whoever is expected is asked for the secret at once."""
        if self._known:
            self.query_one(SignInForm).ask_secret()

    def on_sign_in_form_happened(self, message: SignInForm.Happened) -> None:
        """Write it down."""
        self._at.post(message.access)

    def action_close(self) -> None:
        """Nobody shows who they are."""
        self.dismiss(None)
