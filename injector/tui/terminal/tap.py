"""What the terminal's input thread must recognise by itself, in raw bytes.

Theory
------
Two things in a terminal's input cannot wait for the event loop, nor for the parser
that turns bytes into keys: STOP (F9), which must work whatever the interface is
doing, and the terminal's answer to "are you there", which is the proof that it has
taken what was drawn. The tap looks at the bytes as they pass and changes nothing:
a parser stuck in a paste that never ends does not hide F9 from it.

F9 is ``ESC [ 20 ~``. With modifiers or lock keys, or from a terminal that speaks
the kitty protocol, parameters follow the number (``ESC [ 20 ; 129 ~``); rxvt ends it
with ``^``, ``$`` or ``@`` for modifiers. All of them are STOP: who presses F9 with
shift held means F9. The answer to ``ESC [ 5 n`` is ``ESC [ 0 n`` (ECMA-48, DSR).
"""

import re
from enum import Enum, unique
from typing import Final

QUESTION: Final = "\x1b[5n"
"""Asks the terminal for its status."""
_WORDS: Final = re.compile(rb"\x1b\[(?:(?P<stop>20(?:;[0-9:;]*)?[~^$@])|(?P<answer>[03]n))")
_LONGEST: Final = 32
"""No sequence that is looked for is longer, with room to spare."""


@unique
class Heard(Enum):
    """What the tap recognises."""

    STOP = "stop"
    ANSWER = "answer"


class InputTap:
    """Recognises STOP and answers in bytes that come in pieces of any size."""

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> list[Heard]:
        """Look at the next bytes; what was completed by them, in order."""
        seen = self._tail + data
        heard, end = [], 0
        for match in _WORDS.finditer(seen):
            heard.append(Heard.STOP if match["stop"] else Heard.ANSWER)
            end = match.end()
        begun = seen.rfind(b"\x1b", end)
        self._tail = seen[begun:][:_LONGEST] if begun >= 0 else b""
        return heard


def tapped(sequence: str) -> bool:
    """Whether ``sequence`` is one that the tap has already acted on."""
    return _WORDS.fullmatch(sequence.encode("utf-8", "replace")) is not None
