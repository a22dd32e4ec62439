"""Accounts: what the counters tell and no entry explains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.control.accounts import Accounts
from injector.control.inputs import KnownDevice
from injector.limits.exposure import Exposure
from injector.protocol.codes import Ending, FaultCode
from injector.protocol.messages import FaultEntry, JournalEntry, ShotEntry

DEBIT_NL = 20_200


def known(shots: int) -> KnownDevice:
    """A gun that the log knows at that counter."""
    return KnownDevice(
        committed=shots,
        shots=shots,
        volume_nl=shots * DEBIT_NL,
        journal_before=None,
        held=None,
        conflict=None,
        grants=(),
    )


def shot(total: int) -> ShotEntry:
    """The shot that brought the counter to ``total``."""
    return ShotEntry(
        journal=7,
        index=total,
        boot=1,
        t_us=1,
        log=bytes(8),
        under_link=5,
        shots=total,
        volume_total_nl=total * DEBIT_NL,
        grant=1,
        digest=bytes(8),
        debit_nl=DEBIT_NL,
        ending=Ending.COMPLETE,
        duration_us=1,
        volume_nl=20_000,
        depth_um=1,
        flow_nl_s=1,
        pressure_pa=1,
        slice=0,
    )


def fault(total: int) -> FaultEntry:
    """A fault while the counter stood at ``total``."""
    return FaultEntry(
        journal=7,
        index=total + 1,
        boot=1,
        t_us=1,
        log=bytes(8),
        under_link=5,
        shots=total,
        volume_total_nl=total * DEBIT_NL,
        code=FaultCode.AIR,
        detail=0,
    )


def missing(accounts: Accounts, shots: int) -> int:
    """Shots that nothing explains, at that final counter."""
    found = accounts.missing(shots, shots * DEBIT_NL)
    assert found == Exposure(found.shots, found.shots * DEBIT_NL)
    return found.shots


@pytest.mark.rule("INV-2")
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=30), st.integers(0, 5))
def test_exactly_what_no_entry_explains_is_missing(
    told: list[tuple[bool, int]], at_the_end: int
) -> None:
    """Between entries the counters jump by some shots; an entry explains one or none."""
    accounts, counter = Accounts(known(10)), 10
    for is_shot, jump in told:
        counter += jump + is_shot
        entry: JournalEntry = shot(counter) if is_shot else fault(counter)
        assert accounts.take(entry) == Exposure(jump, jump * DEBIT_NL)
    assert missing(accounts, counter + at_the_end) == at_the_end
    assert not accounts.went_back
    assert accounts.told is (any(jump for _, jump in told) or at_the_end > 0)


def test_what_was_found_missing_is_not_found_again() -> None:
    accounts = Accounts(known(3))
    assert missing(accounts, 8) == 5
    assert missing(accounts, 8) == 0
    assert accounts.take(shot(9)) == Exposure()
    assert missing(accounts, 9) == 0


def test_the_past_of_a_gun_that_was_never_seen_is_not_missing() -> None:
    accounts = Accounts(None)
    assert accounts.take(shot(500)) == Exposure()
    assert missing(accounts, 500) == 0
    assert missing(accounts, 502) == 2


def test_a_counter_that_fell_is_seen_wherever_it_fell() -> None:
    at_the_end = Accounts(known(30))
    at_the_end.missing(0, 0)
    assert at_the_end.went_back
    at_an_entry = Accounts(known(30))
    at_an_entry.take(shot(4))
    assert at_an_entry.went_back
    volume_only = Accounts(known(30))
    volume_only.missing(30, 29 * DEBIT_NL)
    assert volume_only.went_back
