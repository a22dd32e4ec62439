"""A gap: what is uncertain, what that means for the totals, and two choices."""

from enum import Enum, unique
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from injector.control.snapshot import ConsoleState, GapView
from injector.tui.dialogs.base import ConsoleDialog
from injector.tui.figures import Side, volume_ml
from injector.tui.speech import _, labelled, number, plural


@unique
class GapChoice(Enum):
    """What the practitioner wants."""

    GO_ON = "go_on"
    END = "end"
    LATER = "later"


class GapDialog(ConsoleDialog[GapChoice]):
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
    def body(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(
                Content.assemble(
                    (_("Shots may be unaccounted for"), "bold"),
                    "\n",
                    "".join(f"{gap_words(gap)}\n" for gap in self._state.lost),
                    "\n",
                    _totals(self._state),
                    "\n",
                    _("Nothing of it is ever given again."),
                    "\n\n",
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


def gap_words(gap: GapView) -> str:
    """What is missing, and the most that it can have been."""
    if gap.first and gap.first != gap.last:
        where = _("entries {first} to {last} of the gun's memory are lost")
    elif gap.first:
        where = _("entry {first} of the gun's memory is lost")
    else:
        where = _("the gun's memory does not tell which of its entries are lost")
    where = where.format(first=gap.first, last=gap.last)
    most = plural(
        "at most {count} shot and {volume}",
        "at most {count} shots and {volume}",
        gap.shots_max,
        volume=number(f"{volume_ml(gap.volume_max_nl, Side.UP)} mL"),
    )
    return "• " + labelled(where, most)


def _totals(state: ConsoleState) -> str:
    """What that means for the session's figures."""
    session = state.session
    if session is None:
        return ""
    lost_nl = sum(gap.volume_max_nl for gap in state.lost)
    return _(
        "The most it can have given is counted as given: the session stands at {volume} and"
        " {shots} shots. Without what is uncertain it would be {least} and {least_shots}."
    ).format(
        volume=number(f"{volume_ml(session.given_nl, Side.UP)} mL"),
        shots=session.given_shots,
        least=number(f"{volume_ml(max(0, session.given_nl - lost_nl), Side.UP)} mL"),
        least_shots=max(0, session.given_shots - sum(gap.shots_max for gap in state.lost)),
    )
