"""Use: how much of a figure a number of shots uses.

Figures grow differently with the number of shots: depth does not, a session's
volume does, and a dose grows by less than a nanogram's precision. From the use both
the verdict (does all that is planned fit?) and the room (how many shots still fit?)
are computed, so that the two cannot disagree.
"""

from typing import NamedTuple


class Use(NamedTuple):
    """A figure after some shots: ``(so_far + each * shots) / per``, rounded up."""

    so_far: int
    each: int = 0
    per: int = 1
    """Above 0."""

    def of(self, shots: int) -> int:
        """The figure after ``shots`` more shots."""
        if self.per == 1:
            return self.so_far + self.each * shots
        return -(-(self.so_far + self.each * shots) // self.per)

    def shots_within(self, most: int) -> int:
        """The most shots after which the figure is not above ``most``; 0 where it is already.

        ``each`` must be above 0.
        """
        return max(0, (most * self.per - self.so_far) // self.each)


ONE = Use(1)
"""Something is asked for."""
NOTHING = Use(0)
"""It is not."""
