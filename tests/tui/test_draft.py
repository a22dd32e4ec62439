"""A draft of a session: what it comes to, what is open, what the limits say, what is repeated."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.control.wants import Record
from injector.limits.bound import Strength
from injector.limits.realm import Realm
from injector.limits.side import Level
from injector.shotlog import facts
from injector.shotlog.entries import SessionOpened
from injector.shotlog.reader import LogReader
from injector.treatment.check import check_plan
from injector.treatment.plan import Plan
from injector.treatment.shipped import example_plans, examples_folder
from injector.tui.draft.intents import opening, records
from injector.tui.draft.judging import ANY_DEVICE, Outcome, PatientPast, judge_draft
from injector.tui.draft.plans import from_plan
from injector.tui.draft.reading import FIGURES, Lack, read
from injector.tui.draft.repeat import copied, from_last, known_patients, past_of
from injector.tui.draft.sheet import NO, PRODUCT, STEP, YES, SessionDraft
from injector.tui.draft.suggest import suggest_for_indication, suggest_for_step
from injector.tui.new_session.pages import PAGES, SUMMARY, page_of
from tests.control.test_clinical import (
    CURATIVE,
    HERON,
    begin,
    check_off,
    finish,
    ready,
)
from tests.control.test_clinical import (
    opening as opens,
)
from tests.control.test_facts import by_hand, wait
from tests.control.worlds import LIBRARY, OPERATOR, World

TODAY: Final = date(2026, 11, 27)
FIGURE_TABLES: Final = LIBRARY.figures
COPIED_PARTS: Final = {
    "product",
    "product_class",
    "volume",
    "concentration",
    *(part for part in STEP if part != "override"),
}
"""What may be copied of a product and of a step."""
COPIED: Final = {"pseudonym", "indication", "purpose", "syringe", "needle"}
MARKED: Final = "never copy this"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A house in which nobody operates but the test."""
    made = World(tmp_path / "shots.db")
    yield made
    made.house.close()


def judged(draft: SessionDraft, past: PatientPast | None = None):  # type: ignore[no-untyped-def]
    reading = read(draft, LIBRARY, known=past is not None)
    return reading, judge_draft(draft, reading, LIBRARY, None, TODAY, past or PatientPast())


def whole(plan: Plan) -> SessionDraft:
    """A clinical draft of a plan with nothing open."""
    draft = from_plan(plan, Realm.CLINICAL)
    draft.put("pseudonym", "heron 7")
    draft.put("purpose", "curative")
    draft.put("athlete", NO)
    draft.put("weight", "70 kg")
    for code in FIGURE_TABLES.contraindication:
        draft.put(f"condition.{code}", NO)
    for at in range(draft.products):
        draft.put(f"mixture.{at}.lot", "L-1")
        draft.put(f"mixture.{at}.expiry", "2031-02-28")
    draft.put("needle_lot", "N-1")
    draft.put("needle_expiry", "2031-02-28")
    for code, checklist in FIGURE_TABLES.checklist.items():
        for item in checklist.items:
            draft.put(f"check.{code}.{item}", YES)
    draft.accept(list(draft.proposed))
    return draft


# -- plans -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(example_plans()))
def test_a_draft_of_a_plan_comes_to_that_plan_again(name: str) -> None:
    plan = example_plans()[name]
    reading, verdict = judged(from_plan(plan, Realm.TRAINING))
    assert reading.plan == plan
    assert (reading.open, verdict.open, verdict.outcome) == ((), (), Outcome.ALLOWED)


@pytest.mark.rule("R-ALL-REASONS", "R-PLAN-JUDGED")
@pytest.mark.parametrize("path", sorted((examples_folder() / "refused").glob("*.toml")), ids=str)
def test_what_a_plan_is_refused_for_a_draft_of_it_says_or_asks_for(path: Path) -> None:
    plan = Plan.parse(path.read_bytes())
    verdict = check_plan(plan, LIBRARY, ANY_DEVICE, today=TODAY)
    reading, said = judged(from_plan(plan, Realm.TRAINING))
    assert not verdict.allowed
    spoken = {(each.passed.limit, each.passed.rule) for each in said.spoken}
    asked_for = {each.place for each in said.open}
    for step in verdict.steps:
        for passed in step.verdict.passed:
            known = (passed.limit, passed.rule) in spoken
            assert known or passed.figure.value.removesuffix("_g") in asked_for, passed
    assert said.outcome is Outcome.REFUSED or asked_for
    assert reading.plan == plan


