"""What people record, change and confirm in a session, on the real controller, gun and log."""

from typing import Final

import pytest

from injector.control.inputs import Arm, CloseSession, OpenSession, ReleaseStop
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.control.wants import (
    ArmPrime,
    ChangeNeedle,
    DiscardSyringe,
    LoadSyringe,
    Override,
    Record,
    Resume,
    TakeOver,
)
from injector.control.watches import IDLE_CLOSE_MIN, IDLE_WARN_MIN
from injector.limits.library import Library
from injector.limits.mixture import MixtureItem
from injector.shotlog import facts
from injector.shotlog.entries import Note, Refused
from injector.shotlog.fields import TO_BE_SEALED
from injector.world.happenings import (
    ClockJumps,
    DiskSlows,
    HostKilled,
    HostStarted,
    Hurt,
    MemoryHurt,
)
from simulator.acts import Contact, Plug, Trigger, Unplug
from tests.control.conftest import MakeWorld
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, SESSION, World

OTHER: Final = "bea"
VAGUE: Final = MixtureItem("lidocaine", "local_anaesthetic", 2_000_000)
"""Its concentration is not known."""


def by_hand(volume_nl: int, shots: int = 5, *, zone: str = "elbow", fill: int = 0) -> Record:
    fact = facts.HandShots(
        technique="papule", zone=zone, fill=fill, shots=shots, volume_nl=volume_nl, by=OPERATOR
    )
    return Record(fact)


def denial(world: World) -> Denial | None:
    return None if world.seen.denied is None else world.seen.denied.why


def kinds(world: World) -> list[str]:
    return [entry.body.kind for entry in world.entries()]


def given(world: World) -> tuple[int, int]:
    session = world.seen.session
    assert session is not None
    return session.given_shots, session.given_nl


def wait(world: World, *wanted: str) -> None:
    """Let time pass until the newest entries of these kinds are in the log."""
    before = len(world.entries(*wanted))
    world.house.run(lambda: len(world.entries(*wanted)) > before)
    world.house.run_for(20)  # and the host has heard of it


# -- facts are never refused -------------------------------------------------------------


@pytest.mark.rule("R-HAND")
def test_shots_by_hand_and_with_the_gun_are_one_total(world: World) -> None:
    world.armed()
    world.fire(3)
    world.let_go()
    world.house.run_for(800)
    before = given(world)
    world.want(by_hand(300_000))
    wait(world, "hand_shots")
    assert given(world) == (before[0] + 5, before[1] + 300_000)
    assert world.state is State.ARMED, "it passes no limit, so the grant stays"


@pytest.mark.rule("R-FACT", "R-FACT-ALARMS")
def test_a_fact_beyond_a_limit_is_recorded_alarms_and_ends_granting(world: World) -> None:
    world.armed()
    world.want(by_hand(30_000_000))
    assert "over_limit" in world.alarms()
    world.house.run(lambda: world.state is State.READY)
    order = [k for k in kinds(world) if k in ("grant", "disarmed", "hand_shots", "settled")]
    assert order == ["grant", "disarmed", "hand_shots", "settled"]
    assert given(world) == (5, 30_000_000)
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS


@pytest.mark.rule("R-FACT-ALARMS", "INV-1")
def test_what_the_open_grant_may_still_give_counts_when_a_fact_comes(world: World) -> None:
    world.armed()
    total_nl = LIBRARY.figures.group["body"].volume
    assert total_nl is not None
    soft = total_nl.soft
    assert soft is not None
    world.want(by_hand(soft.most - 10_000))
    world.house.run(lambda: world.state is State.READY)
    assert "over_limit" not in world.alarms(), "without the grant it is within"
    assert [e.body.reason for e in world.entries("disarmed")] == ["fact"]  # type: ignore[union-attr]


@pytest.mark.rule("R-UNTOLD", "R-FACT")
def test_shots_by_hand_without_a_concentration_end_what_is_granted_and_all_that_follows(
    world: World,
) -> None:
    world.armed()
    world.want(LoadSyringe(OPERATOR, place="hand", mixture=(VAGUE,)))
    wait(world, "syringe_loaded")
    world.to(State.READY)
    world.arm_again()  # nothing was given from it
    before = len(kinds(world))
    world.want(by_hand(100_000, fill=1))
    world.house.run(lambda: world.state is State.READY)
    order = [k for k in kinds(world)[before:] if k in ("disarmed", "hand_shots", "settled")]
    assert order == ["disarmed", "hand_shots", "settled"]
    assert world.entries("disarmed")[-1].body.reason == "fact"  # type: ignore[union-attr]
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS
    wait(world, "refused")
    refused = world.entries("refused")[-1].body
    assert isinstance(refused, Refused)
    assert [(each.figure, each.limit) for each in refused.verdict.passed] == [
        ("given_ng", "product.lidocaine"),
        ("weight_g", "product.lidocaine.per_kg"),  # a manikin weighs nothing
    ]


