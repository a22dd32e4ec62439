"""What a verdict proposes can be asked for, and all that is missing is named at once."""

from dataclasses import replace

import pytest

from injector.limits.context import Axis, Context
from injector.limits.library import Library
from injector.limits.mixture import Mixture
from injector.limits.setpoint import Setpoint
from injector.limits.verdict import judge


@pytest.mark.rule("R-ALL-REASONS")
def test_no_volume_of_nothing_is_proposed(nappage: Setpoint, elbow: Context) -> None:
    """With the tolerance no whole nanolitre is within 1 nL, and 0 nL are no shot."""
    text = elbow.library.text.replace(
        'volume = { hard = "0.05 mL", soft = "0.01 mL to 0.04 mL"', 'volume = { hard = "1 nL"'
    )
    device = replace(elbow.device, volume_nl=Axis(0, 200_000))
    verdict = judge(nappage, replace(elbow, device=device, library=Library.parse(text)))
    passed = next(each for each in verdict.passed if each.limit == "technique.nappage.volume")
    assert (passed.bound, passed.would_pass) == (1, None)


@pytest.mark.rule("R-ALL-REASONS")
def test_to_a_step_it_goes_down(nappage: Setpoint, elbow: Context) -> None:
    """More is not what anybody asked for, so it goes up only where nothing is below."""
    device = replace(elbow.device, depth_um=Axis(500, 13_000, 500))
    steps = {}
    for depth in (400, 1_400):
        verdict = judge(replace(nappage, depth_um=depth), replace(elbow, device=device))
        steps[depth] = [each.would_pass for each in verdict.passed if each.limit == "device"]
    assert steps == {400: [500, 500], 1_400: [1_000]}


@pytest.mark.rule("R-MISSING")
def test_an_unknown_mixture_hides_no_missing_limit(nappage: Setpoint, elbow: Context) -> None:
    """All reasons are given at once, also where one of them is that nobody knows the mixture."""
    text = "\n".join(
        line for line in elbow.library.text.split("\n") if not line.startswith("products = ")
    )
    library = Library.parse(text)
    verdict = judge(nappage, replace(elbow, library=library, mixture=Mixture()))
    assert {each.limit for each in verdict.passed} == {"mixture", "mixture.products"}
