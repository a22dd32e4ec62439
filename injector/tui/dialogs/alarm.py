"""The alarm: what it is, what caused it first, and what to do next. Over everything.

A key that was meant for something else must not acknowledge an alarm, nor two of them one
after the other: keys count only once nothing was typed for half a second, and only the two
that the dialog names.
"""

from typing import Final, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from typing_extensions import override

from injector.control.alarms import Alarm
from injector.control.inputs import AcknowledgeAlarm, PauseAlarms
from injector.control.snapshot import ConsoleState
from injector.tui.alarm_words import PRIORITIES, next_words
from injector.tui.dialogs.base import ConsoleDialog
from injector.tui.keys import key_of
from injector.tui.look import View, to_acknowledge
from injector.tui.plain import printable
from injector.tui.speech import _, plural
from injector.tui.widgets.face import Face, lines
from injector.tui.words import alarm_words

QUIET_US: Final = 500_000
"""So long nothing may have been typed before a key counts here."""


class _Part(NamedTuple):
    alarm: Alarm | None
    more: int


class AlarmFace(Face[_Part]):
    """The most urgent alarm."""

    GROWS = True

    @override
    def pick(self, view: View) -> _Part:
        alarm = alarm_of(view.state)
        unseen = [each for each in view.state.alarms if not each.acknowledged]
        return _Part(alarm, max(0, len(unseen) - 1))

    @override
    def changed(self, part: _Part) -> None:
        for priority in ("high", "medium", "low"):
            is_it = part.alarm is not None and part.alarm.priority == priority
            self.set_class(is_it, f"-{priority}")

    @override
    def paint(self, part: _Part, width: int) -> Content:
        alarm = part.alarm
        if alarm is None:
            return Content(_("No alarm stands."))
        symbol, priority, style = PRIORITIES[alarm.priority]
        over = "" if alarm.active else " " + _("- over")
        head = f"{symbol} {_(priority)} {symbol}".center(width)
        rows = [
            Content.styled(head, f"{style} reverse"),
            Content(""),
            Content.styled(printable(alarm_words(alarm)) + over, "bold"),
            Content(next_words(alarm.code)),
            Content(""),
        ]
        if part.more:
            rows.append(
                Content(plural("{count} more alarm", "{count} more alarms", part.more), spans=[])
            )
        acknowledge = _("silence it: seen") if alarm.acknowledged else _("seen")
        rows.append(
            Content.assemble(
                (f" {key_of('acknowledge')} ", "bold reverse"),
                f" {acknowledge}   ",
                (f" {key_of('silence')} ", "bold reverse"),
                f" {_('silence all for two minutes')}",
            )
        )
        return lines(rows)


def alarm_of(state: ConsoleState) -> Alarm | None:
    """The most urgent alarm that nobody has seen; where all are seen, the most urgent."""
    return to_acknowledge(state) or next(iter(state.alarms), None)


class AlarmDialog(ConsoleDialog[None]):
    """Shows the alarms one after the other, until all that are urgent were acknowledged."""

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._typed_us = 0
        self._asked = False
        """It was opened to look at what is seen already."""

    @override
    def body(self) -> ComposeResult:
        yield AlarmFace()

    @override
    def on_mount(self) -> None:
        """Look at why it is here. Textual calls the mounting of the base by itself, after this."""
        self._typed_us = self.console.desk.clock_us()
        view = self.console.view
        self._asked = view is not None and to_acknowledge(view.state) is None

    @override
    def show(self, view: View) -> None:
        super().show(view)
        if to_acknowledge(view.state) is None and not self._asked:
            self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Two keys, and Escape, once nothing was typed for a while."""
        event.stop()
        typed_us = int(event.time * 1_000_000)  # when it was typed, not when it is looked at
        quiet = typed_us - self._typed_us >= QUIET_US
        self._typed_us = typed_us
        view, nobody = self.console.view, self.console.person is None
        alarm = None if view is None else to_acknowledge(view.state)
        if event.key == "escape" and (nobody or alarm is None or alarm.priority != "high"):
            self.dismiss(None)
        elif nobody or not quiet:
            return  # nobody is at the console who could have seen it, or the key was not meant
        elif event.key == key_of("acknowledge") and alarm is not None:
            self.console.post(AcknowledgeAlarm(alarm.code, self.console.by))
        elif event.key == key_of("silence"):
            self.console.post(PauseAlarms(self.console.by))
