"""The language of a report, and amounts, times and codes as it writes them.

Every sentence stands in the code or in a template in English: a template says it with
``_()``, a table of words holds ``mark()``. Unlike the console's, a report's language is a
value that is handed on: one process may write for an English auditor and a French patient.
A clinic's own codes, which no catalogue knows, stay as the clinic wrote them.
"""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from injector.limits.naming import FIGURES
from injector.limits.side import Figure
from injector.units import format_depth_um, format_dose_ng, format_volume_nl

LOCALE: Final = Path(__file__).with_name("locale")
DOMAIN: Final = "report"
_POINT: Final = re.compile(r"(?<=[0-9])\.(?=[0-9])")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@unique
class Language(StrEnum):
    """A language that reports are written in."""

    ENGLISH = "en"
    FRENCH = "fr"


def mark(message: str) -> str:
    """Marks a message for the catalogues; `Words.say` says it later."""
    return message


class Words:
    """What is said in one language."""

    def __init__(self, language: Language) -> None:
        """Raises ``OSError`` where its catalogue is not installed."""
        self.language = language
        self._catalogue = NullTranslations()
        if language is not Language.ENGLISH:
            path = LOCALE / language.value / "LC_MESSAGES" / f"{DOMAIN}.mo"
            with path.open("rb") as file:
                self._catalogue = GNUTranslations(file)

    def say(self, message: str) -> str:
        """``message`` in this language; as it is where the catalogue has nothing."""
        return self._catalogue.gettext(message) if message else ""

    def code(self, code: object) -> str:
        """A code, as people read it: underscores as spaces; empty for none."""
        return "" if code is None else self.say(str(code).replace("_", " "))

    def number(self, text: str) -> str:
        """An amount with a decimal point as this language writes it."""
        return _POINT.sub(",", text) if self.language is Language.FRENCH else text

    def volume(self, volume_nl: int | None) -> str:
        """A volume, exactly, with its unit; empty for none."""
        return "" if volume_nl is None else self.number(format_volume_nl(volume_nl))

    def depth(self, depth_um: int | None) -> str:
        """A depth, exactly, with its unit; empty for none."""
        return "" if depth_um is None else self.number(format_depth_um(depth_um))

    def dose(self, dose_ng: int | None) -> str:
        """A dose, exactly, with its unit; empty for none."""
        return "" if dose_ng is None else self.number(format_dose_ng(dose_ng))

    def whole(self, count: int | None) -> str:
        """A count, with thin spaces between thousands; empty for none."""
        return "" if count is None else f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")

    def thousandths(self, amount: int | None) -> str:
        """A thousandth of an amount, exactly, without a unit: microlitres of nanolitres.

        >>> Words(Language.ENGLISH).thousandths(20_050)
        '20.050'
        """
        if amount is None:
            return ""
        whole, rest = divmod(amount, 1000)
        return self.number(f"{whole}.{rest:03d}")

    def figure(self, code: object) -> str:
        """The name of a figure that is limited; the code where it is none of ours."""
        known = {each.value: name for each, (name, _) in FIGURES.items()}
        return self.say(known[code]) if isinstance(code, str) and code in known else self.code(code)

    def amount(self, figure: object, amount: int | None) -> str:
        """An amount of that figure, with its unit; empty for none."""
        if amount is None:
            return ""
        try:
            return self.number(FIGURES[Figure(str(figure))][1](amount))
        except ValueError:
            return str(amount)


def moment(utc_us: int) -> str:
    """A time in UTC to the second.

    >>> moment(1_800_000_000_999_999)
    '2027-01-15 08:00:00'
    """
    return f"{_EPOCH + timedelta(microseconds=utc_us):%Y-%m-%d %H:%M:%S}"


def to_second(utc: str | None) -> str:
    """A time of the tables to the second; empty for none.

    >>> to_second("2027-01-15T08:00:00.999999Z")
    '2027-01-15 08:00:00'
    """
    return "" if utc is None else utc[:19].replace("T", " ")
