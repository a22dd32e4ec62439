"""How sessions of a course follow each other."""

from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import Field

from injector.limits.bound import Sourced
from injector.limits.written import COUNTS, Range, Table, Words, between, counting
from injector.units import INTERVAL

MAX_PHASES: Final = 10


class Phase(Table):
    """Some sessions, and the interval before each of them but the course's first."""

    sessions: Annotated[Range, COUNTS] | None = None
    """How many; without it, all that follow, which only the last phase can say."""
    every: Annotated[Range, between(INTERVAL)]
    """Days from one session to the next."""


class Schedule(Sourced):
    """The phases of a course."""

    name: Words
    phase: Annotated[tuple[Phase, ...], Field(strict=False), counting("phases", MAX_PHASES)]
    most: Annotated[int, Field(ge=1)] | None = None
    """Sessions in one course; more pass a soft limit."""
    over: Annotated[Range, between(INTERVAL)] | None = None
    """How many days the whole course takes; a session later than the most of them after the
    first one passes a soft limit."""

    def phase_of(self, number: int) -> int:
        """The phase, from 0, that the course's session ``number``, from 1, belongs to.

        A phase lasts for the most sessions that it may have; what comes after the last
        phase belongs to it.
        """
        for index, phase in enumerate(self.phase):
            if phase.sessions is None or number <= phase.sessions.most:
                return index
            number -= phase.sessions.most
        return len(self.phase) - 1

    def due(self, sessions: int, last: date) -> tuple[date, date]:
        """From when to when the session after ``sessions``, the last on ``last``, is due."""
        every = self.phase[self.phase_of(sessions + 1)].every
        return last + timedelta(days=every.least), last + timedelta(days=every.most)
