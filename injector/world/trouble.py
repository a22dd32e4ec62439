"""A bad line, drawn: frames lost, damaged, cut short, repeated and late.

What is written together is one frame. A noisy line does all of this; that bytes come
late, or twice, is the work of adapters and of converters that put serial bytes into
packets. None of it lets later bytes past earlier ones.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final

from injector.world.happenings import LineTroubled
from injector.world.wire import Passed


class BadLine:
    """One direction's `Trouble`. ``did`` counts what it did, by the names of the fields."""

    def __init__(self, bad: LineTroubled, chance: Random, did: Counter[str]) -> None:
        self._bad, self._chance, self._did = bad, chance, did
        self.troubles: Final = bad != LineTroubled()
        """Whether it does anything at all: where it does not, the line is a good one again."""

    def __call__(self, data: bytes, now_us: int) -> Iterator[Passed]:  # noqa: ARG002 -- a Trouble
        """Return what arrives of ``data``."""
        bad, late_us = self._bad, 0
        if self._happens("delayed", bad.delayed):
            late_us = self._chance.randrange(1, bad.delay_us + 1)
        if self._happens("dropped", bad.dropped):
            return
        if self._happens("cut", bad.cut):
            data = data[: self._chance.randrange(len(data))]
        if data and self._happens("corrupted", bad.corrupted):
            at = self._chance.randrange(len(data))
            data = data[:at] + bytes([self._chance.randrange(256)]) + data[at + 1 :]
        yield Passed(data, late_us)
        if self._happens("repeated", bad.repeated):
            yield Passed(data, late_us)

    def _happens(self, name: str, per_mille: int) -> bool:
        if not per_mille or self._chance.randrange(1000) >= per_mille:
            return False
        self._did[name] += 1
        return True
