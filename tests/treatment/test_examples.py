"""The example plans: those that play are allowed, and each refused one for its one reason."""

from datetime import date
from pathlib import Path

import pytest

from injector.limits.side import Figure, SetBy
from injector.limits.verdict import Allow
from injector.treatment.check import check_plan
from injector.treatment.plan import Plan
from injector.treatment.shipped import shipped_library
from tests.limits.worlds import DEVICE

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = date(2026, 1, 1)
PLAYED = sorted(EXAMPLES.glob("*.toml"))

REFUSED = {
    "too-deep": {(Figure.DEPTH, SetBy.TECHNIQUE), (Figure.DEPTH, SetBy.ZONE)},
    "too-much": {(Figure.CHARGE, SetBy.TECHNIQUE)},
    "too-fast": {(Figure.CADENCE, SetBy.DEVICE), (Figure.CADENCE, SetBy.LIBRARY)},
    "too-many": {(Figure.SESSION_SHOTS, SetBy.SESSION)},
    "needle-too-short": {(Figure.DEPTH, SetBy.NEEDLE)},
    "session-volume": {(Figure.GROUP_VOLUME, SetBy.GROUP)},
    "four-products": {(Figure.PRODUCTS, SetBy.MIXTURE)},
    "expired-lot": {(Figure.EXPIRY, SetBy.PRODUCT)},
    "no-weight": {(Figure.WEIGHT, SetBy.PATIENT)},
    "corticosteroid": {(Figure.PRODUCT_CLASS, SetBy.PRODUCT)},
    "anaesthetics-together": {(Figure.SHARED_MAXIMUM, SetBy.PRODUCT)},
    "pregnancy": {(Figure.CONTRAINDICATION, SetBy.PATIENT)},
}
"""By the plan's name: every figure that is passed, and whose limit it is."""


def read(name: str) -> Plan:
    return Plan.parse((EXAMPLES / f"{name}.toml").read_bytes())


@pytest.mark.rule("R-EXAMPLES")
def test_there_are_the_three_sessions_that_the_documentation_names() -> None:
    assert [path.stem for path in PLAYED] == ["elbow-tendinopathy", "hair-loss", "mesolift"]


@pytest.mark.rule("R-EXAMPLES")
@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.stem)
def test_an_example_is_within_every_limit(path: Path) -> None:
    verdict = check_plan(Plan.parse(path.read_bytes()), shipped_library(), DEVICE)
    assert verdict.mixture == Allow()
    assert [step.verdict for step in verdict.steps] == [Allow()] * len(verdict.steps)


@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.stem)
def test_an_example_has_sixty_shots_or_more_and_its_gun_can_keep_their_cadence(
    path: Path,
) -> None:
    plan = Plan.parse(path.read_bytes())
    assert plan.shots >= 60
    for step in plan.steps:
        stroke_us = 2 * step.depth_um * 1_000_000 // step.needle_um_s
        flow_us = step.volume_nl * 1_000_000 // step.flow_nl_s
        assert stroke_us + flow_us < 60_000_000 // step.cadence_per_min


@pytest.mark.rule("R-EXAMPLES")
def test_every_refused_plan_has_its_reason_here() -> None:
    stems = {path.stem for path in (EXAMPLES / "refused").glob("*.toml")}
    assert stems == set(REFUSED) | {"all-at-once"}


@pytest.mark.rule("R-EXAMPLES")
@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_plan_is_refused_for_exactly_what_it_is_named_for(name: str) -> None:
    verdict = check_plan(read(f"refused/{name}"), shipped_library(), DEVICE, today=TODAY)
    assert not verdict.allowed
    assert verdict.mixture == Allow()
    passed = [each for step in verdict.steps for each in step.verdict.passed]
    assert {(each.figure, each.set_by) for each in passed} == REFUSED[name]


@pytest.mark.rule("R-EXAMPLES", "R-ALL-REASONS")
def test_a_plan_that_is_wrong_in_every_way_is_told_every_reason_at_once() -> None:
    (step,) = check_plan(read("refused/all-at-once"), shipped_library(), DEVICE).steps
    told = {(each.figure, each.set_by) for each in step.verdict.passed}
    for name in ("too-deep", "too-much", "too-fast", "too-many", "needle-too-short"):
        assert REFUSED[name] <= told
    assert REFUSED["session-volume"] <= told
    assert (Figure.SYRINGE_LEFT, SetBy.SYRINGE) in told
    assert (Figure.SESSION_VOLUME, SetBy.SESSION) in told
