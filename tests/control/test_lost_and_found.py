"""Link, gun or port lost in every state and in mid-shot: nothing lost, nothing doubled.

The world checks INV-2 whenever the host says that all is accounted for, and the others
after every step; these tests bring it there and look at what people are told.
"""

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from injector.control.inputs import Arm, ReleaseStop, TakeLink
from injector.control.states import GRANTING, State
from injector.shotlog.entries import Settled, Shot, Uncertain
from injector.world.happenings import GunSwapped
from injector.world.house import SERIAL
from injector.world.wire import untroubled
from simulator.acts import Contact, Plug, Power, Reset, Trigger, Unplug
from tests.control.conftest import MakeWorld
from tests.control.strangers import fire_as_another_host
from tests.control.worlds import OPERATOR, STATES, World, bring_to


def _unplug(world: World) -> None:
    world.house.happen(Unplug())
    world.house.run_for(40)
    world.house.happen(Plug())


def _unplug_long(world: World) -> None:
    world.house.happen(Unplug())
    world.house.run_for(3_000)
    world.house.happen(Plug())


def _reset(world: World) -> None:
    world.house.happen(Reset())


def _power_cut(world: World) -> None:
    world.house.happen(Power(on=False))
    world.house.run_for(2_000)
    world.house.happen(Power(on=True))


def _silent(world: World) -> None:
    """The line carries nothing for a while, and nobody is told."""
    wire = world.house.wire
    good = wire.to_gun.trouble, wire.to_host.trouble
    wire.to_gun.trouble = wire.to_host.trouble = lambda *_: ()
    world.house.run_for(1_500)
    wire.to_gun.trouble, wire.to_host.trouble = good


def _taken(world: World) -> None:
    """Another host takes the link; the operator takes it back."""
    world.other_host()
    world.house.run_for(400)
    if world.state is State.TAKEN:
        world.want(TakeLink(OPERATOR))


LOSSES: Final[Mapping[str, Callable[[World], None]]] = {
    "unplugged": _unplug,
    "unplugged for long": _unplug_long,
    "gun reset": _reset,
    "gun without power": _power_cut,
    "line silent": _silent,
    "link taken by another host": _taken,
}
STANDING: Final = [state for state in STATES if state not in (State.LOG_FAILED, State.TAKEN)]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("state", STANDING)
def test_from_every_state_the_host_comes_back_and_settles(
    make_world: MakeWorld, state: State, loss: str
) -> None:
    world = make_world()
    bring_to(world, state)
    if state is State.OFFLINE:
        world.house.happen(Plug())
    LOSSES[loss](world)
    world.house.run_for(2_000)
    if world.state in GRANTING:
        assert loss != "gun reset"
        return
    assert world.state is State.READY
    assert world.host.controller.snapshot().status is not None


@pytest.mark.rule("INV-2")
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("ms", [0, 30, 90, 140, 170, 199])
def test_lost_in_mid_burst_every_shot_is_in_the_log_once(
    make_world: MakeWorld, loss: str, ms: int
) -> None:
    world = make_world()
    world.armed()
    world.fire(7)
    world.house.run_for(ms)
    LOSSES[loss](world)
    world.let_go()
    world.house.run_for(3_000)
    assert world.state is State.READY
    logged = world.entries("shot", "uncertain")
    assert len(logged) == world.fired
    assert [entry.body.index for entry in logged] == list(range(1, len(logged) + 1))
    assert not world.entries("gap")
    [settled] = [entry.body for entry in world.entries("settled")]
    assert isinstance(settled, Settled)
    assert settled.shots == world.fired
    granted = sum(entry.body.shots for entry in world.entries("grant"))
    assert settled.returned_shots == granted - world.fired


@pytest.mark.rule("R-UNKNOWN-MOST")
def test_a_power_cut_in_mid_shot_leaves_one_uncertain_shot_that_counts_as_its_most(
    world: World,
) -> None:
    world.armed()
    world.fire(3)
    world.house.run_for(50)
    _power_cut(world)
    world.let_go()
    world.settle()
    last = world.entries("shot", "uncertain")[-1].body
    assert isinstance(last, Uncertain)
    assert (last.index, last.counts_nl) == (3, last.debit_nl)
    assert "uncertain_shot" in world.alarms()
    assert world.seen.session is not None
    assert world.seen.session.given_shots == 3


