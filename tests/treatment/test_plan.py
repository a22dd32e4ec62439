"""A session plan: what a file must say, and how it is told what is wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.limits.given import Given
from injector.limits.patient import Answer, Patient
from injector.limits.setpoint import Burst, Mode, Perfusion, Repeat, Setpoint, Single
from injector.treatment.plan import Plan, PlanError

HEAD = """\
title = "A plan"
indication = "test"
needle = "4.0 mm"
syringe = "2 mL"
"""
PRODUCT = """
[[mixture]]
product = "saline"
product_class = "carrier"
volume = "1 mL"
"""
STEP = """
[[step]]
technique = "nappage"
zone = "elbow"
mode = "repeat"
volume = "0.02 mL"
depth = "2.0 mm"
flow = "200 µL/s"
needle_speed = "100 mm/s"
cadence = "300/min"
shots = 12
"""
PLAN = HEAD + PRODUCT + STEP


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(PlanError) as refused:
        Plan.parse(text)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.rule("R-NUMBER", "R-PLAN-FAULTS")
def test_a_plan_says_everything_with_its_unit() -> None:
    more = 'lot = "A1"\nexpiry = 2031-02-28\nconcentration = "20 mg/mL"\n'
    plan = Plan.parse(HEAD + 'operator = "Training"\n' + PRODUCT + more + STEP)
    assert (plan.needle_um, plan.syringe_nl, plan.mixture_nl) == (4_000, 2_000_000, 1_000_000)
    (product,) = plan.mixture
    assert product.expiry == date(2031, 2, 28)
    assert product.concentration_ug_ml == 20_000
    (step,) = plan.steps
    assert step.setpoint == Setpoint(20_000, 2_000, 200_000, 100_000, 300, Repeat())
    assert (step.technique, step.zone, step.shots) == ("nappage", "elbow", 12)
    assert plan.shots == 12


@pytest.mark.rule("R-PRIVATE", "R-ELSEWHERE", "R-ALLERGY")
def test_a_plan_says_of_the_patient_what_limits_must_know_and_not_why() -> None:
    table = """
