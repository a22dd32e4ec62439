"""The plan of a session that was found open is made again from the log, and goes on."""

from datetime import date

import pytest

from injector.control import opening
from injector.control.again import plan_again, plan_and_library
from injector.control.inputs import OpenSession
from injector.control.wants import Resume
from injector.limits.setpoint import ModeKind
from injector.shotlog.entries import SessionOpened
from injector.shotlog.reader import LogReader
from injector.treatment.plan import Plan
from injector.world.happenings import HostKilled, HostStarted
from tests.control.conftest import MakeWorld
from tests.control.test_facts import wait
from tests.control.worlds import EXAMPLES, LIBRARY, OPERATOR, PLAN, SESSION

BURSTS = PLAN.steps[0].model_copy(
    update={"mode": ModeKind.BURST, "burst": 5, "override": "a thick skin"}
)
EVERYTHING = PLAN.model_copy(
    update={
        "steps": (*PLAN.steps, BURSTS),
        "mixture": tuple(
            item.model_copy(update={"expiry": date(2031, 2, 28), "concentration_ug_ml": 20_000})
            for item in PLAN.mixture
        ),
    }
)


@pytest.mark.rule("R-RESTART")
def test_a_session_goes_on_with_the_plan_and_the_library_that_the_log_holds(
    make_world: MakeWorld,
) -> None:
    world = make_world(plan=EVERYTHING)
    world.opened()
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    with LogReader.open(world.log) as reader:
        plan, library = plan_and_library(reader, SESSION)
    assert plan is not None
    assert library is not None
    assert (plan.title, library.digest) == (EVERYTHING.title, LIBRARY.digest)
    world.want(Resume(OPERATOR, fill=0, needle_um=4_000, plan=plan, library=library))
    wait(world, "session_resumed")
    world.house.run_for(50)
    session = world.seen.session
    assert session is not None
    assert [step.planned for step in session.steps] == [step.shots for step in EVERYTHING.steps]


@pytest.mark.parametrize(
    "plan",
    [*(Plan.parse(each.read_bytes()) for each in sorted(EXAMPLES.glob("*.toml"))), EVERYTHING],
    ids=lambda p: p.title,
)
def test_every_plan_is_made_again_as_the_opening_holds_it(
    plan: Plan, make_world: MakeWorld
) -> None:
    world = make_world()
    world.released()
    world.want(OpenSession(SESSION, "training", plan, LIBRARY, OPERATOR))
    wait(world, "session_opened")
    opened = world.entries("session_opened")[0].body
    assert isinstance(opened, SessionOpened)
    again = plan_again(opened, None)
    assert again is not None
    assert opening.plan_body(again) == opened.plan
    assert again.syringe_nl == plan.syringe_nl


def test_an_opening_that_holds_no_plan_of_ours_is_none(make_world: MakeWorld) -> None:
    world = make_world()
    world.opened()
    opened = world.entries("session_opened")[0].body
    assert isinstance(opened, SessionOpened)
    assert plan_again(opened.model_copy(update={"plan": {"steps": [{}]}}), None) is None
    assert plan_again(opened.model_copy(update={"plan": {}}), None) is None
