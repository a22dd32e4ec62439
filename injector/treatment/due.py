"""When the next session of a course is due: the schedule, adjusted to what was achieved.

The schedule gives a window, from the soonest day to the latest. The result of the last
session says where in it: what is better is spaced out, what is worse comes as soon as it
may, and what has resolved needs no more. A follow-up that the practitioner set goes
before that, but never before the soonest day.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from injector.limits.tables.schedules import Schedule


@unique
class Why(StrEnum):
    """What the day follows from."""

    SCHEDULE = "schedule"
    BETTER = "better"
    WORSE = "worse"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, slots=True)
class Due:
    """When a patient is to be seen again."""

    day: date
    first: date
    """The soonest: a session before it passes a soft limit."""
    last: date
    """The latest that the schedule says."""
    why: Why


def next_due(
    schedule: Schedule | None,
    sessions: int,
    last: date,
    *,
    result: str | None = None,
    follow_up: date | None = None,
) -> Due | None:
    """When the session after ``sessions`` is due, the last of them on ``last``.

    ``result`` is the practitioner's word on the last one, ``follow_up`` the day they set
    after it. None: nothing is due.
    """
    over = schedule is None or (schedule.most is not None and sessions >= schedule.most)
    if schedule is None or over or result == "resolved":
        return None if follow_up is None else Due(follow_up, follow_up, follow_up, Why.FOLLOW_UP)
    first, latest = schedule.due(sessions, last)
    if follow_up is not None:
        return Due(max(first, follow_up), first, latest, Why.FOLLOW_UP)
    match result:
        case "better":
            return Due(latest, first, latest, Why.BETTER)
        case "worse":
            return Due(first, first, latest, Why.WORSE)
        case _:
            return Due(first, first, latest, Why.SCHEDULE)
