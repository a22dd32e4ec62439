"""Notices: what calls for a person. Over everything else, and away when there is nothing."""

from typing import TYPE_CHECKING, Final, NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.tui.keys import key_of
from injector.tui.plain import printable
from injector.tui.speech import _, labelled, plural
from injector.tui.terminal.sight import By
from injector.tui.widgets.face import Face, lines

if TYPE_CHECKING:  # what calls for a person is loaded with the first snapshot
    from injector.control.alarms import Alarm
    from injector.control.snapshot import Denied
    from injector.tui.look import View

_MOST_ALARMS: Final = 5


class _Part(NamedTuple):
    alarms: "tuple[Alarm, ...]"
    gaps: tuple[int, ...]
    foreign: bool
    denied: "Denied | None"
    unsure: bool


class Notices(Face[_Part]):
    """Alarms by priority, what waits for a word, and what was not followed."""

    GROWS = True

    @override
    def pick(self, view: "View") -> _Part:
        state = view.state
        unsure = view.sight is By.WRITES
        return _Part(state.alarms, state.gaps, state.foreign, state.denied, unsure)

    @override
    def changed(self, part: _Part) -> None:
        self.display = any(part)

    @override
    def paint(self, part: _Part, width: int) -> Content:
        rows = [_alarm(alarm) for alarm in part.alarms[:_MOST_ALARMS]]
        if len(part.alarms) > _MOST_ALARMS:
            rows.append(Content(f"  {_more(len(part.alarms) - _MOST_ALARMS)}"))
        if part.gaps:
            rows.append(_ask(_gaps(len(part.gaps)), key_of("gap")))
        if part.foreign:
            rows.append(_ask(_("Entries of another log wait for your word"), key_of("foreign")))
        if part.denied is not None:
            from injector.tui.words import denied_words  # noqa: PLC0415 - see above

            first, *rest = denied_words(part.denied).split("\n")
            rows.append(Content.styled(f"✖ {first}", "bold $notice-medium"))
            rows += [Content(printable(f"  {each}")) for each in rest]
        if part.unsure:
            rows.append(
                Content(
                    _("This terminal does not answer: a screen that freezes is noticed late")
                ).stylize("dim")
            )
        return lines(rows)


def _gaps(count: int) -> str:
    return plural("A gap waits for your word", "{count} gaps wait for your word", count)


def _more(count: int) -> str:
    return plural("and {count} more alarm", "and {count} more alarms", count)


def _ask(words: str, key: str) -> Content:
    return Content.assemble(("? ", "bold"), labelled(words, ""), (key, "bold reverse"))


def _alarm(alarm: "Alarm") -> Content:
    from injector.tui.alarm_words import PRIORITIES  # noqa: PLC0415 - see above
    from injector.tui.words import alarm_words  # noqa: PLC0415 - see above

    symbol, priority, style = PRIORITIES[alarm.priority]
    widest = max(len(_(each[1])) for each in PRIORITIES.values())
    name = f"{symbol} {_(priority):<{widest}}"
    words = printable(alarm_words(alarm))
    if alarm.acknowledged:
        return Content.styled(f"{name} {words} " + _("(seen)"), "dim")
    gone = "" if alarm.active else " " + _("- over")
    return Content.assemble(
        (f" {name} ", f"{style} reverse"), f" {words}{gone} ", (key_of("acknowledge"), "reverse")
    )
