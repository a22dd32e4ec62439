"""Grants and limits: what is granted never passes what is left, of any limit."""

import pytest

from injector.control.inputs import PressStop, ReleaseStop
from injector.control.states import State
from injector.limits.library import Library
from injector.shotlog.entries import Grant
from tests.control.conftest import MakeWorld
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, World


def _library(session_shots: int) -> Library:
    """The shipped library with another number of shots per session."""
    before = "[session]\nshots = { hard = 1000"
    assert before in LIBRARY.text
    return Library.parse(LIBRARY.text.replace(before, before[:-4] + str(session_shots)))


@pytest.mark.rule("R-SESSION", "INV-1")
@pytest.mark.parametrize("most", [1, 3, 17, 31])
def test_a_session_never_gets_more_shots_than_its_limit(make_world: MakeWorld, most: int) -> None:
    """The gun asks for as many as it can; the trigger is held all the time."""
    plan = PLAN.model_copy(update={"steps": (PLAN.steps[0].model_copy(update={"shots": most}),)})
    world = make_world(library=_library(most), plan=plan)
    world.armed()
    world.fire(most)
    world.house.run_for(3_000)
    assert world.fired == most
    grants = [body for _, body in world.record.bodies(Grant)]
    assert sum(body.shots for body in grants if isinstance(body, Grant)) == most


@pytest.mark.rule("R-GRANT-ONCE")
def test_what_one_grant_left_unused_can_be_granted_again_after_it_is_settled(world: World) -> None:
    world.armed()
    world.fire(5)
    world.want(PressStop("operator", OPERATOR))
    world.let_go()
    world.house.run(lambda: world.state is State.READY)
    world.house.run_for(150)
    assert world.seen.session is not None
    assert (world.seen.session.given_shots, world.seen.session.remainder_shots) == (5, 0)
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    world.arm_again()
    world.fire(35)
    world.to(State.READY)
    assert world.fired == 40


@pytest.mark.rule("R-SYRINGE", "R-ROOM")
def test_a_grant_never_reaches_further_than_the_syringe(make_world: MakeWorld) -> None:
    little = PLAN.mixture[0].model_copy(update={"volume_nl": 205_000})
    step = PLAN.steps[0].model_copy(update={"shots": 10})
    world = make_world(plan=PLAN.model_copy(update={"mixture": (little,), "steps": (step,)}))
    world.armed()
    granted = [body for _, body in world.record.bodies(Grant)]
    assert sum(body.volume_nl for body in granted if isinstance(body, Grant)) <= 205_000


@pytest.mark.rule("INV-4")
def test_the_grants_entry_holds_who_armed_what_under_which_verdict_and_library(
    world: World,
) -> None:
    world.armed()
    [entry] = world.entries("grant")
    grant = entry.body
    assert isinstance(grant, Grant)
    assert grant.armed_by == OPERATOR
    assert grant.verdict.outcome == "allow"
    assert grant.library_digest == LIBRARY.digest
    assert (grant.setpoint.volume_nl, grant.setpoint.depth_um) == (20_000, 2_000)
    assert (grant.technique, grant.zone, grant.step) == ("nappage", "elbow", 0)
