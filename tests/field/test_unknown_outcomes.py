"""Replays: a dose of which the host has not heard how it ended."""

from pathlib import Path
from typing import Any

import pytest

from injector.control import device as device_module
from injector.control import journal as journal_module
from injector.control.accounts import Accounts
from injector.control.inputs import Arm
from injector.control.journal import JournalDesk
from injector.control.ledger import Ledger
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.limits.exposure import Exposure
from injector.protocol.messages import ShotEntry
from injector.shotlog import entries as log
from simulator.acts import Battery, Plug, Power, Unplug
from tests.control.conftest import MakeWorld
from tests.control.worlds import OPERATOR, PLAN, World
from tests.field.scene import (
    DEEP_MS,
    SLOW,
    bodies,
    counted,
    find,
    finish_step,
    moved_nl,
    mute,
    pull,
    ready,
    shots,
    told_truly,
    unmute,
)

SINGLE = 1
"""The step of the plan whose shots come one at a pull, each over before the lease is."""

# -- failure reported for a delivered dose, and repeated -------------------------------


def _delivered_and_unheard(world: World) -> None:
    world.armed(SINGLE)
    world.fire()
    world.house.run_for(100)
    mute(world)
    world.house.run_for(300)
    world.let_go()
    world.house.run_for(1_200)
    assert world.fired == 1
    assert counted(world)[0] >= 1, "what nobody has heard of counts as given"
    unmute(world)
    ready(world)
    [shot] = shots(world)
    assert isinstance(shot, log.Shot)
    assert not world.alarms() & {"partial_shot", "uncertain_shot", "gap"}
    told_truly(world)
    finish_step(world, SINGLE)
    assert world.fired == PLAN.steps[SINGLE].shots
    told_truly(world)


def _silence_means_failure(patch: pytest.MonkeyPatch) -> None:
    """A host for which what was not answered was not done: it asks no more, misses nothing."""
    patch.setattr(JournalDesk, "wanted", lambda _: None)
    patch.setattr(JournalDesk, "complete", property(lambda _: True))
    patch.setattr(Accounts, "missing", lambda *_: Exposure())


@pytest.mark.rule("INV-2")
def test_failure_reported_for_a_delivered_dose_and_repeated(make_world: MakeWorld) -> None:
    """The reply to a dose was lost. The program said that the dose had failed, the person
    gave it again, and both were in the body.

    Here silence is no answer. What was granted counts as given while nothing is heard, the
    gun's journal keeps the shot, and on the next link it is read before anything can be
    armed: the step then wants one shot less.
    """
    _delivered_and_unheard(make_world())


def test_failure_reported_for_a_delivered_dose_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(_delivered_and_unheard, tmp_path, _silence_means_failure, monkeypatch)


# -- link lost and found again one second before the dialog ----------------------------


def _answered_to_a_dialog_of_the_past(world: World, pressed_ms: int) -> None:
    world.armed()
    world.fire()
    world.let_go()
    world.house.run_for(300)
    world.house.happen(Unplug())
    world.house.run_for(3_000)
    world.house.happen(Plug())
    # The person still looks at the picture of a gun that is away, and wants the rest.
    world.house.run_for(pressed_ms)
    early = world.state is not State.READY
    world.want(Arm(0, OPERATOR))
    assert (world.seen.denied is not None) is early
    ready(world) if early else world.to(State.ARMED)
    if early:
        told_truly(world)
        world.arm_again()
    while world.state is State.ARMED:
        pull(world)
    world.settle()
    assert world.fired == SLOW.steps[0].shots
    told_truly(world)


def _count_from_the_dialog(patch: pytest.MonkeyPatch) -> None:
    """The step is what it was when the dialog was written: nothing of it was given."""
    patch.setattr(Ledger, "step_shots", lambda *_: 0)


@pytest.mark.parametrize("pressed_ms", [0, 5, 20, 100, 250, 300, 1_000, 4_000])
def test_link_lost_and_found_again_one_second_before_the_dialog(
    make_world: MakeWorld, pressed_ms: int
) -> None:
    """The link was lost and came back a second before the program asked: not delivered,
    give it again? The question was about a state that had passed; the person said yes.

    Here nothing is asked from memory. Before all is settled an intent to arm is refused; after
    it, arming wants what the log says is left of the step, whatever the screen showed.
    """
    _answered_to_a_dialog_of_the_past(make_world(plan=SLOW), pressed_ms)


def test_a_dialog_of_the_past_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replay(world: World) -> None:
        _answered_to_a_dialog_of_the_past(world, 1_000)

    find(replay, tmp_path, _count_from_the_dialog, monkeypatch, SLOW)


# -- device battery dead in mid-dose ---------------------------------------------------


