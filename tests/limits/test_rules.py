"""Each rule of the shipped library, by its name: what it refuses, and what it lets pass."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from injector.limits.context import Context
from injector.limits.course import Course
from injector.limits.envelope import envelope
from injector.limits.exposure import Exposure, SessionExposure
from injector.limits.flags import flags
from injector.limits.given import Given
from injector.limits.library import Library
from injector.limits.mixture import Mixture, MixtureItem
from injector.limits.patient import Answer, Patient
from injector.limits.realm import Realm
from injector.limits.room import room
from injector.limits.setpoint import Setpoint
from injector.limits.side import Level, Rule
from injector.limits.verdict import Allow, Refuse, Soft, judge
from injector.tui.limit_words import passed_words

TODAY = date(2026, 6, 1)
MG = 1_000_000
EXPIRY = date(2031, 2, 28)


def mixed(*parts: tuple[str, str, int | None], volume_nl: int = 1_000_000) -> Mixture:
    """A mixture of equal volumes, from product, class and concentration in µg/mL."""
    return Mixture(tuple(MixtureItem(p, c, volume_nl, k, "A", EXPIRY) for p, c, k in parts))


LIDOCAINE = ("lidocaine", "local_anaesthetic", 10_000)
PROCAINE = ("procaine", "local_anaesthetic", 20_000)
BIOTIN = ("biotin", "vitamin", 5_000)
ZINC = ("zinc", "trace_element", 1_000)
PIROXICAM = ("piroxicam", "nsaid", 20_000)
LIDOCAINES = frozenset({"lidocaine"})


@pytest.fixture
def clinical(elbow: Context, shipped: Library) -> Context:
    """The same step in a clinical session of which all is known."""
    return replace(
        elbow,
        realm=Realm.CLINICAL,
        mixture=mixed(BIOTIN, ZINC),
        patient=Patient(70_000, dict.fromkeys(shipped.figures.contraindication, Answer.ABSENT)),
        today=TODAY,
        needle_lot="N-1",
        needle_expiry=EXPIRY,
        purpose="curative",
        indication="tendinopathy_elbow",
        course=Course("chronic"),
    )


def told(setpoint: Setpoint, context: Context, **change: Any) -> list[tuple[str, str, str]]:
    """Rule, level and place of each limit that is passed."""
    passed = judge(setpoint, replace(context, **change)).passed
    return [(each.rule.value, each.level.value, each.limit) for each in passed]


@pytest.mark.rule("R-ASKED", "R-WHAT-FOR")
def test_a_clinical_session_of_which_all_is_known_is_allowed(
    nappage: Setpoint, clinical: Context
) -> None:
    assert judge(nappage, clinical) == Allow()


# --- the mixture -----------------------------------------------------------------------------


@pytest.mark.rule("R-THREE")
def test_a_mixture_has_at_most_three_products(nappage: Setpoint, elbow: Context) -> None:
    four = mixed(BIOTIN, ZINC, PIROXICAM, ("saline", "carrier", None))
    (only,) = judge(nappage, replace(elbow, mixture=four, today=TODAY)).passed
    assert (only.value, only.bound, only.would_pass, only.limit) == (4, 3, 3, "mixture.products")
    assert only.level is Level.HARD
    assert "SFM" in only.source
    twice = mixed(BIOTIN, BIOTIN, ZINC, PIROXICAM)  # two lots of one product are one product
    assert judge(nappage, replace(elbow, mixture=twice, today=TODAY)) == Allow()


@pytest.mark.rule("R-PRODUCT")
def test_where_nobody_said_what_is_in_the_syringe_nothing_is_allowed(
    nappage: Setpoint, elbow: Context
) -> None:
    assert told(nappage, elbow, mixture=Mixture()) == [("missing", "hard", "mixture")]


@pytest.mark.rule("R-CLASS")
@pytest.mark.parametrize(
    ("product", "code", "strength"),
    [
        ("triamcinolone", "corticosteroid", "society"),
        ("betamethasone", "corticosteroid", "society"),
        ("adrenaline", "vasoconstrictor", "weak"),
        ("tocopherol_oil", "oily", "weak"),
        ("diclofenac_gel", "topical_only", "weak"),
    ],
)
def test_corticosteroids_vasoconstrictors_oily_and_topical_only_products_are_refused(
    nappage: Setpoint, elbow: Context, product: str, code: str, strength: str
) -> None:
    context = replace(elbow, mixture=mixed((product, code, 1), ZINC), today=TODAY)
    verdict = judge(nappage, context)
    assert isinstance(verdict, Refuse)
    (only,) = verdict.passed
    assert (only.rule, only.limit, only.strength) == (Rule.FORBIDDEN, f"class.{code}", strength)
    assert only.source
    assert room(nappage, replace(context, overridden=True)).shots == 0


@pytest.mark.rule("R-CLASS")
def test_a_refused_class_is_refused_under_another_name_too(
    nappage: Setpoint, elbow: Context
) -> None:
    hidden = mixed(("triamcinolone", "vitamin", 1))
    assert told(nappage, elbow, mixture=hidden, today=TODAY) == [
        ("missing", "hard", "product.triamcinolone.class"),
        ("forbidden", "hard", "class.corticosteroid"),
    ]


@pytest.mark.rule("R-PRODUCT", "R-MISSING")
def test_an_unknown_product_or_class_is_a_missing_limit(nappage: Setpoint, elbow: Context) -> None:
    unknown = mixed(("elixir", "vitamin", 1))
    assert told(nappage, elbow, mixture=unknown, today=TODAY) == [
        ("missing", "hard", "product.elixir")
    ]
    odd = mixed(("elixir", "potion", 1))
    assert told(nappage, elbow, mixture=odd, today=TODAY) == [
        ("missing", "hard", "product.elixir"),
        ("missing", "hard", "class.potion"),
    ]


@pytest.mark.rule("R-EXPIRY")
def test_an_expired_lot_is_refused_from_the_day_after_its_last(
    nappage: Setpoint, elbow: Context
) -> None:
    item = MixtureItem("zinc", "trace_element", 1_000, None, "A", TODAY)
    context = replace(elbow, mixture=Mixture((item,)))
    assert judge(nappage, replace(context, today=TODAY)) == Allow()
    (only,) = judge(nappage, replace(context, today=date(2026, 6, 2))).passed
    assert (only.limit, only.level) == ("mixture.zinc.expiry", Level.HARD)
    assert only.would_pass == TODAY.toordinal()


@pytest.mark.rule("R-EXPIRY")
def test_an_expiry_without_a_clock_that_is_trusted_is_refused(
    nappage: Setpoint, elbow: Context
) -> None:
    assert told(nappage, elbow, mixture=mixed(ZINC)) == [("missing", "hard", "today")]


@pytest.mark.rule("R-EXPIRY")
def test_a_clinical_session_needs_the_expiry_of_each_product(
    nappage: Setpoint, clinical: Context
) -> None:
    undated = Mixture((MixtureItem("zinc", "trace_element", 1_000),))
    assert told(nappage, clinical, mixture=undated) == [("missing", "hard", "mixture.zinc.expiry")]


@pytest.mark.rule("R-STERILE")
def test_an_expired_sterile_set_is_refused_like_an_expired_product(
    nappage: Setpoint, elbow: Context
) -> None:
    context = replace(elbow, needle_expiry=TODAY, overridden=True)
    assert judge(nappage, replace(context, today=TODAY)) == Allow()
    (only,) = judge(nappage, replace(context, today=date(2026, 6, 2))).passed
    assert (only.limit, only.level) == ("needle.expiry", Level.HARD)
    assert passed_words(only).startswith(
        "needle's sterile set: out of date: 2026-06-01 was its last day, and today is 2026-06-02"
    )
    assert room(nappage, replace(context, today=date(2026, 6, 2))).shots == 0
    assert told(nappage, context, today=None) == [("missing", "hard", "today")]


@pytest.mark.rule("R-STERILE", "R-MISSING")
def test_a_clinical_session_needs_lot_and_expiry_of_the_sterile_set_and_training_does_not(
    nappage: Setpoint, clinical: Context, elbow: Context
) -> None:
    for lot in (None, ""):
        assert told(nappage, clinical, needle_lot=lot) == [("missing", "hard", "needle.lot")]
    assert told(nappage, clinical, needle_expiry=None) == [("missing", "hard", "needle.expiry")]
    assert elbow.needle_lot is elbow.needle_expiry is None
    assert judge(nappage, elbow) == Allow()


# --- doses -----------------------------------------------------------------------------------


@pytest.mark.rule("R-NO-WEIGHT")
def test_without_a_weight_there_is_no_lidocaine(nappage: Setpoint, elbow: Context) -> None:
    for patient in (None, Patient()):
        assert told(nappage, elbow, mixture=mixed(LIDOCAINE), today=TODAY, patient=patient) == [
            ("missing", "hard", "product.lidocaine.per_kg")
        ]


@pytest.mark.rule("R-NO-WEIGHT")
def test_without_a_concentration_there_is_no_lidocaine(nappage: Setpoint, elbow: Context) -> None:
    vague = mixed(("lidocaine", "local_anaesthetic", None))
    assert told(nappage, elbow, mixture=vague, today=TODAY, patient=Patient(70_000)) == [
        ("missing", "hard", "product.lidocaine")
    ]


@pytest.mark.rule("R-UNTOLD")
@pytest.mark.parametrize("given", [{"untold": LIDOCAINES}, {"before": Given(untold=LIDOCAINES)}])
def test_lidocaine_given_without_its_concentration_ends_everything(
    nappage: Setpoint, elbow: Context, given: dict[str, Any]
) -> None:
    context = replace(elbow, mixture=mixed(ZINC), today=TODAY, patient=Patient(70_000), **given)
    missing = [("missing", "hard", "product.lidocaine")]
    assert told(nappage, context) == missing
    assert room(nappage, context).shots == 0
    assert told(nappage, replace(context, mixture=mixed(LIDOCAINE))) == missing
    # The sum of the maxima cannot be told either, so it is not.
    most = {"procaine": 350 * MG}
    assert told(nappage, replace(context, mixture=mixed(PROCAINE), doses=most)) == [
        *missing,
        ("most", "hard", "product.procaine.per_day"),
    ]


@pytest.mark.rule("R-UNTOLD")
def test_a_product_whose_dose_nothing_limits_may_be_given_without_its_concentration(
    nappage: Setpoint, elbow: Context
) -> None:
    context = replace(elbow, mixture=mixed(ZINC), today=TODAY)
    assert judge(nappage, replace(context, untold=frozenset({"zinc"}))) == Allow()


@pytest.mark.rule("R-LIDOCAINE")
@pytest.mark.parametrize(
    ("weight_g", "so_far_ng", "limits"),
    [
        (100_000, 300 * MG - 4_848_000, []),
        (100_000, 300 * MG - 4_847_999, ["product.lidocaine.per_day"]),
        (50_000, 225 * MG - 4_848_000, []),
        (50_000, 225 * MG - 4_847_999, ["product.lidocaine.per_kg"]),
    ],
)
def test_plain_lidocaine_is_at_most_4_5_mg_per_kg_and_300_mg(
    nappage: Setpoint, elbow: Context, weight_g: int, so_far_ng: int, limits: list[str]
) -> None:
    # 24 shots of 0.0202 mL of 10 mg/mL are 4.848 mg.
    context = replace(
        elbow,
        mixture=mixed(LIDOCAINE),
        today=TODAY,
        patient=Patient(weight_g),
        doses={"lidocaine": so_far_ng},
    )
    passed = {limit for _, _, limit in told(nappage, context)}
    together = {"class.local_anaesthetic.shared_maximum"} if limits else set()
    assert passed == set(limits) | together
    assert room(nappage, context).shots == (23 if limits else 24)


@pytest.mark.rule("R-PROCAINE")
def test_procaine_is_at_most_350_mg(nappage: Setpoint, elbow: Context) -> None:
    context = replace(elbow, mixture=mixed(PROCAINE), today=TODAY)
    most = 350 * MG - 24 * 20_200 * 20
    assert judge(nappage, replace(context, doses={"procaine": most})) == Allow()
    verdict = judge(nappage, replace(context, doses={"procaine": most + 1}))
    assert isinstance(verdict, Refuse)
    assert "product.procaine.per_day" in {each.limit for each in verdict.passed}


@pytest.mark.rule("R-SHARED-MAXIMUM")
def test_fractions_of_the_local_anaesthetics_maxima_add_up_to_at_most_one(
    nappage: Setpoint, elbow: Context
) -> None:
    context = replace(
        elbow, mixture=mixed(PROCAINE), today=TODAY, patient=Patient(100_000), planned_shots=0
    )
    half = {"lidocaine": 150 * MG, "procaine": 175 * MG}
    assert judge(nappage, replace(context, doses=half)) == Allow()
    more = {"lidocaine": 150 * MG + 1, "procaine": 175 * MG}
    (only,) = judge(nappage, replace(context, doses=more)).passed
    assert (only.limit, only.level) == ("class.local_anaesthetic.shared_maximum", Level.HARD)
    assert (only.value, only.bound) == (1_000_001, 1_000_000)


@pytest.mark.rule("R-ELSEWHERE")
def test_what_was_given_elsewhere_the_same_day_counts(nappage: Setpoint, elbow: Context) -> None:
    context = replace(elbow, mixture=mixed(LIDOCAINE), today=TODAY, patient=Patient(100_000))
    dentist = Given(doses={"lidocaine": 299 * MG})
    assert isinstance(judge(nappage, replace(context, before=dentist)), Refuse)
    assert room(nappage, replace(context, before=dentist)).shots == 4


@pytest.mark.rule("R-DOSE-BEYOND")
def test_a_dose_that_stands_beyond_its_limit_ends_everything(
    nappage: Setpoint, elbow: Context
) -> None:
    context = replace(elbow, mixture=mixed(ZINC), today=TODAY, patient=Patient(100_000))
    too_much = Given(doses={"lidocaine": 301 * MG})
    assert isinstance(judge(nappage, replace(context, before=too_much)), Refuse)


@pytest.mark.rule("R-PRODUCT", "R-ELSEWHERE")
def test_a_product_given_elsewhere_that_the_library_does_not_know_is_refused(
    nappage: Setpoint, elbow: Context
) -> None:
    assert told(nappage, elbow, before=Given(doses={"elixir": 1})) == [
        ("missing", "hard", "product.elixir")
    ]


# --- session and day -------------------------------------------------------------------------


@pytest.mark.rule("R-DAY", "R-HARD")
@pytest.mark.parametrize(
    ("zone", "here_nl", "limit"),
    [
        ("face", 6_000_000, "group.face.volume"),
        ("elbow", 20_000_000, "group.body.volume"),
    ],
)
def test_a_second_session_on_the_same_day_stays_within_the_sessions_hard_limits(
    nappage: Setpoint, elbow: Context, zone: str, here_nl: int, limit: str
) -> None:
    planned = 24 * 20_200
    context = replace(elbow, zone=zone)

    def after(volume_nl: int, shots: int = 10) -> Context:
        return replace(context, before=Given(SessionExposure({zone: Exposure(shots, volume_nl)})))

    assert judge(nappage, after(here_nl - planned)) == Allow()
    verdict = judge(nappage, replace(after(here_nl - planned + 1), overridden=True))
    assert isinstance(verdict, Refuse)
    assert limit in {each.limit for each in verdict.passed}
    assert {each.set_by.value for each in verdict.passed} == {"day"}
    assert judge(nappage, after(0, 976)) == Allow()
    assert isinstance(judge(nappage, after(0, 977)), Refuse)
    assert room(nappage, after(0, 977)).shots == 23


@pytest.mark.rule("R-DURATION")
def test_a_session_lasts_thirty_minutes_and_longer_with_a_reason(
    nappage: Setpoint, elbow: Context
) -> None:
    for minutes, kind in ((0, Allow), (30, Allow), (31, Soft), (240, Soft), (241, Refuse)):
        assert isinstance(judge(nappage, replace(elbow, elapsed_min=minutes)), kind)


# --- the patient -----------------------------------------------------------------------------


@pytest.mark.rule("R-ABSOLUTE", "R-ALLERGY")
@pytest.mark.parametrize("code", ["allergy", "coagulation_disorder", "infection", "pregnancy"])
@pytest.mark.parametrize("answer", [Answer.PRESENT, Answer.REASONED])
def test_an_absolute_contraindication_refuses_whatever_the_reason(
    nappage: Setpoint, clinical: Context, code: str, answer: Answer
) -> None:
    assert clinical.patient
    conditions = {**clinical.patient.conditions, code: answer}
    context = replace(clinical, patient=Patient(70_000, conditions), overridden=True)
    assert told(nappage, context) == [("forbidden", "hard", f"contraindication.{code}")]
    assert room(nappage, context).shots == 0


@pytest.mark.rule("R-ALLERGY", "R-ABSOLUTE")
@pytest.mark.parametrize("allergy", ["lidocaine", "local_anaesthetic"])
def test_a_mixture_that_holds_what_the_patient_is_allergic_to_is_refused(
    nappage: Setpoint, clinical: Context, shipped: Library, allergy: str
) -> None:
    assert clinical.patient
    patient = replace(clinical.patient, allergies=frozenset({allergy, "nsaid"}))
    context = replace(clinical, patient=patient, mixture=mixed(BIOTIN, LIDOCAINE), overridden=True)
    for realm in Realm:
        (only,) = judge(nappage, replace(context, realm=realm)).passed
        assert (only.rule, only.level, only.subject) == (Rule.FORBIDDEN, Level.HARD, "lidocaine")
        assert only.limit == "contraindication.allergy"
        assert only.source == shipped.figures.contraindication["allergy"].source
    assert passed_words(only).startswith("lidocaine: the patient is allergic to it")
    assert room(nappage, context).shots == 0
    assert judge(nappage, replace(context, mixture=mixed(BIOTIN, ZINC))) == Allow()


@pytest.mark.rule("R-ALLERGY", "R-CLASS")
def test_an_allergy_finds_a_product_under_whatever_class_it_comes(
    nappage: Setpoint, elbow: Context
) -> None:
    hidden = mixed(("lidocaine", "vitamin", 10_000))
    patient = Patient(70_000, allergies=frozenset({"local_anaesthetic"}))
    assert ("forbidden", "hard", "contraindication.allergy") in told(
        nappage, elbow, mixture=hidden, today=TODAY, patient=patient
    )


@pytest.mark.rule("R-ALLERGY", "R-MISSING")
def test_an_allergy_to_what_the_library_does_not_know_is_a_missing_limit(
    nappage: Setpoint, clinical: Context
) -> None:
    assert clinical.patient
    patient = replace(clinical.patient, allergies=frozenset({"lidocain"}))
    assert told(nappage, clinical, patient=patient) == [("missing", "hard", "product.lidocain")]


@pytest.mark.rule("R-RELATIVE")
@pytest.mark.parametrize(
    "code",
    [
        "unbalanced_diabetes",
        "immunosuppression",
        "autoimmune_disease",
        "anticoagulants",
        "breast_feeding",
    ],
)
def test_a_relative_contraindication_needs_the_practitioners_written_reason(
    nappage: Setpoint, clinical: Context, code: str
) -> None:
    assert clinical.patient
    conditions = {**clinical.patient.conditions, code: Answer.PRESENT}
    context = replace(clinical, patient=Patient(70_000, conditions))
    assert isinstance(judge(nappage, context), Soft)
    assert room(nappage, context).shots == 0
    reasoned = Patient(70_000, {**conditions, code: Answer.REASONED})
    assert judge(nappage, replace(context, patient=reasoned)) == Allow()


@pytest.mark.rule("R-ASKED")
def test_a_contraindication_that_was_not_asked_for_refuses_a_clinical_session(
    nappage: Setpoint, clinical: Context
) -> None:
    assert clinical.patient
    conditions = dict(clinical.patient.conditions)
    del conditions["pregnancy"]
    patient = Patient(70_000, conditions)
    assert told(nappage, clinical, patient=patient) == [
        ("missing", "hard", "contraindication.pregnancy")
    ]
    manikin = replace(clinical, realm=Realm.TRAINING, patient=patient)
    assert judge(nappage, manikin) == Allow()


@pytest.mark.rule("R-ASKED")
def test_a_condition_that_the_library_does_not_know_is_refused_where_it_is_present(
    nappage: Setpoint, clinical: Context
) -> None:
    assert clinical.patient
    for answer, limits in (
        (Answer.ABSENT, []),
        (Answer.PRESENT, [("missing", "hard", "contraindication.cold")]),
        (Answer.REASONED, [("missing", "hard", "contraindication.cold")]),
    ):
        patient = Patient(70_000, {**clinical.patient.conditions, "cold": answer})
        assert told(nappage, clinical, patient=patient) == limits


@pytest.mark.rule("R-WHAT-FOR", "R-PATIENT", "R-COURSE", "R-MISSING")
@pytest.mark.parametrize(
    ("change", "limit"),
    [
        ({"patient": None}, "patient"),
        ({"purpose": None}, "purpose"),
        ({"purpose": "pleasure"}, "purpose.pleasure"),
        ({"indication": None}, "indication"),
        ({"indication": "boredom"}, "indication.boredom"),
        ({"course": None}, "schedule.chronic"),
        ({"course": Course("forever")}, "schedule.forever"),
        ({"device_class": "spoon"}, "device_class.spoon"),
    ],
)
def test_what_a_clinical_session_must_know_and_does_not_is_a_missing_limit(
    nappage: Setpoint, clinical: Context, change: dict[str, Any], limit: str
) -> None:
    assert told(nappage, clinical, **change) == [("missing", "hard", limit)]


@pytest.mark.rule("R-PEN")
def test_a_needle_free_pen_is_refused_for_clinical_use_with_the_regulators_decisions(
    nappage: Setpoint, clinical: Context
) -> None:
    pen = replace(clinical, device_class="needle_free_pen", overridden=True)
    (only,) = judge(nappage, pen).passed
    assert (only.rule, only.level) == (Rule.FORBIDDEN, Level.HARD)
    assert "ANSM" in only.source
    assert "FDA" in only.source
    assert "2021" in only.source
    assert judge(nappage, replace(pen, realm=Realm.TRAINING)) == Allow()


@pytest.mark.rule("R-SCHEDULE")
@pytest.mark.parametrize(
    ("schedule", "sessions", "days"),
    [
        ("acute", 1, 7),
        ("acute", 3, 7),
        ("chronic", 1, 7),
        ("chronic", 3, 7),
        ("chronic", 4, 14),
        ("chronic", 14, 14),
        ("hair", 1, 7),
        ("hair", 5, 7),
        ("hair", 6, 28),
        ("face", 1, 14),
        ("face", 3, 14),
        ("face", 4, 28),
    ],
)
def test_a_session_earlier_than_its_schedule_allows_is_a_soft_limit(
    nappage: Setpoint, clinical: Context, schedule: str, sessions: int, days: int
) -> None:
    for early, kind in ((1, Soft), (0, Allow)):
        last = date.fromordinal(TODAY.toordinal() - days + early)
        course = Course(schedule, sessions, last)
        verdict = judge(nappage, replace(clinical, course=course))
        assert isinstance(verdict, kind)
        if early:
            (only,) = verdict.passed
            assert only.limit.startswith(f"schedule.{schedule}.phase ")
            assert only.would_pass == TODAY.toordinal() + 1


@pytest.mark.rule("R-COURSE")
@pytest.mark.parametrize(("schedule", "most"), [("acute", 4), ("chronic", 15)])
def test_more_sessions_than_a_course_has_pass_a_soft_limit(
    nappage: Setpoint, clinical: Context, schedule: str, most: int
) -> None:
    long_ago = date(2026, 1, 1)
    last = replace(clinical, course=Course(schedule, most - 1, long_ago))
    assert judge(nappage, last) == Allow()
    assert told(nappage, clinical, course=Course(schedule, most, long_ago)) == [
        ("most", "soft", f"schedule.{schedule}.most")
    ]


@pytest.mark.rule("R-COURSE")
def test_a_session_beyond_the_span_of_its_course_passes_a_soft_limit(
    nappage: Setpoint, clinical: Context
) -> None:
    last = date(2026, 1, 1)
    for days, kind in ((365, Allow), (366, Soft)):
        first = date.fromordinal(TODAY.toordinal() - days)
        context = replace(clinical, course=Course("chronic", 10, last, first))
        assert isinstance(judge(nappage, context), kind)
    (only,) = judge(nappage, context).passed
    assert (only.limit, only.value, only.bound) == ("schedule.chronic.over", 366, 365)
    assert "time since the course's first session 366 d: soft limit" in passed_words(only)
    without = replace(clinical, course=Course("face", 10, last, date(2001, 1, 1)))
    assert judge(nappage, without) == Allow(), "a schedule without a span has none"


@pytest.mark.rule("R-DOPING")
def test_a_product_on_a_doping_list_is_flagged_for_athletes_and_refused_to_nobody(
    shipped: Library,
) -> None:
    listed = mixed(("adrenaline", "vasoconstrictor", 1), ZINC)
    assert flags(listed, None, shipped) == ()
    assert flags(listed, Patient(), shipped) == ()
    (flag,) = flags(listed, Patient(athlete=True), shipped)
    assert (flag.product, flag.strength) == ("adrenaline", "weak")
    assert "WADA" in flag.source


@pytest.mark.rule("R-SET-BY")
def test_each_side_of_the_envelope_says_who_set_it_and_where(
    nappage: Setpoint, clinical: Context
) -> None:
    context = replace(clinical, mixture=mixed(LIDOCAINE, BIOTIN), elapsed_min=1)
    sides = [side for side, _ in envelope(nappage, context)]
    assert all(side.limit for side in sides)
    assert all(side.source for side in sides if "." in side.limit and "expiry" not in side.limit)
    assert {side.set_by.value for side in sides} == {
        "device", "technique", "zone", "group", "needle", "syringe", "session", "library",
        "plan", "mixture", "product", "patient", "schedule",
    }  # fmt: skip
