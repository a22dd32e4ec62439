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

BEYOND_ASCII: Final = re.compile(r"[^ -~]")
"""The characters that are worth a look: all but the printable ones of ASCII."""
_FORMULA: Final = frozenset("=+-@'\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet compute, wide forms too, and the apostrophe itself."""
_NUMBER: Final = re.compile(r"-?[0-9]+")


def visible(text: str, *, keep: str = "") -> str:
    r"""Return ``text`` with every character that draws nothing as a visible escape.

    Those in ``keep`` stay as they are: a line feed, where lines may break.

    >>> visible("abc\u202edcb\x07")
    'abc\\u202edcb\\x07'
    """
    if text.isascii() and text.isprintable():
        return text
    return BEYOND_ASCII.sub(lambda found: _shown(found[0], keep), text)


def unseen(character: str) -> bool:
    """Return whether a character draws nothing, or turns what is beside it around."""
    return unicodedata.category(character) in _UNSEEN


def spreadsheet_text(text: str) -> str:
    """Return ``text`` as a cell that every spreadsheet takes for the text that it is.

    A spreadsheet computes what begins with one of ``= + - @``, whatever quotes are around it
    in the file. Such a text gets an apostrophe before it, as people type it; so does one that
    begins with an apostrophe, so that the first one can always be taken away. Blanks before
    the sign do not help it. Whole numbers stay as they are.

    >>> spreadsheet_text("=1+1"), spreadsheet_text("'tis"), spreadsheet_text("-15")
    ("'=1+1", "''tis", '-15')
    """
    if _NUMBER.fullmatch(text):
        return text
    computed = text[:1] in _FORMULA or text.lstrip()[:1] in _FORMULA
    return f"'{text}" if computed else text


def _shown(character: str, keep: str) -> str:
    if not unseen(character) or character in keep:
        return character
    return character.encode("unicode_escape").decode()
