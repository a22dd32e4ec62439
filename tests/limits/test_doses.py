"""Doses: exact in the room, and a class together never more than one maximum."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from injector.limits.context import Context
from injector.limits.exposure import charge_nl
from injector.limits.given import Given
from injector.limits.library import Library
from injector.limits.mixture import Mixture, MixtureItem
from injector.limits.patient import Patient
from injector.limits.room import room
from injector.limits.setpoint import Setpoint, Single
from injector.limits.verdict import Allow, judge
from tests.limits.worlds import DEVICE

ANY = 'source = "s", strength = "weak"'


def library(lidocaine_mg: int, procaine_mg: int, per_kg: str | None) -> Library:
    """A library that limits nothing but two products that share a maximum."""
    weighed = f"per_kg = {{ hard = '{per_kg}', {ANY} }}" if per_kg else ""
    return Library.parse(
        f"""
format = 1
name = "doses"
version = "1"
mixture.products = {{ hard = 3, {ANY} }}
shot.flow = {{ hard = "1 mL/s", {ANY} }}
shot.cadence = {{ hard = "9/s", {ANY} }}
session.shots = {{ hard = 100000, {ANY} }}
technique.t = {{ name = "t", modes = ["single"], depth = {{ hard = "9 mm", {ANY} }}, \
volume = {{ hard = "9 mL", {ANY} }} }}
group.g = {{ name = "g", volume = {{ hard = "1000 mL", {ANY} }} }}
zone.z = {{ name = "z", group = "g", depth = {{ hard = "9 mm", {ANY} }} }}
needle.n.length = "4 mm"
syringe.s.volume = "500 mL"
device_class.injection_gun.name = "gun"
class.a = {{ name = "a", shared_maximum = {{ {ANY} }} }}
class.k.name = "k"
product.k = {{ name = "k", class = "k" }}
[[pace]]
down_to = "9 mm"
cadence = {{ hard = "9/s", {ANY} }}
needle_speed = {{ hard = "200 mm/s", {ANY} }}
[product.l]
name = "l"
class = "a"
per_day = {{ hard = "{lidocaine_mg} mg", {ANY} }}
{weighed}
[product.p]
name = "p"
class = "a"
per_day = {{ hard = "{procaine_mg} mg", {ANY} }}
""".replace("\\\n", "")
    )


products = st.sampled_from(["l", "p", "k"])
items = st.lists(
    st.builds(
        lambda product, volume_nl, strength: MixtureItem(
            product, "k" if product == "k" else "a", volume_nl, strength
        ),
        products,
        st.integers(1, 5_000_000),
        st.integers(0, 50_000),
    ),
    min_size=1,
    max_size=4,
)
doses = st.dictionaries(st.sampled_from(["l", "p"]), st.integers(0, 10_000_000), max_size=2)


@pytest.mark.rule("R-SHARED-MAXIMUM", "R-ROOM", "R-DOSE")
@settings(max_examples=60)
@given(
    most=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    per_kg=st.sampled_from([None, "0.5 mg/kg"]),
    parts=items,
    given_now=doses,
    before=doses,
    volume_nl=st.integers(1, 200).map(lambda n: n * 1_000),
    weight_g=st.integers(40_000, 100_000),
)
def test_the_room_is_exact_for_doses_and_for_the_sum_of_their_fractions(
    most: tuple[int, int],
    per_kg: str | None,
    parts: list[MixtureItem],
    given_now: dict[str, int],
    before: dict[str, int],
    volume_nl: int,
    weight_g: int,
) -> None:
    setpoint = Setpoint(volume_nl, 1_000, 100_000, 10_000, 60, Single())
    mixture = Mixture(tuple(parts))
    context = Context(
        library=library(*most, per_kg),
        device=DEVICE,
        technique="t",
        zone="z",
        needle_um=4_000,
        syringe_nl=500_000_000,
        syringe_left_nl=500_000_000,
        planned_shots=2_000,
        mixture=mixture,
        doses=given_now,
        patient=Patient(weight_g),
        before=Given(doses=before),
    )
    charge = charge_nl(volume_nl, DEVICE.tolerance_ppm)
    maxima = {"l": most[0] * 10**6, "p": most[1] * 10**6}
    if per_kg:
        kilograms = Fraction(weight_g, 1_000)
        maxima["l"] = min(maxima["l"], math.floor(500_000 * kilograms))

    def stands(shots: int) -> bool:
        """By the text of the rules, and with fractions: whether so many shots fit."""
        total = Fraction(0)
        for code, maximum in maxima.items():
            substance = sum(
                Fraction(item.volume_nl * (item.concentration_ug_ml or 0), 1_000)
                for item in parts
                if item.product == code
            )
            dose = given_now.get(code, 0) + before.get(code, 0)
            exact = dose + substance * shots * charge / mixture.volume_nl
            if math.ceil(exact) > maximum and (exact or code in mixture.products):
                return False
            total += exact / maximum
        return total <= 1

    found = room(setpoint, context)
    assert stands(0) or found.shots == 0
    if found.shots:
        assert stands(found.shots)
        assert judge(setpoint, replace(context, planned_shots=found.shots)) == Allow()
    more = found.shots + 1
    assume(more <= 2_000 and more * charge <= context.syringe_left_nl)
    assert not stands(more)
    assert judge(setpoint, replace(context, planned_shots=more)) != Allow()


@pytest.mark.rule("R-TWO-SYRINGES")
@settings(max_examples=40)
@given(
    parts=items,
    cuts=st.lists(st.integers(0, 3_000_000), min_size=1, max_size=6),
    product=products,
)
def test_two_fillings_count_no_less_than_what_was_given(
    parts: list[MixtureItem], cuts: list[int], product: str
) -> None:
    mixture = Mixture(tuple(parts))
    whole = mixture.dose_ng(product, sum(cuts))
    by_part = [mixture.dose_ng(product, cut) for cut in cuts]
    assert whole is not None
    assert whole <= sum(dose for dose in by_part if dose is not None) <= whole + len(cuts)


@pytest.mark.rule("R-SHARED-MAXIMUM", "R-MISSING")
def test_a_product_of_a_shared_class_without_a_maximum_is_a_missing_limit() -> None:
    text = library(10, 10, None).text.replace('per_day = { hard = "10 mg"', "#", 1)
    setpoint = Setpoint(1_000, 1_000, 100_000, 10_000, 60, Single())
    context = Context(
        library=Library.parse(text),
        device=DEVICE,
        technique="t",
        zone="z",
        needle_um=4_000,
        syringe_nl=500_000_000,
        syringe_left_nl=500_000_000,
        planned_shots=1,
        mixture=Mixture((MixtureItem("l", "a", 1_000, 1),)),
    )
    (only,) = judge(setpoint, context).passed
    assert (only.rule, only.limit) == ("missing", "product.l.per_day")
