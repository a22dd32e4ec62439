"""What stands on a page: fields, each for one place of the draft."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final, Protocol

from injector.limits.library import Library
from injector.limits.realm import Realm
from injector.tui.draft.reading import Reading
from injector.tui.draft.sheet import SessionDraft
from injector.tui.limit_words import code_words
from injector.tui.speech import _

MOST: Final = 200
"""Characters in a text, unless its field says otherwise."""


@unique
class Kind(StrEnum):
    """How a field is filled in."""

    HEADING = "heading"
    """Not at all: it says what follows."""
    TEXT = "text"
    PATIENT = "patient"
    """A text, with the patients known here who fit it."""
    SCAN = "scan"
    """A text that a scanner types; it fills in other places."""
    CHOICE = "choice"
    SEVERAL = "several"
    """Any number of choices."""
    YES_NO = "yes_no"
    CHECK = "check"
    """Done, or not yet."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a page."""

    place: str
    label: str
    kind: Kind = Kind.TEXT
    options: tuple[Option, ...] = ()
    example: str = ""
    """Shown while it is empty."""
    most: int = MOST


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page is made from."""

    draft: SessionDraft
    reading: Reading
    library: Library
    realms: tuple[Realm, ...]
    """What the person at the console may open."""
    plans: Mapping[str, str]
    """Plans that can be trained with: a key and a title for each."""
    treated_before: str = ""
    """What is known of the patient's last session, in words."""


class Named(Protocol):
    """A row of the library that has a name."""

    @property
    def name(self) -> str:
        """Its name, for people."""


def named(codes: Iterable[str], table: Mapping[str, Named]) -> tuple[Option, ...]:
    """Options by the names that the library gives them."""
    return tuple(Option(code, _(table[code].name)) for code in codes if code in table)


def with_current(options: tuple[Option, ...], code: str) -> tuple[Option, ...]:
    """The options, and what is chosen now where it is none of them, so that it can be seen."""
    if not code or any(option.code == code for option in options):
        return options
    return (*options, Option(code, code_words(code)))


Page = Callable[[Desk], list[Field]]
"""Makes a page's fields from what was entered so far."""
