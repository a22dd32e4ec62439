"""The autopilot's decisions: what it sees, and what it wants then."""

from dataclasses import replace
from typing import Final

import pytest

from injector.control.autopilot import Autopilot, Result
from injector.control.inputs import (
    AcceptForeign,
    Arm,
    CloseSession,
    Intent,
    OpenSession,
    ReleaseStop,
    Shutdown,
)
from injector.control.snapshot import ConsoleState, Denial, Denied, SessionView, StepView
from injector.control.states import State
from injector.protocol.codes import Faults, Inhibits
from simulator.acts import Contact, Fault, Trigger
from tests.control.conftest import MakeWorld
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, SESSION, World, pilot


@pytest.fixture
def ready(make_world: MakeWorld) -> ConsoleState:
    """What a console shows of a released gun without a session."""
    world = make_world()
    world.released()
    return world.seen


@pytest.fixture
def in_session(make_world: MakeWorld) -> ConsoleState:
    """What it shows in a session of which nothing was given yet."""
    world = make_world()
    world.opened()
    return world.seen


def _pilot(**options: bool) -> Autopilot:
    return Autopilot(PLAN, LIBRARY, operator=OPERATOR, session=SESSION, **options)


def _began(ready: ConsoleState) -> Autopilot:
    """A pilot that has asked for its session."""
    operator = _pilot()
    assert isinstance(operator.look(ready), OpenSession)
    return operator


def _done(seen: ConsoleState, *done: int) -> ConsoleState:
    """The same, with so many shots of each step given and the log grown by them."""
    session = seen.session
    assert session is not None
    steps: tuple[StepView, ...] = tuple(
        replace(step, done=given) for step, given in zip(session.steps, done, strict=True)
    )
    return replace(seen, session=replace(session, steps=steps), log_size=seen.log_size + 1)


WAITS: Final = sorted(set(State) - {State.READY, State.ENDED, State.LOG_FAILED, State.TAKEN})


@pytest.mark.parametrize("state", WAITS)
def test_while_the_host_is_busy_it_wants_nothing(in_session: ConsoleState, state: State) -> None:
    operator = _pilot()
    assert operator.look(replace(in_session, state=state)) is None
    assert operator.result is None


@pytest.mark.parametrize(
    ("state", "result"),
    [(State.LOG_FAILED, Result.LOG_FAILED), (State.TAKEN, Result.TAKEN)],
)
def test_what_calls_for_a_person_ends_its_run_once(
    in_session: ConsoleState, state: State, result: Result
) -> None:
    operator = _pilot()
    seen = replace(in_session, state=state)
    assert operator.look(seen) == Shutdown(result.value)
    assert operator.look(seen) is None
    assert operator.result is result


def test_a_host_that_has_ended_is_wanted_nothing_of(ready: ConsoleState) -> None:
    operator = _pilot()
    assert operator.look(replace(ready, state=State.ENDED)) is None
    assert operator.result is Result.ENDED


def test_it_opens_its_session_on_a_released_gun(ready: ConsoleState) -> None:
    assert _pilot().look(ready) == OpenSession(SESSION, "training", PLAN, LIBRARY, OPERATOR)


def test_it_releases_the_stop_of_the_boot_once_and_never_another(ready: ConsoleState) -> None:
    operator = _pilot()
    latched = replace(ready, latched=True)
    assert operator.look(latched) == ReleaseStop(OPERATOR)
    assert operator.look(latched) is None, "nothing has changed"
    again = operator.look(replace(latched, log_size=latched.log_size + 2))
    assert again == Shutdown("stopped")
    assert operator.result is Result.STOPPED


def test_it_says_nothing_about_stop_before_the_gun_has(ready: ConsoleState) -> None:
    assert _pilot().look(replace(ready, latched=True, status=None)) is None


