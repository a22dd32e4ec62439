"""The table of states: what it allows, what it refuses, and that it leads everywhere."""

from itertools import product

import pytest

from injector.control.states import (
    GRANTING,
    LINKED,
    TABLE,
    OutOfOrderError,
    State,
    Turn,
    follow,
    possible,
)

LETS_GO = frozenset({State.LOG_FAILED, State.ENDED})
TO_A_GRANT = {
    (State.READY, Turn.ARM),
    (State.CONFIGURING, Turn.READ_BACK),
    (State.GRANTING, Turn.GRANTED),
}


@pytest.mark.parametrize(("state", "turn"), product(State, Turn))
def test_a_turn_that_the_table_does_not_know_is_refused_and_named(state: State, turn: Turn) -> None:
    if (state, turn) in TABLE:
        assert possible(state, turn)
        assert follow(state, turn) is TABLE[state, turn]
        return
    assert not possible(state, turn)
    with pytest.raises(OutOfOrderError) as error:
        follow(state, turn)
    assert (error.value.state, error.value.turn) == (state, turn)
    assert turn.value in str(error.value)
    assert state.value in str(error.value)


def test_every_state_can_be_reached() -> None:
    reached, found = set[State](), {State.OFFLINE}
    while found != reached:
        reached = set(found)
        found |= {to for (state, _), to in TABLE.items() if state in reached}
    assert found == set(State)


@pytest.mark.rule("R-ARM-ORDER", "INV-4")
def test_a_grant_opens_only_by_arming_reading_back_and_confirming() -> None:
    to_a_grant = GRANTING - {State.PRIMING}
    ways = {
        (state, turn)
        for (state, turn), to in TABLE.items()
        if to in to_a_grant and (state not in to_a_grant or to is not state)
    }
    assert ways == TO_A_GRANT


@pytest.mark.rule("R-PRIME")
def test_priming_is_armed_from_ready_only_and_leads_to_no_grant() -> None:
    ways = {(state, turn) for (state, turn), to in TABLE.items() if to is State.PRIMING}
    assert ways == {(State.READY, Turn.PRIME)}
    assert {to for (state, _), to in TABLE.items() if state is State.PRIMING}.isdisjoint(GRANTING)


@pytest.mark.rule("R-STOP")
@pytest.mark.parametrize("state", sorted(LINKED))
def test_stop_leads_away_from_every_state_in_which_the_gun_obeys(state: State) -> None:
    assert follow(state, Turn.STOP) is State.STOPPING


def test_stopping_ends_by_confirmation_or_by_losing_the_gun_and_never_in_a_grant() -> None:
    ways = {to for (state, _), to in TABLE.items() if state is State.STOPPING}
    assert ways == {
        State.SETTLING,
        State.STOPPING,
        State.OFFLINE,
        State.GREETING,
        State.TAKEN,
        State.LOG_FAILED,
        State.ENDED,
    }


@pytest.mark.rule("R-LOG-FAILS")
@pytest.mark.parametrize("state", sorted(set(State) - LETS_GO))
def test_a_log_that_fails_ends_granting_from_every_state_for_good(state: State) -> None:
    assert follow(state, Turn.LOG_FAILED) is State.LOG_FAILED
    assert {to for (at, _), to in TABLE.items() if at is State.LOG_FAILED} == set(LETS_GO)


@pytest.mark.rule("R-ARM-ORDER")
def test_what_ended_a_grant_is_settled_before_anything_is_armed_again() -> None:
    assert follow(State.DISARMING, Turn.DISARMED) is State.SETTLING
    assert follow(State.STOPPING, Turn.STOPPED) is State.SETTLING
    assert follow(State.GREETING, Turn.WELCOMED) is State.SETTLING
    assert {turn for (state, turn) in TABLE if state is State.SETTLING} == {
        Turn.SETTLED,
        Turn.STOP,
        Turn.PORT_LOST,
        Turn.LINK_GONE,
        Turn.LINK_TAKEN,
        Turn.LOG_FAILED,
        Turn.END,
    }


@pytest.mark.rule("R-OTHER-GUN")
def test_a_link_that_was_taken_is_taken_back_only_by_the_operator() -> None:
    back = {turn for (state, turn), to in TABLE.items() if state is State.TAKEN and to in LINKED}
    assert not back
    greets = {
        turn for (at, turn), to in TABLE.items() if at is State.TAKEN and to is State.GREETING
    }
    assert greets == {Turn.TAKE_BACK}
