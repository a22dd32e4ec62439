"""The verdict: what it must name, and what it must never do."""

import copy
import json
import math
import pickle
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.limits.bound import Bound, Strength
from injector.limits.context import MAX_PLANNED, Axis, Context
from injector.limits.exposure import Exposure
from injector.limits.setpoint import (
    MAX_FIGURE,
    Burst,
    ModeKind,
    Perfusion,
    Repeat,
    Setpoint,
    Single,
)
from injector.limits.side import Figure, Level, Rule, SetBy
from injector.limits.verdict import (
    RULES_VERSION,
    Allow,
    Passed,
    Refuse,
    Soft,
    Verdict,
    as_log,
    judge,
)
from tests.limits.worlds import BOUNDS, DEVICE, FURTHER, TOP, Case, bounds_at, cases, tables

REQUIRED = sorted(set(BOUNDS) - FURTHER)

SETPOINT_FIGURES = {
    Figure.VOLUME: "volume_nl",
    Figure.CHARGE: "volume_nl",
    Figure.DEPTH: "depth_um",
    Figure.FLOW: "flow_nl_s",
    Figure.NEEDLE_SPEED: "needle_um_s",
    Figure.CADENCE: "cadence_per_min",
}

Reason = tuple[str, str, str, str]
"""Where the limit stands, the figure, from which side, at which level."""


def severity(verdict: Verdict) -> int:
    return [Allow, Soft, Refuse].index(type(verdict))


def reasons(verdict: Verdict) -> set[Reason]:
    return {
        (each.limit, each.figure.value, each.rule.value, each.level.value)
        for each in verdict.passed
    }


