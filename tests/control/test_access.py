"""Roles are the engine's to enforce, and who comes and goes is an entry at all times."""

from typing import Literal

import pytest

from injector.control.allowed import _NAMES, Acting
from injector.control.engine import INTENT_US, _expired
from injector.control.inputs import (
    AcceptForeign,
    AcknowledgeGap,
    Arm,
    CloseSession,
    Disarm,
    OpenSession,
    PressStop,
    ReleaseStop,
    TakeLink,
)
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.control.wants import (
    AddStep,
    ArmPrime,
    ChangeNeedle,
    DiscardSyringe,
    LoadSyringe,
    Override,
    Record,
    RecordAccess,
    RecordOperator,
    Resume,
    TakeOver,
)
from injector.shotlog import facts
from injector.shotlog.errors import WriteFailure
from injector.shotlog.vouching import Barred
from injector.tui.words import denied_words
from injector.world.happenings import DiskFails
from tests.control.test_clinical import begin, opening, ready
from tests.control.test_facts import by_hand, denial, wait
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, SESSION, STATES, World, bring_to

Role = Literal["engineer", "auditor", "administrator", "withdrawn", "assistant", "practitioner"]
EVE = "eve"
ACTS: tuple[Acting, ...] = (
    Arm(0, EVE),
    ReleaseStop(EVE),
    AcknowledgeGap(1, EVE),
    AcceptForeign(EVE),
    TakeLink(EVE),
    ArmPrime(20_000, EVE),
    LoadSyringe(EVE),
    DiscardSyringe(0, EVE),
    ChangeNeedle(4_000, EVE),
    TakeOver(EVE),
    Override(0, "because", EVE),
    AddStep(PLAN.steps[0], EVE),
    Resume(EVE, 0, 4_000),
)
"""Everything that only somebody may ask for who may give the session, but opening it."""


def on_record(world: World, role: Role, person: str = EVE) -> None:
    recorded = facts.OperatorRecorded(
        person=person, name="Eve Example", role=role, diploma=None, registration=None, by=OPERATOR
    )
    world.want(RecordOperator(recorded))
    wait(world, "operator_recorded")


@pytest.mark.rule("R-ROLES", "R-DENIED-WORDS", "R-BARRED")
@pytest.mark.parametrize("role", ["auditor", "administrator", "withdrawn"])
def test_who_may_not_treat_opens_arms_changes_and_releases_nothing(
    world: World, role: Role
) -> None:
    world.settle()
    on_record(world, role)
    world.want(ReleaseStop(EVE))
    assert denial(world) is Denial.NOT_ALLOWED
    assert world.seen.latched
    world.released()
    world.want(OpenSession(SESSION, "training", PLAN, LIBRARY, EVE))
    assert denial(world) is Denial.NOT_ALLOWED
    world.opened()
    for act in ACTS:
        world.want(act)
        assert denial(world) is Denial.NOT_ALLOWED, act
        assert world.seen.denied is not None
        assert "role" in denied_words(world.seen.denied)
    assert world.state is State.READY
    world.house.run_for(200)
    opened = next(entry.seq for entry in world.entries("session_opened"))
    since = [entry for entry in world.entries() if entry.seq > opened]
    barred = [entry.body.what for entry in since if isinstance(entry.body, Barred)]
    assert barred == [_NAMES[type(act)] for act in ACTS], "each of them is an entry"
    assert len(since) == len(barred), "and nothing else came of any"
    assert {entry.body.by for entry in since if isinstance(entry.body, Barred)} == {EVE}


@pytest.mark.rule("R-ROLES")
def test_whoever_it_is_stops_disarms_ends_and_records_facts(world: World) -> None:
    world.released()
    on_record(world, "auditor")
    world.armed()
    world.want(Record(by_hand(20_000).fact.model_copy(update={"by": EVE})))
    assert denial(world) is None
    wait(world, "hand_shots")
    world.want(Disarm(EVE))
    world.to(State.READY)
    world.want(PressStop("operator", EVE))
    world.house.run(lambda: world.seen.latched)
    world.want(CloseSession(EVE))
    world.house.run(lambda: world.seen.session is None)


