"""What a vial's or a sterile set's GS1 code says: which product, which lot, until when.

A scanner types the code's *element string* as a keyboard would: for each element an
application identifier (AI) of two to four digits, then its value. Elements whose length is
laid down follow each other directly; others end at FNC1, which a scanner types as the
control character GS (ASCII 29), or at the end. People write the same with each AI in
parentheses: ``(01)04012345678901(17)310228(10)A7``.

Source: GS1 General Specifications. AIs and their lengths: sections 3.2 and 7.8; check
digits: 7.9; characters of a lot: 7.11; the century of a date: 7.12.

A code is read whole or not at all: whatever in it is not as the specifications say is a
fault, and none of it is used. A lot that swallowed the next element because the scanner
left GS out is longer than any lot, or has a date in it that nobody can see; so whoever
scans is shown what was read before it counts.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Final

GS: Final = "\x1d"
"""How a scanner types FNC1, the end of an element whose length is open."""
_MOST: Final = 500
"""Longer than any symbol holds that these codes come in."""
_PREFIXES: Final = ("]d2", "]C1", "]Q3", "]e0")
"""Symbology identifiers of the symbols that carry GS1 codes: DataMatrix, 128, QR, DataBar."""
_LOT: Final = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")
"""GS1's character set 82, at most twenty of them."""
_FIXED: Final = {
    **dict.fromkeys(("01", "02", "03"), 14),
    "00": 18,
    "04": 16,
    "20": 2,
    "41": 13,
    **{f"1{digit}": 6 for digit in range(1, 10)},
    **{f"3{digit}": 6 for digit in range(1, 7)},
}
"""How long the values are of AIs whose length is laid down, by their first two digits."""
_AI_LENGTH: Final = {
    **dict.fromkeys(("23", "24", "25", "40", "41", "42", "71"), 3),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "39", "43", "70", "72"), 4),
    **dict.fromkeys(("80", "81", "82"), 4),
    **dict.fromkeys(("00", "01", "02", "03", "04", "20", "21", "22", "30", "37"), 2),
    **dict.fromkeys([f"1{digit}" for digit in range(10)], 2),
    **dict.fromkeys([f"9{digit}" for digit in range(10)], 2),
}
"""How many digits an AI has, by its first two."""
_PARENTHESISED: Final = re.compile(r"\(([0-9]{2,4})\)")


@unique
class ScanFault(StrEnum):
    """What is wrong with a code; words for people are made by whoever shows it."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NO_CODE = "no_code"
    """It does not begin with an AI: no GS1 code, or not the whole of one."""
    UNKNOWN_AI = "unknown_ai"
    CUT_SHORT = "cut_short"
    """An element is shorter than its AI says."""
    NOT_DIGITS = "not_digits"
    CHECK_DIGIT = "check_digit"
    NO_DATE = "no_date"
    """Six digits that are no day."""
    CHARACTERS = "characters"
    """A lot or serial number with characters that none has, or more than twenty."""
    TWICE = "twice"
    """The same AI with two values."""


class ScanError(ValueError):
    """A code cannot be used. ``ai`` is the element that the fault is in; empty for the whole."""

    def __init__(self, fault: ScanFault, ai: str = "", value: str = "") -> None:
        where = f" in ({ai})" if ai else ""
        shown = f": {value!r}" if value else ""
        super().__init__(f"{fault.value}{where}{shown}")
        self.fault, self.ai, self.value = fault, ai, value


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a code says; what it does not say is None."""

    gtin: str | None = None
    """(01) The trade item's number, 14 digits, its check digit right."""
    lot: str | None = None
    """(10)"""
    expiry: date | None = None
    """(17) The last day on which it may be used."""
    serial: str | None = None
    """(21)"""
    best_before: date | None = None
    """(15)"""
    produced: date | None = None
    """(11)"""
    others: tuple[str, ...] = ()
    """AIs that it also has, and that nothing here needs."""


def read(text: str, today: date) -> Scanned:
    """Read a scanned code. Years are the ones nearest ``today``, as GS1 lays down.

    Raises `ScanError` for whatever is no GS1 code, whole and right.

    >>> code = read("(01)04012345678901(17)310200(10)A7", date(2026, 1, 31))
    >>> code.lot, code.expiry
    ('A7', datetime.date(2031, 2, 28))
    """
    found: dict[str, str] = {}
    for ai, value in _elements(_bare(text)):
        if found.setdefault(ai, value) != value:
            raise ScanError(ScanFault.TWICE, ai, value)
    gtin = found.pop("01", None)
    return Scanned(
        gtin=None if gtin is None else _gtin(gtin),
        lot=_lot("10", found.pop("10", None)),
        serial=_lot("21", found.pop("21", None)),
        expiry=_day("17", found.pop("17", None), today),
        best_before=_day("15", found.pop("15", None), today),
        produced=_day("11", found.pop("11", None), today),
        others=tuple(found),
    )