@pytest.mark.rule("R-ELSEWHERE", "R-FACT", "R-PEN-BEFORE")
def test_a_dose_given_elsewhere_counts_and_stands_before_the_session(world: World) -> None:
    world.armed()
    fact = facts.GivenElsewhere(
        minutes_ago=30, product="lidocaine", dose_ng=400_000_000, zone=None, shots=0,
        volume_nl=0, device_class="needle_free_pen", by=OPERATOR,
    )  # fmt: skip
    world.want(Record(fact))
    assert "over_limit" in world.alarms()
    world.to(State.READY)
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS


@pytest.mark.rule("R-ADVERSE", "R-PAIN", "R-FACT")
def test_adverse_events_notes_pain_and_result_are_written_while_the_gun_is_armed(
    world: World,
) -> None:
    world.armed()
    event = facts.AdverseEvent(
        what="haematoma", severity=2, onset_minutes_ago=1, zone="elbow", note=TO_BE_SEALED,
        by=OPERATOR,
    )  # fmt: skip
    world.want(
        Record(event, {"/note": "the size of a coin"}),
        Record(facts.Pain(when="before", score=7, by=OPERATOR)),
        Record(facts.Result(result="better", note=None, by=OPERATOR)),
        Record(facts.FollowUp(due="2027-02-01", why="schedule", by=OPERATOR)),
        Record(Note(text=TO_BE_SEALED, by=OPERATOR), {"/text": "calm"}),
    )
    wait(world, "note")
    assert {"adverse_event", "pain", "result", "follow_up"} <= set(kinds(world))
    assert world.state is State.ARMED


@pytest.mark.rule("R-ADVERSE")
def test_what_came_of_a_session_may_be_recorded_after_it_has_closed(world: World) -> None:
    world.opened()
    world.close_session()
    event = facts.AdverseEvent(
        what="infection", severity=3, onset_minutes_ago=600, zone=None, note=None, by=OPERATOR
    )
    world.want(Record(event, about=SESSION))
    wait(world, "adverse_event")
    [entry] = world.entries("adverse_event")
    assert entry.session == SESSION
    world.want(Record(by_hand(1).fact, about=SESSION))
    assert denial(world) is Denial.NO_SESSION


@pytest.mark.rule("R-FACT", "R-SYRINGE-ENTRIES")
def test_a_fact_about_nothing_is_turned_away(world: World) -> None:
    world.settle()
    world.want(by_hand(1))
    assert denial(world) is Denial.NO_SESSION
    world.opened()
    world.want(by_hand(1, fill=4))
    assert denial(world) is Denial.NO_SUCH_FILL


@pytest.mark.rule("R-PRIVATE")
def test_text_without_its_place_cannot_even_be_wanted() -> None:
    with pytest.raises(ValueError, match="has a text"):
        Record(Note(text=TO_BE_SEALED, by=OPERATOR))


@pytest.mark.rule("R-ANSWERS")
def test_new_answers_of_the_patient_end_what_is_granted(world: World) -> None:
    world.armed()
    answer = facts.PatientAnswer(condition="pregnancy", present=True, reason=None)
    fact = facts.PatientAnswered(
        weight_g=None, answers=(answer,), allergies=None, treatments=None, by=OPERATOR
    )
    world.want(Record(fact))
    assert world.state is State.DISARMING
    world.to(State.READY)


@pytest.mark.rule("R-FACT-FIRST")
def test_no_grant_is_written_while_a_fact_is_on_its_way_to_the_disk(world: World) -> None:
    world.opened()
    world.house.happen(DiskSlows(2_000_000))
    world.want(by_hand(30_000_000))
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.OUT_OF_ORDER
    wait(world, "hand_shots")
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS
    assert not world.entries("grant")


@pytest.mark.rule("R-FACT-FIRST")
def test_a_fact_that_comes_between_readback_and_grant_ends_the_arming(world: World) -> None:
    world.opened()
    world.want(Arm(0, OPERATOR))
    assert world.state is State.CONFIGURING
    world.want(by_hand(10_000))
    assert world.state is State.DISARMING
    world.to(State.READY)
    assert not world.entries("grant")