def _battery_dead_in_mid_dose(world: World) -> None:
    world.armed()
    world.fire()
    world.house.run_for(DEEP_MS + 400)
    world.house.happen(Power(on=False))
    world.let_go()
    given_nl = moved_nl(world)
    assert 0 < given_nl < SLOW.steps[0].volume_nl
    world.house.run_for(60_000)  # a new battery
    world.house.happen(Power(on=True))
    ready(world)
    [uncertain] = shots(world)
    assert isinstance(uncertain, log.Uncertain)
    assert uncertain.counts_nl == uncertain.debit_nl >= SLOW.steps[0].volume_nl
    assert "uncertain_shot" in world.alarms(), "a person is told, until they have seen it"
    told_truly(world)
    finish_step(world)
    assert world.fired == SLOW.steps[0].shots, "it is not given again"
    told_truly(world)


def _unknown_means_nothing(patch: pytest.MonkeyPatch) -> None:
    body_of = journal_module.body_of

    def careless(*args: Any, **more: Any) -> Any:
        body = body_of(*args, **more)
        return body.model_copy(update={"counts_nl": 0}) if body.kind == "uncertain" else body

    patch.setattr(device_module, "body_of", careless)


@pytest.mark.rule("R-UNKNOWN-MOST")
def test_device_battery_dead_in_mid_dose(make_world: MakeWorld) -> None:
    """The battery died while a dose was running. After the change the device knew nothing of
    it and the program took that for nothing given.

    Here the gun wrote that it had begun before anything moved. The next boot makes of that an
    uncertain shot, which counts at the most it can have been, is shown until a person has
    seen it, and is never given again.
    """
    _battery_dead_in_mid_dose(make_world(plan=SLOW))


def test_a_dose_that_a_dead_battery_ended_and_nobody_counts_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(_battery_dead_in_mid_dose, tmp_path, _unknown_means_nothing, monkeypatch, SLOW)


@pytest.mark.rule("R-FAULT")
def test_a_battery_that_is_nearly_dead_lets_no_other_dose_begin(make_world: MakeWorld) -> None:
    """The same story one step earlier: under 5 % the gun ends the shot in motion as it should
    end, journals the fault, and begins no other; the host takes the grant back, and arms again
    when the battery has been changed."""
    world = make_world(plan=SLOW)
    world.armed()
    world.fire()
    world.house.run_for(DEEP_MS)
    world.house.happen(Battery(pct=3))
    world.house.run_for(1_200)
    world.let_go()
    world.settle()
    assert "device_fault" in world.alarms()
    told_truly(world)
    pull(world)
    world.want(Arm(0, OPERATOR))
    assert world.seen.denied is not None
    assert world.seen.denied.why is Denial.FAULT
    [shot] = shots(world)
    assert isinstance(shot, log.Shot)
    assert (world.fired, shot.outcome) == (1, "complete")
    [fault] = bodies(world, log.Fault)
    assert fault.code == "low_battery"
    world.house.happen(Battery(pct=90))
    world.house.run_for(500)
    finish_step(world)
    assert world.fired == SLOW.steps[0].shots
    told_truly(world)


# -- full dose assumed after a disconnect although a part was given --------------------


def _part_given_at_the_disconnect(world: World) -> None:
    world.armed()
    world.fire()
    world.house.run_for(DEEP_MS)
    world.house.happen(Unplug())
    world.house.run_for(1_500)
    world.let_go()
    assert counted(world)[0] >= 1, "until it is known it counts, inside the grant"
    world.house.happen(Plug())
    ready(world)
    [shot] = shots(world)
    assert isinstance(shot, log.Shot)
    assert (shot.outcome, shot.cause) == ("partial", "lease")
    whole_nl = SLOW.steps[0].volume_nl
    assert 0 < moved_nl(world) < whole_nl
    assert shot.counts_nl < whole_nl
    assert "partial_shot" in world.alarms()
    told_truly(world)


def _a_part_is_taken_for_all(patch: pytest.MonkeyPatch) -> None:
    counts_nl = journal_module.counts_nl

    def generous(entry: ShotEntry, *more: Any) -> int:
        return max(counts_nl(entry, *more), entry.debit_nl)

    patch.setattr(journal_module, "counts_nl", generous)


@pytest.mark.rule("R-COUNTED")
def test_full_dose_assumed_after_a_disconnect_although_a_part_was_given(
    make_world: MakeWorld,
) -> None:
    """The link went in mid-dose and the device gave a part of it. The program booked the whole
    dose, and the person went without the rest.

    Here the gun ends the motion when the lease does and measures what it gave. The grant stands
    in for it only until that entry is in; then the part counts, and a person is told that it
    was one.
    """
    _part_given_at_the_disconnect(make_world(plan=SLOW))


def test_a_full_dose_that_was_only_assumed_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(_part_given_at_the_disconnect, tmp_path, _a_part_is_taken_for_all, monkeypatch, SLOW)


@pytest.mark.parametrize("seed", range(3))
def test_a_part_is_measured_wherever_the_link_goes(make_world: MakeWorld, seed: int) -> None:
    """The same with the cable pulled in the last half second too: then the shot may be whole."""
    for at_ms in (100, 450, 620, 900):
        world = make_world(plan=SLOW, seed=seed * 10 + at_ms)
        world.armed()
        world.fire()
        world.house.run_for(at_ms)
        world.house.happen(Unplug())
        world.house.run_for(1_500)
        world.let_go()
        world.house.happen(Plug())
        ready(world)
        told_truly(world)
