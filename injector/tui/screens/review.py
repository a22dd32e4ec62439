"""The review: every session of the log, and whether the log verifies."""

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from typing_extensions import override

from injector.shotlog.reader import LogReader
from injector.shotlog.signatures import to_review
from injector.staff.roles import Act
from injector.tui.desk import Place
from injector.tui.keys import REVIEW
from injector.tui.records.lists import session_columns, session_rows
from injector.tui.records.reading import Reading
from injector.tui.screens.base import ConsoleScreen
from injector.tui.screens.quietly import quietly
from injector.tui.screens.session_review import SessionReviewScreen
from injector.tui.speech import _
from injector.tui.widgets.keys import KeysLine
from injector.tui.widgets.long_list import LongList
from injector.tui.widgets.verification_line import VerificationLine

LOOK_S: Final = 2.0
CHECK_S: Final = 0.25


class ReviewScreen(ConsoleScreen):
    """A list of sessions, the newest first. ``at`` is the session that is pointed at first."""

    KEYS = REVIEW
    BINDINGS: ClassVar[list[BindingType]] = [key.binding() for key in REVIEW]
    DEFAULT_CSS = "ReviewScreen LongList { height: 1fr; padding: 0 0; }"

    def __init__(self, at: int | None = None) -> None:
        super().__init__()
        self._at = at
        self._reading: Reading | None = None
        self._newest: tuple[int | None, bool] | None = None
        self._waiting = False
        """Whether only sessions are listed that nobody has reviewed."""
        self._seqs: list[int] = []

    @override
    def compose(self) -> ComposeResult:
        yield from self.top()
        yield VerificationLine()
        yield LongList(session_columns(), empty=_("No session is in the log yet"))
        yield KeysLine(REVIEW)

    def on_mount(self) -> None:
        """Begin to read the log."""
        self._reading = Reading(self.console.desk.log)
        self.query_one(LongList).focus()
        self._look()
        self.set_interval(LOOK_S, self._look)
        self._tell()
        self.set_interval(CHECK_S, self._tell)

    def on_unmount(self) -> None:
        """Close it."""
        if self._reading is not None:
            self._reading.close()

    def on_long_list_chosen(self, message: LongList.Chosen) -> None:
        """Look at one session."""
        if message.row < len(self._seqs):
            self.console.show_instead(SessionReviewScreen(self._seqs[message.row]))

    def action_check(self) -> None:
        """Verify the log, beside everything else."""
        desk = self.console.desk
        desk.verification.start(desk.log)
        self._tell()

    def action_queue(self) -> None:
        """Only what nobody has reviewed; again for all."""
        self._waiting = not self._waiting
        words = (
            _("only sessions that nobody has reviewed, exceptions first")
            if self._waiting
            else _("all sessions, the newest first")
        )
        self.console.say(words)
        self._look()

    def action_go_home(self) -> None:
        """To the home screen."""
        self.console.go(Place.HOME)

    def _tell(self) -> None:
        newest = self.console.newest
        size = 0 if newest is None else newest.log_size
        standing = self.console.desk.verification.standing
        self.query_one(VerificationLine).show_standing(standing, size)

    def _look(self) -> None:
        self.run_worker(quietly(self, self._read()), exclusive=True, group="sessions")

    async def _read(self) -> None:
        reading = self._reading
        if reading is None:
            return
        newest = (await reading.ask(_version), self._waiting)
        if newest == self._newest:
            return
        seqs = await reading.ask(_to_review if self._waiting else LogReader.session_seqs)
        self._newest = newest
        person = self.console.person
        rows = session_rows(
            reading,
            seqs,
            named=person is not None and person.may(Act.TREAT),
            live=self.console.newest,
        )
        shown = self.query_one(LongList)
        pointed = self._at
        if pointed is None and shown.cursor < len(self._seqs):
            pointed = self._seqs[shown.cursor]
        self._seqs, self._at = seqs, None
        shown.set_rows(rows, cursor=seqs.index(pointed) if pointed in seqs else 0)


def _version(reader: LogReader) -> int | None:
    """What the list follows from: a newer entry of these kinds changes it."""
    return reader.newest_seq(
        ("session_opened", "session_closed", "gap", "adverse_event", "text_erased", "signed")
    )


def _to_review(reader: LogReader) -> list[int]:
    """Where the sessions were opened that nobody has reviewed, exceptions first."""
    return [each.opened_seq for each in to_review(reader)]