@pytest.mark.rule("R-FACT-FIRST")
def test_a_grant_is_not_topped_up_while_a_fact_is_on_its_way_to_the_disk(world: World) -> None:
    world.armed()
    before = len(world.entries("grant"))
    world.house.happen(DiskSlows(3_000_000))
    world.want(by_hand(10_000))
    world.fire(12)
    world.let_go()
    assert len(world.entries("grant")) == before
    wait(world, "hand_shots")


# -- syringe and needle ------------------------------------------------------------------


@pytest.mark.rule("R-SYRINGE-CHANGE", "R-SYRINGE-ENTRIES")
def test_a_syringe_change_in_the_middle_of_a_technique_keeps_mixture_zone_and_count(
    world: World,
) -> None:
    world.armed()
    world.fire(5)
    world.let_go()
    world.house.run_for(500)
    fired = world.fired
    world.want(LoadSyringe(OPERATOR, syringe_nl=5_000_000, left_nl=2_100_000))
    wait(world, "syringe_loaded")
    wanted = ("settled", "syringe_discarded", "syringe_loaded")
    assert tuple(entry.body.kind for entry in world.entries(*wanted)) == wanted
    session = world.seen.session
    assert session is not None
    assert (session.fill, session.syringe_nl) == (1, 5_000_000)
    assert session.steps[0].done == fired
    assert given(world)[0] == fired
    world.to(State.READY)
    world.arm_again()
    world.fire(2)
    world.let_go()
    world.house.run_for(500)
    held = world.house.gun.firmware
    assert held is not None
    assert held._working.link.setpoint.setpoint.syringe_nl == 5_000_000
    grants = [entry.body for entry in world.entries("grant")]
    assert [grant.fill for grant in grants][-1] == 1  # type: ignore[union-attr]
    assert {(g.technique, g.zone, g.step) for g in grants} == {("nappage", "elbow", 0)}  # type: ignore[union-attr]
    world.close_session()
    discarded = [entry.body for entry in world.entries("syringe_discarded")]
    assert [body.fill for body in discarded] == [0, 1]  # type: ignore[union-attr]


@pytest.mark.rule("R-ADDS-UP", "R-SYRINGE-ENTRIES")
def test_a_syringe_that_does_not_add_up_is_said(world: World) -> None:
    world.opened()
    world.want(DiscardSyringe(0, OPERATOR, left_nl=1_000_000))
    wait(world, "syringe_differs")
    world.house.run_for(100)
    assert "syringe_differs" in world.alarms()
    [entry] = world.entries("syringe_differs")
    assert isinstance(entry.body, facts.SyringeDiffers)
    assert entry.body.missing_nl == 1_200_000
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.NO_SYRINGE


@pytest.mark.rule("R-OUTLIVES")
def test_no_syringe_outlives_its_session(world: World) -> None:
    world.opened()
    world.want(LoadSyringe(OPERATOR, place="hand"))
    wait(world, "syringe_loaded")
    world.close_session()
    assert [e.body.fill for e in world.entries("syringe_discarded")] == [0, 1]  # type: ignore[union-attr]


@pytest.mark.rule("R-HAND", "R-SYRINGE-ENTRIES")
def test_hand_shots_from_a_syringe_of_their_own_leave_the_gun_s_alone(world: World) -> None:
    world.opened()
    world.want(LoadSyringe(OPERATOR, place="hand"))
    wait(world, "syringe_loaded")
    session = world.seen.session
    assert session is not None
    assert (session.fill, session.syringe_left_nl) == (0, 2_200_000)
    world.want(by_hand(100_000, fill=1))
    wait(world, "hand_shots")
    session = world.seen.session
    assert session is not None
    assert (session.syringe_left_nl, session.given_nl) == (2_200_000, 100_000)


@pytest.mark.rule("R-NEEDLE")
def test_a_longer_needle_is_told_to_the_gun_before_anything_is_armed(world: World) -> None:
    world.armed()
    world.want(ChangeNeedle(6_000, OPERATOR, lot="N-2"))
    assert world.state is State.DISARMING
    wait(world, "needle_changed")
    world.to(State.READY)
    world.arm_again()
    held = world.house.gun.firmware
    assert held is not None
    assert held._working.link.setpoint.setpoint.needle_um == 6_000


