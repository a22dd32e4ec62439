"""Which zone: the body map in a dialog."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from injector.tui.dialogs.base import ConsoleDialog
from injector.tui.speech import _
from injector.tui.widgets.body_map import BodyMap


class ZoneDialog(ConsoleDialog[str | None]):
    """Asks for a zone; the result is its code, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, zones: Sequence[str], at: str | None = None) -> None:
        super().__init__()
        self._zones, self._at = zones, at

    @override
    def body(self) -> ComposeResult:
        with Vertical(classes="map"):
            yield Static(
                Content.assemble(
                    (_("Which zone?"), "bold"),
                    "  ",
                    (" Enter ", "bold reverse"),
                    f" {_('this one')}  ",
                    (" Esc ", "bold reverse"),
                    f" {_('leave it')}",
                )
            )
            yield BodyMap(self._zones, self._at)

    @on(BodyMap.ZoneChosen)
    def _chosen(self, message: BodyMap.ZoneChosen) -> None:
        self.dismiss(message.zone)

    def action_leave(self) -> None:
        """None of them."""
        self.dismiss(None)
