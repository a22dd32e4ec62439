"""Who a colleague is, where nobody has a PIN: a name, and one's word for it."""

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static
from typing_extensions import override

from injector.staff.roles import Person, Role
from injector.tui.dialogs.base import ConsoleDialog
from injector.tui.dialogs.fields import Text
from injector.tui.speech import _

_MOST: Final = 64


class ColleagueDialog(ConsoleDialog[Person | None]):
    """Asks for a name; the result is a person in that role, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", show=False),
        Binding("escape", "leave", show=False),
    ]

    def __init__(self, role: Role) -> None:
        super().__init__()
        self._role = role
        self._who = Text(_("who"))

    @override
    def body(self) -> ComposeResult:
        with VerticalScroll(classes="form", can_focus=False):
            yield Static(Content.styled(_("A colleague takes the session over"), "bold"))
            yield self._who
            yield Static(
                Content.assemble(
                    (" Enter ", "bold reverse"),
                    f" {_('take it over')}  ",
                    (" Esc ", "bold reverse"),
                    f" {_('leave it')}",
                )
            )

    @on(Input.Submitted)
    def action_take(self) -> None:
        """That is who."""
        name = self._who.text[:_MOST]
        if name:
            self.dismiss(Person(name, name, self._role))

    def action_leave(self) -> None:
        """Nobody."""
        self.dismiss(None)