@pytest.mark.rule("R-SYRINGE-ENTRIES")
def test_a_change_that_cannot_be_written_down_is_denied(world: World) -> None:
    world.opened()
    for what in (
        ChangeNeedle(0, OPERATOR),
        ChangeNeedle(4_000, ""),
        LoadSyringe(OPERATOR, syringe_nl=1),
        LoadSyringe(OPERATOR, syringe_nl=1 << 60),
    ):
        world.want(what)
        assert denial(world) is Denial.MALFORMED, what
    world.want(DiscardSyringe(7, OPERATOR))
    assert denial(world) is Denial.NO_SUCH_FILL


@pytest.mark.rule("R-CHANGE-WAITS")
def test_nothing_is_armed_while_a_change_waits(world: World) -> None:
    world.armed()
    world.want(TakeOver(OTHER), Arm(0, OPERATOR))
    assert denial(world) is Denial.OUT_OF_ORDER


# -- priming -----------------------------------------------------------------------------


@pytest.mark.rule("R-PRIME", "R-SYRINGE-ENTRIES")
def test_priming_is_written_first_moved_by_the_trigger_off_the_skin_and_leaves_the_syringe(
    world: World,
) -> None:
    world.opened()
    before = world.seen.session
    assert before is not None
    world.want(ArmPrime(50_000, OPERATOR))
    assert world.state is State.PRIMING
    world.house.run(lambda: bool(world.entries("prime_armed")))
    world.house.happen(Contact(on=False))
    world.house.run_for(300)
    assert not world.entries("moved"), "nothing moves before the trigger is pulled"
    world.house.happen(Trigger(held=True))
    wait(world, "moved")
    world.let_go()
    world.to(State.READY)
    [entry] = world.entries("moved")
    moved_nl = entry.body.volume_nl  # type: ignore[union-attr]
    assert 49_000 <= moved_nl <= 51_000
    after = world.seen.session
    assert after is not None
    assert after.syringe_left_nl == before.syringe_left_nl - moved_nl
    assert after.given_nl == 0, "what is primed goes into nobody"
    world.arm_again()


@pytest.mark.rule("R-PRIME")
def test_priming_more_than_the_gun_or_the_syringe_allows_is_denied(world: World) -> None:
    world.opened()
    for volume_nl in (0, 600_000):
        world.want(ArmPrime(volume_nl, OPERATOR))
        assert (world.state, denial(world)) == (State.READY, Denial.NO_ROOM)


@pytest.mark.rule("R-PRIME")
def test_priming_that_is_disarmed_moves_nothing(world: World) -> None:
    world.opened()
    world.want(ArmPrime(50_000, OPERATOR))
    world.house.run_for(300)
    world.want(ChangeNeedle(4_000, OPERATOR))
    world.to(State.READY)
    world.house.happen(Trigger(held=True))
    world.house.run_for(500)
    assert not world.entries("moved")


# -- people ------------------------------------------------------------------------------


@pytest.mark.rule("R-TAKE-OVER", "R-CHANGE-WAITS")
def test_a_colleague_takes_over_grants_end_and_totals_stay(world: World) -> None:
    world.armed()
    world.fire(4)
    world.let_go()
    world.house.run_for(500)
    fired = world.fired
    world.want(TakeOver(OTHER))
    assert world.state is State.DISARMING
    wait(world, "taken_over")
    session = world.seen.session
    assert session is not None
    assert (session.operator, session.given_shots) == (OTHER, fired)
    [entry] = world.entries("taken_over")
    assert isinstance(entry.body, facts.TakenOver)
    assert (entry.body.before, entry.body.operator) == (OPERATOR, OTHER)
    [settled] = world.entries("settled")
    assert settled.seq < entry.seq


@pytest.mark.rule("R-OVERRIDE")
def test_an_override_holds_from_its_commit_for_this_session_only(make_world: MakeWorld) -> None:
    plan = PLAN.model_copy(
        update={"steps": (PLAN.steps[0].model_copy(update={"depth_um": 3_000}), *PLAN.steps[1:])}
    )
    world = make_world(plan=plan)
    world.opened()
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.NEEDS_OVERRIDE
    world.want(Override(0, "a thick skin", OPERATOR))
    wait(world, "override_given")
    world.house.run_for(100)
    world.arm_again()
    grant = world.entries("grant")[0].body
    assert grant.verdict.override.by == OPERATOR  # type: ignore[union-attr]
    world.close_session()
    world.want(OpenSession("t" + "7" * 16, "training", plan, LIBRARY, OPERATOR))
    world.house.run(lambda: world.seen.session is not None)
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.NEEDS_OVERRIDE


