"""The newest session's checkpoint, to be kept on paper: five lines and a code, and what waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.content import Content

from injector.anchors.failure import AnchorError
from injector.anchors.places import Places
from injector.anchors.printed import five_lines, qr_on_screen
from injector.anchors.standing import Kind, Standing, look
from injector.shotlog.entries import Anchor
from injector.shotlog.reader import LogReader
from injector.tui.anchor_words import holds, waits, why
from injector.tui.plain import printable
from injector.tui.speech import _, labelled


@dataclass(frozen=True, slots=True)
class NewestCheckpoint:
    """What the page shows of the log."""

    note: str
    outside: tuple[Standing, ...]


def checkpoint_of(reader: LogReader, places: Places) -> NewestCheckpoint | None:
    """Read it; None where no session has closed yet."""
    anchor = reader.last("anchor")
    if anchor is None or not isinstance(anchor.body, Anchor):
        return None
    return NewestCheckpoint(anchor.body.checkpoint, look(reader, places))


def checkpoint_page(
    found: NewestCheckpoint, unplaced: Mapping[Kind, AnchorError], log: Path
) -> Content:
    """The five lines, how the places outside stand, and the code."""
    rows = [Content.styled(_("The newest session's checkpoint"), "bold")]
    rows += [Content(printable(line)) for line in five_lines(found.note)]
    rows += [Content("")]
    for each in found.outside:
        waiting, wrong = waits(each), each.wrong or unplaced.get(each.kind)
        rows.append(Content(printable(labelled(holds(each), each.name))))
        if waiting:
            said = waiting if wrong is None else labelled(waiting, why(wrong))
            rows.append(Content.styled(f"  {said}", "bold $notice-medium"))
    told = _("Keep it where nobody who can write the log can change it: on paper, by a photograph.")
    print_it = _("To print it: injector log checkpoint --log {log} --svg FILE").format(log=log)
    rows += [Content(""), Content(told), Content(printable(print_it)), Content("")]
    # Light on dark whatever the theme: cameras do not like it the other way round.
    rows += [Content.styled(line, "#ffffff on #000000") for line in _code(found.note)]
    rows += [Content(""), Content(_("Escape closes this page."))]
    return Content("\n").join(rows)


def _code(note: str) -> list[str]:
    return qr_on_screen(note).splitlines()