def test_unplugged_in_mid_burst_the_session_goes_on_where_it_was(world: World) -> None:
    world.armed()
    world.fire(9)
    _unplug_long(world)
    world.let_go()
    world.settle()
    if world.seen.latched:
        world.want(ReleaseStop(OPERATOR))
        world.to(State.READY)
    world.arm_again()
    world.house.happen(Trigger(held=True))
    world.to(State.READY)
    assert world.fired == 40
    assert len(world.entries("shot")) == 40


@pytest.mark.rule("INV-3")
def test_the_lease_ends_the_shot_in_motion_when_the_cable_is_out(world: World) -> None:
    world.armed()
    world.fire(2)
    world.house.happen(Unplug())
    world.house.run_for(600)
    fired = world.fired
    world.house.run_for(2_000)
    assert world.fired == fired
    assert fired <= 2 + 3


@pytest.mark.rule("R-OTHER-GUN")
def test_a_link_that_was_taken_is_not_taken_back_by_itself(world: World) -> None:
    world.armed()
    world.other_host()
    world.to(State.TAKEN)
    wrote = len(world.record.wrote)
    _unplug_long(world)
    world.house.run_for(3_000)
    assert world.state is State.TAKEN
    assert len(world.record.wrote) == wrote
    assert "link_taken" in world.alarms()


def test_the_operator_takes_a_link_back_after_the_port_was_lost_too(world: World) -> None:
    world.armed()
    world.other_host()
    world.to(State.TAKEN)
    _unplug_long(world)
    world.house.run_for(1_000)
    world.want(TakeLink(OPERATOR))
    world.settle()


@pytest.mark.rule("R-LINE")
def test_people_are_told_of_a_silent_line_and_that_it_is_back(world: World) -> None:
    world.armed()
    wire = world.house.wire
    wire.to_host.trouble = lambda *_: ()
    world.house.run_for(450)
    assert "link_lost" in world.alarms()
    wire.to_host.trouble = untroubled
    world.house.run_for(1_000)
    assert not [a for a in world.seen.alarms if a.code.value == "link_lost" and a.active]


@pytest.mark.rule("R-LEASE-END")
def test_a_grant_that_the_gun_voided_by_its_lease_is_told_and_settled(world: World) -> None:
    world.armed()
    world.fire(2)
    world.let_go()
    _silent(world)
    world.settle()
    assert "device_let_go" in world.alarms() or "link_lost" in world.alarms()
    assert world.seen.session is not None
    assert world.seen.session.remainder_shots == 0


@pytest.mark.rule("R-UNKNOWN-MOST", "R-OTHER-GUN")
def test_another_gun_in_mid_session_makes_a_gap_as_large_as_what_was_granted(
    world: World,
) -> None:
    world.armed()
    world.fire(3)
    world.let_go()
    world.house.run_for(300)
    granted = sum(entry.body.shots for entry in world.entries("grant"))
    world.house.happen(GunSwapped("WORLD-2"))
    world.settle()
    [gap] = [entry.body for entry in world.entries("gap")]
    assert (gap.serial, gap.shots_max) == (SERIAL, granted - 3)
    assert "gap" in world.alarms()
    world.want(Arm(0, OPERATOR))
    assert world.seen.denied is not None


@pytest.mark.rule("R-LATE")
def test_a_gun_that_comes_back_refines_its_gap_and_adds_nothing(world: World) -> None:
    world.armed()
    world.fire(3)
    world.house.happen(Unplug())
    world.let_go()
    world.house.run_for(1_000)
    counted = _counted(world)
    world.house.happen(GunSwapped("WORLD-2"))
    world.settle()
    assert _counted(world) == counted
    world.house.happen(GunSwapped(SERIAL))
    world.settle()
    assert {e.body.index for e in world.entries("shot") if isinstance(e.body, Shot)} == {
        1,
        2,
        3,
    } | (set(range(4, world.fired + 1)))
    assert _counted(world) == counted


def _counted(world: World) -> int:
    session = world.seen.session
    assert session is not None
    return session.given_shots + session.remainder_shots


@pytest.mark.rule("R-FOREIGN", "R-GRANT-KEPT")
def test_a_shot_that_another_host_fired_is_told_at_high_priority(world: World) -> None:
    """The entry comes in as another log's, and nothing is armed before a person's word."""

    world.released()
    world.house.happen(Contact(on=True))
    fire_as_another_host(world, shots=2)
    world.to(State.TAKEN)
    world.want(TakeLink(OPERATOR))
    world.settle()
    assert len(world.entries("foreign")) == 2
    assert "foreign_entries" in world.alarms()
    assert world.seen.foreign
