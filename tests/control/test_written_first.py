"""Written first: what the log holds before the line carries it."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from injector.control.inputs import Arm, CloseSession, PressStop, ReleaseStop
from injector.control.states import State
from injector.shotlog.entries import Entry, Grant, Release, Shot
from injector.world import ear
from injector.world.ear import Said
from injector.world.happenings import DiskSlows
from tests.control.worlds import OPERATOR, World

RELEASE_CODE = 7
DISK_US = (300, 40_000, 400_000)


def frames(world: World, told: str, code: int) -> Iterator[tuple[int, Said]]:
    """Frames of a kind with their place in what was told."""
    for place, (who, _, what) in enumerate(world.record.told):
        if who == told and isinstance(what, Said) and what.code == code:
            yield place, what


@pytest.mark.rule("R-WRITTEN-FIRST")
@pytest.mark.parametrize("commit_us", DISK_US)
def test_a_grant_is_committed_before_its_frame_is_on_the_line(world: World, commit_us: int) -> None:
    world.opened()
    world.house.happen(DiskSlows(commit_us))
    world.arm_again()
    world.fire(34)
    entries = {
        (body.link, body.grant): (place, body)
        for place, body in world.record.bodies(Grant)
        if isinstance(body, Grant)
    }
    written = list(frames(world, "host wrote", ear.GRANT))
    assert len({said.number(1) for _, said in written}) >= 2, "it was topped up"
    for place, said in written:
        committed_at, body = entries[said.link, said.number(1)]
        assert committed_at < place
        assert (body.shots_limit, body.volume_limit_nl) == (said.number(3), said.number(4))


@pytest.mark.rule("R-WRITTEN-FIRST", "INV-2")
@pytest.mark.parametrize("commit_us", DISK_US)
def test_an_entry_of_the_journal_is_acknowledged_only_after_its_commit(
    world: World, commit_us: int
) -> None:
    world.opened()
    world.house.happen(DiskSlows(commit_us))
    world.arm_again()
    world.fire(20)
    world.let_go()
    world.house.run_for(3_000)
    committed: set[int] = set()
    highest = 0
    for who, _, what in world.record.told:
        if isinstance(what, Entry) and isinstance(what.body, Shot):
            committed.add(what.body.index)
        elif who == "host wrote" and isinstance(what, Said) and what.code == ear.BEAT:
            acknowledged = what.number(2)
            assert set(range(1, acknowledged + 1)) <= committed
            assert acknowledged >= highest, "never less than before"
            highest = acknowledged
    assert highest == 20


@pytest.mark.rule("R-WRITTEN-FIRST")
@pytest.mark.parametrize("commit_us", DISK_US)
def test_a_release_is_committed_before_its_frame_is_on_the_line(
    world: World, commit_us: int
) -> None:
    world.settle()
    world.house.happen(DiskSlows(commit_us))
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    [(committed_at, body)] = world.record.bodies(Release)
    [(place, said), *_] = frames(world, "host wrote", RELEASE_CODE)
    assert committed_at < place
    assert isinstance(body, Release)
    assert said.number(1) == body.stop_count


@pytest.mark.rule("R-WRITTEN-FIRST", "R-GRANT-ONCE")
def test_a_grant_whose_commit_comes_back_after_disarm_is_never_sent(world: World) -> None:
    world.opened()
    world.house.happen(DiskSlows(500_000))
    world.want(Arm(0, OPERATOR))
    world.to(State.GRANTING)
    world.want(CloseSession(OPERATOR))
    world.house.run(lambda: world.seen.session is None)
    assert world.record.bodies(Grant), "it was committed"
    assert not list(frames(world, "host wrote", ear.GRANT))


@pytest.mark.rule("R-WRITTEN-FIRST", "R-GRANT-ONCE")
def test_a_grant_whose_commit_comes_back_after_stop_is_never_sent(world: World) -> None:
    world.opened()
    world.house.happen(DiskSlows(500_000))
    world.want(Arm(0, OPERATOR))
    world.to(State.GRANTING)
    world.want(PressStop("operator", OPERATOR))
    world.to(State.READY)
    assert world.record.bodies(Grant), "it was committed"
    assert not list(frames(world, "host wrote", ear.GRANT))


def test_the_grant_is_topped_up_before_three_seconds_of_shots_remain(world: World) -> None:
    world.armed()
    cadence = world.plan.steps[0].cadence_per_min
    memory = world.house.gun.firmware.memory
    world.fire(1)
    while world.fired < 20:  # until the plan itself leaves less than that
        world.house.step()
        grants = [body for _, body in world.record.bodies(Grant)]
        left = max(body.shots_limit for body in grants if isinstance(body, Grant)) - memory.shots
        seconds_left = left * 60 / cadence
        # A shot may begin just before the entry of the one before it has come in.
        assert seconds_left > 3 - 2 * 60 / cadence


def test_a_held_trigger_is_never_interrupted_by_bookkeeping(world: World) -> None:
    world.armed()
    cadence_us = 60_000_000 // world.plan.steps[0].cadence_per_min
    world.fire(40)
    world.to(State.READY)
    begins = [body.t_us for _, body in world.record.bodies(Shot) if isinstance(body, Shot)]
    assert len(begins) == 40
    assert {later - earlier for earlier, later in pairwise(begins)} == {cadence_us}


def test_a_disk_as_slow_as_two_shots_does_not_interrupt_a_held_trigger(world: World) -> None:
    world.opened()
    world.house.happen(DiskSlows(350_000))
    world.arm_again()
    world.fire(40)
    world.let_go()
    begins = [body.t_us for _, body in world.record.bodies(Shot) if isinstance(body, Shot)]
    assert max(later - earlier for earlier, later in pairwise(begins)) == 200_000
