"""A world's history makes that world again, to the byte of its log."""

from random import Random

import pytest

from injector.control.inputs import Arm, PressStop, ReleaseStop
from injector.control.states import State
from injector.shotlog.reader import LogReader
from injector.world.happenings import ClockJumps, DiskSlows, HostKilled, HostStarted, Wanted
from injector.world.house import House
from simulator.acts import Contact, Plug, Reset, Trigger, Unplug
from tests.control.conftest import MakeWorld
from tests.control.worlds import OPERATOR, World


def _live(world: World, seed: int) -> None:
    """Some things that happen, at steps and times that a seed draws."""
    chance = Random(seed)  # noqa: S311 -- a history that can be drawn again
    world.opened()
    house = world.house
    for happening in (
        Contact(on=True),
        Wanted(Arm(0, OPERATOR)),
        Trigger(held=True),
        DiskSlows(5_000),
        Unplug(),
        Plug(),
        HostKilled(),
        ClockJumps(-7_000_000),
        HostStarted(),
        Wanted(PressStop("operator", OPERATOR)),
        Reset(),
        Trigger(held=False),
        Wanted(ReleaseStop(OPERATOR)),
    ):
        for _ in range(chance.randrange(60)):
            house.step()
        house.run_for(chance.randrange(200))
        house.happen(happening)
    house.run(lambda: world.state is State.READY)


def _ends(house: House, world: World) -> tuple[object, ...]:
    with LogReader.open(world.log) as reader:
        checkpoint = reader.checkpoint
    return checkpoint, house.steps, house.clock.now_us, house.gun.mechanics.truth, house.did


@pytest.mark.parametrize("seed", range(5))
def test_played_again_a_history_gives_the_same_world(make_world: MakeWorld, seed: int) -> None:
    first = make_world(seed=seed)
    _live(first, seed)
    started, *history = first.house.history
    assert started.happening == HostStarted()
    again = make_world(seed=seed)
    again.house.run(lambda: again.house.steps >= first.house.steps, plan=history)
    assert _ends(again.house, again) == _ends(first.house, first)
    assert again.house.history == first.house.history


def test_with_a_happening_left_out_it_is_another_world_and_still_a_sound_one(
    make_world: MakeWorld,
) -> None:
    first = make_world(seed=3)
    _live(first, 3)
    shorter = [each for each in first.house.history[1:] if not isinstance(each.happening, Unplug)]
    again = make_world(seed=3)
    again.house.run(lambda: again.state is State.READY, plan=shorter)
    assert _ends(again.house, again) != _ends(first.house, first)
