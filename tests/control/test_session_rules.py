"""What the record of a session holds, and whose word counts in it."""

from dataclasses import replace
from typing import Final

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from injector.cli.log import log as log_command
from injector.control.alarms import AlarmCode
from injector.control.inputs import Arm, CloseSession, OpenSession
from injector.control.snapshot import Denial, ProductView
from injector.control.states import State
from injector.control.wants import ChangeNeedle, LoadSyringe, Override, Particulars, Record
from injector.limits.library import Library
from injector.limits.mixture import MixtureItem
from injector.shotlog import facts
from injector.shotlog.entries import SessionClosed, SessionOpened
from injector.shotlog.fields import TO_BE_SEALED, Private
from injector.shotlog.reader import LogReader
from injector.treatment.plan import PlanPatient
from injector.tui.widgets import progress
from tests.control.conftest import MakeWorld
from tests.control.test_clinical import CLINICAL_PLAN, HERON, SESSIONS, begin, finish, ready
from tests.control.test_facts import by_hand, denial, given, wait
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, SESSION, World

LOTS: Final = CLINICAL_PLAN.model_copy(
    update={
        "mixture": tuple(
            item.model_copy(update={"lot": "L-1", "multi_dose": True})
            for item in CLINICAL_PLAN.mixture
        )
    }
)
KNOWN: Final = Particulars(
    purpose="curative",
    prescription="letter of 3 May",
    consent="folder 7",
    mixed_by="bea",
    mixed_where="room 2",
    needle_lot="N-7",
    needle_expiry="2099-05-31",
)
OFTEN: Final = Library.parse(LIBRARY.text.replace("every = 200", "every = 4"))
"""The shipped library with a reminder that a test need not fire 200 shots for."""

LISTED: Final = Library.parse(
    LIBRARY.text.replace(
        "[product.piroxicam]\n",
        "[product.piroxicam]\ndoping = { source = 'a list', strength = 'weak' }\n",
    )
)
"""The shipped library with a doping list that names what these sessions give."""


def texts(world: World, kind: str) -> dict[str, str | None]:
    """The private texts of the newest entry of that kind, by place."""
    entry = world.entries(kind)[-1]
    places = [f"/{name}" for name, value in entry.body.model_dump().items() if is_sealed(value)]
    with LogReader.open(world.log) as reader:
        return {place: reader.private_text(entry.seq, place) for place in places}


def is_sealed(value: object) -> bool:
    return isinstance(value, dict) and set(value) == set(TO_BE_SEALED.model_dump())


@pytest.mark.rule("R-OPENING", "R-MIXTURE-RECORDED", "R-SET", "R-TREATMENTS")
def test_an_opening_holds_who_treats_whom_with_what_what_for_and_by_whose_word(
    world: World,
) -> None:
    ready(world)
    subject = replace(HERON, treatments="aspirin")
    world.want(OpenSession(SESSIONS[0], "clinical", LOTS, LIBRARY, OPERATOR, subject, KNOWN))
    wait(world, "session_opened")
    [opened] = [entry.body for entry in world.entries("session_opened")]
    assert isinstance(opened, SessionOpened)
    assert (opened.operator, opened.patient) == (OPERATOR, HERON.new_id)
    assert (opened.purpose, opened.indication) == ("curative", "tendinopathy_elbow")
    assert (opened.mixed_by, opened.mixed_where) == ("bea", "room 2")
    assert (opened.needle_lot, opened.needle_expiry) == ("N-7", "2099-05-31")
    assert opened.library_digest == LIBRARY.digest
    [item] = opened.mixture
    assert (item.product, item.product_class, item.concentration_ug_ml, item.volume_nl) == (
        "piroxicam", "nsaid", 20_000, 2_200_000,
    )  # fmt: skip
    assert (item.lot, item.expiry, item.multi_dose) == ("L-1", "2099-01-31", True)
    assert {answer.condition for answer in opened.answers} == set(LIBRARY.figures.contraindication)
    assert texts(world, "session_opened") == {
        "/pseudonym": "blue heron",
        "/title": "Two steps",
        "/treatments": "aspirin",
        "/prescription": "letter of 3 May",
        "/consent": "folder 7",
    }


