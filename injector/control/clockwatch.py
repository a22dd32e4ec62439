"""Whether the clock that people set has jumped, against the one that nobody sets.

Every entry names both clocks. While they run alike, the times of entries can be compared;
where one jumps against the other, that is written down as it is noticed. The monotonic
clock counts from the computer's start and may stand still while it sleeps, so a computer
that slept shows as a jump ahead, too.
"""

from typing import Final

from injector.shotlog.entries import Moment

JUMP_US: Final = 2_000_000
"""What a time server slews away, or a busy computer reads late, is less than this."""


class ClockWatch:
    """Compares readings of both clocks, within one boot of the computer."""

    def __init__(self) -> None:
        self._ahead_us: int | None = None

    def read(self, at: Moment) -> int | None:
        """Take a reading; by how much UTC has jumped since the last one, where it has."""
        ahead_us = at.utc_us - at.mono_us
        before_us, self._ahead_us = self._ahead_us, ahead_us
        if before_us is None or abs(ahead_us - before_us) <= JUMP_US:
            return None
        return ahead_us - before_us
