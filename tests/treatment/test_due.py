"""What is due next: the schedule, adjusted to what the last session achieved."""

from datetime import date, timedelta

import pytest

from injector.treatment.due import Why, next_due
from injector.treatment.shipped import shipped_library

FIGURES = shipped_library().figures
CHRONIC = FIGURES.schedule["chronic"]
ACUTE = FIGURES.schedule["acute"]
LAST = date(2027, 1, 11)


def days(number: int) -> date:
    return LAST + timedelta(days=number)


@pytest.mark.rule("R-DUE")
def test_a_chronic_course_is_weekly_at_first_and_then_spaced_by_result() -> None:
    weekly = next_due(CHRONIC, 1, LAST)
    assert weekly is not None
    assert (weekly.day, weekly.first, weekly.last) == (days(7), days(7), days(7))
    spaced = {result: next_due(CHRONIC, 6, LAST, result=result) for result in ("better", "worse")}
    better, worse = spaced["better"], spaced["worse"]
    assert better is not None
    assert worse is not None
    assert (better.day, better.why) == (days(28), Why.BETTER)
    assert (worse.day, worse.why) == (days(14), Why.WORSE)
    same = next_due(CHRONIC, 6, LAST, result="same")
    assert same is not None
    assert (same.first, same.last, same.why) == (days(14), days(28), Why.SCHEDULE)


@pytest.mark.rule("R-DUE")
def test_what_has_resolved_or_had_all_its_sessions_is_due_no_more() -> None:
    assert next_due(CHRONIC, 2, LAST, result="resolved") is None
    assert CHRONIC.most == 15
    assert next_due(CHRONIC, 15, LAST) is None
    assert next_due(None, 1, LAST) is None


@pytest.mark.rule("R-DUE")
def test_a_follow_up_goes_before_the_schedule_and_never_before_the_soonest_day() -> None:
    for wanted, day in ((days(3), days(7)), (days(30), days(30))):
        due = next_due(ACUTE, 1, LAST, result="better", follow_up=wanted)
        assert due is not None
        assert (due.day, due.why) == (day, Why.FOLLOW_UP)
    alone = next_due(None, 1, LAST, follow_up=days(30))
    assert alone is not None
    assert alone.day == days(30)
