"""STOP: from every state, latched, inherited, and released by its newest count."""

import pytest

from injector.control.inputs import Arm, PressStop, ReleaseStop
from injector.control.snapshot import Denial
from injector.control.states import LINKED, State
from injector.protocol.codes import DeviceState
from injector.protocol.framing import STOP_BYTES
from injector.shotlog.entries import Release, Stop, StopConfirmed
from injector.shotlog.errors import WriteFailure
from injector.world import ear
from injector.world.ear import Said
from injector.world.happenings import DiskFails, HostKilled, HostStarted
from simulator.acts import Plug, Reset, Unplug
from tests.control.conftest import MakeWorld
from tests.control.worlds import OPERATOR, STATES, World, bring_to

WITH_A_LINE = tuple(state for state in STATES if state is not State.OFFLINE)
STOPPED_AND_SETTLED_MS = 200


def press(world: World) -> None:
    """Press STOP."""
    world.want(PressStop("operator", OPERATOR))


@pytest.mark.rule("R-STOP")
@pytest.mark.parametrize("state", WITH_A_LINE)
def test_from_every_state_the_stop_bytes_are_on_the_line_at_once(
    make_world: MakeWorld, state: State
) -> None:
    world = make_world()
    bring_to(world, state)
    before = len(world.record.wrote)
    press(world)
    assert (world.now_us, STOP_BYTES) in world.record.wrote[before:]


@pytest.mark.rule("R-STOP")
@pytest.mark.parametrize("state", WITH_A_LINE)
def test_from_every_state_the_gun_is_stopped_soon_after(
    make_world: MakeWorld, state: State
) -> None:
    world = make_world()
    bring_to(world, state)
    counts = world.house.gun.firmware.memory.stop_count
    press(world)
    world.house.run_for(15)
    memory = world.house.gun.firmware.memory
    assert memory.stop_count > counts
    assert world.house.gun.sight().light.value == "stopped"


@pytest.mark.rule("R-STOP-LATCHED")
@pytest.mark.parametrize("state", sorted(LINKED))
def test_on_a_link_stop_is_confirmed_logged_and_latched(
    make_world: MakeWorld, state: State
) -> None:
    world = make_world()
    bring_to(world, state)
    press(world)
    world.house.run_for(STOPPED_AND_SETTLED_MS)
    assert world.state is State.READY
    assert world.seen.latched
    kinds = [entry.body for entry in world.entries("stop", "stop_confirmed")]
    asked, confirmed = kinds[-2:]
    assert isinstance(asked, Stop)
    assert (asked.origin, asked.by) == ("operator", OPERATOR)
    assert isinstance(confirmed, StopConfirmed)
    assert confirmed.stop_count == world.seen.status.stop_count


@pytest.mark.rule("R-STOP")
def test_at_most_one_short_frame_stands_before_a_stop(world: World) -> None:
    """What is leaving when STOP is written is at most 48 bytes long."""
    world.armed()
    longest = 0
    put = world.house.wire.to_gun.put

    def measure(data: bytes, now_us: int) -> None:
        nonlocal longest
        longest = max(longest, len(data))
        put(data, now_us)

    world.house.wire.to_gun.put = measure
    world.fire(25)
    assert 0 < longest <= 48


@pytest.mark.rule("R-STOP", "INV-3")
def test_stop_ends_the_shot_in_motion_and_its_part_is_in_the_log(world: World) -> None:
    world.armed()
    world.fire(3)
    press(world)
    world.house.run_for(STOPPED_AND_SETTLED_MS)
    shots = [entry.body for entry in world.entries("shot")]
    assert len(shots) == world.fired == 3
    assert (shots[-1].outcome, shots[-1].cause) == ("partial", "stop")


@pytest.mark.rule("R-TRIGGER")
def test_after_stop_a_trigger_that_is_still_held_gives_nothing(world: World) -> None:
    world.armed()
    world.fire(3)
    press(world)
    world.house.run_for(5_000)
    assert world.fired == 3


@pytest.mark.rule("R-STOP-LATCHED")
def test_while_stop_is_latched_nothing_is_armed(world: World) -> None:
    world.armed()
    press(world)
    world.to(State.READY)
    world.want(Arm(0, OPERATOR))
    assert world.seen.denied is not None
    assert world.seen.denied.why is Denial.STOPPED
    assert world.state is State.READY


