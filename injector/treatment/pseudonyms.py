"""Does a text look as if it told who a patient is? Asked of pseudonyms and other free text.

A question and never a refusal: "Blue Heron" looks like a name and is none. Whoever typed
it is asked once, and their answer holds.
"""

import re
from enum import StrEnum, unique
from typing import Final


@unique
class Doubt(StrEnum):
    """Why a text is questioned; words for people are made by whoever asks."""

    DATE = "date"
    """A whole date, as birth dates are written."""
    YEAR = "year"
    """A year in which somebody alive can have been born."""
    TITLE = "title"
    """Mr, Mrs, Dr and their like before a word."""
    NAME = "name"
    """Words with capitals beside each other, an initial before one, or one after a comma."""
    NUMBER = "number"
    """So many digits running as insurances, registers and telephones use."""


_MONTHS: Final = (
    "jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|janv|févr|fevr|avr|juin|juil"
    "|août|aout|déc"
)
_TITLES: Final = "mr|mrs|ms|miss|dr|prof|herr|frau|mme|mlle|monsieur|madame|sig|signora|señora?"
_CAPITAL: Final = "[A-ZÀ-ÖØ-Þ]"
_SMALL: Final = "[a-zß-öø-ÿ'\N{RIGHT SINGLE QUOTATION MARK}]"
_WORD: Final = rf"{_CAPITAL}{_SMALL}+(?:-{_CAPITAL}{_SMALL}+)?"
_LOOKS: Final = (
    (
        Doubt.DATE,
        re.compile(
            r"(?<!\d)(\d{1,2}[./ -]\d{1,2}[./ -]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
            rf"|\d{{1,2}}\.? ?(?:{_MONTHS})\w*\.? ?\d{{2,4}}"
            rf"|(?:{_MONTHS})\w*\.? \d{{1,2}},? \d{{4}}"
            r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d"
            r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)",
            re.IGNORECASE,
        ),
    ),
    (Doubt.YEAR, re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")),
    (
        Doubt.TITLE,
        re.compile(rf"(?<!\w)(?:(?:{_TITLES})[. ]|m\.) ?(?=[^\W\d]{{2}})", re.IGNORECASE),
    ),
    (
        Doubt.NAME,
        re.compile(
            rf"(?<!\w)(?:{_WORD} +(?:(?:van|von|de|du|der|la|le|di|da|el|al) +)*{_WORD}"
            rf"|(?:{_CAPITAL}\. ?)+{_WORD}|{_WORD} +{_CAPITAL}\.|{_WORD}, ?{_WORD})(?!\w)"
        ),
    ),
    (Doubt.NUMBER, re.compile(r"(?<!\d)\d(?:[ /.-]?\d){8,}(?!\d)")),
)


def doubts(text: str) -> tuple[Doubt, ...]:
    """Everything about ``text`` that should be questioned; nothing where it looks harmless.

    >>> doubts("Ada Lovelace, 10.12.1815")
    (<Doubt.DATE: 'date'>, <Doubt.NAME: 'name'>)
    >>> doubts("blue heron 7")
    ()
    """
    return tuple(doubt for doubt, pattern in _LOOKS if pattern.search(text))
