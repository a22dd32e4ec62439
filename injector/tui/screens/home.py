"""The home screen: the gun, the library, the log, sessions today and what is due."""

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from injector.shotlog.errors import LogError
from injector.staff.roles import Act
from injector.tui.desk import Place
from injector.tui.dialogs.pages import PageDialog
from injector.tui.keys import HOME
from injector.tui.records.reading import Reading
from injector.tui.records.summary import Summary, summarise
from injector.tui.screens.base import ConsoleScreen
from injector.tui.screens.quietly import quietly
from injector.tui.speech import _
from injector.tui.widgets.gun_card import GunCard
from injector.tui.widgets.home_cards import due_card, library_card, log_card, today_card
from injector.tui.widgets.keys import KeysLine
from injector.tui.widgets.open_session import OpenSessionSign

LOOK_S: Final = 2.0
"""How often the log is looked at again, where it has grown."""


class HomeScreen(ConsoleScreen):
    """Where one comes in, and comes back to between sessions."""

    KEYS = HOME
    BINDINGS: ClassVar[list[BindingType]] = [key.binding() for key in HOME]
    DEFAULT_CSS = """
    HomeScreen {
        #home { height: 1fr; }
        #cards { layout: horizontal; height: auto; }
        #cards > Vertical { width: 1fr; height: auto; padding: 0 1; }
        #cards Static, #cards GunCard { height: auto; margin-bottom: 1; }
        &.-narrow #cards { layout: vertical; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._reading: Reading | None = None
        self._summary: Summary | None = None
        self._as_of: int | None = None

    @override
    def compose(self) -> ComposeResult:
        yield from self.top()
        yield OpenSessionSign()
        with VerticalScroll(id="home"), Container(id="cards"):
            with Vertical():
                yield GunCard()
                yield Static(id="library")
                yield Static(id="log")
            with Vertical():
                yield Static(id="today")
                yield Static(id="due")
        yield KeysLine(HOME)

    def on_mount(self) -> None:
        """Begin to read the log."""
        self._reading = Reading(self.console.desk.log)
        self.query_one("#home").focus()
        self._read()
        self.set_interval(LOOK_S, self._look)

    def on_unmount(self) -> None:
        """Close it."""
        if self._reading is not None:
            self._reading.close()

    # -- acts --------------------------------------------------------------------------

    def action_new_session(self) -> None:
        """Begin a session, for those who may."""
        if self._may(Act.TREAT) or self._may(Act.TRAIN):
            self.console.go(Place.NEW_SESSION)
        else:
            self.console.say(_("Your role gives no sessions."), wrong=True)

    def action_review(self) -> None:
        """Review sessions."""
        if self._may(Act.REVIEW):
            self.console.go(Place.REVIEW)

    def action_workbench(self) -> None:
        """The workbench, for those who may."""
        if self._may(Act.WORK):
            self.console.go(Place.WORKBENCH)
        else:
            self.console.say(_("The workbench is for engineers."), wrong=True)

    def action_checkpoint(self) -> None:
        """The newest anchor, to be kept on paper, and what waits to go outside."""
        self.run_worker(quietly(self, self._show_checkpoint()), exclusive=True, group="checkpoint")

    async def _show_checkpoint(self) -> None:
        from injector.tui.dialogs.checkpoint import (  # noqa: PLC0415 - when first wanted
            checkpoint_of,
            checkpoint_page,
        )

        reading, desk = self._reading, self.console.desk
        if reading is None:
            return
        places, log = desk.settings.anchors.places(), desk.log
        try:
            found = await reading.ask(lambda reader: checkpoint_of(reader, places))
        except LogError as error:
            self.console.say(str(error), wrong=True)
            return
        if found is None:
            self.console.say(_("No session has closed yet."))
        else:
            self.app.push_screen(PageDialog(checkpoint_page(found, self.console.unplaced, log)))

    def _may(self, act: Act) -> bool:
        person = self.console.person
        return person is not None and person.may(act)

    # -- the log -----------------------------------------------------------------------

    def _look(self) -> None:
        newest = self.console.newest
        if newest is not None and newest.log_size != self._as_of:
            self._read()

    def _read(self) -> None:
        self.run_worker(quietly(self, self._summarise()), exclusive=True, group="summary")

    async def _summarise(self) -> None:
        reading, desk, newest = self._reading, self.console.desk, self.console.newest
        if reading is None:
            return
        self._as_of = None if newest is None else newest.log_size
        before, today = self._summary, desk.today()
        try:
            places = desk.settings.anchors.places()
            found = await reading.ask(
                lambda reader: summarise(reader, desk.library, today, before, places)
            )
        except LogError as error:
            self._show(("#log", log_card(None, str(error))))
            return
        self._summary = found
        self._show(
            ("#library", library_card(desk.library, found)),
            ("#log", log_card(found, "")),
            ("#today", today_card(found)),
            ("#due", due_card(found, today, named=self._may(Act.TREAT))),
        )

    def _show(self, *cards: tuple[str, Content]) -> None:
        for name, card in cards:
            self.query_one(name, Static).update(card)
        if self._summary is not None:
            self.query_one(GunCard).last_seen(self._summary)
