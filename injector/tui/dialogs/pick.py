"""A list to choose from, with a filter. STOP works here as everywhere."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from typing_extensions import override

from injector.tui.plain import printable
from injector.tui.speech import _


class PickDialog(ModalScreen[str | None]):
    """Choose one of several; the result is its code, or None where nobody chose.

    What is typed filters the list, the arrows move in it, Enter chooses, Escape does not.
    """

    DEFAULT_CSS = """
    PickDialog > Vertical {
        width: 90%; max-width: 70; height: auto; max-height: 90%;
        border: round $foreground; background: $surface; padding: 0 1;
    }
    PickDialog Input { width: 1fr; }
    PickDialog OptionList { height: auto; max-height: 12; border: none; padding: 0; }
    PickDialog OptionList > .option-list--option-highlighted { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(
        self, title: str, options: Sequence[tuple[str, str]], chosen: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self._title, self._options, self._chosen = title, tuple(options), frozenset(chosen)
        self._shown: list[str] = []
        self._list = OptionList()
        self._list.can_focus = False

    @override
    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(self._title, "bold"))
            yield Input(placeholder=_("type to filter; Enter chooses"), compact=True)
            yield self._list

    def on_mount(self) -> None:
        """Show all of them, what is chosen now pointed at."""
        self._filter("")
        chosen = [at for at, code in enumerate(self._shown) if code in self._chosen]
        if chosen:
            self._list.highlighted = chosen[0]

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show those that fit what was typed."""
        event.stop()
        self._filter(event.value)

    def _filter(self, typed: str) -> None:
        wanted = typed.casefold().split()
        fitting = [
            (code, words)
            for code, words in self._options
            if all(part in words.casefold() for part in wanted)
        ]
        self._shown = [code for code, _words in fitting]
        self._list.clear_options()
        self._list.add_options(
            [
                Option(Content(("✓ " if code in self._chosen else "  ") + printable(words)))
                for code, words in fitting
            ]
        )
        self._list.highlighted = 0 if fitting else None

    def action_move(self, way: int) -> None:
        """Point at another one."""
        if self._shown:
            at = 0 if self._list.highlighted is None else self._list.highlighted
            self._list.highlighted = (at + way) % len(self._shown)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose the one pointed at."""
        event.stop()
        at = self._list.highlighted
        if at is not None and at < len(self._shown):
            self.dismiss(self._shown[at])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """The mouse chooses."""
        event.stop()
        self.dismiss(self._shown[event.option_index])

    def action_cancel(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
