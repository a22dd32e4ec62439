"""What a volume from a mixed syringe carries of each product."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.limits.course import Course
from injector.limits.given import Given
from injector.limits.mixture import Mixture, MixtureItem
from injector.limits.patient import Patient

items = st.lists(
    st.builds(
        MixtureItem,
        product=st.sampled_from(["a", "b", "c"]),
        product_class=st.just("x"),
        volume_nl=st.integers(1, 10**7),
        concentration_ug_ml=st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


@pytest.mark.rule("R-DOSE")
@given(items=items, given_nl=st.integers(0, 10**8))
def test_a_dose_is_the_products_share_of_the_volume_rounded_up(
    items: tuple[MixtureItem, ...], given_nl: int
) -> None:
    mixture = Mixture(items)
    for product in mixture.products:
        milligrams_per_millilitre = sum(
            Fraction(item.concentration_ug_ml or 0, 1_000) * item.volume_nl
            for item in items
            if item.product == product
        ) / Fraction(mixture.volume_nl)
        exact_ng = milligrams_per_millilitre * given_nl  # mg/mL times nL are ng
        dose_ng = mixture.dose_ng(product, given_nl)
        assert dose_ng is not None
        assert dose_ng - 1 < exact_ng <= dose_ng


@pytest.mark.rule("R-DOSE", "R-NO-WEIGHT")
def test_a_dose_is_unknown_where_one_lot_of_the_product_has_no_concentration() -> None:
    known, unknown = MixtureItem("a", "x", 10, 5), MixtureItem("a", "x", 10)
    assert Mixture((known,)).dose_ng("a", 10) == 1
    assert Mixture((known, unknown)).dose_ng("a", 10) is None
    assert Mixture((known, unknown)).dose_ng("b", 10) == 0
    assert Mixture((known, unknown)).products == ("a",)


@pytest.mark.rule("R-SETPOINT")
def test_nothing_that_cannot_be_can_be_built() -> None:
    for build in (
        lambda: MixtureItem("a", "x", 0),
        lambda: MixtureItem("a", "x", 1, -1),
        lambda: Patient(weight_g=70),
        lambda: Patient(weight_g=70_000_000),
        lambda: Given(doses={"a": -1}),
        lambda: Course("acute", sessions=-1),
        lambda: Course("acute", sessions=1),
    ):
        with pytest.raises(ValueError, match=r"no part|below 0|weight_g|no course"):
            build()


@pytest.mark.rule("R-ELSEWHERE")
def test_doses_given_before_add_up_by_product() -> None:
    twice = Given().plus_dose("a", 3).plus_dose("b", 1).plus_dose("a", 2)
    assert twice.doses == {"a": 5, "b": 1}
