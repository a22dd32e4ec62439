"""A clock that is set is noticed at once, and written down."""

import pytest

from injector.control.clockwatch import JUMP_US, ClockWatch
from injector.shotlog.entries import Entry, Moment
from injector.shotlog.vouching import ClockJumped
from injector.world.happenings import ClockJumps
from tests.control.conftest import MakeWorld
from tests.control.worlds import World

UTC_US = 1_800_000_000_000_000


def at(mono_us: int, ahead_us: int = 0) -> Moment:
    return Moment(UTC_US + mono_us + ahead_us, mono_us)


@pytest.mark.rule("R-CLOCK")
@pytest.mark.parametrize("by_us", [JUMP_US + 1, -JUMP_US - 1, 3_600_000_000])
def test_a_jump_is_told_once_with_its_size(by_us: int) -> None:
    clocks = ClockWatch()
    assert clocks.read(at(1_000_000)) is None
    assert clocks.read(at(9_000_000)) is None
    assert clocks.read(at(9_100_000, by_us)) == by_us
    assert clocks.read(at(9_200_000, by_us)) is None


@pytest.mark.rule("R-CLOCK")
def test_what_a_time_server_slews_away_is_no_jump() -> None:
    clocks = ClockWatch()
    ahead_us = 0
    for second in range(1_000):
        assert clocks.read(at(second * 1_000_000, ahead_us)) is None
        ahead_us += 500
    assert clocks.read(at(1_001_000_000, ahead_us + JUMP_US - 1_000)) is None


def jumps(world: World) -> list[Entry]:
    return world.entries("clock_jumped")


@pytest.mark.rule("R-CLOCK")
@pytest.mark.parametrize("by_us", [86_400_000_000, -7_200_000_000])
def test_the_host_writes_a_jump_down_and_raises_a_low_alarm(world: World, by_us: int) -> None:
    world.opened()
    world.house.happen(ClockJumps(by_us))
    world.house.run(lambda: bool(world.alarms() & {"clock_jumped"}) and bool(jumps(world)))
    [entry] = jumps(world)
    assert isinstance(entry.body, ClockJumped)
    assert entry.body.by_us == by_us
    assert entry.session is not None
    [alarm] = [each for each in world.seen.alarms if each.code.value == "clock_jumped"]
    assert alarm.priority == "low"
    assert alarm.detail == {"by_s": by_us // 1_000_000}


@pytest.mark.rule("R-CLOCK")
def test_a_clock_that_nobody_sets_is_never_said_to_have_jumped(make_world: MakeWorld) -> None:
    world = make_world()
    world.opened()
    world.house.run_for(5_000)
    assert jumps(world) == []
