"""A gun that did more than the log knows of: found, counted, told, and a person's to decide.

It happens where a log is put back from a copy, with or without the checkpoints kept beside it,
and the gun remembers what the log has lost."""

import pytest

from injector.control.alarms import AlarmCode
from injector.control.inputs import AcknowledgeAlarm, Arm
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.shotlog.entries import Shot, UsedElsewhere
from injector.shotlog.verify import verify
from injector.world.happenings import HostKilled, HostStarted, LogBackedUp, LogRestored
from injector.world.house import SERIAL
from simulator.acts import Contact, Power, Reset
from tests.control.strangers import fire_as_another_host
from tests.control.test_facts import denial
from tests.control.worlds import OPERATOR, World

LOST = 3


def put_back(world: World) -> None:
    """A session of so many shots, of which the log that is put back knows nothing."""
    world.released()
    world.house.happen(LogBackedUp())
    world.armed()
    world.fire(LOST)
    world.let_go()
    world.house.run_for(500)
    world.close_session()
    world.shut_down()
    world.house.happen(LogRestored())


def lose_journal(world: World) -> None:
    """The gun's journal is gone, and its counters are not."""
    world.house.happen(Power(on=False))
    world.house.media[SERIAL].lose("slot/", "journal", "acknowledged")
    world.house.invariants.hurt(SERIAL, lasting=False)
    world.house.happen(Reset())


def start(world: World) -> None:
    world.house.happen(HostStarted())
    world.opened()


@pytest.mark.rule("R-AHEAD")
def test_shots_that_the_log_has_lost_are_read_again_counted_and_told(world: World) -> None:
    put_back(world)
    start(world)
    shots = [e.body for e in world.entries("shot") if isinstance(e.body, Shot)]
    assert [shot.grant_seq for shot in shots] == [None] * LOST
    assert all(shot.counts_nl >= shot.debit_nl for shot in shots)
    assert {"gun_ahead", "ungranted_shot"} <= world.alarms()


@pytest.mark.rule("R-AHEAD")
def test_what_the_journal_holds_no_more_is_told_by_the_counters(world: World) -> None:
    put_back(world)
    lose_journal(world)
    start(world)
    used = [e.body for e in world.entries("used_elsewhere") if isinstance(e.body, UsedElsewhere)]
    assert [each.shots for each in used] == [LOST]
    assert "gun_ahead" in world.alarms()
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.GUN_AHEAD


@pytest.mark.rule("R-AHEAD", "INV-2")
def test_a_host_that_dies_as_soon_as_it_has_written_what_the_counters_tell_leaves_a_log_that_holds(
    world: World,
) -> None:
    put_back(world)
    lose_journal(world)
    world.house.happen(HostStarted())
    world.house.run(lambda: bool(world.entries("used_elsewhere")))
    world.house.happen(HostKilled())
    start(world)
    [used] = world.entries("used_elsewhere")
    assert isinstance(used.body, UsedElsewhere)
    assert used.body.shots == LOST
    world.close_session()
    world.shut_down()
    assert verify(world.log).ok


@pytest.mark.rule("R-AHEAD")
def test_nothing_is_armed_before_a_person_has_acknowledged_it(world: World) -> None:
    put_back(world)
    start(world)
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.GUN_AHEAD
    assert world.state is State.READY
    assert not world.entries("grant")
    world.want(AcknowledgeAlarm(AlarmCode.UNGRANTED_SHOT, OPERATOR))  # another one
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.GUN_AHEAD
    world.want(AcknowledgeAlarm(AlarmCode.GUN_AHEAD, OPERATOR))
    world.arm_again()
    assert world.state is State.ARMED


@pytest.mark.rule("R-AHEAD")
def test_a_host_that_starts_again_asks_again_until_it_is_acknowledged(world: World) -> None:
    put_back(world)
    start(world)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    assert "gun_ahead" in world.alarms()
    world.want(AcknowledgeAlarm(AlarmCode.GUN_AHEAD, OPERATOR))
    world.house.run(lambda: "gun_ahead" not in world.alarms())
    world.house.run_for(100)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    assert "gun_ahead" not in world.alarms()


@pytest.mark.rule("R-AHEAD")
def test_a_gun_that_the_log_knows_all_of_is_not_ahead(world: World) -> None:
    world.armed()
    world.fire(LOST)
    world.let_go()
    world.house.run_for(500)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    assert "gun_ahead" not in world.alarms()
    assert not world.entries("used_elsewhere")


def test_a_gun_that_another_host_used_holds_foreign_entries_and_is_not_ahead(
    world: World,
) -> None:
    world.released()
    world.shut_down()
    world.house.happen(Contact(on=True))
    fire_as_another_host(world, shots=LOST)
    world.house.happen(HostStarted())
    world.settle()
    assert "foreign_entries" in world.alarms()
    assert "gun_ahead" not in world.alarms()
