"""The band: the state in one word and one colour, as wide as the screen."""

from typing import TYPE_CHECKING, Final, NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.tui.plain import printable
from injector.tui.speech import _, mark
from injector.tui.widgets.face import Face, lines

if TYPE_CHECKING:  # a band is there before there is anything to show on it
    from injector.tui.look import Headline, View

REALMS: Final = {"training": mark("TRAINING"), "clinical": mark("CLINICAL")}
"""What a session is, by the log's name for it."""


class _Part(NamedTuple):
    headline: "Headline"
    realm: str
    """Empty where it is not known yet."""
    what: str
    pulled: bool
    """The trigger was pulled just now and gave no shot."""


class StateBand(Face[_Part]):
    """Three rows that one reads from across the room."""

    @override
    def pick(self, view: "View") -> _Part:
        from injector.tui.look import Headline, headline  # noqa: PLC0415 - see above

        session = view.state.session
        realm = view.realm if session is None else session.realm
        what = _("no session") if session is None else f"{session.title} · {session.operator}"
        said = headline(view)
        if view.leaving:
            said = Headline(said.word, said.symbol, said.tone, _("leaving: closing in order"))
        named = "" if realm is None else f" {_(REALMS[realm])} "
        return _Part(said, named, printable(what), bool(view.pulled))

    @override
    def changed(self, part: _Part) -> None:
        from injector.tui.look import Tone  # noqa: PLC0415 - see above

        for tone in Tone:
            self.set_class(tone is part.headline.tone, f"-{tone.value}")

    @override
    def paint(self, part: _Part, width: int) -> Content:
        said = part.headline
        word = f"{said.symbol}  {' '.join(said.word)}  {said.symbol}"
        return lines(
            [
                Content.assemble((part.realm, "bold reverse"), " ", part.what),
                Content.styled(word.center(width), "bold"),
                Content.styled(said.next.center(width), "bold" if part.pulled else ""),
            ]
        )