@pytest.mark.rule("R-ROLES", "R-QUALIFIED")
def test_an_engineer_trains_and_treats_nobody(world: World) -> None:
    ready(world)
    on_record(world, "engineer")
    world.want(opening(by=EVE))
    assert denial(world) is Denial.NOT_ALLOWED
    begin(world)
    for act in ACTS:
        world.want(act)
        assert denial(world) is Denial.NOT_ALLOWED, act
    world.want(CloseSession(OPERATOR))
    world.house.run(lambda: world.seen.session is None)
    world.want(OpenSession(SESSION, "training", PLAN, LIBRARY, EVE))
    world.house.run(lambda: world.seen.session is not None)
    world.want(Arm(0, EVE))
    world.to(State.ARMED)


@pytest.mark.rule("R-ROLES")
@pytest.mark.parametrize("role", [None, "assistant", "practitioner", "engineer"])
def test_training_is_open_to_who_is_on_record_for_it_and_to_who_is_on_none(
    world: World, role: Role | None
) -> None:
    world.released()
    if role is not None:
        on_record(world, role)
    world.want(OpenSession(SESSION, "training", PLAN, LIBRARY, EVE))
    world.house.run(lambda: world.seen.session is not None)
    world.want(Arm(0, EVE))
    world.to(State.ARMED)


@pytest.mark.rule("R-ROLES")
def test_who_is_withdrawn_while_armed_is_disarmed(world: World) -> None:
    world.armed()
    on_record(world, "withdrawn", OPERATOR)
    world.to(State.READY)
    assert [entry.body.reason for entry in world.entries("disarmed")] == ["withdrawn"]  # type: ignore[union-attr]
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.NOT_ALLOWED


@pytest.mark.rule("R-ROLES")
def test_somebody_else_s_new_role_disarms_nobody(world: World) -> None:
    world.armed()
    on_record(world, "auditor")
    world.house.run_for(300)
    assert world.state is State.ARMED


def access(what: Literal["signed_in", "locked", "unlocked"]) -> RecordAccess:
    return RecordAccess(facts.Access(what=what, person=OPERATOR, role="practitioner"))


@pytest.mark.rule("R-ACCESS")
@pytest.mark.parametrize("state", [each for each in STATES if each is not State.LOG_FAILED])
def test_who_comes_and_goes_is_an_entry_in_every_state(world: World, state: State) -> None:
    bring_to(world, state)
    open_session = world.seen.session
    world.want(access("locked"))
    wait(world, "access")
    [entry] = world.entries("access")
    assert entry.session == (None if open_session is None else open_session.id)


@pytest.mark.rule("R-ACCESS")
def test_who_comes_and_goes_does_not_change_what_was_denied_nor_what_is_armed(
    world: World,
) -> None:
    world.opened()
    world.want(Arm(99, OPERATOR))
    assert denial(world) is Denial.NO_SUCH_STEP
    world.want(access("locked"))
    assert denial(world) is Denial.NO_SUCH_STEP
    world.arm_again()
    world.want(access("unlocked"))
    wait(world, "access")
    assert world.state is State.ARMED


@pytest.mark.rule("R-ACCESS")
def test_a_log_that_cannot_be_written_does_not_keep_anybody_out(world: World) -> None:
    world.opened()
    world.house.happen(DiskFails(WriteFailure.DISK_FULL))
    world.want(access("signed_in"))
    world.to(State.LOG_FAILED)
    world.want(access("signed_in"))
    assert world.state is State.LOG_FAILED


@pytest.mark.rule("R-ACCESS")
def test_an_access_is_written_however_late_it_comes() -> None:
    assert not _expired(access("locked"), 60 * INTENT_US)
    assert _expired(Arm(0, EVE), INTENT_US + 1)
