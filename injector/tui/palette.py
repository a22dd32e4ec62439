"""The command palette: every act of where one stands, and every place one can go, by name."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from typing_extensions import override

from injector.tui.desk import Console, Place
from injector.tui.keys import EVERYWHERE, Key
from injector.tui.screens.base import ConsoleScreen
from injector.tui.speech import _, mark

PLACES: Final[Mapping[Place, str]] = {
    Place.HOME: mark("Go home"),
    Place.NEW_SESSION: mark("Go to the new session"),
    Place.TREATMENT: mark("Go to the treatment"),
    Place.REVIEW: mark("Go to the review"),
    Place.WORKBENCH: mark("Go to the workbench"),
}
"""Where one can go; signing in is no place one goes to."""


class _Entry(NamedTuple):
    name: str
    key: str
    act: Callable[[], object]


class ConsoleCommands(Provider):
    """Finds acts by what they do, in the language in use, and shows their keys."""

    @override
    async def discover(self) -> Hits:
        for each in self._entries():
            yield DiscoveryHit(each.name, each.act, help=each.key)

    @override
    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for each in self._entries():
            score = matcher.match(each.name)
            if score > 0:
                yield Hit(score, matcher.highlight(each.name), each.act, help=each.key)

    def _entries(self) -> Iterator[_Entry]:
        console = cast(Console, self.app)
        stack = reversed(self.app.screen_stack)
        here = next((each for each in stack if isinstance(each, ConsoleScreen)), None)
        for key in () if here is None else here.KEYS:
            yield self._entry(key, partial(self.app.run_action, default_namespace=here))
        for key in EVERYWHERE:
            if key.action != "command_palette":
                yield self._entry(key, self.app.run_action)
        line = None if here is None else here.selected_line()
        if line is not None:
            yield _Entry(_("Copy the selected line."), "", partial(console.copy, line))
        if console.person is not None:
            for place, name in PLACES.items():
                yield _Entry(_(name), "", partial(console.go, place))

    @staticmethod
    def _entry(key: Key, run: Callable[[str], object]) -> _Entry:
        return _Entry(key.sentence, f"{key.shown} · {key.word}", partial(run, key.action))
