"""What the terminal's input thread must recognise by itself, in raw bytes.

Theory
------
Two things in a terminal's input cannot wait for the event loop, nor for the parser
that turns bytes into keys: STOP (F9), which must work whatever the interface is
doing, and the terminal's answer to "are you there", which is the proof that it has
taken what was drawn. The tap looks at the bytes as they pass and changes nothing:
a parser stuck in a paste that never ends does not hide F9 from it.

F9 is ``ESC [ 20 ~``, and the config file may make another function key STOP beside it,
for a pedal (`FUNCTION_KEYS`). With modifiers or lock keys, or from a terminal that speaks
the kitty protocol, parameters follow the number (``ESC [ 20 ; 129 ~``); rxvt ends it
with ``^``, ``$`` or ``@`` for modifiers. All of them are STOP: who presses F9 with
shift held means F9, and Num Lock counts as a modifier, too. The answer to ``ESC [ 5 n``
is ``ESC [ 0 n`` (ECMA-48, DSR).
"""

import re
from collections.abc import Mapping
from enum import Enum, unique
from typing import Final

QUESTION: Final = "\x1b[5n"
"""Asks the terminal for its status."""
FUNCTION_KEYS: Final[Mapping[str, tuple[int, bytes]]] = {
    "f1": (11, b"PA"),
    "f2": (12, b"QB"),
    "f3": (13, b"RC"),
    "f4": (14, b"SD"),
    "f5": (15, b"E"),
    "f6": (17, b""),
    "f7": (18, b""),
    "f8": (19, b""),
    "f9": (20, b""),
    "f10": (21, b""),
    "f11": (23, b""),
    "f12": (24, b""),
}
"""The number in ``ESC [ number ~``, then the letter in ``ESC O letter``, which most terminals
send for F1 to F4, and last that of the Linux console, in ``ESC [ [ letter``, for F1 to F5."""
STOP_KEYS: Final = frozenset({"f9"})
"""What is STOP unless the config file adds to it."""
_ANSWER: Final = rb"\x1b\[(?P<answer>[03]n)"
_LONGEST: Final = 32
"""No sequence that is looked for is longer, with room to spare."""


@unique
class Heard(Enum):
    """What the tap recognises."""

    STOP = "stop"
    ANSWER = "answer"


class InputTap:
    """Recognises STOP and answers in bytes that come in pieces of any size."""

    def __init__(self, stop_keys: frozenset[str] = STOP_KEYS) -> None:
        stops = b"|".join(_sequences(key) for key in sorted(stop_keys))
        self._words = re.compile(b"(?P<stop>" + stops + b")|" + _ANSWER)
        self._tail = b""

    def feed(self, data: bytes) -> list[Heard]:
        """Look at the next bytes; what was completed by them, in order."""
        seen = self._tail + data
        heard, end = [], 0
        for match in self._words.finditer(seen):
            heard.append(Heard.STOP if match["stop"] else Heard.ANSWER)
            end = match.end()
        begun = seen.rfind(b"\x1b", end)
        self._tail = seen[begun:][:_LONGEST] if begun >= 0 else b""
        return heard

    def knows(self, sequence: str) -> bool:
        """Whether ``sequence`` is one that the tap acts on."""
        return self._words.fullmatch(sequence.encode("utf-8", "replace")) is not None


def _sequences(key: str) -> bytes:
    """What terminals send for a function key, as a pattern."""
    number, letters = FUNCTION_KEYS[key]
    found = [rb"\x1b\[%d(?:;[0-9:;]*)?[~^$@]" % number]
    if len(letters) == 2:
        found.append(rb"\x1bO" + letters[:1])
        # With modifiers. For F3 the same bytes tell where the cursor is: nobody asks.
        found.append(rb"\x1b\[(?:1(?:;[0-9:;]*)?)?" + letters[:1])
    if letters:
        found.append(rb"\x1b\[\[" + letters[-1:])
    return b"|".join(found)