def expected(case: Case) -> set[Reason]:
    """Every reason, by a road of its own: each figure is compared with each bound in turn."""
    setpoint, context = case.setpoint, case.context
    tolerance = Fraction(context.device.tolerance_ppm, 1_000_000)
    charge = math.ceil(setpoint.volume_nl * (1 + tolerance))
    known = {"z": "g", "beside": "g", "far": "other"}
    here = [e for zone, e in context.exposure.by_zone.items() if known.get(zone, "g") == "g"]
    everywhere = list(context.exposure.by_zone.values())
    more = context.planned_shots
    asked: dict[str, int] = {
        "volume_nl": setpoint.volume_nl,
        "depth_um": setpoint.depth_um,
        "flow_nl_s": setpoint.flow_nl_s,
        "needle_um_s": setpoint.needle_um_s,
        "cadence_per_min": setpoint.cadence_per_min,
        "session_shots": sum(e.shots for e in everywhere) + more,
        "session_volume_nl": sum(e.volume_nl for e in everywhere) + more * charge,
        "group_shots": sum(e.shots for e in here) + more,
        "group_volume_nl": sum(e.volume_nl for e in here) + more * charge,
        "session_min": context.elapsed_min or 0,
        "products": len({item.product for item in context.mixture.items}),
    }
    found: set[Reason] = set()
    before = context.before.exposure.by_zone
    near = [e for zone, e in before.items() if known.get(zone, "g") == "g"]
    day: dict[str, tuple[str, int]] = {
        "session.shots": ("day_shots", sum(e.shots for e in before.values())),
        "session.volume": ("day_volume_nl", sum(e.volume_nl for e in before.values())),
        "group.g.shots": ("day_group_shots", sum(e.shots for e in near)),
        "group.g.volume": ("day_group_volume_nl", sum(e.volume_nl for e in near)),
    }
    parts = [item for item in context.mixture.items if item.product == "p"]
    given_ng = context.doses.get("p", 0) + context.before.doses.get("p", 0)
    dosed = [case.bounds["product.p.per_day"], case.bounds["product.p.per_kg"]]
    uncertain = any(item.concentration_ug_ml is None for item in parts)
    if uncertain and any(dosed):
        found.add(("product.p", "concentration_ug_ml", "missing", "hard"))
    share = Fraction(
        sum(item.volume_nl * (item.concentration_ug_ml or 0) for item in parts),
        1_000 * sum(item.volume_nl for item in context.mixture.items),
    )
    more_ng = 0 if uncertain else share * more * charge
    asked["dose_ng"] = math.ceil(given_ng + more_ng)
    weight = Fraction(context.patient.weight_g or 0, 1_000) if context.patient else None
    for figure in ("volume_nl", "depth_um", "flow_nl_s", "needle_um_s", "cadence_per_min"):
        axis = getattr(context.device, figure)
        if asked[figure] > axis.most:
            found.add(("device", figure, "most", "hard"))
        if asked[figure] < axis.least:
            found.add(("device", figure, "least", "hard"))
        if asked[figure] % axis.step:
            found.add(("device", figure, "step", "hard"))
    if setpoint.depth_um > context.needle_um:
        found.add(("needle", "depth_um", "most", "hard"))
    if context.needle_um != TOP:
        found.add(("needle", "needle_um", "missing", "hard"))
    if more * charge > context.syringe_left_nl:
        found.add(("syringe", "syringe_left_nl", "most", "hard"))
    figure_of = {
        "shot.flow": "flow_nl_s",
        "shot.cadence": "cadence_per_min",
        "pace 1.cadence": "cadence_per_min",
        "pace 1.needle_speed": "needle_um_s",
        "technique.t.depth": "depth_um",
        "technique.t.volume": "volume_nl",
        "zone.z.depth": "depth_um",
        "session.shots": "session_shots",
        "session.volume": "session_volume_nl",
        "group.g.shots": "group_shots",
        "group.g.volume": "group_volume_nl",
        "session.duration": "session_min",
        "mixture.products": "products",
        "product.p.per_day": "dose_ng",
        "product.p.per_kg": "dose_ng",
    }
    for place, bound in case.bounds.items():
        figure = figure_of[place]
        if place.startswith("technique") and context.technique != "t":
            found.add(("technique.unknown", "technique", "missing", "hard"))
            continue
        if place.startswith(("zone", "group")) and context.zone != "z":
            found.add(("zone.unknown", "zone", "missing", "hard"))
            continue
        if place.startswith("pace") and setpoint.depth_um > TOP:
            found.add((place.replace(" 1", ""), figure, "missing", "hard"))
            continue
        if bound is None:
            if place not in FURTHER:
                found.add((place, figure, "missing", "hard"))
            continue
        if place.startswith("product") and not parts and not given_ng:
            continue
        if place == "session.duration" and context.elapsed_min is None:
            continue
        if place == "product.p.per_kg":
            if weight is None:
                found.add((place, "weight_g", "missing", "hard"))
            elif asked[figure] > bound.hard.most * weight:
                found.add((place, figure, "most", "hard"))
            elif bound.soft and asked[figure] > bound.soft.most * weight:
                found.add((place, figure, "most", "soft"))
            continue
        if place in day and before:
            name, earlier = day[place]
            if asked[figure] + earlier > bound.hard.most:
                found.add((place, name, "most", "hard"))
        most = charge if place == "technique.t.volume" else asked[figure]
        if most > bound.hard.most:
            found.add((place, "charge_nl" if most != asked[figure] else figure, "most", "hard"))
        if place == "session.duration":  # a session under way is never too short
            asked[figure] = max(asked[figure], bound.soft.least if bound.soft else bound.hard.least)
        if asked[figure] < bound.hard.least:
            found.add((place, figure, "least", "hard"))
        if any(reason[0] == place for reason in found) or bound.soft is None:
            continue
        if asked[figure] > bound.soft.most:
            found.add((place, figure, "most", "soft"))
        if asked[figure] < bound.soft.least:
            found.add((place, figure, "least", "soft"))
    return {
        (place, "volume_nl" if figure == "charge_nl" else figure, rule, level)
        for place, figure, rule, level in found
    }


@pytest.mark.rule("R-ALL-REASONS")
@given(case=cases())
def test_a_verdict_names_every_limit_that_is_passed_and_no_other(case: Case) -> None:
    named = {
        (place, "volume_nl" if figure == "charge_nl" else figure, rule, level)
        for place, figure, rule, level in reasons(judge(case.setpoint, case.context))
    }
    assert named == expected(case)


@pytest.mark.rule("R-NEVER-ALTERS")
@given(case=cases())
def test_a_verdict_is_as_severe_as_the_worst_limit_that_is_passed(case: Case) -> None:
    verdict = judge(case.setpoint, case.context)
    levels = {each.level for each in verdict.passed}
    match verdict:
        case Allow():
            assert levels == set()
        case Soft():
            assert levels == {Level.SOFT}
        case Refuse():
            assert Level.HARD in levels


