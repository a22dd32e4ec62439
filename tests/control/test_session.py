"""A session from end to end, in virtual time: real controller, gun and log."""

from pathlib import Path

import pytest

from injector.control.autopilot import Result
from injector.control.states import State
from injector.protocol.messages import ShotEntry
from injector.shotlog.entries import SessionClosed, SessionOpened, Shot
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.control.conftest import MakeWorld
from tests.control.worlds import LIBRARY, SESSION, World, example, pilot

NAMES = ("elbow-tendinopathy", "hair-loss", "mesolift")


def _run(make_world: MakeWorld, name: str, **options: object) -> World:
    plan, hand = example(name)
    operator = pilot(plan)
    world = make_world(operator=operator, hand=hand, plan=plan, **options)
    world.house.run()
    assert operator.result is Result.DONE, operator.denied
    return world


@pytest.mark.rule("INV-2")
@pytest.mark.parametrize("name", NAMES)
def test_each_example_is_given_as_planned_and_every_shot_is_in_the_log(
    make_world: MakeWorld, name: str
) -> None:
    world = _run(make_world, name)
    plan = world.plan
    shots = [entry.body for entry in world.entries("shot")]
    assert len(shots) == plan.shots == world.fired
    by_step = [0] * len(plan.steps)
    grants = {entry.seq: entry.body for entry in world.entries("grant")}
    for shot in shots:
        assert isinstance(shot, Shot)
        by_step[grants[shot.grant_seq].step] += 1
    assert by_step == [step.shots for step in plan.steps]


@pytest.mark.parametrize("name", NAMES)
def test_the_log_holds_what_the_journal_holds_and_what_was_moved(
    make_world: MakeWorld, name: str
) -> None:
    world = _run(make_world, name)
    journal = [each for each in world.house.gun.journal() if isinstance(each, ShotEntry)]
    shots = [entry.body for entry in world.entries("shot")]
    for told, kept in zip(journal, shots, strict=True):
        assert isinstance(kept, Shot)
        assert (told.index, told.volume_nl, told.depth_um, told.flow_nl_s, told.pressure_pa) == (
            kept.index,
            kept.volume_nl,
            kept.depth_um,
            kept.flow_nl_s,
            kept.pressure_pa,
        )
    moved_nl = world.house.gun.mechanics.truth.moved_nl
    counted_nl = sum(shot.counts_nl for shot in shots if isinstance(shot, Shot))
    assert moved_nl <= counted_nl + counted_nl // 100
    assert moved_nl >= counted_nl - counted_nl // 100


def test_a_session_opens_and_closes_with_the_guns_counters_and_the_librarys_digest(
    make_world: MakeWorld,
) -> None:
    world = _run(make_world, "mesolift")
    [opened] = [entry.body for entry in world.entries("session_opened")]
    [closed] = [entry.body for entry in world.entries("session_closed")]
    assert isinstance(opened, SessionOpened)
    assert isinstance(closed, SessionClosed)
    assert (opened.shots, closed.shots) == (0, world.plan.shots)
    assert opened.library_digest == closed.library_digest == LIBRARY.digest
    assert (closed.given_shots, closed.newest) == (world.plan.shots, world.plan.shots)
    assert closed.volume_nl == world.house.gun.firmware.memory.volume_nl
    with LogReader.open(world.log) as reader:
        assert reader.library_text(LIBRARY.digest) == LIBRARY.text
        assert [entry.session for entry in reader.entries(kinds=["anchor"])] == [SESSION]


def test_one_seed_gives_one_log_to_the_byte(make_world: MakeWorld) -> None:
    checkpoints = []
    for seed in (7, 7, 8):
        world = _run(make_world, "elbow-tendinopathy", seed=seed)
        with LogReader.open(world.log) as reader:
            checkpoints.append(reader.checkpoint)
    assert checkpoints[0] == checkpoints[1]
    assert checkpoints[0] != checkpoints[2]


def test_an_auditor_who_kept_a_checkpoint_in_mid_session_finds_the_log_grown_from_it(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    world = make_world()
    world.armed()
    world.fire(3)
    kept = world.host.disk.log.checkpoint
    world.let_go()
    world.close_session()
    world.shut_down()
    assert verify(world.log, against=kept).ok


def test_a_session_of_ended_steps_can_be_armed_step_after_step(make_world: MakeWorld) -> None:
    world = make_world()
    world.armed(0)
    world.fire(40)
    world.to(State.READY)
    world.let_go()
    world.arm_again(1)
    for shot in range(4):
        world.fire(1)
        world.let_go()
        world.house.run_for(900)
        assert world.fired == 41 + shot
    world.to(State.READY)
    assert [step.done for step in world.seen.session.steps] == [40, 4]
