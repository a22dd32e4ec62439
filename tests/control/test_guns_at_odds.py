"""What the host denies, ends and alarms about where the gun is not as it must be."""

from typing import Any, Final

import pytest

from injector.control.inputs import Arm, CloseSession, ReleaseStop
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.limits.context import MAX_TOLERANCE_PPM
from injector.limits.library import Library
from injector.protocol.codes import PROTOCOL_VERSION, Reason
from injector.protocol.messages import Configure, Configured, Grant, Granted, Refused
from injector.world.happenings import GunSwapped, HostKilled, HostStarted
from simulator import answers
from simulator.acts import Contact, Plug, Unplug
from simulator.answers import Answers
from simulator.envelope import ENVELOPE
from simulator.motions import Motions
from tests.control.conftest import MakeWorld
from tests.control.strangers import fire_as_another_host
from tests.control.test_facts import by_hand, denial, wait
from tests.control.worlds import LIBRARY, OPERATOR, World

OFTEN_FULL = Library.parse(
    LIBRARY.text.replace('hard = "20 mL", soft = "10 mL"', 'hard = "20 mL", soft = "1 mL"')
)
"""The shipped library with so little for the body that a step can be half given."""


@pytest.mark.rule("INV-4")
def test_a_gun_that_holds_another_setpoint_than_it_was_sent_is_granted_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Answers._configure

    def another(gun: Answers, configure: Configure, now_us: int) -> Configured | Refused:
        deeper = configure.setpoint.model_copy(update={"depth_um": 3_000})
        return right(gun, Configure(setpoint=deeper), now_us)

    monkeypatch.setattr(Answers, "_configure", another)
    world.opened()
    world.want(Arm(0, OPERATOR))
    world.to(State.READY)
    assert "readback" in world.alarms()
    assert not world.entries("grant")


@pytest.mark.rule("INV-4")
def test_a_gun_that_took_another_grant_than_was_written_is_disarmed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Answers._grant

    def another(gun: Answers, asked: Grant, now_us: int) -> Granted | Refused:
        reply = right(gun, asked, now_us)
        if isinstance(reply, Granted):
            return reply.model_copy(update={"shots_limit": reply.shots_limit - 1})
        return reply

    monkeypatch.setattr(Answers, "_grant", another)
    world.opened()
    world.want(Arm(0, OPERATOR))
    world.house.run(lambda: bool(world.entries("settled")))
    assert "readback" in world.alarms()
    assert world.state is not State.ARMED


@pytest.mark.rule("INV-4", "R-REFUSED-SAID")
def test_what_the_gun_itself_refuses_is_written_down_alarms_and_is_not_armed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: Any) -> Refused:
        return Refused(reason=Reason.JOURNAL_ROOM, field=0, bound=7)

    monkeypatch.setattr(Answers, "_grant", no)
    world.opened()
    world.want(Arm(0, OPERATOR))
    world.house.run(lambda: bool(world.entries("settled")))
    assert "device_refused" in world.alarms()
    [refused] = [entry.body for entry in world.entries("device_refused")]
    assert (refused.request, refused.reason) == ("grant", "journal_room")  # type: ignore[union-attr]
    [settled] = [entry.body for entry in world.entries("settled")]
    assert settled.returned_shots > 0  # type: ignore[union-attr]


