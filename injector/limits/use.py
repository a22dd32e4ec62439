"""Use: how much of a figure a number of shots uses.

Figures grow differently with the number of shots: depth does not, a session's
volume does, and a dose grows by less than a nanogram's precision. From the use both
the verdict (does all that is planned fit?) and the room (how many shots still fit?)
are computed, so that the two cannot disagree.
"""

from typing import Final, NamedTuple, TypeAlias

from injector.limits.side import Side


class Use(NamedTuple):
    """A figure after some shots: ``(so_far + each * shots) / per``, rounded up."""

    so_far: int
    each: int = 0
    per: int = 1
    """Above 0."""

    def of(self, shots: int) -> int:
        """The figure after ``shots`` more shots."""
        so_far, each, per = self
        return so_far + each * shots if per == 1 else -(-(so_far + each * shots) // per)

    def shots_within(self, most: int) -> int:
        """The most shots after which the figure is not above ``most``; 0 where it is already.

        ``each`` must be above 0.
        """
        return max(0, (most * self.per - self.so_far) // self.each)


ONE: Final = Use(1)
"""Something is asked for."""
NOTHING: Final = Use(0)
"""It is not."""

Applied: TypeAlias = tuple[Use, tuple[Side, ...]]
"""Sides that apply, and the use that shots make of their figure. Sides that share a use come
together, so that a verdict computes it once."""