@pytest.mark.rule("R-HARD")
def test_no_number_of_overrides_passes_a_hard_limit(make_world: MakeWorld) -> None:
    deep = PLAN.steps[0].model_copy(update={"depth_um": 4_100})
    world = make_world(plan=PLAN.model_copy(update={"steps": (deep,), "needle_um": 6_000}))
    world.opened()
    for who in (OPERATOR, OTHER, OPERATOR):
        world.want(Override(0, "because", who))
        wait(world, "override_given")
    world.house.run_for(100)
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS
    assert not world.entries("grant")


@pytest.mark.rule("R-HARD", "R-OVERRIDE")
def test_reconnecting_neither_forgets_an_override_nor_makes_one_pass_a_hard_limit(
    make_world: MakeWorld,
) -> None:
    soft = PLAN.steps[0].model_copy(update={"depth_um": 3_000})
    hard = PLAN.steps[0].model_copy(update={"depth_um": 4_100})
    world = make_world(plan=PLAN.model_copy(update={"steps": (soft, hard), "needle_um": 6_000}))
    world.opened()
    for step in (0, 1):
        world.want(Override(step, "because", OPERATOR))
        wait(world, "override_given")
    world.house.happen(Unplug())
    world.to(State.OFFLINE)
    world.house.happen(Plug())
    world.settle()
    world.want(Arm(1, OPERATOR))
    assert denial(world) is Denial.LIMITS
    world.arm_again(0)


# -- every total at once, with all that can be open --------------------------------------


@pytest.mark.rule("R-CUMULATIVE", "INV-1")
def test_a_grant_open_a_partial_shot_a_gap_and_two_syringes_are_one_exposure(
    world: World,
) -> None:
    """Rolling and cumulative: everything counts at once, and a clock jump takes nothing off."""
    world.armed()
    world.fire(3)
    world.house.happen(Contact(on=False))  # the shot in motion ends as a part
    world.house.run_for(400)
    world.let_go()
    world.want(LoadSyringe(OPERATOR))
    wait(world, "syringe_loaded")
    world.house.happen(ClockJumps(48 * 3_600_000_000))
    world.to(State.READY)
    world.arm_again()
    world.want(by_hand(100_000))
    wait(world, "hand_shots")
    world.house.happen(MemoryHurt(Hurt.ERASED))
    world.settle()
    assert world.entries("gap")
    ledger = world.host.controller._ledger
    assert ledger.differs() is None
    shots, volume_nl = given(world)
    gap = world.entries("gap")[0].body
    assert shots == world.fired + 5 + gap.shots_max  # type: ignore[union-attr]
    logged = [entry.body for entry in world.entries("shot")]
    assert {body.outcome for body in logged} == {"complete", "partial"}  # type: ignore[union-attr]
    counted = sum(body.counts_nl for body in logged)  # type: ignore[union-attr]
    assert volume_nl == counted + 100_000 + gap.volume_max_nl  # type: ignore[union-attr]
    assert ledger.session is not None
    assert [fill.number for fill in ledger.session.fills.open()] == [1]


# -- idle, resumed, closed ----------------------------------------------------------------


HASTY: Final = Library.parse(
    LIBRARY.text.replace('after = "30 min"', 'after = "3 min"').replace(
        'idle_close = { after = "4 h"', 'idle_close = { after = "6 min"'
    )
)
"""The shipped library with its idle times made short, so that a test need not wait so long."""


@pytest.mark.rule("R-RESUME", "R-IDLE-CLOSE")
def test_the_shipped_library_warns_after_30_idle_minutes_and_closes_after_4_hours() -> None:
    session = LIBRARY.figures.session
    assert session.idle_warn is not None
    assert session.idle_close is not None
    assert (session.idle_warn.after, session.idle_close.after) == (30, 240)
    assert (IDLE_WARN_MIN, IDLE_CLOSE_MIN) == (30, 240), "as where the library is not at hand"


@pytest.mark.rule("R-RESUME")
def test_an_idle_session_warns_and_asks_for_patient_syringe_and_needle(
    make_world: MakeWorld,
) -> None:
    world = make_world(library=HASTY)
    world.opened()
    world.house.run_for(170_000)
    assert not world.entries("idle_warned")
    world.house.happen(ClockJumps(-3_600_000_000))
    world.house.run_for(20_000)
    assert len(world.entries("idle_warned")) == 1
    assert "idle" in world.alarms()
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.CONFIRM
    world.want(Resume(OPERATOR, fill=1, needle_um=4_000))
    assert denial(world) is Denial.OTHER_SYRINGE
    world.want(Resume(OPERATOR, fill=0, needle_um=4_000, pseudonym="blue heron"))
    assert denial(world) is Denial.OTHER_PATIENT
    world.want(Resume(OPERATOR, fill=0, needle_um=4_000))
    wait(world, "session_resumed")
    world.to(State.READY)
    assert world.seen.session is not None
    assert not world.seen.session.confirm