@pytest.mark.rule("R-OPENING", "R-TREATMENTS")
def test_prescription_consent_and_treatments_are_recorded_in_mid_session_too(world: World) -> None:
    ready(world)
    begin(world)
    for what in ("prescription", "consent"):
        reference = facts.Referenced(what=what, reference=TO_BE_SEALED, by=OPERATOR)
        world.want(Record(reference, {"/reference": f"{what} 12"}))
        wait(world, "referenced")
        assert texts(world, "referenced") == {"/reference": f"{what} 12"}
    asked = facts.PatientAnswered(
        weight_g=None, answers=(), allergies=None, treatments=TO_BE_SEALED, by=OPERATOR
    )
    world.want(Record(asked, {"/treatments": "heparin since Monday"}))
    wait(world, "patient_answered")
    assert texts(world, "patient_answered") == {"/treatments": "heparin since Monday"}


@pytest.mark.rule("R-DOPING")
def test_for_an_athlete_a_session_flags_a_product_on_a_doping_list_and_refuses_nothing(
    make_world: MakeWorld,
) -> None:
    plan = PLAN.model_copy(update={"patient": PlanPatient(athlete=True)})
    world = make_world(library=LISTED, plan=plan)
    world.armed()
    [opened] = [entry.body for entry in world.entries("session_opened")]
    assert opened.flagged == ("piroxicam",)  # type: ignore[union-attr]
    [alarm] = [alarm for alarm in world.seen.alarms if alarm.code is AlarmCode.DOPING]
    assert (alarm.priority, alarm.detail) == ("low", {"products": "piroxicam"})
    assert world.seen.session is not None
    [flag] = world.seen.session.flags
    assert (flag.product, flag.source) == ("piroxicam", "a list")
    clear = MixtureItem("zinc", "trace_element", 1_000_000)
    for mixture, flagged in (((clear,), ()), ((clear, *PLAN.contents.items), ("piroxicam",))):
        world.want(LoadSyringe(OPERATOR, mixture=mixture, syringe_nl=5_000_000))
        wait(world, "syringe_loaded")
        loaded = world.entries("syringe_loaded")[-1].body
        assert loaded.flagged == flagged  # type: ignore[union-attr]
        assert tuple(each.product for each in world.seen.session.flags) == flagged


@pytest.mark.rule("R-DOPING")
def test_for_others_a_session_flags_nothing(make_world: MakeWorld) -> None:
    world = make_world(library=LISTED)
    world.opened()
    [opened] = [entry.body for entry in world.entries("session_opened")]
    assert opened.flagged == ()  # type: ignore[union-attr]
    assert "doping_list" not in world.alarms()
    assert world.seen.session is not None
    assert world.seen.session.flags == ()


@pytest.mark.rule("R-ADVERSE")
@pytest.mark.parametrize("severity", [1, 2, 3])
def test_each_adverse_event_is_recorded_with_its_onset_and_severity(
    world: World, severity: int
) -> None:
    events: tuple[facts.AdverseKind, ...] = (
        "bruising", "redness", "itching", "pain", "haematoma", "infection", "allergy",
        "necrosis", "pigmentation", "granuloma",
    )  # fmt: skip
    world.opened()
    for onset, what in enumerate(events):
        event = facts.AdverseEvent(
            what=what, severity=severity, onset_minutes_ago=onset, zone=None, note=None,
            by=OPERATOR,
        )  # fmt: skip
        world.want(Record(event))
        wait(world, "adverse_event")
    bodies = [entry.body for entry in world.entries("adverse_event")]
    assert [
        (body.what, body.onset_minutes_ago, body.severity)
        for body in bodies
        if isinstance(body, facts.AdverseEvent)
    ] == [(what, onset, severity) for onset, what in enumerate(events)]


