"""The language that people read: gettext catalogues, and numbers as a language writes them.

Theory
------
Every sentence stands in the code in English, inside ``_()``; the catalogue of another
language says it anew. Tables of words hold ``mark("...")``, and ``_()`` is called where
they are shown, so that a language can be chosen after they were loaded. A library's own
words (names of zones, questions of checklists) go through ``_()`` too: the catalogues know
those of the shipped library, and a clinic's own stay as the clinic wrote them.

Amounts are made by `injector.units` with a decimal point. A language that writes a
comma gets it here, on the way to the screen, and only there. What people type is read
strictly: in French the comma is the decimal sign and a point is refused, in English it
is the other way round, because a sign that is read as a separator of thousands is a dose
that is a thousand times too large.

Commands for engineers never choose a language and stay English.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum, unique
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from injector.units import QuantityError, QuantityFault

LOCALE: Final = Path(__file__).with_name("locale")
DOMAIN: Final = "injector"
_POINT: Final = re.compile(r"(?<=[0-9])\.(?=[0-9])")
_COMMA: Final = re.compile(r"(?<=[0-9]),(?=[0-9])")


@unique
class Language(StrEnum):
    """A language that the console speaks."""

    ENGLISH = "en"
    FRENCH = "fr"


class DecimalSignError(ValueError):
    """An amount was typed with the other language's decimal sign. The message is for people."""


class _Speech:
    """The language chosen, and its catalogue."""

    def __init__(self) -> None:
        self.language = Language.ENGLISH
        self.catalogue = NullTranslations()


_speech: Final = _Speech()


def use(language: Language) -> None:
    """Speak that language from now on, in this process.

    Raises ``OSError`` where its catalogue is not installed.
    """
    path = LOCALE / language.value / "LC_MESSAGES" / f"{DOMAIN}.mo"
    with path.open("rb") as file:
        _speech.catalogue = GNUTranslations(file)
    _speech.language = language


def spoken() -> Language:
    """The language in use."""
    return _speech.language


def _(message: str) -> str:
    """``message`` in the language in use; as it is where the catalogue has nothing."""
    return _speech.catalogue.gettext(message) if message else ""


def labelled(label: str, words: str) -> str:
    """``label: words``, with the colon as the language in use sets it."""
    return _("{label}: {words}").format(label=label, words=words)


def plural(one: str, many: str, count: int, **values: str) -> str:
    """The form for ``count``, in the language in use; ``{count}`` and ``values`` are filled in."""
    return _speech.catalogue.ngettext(one, many, count).format(count=count, **values)


def mark(message: str) -> str:
    """Marks a message for the catalogues; ``_()`` says it later."""
    return message


def number(text: str) -> str:
    """An amount with a decimal point (``0.050 mL``) as the language in use writes it."""
    return _POINT.sub(",", text) if _speech.language is Language.FRENCH else text


def numbers(*texts: str) -> tuple[str, ...]:
    """Several amounts, each as :func:`number` writes it."""
    return tuple(number(text) for text in texts)


def read_amount(text: str, parse: Callable[[str], int]) -> int:
    """What a person typed, read strictly by ``parse`` (one of `injector.units`).

    Raises :class:`DecimalSignError` where the decimal sign is the other language's, and
    ``QuantityError`` for anything else that is no amount.
    """
    if _speech.language is not Language.FRENCH:
        return parse(text)
    if _POINT.search(text):
        right = _POINT.sub(",", text)
        raise DecimalSignError(_("the decimal sign is a comma, as in {right}").format(right=right))
    try:
        return parse(_COMMA.sub(".", text))
    except QuantityError as error:
        why = _(_FAULTS[error.fault]).format(right=number(error.right))
        raise QuantityError(text, error.fault, why) from error


_FAULTS: Final[Mapping[QuantityFault, str]] = {
    QuantityFault.EMPTY: mark("an amount is missing, as in '{right}'"),
    QuantityFault.TOO_LONG: mark("too long for an amount, as in '{right}'"),
    QuantityFault.SPACING: mark(
        "one space stands between number and unit, none before '/', as in '{right}'"
    ),
    QuantityFault.FOREIGN_DIGITS: mark("digits are 0 to 9 only, as in '{right}'"),
    QuantityFault.SIGN: mark("no sign stands before the number, as in '{right}'"),
    QuantityFault.COMMA: mark("one decimal sign only, as in '{right}'"),
    QuantityFault.POINT: mark("digits stand on both sides of the decimal sign, as in '{right}'"),
    QuantityFault.LEADING_ZERO: mark("no zero stands before other digits, as in '{right}'"),
    QuantityFault.EXPONENT: mark("the number is written out, as in '{right}'"),
    QuantityFault.NOT_A_NUMBER: mark("not one plain number, as in '{right}'"),
    QuantityFault.NO_UNIT: mark("the unit is missing, as in '{right}'"),
    QuantityFault.WRONG_UNIT: mark("not a unit of this amount, as in '{right}'"),
    QuantityFault.TOO_FINE: mark("finer than this amount can be, as in '{right}'"),
    QuantityFault.TOO_LARGE: mark("larger than this amount can be, as in '{right}'"),
}
"""What is wrong with an amount, for languages in which `injector.units` does not say it."""
