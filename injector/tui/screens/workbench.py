"""The workbench, for engineers: the line, the gun's journal, and a hand on a simulated gun."""

import time
from contextlib import suppress
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.message import Message
from textual.widgets import ContentSwitcher, Static
from typing_extensions import override

from injector.control.inputs import Watch
from injector.shotlog.entries import DeviceSeen
from injector.shotlog.reader import LogReader
from injector.tui.desk import Place
from injector.tui.hand import Hand, Missed, Seen
from injector.tui.keys import HAND, WORKBENCH
from injector.tui.look import View
from injector.tui.records.lists import JOURNAL_COLUMNS, journal_rows
from injector.tui.records.reading import Reading
from injector.tui.screens.base import ConsoleScreen
from injector.tui.screens.quietly import quietly
from injector.tui.widgets.frames import Frames
from injector.tui.widgets.hand_line import HandLine
from injector.tui.widgets.keys import KeysLine
from injector.tui.widgets.link_figures import LinkFigures
from injector.tui.widgets.long_list import LongList

LOOK_S: Final = 2.0
ASK_S: Final = 1.0
"""How often the engine is asked for frames that do not come."""
PULL_MS: Final = 200
LOW_PCT: Final = 4
ANY_SYRINGE_NL: Final = 5_000_000


class WorkbenchScreen(ConsoleScreen):
    """Frames as they pass, or the journal; below, on a simulated gun, the hand."""

    KEYS = (*WORKBENCH, *HAND)
    BINDINGS: ClassVar[list[BindingType]] = [key.binding() for key in (*WORKBENCH, *HAND)]
    DEFAULT_CSS = """
    WorkbenchScreen {
        ContentSwitcher { height: 1fr; }
        Frames, LongList { height: 1fr; }
        #journal-line { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #journal { height: 100%; layout: vertical; }
    }
    """

    class Felt(Message):
        """The hand has something to say."""

        def __init__(self, what: Seen | Missed) -> None:
            super().__init__()
            self.what = what

    def __init__(self) -> None:
        super().__init__()
        self._reading: Reading | None = None
        self._hand: Hand | None = None
        self._seen: Seen | None = None
        self._faults: frozenset[str] = frozenset()
        self._asked_s = 0.0
        self._journal: tuple[str, int, int] | None = None

    @override
    def compose(self) -> ComposeResult:
        simulated = self.console.desk.control is not None
        yield from self.top()
        yield LinkFigures()
        with ContentSwitcher(initial="frames"):
            frames = Frames()
            frames.id = "frames"
            yield frames
            yield LongList(
                JOURNAL_COLUMNS, empty="no entry of its journal is in the log", id="journal"
            )
        yield Static(id="journal-line")
        if simulated:
            yield HandLine()
        yield KeysLine((*WORKBENCH, *HAND) if simulated else WORKBENCH)

    def on_mount(self) -> None:
        """Begin to watch the line, and take the gun in hand where it is a simulated one."""
        desk = self.console.desk
        self._reading = Reading(desk.log)
        # The switcher hides and shows its pages as it is mounted, which takes the focus away.
        self.call_after_refresh(self.query_one(Frames).focus)
        self._watch()
        self._look()
        self.set_interval(LOOK_S, self._look)
        if desk.control is not None:
            self._hand = Hand(desk.control, self._felt)
            self.query_one(HandLine).show_hand(None, self._faults)

    def on_unmount(self) -> None:
        """Let go of everything."""
        self.console.post(Watch(on=False))
        if self._hand is not None:
            self._hand.close()
        if self._reading is not None:
            self._reading.close()

    @override
    def show(self, view: View) -> None:
        super().show(view)
        for frames in self.query(Frames):  # none yet while the screen is being made
            frames.take(view.state.line)
        if view.state.line is None and time.monotonic() - self._asked_s > ASK_S:
            self._watch()

    def _watch(self) -> None:
        self._asked_s = time.monotonic()
        self.console.post(Watch(on=True))

    # -- acts --------------------------------------------------------------------------

    def action_go_home(self) -> None:
        """To the home screen."""
        self.console.go(Place.HOME)

    def action_arm(self) -> None:
        """Arm the first unfinished step."""
        self.console.arm()

    def action_pause(self) -> None:
        """Hold the frames still, or let them pass."""
        frames = self.query_one(Frames)
        frames.pause()
        self.console.say("paused: arrow keys scroll" if frames.paused else "following")

    def action_journal(self) -> None:
        """The journal instead of the frames, or the frames again."""
        switcher = self.query_one(ContentSwitcher)
        switcher.current = "frames" if switcher.current == "journal" else "journal"
        self.query_one(f"#{switcher.current}").focus()

    # -- the hand ------------------------------------------------------------------------

    def _felt(self, what: Seen | Missed) -> None:
        """Called on the hand's thread."""
        self.post_message(self.Felt(what))

    def on_workbench_screen_felt(self, message: "WorkbenchScreen.Felt") -> None:
        """Show what the hand says."""
        if isinstance(message.what, Seen):
            self._seen = message.what
        else:
            self.console.say(message.what.why, wrong=True)
        with suppress(NoMatches):  # somebody has left
            self.query_one(HandLine).show_hand(self._seen or message.what, self._faults)

    def action_sim_trigger(self) -> None:
        """Pull the trigger, or let it go: a terminal does not tell when a key is let go."""
        self._do("trigger", held=not (self._seen is not None and self._seen.trigger))

    def action_sim_pull(self) -> None:
        """Pull, and let go by itself."""
        self._do("pull", ms=PULL_MS)

    def action_sim_contact(self) -> None:
        """Nose on the skin, or off."""
        self._do("contact", on=not (self._seen is not None and self._seen.contact))

    def action_sim_occlusion(self) -> None:
        """Block or clear the needle."""
        self._fault("occlusion")

    def action_sim_air(self) -> None:
        """Air in the line, or none."""
        self._fault("air")

    def action_sim_empty(self) -> None:
        """An empty syringe, or not."""
        self._fault("empty")

    def action_sim_drive(self) -> None:
        """A drive that stands still, or moves."""
        self._fault("drive")

    def action_sim_stuck_trigger(self) -> None:
        """A trigger that sticks, or is free."""
        self._fault("stuck_trigger")

    def action_sim_battery(self) -> None:
        """A low battery, or a full one."""
        low = self._seen is not None and self._seen.battery_pct <= LOW_PCT
        self._do("battery", pct=100 if low else LOW_PCT)

    def action_sim_power(self) -> None:
        """Cut the power, or give it back."""
        self._do("power", on=self._seen is not None and not self._seen.power)

    def action_sim_reset(self) -> None:
        """Cut the power and give it back at once."""
        self._do("reset")

    def action_sim_cable(self) -> None:
        """Pull the cable out, or put it in."""
        self._do("unplug" if self._seen is None or self._seen.plugged else "plug")

    def action_sim_syringe(self) -> None:
        """A fresh syringe."""
        size = 0 if self._seen is None else self._seen.syringe_nl
        self._do("syringe", volume_nl=size or ANY_SYRINGE_NL)

    def _fault(self, name: str) -> None:
        if self._hand is not None:
            self._faults ^= {name}
        self._do("fault", name=name, on=name in self._faults)

    def _do(self, what: str, **fields: object) -> None:
        if self._hand is None:
            self.console.say("only a simulated gun has a hand here", wrong=True)
        else:
            self._hand.do(what, **fields)

    # -- the journal -----------------------------------------------------------------------

    def _look(self) -> None:
        self.run_worker(quietly(self, self._read()), exclusive=True, group="journal")

    async def _read(self) -> None:
        reading = self._reading
        if reading is None:
            return
        seen = await reading.ask(_last_gun)
        if seen is None:
            return
        seqs = await reading.ask(lambda reader: reader.journal_seqs(seen.serial, seen.journal_id))
        version = (seen.serial, seen.journal_id, len(seqs))
        self.query_one("#journal-line", Static).update(_journal_words(seen, len(seqs)))
        if version != self._journal:
            self._journal = version
            self.query_one("#journal", LongList).set_rows(journal_rows(reading, seqs))


def _last_gun(reader: LogReader) -> DeviceSeen | None:
    seen = reader.last("device_seen")
    return seen.body if seen is not None and isinstance(seen.body, DeviceSeen) else None


def _journal_words(seen: DeviceSeen, entries: int) -> str:
    return (
        f"journal {seen.journal_id:08x} of {seen.serial}: {entries} entries in the log;"
        f" at the last hello {seen.oldest} to {seen.newest}, acknowledged {seen.acknowledged}"
    )