@pytest.mark.rule("R-GRANT-KEPT")
def test_a_shot_that_measured_more_than_it_may_give_counts_in_full_and_alarms(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Motions._entry

    def more(motions: Motions, *of: Any) -> Any:
        entry = right(motions, *of)
        return entry.model_copy(update={"volume_nl": 30_000})

    monkeypatch.setattr(Motions, "_entry", more)
    world.armed()
    world.fire(1)
    world.let_go()
    wait(world, "shot")
    assert "over_delivery" in world.alarms()
    assert {entry.body.counts_nl for entry in world.entries("shot")} == {30_000}  # type: ignore[union-attr]


@pytest.mark.rule("R-ROOM")
def test_a_limit_that_is_reached_in_mid_step_ends_the_grant_and_says_so(
    make_world: MakeWorld,
) -> None:
    world = make_world(library=OFTEN_FULL)
    world.armed()
    world.want(by_hand(300_000))
    wait(world, "hand_shots")
    assert world.state is State.ARMED
    world.fire(34)  # 34 times 0.0202 mL go into what is left of 1 mL, and 35 times do not
    world.let_go()
    world.to(State.READY)
    assert "limit_reached" in world.alarms()
    assert [entry.body.reason for entry in world.entries("disarmed")] == ["limit_reached"]  # type: ignore[union-attr]
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.NEEDS_OVERRIDE


@pytest.mark.rule("R-ALARMS")
def test_three_partial_shots_running_are_said(world: World) -> None:
    world.armed()
    for shots in (1, 2, 3):
        assert "partial_run" not in world.alarms()
        world.fire(1)
        world.house.happen(Contact(on=False))
        world.house.run(lambda wanted=shots: len(world.entries("shot")) == wanted)
        world.let_go()
        world.house.run_for(100)
        world.house.happen(Contact(on=True))
        world.house.run_for(100)
    assert {entry.body.outcome for entry in world.entries("shot")} == {"partial"}  # type: ignore[union-attr]
    assert {"partial_shot", "partial_run"} <= world.alarms()


@pytest.mark.rule("R-OTHER-GUN")
def test_a_session_arms_no_other_gun_than_the_one_it_was_opened_on(world: World) -> None:
    world.opened()
    world.house.happen(GunSwapped("WORLD-2"))
    world.settle()
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.OTHER_GUN


@pytest.mark.rule("R-FOREIGN")
def test_nothing_is_armed_while_entries_of_another_log_wait_for_a_person(world: World) -> None:
    world.released()
    world.house.happen(Contact(on=True))
    world.house.happen(HostKilled())
    fire_as_another_host(world, shots=2)
    world.house.happen(HostStarted())
    world.opened()
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.FOREIGN_OPEN


@pytest.mark.rule("R-FAULT")
def test_a_gun_that_told_one_entry_with_two_contents_is_not_armed(world: World) -> None:
    world.armed()
    world.fire(1)
    world.let_go()
    world.house.run(lambda: bool(world.entries("shot")))
    gun = world.house.gun.firmware
    assert gun is not None
    told = gun.memory.entry(1)
    assert told is not None
    gun._connection.push(told.model_copy(update={"volume_nl": 1}))
    world.to(State.READY)
    assert "entry_conflict" in world.alarms()
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.CONFLICT


@pytest.mark.rule("R-UNSETTLED")
def test_a_session_is_not_closed_while_its_gun_is_away(world: World) -> None:
    world.armed()
    world.house.happen(Unplug())
    world.to(State.OFFLINE)
    world.want(CloseSession(OPERATOR))
    assert denial(world) is Denial.UNSETTLED
    assert world.seen.session is not None


@pytest.mark.rule("R-LINE")
def test_a_gun_that_speaks_another_protocol_is_said_and_not_talked_to(world: World) -> None:
    world.settle()
    world.house.happen(GunSwapped("WORLD-2", protocol=PROTOCOL_VERSION + 1))
    world.house.run_for(1_000)
    assert "protocol_mismatch" in world.alarms()
    assert world.state is not State.READY


IMPOSSIBLE: Final[tuple[dict[str, int], ...]] = (
    {"volume_step_nl": 0},
    {"depth_step_um": 0},
    {"flow_max_nl_s": 0},
    {"needle_max_um_s": 0},
    {"cadence_max_per_min": 0},
    {"volume_min_nl": ENVELOPE.volume_max_nl + 1},
    {"tolerance_ppm": MAX_TOLERANCE_PPM + 1},
)


@pytest.mark.rule("R-LINE")
@pytest.mark.parametrize("said", IMPOSSIBLE, ids=lambda said: next(iter(said)))
def test_a_gun_that_says_of_itself_what_no_gun_can_do_is_said_and_not_talked_to(
    world: World, monkeypatch: pytest.MonkeyPatch, said: dict[str, int]
) -> None:
    """At every start again: nothing of it stands in the log but that it was met."""
    monkeypatch.setattr(answers, "ENVELOPE", ENVELOPE.model_copy(update=said))
    for start in (1, 2):
        world.house.run(lambda: "protocol_mismatch" in world.alarms())
        world.house.run_for(1_000)
        assert world.state is State.OFFLINE
        assert world.seen.gun is None
        assert len(world.entries("alarm")) == start
        world.house.happen(HostKilled())
        world.house.happen(HostStarted())
    kinds = {entry.body.kind for entry in world.entries()}
    assert kinds == {"log_opened", "engine_started", "alarm"}
    assert {entry.body.detail["why"] for entry in world.entries("alarm")} == {"envelope"}  # type: ignore[union-attr]
    monkeypatch.undo()
    world.house.happen(Unplug())
    world.house.happen(Plug())
    world.opened()