@pytest.mark.rule("R-ALL-REASONS")
@given(case=cases())
def test_the_most_limiting_is_named_first(case: Case) -> None:
    passed = judge(case.setpoint, case.context).passed
    groups = [
        0 if each.rule is Rule.MISSING else 1 if each.level is Level.HARD else 2 for each in passed
    ]
    assert groups == sorted(groups)
    for level in Level:
        beyond = [
            Fraction(max(each.value, each.bound), max(min(each.value, each.bound), 1))
            for each in passed
            if each.level is level and each.rule in {Rule.MOST, Rule.LEAST}
        ]
        assert beyond == sorted(beyond, reverse=True)


@pytest.mark.rule("R-NEVER-ALTERS")
@given(case=cases())
def test_a_verdict_never_alters_a_value(case: Case) -> None:
    before = copy.deepcopy((case.setpoint, case.context.exposure, case.context.planned_shots))
    verdict = judge(case.setpoint, case.context)
    assert (case.setpoint, case.context.exposure, case.context.planned_shots) == before
    for each in verdict.passed:
        if each.figure in SETPOINT_FIGURES and each.figure is not Figure.CHARGE:
            assert each.value == getattr(case.setpoint, SETPOINT_FIGURES[each.figure])


@pytest.mark.rule("R-INTERSECTION")
@given(data=st.data(), case=cases(), place=st.sampled_from(sorted(BOUNDS)))
def test_adding_or_narrowing_a_limit_never_allows_more(
    data: st.DataObject, case: Case, place: str
) -> None:
    standing = case.bounds[place]
    if standing is None and place not in FURTHER:
        return
    narrower = case.with_bounds({place: data.draw(bounds_at(place, inside=standing))})
    before = judge(case.setpoint, case.context)
    after = judge(narrower.setpoint, narrower.context)
    assert severity(after) >= severity(before)
    assert {reason[0] for reason in reasons(before)} <= {reason[0] for reason in reasons(after)}


@pytest.mark.rule("R-MISSING")
@given(case=cases(whole=True), place=st.sampled_from(REQUIRED))
def test_a_missing_limit_never_allows(case: Case, place: str) -> None:
    without = case.with_bounds({place: None})
    verdict = judge(without.setpoint, without.context)
    assert isinstance(verdict, Refuse)
    assert verdict.passed[0].rule is Rule.MISSING
    if without.setpoint.depth_um <= TOP:
        assert place in {each.limit for each in verdict.passed if each.rule is Rule.MISSING}


@pytest.mark.rule("R-ALL-REASONS", "R-DEVICE")
@given(case=cases(whole=True))
def test_what_would_pass_passes_that_limit_and_the_device_can_do_it(case: Case) -> None:
    for each in judge(case.setpoint, case.context).passed:
        name = SETPOINT_FIGURES.get(each.figure)
        if name is None or each.would_pass is None:
            continue
        axis = getattr(case.context.device, name)
        assert axis.least <= each.would_pass <= axis.most
        assert each.would_pass % axis.step == 0
        if each.would_pass == 0 and each.figure is not Figure.DEPTH:
            continue  # the limit lets nothing pass, and a setpoint of nothing is none
        change: dict[str, Any] = {name: each.would_pass}
        corrected = replace(case.setpoint, **change)
        still = judge(corrected, case.context).passed
        assert (each.limit, each.rule, each.level) not in {
            (one.limit, one.rule, one.level) for one in still if one.figure is each.figure
        }


@pytest.mark.rule("R-REFUSED-SAID")
@given(case=cases())
def test_a_verdict_is_logged_as_integers_and_text_only(case: Case) -> None:
    log = as_log(judge(case.setpoint, case.context))
    assert log["rules"] == RULES_VERSION
    assert log["outcome"] in {"allow", "soft", "refuse"}
    for each in log["passed"]:
        assert all(type(value) in {int, str} for value in each.values())
    assert json.loads(json.dumps(log)) == log


@pytest.mark.rule("R-SOFT-INSIDE")
@given(bounds=tables())
def test_a_soft_range_never_lies_outside_its_hard_one(bounds: dict[str, Bound | None]) -> None:
    for bound in bounds.values():
        if bound and bound.soft:
            assert bound.hard.least <= bound.soft.least <= bound.soft.most <= bound.hard.most


# --- on the shipped library ----------------------------------------------------------------


