"""Textual's parser of terminal input, without what the tap has acted on.

Textual knows no status answer: it would wait a tenth of a second for the sequence
to go on, swallow the keys pressed meanwhile, and then pass ``[``, ``0`` and ``n`` on as
keys. And a STOP that was sent by the input thread must not be sent once more by
a key binding.
"""

from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from typing_extensions import override

from injector.tui.terminal.tap import InputTap


class ConsoleParser(XTermParser):
    """Turns terminal input into messages, but for what ``tap`` acts on."""

    def __init__(self, tap: InputTap | None = None) -> None:
        super().__init__()
        self._tap = InputTap() if tap is None else tap

    @override
    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if self._tap.knows(sequence):
            return [events.Key(Keys.Ignore, sequence)]
        return super()._sequence_to_key_events(sequence, alt)
