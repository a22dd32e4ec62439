"""The lease: how long the gun may move on the strength of what the host has heard.

The gun notes when it sent each status. A beat that echoes status n proves that
the host had it, so the lease runs until that moment plus the lease's length. A
host that only talks, and hears nothing, renews nothing.
"""

from collections import OrderedDict
from typing import Final

_REMEMBERED: Final = 16
"""How many statuses are remembered; an echo of an older one renews nothing."""


class Lease:
    """The lease of one link. ``length_us`` comes from its hello."""

    def __init__(self, length_us: int) -> None:
        self._length_us = length_us
        self._sent_us: OrderedDict[int, int] = OrderedDict()
        self.end_us: int | None = None
        """The instant from which nothing may move; None while no lease runs."""

    def note_sent(self, number: int, now_us: int) -> None:
        """Remember that status ``number`` was sent now."""
        self._sent_us[number] = now_us
        if len(self._sent_us) > _REMEMBERED:
            self._sent_us.popitem(last=False)

    def echo(self, number: int, now_us: int) -> None:
        """Take a beat's echo: renew the lease where the status is young enough."""
        sent_us = self._sent_us.get(number)
        if sent_us is None:
            return
        end_us = max(sent_us + self._length_us, self.end_us or 0)
        if end_us > now_us:
            self.end_us = end_us

    def lapse(self) -> None:
        """The lease has ended; only a younger echo begins it again."""
        self.end_us = None
