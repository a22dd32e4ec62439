"""A session that is open, in words that one reads from across the room."""

from typing import NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.tui.look import View
from injector.tui.plain import printable
from injector.tui.speech import _
from injector.tui.widgets.face import Face, lines


class _Part(NamedTuple):
    title: str
    operator: str
    recovered: bool


class OpenSessionSign(Face[_Part | None]):
    """Offers to go on with the session that is open; nothing where none is."""

    DEFAULT_CSS = """
    OpenSessionSign { height: 3; display: none; text-style: bold reverse; text-wrap: nowrap; }
    """

    @override
    def pick(self, view: View) -> _Part | None:
        session = view.state.session
        if session is None:
            return None
        return _Part(session.title, session.operator, session.recovered)

    @override
    def changed(self, part: _Part | None) -> None:
        self.display = part is not None

    @override
    def paint(self, part: _Part | None, width: int) -> Content:
        if part is None:
            return Content("")
        large = " ".join(_("A SESSION IS OPEN"))
        whose = f"{part.title} · {part.operator}" if part.title else part.operator
        if part.recovered:
            whose = _("left open by an earlier run, by {who}").format(who=part.operator)
        return lines(
            [
                Content(large.center(width)),
                Content(_("b goes on with it").center(width)),
                Content(printable(whose).center(width)),
            ]
        )