[patient]
weight = "66.5 kg"
athlete = true
allergies = ["lidocaine", "nsaid"]
elsewhere = [
    { product = "procaine", dose = "100 mg" },
    { product = "procaine", dose = "20 mg" },
]
[patient.conditions]
pregnancy = false
anticoagulants = "low dose, and the zone can be compressed"
infection = true
"""
    said = Plan.parse(HEAD + PRODUCT + table + STEP).patient
    assert said is not None
    assert said.patient == Patient(
        66_500,
        {
            "pregnancy": Answer.ABSENT,
            "anticoagulants": Answer.REASONED,
            "infection": Answer.PRESENT,
        },
        athlete=True,
        allergies=frozenset({"lidocaine", "nsaid"}),
    )
    assert said.given == Given(doses={"procaine": 120_000_000})
    assert Plan.parse(PLAN).patient is None


@pytest.mark.rule("R-THREE")
def test_how_many_products_a_mixture_may_have_is_the_librarys_to_say() -> None:
    assert len(Plan.parse(HEAD + PRODUCT * 4 + STEP).contents.items) == 4


@pytest.mark.rule("R-PLAN-FAULTS")
def test_a_plan_reads_the_same_from_text_and_from_bytes() -> None:
    assert Plan.parse(PLAN) == Plan.parse(PLAN.encode())


@pytest.mark.rule("R-MODE")
@pytest.mark.parametrize(
    ("words", "mode"),
    [
        ('mode = "single"', Single()),
        ('mode = "repeat"', Repeat()),
        ('mode = "burst"\nburst = 4', Burst(4)),
        ('mode = "perfusion"', Perfusion()),
    ],
)
def test_a_step_is_in_one_of_four_modes(words: str, mode: Mode) -> None:
    (step,) = Plan.parse(PLAN.replace('mode = "repeat"', words)).steps
    assert step.setpoint.mode == mode


@pytest.mark.rule("R-PLAN-FAULTS")
@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ('title = "A plan"\n', "", "title: missing"),
        ('title = "A plan"', 'title = ""', "title: must not be empty"),
        ('title = "A plan"', r'title = "\u001b[2J"', "title: must be one line without control"),
        ('"4.0 mm"', "4.0", 'needle: a depth is text in quotes with its unit, as in "4.0 mm"'),
        ('"2 mL"', '"2 ml"', "syringe: '2 ml': a volume is in mL, µL"),
        (
            "indication",
            'patient = "x"\nindication',
            "patient: 'x' is not a table",
        ),
        ("indication", 'realm = "clinical"\nindication', "realm: unknown key"),
        ('"1 mL"', '"0 mL"', "mixture 1.volume: '0 mL': must be at least"),
        ('"1 mL"', '"1 mL"\nexpiry = "soon"', "mixture 1.expiry: "),
        ('"1 mL"', '"1 mL"\ndose = "1 mg"', "mixture 1.dose: unknown key; known here: concentr"),
        (PRODUCT, "", "mixture: missing"),
        (PRODUCT, PRODUCT * 21, "mixture: has 21 products, and must have 1 to 20"),
        (PRODUCT, "mixture = []\n", "mixture: has 0 products, and must have 1 to 20"),
        ('"saline"', '"NaCl 0.9 %"', "mixture 1.product: 'NaCl 0.9 %' is no code"),
        (
            STEP,
            "[patient]\nweight = 70\n" + STEP,
            "patient.weight: a body weight is text in quotes",
        ),
        (STEP, "[patient]\nweight = '7 kg '\n" + STEP, "patient.weight: '7 kg ': spaces stand"),
        (
            STEP,
            "[patient]\nweight = '700 kg'\n" + STEP,
            "patient.weight: '700 kg': must be at most '500 kg'",
        ),
        (
            STEP,
            "[patient]\nname = 'x'\n" + STEP,
            (
                "patient.name: unknown key; known here: allergies, athlete, conditions, elsewhere,"
                " weight"
            ),
        ),
        (
            STEP,
            "[patient.conditions]\npregnancy = 0\n" + STEP,
            "patient.conditions.pregnancy: 0 is no answer: false where it is absent, true where",
        ),
        (
            STEP,
            "[patient.conditions]\npregnancy = ''\n" + STEP,
            "patient.conditions.pregnancy: '' is no answer",
        ),
        (
            STEP,
            "[patient]\nelsewhere = [{ product = 'procaine', dose = '1,5 mg' }]\n" + STEP,
            "patient.elsewhere 1.dose: '1,5 mg': the decimal sign is a point",
        ),
        (STEP, "", "step: missing"),
        (STEP, "[step]\nshots = 12", "step: {'shots': 12} is not a list"),
        ('"0.02 mL"', '".02 mL"', "step 1.volume: '.02 mL': digits stand on both sides"),
        ('"0.02 mL"', '"0,02 mL"', "step 1.volume: '0,02 mL': the decimal sign is a point"),
        ('"2.0 mm"', '"-2.0 mm"', "step 1.depth: '-2.0 mm': no sign stands before"),
        ('"200 µL/s"', '"0 µL/s"', "step 1.flow: '0 µL/s': must be at least"),
        ('"300/min"', '"300 /min"', "step 1.cadence: '300 /min': no space stands between"),
        ('"300/min"', '"5000000000/min"', "step 1.cadence: '5000000000/min': must be at most"),
        ("shots = 12", "shots = 0", "step 1.shots: 0 is too low; at least 1"),
        ("shots = 12", "shots = 12.0", "step 1.shots: 12.0 is not a whole number"),
        ("shots = 12", "shots = true", "step 1.shots: True is not a whole number"),
        ('"repeat"', '"often"', "step 1.mode: 'often' is none of 'single', 'repeat', 'burst' or"),
        ('"repeat"', '"burst"', "step 1: mode is 'burst' and says not how many shots"),
        (
            '"repeat"',
            '"repeat"\nburst = 4',
            "step 1: `burst` belongs to mode 'burst', and the mode",
        ),
        ('"repeat"', '"burst"\nburst = 5', "step 1: 12 shots are no whole number of bursts"),
        ('"repeat"', '"burst"\nburst = 1', "step 1.burst: 1 is too low; at least 2"),
        ('"0.02 mL"', '"0.2 mL"\nmode = "perfusion"', "line 16, column 19: not TOML: "),
        ('"elbow"', '"the elbow"', "step 1.zone: 'the elbow' is no code; codes are small letters"),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_would_be_right(
    right: str, wrong: str, fault: str
) -> None:
    assert right in PLAN
    (only,) = faults(PLAN.replace(right, wrong, 1))
    assert only.startswith(fault)


@pytest.mark.rule("R-PLAN-FAULTS", "R-SETPOINT")
def test_a_slice_of_perfusion_that_cannot_flow_in_half_a_second_is_a_fault() -> None:
    text = PLAN.replace('"repeat"', '"perfusion"').replace('"0.02 mL"', '"0.11 mL"')
    (only,) = faults(text)
    assert only.startswith("step 1: volume_nl is 110000, and a slice of 500 ms")


@pytest.mark.rule("R-PLAN-FAULTS")
def test_every_fault_of_a_plan_is_told_at_once() -> None:
    text = HEAD.replace('"4.0 mm"', '"4,0 mm"') + PRODUCT.replace("volume", "volum") + STEP
    text += STEP.replace('"2.0 mm"', '"2.0"').replace("shots = 12\n", "")
    assert [fault.split(": ")[0] for fault in faults(text)] == [
        "needle",
        "mixture 1.volume",
        "mixture 1.volum",
        "step 2.depth",
        "step 2.shots",
    ]


@pytest.mark.rule("R-PLAN-FAULTS")
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda t: (PLAN + t).encode()))
def test_any_bytes_are_a_plan_or_a_plan_error(data: bytes) -> None:
    try:
        plan = Plan.parse(data)
    except PlanError:
        return
    assert plan.shots > 0
