"""Letting go: a console that shows no life, and an ordered end from every state."""

import pytest

from injector.control.inputs import ConsoleGone, ConsoleSeen, Shutdown
from injector.control.states import State
from injector.world.happenings import HostStarted
from simulator.acts import Plug, Unplug
from tests.control.conftest import MakeWorld
from tests.control.worlds import STATES, World, bring_to

END_MS = 3_000


def _watched(make_world: MakeWorld) -> World:
    world = make_world(watch_console=True)
    world.want(ConsoleSeen())
    world.opened()
    world.want(ConsoleSeen())
    world.arm_again()
    return world


@pytest.mark.rule("R-CONSOLE")
def test_a_console_that_shows_no_life_for_a_second_disarms_the_gun(make_world: MakeWorld) -> None:
    world = _watched(make_world)
    world.want(ConsoleSeen())
    world.house.run_for(900)
    assert world.state is State.ARMED
    world.house.run_for(400)
    assert world.state is not State.ARMED
    assert "console_lost" in world.alarms()
    assert world.entries("disarmed")[-1].body.reason == "console_lost"


def test_a_console_that_is_seen_keeps_the_grant_open(make_world: MakeWorld) -> None:
    world = _watched(make_world)
    for _ in range(10):
        world.want(ConsoleSeen())
        world.house.run_for(500)
    assert world.state is State.ARMED
    assert "console_lost" not in world.alarms()


@pytest.mark.rule("R-CONSOLE")
def test_a_console_that_is_gone_ends_the_host_in_order(make_world: MakeWorld) -> None:
    world = _watched(make_world)
    world.fire(2)
    world.want(ConsoleGone("console_lost"))
    world.let_go()
    world.house.run()
    assert [entry.body.kind for entry in world.entries()[-2:]] == ["settled", "engine_ended"]


@pytest.mark.parametrize("state", STATES)
def test_from_every_state_an_ordered_end_comes_soon_and_is_in_the_log(
    make_world: MakeWorld, state: State
) -> None:
    world = make_world()
    bring_to(world, state)
    world.want(Shutdown("signal"))
    world.house.run_for(END_MS)
    assert world.house.host is None
    last = world.entries()[-1].body
    if state is not State.LOG_FAILED:
        assert (last.kind, last.reason) == ("engine_ended", "signal")


@pytest.mark.rule("R-CLOSE-SETTLED", "R-UNSETTLED")
@pytest.mark.parametrize("state", [State.CONFIGURING, State.GRANTING, State.ARMED])
def test_what_was_granted_is_settled_before_the_session_is_closed(
    make_world: MakeWorld, state: State
) -> None:
    world = make_world()
    bring_to(world, state)
    world.want(Shutdown("signal"))
    world.house.run_for(END_MS)
    kinds = [entry.body.kind for entry in world.entries("grant", "settled", "session_closed")]
    assert kinds[-1] == "session_closed"
    if "grant" in kinds:
        assert kinds == ["grant", "settled", "session_closed"]


@pytest.mark.rule("R-CLOSE-SETTLED", "R-UNSETTLED")
@pytest.mark.parametrize("state", [State.CONFIGURING, State.GRANTING, State.ARMED])
def test_where_nobody_decided_that_it_is_over_the_session_is_settled_and_stays_open(
    make_world: MakeWorld, state: State
) -> None:
    world = make_world()
    bring_to(world, state)
    world.want(Shutdown("signal", leave_open=True))
    world.house.run_for(END_MS)
    assert world.house.host is None
    kinds = [entry.body.kind for entry in world.entries()]
    assert kinds[-1] == "engine_ended"
    assert "session_closed" not in kinds
    assert kinds.count("grant") == kinds.count("settled")
    world.house.happen(HostStarted())
    world.to(State.READY)
    assert world.seen.session is not None
    assert world.seen.session.recovered


@pytest.mark.rule("R-CLOSE-SETTLED", "R-UNSETTLED")
def test_without_a_gun_on_the_line_the_session_stays_open_for_the_next_start(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    world.opened()
    world.house.happen(Unplug())
    world.shut_down()
    assert not world.entries("session_closed")
    world.house.happen(Plug())
