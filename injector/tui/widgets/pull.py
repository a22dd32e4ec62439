"""Why a pull of the trigger gave no shot, in letters that one reads from two metres."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from textual.content import Content
from textual.geometry import Size
from typing_extensions import override

from injector.protocol.codes import Faults, Inhibits
from injector.tui.bigletters import big
from injector.tui.look import View
from injector.tui.speech import _, mark
from injector.tui.widgets.face import Face, lines
from injector.tui.words import inhibit_words

_SHORT: Final[Mapping[Inhibits, str]] = {
    Inhibits.STOPPED: mark("STOP"),
    Inhibits.FAULT: mark("FAULT"),
    Inhibits.NO_GRANT: mark("NOT ARMED"),
    Inhibits.EXHAUSTED: mark("USED UP"),
    Inhibits.CONTACT: mark("NO CONTACT"),
    Inhibits.TRIGGER_HELD: mark("LET GO"),
    Inhibits.JOURNAL_FULL: mark("GUN FULL"),
    Inhibits.LEASE: mark("WAIT"),
    Inhibits.CADENCE: mark("TOO SOON"),
}
"""The shortest form of each reason; of several the first is shown."""
_FAULTS: Final[Mapping[Faults, str]] = {
    Faults.EMPTY: mark("EMPTY"),
    Faults.OCCLUSION: mark("BLOCKED"),
    Faults.AIR: mark("AIR"),
    Faults.STUCK_TRIGGER: mark("TRIGGER"),
    Faults.LOW_BATTERY: mark("BATTERY"),
    Faults.DRIVE: mark("DRIVE"),
    Faults.MEMORY: mark("MEMORY"),
}
_TALL: Final = 24
"""A screen so high has room for the large letters."""


def short_reason(inhibits: Inhibits, faults: Faults) -> str:
    """The shortest form of why; empty where a pull would give a shot."""
    for each, words in _SHORT.items():
        if each in inhibits:
            if each is Inhibits.FAULT:
                return next((_(of) for fault, of in _FAULTS.items() if fault in faults), _(words))
            return _(words)
    return ""


class _Part(NamedTuple):
    short: str
    whole: str


class PullReason(Face[_Part]):
    """There only while it is news."""

    GROWS = True

    @override
    def pick(self, view: View) -> _Part:
        status = view.state.status
        faults = Faults(0) if status is None else status.faults
        return _Part(short_reason(view.pulled, faults), inhibit_words(view.pulled))

    @override
    def changed(self, part: _Part) -> None:
        self.display = bool(part.short)

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 6 if viewport.height >= _TALL else 4

    @override
    def paint(self, part: _Part, width: int) -> Content:
        rows = big(part.short, width, self.content_size.height - 1)
        drawn = [Content.styled(row.center(width), "bold") for row in rows]
        return lines([*drawn, Content.styled(part.whole.center(width), "bold")])
