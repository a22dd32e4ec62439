"""The world's clock: one time for everybody, moved by nobody but the house.

The host has two clocks, as every computer has. The monotonic one is the world's
time. The one that people set may jump; nothing that matters may hang on it, which
is what a jump is there to show.
"""

from typing import Final

from injector.shotlog.entries import Moment

START_US: Final = 1_000_000
"""When a world begins; above zero, so that a time that was never set is seen."""
_UTC_US: Final = 1_800_000_000_000_000


class Clock:
    """Virtual time in microseconds."""

    def __init__(self) -> None:
        self.now_us = START_US
        self._utc_ahead_us = _UTC_US

    def move_to(self, time_us: int) -> None:
        """Let time pass until ``time_us``. Raises ``ValueError`` for a time that has gone."""
        if time_us < self.now_us:
            raise ValueError(f"time does not run back from {self.now_us} to {time_us}")
        self.now_us = time_us

    def jump(self, by_us: int) -> None:
        """Set the host's clock for people ahead, or back with ``by_us`` below 0."""
        self._utc_ahead_us += by_us

    def moment(self) -> Moment:
        """Both clocks of the host, as the log wants them."""
        return Moment(self.now_us + self._utc_ahead_us, self.now_us)
