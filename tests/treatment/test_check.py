"""What the limits say to a whole plan."""

from dataclasses import replace

import pytest

from injector.limits.exposure import Exposure
from injector.limits.room import room
from injector.limits.side import Figure, Level, SetBy
from injector.limits.verdict import Allow, Refuse, Soft, Verdict
from injector.treatment.check import check_plan
from injector.treatment.plan import Plan
from injector.treatment.shipped import shipped_library
from tests.limits.worlds import DEVICE
from tests.treatment.test_plan import HEAD, PLAN, PRODUCT, STEP

LIBRARY = shipped_library()


def kinds(verdict: Verdict) -> list[str]:
    return [each.figure.value for each in verdict.passed]


@pytest.mark.rule("R-PLAN-JUDGED")
def test_a_plan_within_every_limit_is_allowed() -> None:
    verdict = check_plan(Plan.parse(PLAN), LIBRARY, DEVICE)
    assert verdict.allowed
    assert [step.verdict for step in verdict.steps] == [Allow()]
    assert verdict.as_log() == {
        "allowed": True,
        "mixture": {"rules": 1, "outcome": "allow", "passed": []},
        "steps": [{"rules": 1, "outcome": "allow", "passed": []}],
        "flags": [],
    }


@pytest.mark.rule("R-PLAN-JUDGED")
def test_a_step_is_judged_with_what_the_steps_before_it_will_have_given() -> None:
    ten = PLAN.replace('"2 mL"', '"10 mL"').replace('"1 mL"', '"9.8 mL"')
    ten = ten.replace("shots = 12", "shots = 240")
    more = STEP.replace("shots = 12", "shots = 240")
    verdict = check_plan(Plan.parse(ten + more), LIBRARY, DEVICE)
    first, second = verdict.steps
    assert first.verdict == Allow()
    assert second.context.exposure.total() == Exposure(240, 240 * 20_200)
    assert second.context.syringe_left_nl == 9_800_000 - 240 * 20_200
    assert second.verdict == Allow()
    third = check_plan(Plan.parse(ten + more + STEP), LIBRARY, DEVICE).steps[2]
    assert kinds(third.verdict) == ["syringe_left_nl"]


@pytest.mark.rule("R-PLAN-JUDGED", "R-SESSION")
def test_volumes_in_different_zones_of_a_group_add_up() -> None:
    step = STEP.replace('"elbow"', '"{}"').replace("shots = 12", "shots = 60")
    text = HEAD.replace('"2 mL"', '"5 mL"') + PRODUCT.replace('"1 mL"', '"5 mL"')
    verdict = check_plan(
        Plan.parse(text + "".join(step.format(zone) for zone in ("face", "scalp", "elbow"))),
        LIBRARY,
        DEVICE,
    )
    assert [kinds(step.verdict) for step in verdict.steps] == [[], ["group_volume_nl"], []]
    assert isinstance(verdict.steps[1].verdict, Soft)


@pytest.mark.rule("R-OVERRIDE", "R-HARD")
def test_a_soft_limit_needs_a_reason_and_a_hard_one_takes_none() -> None:
    soft = PLAN.replace('"2.0 mm"', '"3.0 mm"')
    reason = 'override = "thick skin, as in the last session"\n'
    refused = check_plan(Plan.parse(soft), LIBRARY, DEVICE)
    assert not refused.allowed
    assert room(refused.steps[0].step.setpoint, refused.steps[0].context).shots == 0
    overridden = check_plan(Plan.parse(soft + reason), LIBRARY, DEVICE)
    assert overridden.allowed
    assert isinstance(overridden.steps[0].verdict, Soft)
    hard = PLAN.replace('"2.0 mm"', '"4.5 mm"').replace('"4.0 mm"', '"6.0 mm"')
    assert [step.context.overridden for step in overridden.steps] == [True]
    refused = check_plan(Plan.parse(hard + reason), LIBRARY, DEVICE)
    assert not refused.allowed
    assert isinstance(refused.steps[0].verdict, Refuse)


@pytest.mark.rule("R-SYRINGE")
def test_a_mixture_that_overfills_its_syringe_is_refused() -> None:
    full = Plan.parse(PLAN.replace('"1 mL"', '"2 mL"'))
    assert check_plan(full, LIBRARY, DEVICE).allowed
    over = check_plan(Plan.parse(PLAN.replace('"1 mL"', '"2.001 mL"')), LIBRARY, DEVICE)
    assert not over.allowed
    (only,) = over.mixture.passed
    assert (only.figure, only.set_by, only.level) == (
        Figure.MIXTURE_VOLUME,
        SetBy.SYRINGE,
        Level.HARD,
    )
    assert (only.value, only.bound) == (2_001_000, 2_000_000)


@pytest.mark.rule("R-SYRINGE", "R-VOLUME")
@pytest.mark.parametrize("shots", [49, 50])
def test_the_drives_tolerance_counts_against_what_is_in_the_syringe(shots: int) -> None:
    plan = Plan.parse(PLAN.replace("shots = 12", f"shots = {shots}"))
    exact = replace(DEVICE, tolerance_ppm=0)
    assert check_plan(plan, LIBRARY, exact).allowed
    assert check_plan(plan, LIBRARY, DEVICE).allowed == (shots * 20_200 <= 1_000_000)


@pytest.mark.rule("R-PLAN-JUDGED")
def test_a_plan_that_is_allowed_leaves_room_for_its_every_shot() -> None:
    for step in check_plan(Plan.parse(PLAN + STEP), LIBRARY, DEVICE).steps:
        assert room(step.step.setpoint, step.context).shots == step.step.shots