@pytest.mark.rule("R-IDLE-CLOSE")
def test_a_session_that_stands_idle_for_long_closes_unsigned(make_world: MakeWorld) -> None:
    world = make_world(library=HASTY)
    world.armed()
    world.house.happen(Contact(on=False))
    world.house.run_for(350_000)
    assert world.state is State.READY, "the warning has ended the grant"
    world.house.run_for(20_000)
    assert world.seen.session is None
    [entry] = world.entries("session_closed")
    assert (entry.body.reason, entry.body.by) == ("idle", None)  # type: ignore[union-attr]
    assert entry.body.signature is None  # type: ignore[union-attr]


@pytest.mark.rule("R-SIGNED")
def test_a_session_is_signed_with_who_and_what_it_means(world: World) -> None:
    world.opened()
    signature = facts.Signature(by=OPERATOR, name="Ada Example", meaning="treated")
    world.want(CloseSession(OPERATOR, signature=signature, left_nl=2_190_000))
    world.house.run(lambda: world.seen.session is None)
    [entry] = world.entries("session_closed")
    assert entry.body.signature == signature  # type: ignore[union-attr]
    [discarded] = world.entries("syringe_discarded")
    assert discarded.body.left_nl == 2_190_000  # type: ignore[union-attr]
    assert not world.entries("syringe_differs")


def crashed(world: World) -> None:
    """A session in which shots were given, found again by the host that comes after."""
    world.armed()
    world.fire(6)
    world.house.happen(HostKilled())
    world.let_go()
    world.house.happen(HostStarted())
    world.settle()
    if world.seen.latched:
        world.want(ReleaseStop(OPERATOR))
        world.to(State.READY)


@pytest.mark.rule("R-RESTART", "R-OWN-LIBRARY")
def test_a_session_found_open_goes_on_with_its_own_plan_and_counts_on(world: World) -> None:
    crashed(world)
    fired, before = world.fired, given(world)
    world.want(Resume(OTHER, fill=0, needle_um=4_000, plan=PLAN, library=LIBRARY))
    wait(world, "session_resumed")
    world.to(State.READY)
    session = world.seen.session
    assert session is not None
    assert (session.recovered, session.operator, session.id) == (False, OTHER, SESSION)
    assert (session.steps[0].done, given(world)) == (fired, before)
    world.arm_again()
    world.fire(2)
    world.let_go()
    world.house.run_for(500)
    assert given(world)[0] == world.fired


@pytest.mark.rule("R-OWN-LIBRARY", "R-HARD", "R-OPENING")
def test_a_changed_library_or_plan_in_mid_session_is_refused(world: World) -> None:
    crashed(world)
    changed = LIBRARY.parse(LIBRARY.text + "# one byte more\n")
    world.want(Resume(OPERATOR, fill=0, needle_um=4_000, plan=PLAN, library=changed))
    assert denial(world) is Denial.OTHER_LIBRARY
    more = PLAN.model_copy(
        update={"steps": (PLAN.steps[0].model_copy(update={"shots": 400}), *PLAN.steps[1:])}
    )
    world.want(Resume(OPERATOR, fill=0, needle_um=4_000, plan=more, library=LIBRARY))
    assert denial(world) is Denial.OTHER_PLAN
    world.want(OpenSession("t" + "7" * 16, "training", PLAN, changed, OPERATOR))
    assert denial(world) is Denial.SESSION_OPEN


# -- added up twice -----------------------------------------------------------------------


@pytest.mark.rule("R-TWICE")
def test_totals_that_differ_disarm_and_nothing_more_is_granted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.house.invariants.routes_may_differ = True
    world.armed()
    world.fire(2)
    world.let_go()
    ledger = world.host.controller._ledger
    assert ledger.session is not None
    ledger.session.given = ledger.session.given.plus("elbow", ledger.remainder)
    world.house.run(lambda: world.state is State.READY)
    assert "totals_differ" in world.alarms()
    assert [e.body.reason for e in world.entries("disarmed")] == ["totals_differ"]  # type: ignore[union-attr]
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.TOTALS_DIFFER
