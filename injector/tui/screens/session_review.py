"""One session under review: what it came to against its limits, its shots, what happened."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import ContentSwitcher, Static
from typing_extensions import override

from injector.control.reckoned import reckoned
from injector.shotlog.entries import Grant
from injector.shotlog.reader import LogReader, Row
from injector.staff.roles import Act
from injector.tui.keys import SESSION_REVIEW
from injector.tui.records.entry_words import GROUPS
from injector.tui.records.lists import (
    Filters,
    event_columns,
    event_rows,
    event_seqs,
    shot_columns,
    shot_rows,
    shot_seqs,
)
from injector.tui.records.reading import Reading
from injector.tui.screens.base import ConsoleScreen
from injector.tui.screens.quietly import quietly
from injector.tui.speech import _, plural
from injector.tui.widgets.keys import KeysLine
from injector.tui.widgets.long_list import LongList
from injector.tui.widgets.session_cards import figures_card, session_card

OUTCOMES: Final = ("complete", "partial", "uncertain")


class SessionReviewScreen(ConsoleScreen):
    """The session that was opened with the entry ``seq``."""

    KEYS = SESSION_REVIEW
    BINDINGS: ClassVar[list[BindingType]] = [key.binding() for key in SESSION_REVIEW]
    DEFAULT_CSS = """
    SessionReviewScreen {
        ContentSwitcher { height: 1fr; }
        #figures { height: 100%; padding: 0 1; }
        LongList { height: 100%; }
        #chosen { height: 1; padding: 0 1; text-style: bold; text-wrap: nowrap; }
    }
    """

    def __init__(self, seq: int) -> None:
        super().__init__()
        self._seq = seq
        self._session = ""
        self._reading: Reading | None = None
        self._reckoning: Reading | None = None
        """A long session's figures take their time, and lists do not wait for them."""
        self._filters = Filters()
        self._group = next(iter(GROUPS))
        self._techniques: tuple[str, ...] = ()
        self._zones: tuple[str, ...] = ()
        self._title = ""
        self._counted: dict[str, str] = {}

    @override
    def compose(self) -> ComposeResult:
        yield from self.top()
        yield Static(id="chosen")
        with ContentSwitcher(initial="figures"):
            with VerticalScroll(id="figures"):
                yield Static(id="card")
                yield Static(id="reckoned")
            yield LongList(shot_columns(), empty=_("No such shots"), id="shots")
            yield LongList(event_columns(), empty=_("Nothing of the kind"), id="events")
        yield KeysLine(SESSION_REVIEW)

    def on_mount(self) -> None:
        """Read what there is to read."""
        self._reading = Reading(self.console.desk.log)
        self._reckoning = Reading(self.console.desk.log)
        self.action_page_figures()
        self.run_worker(quietly(self, self._read()))

    def on_unmount(self) -> None:
        """Close the log."""
        for reading in (self._reading, self._reckoning):
            if reading is not None:
                reading.close()

    # -- acts --------------------------------------------------------------------------

    def action_sessions(self) -> None:
        """Back to the list, at this session."""
        from injector.tui.screens.review import ReviewScreen  # noqa: PLC0415 - it opens this one

        self.console.show_instead(ReviewScreen(self._seq))

    def action_sign_performed(self) -> None:
        """Sign that one has performed it."""
        if self._session:
            self.console.sign(self._session, "performed")

    def action_sign_reviewed(self) -> None:
        """Sign that one has reviewed it."""
        if self._session:
            self.console.sign(self._session, "reviewed")

    def action_page_figures(self) -> None:
        """What it came to, against its limits."""
        self._page("figures")

    def action_page_shots(self) -> None:
        """Its shots."""
        self._page("shots")

    def action_page_events(self) -> None:
        """What happened besides."""
        self._page("events")

    def action_filter_outcome(self) -> None:
        """The next outcome; among events the next kind."""
        if self._at == "events":
            groups = list(GROUPS)
            self._group = groups[(groups.index(self._group) + 1) % len(groups)]
            self.run_worker(quietly(self, self._list_events()), exclusive=True, group="events")
        else:
            self._choose(replace(self._filters, outcome=_next(OUTCOMES, self._filters.outcome)))

    def action_filter_technique(self) -> None:
        """The next technique of the session."""
        chosen = _next(self._techniques, self._filters.technique)
        self._choose(replace(self._filters, technique=chosen))

    def action_filter_zone(self) -> None:
        """The next zone of the session."""
        self._choose(replace(self._filters, zone=_next(self._zones, self._filters.zone)))

    def action_filter_soft(self) -> None:
        """Only shots outside a soft limit, or all again."""
        self._choose(replace(self._filters, soft=not self._filters.soft))

    # -- what shows --------------------------------------------------------------------

    @property
    def _at(self) -> str:
        return self.query_one(ContentSwitcher).current or "figures"

    def _page(self, name: str) -> None:
        self.query_one(ContentSwitcher).current = name
        self.query_one(f"#{name}").focus()
        self._say_chosen()

    def _choose(self, filters: Filters) -> None:
        self._filters = filters
        self._page("shots")
        self.run_worker(quietly(self, self._list_shots()), exclusive=True, group="shots")

    def _say_chosen(self) -> None:
        chosen = {"shots": self._filters.words(), "events": _(self._group)}.get(self._at, "")
        said = " · ".join(
            each for each in (self._title, self._counted.get(self._at, ""), chosen) if each
        )
        self.query_one("#chosen", Static).update(Content(said))

    # -- the log -----------------------------------------------------------------------

    async def _read(self) -> None:
        reading, reckoning = self._reading, self._reckoning
        if reading is None or reckoning is None:
            return
        row = await reading.ask(lambda reader: reader.sessions_at([self._seq]).get(self._seq))
        if row is None:
            return
        self._session = str(row["session"])
        await self._show_card(reading, row)
        grants = await reading.ask(lambda reader: reader.granted(self._session))
        bodies = [each.body for each in grants if isinstance(each.body, Grant)]
        self._techniques = tuple(sorted({each.technique for each in bodies}))
        self._zones = tuple(sorted({each.zone for each in bodies}))
        await self._list_shots()
        await self._list_events()
        figures = await reckoning.ask(lambda reader: reckoned(reader, self._session))
        self.query_one("#reckoned", Static).update(figures_card(figures))

    async def _show_card(self, reading: Reading, row: Row) -> None:
        person = self.console.person
        named = person is not None and person.may(Act.TREAT)
        signers = await reading.ask(lambda reader: _people(reader, self._session))
        self._title = _("Session {id}").format(id=self._session)
        self.query_one("#card", Static).update(session_card(row, signers, named=named))
        self._say_chosen()

    async def _list_shots(self) -> None:
        reading, chosen = self._reading, self._filters
        if reading is None or not self._session:
            return
        seqs = await reading.ask(lambda reader: shot_seqs(reader, self._session, chosen))
        self._counted["shots"] = plural("{count} shot", "{count} shots", len(seqs))
        self.query_one("#shots", LongList).set_rows(shot_rows(reading, seqs), cursor=0)
        self._say_chosen()

    async def _list_events(self) -> None:
        reading, group = self._reading, self._group
        if reading is None or not self._session:
            return
        seqs = await reading.ask(lambda reader: event_seqs(reader, self._session, group))
        self._counted["events"] = plural("{count} entry", "{count} entries", len(seqs))
        self.query_one("#events", LongList).set_rows(event_rows(reading, seqs), cursor=0)
        self._say_chosen()


def _people(reader: LogReader, session: str) -> tuple[str, ...]:
    """Who had the session in charge, in their order."""
    found = [
        str(getattr(entry.body, "operator", ""))
        for entry in reader.entries(session=session, kinds=("session_opened", "taken_over"))
    ]
    return tuple(dict.fromkeys(found))


def _next(choices: Sequence[str], now: str | None) -> str | None:
    """The choice after that one; after the last none, after none the first."""
    if now is None:
        return choices[0] if choices else None
    at = choices.index(now) + 1 if now in choices else len(choices)
    return choices[at] if at < len(choices) else None