def looks_scanned(text: str) -> bool:
    """Whether a text can only be a scanned code: a scanner's prefix, GS, or an AI as written."""
    return text.startswith((*_PREFIXES, GS)) or GS in text or bool(_PARENTHESISED.match(text))


def _bare(text: str) -> str:
    """The element string alone."""
    if len(text) > _MOST:
        raise ScanError(ScanFault.TOO_LONG)
    bare = text.strip(" \t\r\n")
    for prefix in _PREFIXES:
        bare = bare.removeprefix(prefix)
    bare = bare.lstrip(GS)
    if not bare:
        raise ScanError(ScanFault.EMPTY)
    return bare


def _elements(bare: str) -> Iterator[tuple[str, str]]:
    return _as_written(bare) if bare.startswith("(") else _as_scanned(bare)


def _as_written(bare: str) -> Iterator[tuple[str, str]]:
    """Each AI in parentheses, and what stands up to the next."""
    _, *parts = _PARENTHESISED.split(bare)
    if not parts or not bare.startswith(f"({parts[0]})"):
        raise ScanError(ScanFault.NO_CODE)
    for ai, value in zip(parts[::2], parts[1::2], strict=True):
        if _AI_LENGTH.get(ai[:2]) != len(ai):
            raise ScanError(ScanFault.UNKNOWN_AI, ai)
        yield ai, _whole(ai, value.strip(f" {GS}"))


def _as_scanned(bare: str) -> Iterator[tuple[str, str]]:
    """One element after the other, each ending where its AI says or at GS."""
    at = 0
    while at < len(bare):
        length = _AI_LENGTH.get(bare[at : at + 2])
        if length is None:
            fault = ScanFault.NO_CODE if at == 0 else ScanFault.UNKNOWN_AI
            raise ScanError(fault, "" if at == 0 else bare[at : at + 2])
        ai = bare[at : at + length]
        if len(ai) < length or not _digits(ai):
            raise ScanError(ScanFault.UNKNOWN_AI, ai)
        begin = at + length
        end = bare.find(GS, begin)
        end = len(bare) if end < 0 else end
        fixed = _FIXED.get(ai[:2])
        if fixed is not None:
            end = min(end, begin + fixed)
        yield ai, _whole(ai, bare[begin:end])
        at = end
        while bare.startswith(GS, at):
            at += 1


def _whole(ai: str, value: str) -> str:
    """The value, where it is as long as its AI says, and digits where the AI says so."""
    fixed = _FIXED.get(ai[:2])
    if not value or (fixed is not None and len(value) < fixed):
        raise ScanError(ScanFault.CUT_SHORT, ai, value)
    if fixed is not None and not _digits(value):
        raise ScanError(ScanFault.NOT_DIGITS, ai, value)
    if fixed is not None and len(value) > fixed:
        raise ScanError(ScanFault.UNKNOWN_AI, ai, value)
    return value


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _gtin(value: str) -> str:
    if check_digit(value[:-1]) != value[-1]:
        raise ScanError(ScanFault.CHECK_DIGIT, "01", value)
    return value


def check_digit(digits: str) -> str:
    """The digit that makes a GS1 number of these digits whole: weights 3 and 1 from the right.

    >>> check_digit("629104150021")
    '3'
    """
    weighed = sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(reversed(digits)))
    return str(-weighed % 10)


def _lot(ai: str, value: str | None) -> str | None:
    if value is not None and not _LOT.fullmatch(value):
        raise ScanError(ScanFault.CHARACTERS, ai, value)
    return value


def _day(ai: str, value: str | None, today: date) -> date | None:
    """A day as YYMMDD; day 00 is the month's last."""
    if value is None:
        return None
    year, month, day = century(int(value[:2]), today) + int(value[:2]), int(value[2:4]), value[4:]
    try:
        return date(year, month, int(day) or monthrange(year, month)[1])
    except ValueError:  # no such month, no such day
        raise ScanError(ScanFault.NO_DATE, ai, value) from None


def century(year: int, today: date) -> int:
    """The century of a year that is told with two digits: the one that brings it nearest.

    From 51 years ahead it is the last century's, from 50 years back the next one's.

    >>> century(31, date(2026, 1, 1)), century(99, date(2026, 1, 1)), century(2, date(2060, 1, 1))
    (2000, 1900, 2100)
    """
    ahead = year - today.year % 100
    this = today.year - today.year % 100
    if ahead >= 51:
        return this - 100
    return this + 100 if ahead <= -50 else this