@pytest.mark.rule("R-REPEAT")
def test_a_clinical_draft_of_a_plan_file_leaves_the_vials_and_the_patient_to_be_asked() -> None:
    plan = example_plans()["elbow-tendinopathy"]
    text = (examples_folder() / "elbow-tendinopathy.toml").read_text(encoding="utf-8")
    asked = '[patient]\nweight = "70 kg"\n[patient.conditions]\npregnancy = false\n[[step]]'
    with_patient = Plan.parse(text.replace("[[step]]", asked, 1))
    draft = from_plan(with_patient, Realm.CLINICAL)
    for place in ("weight", "condition.pregnancy", "mixture.0.lot", "mixture.0.expiry"):
        assert not draft.get(place)
    assert from_plan(with_patient, Realm.TRAINING).get("weight") == "70 kg"
    assert draft.proposed.keys() == {f"mixture.{at}.concentration" for at in range(3)}
    assert from_plan(plan, Realm.CLINICAL).texts == draft.texts


# -- what is open ----------------------------------------------------------------------------


@pytest.mark.rule("R-ASKED", "R-CHECKLIST", "R-STERILE", "R-EXPIRY", "R-WHAT-FOR", "R-PATIENT")
def test_a_clinical_draft_asks_for_each_thing_that_its_limits_and_the_engine_ask_for() -> None:
    draft = whole(example_plans()["elbow-tendinopathy"])
    reading, verdict = judged(draft)
    assert (reading.open, verdict.open, verdict.outcome) == ((), (), Outcome.ALLOWED)
    needed = [
        place
        for place in draft.texts
        if place not in {"title", "weight"}
        and place.split(".")[-1] not in {"product_class", "concentration"}
    ]
    assert len(needed) > 40
    for place in needed:
        less = whole(example_plans()["elbow-tendinopathy"])
        less.put(place, "")
        reading, verdict = judged(less)
        found = {each.place for each in reading.open + verdict.open}
        assert place in found, f"{place} is not asked for; only {found}"
        assert page_of(place) != SUMMARY


@pytest.mark.rule("R-NO-WEIGHT")
def test_weight_and_concentration_are_asked_for_where_a_dose_goes_by_them() -> None:
    draft = whole(example_plans()["elbow-tendinopathy"])
    draft.put("mixture.0.product", "lidocaine")
    draft.put("mixture.0.product_class", "local_anaesthetic")
    draft.put("weight", "")
    draft.put("mixture.0.concentration", "")
    _, verdict = judged(draft)
    assert {each.place for each in verdict.open} == {"weight", "mixture.0.concentration"}


@pytest.mark.rule("R-EXPIRY")
def test_of_two_lots_of_one_product_the_one_without_a_day_or_out_of_date_is_named() -> None:
    draft = whole(example_plans()["elbow-tendinopathy"])
    for part in ("product", "product_class"):
        draft.put(f"mixture.1.{part}", draft.get(f"mixture.0.{part}"))
    draft.put("mixture.1.expiry", "")
    _, verdict = judged(draft)
    assert [each.place for each in verdict.open] == ["mixture.1.expiry"]
    draft.put("mixture.1.expiry", "2025-01-31")
    _, verdict = judged(draft)
    assert [each.place for each in verdict.spoken] == ["mixture.1.expiry"]