@pytest.mark.rule("R-NEVER-ALTERS")
def test_a_usual_nappage_is_allowed(nappage: Setpoint, elbow: Context) -> None:
    assert judge(nappage, elbow) == Allow()


@pytest.mark.rule("R-ALL-REASONS", "R-FLOW", "R-DEPTH", "R-VOLUME", "R-DEVICE")
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"depth_um": 2_100}, ("depth_um", "technique", "soft", 2_000)),
        ({"volume_nl": 41_000}, ("volume_nl", "technique", "soft", 40_000)),
        ({"volume_nl": 9_000}, ("volume_nl", "technique", "soft", 10_000)),
        ({"volume_nl": 50_000}, ("charge_nl", "technique", "hard", 49_000)),
        ({"depth_um": 1_950}, ("depth_um", "device", "hard", 1_900)),
        ({"flow_nl_s": 301_000}, ("flow_nl_s", "library", "soft", 300_000)),
        ({"flow_nl_s": 501_000}, ("flow_nl_s", "library", "hard", 500_000)),
    ],
)
def test_a_refusal_names_the_figure_whose_limit_it_is_and_what_would_pass(
    nappage: Setpoint, elbow: Context, change: dict[str, Any], named: tuple[str, str, str, int]
) -> None:
    (only,) = judge(replace(nappage, **change), elbow).passed
    assert (only.figure, only.set_by, only.level, only.would_pass) == named


@pytest.mark.rule("R-DEVICE")
def test_what_would_pass_is_what_the_device_can_do_where_that_is_less(
    nappage: Setpoint, elbow: Context
) -> None:
    slow = replace(elbow, device=replace(DEVICE, cadence_per_min=Axis(1, 300)))
    passed = judge(replace(nappage, cadence_per_min=600), slow).passed
    assert {each.would_pass for each in passed} == {300}
    idle = replace(elbow, device=replace(DEVICE, flow_nl_s=Axis(600_000, 1_000_000)))
    (only,) = judge(replace(nappage, flow_nl_s=700_000), idle).passed
    assert (only.set_by, only.would_pass) == (SetBy.LIBRARY, None)


@pytest.mark.rule("R-SETPOINT")
@pytest.mark.parametrize(
    "change",
    [
        {"syringe_left_nl": -1},
        {"syringe_left_nl": 2_500_001},
        {"planned_shots": -1},
        {"planned_shots": MAX_PLANNED + 1},
        {"needle_um": -1},
        {"syringe_nl": MAX_FIGURE + 1},
    ],
)
def test_a_context_that_cannot_be_cannot_be_built(elbow: Context, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"planned_shots|needle or syringe|cannot be left"):
        replace(elbow, **change)


@pytest.mark.rule("R-VOLUME")
def test_a_shot_that_could_give_more_than_its_limit_is_refused(
    nappage: Setpoint, elbow: Context
) -> None:
    assert isinstance(judge(replace(nappage, volume_nl=50_000), elbow), Refuse)
    exact = replace(elbow, device=replace(DEVICE, tolerance_ppm=0))
    assert isinstance(judge(replace(nappage, volume_nl=50_000), exact), Soft)


@pytest.mark.rule("R-13-MM", "R-ZONE-DEPTH")
@pytest.mark.parametrize("zone", ["face", "scalp", "neck", "chest"])
def test_thirteen_millimetres_are_never_allowed_on_shallow_zones(
    nappage: Setpoint, elbow: Context, zone: str
) -> None:
    deep = replace(nappage, depth_um=13_000, cadence_per_min=60, needle_um_s=60_000)
    context = replace(elbow, technique="point_by_point", zone=zone, needle_um=13_000)
    assert {each.set_by for each in judge(deep, context).passed if each.level is Level.HARD} == {
        SetBy.ZONE
    }
    assert isinstance(judge(deep, replace(context, zone="hip")), Soft)


@pytest.mark.rule("R-PACE")
def test_the_deeper_the_shot_the_lower_the_cadence(nappage: Setpoint, elbow: Context) -> None:
    context = replace(elbow, technique="point_by_point", zone="hip", needle_um=13_000)
    allowed = []
    for depth_um in (2_000, 4_000, 6_000, 13_000):
        fast = replace(nappage, depth_um=depth_um, cadence_per_min=540)
        limits = [
            each.bound for each in judge(fast, context).passed if each.figure is Figure.CADENCE
        ]
        allowed.append(min(limits, default=540))
    assert allowed == [540, 300, 120, 60]


