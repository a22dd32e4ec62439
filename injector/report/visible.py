"""Text that people typed, made safe to look at.

What somebody typed into a log can hold characters that draw nothing, move the cursor, or
turn the line around, so that a page seems to say what it does not. They are shown as
escapes. Markup is not this module's business: whoever writes HTML escapes it as well.
"""

import re
import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (the bidirectional marks are), surrogate, private, unassigned, separators."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"-?[0-9]+")


def visible(text: str, *, keep: str = "") -> str:
    r"""Return ``text`` with every character that draws nothing as a visible escape.

    Those in ``keep`` stay as they are: a line feed, where lines may break.

    >>> visible("abc\u202edcb\x07")
    'abc\\u202edcb\\x07'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(each) if _unseen(each) and each not in keep else each for each in text)


def spreadsheet_text(text: str) -> str:
    """Return ``text`` as a cell of a CSV that every spreadsheet takes for text.

    What begins as a formula gets an apostrophe before it, as people type it; numbers stay.

    >>> spreadsheet_text("=1+1"), spreadsheet_text("-15")
    ("'=1+1", '-15')
    """
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN


def _shown(character: str) -> str:
    return character.encode("unicode_escape").decode()
