"""A form: some questions, one key to look at what was answered and one to do it.

Enter on any question reads all of them. What cannot be used is said, and the cursor goes
there; what can be is said again in one sentence, and a second Enter does it. A form that
proposes every answer is thus three keys: its own, Enter, Enter.
"""

from collections.abc import Sequence
from typing import ClassVar, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static
from typing_extensions import override

from injector.control.inputs import Intent
from injector.tui.dialogs.base import ConsoleDialog
from injector.tui.dialogs.fields import Field, FormFaultError, Picker
from injector.tui.speech import _

Intents: TypeAlias = tuple[Intent, ...]


class FormDialog(ConsoleDialog[Intents]):
    """Asks; the result is what is wanted of the engine. Escape wants nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", show=False),
        Binding("escape", "leave", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._said: str | None = None
        """What a second Enter will do, in words."""

    # -- what each form says for itself ------------------------------------------------

    def heading(self) -> str:
        """Its title; may be several lines."""
        raise NotImplementedError

    def fields(self) -> Sequence[Field]:
        """Its questions."""
        raise NotImplementedError

    def wanted(self) -> tuple[str, Intents]:
        """What is wanted, in one sentence and as intents. Raises ``FormFaultError``."""
        raise NotImplementedError

    # -- the same for all --------------------------------------------------------------

    @override
    def body(self) -> ComposeResult:
        with VerticalScroll(classes="form", can_focus=False):
            yield Static(Content.styled(self.heading(), "bold"))
            yield from self.fields()
            yield Static(self._foot(), id="foot")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_go_on()

    @on(Input.Changed)
    @on(Picker.Changed)
    def _changed(self) -> None:
        if self._said is not None:
            self._said = None
            self._tell(self._foot())

    def action_go_on(self) -> None:
        """Look at the answers; where they were looked at and are the same, do it."""
        try:
            said, intents = self.wanted()
        except FormFaultError as error:
            self._said = None
            self._tell(Content.styled(f"✖ {error}", "bold $notice-medium"))
            if error.field is not None:
                error.field.focus()
            return
        if said and said != self._said:
            self._said = said
            self._tell(self._ask(said))
        else:
            self.dismiss(intents)

    def action_leave(self) -> None:
        """Want nothing."""
        self.dismiss(())

    def _tell(self, words: Content) -> None:
        self.query_one("#foot", Static).update(words)

    def _foot(self) -> Content:
        return Content.assemble(
            (" Enter ", "bold reverse"),
            f" {_('go on')}  ",
            (" ↑ ↓ ", "bold reverse"),
            f" {_('questions')}  ",
            (" Esc ", "bold reverse"),
            f" {_('leave it')}",
        )

    def _ask(self, said: str) -> Content:
        return Content.assemble(
            (f"▸ {said}", "bold"),
            "\n",
            (" Enter ", "bold reverse"),
            f" {_('do it')}  ",
            (" Esc ", "bold reverse"),
            f" {_('leave it')}",
        )