@pytest.mark.rule("R-NUMBER")
@pytest.mark.parametrize(
    ("place", "text", "words"),
    [
        ("step.0.volume", "0,02 mL", "the decimal sign is a point"),
        ("step.0.volume", "0.02", "the unit is missing"),
        ("step.0.shots", "0", "a whole number"),
        ("step.0.shots", "4.5", "a whole number"),
        ("mixture.0.expiry", "28.02.2031", "a day as year, month and day"),
        ("mixture.0.expiry", "2031-02-30", "a day as year, month and day"),
        ("needle_expiry", "20310228", "a day as year, month and day"),
        ("weight", "700 kg", "from 1 kg to 500 kg"),
        ("pain", "11", "from 0 to 10"),
        ("mixture.0.volume", "0 mL", "from "),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place_with_what_would_be_right(
    place: str, text: str, words: str
) -> None:
    draft = whole(example_plans()["elbow-tendinopathy"])
    draft.put(place, text)
    reading, _ = judged(draft)
    [found] = [each for each in reading.open if each.place == place]
    assert found.lack is Lack.WRONG
    assert words in found.words


@pytest.mark.rule("R-NUMBER")
@given(data=st.data(), text=st.text(max_size=30))
def test_whatever_is_typed_anywhere_is_read_or_told_and_never_breaks_a_draft(
    data: st.DataObject, text: str
) -> None:
    draft = whole(example_plans()["hair-loss"])
    place = data.draw(st.sampled_from([p for p in sorted(draft.texts) if ".product" not in p]))
    draft.put(place, text)
    reading, _ = judged(draft)
    if reading.plan is not None and page_of(place) == page_of("step.0.volume"):
        assert draft.get(place) == text


def test_every_place_is_on_a_page_and_every_page_but_the_last_has_places() -> None:
    draft = whole(example_plans()["hair-loss"])
    pages = {page_of(place) for place in draft.texts}
    assert pages == set(range(len(PAGES) - 1))


# -- what the limits say ---------------------------------------------------------------------


@pytest.mark.rule("R-ALL-REASONS")
def test_limits_speak_of_what_was_entered_before_the_rest_is() -> None:
    draft = SessionDraft()
    draft.put("step.0.technique", "nappage")
    draft.put("step.0.volume", "0.060 mL")
    reading, verdict = judged(draft)
    assert reading.plan is None
    [spoken] = verdict.spoken
    assert (spoken.place, spoken.passed.level) == ("step.0.volume", Level.HARD)
    assert spoken.passed.would_pass == 50_000
    draft.put("step.0.volume", "0.045 mL")
    _, verdict = judged(draft)
    assert verdict.outcome is Outcome.SOFT


@pytest.mark.rule("R-SCHEDULE", "R-DAY")
def test_the_patient_s_past_is_counted() -> None:
    draft = whole(example_plans()["elbow-tendinopathy"])
    past = PatientPast(True, days={"tendinopathy_elbow": (TODAY,)})
    _, verdict = judged(draft, past)
    assert [each.place for each in verdict.spoken] == ["indication"]
    assert verdict.outcome is Outcome.SOFT


# -- suggestions -----------------------------------------------------------------------------


@pytest.mark.parametrize("technique", sorted(FIGURE_TABLES.technique))
@pytest.mark.parametrize("needle", ["4.0 mm", "13.0 mm"])
def test_what_is_proposed_passes_every_limit_and_waits_to_be_accepted(
    technique: str, needle: str
) -> None:
    for zone in FIGURE_TABLES.zone:
        draft = SessionDraft()
        draft.put("needle", needle)
        draft.put("step.0.zone", zone)
        draft.put("step.0.technique", technique)
        suggest_for_step(draft, 0, read(draft, LIBRARY), LIBRARY, None)
        reading, verdict = judged(draft)
        filled = {f"step.0.{name}" for name in FIGURES if draft.get(f"step.0.{name}")}
        assert filled <= draft.proposed.keys()
        open_ = {each.place for each in reading.open if each.lack is Lack.PROPOSED}
        assert filled <= open_
        figures = [each for each in verdict.spoken if each.place in filled]
        assert not figures, (zone, figures)
        volume = FIGURE_TABLES.technique[technique].volume
        if volume is None or volume.strength is Strength.NONE:
            assert not draft.get("step.0.volume")


def test_a_suggestion_never_takes_the_place_of_what_somebody_entered() -> None:
    draft = SessionDraft()
    draft.put("step.0.volume", "0.030 mL")
    draft.put("purpose", "aesthetic")
    draft.put("indication", "hair_loss")
    suggest_for_indication(draft, LIBRARY)
    assert draft.get("purpose") == "aesthetic"
    assert draft.get("step.0.zone") == "scalp"
    draft.put("step.0.technique", "nappage")
    suggest_for_step(draft, 0, read(draft, LIBRARY), LIBRARY, None)
    assert draft.get("step.0.volume") == "0.030 mL"
    draft.put("indication", "sprain")
    suggest_for_indication(draft, LIBRARY)
    assert not draft.get("step.0.zone"), "a proposal goes with what it was made for"


@given(count=st.integers(1, 4), out=st.integers(0, 3))
def test_a_step_that_is_taken_out_leaves_the_others_as_they_were(count: int, out: int) -> None:
    draft = SessionDraft(steps=count, products=count)
    for at in range(count):
        for part in STEP:
            draft.put(f"step.{at}.{part}", f"{part} {at}")
        for part in PRODUCT:
            draft.put(f"mixture.{at}.{part}", f"{part} {at}")
    taken = out % count
    draft.remove_step(taken)
    draft.remove_product(taken)
    left = [at for at in range(count) if at != taken]
    assert draft.steps == draft.products == max(1, count - 1)
    for now, before in enumerate(left):
        assert draft.get(f"step.{now}.volume") == f"volume {before}"
        assert draft.get(f"mixture.{now}.lot") == f"lot {before}"
    assert len(draft.texts) == len(left) * (len(STEP) + len(PRODUCT))


# -- intents ---------------------------------------------------------------------------------


@pytest.mark.rule("R-ANSWERS", "R-RELATIVE")
def test_a_whole_draft_says_everything_to_the_engine() -> None:
    draft = whole(example_plans()["elbow-tendinopathy"])
    draft.put("condition.anticoagulants", YES)
    draft.put("reason.anticoagulants", "low dose")
    draft.put("condition.pregnancy", NO)
    draft.put("reason.pregnancy", "is no relative one")
    draft.put("allergies", "lidocaine vitamin")
    draft.put("consent", "folder 7")
    draft.put("pain", "6")
    reading, verdict = judged(draft)
    assert verdict.outcome is Outcome.ALLOWED
    assert reading.plan is not None
    intent = opening(draft, reading, reading.plan, LIBRARY, "ada", bytes)
    assert intent.subject is not None
    reasons = {each.condition: each.reason for each in intent.subject.answers if each.reason}
    assert reasons == {"anticoagulants": "low dose"}
    assert (intent.subject.weight_g, intent.subject.allergies) == (70_000, ("lidocaine", "vitamin"))
    assert (intent.particulars.consent, intent.particulars.needle_lot) == ("folder 7", "N-1")
    told = [record.fact for record in records(draft, LIBRARY, "ada")]
    lists = [each for each in told if isinstance(each, facts.ChecklistAnswered)]
    assert {each.checklist for each in lists} == set(FIGURE_TABLES.checklist)
    assert all(item.done for each in lists for item in each.items)
    assert [each.score for each in told if isinstance(each, facts.Pain)] == [6]


@pytest.mark.rule("R-SAME-PATIENT", "R-ASKED")
def test_another_patient_is_asked_everything_anew() -> None:
    draft = whole(example_plans()["elbow-tendinopathy"])
    draft.put("consent", "folder 7")
    draft.forget_patient()
    reading, _ = judged(draft)
    found = {each.place for each in reading.open}
    assert {f"condition.{code}" for code in FIGURE_TABLES.contraindication} <= found
    assert {"athlete", "check.patient.consent"} <= found
    assert not draft.get("consent")
    assert not draft.get("weight")
    assert draft.get("step.0.technique") == "nappage"


# -- repeating -------------------------------------------------------------------------------


def allowed(draft: SessionDraft) -> None:
    """Nothing is copied but a plan."""
    for place in draft.texts:
        root, *rest = place.split(".")
        assert place in COPIED or (root in {"step", "mixture"} and rest[-1] in COPIED_PARTS), place
    for place, text in draft.texts.items():
        assert MARKED not in text, place
    assert not draft.elsewhere


@pytest.mark.rule("R-REPEAT")
@given(
    lots=st.lists(st.one_of(st.none(), st.just(MARKED)), min_size=1, max_size=3),
    expiry=st.one_of(st.none(), st.just("2031-02-28")),
    weight_g=st.one_of(st.none(), st.integers(1_000, 500_000)),
    present=st.booleans(),
    allergies=st.lists(st.sampled_from(["lidocaine", "nsaid"]), unique=True),
    multi=st.booleans(),
    athlete=st.booleans(),
    strength=st.one_of(st.none(), st.integers(1, 10**6)),
    override=st.booleans(),
)
def test_a_repeated_session_has_the_plan_and_never_an_answer_a_lot_a_weight_or_consent(
    lots: list[str | None],
    expiry: str | None,
    weight_g: int | None,
    present: bool,
    allergies: list[str],
    multi: bool,
    athlete: bool,
    strength: int | None,
    override: bool,
) -> None:
    step = {
        "technique": "nappage", "zone": "elbow", "shots": 40, "override": override,
        "setpoint": {
            "volume_nl": 20_000, "depth_um": 2_000, "flow_nl_s": 250_000,
            "needle_um_s": 100_000, "cadence_per_min": 300, "mode": "burst", "burst": 4,
        },
    }  # fmt: skip
    opened = SessionOpened(
        realm="clinical", operator=MARKED, patient="0" * 16, pseudonym=None, title=None,
        purpose="curative", indication="tendinopathy_elbow", weight_g=weight_g, athlete=athlete,
        answers=(facts.PatientAnswer(condition="pregnancy", present=present, reason=None),),
        allergies=tuple(allergies), treatments=None, prescription=None, consent=None,
        plan={"indication": "tendinopathy_elbow", "steps": [step]},
        library_digest="0" * 64, serial="PG", journal_id=1, newest=0, shots=0, volume_nl=0,
        mixture=tuple(
            facts.MixtureItem(
                product="piroxicam", product_class="nsaid", concentration_ug_ml=strength, lot=lot,
                expiry=expiry, volume_nl=500_000, multi_dose=multi,
            )
            for lot in lots
        ),
        flagged=(), syringe_nl=2_500_000, mixed_by=MARKED, mixed_where=MARKED, needle_um=4_000,
        needle_lot=MARKED, needle_expiry=expiry,
    )  # fmt: skip
    draft = copied(opened)
    assert draft is not None
    allowed(draft)
    assert (draft.realm, draft.products, draft.steps) == (Realm.CLINICAL, len(lots), 1)
    assert draft.get("step.0.burst") == "4"
    assert draft.get("mixture.0.volume") == "0.500 mL"
    concentrations = {place for place in draft.texts if place.endswith("concentration")}
    assert concentrations == draft.proposed.keys(), "what stands on a vial is only proposed"
    reading, _ = judged(draft)
    assert reading.plan is not None


@pytest.mark.rule("R-REPEAT", "R-SAME-PATIENT")
def test_the_last_session_in_the_log_is_repeated_as_it_was_planned(world: World) -> None:
    ready(world)
    subject = replace(HERON, allergies=("lidocaine",), treatments=MARKED)
    known = replace(CURATIVE, consent=MARKED, prescription=MARKED, mixed_by=MARKED)
    world.want(opens(subject=subject, known=known))
    wait(world, "session_opened")
    check_off(world)
    world.want(by_hand(10_000), Record(facts.Pain(when="before", score=7, by=OPERATOR)))
    wait(world, "hand_shots")
    finish(world)
    begin(world, "c0000000000000009", replace(HERON, pseudonym="grey owl", new_id="0" * 16))
    finish(world)
    with LogReader.open(world.log) as reader:
        draft = from_last(reader, " Blue  HERON ")
        assert draft is not None
        allowed(draft)
        assert draft.get("pseudonym") == " Blue  HERON "
        reading = read(draft, LIBRARY)
        assert reading.plan is not None
        assert [each.setpoint for each in reading.plan.steps] == [
            each.setpoint for each in world.plan.steps
        ]
        assert reading.plan.mixture_nl == world.plan.mixture_nl
        assert from_last(reader, "white stork") is None
        assert from_last(reader, None) is None, "no session in training was ever opened"
        assert {each.pseudonym for each in known_patients(reader)} == {"blue heron", "grey owl"}
        past = past_of(reader, "blue heron")
        assert past.known
        assert past.before.exposure.total().volume_nl == 10_000
        assert len(past.days["tendinopathy_elbow"]) == 1
        assert not past_of(reader, "grey owl").days
        assert not past_of(reader, "white stork").known
