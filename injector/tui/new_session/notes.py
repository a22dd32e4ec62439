"""Words for what is open or passed in a draft, by place."""

from collections.abc import Mapping
from typing import Final

from injector.limits.side import Level
from injector.treatment.gs1 import ScanError, ScanFault, Scanned
from injector.tui.draft.judging import Judged
from injector.tui.draft.reading import Lack, Open, Reading
from injector.tui.keys import key_of
from injector.tui.limit_words import passed_words
from injector.tui.new_session.form import Note, Sign
from injector.tui.speech import _, mark, number
from injector.tui.words import DOUBTS

_SIGNS: Final[Mapping[Lack, Sign]] = {
    Lack.MISSING: Sign.MISSING,
    Lack.WRONG: Sign.WRONG,
    Lack.PROPOSED: Sign.PROPOSED,
}
_SCAN: Final[Mapping[ScanFault, str]] = {
    ScanFault.EMPTY: mark("nothing was scanned"),
    ScanFault.TOO_LONG: mark("longer than any code"),
    ScanFault.NO_CODE: mark("this is no GS1 code; scan the one with product, lot and expiry"),
    ScanFault.UNKNOWN_AI: mark("it has a part that GS1 does not know; scan again, or type"),
    ScanFault.CUT_SHORT: mark("a part of it is cut short; scan again"),
    ScanFault.NOT_DIGITS: mark("letters stand where digits belong; scan again"),
    ScanFault.CHECK_DIGIT: mark("the product number's check digit is wrong; scan again"),
    ScanFault.NO_DATE: mark("its date is no day; read it from the label and type it"),
    ScanFault.CHARACTERS: mark("its lot has characters that no lot has; type it"),
    ScanFault.TWICE: mark("it says the same thing twice, and not alike; type what the label says"),
}


def notes_of(reading: Reading, judged: Judged) -> dict[str, list[Note]]:
    """What is to be known of each place."""
    found: dict[str, list[Note]] = {}
    for each in open_of(reading, judged):
        found.setdefault(each.place, []).append(Note(_SIGNS[each.lack], _open_words(each)))
    for doubt in reading.doubts:
        words = _("it looks like {what}").format(what=_(DOUBTS[doubt]))
        found.setdefault("pseudonym", []).append(Note(Sign.SOFT, words))
    for spoken in judged.spoken:
        sign = Sign.WRONG if spoken.passed.level is Level.HARD else Sign.SOFT
        found.setdefault(spoken.place, []).append(Note(sign, number(passed_words(spoken.passed))))
    return found


def open_of(reading: Reading, judged: Judged) -> tuple[Open, ...]:
    """Every place that is open: by the reading, and by what limits must know."""
    return reading.open + judged.open


def _open_words(each: Open) -> str:
    match each.lack:
        case Lack.PROPOSED:
            return _("proposed by {source}; Enter or {key} accepts").format(
                source=each.words, key=key_of("accept")
            )
        case Lack.MISSING | Lack.WRONG:
            return each.words


def scan_fault_words(error: ScanError) -> str:
    """Why a scanned code cannot be used."""
    return _(_SCAN[error.fault])


def scanned_words(said: Scanned) -> str:
    """What was read from a code, so that whoever scanned compares it with the label."""
    if said.lot is None and said.expiry is None:
        return _("the code has neither lot nor expiry; type what the label says")
    lot = said.lot or _("none in the code; type it")
    expiry = _("none in the code; type it") if said.expiry is None else said.expiry.isoformat()
    words = _("read: lot {lot}, expiry {expiry}; compare with the label")
    return words.format(lot=lot, expiry=expiry)
