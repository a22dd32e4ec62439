"""Steps that are added in mid-session: another zone or technique than the plan has."""

from typing import Final

import pytest

from injector.control.inputs import Arm
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.control.wants import AddStep, Override, Resume
from injector.shotlog import facts
from injector.shotlog.entries import Grant
from injector.treatment.plan import MAX_STEPS
from injector.world.happenings import HostKilled, HostStarted
from tests.control.conftest import MakeWorld
from tests.control.test_clinical import begin, ready
from tests.control.test_facts import denial, wait
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, World

KNEE: Final = PLAN.steps[0].model_copy(update={"zone": "knee", "shots": 3})


def add(world: World) -> None:
    world.want(AddStep(KNEE, OPERATOR))
    wait(world, "step_added")
    world.house.run_for(50)


@pytest.mark.rule("R-STEP-ADDED")
def test_a_step_is_added_while_another_is_armed_and_is_armed_after_it(world: World) -> None:
    world.armed()
    world.fire(2)
    world.let_go()
    world.house.run_for(400)
    before = world.fired
    add(world)
    assert world.state is State.ARMED, "what is granted stays granted"
    [entry] = world.entries("step_added")
    assert isinstance(entry.body, facts.StepAdded)
    assert (entry.body.technique, entry.body.zone, entry.body.shots) == ("nappage", "knee", 3)
    session = world.seen.session
    assert session is not None
    assert [(step.zone, step.planned) for step in session.steps][-1] == ("knee", 3)
    world.want(Arm(2, OPERATOR))
    assert denial(world) is Denial.OUT_OF_ORDER
    world.host.controller._disarm("operator", OPERATOR)
    world.to(State.READY)
    world.arm_again(2)
    world.fire(3)
    world.let_go()
    world.to(State.READY)
    session = world.seen.session
    assert session is not None
    assert (session.steps[2].done, session.given_shots) == (3, before + 3)
    grants = [entry.body for entry in world.entries("grant")]
    assert {(each.step, each.zone) for each in grants if isinstance(each, Grant)} == {
        (0, "elbow"),
        (2, "knee"),
    }
    world.close_session()
    closed = world.entries("session_closed")[0].body
    zones = {each.zone: each.shots for each in closed.zones}  # type: ignore[union-attr]
    assert zones == {"elbow": before, "knee": 3}


@pytest.mark.rule("R-STEP-ADDED", "R-HARD")
def test_a_step_that_a_hard_limit_refuses_is_not_added_and_the_refusal_is_written(
    world: World,
) -> None:
    world.opened()
    for wrong in ({"volume_nl": 2_000_000}, {"zone": "nowhere"}, {"technique": "unknown"}):
        world.want(AddStep(KNEE.model_copy(update=wrong), OPERATOR))
        assert denial(world) is Denial.LIMITS
    world.house.run_for(100)
    assert not world.entries("step_added")
    assert len(world.entries("refused")) == 3


@pytest.mark.rule("R-STEP-ADDED", "R-OVERRIDE")
def test_a_soft_limit_is_passed_in_an_added_step_only_with_an_override(world: World) -> None:
    world.opened()
    deep = PLAN.steps[0].model_copy(update={"depth_um": 3_000})
    world.want(AddStep(deep.model_copy(update={"override": "I say so"}), OPERATOR))
    assert denial(world) is Denial.MALFORMED
    world.want(AddStep(deep, OPERATOR))
    wait(world, "step_added")
    world.house.run_for(50)
    world.want(Arm(2, OPERATOR))
    assert denial(world) is Denial.NEEDS_OVERRIDE
    world.want(Override(2, "a thick skin", OPERATOR))
    wait(world, "override_given")
    world.house.run_for(50)
    world.arm_again(2)


@pytest.mark.rule("R-STEP-ADDED")
def test_an_added_step_outlives_the_engine_and_the_plan_stays_the_one_of_the_opening(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    world.opened()
    add(world)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    session = world.seen.session
    assert session is not None
    assert session.steps == ()
    whole = PLAN.model_copy(update={"steps": (*PLAN.steps, KNEE)})
    world.want(Resume(OPERATOR, session.fill, session.needle_um, plan=whole, library=LIBRARY))
    assert denial(world) is Denial.OTHER_PLAN
    world.want(Resume(OPERATOR, session.fill, session.needle_um, plan=PLAN, library=LIBRARY))
    wait(world, "session_resumed")
    world.house.run_for(50)
    session = world.seen.session
    assert session is not None
    assert [step.zone for step in session.steps] == ["elbow", "elbow", "knee"]
    world.released()
    world.arm_again(2)


@pytest.mark.rule("R-STEP-ADDED")
def test_without_a_session_there_is_nothing_to_add_to(world: World) -> None:
    world.released()
    world.want(AddStep(KNEE, OPERATOR))
    assert denial(world) is Denial.NO_SESSION


@pytest.mark.rule("R-STEP-ADDED", "R-TAKE-OVER", "R-QUALIFIED")
def test_in_a_clinical_session_only_who_is_in_charge_adds_a_step(world: World) -> None:
    ready(world)
    begin(world)
    world.want(AddStep(KNEE, "bea"))
    assert denial(world) is Denial.NOT_QUALIFIED
    assert not world.entries("step_added")


@pytest.mark.rule("R-STEP-ADDED")
def test_a_session_has_no_more_steps_than_a_plan_may_have(make_world: MakeWorld) -> None:
    full = PLAN.model_copy(update={"steps": (KNEE,) * MAX_STEPS})
    world = make_world(plan=full)
    world.opened()
    world.want(AddStep(KNEE, OPERATOR))
    assert denial(world) is Denial.NO_ROOM