@pytest.mark.rule("R-ADVERSE")
def test_an_adverse_event_is_of_a_named_kind_or_another_with_a_note_that_says_which() -> None:
    def event(what: str, note: Private | None = None) -> facts.AdverseEvent:
        return facts.AdverseEvent.model_validate(
            {
                "what": what, "severity": 1, "onset_minutes_ago": 0, "zone": None, "note": note,
                "by": OPERATOR,
            }
        )  # fmt: skip

    for what in ("bruise", "Bruising", "headache", ""):
        with pytest.raises(ValidationError, match=r"'bruising', 'redness', .* or 'other'"):
            event(what)
    with pytest.raises(ValidationError, match="needs a note"):
        event("other")
    other = event("other", TO_BE_SEALED)
    with pytest.raises(ValueError, match="needs a note"):
        Record(other, {"/note": "  "})
    assert Record(other, {"/note": "fainted"}).fact == other


@pytest.mark.rule("R-PAIN")
def test_pain_is_a_number_from_0_to_10() -> None:
    for score in (0, 10):
        assert facts.Pain(when="after", score=score, by=OPERATOR).score == score
    for score in (-1, 11):
        with pytest.raises(ValidationError):
            facts.Pain(when="after", score=score, by=OPERATOR)


@pytest.mark.rule("R-SPILL")
def test_what_is_spilled_leaves_the_syringe_and_is_given_to_nobody(world: World) -> None:
    world.opened()
    before = given(world)
    world.want(Record(facts.Spilled(fill=0, volume_nl=200_000, by=OPERATOR)))
    wait(world, "spilled")
    assert world.seen.session is not None
    assert world.seen.session.syringe_left_nl == 2_000_000
    assert given(world) == before


@pytest.mark.rule("R-SPILL", "R-FACT")
def test_more_spilled_than_there_is_is_recorded_and_ends_what_is_granted(world: World) -> None:
    world.armed()
    world.want(Record(facts.Spilled(fill=0, volume_nl=2_200_000, by=OPERATOR)))
    wait(world, "spilled")
    world.to(State.READY)
    assert [e.body.reason for e in world.entries("disarmed")] == ["fact"]  # type: ignore[union-attr]
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS


@pytest.mark.rule("R-DOSE-RECORDED")
def test_the_dose_of_each_product_stands_in_the_entry_that_closes_the_session(
    world: World,
) -> None:
    ready(world)
    begin(world)
    world.want(by_hand(300_001))
    wait(world, "hand_shots")
    finish(world)
    [closed] = [entry.body for entry in world.entries("session_closed")]
    assert isinstance(closed, SessionClosed)
    assert (closed.given_shots, closed.given_nl) == (5, 300_001)
    assert closed.doses == (facts.ProductDose(product="piroxicam", dose_ng=6_000_020),)


