"""The rules, without a file or a hash: what a secret must be, lockout, idleness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.staff.idle import Idle
from injector.staff.lockout import FIRST_US, LONGEST_US, MOST_FAILURES, Failures
from injector.staff.roles import Act, Role, may
from injector.staff.rules import (
    Fault,
    folded,
    id_fault,
    name_fault,
    passphrase_fault,
    pin_fault,
)

TIMES = st.integers(0, 4_000_000_000_000_000)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.TOO_SHORT),
        ("eleven char", Fault.TOO_SHORT),
        ("twelve chars", None),
        ("ééééééééééé", Fault.TOO_SHORT),
        ("e\u0301" * 11, Fault.TOO_SHORT),  # what a terminal sends in two signs is one character
        ("e\u0301" * 12, None),
        ("x" * 1_000, None),
        ("x" * 1_001, Fault.TOO_LONG),
    ],
)
def test_a_passphrase_has_twelve_characters_or_more(text: str, fault: Fault | None) -> None:
    assert passphrase_fault(text) is fault


def test_a_passphrase_is_the_same_from_every_keyboard() -> None:
    assert folded("e\u0301l\u00e8ve \ufb01ni") == folded("\u00e9le\u0300ve fini")


@pytest.mark.parametrize("text", ["0000", "12345678"])
def test_a_pin_is_four_to_eight_digits(text: str) -> None:
    assert pin_fault(text) is None


@pytest.mark.parametrize("text", ["", "123", "123456789", "12a4", "١٢٣٤", "1234\n", " 1234"])
def test_anything_else_is_no_pin(text: str) -> None:
    assert pin_fault(text) is Fault.NOT_A_PIN


@pytest.mark.parametrize("text", ["", " ada", "ada ", "a\x1b[2Jb", "a\nb", "x" * 65])
def test_an_id_is_printable_and_has_no_spaces_around_it(text: str) -> None:
    assert id_fault(text) is Fault.NOT_AN_ID
    assert id_fault("ada") is None
    assert id_fault("Dr Test") is None


def test_a_name_is_printable() -> None:
    assert name_fault("Ada Example") is None
    assert name_fault("\x07") is Fault.NOT_A_NAME
    assert name_fault("  ") is Fault.NOT_A_NAME


@pytest.mark.rule("R-ROLES")
def test_only_a_practitioner_treats_and_only_practitioners_and_engineers_train() -> None:
    assert [role for role in Role if may(role, Act.TREAT)] == [Role.PRACTITIONER]
    assert [r for r in Role if may(r, Act.TRAIN)] == [Role.PRACTITIONER, Role.ENGINEER]
    assert all(may(role, Act.REVIEW) for role in Role)


@pytest.mark.rule("R-LOCKOUT")
def test_five_failures_lock_for_five_minutes_and_then_for_twice_as_long() -> None:
    failures, now_us = Failures(), 1_000
    for lockout in range(1, 4):
        for _ in range(MOST_FAILURES - 1):
            failures = failures.failed(now_us)
            assert failures.left_us(now_us) == 0
        failures = failures.failed(now_us)
        lasts_us = FIRST_US * 2 ** (lockout - 1)
        assert failures.left_us(now_us) == lasts_us
        assert failures.left_us(now_us + lasts_us - 1) == 1
        now_us += lasts_us
        assert failures.left_us(now_us) == 0


@pytest.mark.rule("R-LOCKOUT")
@given(st.lists(st.tuples(st.integers(0, 10**12), st.booleans()), max_size=200), TIMES)
def test_however_one_tries_few_attempts_pass(tries: list[tuple[int, bool]], now_us: int) -> None:
    """Without a right one, attempts that are looked at are bounded by what has passed."""
    failures, start_us, looked_at = Failures(), now_us, 0
    for wait_us, _ in tries:
        now_us += wait_us
        if not failures.left_us(now_us):
            failures = failures.failed(now_us)
            looked_at += 1
        assert 0 <= failures.left_us(now_us) <= LONGEST_US
    lockouts, needed_us = looked_at // MOST_FAILURES, 0
    for number in range(lockouts - 1):
        needed_us += min(LONGEST_US, FIRST_US << number)
    assert now_us - start_us >= needed_us


@pytest.mark.rule("R-LOCKOUT")
@given(TIMES, TIMES)
def test_a_clock_that_is_set_back_never_ends_a_lockout(then_us: int, back_us: int) -> None:
    failures = Failures()
    for _ in range(MOST_FAILURES):
        failures = failures.failed(then_us)
    assert failures.left_us(max(0, then_us - back_us)) == FIRST_US


@given(st.lists(st.integers(0, 10**9), min_size=1), st.integers(1, 10**9))
def test_idleness_is_counted_from_the_newest_act(acts: list[int], limit_us: int) -> None:
    idle = Idle(limit_us, 0)
    for at_us in acts:
        idle.active(at_us)
    newest_us = max(acts)
    assert not idle.due(newest_us + limit_us - 1)
    assert idle.due(newest_us + limit_us)
