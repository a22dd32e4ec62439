"""JSON that is safe to look at on a terminal, and says the same.

Within JSON a character that draws nothing can only stand in a string, where its escape means
the same. So what reads the JSON gets every text as it was typed, and who looks at the line
sees every character in it.
"""

import json
import re

from injector.report.visible import BEYOND_ASCII, unseen


def to_json(value: object) -> str:
    r"""Return ``value`` as JSON on one line, characters that draw nothing as escapes.

    >>> print(to_json({"name": "abc\u202edcb", "place": "René"}))
    {"name": "abc\u202edcb", "place": "René"}
    """
    return shown_json(json.dumps(value, ensure_ascii=False))


def shown_json(text: str) -> str:
    """Return JSON on one line with such characters as escapes; nothing of what it says changes."""
    if text.isascii() and text.isprintable():
        return text
    return BEYOND_ASCII.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if not unseen(character):
        return character
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]
