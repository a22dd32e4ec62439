"""A disk that is slow or fails: the beat holds, and nothing is granted without the log."""

from itertools import pairwise

import pytest

from injector.control.alarms import AlarmCode
from injector.control.inputs import Arm, OpenSession, ReleaseStop
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.shotlog.entries import Grant
from injector.shotlog.errors import WriteFailure
from injector.world import ear
from injector.world.ear import Said
from injector.world.happenings import DiskFails, DiskSlows, HostKilled, HostStarted
from simulator.acts import Contact, Trigger
from simulator.firmware import Light
from tests.control.conftest import MakeWorld
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, SESSION, World

BEAT_US = 100_000


def _beats(world: World) -> list[int]:
    """When each beat was written."""
    return [
        at_us
        for who, at_us, what in world.record.told
        if who == "host wrote" and isinstance(what, Said) and what.code == ear.BEAT
    ]


def test_commits_of_two_seconds_keep_the_beat_and_the_lease(world: World) -> None:
    world.armed()
    world.house.happen(DiskSlows(2_000_000))
    world.fire(8)
    world.let_go()
    from_us = world.now_us
    world.house.run_for(6_000)
    beats = [at_us for at_us in _beats(world) if at_us >= from_us]
    assert max(later - earlier for earlier, later in pairwise(beats)) <= BEAT_US + 50_000
    assert world.state is State.ARMED
    assert "device_let_go" not in world.alarms()
    assert len(world.entries("shot")) == 8


def test_a_release_waits_for_its_two_seconds_and_the_beat_goes_on(world: World) -> None:
    world.settle()
    world.house.happen(DiskSlows(2_000_000))
    world.want(ReleaseStop(OPERATOR))
    from_us = world.now_us
    world.to(State.READY)
    assert world.now_us - from_us >= 2_000_000
    beats = [at_us for at_us in _beats(world) if at_us >= from_us]
    assert len(beats) >= 18


@pytest.mark.rule("R-LOG-FAILS")
@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("reason", WriteFailure)
def test_a_commit_that_fails_disarms_and_nothing_is_ever_granted_again(
    make_world: MakeWorld, reason: WriteFailure, *, torn: bool
) -> None:
    world = make_world()
    world.armed()
    world.fire(3)
    world.house.happen(DiskFails(reason, torn))
    world.to(State.LOG_FAILED)
    assert "log_failed" in world.alarms()
    world.house.run_for(300)
    granted = len(world.record.bodies(Grant))
    fired = world.fired
    assert fired <= 5
    world.let_go()
    for intent in (
        Arm(0, OPERATOR),
        ReleaseStop(OPERATOR),
        OpenSession(SESSION, "training", PLAN, LIBRARY, OPERATOR),
    ):
        world.want(intent)
        assert world.seen.denied is not None
        assert world.seen.denied.why is Denial.LOG_FAILED
    world.house.happen(Trigger(held=True))
    world.house.run_for(3_000)
    assert world.fired == fired
    assert len(world.record.bodies(Grant)) == granted
    assert world.state is State.LOG_FAILED


@pytest.mark.rule("R-WRITTEN-FIRST", "R-LOG-FAILS")
def test_a_grant_whose_commit_fails_is_never_on_the_line(world: World) -> None:
    world.opened()
    world.house.happen(DiskFails(WriteFailure.DISK_FULL))
    world.want(Arm(0, OPERATOR))
    world.to(State.LOG_FAILED)
    world.house.run_for(1_000)
    assert not any(
        isinstance(what, Said) and what.code == ear.GRANT for _, _, what in world.record.told
    )


@pytest.mark.rule("R-LOG-FAILS", "INV-2")
@pytest.mark.parametrize("torn", [False, True])
def test_the_host_that_comes_after_a_failed_disk_finds_every_shot(
    make_world: MakeWorld, *, torn: bool
) -> None:
    world = make_world()
    world.armed()
    world.fire(3)
    world.house.happen(DiskFails(WriteFailure.INPUT_OUTPUT, torn))
    world.let_go()
    world.house.run_for(2_000)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    logged = [entry.body.index for entry in world.entries("shot")]
    assert logged == list(range(1, world.fired + 1))


def test_a_failed_log_ends_in_order_when_it_is_told_to(world: World) -> None:
    world.armed()
    world.house.happen(DiskFails(WriteFailure.READ_ONLY))
    world.fire(1)
    world.to(State.LOG_FAILED)
    world.shut_down()
    assert world.house.host is None


@pytest.mark.rule("R-LOG-FAILS")
def test_a_log_that_reaches_its_largest_size_fires_nothing_more(world: World) -> None:
    """SQLite's own limit stands for a disk that is full in mid-session."""
    world.armed()
    log = world.host.disk.log
    (pages,) = log._db.execute("PRAGMA page_count").fetchone()
    log._db.execute(f"PRAGMA max_page_count = {pages}")
    world.house.happen(Contact(on=True))
    world.house.happen(Trigger(held=True))
    world.to(State.LOG_FAILED)
    world.house.run_for(2_000)
    fired = world.fired
    world.house.run_for(2_000)
    assert world.fired == fired
    assert world.house.gun.sight().light is not Light.ARMED
    assert AlarmCode.LOG_FAILED in {alarm.code for alarm in world.seen.alarms}
