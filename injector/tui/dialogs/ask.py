"""A question with two answers. STOP works here as everywhere."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from injector.tui.dialogs.base import ConsoleDialog


class AskDialog(ConsoleDialog[bool]):
    """Asks; the result is whether the answer was yes. Escape says no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)"),
        Binding("n,escape", "answer(False)"),
    ]

    def __init__(self, question: str, *, yes: str, no: str) -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    @override
    def body(self) -> ComposeResult:
        yield Static(
            Content.assemble(
                (self._question, "bold"),
                "\n\n",
                (" y ", "bold reverse"),
                f" {self._yes}\n",
                (" n ", "bold reverse"),
                f" {self._no}",
            )
        )

    def action_answer(self, answer: bool) -> None:
        """Give the answer."""
        self.dismiss(answer)
