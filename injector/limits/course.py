"""A course of sessions: where a patient stands in the schedule of an indication."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Course:
    """The sessions of one course so far."""

    schedule: str
    """The schedule's code in the library."""
    sessions: int = 0
    """How many were given, without the one at hand."""
    last: date | None = None
    """The day of the last of them; None where there was none."""
    first: date | None = None
    """The day of the first of them, from which the course's span counts; where it is not given,
    the last counts as the first."""

    def __post_init__(self) -> None:
        if self.sessions < 0 or (self.last is None) != (self.sessions == 0):
            raise ValueError(f"no course: {self.sessions} sessions, the last on {self.last}")
        if self.first is not None and (self.last is None or self.first > self.last):
            raise ValueError(f"no course: the first on {self.first}, the last on {self.last}")