@pytest.mark.rule("R-STOP-LATCHED")
def test_a_release_names_the_newest_stop_count(world: World) -> None:
    world.armed()
    press(world)
    press(world)
    world.to(State.READY)
    world.house.run_for(150)
    count = world.house.gun.firmware.memory.stop_count
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    assert not world.seen.latched
    release = world.entries("release")[-1].body
    assert isinstance(release, Release)
    assert (release.stop_count, release.by) == (count, OPERATOR)


@pytest.mark.rule("R-STOP-LATCHED")
def test_a_stop_pressed_while_a_release_is_on_its_way_stays_latched(world: World) -> None:
    world.settle()
    world.want(ReleaseStop(OPERATOR))
    world.house.run(
        lambda: any(
            who == "host wrote" and isinstance(what, Said) and what.code == 7
            for who, _, what in world.record.told
        )
    )
    press(world)
    world.house.run_for(STOPPED_AND_SETTLED_MS)
    assert world.seen.latched
    assert world.seen.status is not None
    assert world.seen.status.state is DeviceState.STOPPED


@pytest.mark.rule("R-STOP-LATCHED")
def test_a_release_that_the_gun_refuses_leaves_stop_latched_in_the_log(world: World) -> None:
    """A second stop that the host has not heard of: the release names the one before."""
    world.settle()
    world.house.wire.to_gun.put(b"\x18\x18", world.now_us)
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    assert world.seen.latched
    assert "device_refused" in world.alarms()
    world.house.run_for(5)
    kinds = [entry.body.kind for entry in world.entries("release", "stop_confirmed")]
    assert kinds[-1] == "stop_confirmed"
    world.house.run_for(150)
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    assert not world.seen.latched


@pytest.mark.rule("R-STOP-LATCHED")
@pytest.mark.parametrize("confirmed", [True, False])
def test_a_host_that_starts_again_inherits_an_unreleased_stop(
    world: World, *, confirmed: bool
) -> None:
    world.armed()
    press(world)
    if confirmed:
        world.house.run_for(STOPPED_AND_SETTLED_MS)
    else:
        world.house.run(lambda: bool(world.record.bodies(Stop)))
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    assert world.seen.latched


@pytest.mark.rule("R-STOP-MADE-GOOD")
def test_a_stop_that_never_reached_the_gun_is_made_good_on_the_next_link(world: World) -> None:
    bring_to(world, State.OFFLINE)
    count = world.house.gun.firmware.memory.stop_count
    press(world)
    world.house.happen(Plug())
    world.settle()
    assert world.seen.latched
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    world.house.run_for(150)
    assert not world.seen.latched
    assert world.house.gun.firmware.memory.stop_count >= count


@pytest.mark.rule("R-STOP-MADE-GOOD")
def test_a_stop_pressed_while_away_from_a_released_gun_stops_it_when_it_is_back(
    world: World,
) -> None:
    world.released()
    count = world.house.gun.firmware.memory.stop_count
    world.house.happen(Unplug())
    press(world)
    world.house.happen(Plug())
    world.settle()
    world.house.run_for(STOPPED_AND_SETTLED_MS)
    assert world.house.gun.firmware.memory.stop_count > count
    assert world.entries("stop")[-1].body.origin == "inherited"


@pytest.mark.rule("R-STOP-LATCHED")
def test_every_boot_of_the_gun_starts_stopped_and_is_released_by_a_person(world: World) -> None:
    world.armed()
    world.house.happen(Reset())
    world.settle()
    assert world.seen.latched
    world.want(Arm(0, OPERATOR))
    assert world.seen.denied is not None
    assert world.seen.denied.why is Denial.STOPPED


@pytest.mark.rule("R-STOP", "R-LOG-FAILS")
def test_stop_reaches_the_gun_although_the_log_has_failed(world: World) -> None:
    world.armed()
    world.fire(2)
    world.house.happen(DiskFails(WriteFailure.DISK_FULL))
    world.to(State.LOG_FAILED)
    press(world)
    world.house.run_for(5)
    assert world.house.gun.sight().light.value == "stopped"


@pytest.mark.rule("R-STOP-MADE-GOOD")
def test_no_beat_goes_out_while_stop_is_not_confirmed(world: World) -> None:
    """A beat would renew the lease of a gun that may not have heard the STOP."""
    world.armed()
    world.house.wire.to_gun.trouble = lambda *_: ()
    press(world)
    before = len(world.record.told)
    world.house.run_for(2_000)
    wrote = [what for who, _, what in world.record.told[before:] if who == "host wrote"]
    assert wrote
    assert all(not isinstance(what, Said) or what.code == ear.STOP for what in wrote)
    assert world.state is State.STOPPING
