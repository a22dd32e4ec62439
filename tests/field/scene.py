"""What every replay needs: a plan with slow shots, and the question whether all was told truly.

A replay is a function that plays one story and asserts how it ends. Each is run twice: as
the house is, and with the story's own mistake planted, which it must then find.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import pytest

from injector.control.inputs import ReleaseStop
from injector.control.states import State
from injector.shotlog import entries as log
from injector.treatment.plan import Plan
from injector.world.happenings import HostKilled
from injector.world.house import StuckError
from injector.world.invariants import BrokenError
from injector.world.wire import untroubled
from simulator.acts import Trigger
from tests.control.worlds import OPERATOR, PLAN, World

Replay = Callable[[World], None]
Plant = Callable[[pytest.MonkeyPatch], None]
Found = TypeVar("Found", bound=log.Body)

FOUND: Final = (AssertionError, BrokenError, StuckError)
"""How a planted mistake shows: by the replay's own look, or by an invariant of the world, or
because the house comes to no end."""

SLOW: Final = Plan.parse(
    """
title = "Slow shots"
indication = "tendinopathy_elbow"
needle = "4.0 mm"
syringe = "2.5 mL"

[[mixture]]
product = "piroxicam"
product_class = "nsaid"
volume = "2.2 mL"

[[step]]
technique = "point_by_point"
zone = "elbow"
mode = "single"
volume = "0.100 mL"
depth = "4.0 mm"
flow = "100 µL/s"
needle_speed = "100 mm/s"
cadence = "30/min"
shots = 4
"""
)
"""Each shot flows for a second, so that there is time for things to happen in it."""
DEEP_MS: Final = 60
"""By then its needle is in, and the plunger moves."""
_PERCENT: Final = 100


def mute(world: World) -> None:
    """From now on nothing reaches the host, and nobody is told."""
    world.house.wire.to_host.trouble = lambda *_: ()


def unmute(world: World) -> None:
    """The line is good again."""
    world.house.wire.to_host.trouble = untroubled


def ready(world: World) -> None:
    """Let all be settled, and release the STOP that a boot begins with."""
    world.settle()
    if world.seen.latched:
        world.want(ReleaseStop(OPERATOR))
        world.to(State.READY)


def finish_step(world: World, step: int = 0) -> None:
    """Arm the step again and pull until the gun gives no more."""
    world.arm_again(step)
    while world.state is State.ARMED:
        fired = world.fired
        pull(world)
        if world.fired == fired:
            break
    world.to(State.READY)


def pull(world: World) -> None:
    """One pull, held until whatever it gives is over, and the pause that the cadence asks."""
    world.house.happen(Trigger(held=True))
    world.house.run_for(1_200)
    world.house.happen(Trigger(held=False))
    world.house.run_for(1_000)


def bodies(world: World, kind: type[Found]) -> list[Found]:
    """Every entry of that kind in the log, in order."""
    return [entry.body for entry in world.entries() if isinstance(entry.body, kind)]


def shots(world: World) -> "list[log.Shot | log.Uncertain]":
    """Every shot in the log, uncertain ones included."""
    found = [entry.body for entry in world.entries("shot", "uncertain")]
    return [body for body in found if isinstance(body, log.Shot | log.Uncertain)]


def moved_nl(world: World) -> int:
    """What the gun really moved."""
    return world.house.gun.mechanics.truth_at(world.now_us).moved_nl


def counted(world: World) -> tuple[int, int]:
    """What the host counts as given or still permitted, in shots; and as given, in nanolitres."""
    session = world.seen.session
    assert session is not None, "the host has forgotten its session"
    return session.given_shots + session.remainder_shots, session.given_nl


def told_truly(world: World) -> None:
    """All is settled: the log has what the gun did, each shot once, and it counts as much.

    Shots by number and index, volume within the drive's tolerance; a shot of which nobody
    knows how much was given counts at its most, and nothing else counts more than it was.
    """
    logged = shots(world)
    journal = [entry.body for entry in world.entries() if isinstance(entry.body, log.Journalled)]
    assert len(logged) == world.fired
    assert [body.index for body in journal] == list(range(1, len(journal) + 1))
    assert not world.entries("gap", "conflict", "used_elsewhere")
    number, given_nl = counted(world)
    assert number == world.fired
    assert given_nl == sum(body.counts_nl for body in logged)
    spare_nl = moved_nl(world) // _PERCENT * 2 + 100 * len(logged)
    unknown_nl = sum(body.counts_nl for body in logged if isinstance(body, log.Uncertain))
    assert given_nl + spare_nl >= moved_nl(world), "less is counted than was given"
    assert given_nl - unknown_nl <= moved_nl(world) + spare_nl, "more is counted than was given"
    granted = sum(grant.shots for grant in bodies(world, log.Grant))
    returned = sum(settled.returned_shots for settled in bodies(world, log.Settled))
    assert granted - returned == world.fired


def find(
    replay: Replay, folder: Path, plant: Plant, patch: pytest.MonkeyPatch, plan: Plan = PLAN
) -> None:
    """Play with the mistake planted; fail where the replay does not see it."""
    plant(patch)
    world = World(folder / "planted.log", plan=plan)
    try:
        with pytest.raises(FOUND):
            replay(world)
    finally:
        world.house.happen(HostKilled())  # what it leaves behind need not verify
