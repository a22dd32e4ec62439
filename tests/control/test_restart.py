"""The host dies at any step and starts again on its log: nothing lost, nothing doubled."""

import pytest

from injector.control.inputs import Arm, ReleaseStop
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.shotlog.entries import Grant, Settled
from injector.world.happenings import DiskSlows, HostKilled, HostStarted
from simulator.acts import Contact, Power, Trigger
from tests.control.conftest import MakeWorld
from tests.control.worlds import OPERATOR, SESSION, World


def _restart(world: World, *, away_ms: int = 0) -> None:
    world.house.happen(HostKilled())
    if away_ms:
        world.house.run_for(away_ms)
    world.house.happen(HostStarted())


def _all_there(world: World) -> None:
    """Every shot stands in the log once, and nothing is granted any more."""
    logged = world.entries("shot", "uncertain")
    assert [entry.body.index for entry in logged] == list(range(1, world.fired + 1))
    assert not world.entries("gap")
    assert world.seen.session is not None
    assert (world.seen.session.given_shots, world.seen.session.remainder_shots) == (
        world.fired,
        0,
    )


@pytest.mark.rule("R-RESTART")
@pytest.mark.parametrize("away_ms", [0, 100, 700, 30_000])
def test_with_a_grant_open_what_was_fired_is_logged_and_what_was_not_comes_back(
    world: World, away_ms: int
) -> None:
    world.armed()
    world.fire(6)
    _restart(world, away_ms=away_ms)
    world.settle()
    _all_there(world)
    granted = sum(e.body.shots for e in world.entries("grant") if isinstance(e.body, Grant))
    [settled] = [e.body for e in world.entries("settled")]
    assert isinstance(settled, Settled)
    assert (settled.shots, settled.returned_shots) == (world.fired, granted - world.fired)


@pytest.mark.rule("R-RESTART")
def test_a_grant_is_never_sent_again_by_the_host_that_comes_after(world: World) -> None:
    world.armed()
    _restart(world)
    world.settle()
    world.house.run_for(2_000)
    assert world.seen.status is not None
    assert world.seen.status.grant == 0
    world.house.happen(Trigger(held=True))
    world.house.run_for(2_000)
    assert world.fired == 0


@pytest.mark.rule("R-GRANT-ONCE", "R-RESTART")
def test_a_grant_that_was_committed_and_not_sent_counts_until_it_is_settled(world: World) -> None:
    world.opened()
    world.want(Arm(0, OPERATOR))
    world.house.run(lambda: bool(world.record.bodies(Grant)))
    world.house.happen(HostKilled())
    assert world.record.books.exposure().total().shots > 0
    world.house.happen(HostStarted())
    world.settle()
    assert world.record.books.exposure().total().shots == 0
    _all_there(world)


@pytest.mark.rule("INV-2")
def test_entries_that_were_not_acknowledged_are_read_and_not_logged_twice(world: World) -> None:
    world.armed()
    world.house.happen(DiskSlows(60_000))
    world.fire(5)
    world.let_go()
    world.house.run(lambda: len(world.entries("shot")) >= 4)
    memory = world.house.gun.firmware.memory
    assert memory.acknowledged < 4
    _restart(world)
    world.settle()
    _all_there(world)
    world.house.run_for(300)
    assert memory.acknowledged == world.fired


@pytest.mark.rule("INV-2", "INV-1")
@pytest.mark.parametrize("offset", range(0, 60, 3))
def test_killed_at_any_step_around_a_grant_and_its_shots(
    make_world: MakeWorld, offset: int
) -> None:
    world = make_world()
    world.opened()
    world.house.happen(Contact(on=True))
    world.want(Arm(0, OPERATOR))
    for _ in range(40):
        world.house.step()
    world.house.happen(Trigger(held=True))
    for _ in range(30 + offset):
        world.house.step()
    world.house.happen(HostKilled())
    world.house.happen(Trigger(held=False))
    world.house.run_for(offset * 20)
    world.house.happen(HostStarted())
    world.settle()
    _all_there(world)


@pytest.mark.parametrize("offset", range(40))
def test_killed_at_each_step_of_arming(make_world: MakeWorld, offset: int) -> None:
    world = make_world()
    world.opened()
    world.want(Arm(0, OPERATOR))
    for _ in range(offset):
        world.house.step()
    _restart(world)
    world.settle()
    _all_there(world)


@pytest.mark.rule("INV-2")
@pytest.mark.parametrize("offset", range(0, 40, 2))
def test_gun_and_host_die_together_and_all_is_found(make_world: MakeWorld, offset: int) -> None:
    world = make_world(seed=offset + 1)
    world.armed()
    world.fire(4)
    for _ in range(offset):
        world.house.step()
    world.house.happen(Power(on=False))
    world.house.happen(HostKilled())
    world.house.run_for(1_000)
    world.house.happen(Power(on=True))
    world.house.happen(HostStarted())
    world.let_go()
    world.settle()
    _all_there(world)


@pytest.mark.rule("R-RESUME")
def test_a_session_found_open_is_closed_or_gone_on_with_only_by_a_word_about_patient_and_syringe(
    world: World,
) -> None:
    world.armed()
    world.fire(2)
    _restart(world)
    world.let_go()
    world.settle()
    assert world.seen.session is not None
    assert (world.seen.session.id, world.seen.session.recovered) == (SESSION, True)
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    world.want(Arm(0, OPERATOR))
    assert world.seen.denied is not None
    assert world.seen.denied.why is Denial.CONFIRM
    world.close_session()
    [closed] = world.entries("session_closed")
    assert closed.body.given_shots == world.fired


def test_hosts_that_die_again_and_again_while_they_settle_find_everything_in_the_end(
    world: World,
) -> None:
    world.armed()
    world.fire(9)
    world.let_go()
    for steps in range(3, 24):
        _restart(world)
        for _ in range(steps):
            world.house.step()
    _restart(world)
    world.settle()
    _all_there(world)
    assert len(world.entries("engine_started")) == 23
