"""What a set of times says: the middle, the bad end, and how many fit in a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

_NS_PER_US: Final = 1_000
_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Spread:
    """The times of one round of one peer, or what stands for all its rounds."""

    median_us: float
    p99_us: float
    per_second: float
    """How many would run in a second, one after the other."""

    @classmethod
    def of(cls, times_ns: Sequence[int]) -> "Spread":
        """Sum up ``times_ns``. Raises ``ValueError`` where there is none."""
        if not times_ns:
            raise ValueError("no times were taken: the round was too short")
        ordered = sorted(times_ns)
        return cls(
            median_us=median(ordered) / _NS_PER_US,
            p99_us=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] / _NS_PER_US,
            per_second=_NS_PER_S / fmean(ordered),
        )

    @classmethod
    def middle(cls, rounds: Sequence["Spread"]) -> "Spread":
        """Return each figure's median over ``rounds``: a disturbed round does not move it."""
        return cls._at(rounds, 1, 2)

    @classmethod
    def quiet(cls, rounds: Sequence["Spread"]) -> "Spread":
        """Return each figure as the quietest tenth of ``rounds`` has it.

        Where times are those of the processor, all that the rest of the machine does is
        add to them; what a program costs shows when nothing else runs.
        """
        return cls._at(rounds, 1, 10)

    @classmethod
    def _at(cls, rounds: Sequence["Spread"], part: int, of: int) -> "Spread":
        place = len(rounds) * part // of
        return cls(
            median_us=sorted(one.median_us for one in rounds)[place],
            p99_us=sorted(one.p99_us for one in rounds)[place],
            per_second=sorted((one.per_second for one in rounds), reverse=True)[place],
        )
