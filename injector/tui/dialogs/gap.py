"""A gap: what is uncertain, what that means for the totals, and two choices."""

from enum import Enum, unique
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from typing_extensions import override

from injector.control.snapshot import ConsoleState
from injector.tui.speech import _, number
from injector.units import format_volume_nl


@unique
class GapChoice(Enum):
    """What the practitioner wants."""

    GO_ON = "go_on"
    END = "end"
    LATER = "later"


class GapDialog(ModalScreen[GapChoice]):
    """Shows the gaps of this session and asks how to go on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "choose('go_on')"),
        Binding("e", "choose('end')"),
        Binding("escape", "choose('later')"),
    ]

    def __init__(self, state: ConsoleState) -> None:
        super().__init__()
        self._state = state

    @override
    def compose(self) -> ComposeResult:
        session = self._state.session
        counted = "" if session is None else number(format_volume_nl(session.given_nl))
        entries = ", ".join(str(seq) for seq in self._state.gaps)
        yield Static(
            Content.assemble(
                (_("Shots may be unaccounted for"), "bold"),
                " " + _("(entry {entries} of the shot log).").format(entries=entries) + "\n",
                _(
                    "The gun's memory does not tell what it gave there. The most it can have"
                    " given is counted as given: the session stands at {volume}."
                ).format(volume=counted),
                "\n" + _("Nothing of it is ever given again.") + "\n\n",
                (" k ", "bold reverse"),
                " " + _("seen, go on") + "\n",
                (" e ", "bold reverse"),
                " " + _("end the session") + "\n",
                ("Esc", "bold reverse"),
                " " + _("later; nothing can be armed until then"),
            )
        )

    def action_choose(self, choice: str) -> None:
        """Choose."""
        self.dismiss(GapChoice(choice))