@pytest.mark.rule("R-PACE")
def test_the_deeper_the_shot_the_lower_the_needle_speed(nappage: Setpoint, elbow: Context) -> None:
    context = replace(elbow, technique="point_by_point", zone="hip", needle_um=13_000)
    allowed = []
    for depth_um in (2_000, 4_000, 6_000, 13_000):
        fast = replace(nappage, depth_um=depth_um, cadence_per_min=60, needle_um_s=500_000)
        allowed += [
            each.bound
            for each in judge(fast, context).passed
            if each.figure is Figure.NEEDLE_SPEED and each.set_by is not SetBy.DEVICE
        ]
    assert allowed == [200_000, 150_000, 100_000, 60_000]


@pytest.mark.rule("R-MESOPERFUSION")
def test_mesoperfusion_is_refused_until_a_clinic_sets_its_limits(elbow: Context) -> None:
    flow = Setpoint(20_000, 2_000, 100_000, 100_000, 120, Perfusion())
    verdict = judge(flow, replace(elbow, technique="mesoperfusion"))
    assert isinstance(verdict, Refuse)
    assert {(each.limit, each.rule) for each in verdict.passed} == {
        ("technique.mesoperfusion.depth", Rule.MISSING),
        ("technique.mesoperfusion.volume", Rule.MISSING),
    }


@pytest.mark.rule("R-MODE")
def test_a_mode_that_the_technique_does_not_list_is_refused(elbow: Context) -> None:
    flow = Setpoint(20_000, 2_000, 100_000, 100_000, 120, Perfusion())
    (only,) = judge(flow, elbow).passed
    assert (only.figure, only.rule, only.limit) == (
        Figure.MODE,
        Rule.MISSING,
        "technique.nappage.modes",
    )


@pytest.mark.rule("R-NEEDLE")
@pytest.mark.parametrize("needle_um", [5_000, 4_001])
def test_a_needle_that_the_library_does_not_list_is_refused(
    nappage: Setpoint, elbow: Context, needle_um: int
) -> None:
    (only,) = judge(nappage, replace(elbow, needle_um=needle_um)).passed
    assert (only.figure, only.value, only.rule) == (Figure.NEEDLE, needle_um, Rule.MISSING)


@pytest.mark.rule("R-NEVER-ALTERS")
def test_a_refusal_without_a_hard_limit_cannot_be_built() -> None:
    soft = Passed(
        Figure.DEPTH, 5, Rule.MOST, 4, Level.SOFT, SetBy.ZONE, "zone.z.depth", "s", Strength.WEAK, 4
    )
    assert Soft((soft,)).passed == (soft,)
    for build in (lambda: Refuse((soft,)), lambda: Refuse(()), lambda: Soft(())):
        with pytest.raises(ValueError, match="names"):
            build()
    with pytest.raises(ValueError, match="only these"):
        Soft((replace(soft, level=Level.HARD),))


@pytest.mark.rule("INV-4")
@pytest.mark.parametrize(
    ("mode", "kind", "burst"),
    [
        (Single(), ModeKind.SINGLE, 0),
        (Repeat(), ModeKind.REPEAT, 0),
        (Burst(5), ModeKind.BURST, 5),
        (Perfusion(), "perfusion", 0),
    ],
)
def test_a_setpoint_is_logged_with_its_mode_and_burst_and_read_back(
    mode: Single | Repeat | Burst | Perfusion, kind: str, burst: int
) -> None:
    setpoint = Setpoint(20_000, 2_000, 100_000, 50_000, 120, mode)
    log = setpoint.as_log()
    assert Setpoint.from_log(log) == setpoint
    assert log == {
        "volume_nl": 20_000,
        "depth_um": 2_000,
        "flow_nl_s": 100_000,
        "needle_um_s": 50_000,
        "cadence_per_min": 120,
        "mode": kind,
        "burst": burst,
    }


def test_what_decides_can_be_handed_to_another_process(nappage: Setpoint, elbow: Context) -> None:
    context = replace(elbow, exposure=elbow.exposure.plus("elbow", Exposure(3, 60_600)))
    again = pickle.loads(pickle.dumps((nappage, context)))  # noqa: S301 - our own bytes
    assert again == (nappage, context)