@pytest.mark.parametrize(
    ("done", "wanted"),
    [
        ((0, 0), Arm(0, OPERATOR)),
        ((39, 0), Arm(0, OPERATOR)),
        ((40, 0), Arm(1, OPERATOR)),
        ((40, 3), Arm(1, OPERATOR)),
        ((40, 4), CloseSession(OPERATOR, "done")),
    ],
)
def test_it_arms_the_first_step_that_still_wants_shots(
    ready: ConsoleState, in_session: ConsoleState, done: tuple[int, int], wanted: Intent
) -> None:
    operator = _began(ready)
    assert operator.look(_done(in_session, *done)) == wanted


def test_it_asks_for_nothing_twice_while_nothing_has_changed(
    ready: ConsoleState, in_session: ConsoleState
) -> None:
    operator = _began(ready)
    seen = _done(in_session, 0, 0)
    assert operator.look(seen) == Arm(0, OPERATOR)
    assert operator.look(seen) is None
    assert operator.look(replace(seen, log_size=seen.log_size + 1)) == Arm(0, OPERATOR)


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"latched": True}, Result.STOPPED),
        ({"gaps": (7,)}, Result.GAP),
        ({"denied": Denied("arm", Denial.LIMITS)}, Result.DENIED),
    ],
)
def test_what_calls_for_judgement_closes_its_session(
    ready: ConsoleState, in_session: ConsoleState, changes: dict[str, object], result: Result
) -> None:
    operator = _began(ready)
    seen = replace(_done(in_session, 5, 0), **changes)
    assert operator.look(seen) == CloseSession(OPERATOR, result.value)
    assert operator.result is result


@pytest.mark.rule("R-FAULT")
def test_a_gun_with_a_fault_that_blocks_closes_its_session(
    ready: ConsoleState, in_session: ConsoleState
) -> None:
    operator = _began(ready)
    seen = _done(in_session, 5, 0)
    assert seen.status is not None
    update = {"faults": Faults.EMPTY, "inhibits": Inhibits.FAULT}
    empty = replace(seen, status=seen.status.model_copy(update=update))
    assert operator.look(empty) == CloseSession(OPERATOR, "fault")
    assert operator.result is Result.FAULT


def test_a_denial_for_order_is_no_end(ready: ConsoleState, in_session: ConsoleState) -> None:
    """The gun's state changed while it asked; it asks again when it is its turn."""
    operator = _began(ready)
    denied = Denied("arm", Denial.OUT_OF_ORDER)
    assert operator.look(replace(_done(in_session, 0, 0), denied=denied)) == Arm(0, OPERATOR)
    assert operator.result is None


def test_a_session_that_another_run_left_open_is_closed_and_not_gone_on_with(
    in_session: ConsoleState,
) -> None:
    operator = _pilot()
    session = in_session.session
    assert isinstance(session, SessionView)
    left = replace(in_session, session=replace(session, id="tffffffffffffffff"))
    assert operator.look(left) == CloseSession(OPERATOR, "interrupted")


def test_entries_of_another_log_are_accepted_only_where_it_was_told_to(
    ready: ConsoleState,
) -> None:
    seen = replace(ready, foreign=True)
    assert not isinstance(_pilot().look(seen), AcceptForeign)
    operator = _pilot(accept_foreign=True)
    assert operator.look(seen) == AcceptForeign(OPERATOR)


def test_a_fault_in_mid_step_ends_a_run_and_not_the_patience_of_who_waits(
    make_world: MakeWorld,
) -> None:
    """The needle is occluded while the trigger is held; nobody is there to disarm."""
    operator = pilot(PLAN)
    world: World = make_world(operator=operator)
    world.to(State.ARMED)
    world.house.happen(Contact(on=True))
    world.house.run_for(250)
    world.house.happen(Trigger(held=True))
    world.house.run(lambda: world.fired == 3)
    world.house.happen(Fault(name="occlusion", on=True))
    world.house.run()
    assert operator.result is Result.FAULT
    assert len(world.entries("session_closed")) == 1
