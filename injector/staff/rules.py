"""What an id, a passphrase and a PIN must be."""

import re
import unicodedata
from enum import StrEnum, unique
from typing import Final

MIN_PASSPHRASE: Final = 12
MAX_PASSPHRASE: Final = 1_000
MAX_ID: Final = 64
MAX_NAME: Final = 200
_PIN: Final = re.compile(r"[0-9]{4,8}")


@unique
class Fault(StrEnum):
    """Why something cannot be taken; words for people are made by whoever shows it."""

    NOT_AN_ID = "not_an_id"
    NOT_A_NAME = "not_a_name"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_A_PIN = "not_a_pin"
    ID_USED = "id_used"
    """Somebody has it or had it; an id is never used again."""
    NOBODY = "nobody"
    """Nobody has that id, or no longer works here."""


def folded(passphrase: str) -> str:
    """The form in which a passphrase is hashed: the same from every keyboard and terminal."""
    return unicodedata.normalize("NFKC", passphrase)


def same_id(one: str, other: str) -> bool:
    """Whether two ids are one: two that differ in capitals alone name the same person."""
    return one.casefold() == other.casefold()


def id_fault(text: str) -> Fault | None:
    """What is wrong with an id: printable, without spaces around it, at most 64 characters."""
    fits = 0 < len(text) <= MAX_ID and text.isprintable() and text == text.strip()
    return None if fits else Fault.NOT_AN_ID


def name_fault(text: str) -> Fault | None:
    """What is wrong with a printed name."""
    fits = len(text) <= MAX_NAME and text.isprintable() and text.strip()
    return None if fits else Fault.NOT_A_NAME


def passphrase_fault(text: str) -> Fault | None:
    """What is wrong with a passphrase. Only its length counts: long beats odd signs."""
    length = len(folded(text))
    if length < MIN_PASSPHRASE:
        return Fault.TOO_SHORT
    return Fault.TOO_LONG if length > MAX_PASSPHRASE else None


def pin_fault(text: str) -> Fault | None:
    """What is wrong with a PIN: 4 to 8 digits."""
    return None if _PIN.fullmatch(text) else Fault.NOT_A_PIN