@pytest.mark.rule("R-DOSE-RECORDED", "R-DOSE", "R-TWO-SYRINGES")
def test_dose_and_volume_of_each_product_are_shown_per_shot_and_so_far(
    make_world: MakeWorld,
) -> None:
    world = make_world(plan=CLINICAL_PLAN)
    world.opened()
    world.want(by_hand(300_001))
    wait(world, "hand_shots")
    assert world.seen.session is not None
    shot_nl = world.plan.steps[0].volume_nl
    shot_ng = shot_nl * 20
    planned_nl = sum(step.shots * step.volume_nl for step in world.plan.steps)
    assert world.seen.session.products == (
        ProductView("piroxicam", shot_ng, shot_nl, 6_000_020, 300_001, planned_nl),
    )
    half = (
        MixtureItem("piroxicam", "nsaid", 1_000_000, 20_000),
        MixtureItem("saline", "carrier", 1_000_000),
    )
    world.want(LoadSyringe(OPERATOR, mixture=half))
    wait(world, "syringe_loaded")
    world.want(by_hand(100_001, fill=1))
    wait(world, "hand_shots")
    assert world.seen.session.products == (
        ProductView("piroxicam", shot_ng // 2, shot_nl // 2, 7_000_030, 350_002, planned_nl // 2),
        ProductView("saline", None, shot_nl // 2, None, 50_001, planned_nl // 2),
    )
    world.close_session()
    told = CliRunner().invoke(log_command, ["show", SESSION, "--log", str(world.log)]).stdout
    assert "  given     piroxicam: 7.00003 mg in 0.350002 mL\n" in told
    assert "  given     saline: 0.050001 mL\n" in told


@pytest.mark.rule("R-MIXTURE-RECORDED")
def test_the_log_s_session_marks_multi_dose_vials(make_world: MakeWorld) -> None:
    world = make_world(plan=LOTS)
    world.opened()
    plain = MixtureItem("saline", "carrier", 1_000_000)
    world.want(LoadSyringe(OPERATOR, mixture=(plain, replace(plain, multi_dose=True))))
    wait(world, "syringe_loaded")
    told = CliRunner().invoke(log_command, ["show", SESSION, "--log", str(world.log)]).stdout
    assert "filling 0, 2.200 mL piroxicam (multi-dose vial)\n" in told
    assert "filling 1 for gun, 1.000 mL saline, 1.000 mL saline (multi-dose vial); by" in told


@pytest.mark.rule("R-DOSE-RECORDED")
def test_the_screen_shows_the_dose_of_each_product_so_far_and_in_a_shot() -> None:
    lidocaine = ProductView("lidocaine", 200_000, 20_000, 14_400_001, 1_440_000)
    assert progress._product(lidocaine, 30) == "lidocaine 14.41 mg, 0.20/shot"
    assert progress._product(lidocaine, 22) == "lidocaine 14.41 mg"
    saline = ProductView("saline", None, 20_000, None, 1_440_000)
    assert progress._product(saline, 30) == "saline 1.440 mL, 0.020/shot"


@pytest.mark.rule("R-NEEDLE-DUE", "R-OUTLIVES", "R-SET")
def test_a_fresh_needle_is_due_every_so_many_shots_and_no_needle_outlives_its_session(
    make_world: MakeWorld,
) -> None:
    world = make_world(library=OFTEN)
    world.armed()
    world.fire(3)
    world.let_go()
    world.house.run_for(800)
    assert "needle_due" not in world.alarms()
    world.fire(1)
    world.let_go()
    world.house.run_for(800)
    assert world.fired == 4
    assert "needle_due" in world.alarms()
    assert world.state is State.ARMED, "it reminds, and limits nothing"
    world.want(ChangeNeedle(4_000, OPERATOR, lot="N-8"))
    wait(world, "needle_changed")
    [changed] = [entry.body for entry in world.entries("needle_changed")]
    assert (changed.lot, changed.needle_um) == ("N-8", 4_000)  # type: ignore[union-attr]
    world.to(State.READY)
    world.arm_again()
    world.fire(3)
    world.let_go()
    world.house.run_for(800)
    ledger = world.host.controller._ledger
    assert ledger.session is not None
    assert ledger.session.needle_shots == 3, "counted from the change on"
    world.close_session()
    world.want(OpenSession("t" + "7" * 16, "training", world.plan, OFTEN, OPERATOR))
    world.house.run(lambda: world.seen.session is not None)
    assert ledger.session is not None
    assert ledger.session.needle_shots == 0


@pytest.mark.rule("R-OVERRIDE", "R-QUALIFIED")
def test_only_a_qualified_practitioner_overrides_in_a_clinical_session_and_with_a_reason(
    world: World,
) -> None:
    ready(world)
    begin(world)
    world.want(Override(0, "a thick skin", "bea"))
    assert denial(world) is Denial.NOT_QUALIFIED
    world.want(Override(0, "  ", OPERATOR))
    assert denial(world) is Denial.MALFORMED
    assert not world.entries("override_given")
    world.want(Override(0, "a thick skin", OPERATOR))
    wait(world, "override_given")
    assert texts(world, "override_given") == {"/reason": "a thick skin"}


@pytest.mark.rule("R-SIGNED")
def test_only_a_qualified_practitioner_signs_a_clinical_session(world: World) -> None:
    ready(world)
    begin(world)
    signature = facts.Signature(by="bea", name="Bea Example", meaning="treated")
    world.want(CloseSession(OPERATOR, signature=signature))
    assert denial(world) is Denial.NOT_QUALIFIED
    assert world.seen.session is not None
    signature = facts.Signature(by=OPERATOR, name="Ada Example", meaning="treated")
    world.want(CloseSession(OPERATOR, signature=signature))
    world.house.run(lambda: world.seen.session is None)
    [closed] = [entry.body for entry in world.entries("session_closed")]
    assert closed.signature == signature  # type: ignore[union-attr]
