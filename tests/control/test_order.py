"""What is asked for out of order is denied with a code, and changes nothing."""

from collections.abc import Mapping
from typing import Final

import pytest

from injector.control.alarms import AlarmCode
from injector.control.inputs import (
    AcceptForeign,
    AcknowledgeAlarm,
    AcknowledgeGap,
    Arm,
    CloseSession,
    Disarm,
    Intent,
    OpenSession,
    ReleaseStop,
    TakeLink,
)
from injector.control.snapshot import Denial
from injector.control.states import GRANTING, LINKED, State
from injector.treatment.plan import Plan
from tests.control.conftest import MakeWorld
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, STATES, World, bring_to

OPEN: Final = OpenSession("tfedcba9876543210", "training", PLAN, LIBRARY, OPERATOR)
DENIED_OUTSIDE_READY: Final[Mapping[str, Intent]] = {
    "arm": Arm(0, OPERATOR),
    "open_session": OPEN,
    "release": ReleaseStop(OPERATOR),
}
WITHOUT_EFFECT: Final[tuple[Intent, ...]] = (
    AcknowledgeAlarm(AlarmCode.GAP, OPERATOR),
    AcknowledgeGap(3, OPERATOR),
    AcceptForeign(OPERATOR),
)


def _stands(world: World) -> tuple[object, ...]:
    """Everything that an intent without effect must leave as it is."""
    seen = world.seen
    log_size = world.host.disk.log.size
    return (seen.state, seen.latched, seen.session, seen.alarms, seen.gaps, log_size)


@pytest.mark.rule("R-ARM-ORDER")
@pytest.mark.parametrize("intent", DENIED_OUTSIDE_READY)
@pytest.mark.parametrize("state", [state for state in STATES if state is not State.READY])
def test_what_needs_a_settled_gun_is_denied_in_every_other_state(
    make_world: MakeWorld, state: State, intent: str
) -> None:
    world = make_world()
    bring_to(world, state)
    before, wrote = _stands(world), len(world.record.wrote)
    world.want(DENIED_OUTSIDE_READY[intent])
    assert world.seen.denied is not None
    expected = Denial.LOG_FAILED if state is State.LOG_FAILED else Denial.OUT_OF_ORDER
    assert (world.seen.denied.intent, world.seen.denied.why) == (intent, expected)
    assert _stands(world) == before
    assert len(world.record.wrote) == wrote


@pytest.mark.parametrize("intent", WITHOUT_EFFECT, ids=lambda intent: type(intent).__name__)
@pytest.mark.parametrize("state", STATES)
def test_a_word_about_what_does_not_stand_changes_nothing(
    make_world: MakeWorld, state: State, intent: Intent
) -> None:
    world = make_world()
    bring_to(world, state)
    before = _stands(world)
    world.want(intent)
    assert _stands(world) == before


@pytest.mark.parametrize("state", [state for state in STATES if state is not State.TAKEN])
def test_a_link_that_was_not_taken_is_not_taken_back(make_world: MakeWorld, state: State) -> None:
    world = make_world()
    bring_to(world, state)
    before = _stands(world)
    world.want(TakeLink(OPERATOR))
    assert _stands(world) == before


@pytest.mark.parametrize("state", [s for s in STATES if s not in GRANTING])
def test_disarming_where_nothing_is_granted_changes_nothing(
    make_world: MakeWorld, state: State
) -> None:
    world = make_world()
    bring_to(world, state)
    before = _stands(world)
    world.want(Disarm(OPERATOR))
    assert _stands(world) == before


@pytest.mark.parametrize("state", sorted(LINKED))
def test_closing_where_no_session_is_open_is_denied(make_world: MakeWorld, state: State) -> None:
    world = make_world()
    if state in (State.GREETING, State.SETTLING, State.READY, State.RELEASING):
        bring_to(world, state)
    else:
        world.settle()
    world.want(CloseSession(OPERATOR))
    assert world.seen.denied is not None
    assert world.seen.denied.why is Denial.NO_SESSION


def _denied(world: World, intent: Intent) -> Denial:
    world.want(intent)
    denied = world.seen.denied
    assert denied is not None
    assert world.state is State.READY
    return denied.why


@pytest.mark.rule("R-OPENING")
def test_nothing_is_armed_without_a_session(world: World) -> None:
    world.released()
    assert _denied(world, Arm(0, OPERATOR)) is Denial.NO_SESSION


@pytest.mark.rule("R-OPENING")
def test_one_session_is_open_at_a_time(world: World) -> None:
    world.opened()
    assert _denied(world, OPEN) is Denial.SESSION_OPEN


@pytest.mark.rule("R-STEP")
@pytest.mark.parametrize("step", [-1, 2, 99])
def test_a_step_that_the_plan_does_not_have_is_not_armed(world: World, step: int) -> None:
    world.opened()
    assert _denied(world, Arm(step, OPERATOR)) is Denial.NO_SUCH_STEP


@pytest.mark.rule("R-STEP")
def test_a_step_that_is_done_is_not_armed_again(world: World) -> None:
    world.armed()
    world.fire(40)
    world.to(State.READY)
    assert _denied(world, Arm(0, OPERATOR)) is Denial.NO_ROOM
    assert world.fired == 40


@pytest.mark.rule("R-STOP-LATCHED")
def test_a_stop_that_is_latched_denies_arming_and_a_release_lets_it_pass(world: World) -> None:
    world.settle()
    world.want(OPEN)
    world.house.run(lambda: world.seen.session is not None)
    assert _denied(world, Arm(0, OPERATOR)) is Denial.STOPPED
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    world.want(Arm(0, OPERATOR))
    world.to(State.ARMED)


def _plan(**changes: str) -> Plan:
    text = """
title = "One step"
indication = "tendinopathy_elbow"
needle = "4.0 mm"
syringe = "2.5 mL"
[[mixture]]
product = "piroxicam"
product_class = "nsaid"
volume = "2.2 mL"
[[step]]
technique = "nappage"
zone = "elbow"
mode = "repeat"
volume = "{volume}"
depth = "{depth}"
flow = "250 µL/s"
needle_speed = "100 mm/s"
cadence = "300/min"
shots = {shots}
"""
    figures = {"volume": "0.020 mL", "depth": "2.0 mm", "shots": "10", **changes}
    return Plan.parse(text.format(**figures))


@pytest.mark.rule("R-REFUSED-SAID")
@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        ({"depth": "6.0 mm"}, "depth_um"),
        ({"volume": "0.200 mL"}, "charge_nl"),
        ({"shots": "5000"}, "session_shots"),
    ],
)
def test_what_the_limits_refuse_is_denied_with_every_reason_and_nothing_is_sent(
    make_world: MakeWorld, changes: dict[str, str], figure: str
) -> None:
    world = make_world(plan=_plan(**changes))
    world.opened()
    wrote = len(world.record.wrote)
    assert _denied(world, Arm(0, OPERATOR)) is Denial.LIMITS
    assert world.seen.denied is not None
    assert figure in {passed.figure.value for passed in world.seen.denied.passed}
    assert len(world.record.wrote) == wrote
    world.house.run_for(5)
    [refused] = world.entries("refused")
    assert refused.body.verdict.outcome == "refuse"


def test_the_newest_denial_is_gone_once_something_is_followed(world: World) -> None:
    world.opened()
    assert _denied(world, Arm(99, OPERATOR)) is Denial.NO_SUCH_STEP
    world.want(Arm(0, OPERATOR))
    assert world.seen.denied is None
