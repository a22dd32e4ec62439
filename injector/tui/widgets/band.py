"""The band: the state in one word and one colour, as wide as the screen."""

from typing import NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.tui.look import Headline, Tone, View, headline
from injector.tui.widgets.face import Face, lines
from injector.tui.words import printable


class _Part(NamedTuple):
    headline: Headline
    realm: str
    what: str


class StateBand(Face[_Part]):
    """Three rows that one reads from across the room."""

    @override
    def pick(self, view: View) -> _Part:
        session = view.state.session
        realm = "TRAINING" if session is None else session.realm.upper()
        what = "no session" if session is None else f"{session.title} · {session.operator}"
        said = headline(view)
        if view.leaving:
            said = Headline(said.word, said.symbol, said.tone, "leaving: closing in order")
        return _Part(said, realm, printable(what))

    @override
    def changed(self, part: _Part) -> None:
        for tone in Tone:
            self.set_class(tone is part.headline.tone, f"-{tone.value}")

    @override
    def paint(self, part: _Part, width: int) -> Content:
        said = part.headline
        word = f"{said.symbol}  {' '.join(said.word)}  {said.symbol}"
        return lines(
            [
                Content.assemble((f" {part.realm} ", "bold reverse"), " ", part.what),
                Content.styled(word.center(width), "bold"),
                Content.styled(said.next.center(width), "bold" if "NO SHOT" in said.next else ""),
            ]
        )
