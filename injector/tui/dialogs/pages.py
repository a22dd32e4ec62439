"""Pages to read: help, and every limit with its source."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from injector.control.snapshot import SessionView
from injector.tui.dialogs.base import ConsoleDialog
from injector.tui.keys import EVERYWHERE, STOP, Key
from injector.tui.plain import printable
from injector.tui.speech import _
from injector.tui.widgets.limits import limit_lines


class PageDialog(ConsoleDialog[None]):
    """Something to read. Escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "close")]

    def __init__(self, page: Content) -> None:
        super().__init__()
        self._page = page

    @override
    def body(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self._page)

    def action_close(self) -> None:
        """Close the page."""
        self.dismiss(None)


def help_page(own: tuple[Key, ...]) -> Content:
    """Every key and what it does: STOP, a screen's own, and those that work everywhere."""
    keys = (STOP, *own, *(key for key in EVERYWHERE if key is not STOP))
    rows = [
        Content.assemble((f"{key.shown:>3}", "bold reverse"), f"  {key.sentence}") for key in keys
    ]
    tail = "\n" + _("The trigger fires, never this console. Escape closes this page.")
    return Content("\n").join([Content.styled(_("Keys"), "bold"), *rows, Content(tail)])


def limits_page(session: SessionView | None) -> Content:
    """Every limit of the step at hand."""
    rows = [] if session is None else limit_lines(session)
    if not rows:
        return Content(
            _("The limits of a step show when it is armed.") + "\n" + _("Escape closes this page.")
        )
    body = "\n".join(printable(line) for row in rows for line in row.split("\n"))
    return Content.assemble((_("Limits of the step at hand"), "bold"), "\n", body)
