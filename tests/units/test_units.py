"""What a text means as an amount: one thing, or nothing."""

import doctest

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from injector import units
from injector.units import (
    CADENCE,
    CONCENTRATION,
    DEPTH,
    DOSE_PER_KG,
    DURATION,
    FLOW,
    INTERVAL,
    MASS,
    MAX_AMOUNT,
    NEEDLE_SPEED,
    PRESSURE,
    TIME,
    VOLUME,
    WEIGHT,
    Quantity,
    QuantityError,
    QuantityFault,
)

QUANTITIES = [
    VOLUME,
    DEPTH,
    FLOW,
    NEEDLE_SPEED,
    CADENCE,
    PRESSURE,
    TIME,
    CONCENTRATION,
    MASS,
    DOSE_PER_KG,
    WEIGHT,
    INTERVAL,
    DURATION,
]
each_quantity = pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.name)
amounts = st.integers(min_value=0, max_value=MAX_AMOUNT)


@pytest.mark.parametrize(
    ("quantity", "amount", "text"),
    [
        (VOLUME, 0, "0.000 mL"),
        (VOLUME, 50_000, "0.050 mL"),
        (VOLUME, 20_000_000, "20.000 mL"),
        (VOLUME, 50_312, "0.050312 mL"),
        (VOLUME, 1, "0.000001 mL"),
        (DEPTH, 4_000, "4.0 mm"),
        (DEPTH, 4_250, "4.25 mm"),
        (FLOW, 200_000, "200 µL/s"),
        (FLOW, 200_500, "200.5 µL/s"),
        (NEEDLE_SPEED, 100_000, "100 mm/s"),
        (CADENCE, 120, "120/min"),
        (PRESSURE, 35_000, "35 kPa"),
        (PRESSURE, 35_040, "35.04 kPa"),
        (TIME, 500_000, "0.500 s"),
        (TIME, 1, "0.000001 s"),
        (CONCENTRATION, 20_000, "20 mg/mL"),
        (MASS, 300_000_000, "300 mg"),
        (MASS, 2_500_001, "2.500001 mg"),
        (DOSE_PER_KG, 4_500_000, "4.5 mg/kg"),
        (WEIGHT, 70_500, "70.5 kg"),
        (INTERVAL, 7, "7 d"),
        (DURATION, 240, "240 min"),
    ],
)
def test_an_amount_is_written_exactly_and_in_one_way(
    quantity: Quantity, amount: int, text: str
) -> None:
    assert quantity.format(amount) == text


@pytest.mark.rule("R-NUMBER")
@pytest.mark.parametrize(
    ("quantity", "text", "amount"),
    [
        (VOLUME, "0.05 mL", 50_000),
        (VOLUME, "0.050000 mL", 50_000),
        (VOLUME, "50 µL", 50_000),  # micro sign
        (VOLUME, "50 \u03bcL", 50_000),  # the Greek letter
        (VOLUME, "50 uL", 50_000),
        (VOLUME, "7 nL", 7),
        (VOLUME, "0 mL", 0),
        (DEPTH, "4 mm", 4_000),
        (DEPTH, "400 um", 400),
        (FLOW, "0.2 mL/s", 200_000),
        (FLOW, "200 uL/s", 200_000),
        (NEEDLE_SPEED, "100 mm/s", 100_000),
        (CADENCE, "120/min", 120),
        (CADENCE, "9/s", 540),
        (CADENCE, "0.5/s", 30),
        (PRESSURE, "35 kPa", 35_000),
        (PRESSURE, "7 Pa", 7),
        (TIME, "500 ms", 500_000),
        (TIME, "20 min", 1_200_000_000),
        (CONCENTRATION, "20 mg/mL", 20_000),
        (MASS, "0.3 g", 300_000_000),
        (MASS, "2.5 mg", 2_500_000),
        (MASS, "20 µg", 20_000),
        (DOSE_PER_KG, "4.5 mg/kg", 4_500_000),
        (WEIGHT, "70.5 kg", 70_500),
        (WEIGHT, "900 g", 900),
        (INTERVAL, "35 d", 35),
        (DURATION, "4 h", 240),
    ],
)
def test_an_amount_can_be_written_in_each_unit_of_its_quantity(
    quantity: Quantity, text: str, amount: int
) -> None:
    assert quantity.parse(text) == amount


ENTERED = [".5", "5.", "1,5", "1.2.3", "1e3", " 05", "\uff15", "-1", "NaN", ""]
"""What people and programs enter, and what must not be guessed at."""


@pytest.mark.rule("R-NUMBER")
@each_quantity
@pytest.mark.parametrize("number", ENTERED)
def test_a_number_that_could_be_misread_is_refused_with_a_reason_whatever_its_unit(
    quantity: Quantity, number: str
) -> None:
    unit = quantity.written if quantity.written.startswith("/") else f" {quantity.written}"
    for text in (number, number + unit, number + unit + unit, number + unit + " mL"):
        with pytest.raises(QuantityError) as refused:
            quantity.parse(text)
        assert refused.value.fault in QuantityFault
        assert quantity.format(quantity.example) in str(refused.value)


@pytest.mark.rule("R-NUMBER")
@each_quantity
def test_a_number_with_a_unit_too_many_or_none_is_refused_and_with_its_own_means_one_thing(
    quantity: Quantity,
) -> None:
    unit = quantity.written if quantity.written.startswith("/") else f" {quantity.written}"
    for text in ("5", "5" + unit + unit, unit.strip(), "5" + unit + "/d"):
        with pytest.raises(QuantityError):
            quantity.parse(text)
    assert quantity.parse("5" + unit) == 5 * quantity.units[quantity.written]


@pytest.mark.rule("R-NUMBER")
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", QuantityFault.EMPTY),
        (".5 mL", QuantityFault.POINT),
        (".5", QuantityFault.POINT),
        ("5. mL", QuantityFault.POINT),
        ("5.", QuantityFault.POINT),
        ("1,5 mL", QuantityFault.COMMA),
        ("1,5", QuantityFault.COMMA),
        ("1,000.5 mL", QuantityFault.NOT_A_NUMBER),
        ("1.2.3 mL", QuantityFault.NOT_A_NUMBER),
        ("1e3 mL", QuantityFault.EXPONENT),
        ("1e3", QuantityFault.EXPONENT),
        ("05 mL", QuantityFault.LEADING_ZERO),
        ("00.5 mL", QuantityFault.LEADING_ZERO),
        (" 05", QuantityFault.SPACING),
        (" 5 mL", QuantityFault.SPACING),
        ("5 mL ", QuantityFault.SPACING),
        ("5  mL", QuantityFault.SPACING),
        ("5mL", QuantityFault.SPACING),
        ("5\u00a0mL", QuantityFault.SPACING),
        ("5 mL\n", QuantityFault.SPACING),
        ("\uff15 mL", QuantityFault.FOREIGN_DIGITS),
        ("5\u00b2 mL", QuantityFault.FOREIGN_DIGITS),
        ("-1 mL", QuantityFault.SIGN),
        ("+1 mL", QuantityFault.SIGN),
        ("\u22121 mL", QuantityFault.SIGN),
        ("NaN", QuantityFault.NOT_A_NUMBER),
        ("inf mL", QuantityFault.NOT_A_NUMBER),
        ("mL", QuantityFault.NOT_A_NUMBER),
        ("1_000 mL", QuantityFault.NOT_A_NUMBER),
        ("1 000 mL", QuantityFault.NOT_A_NUMBER),
        ("0x10 mL", QuantityFault.NOT_A_NUMBER),
        ("\u00bd mL", QuantityFault.NOT_A_NUMBER),
        ("5", QuantityFault.NO_UNIT),
        ("5 mL mL", QuantityFault.WRONG_UNIT),
        ("5 mm", QuantityFault.WRONG_UNIT),
        ("5 ml", QuantityFault.WRONG_UNIT),
        ("5 ML", QuantityFault.WRONG_UNIT),
        ("5 mL/s", QuantityFault.WRONG_UNIT),
        ("0.5 nL", QuantityFault.TOO_FINE),
        ("0.0000001 mL", QuantityFault.TOO_FINE),
        ("9007199254740992 nL", QuantityFault.TOO_LARGE),
        ("9" * 41, QuantityFault.TOO_LONG),
        pytest.param("9" * 5_000 + " mL", QuantityFault.TOO_LONG, id="very long"),
    ],
)
def test_anything_else_is_refused_with_its_reason_and_what_would_be_right(
    text: str, fault: QuantityFault
) -> None:
    with pytest.raises(QuantityError) as refused:
        VOLUME.parse(text)
    assert refused.value.fault is fault
    assert refused.value.text == text
    assert len(str(refused.value)) < 160


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("120 /min", QuantityFault.SPACING),
        ("120", QuantityFault.NO_UNIT),
        ("0.01/s", QuantityFault.TOO_FINE),
        ("2/h", QuantityFault.WRONG_UNIT),
    ],
)
def test_a_rate_that_counts_is_written_without_a_space(text: str, fault: QuantityFault) -> None:
    with pytest.raises(QuantityError) as refused:
        CADENCE.parse(text)
    assert refused.value.fault is fault


def test_every_reason_for_refusing_can_be_given() -> None:
    cases = [
        "", "9" * 41, " 1 mL", "\uff15 mL", "-1 mL", "1,5 mL", ".5 mL", "05 mL", "1e3 mL",
        "x mL", "5", "5 mm", "0.5 nL", "9007199254740992 nL",
    ]  # fmt: skip
    seen = set()
    for text in cases:
        with pytest.raises(QuantityError) as refused:
            VOLUME.parse(text)
        seen.add(refused.value.fault)
    assert seen == set(QuantityFault)


@pytest.mark.rule("R-NUMBER")
@each_quantity
@given(amount=amounts)
@example(amount=0)
@example(amount=1)
@example(amount=MAX_AMOUNT)
def test_what_is_written_reads_back_as_the_same_amount(quantity: Quantity, amount: int) -> None:
    assert quantity.parse(quantity.format(amount)) == amount


@pytest.mark.rule("R-NUMBER")
@each_quantity
@given(amount=amounts)
def test_a_shortened_amount_is_marked_and_cannot_be_read_back(
    quantity: Quantity, amount: int
) -> None:
    shown = quantity.about(amount)
    if shown == quantity.format(amount):
        assert quantity.parse(shown) == amount
    else:
        assert shown.startswith("≈")
        with pytest.raises(QuantityError):
            quantity.parse(shown)


@pytest.mark.rule("R-NUMBER")
@each_quantity
@given(
    text=st.text(max_size=60) | st.from_regex(r"[0-9., eE+-]{0,8} ?[µmukn]?[LmsP/]{0,3}[ains]{0,3}")
)
def test_parsing_any_text_gives_an_exact_amount_or_a_quantity_error(
    quantity: Quantity, text: str
) -> None:
    try:
        amount = quantity.parse(text)
    except QuantityError:
        return
    assert 0 <= amount <= MAX_AMOUNT
    assert quantity.parse(quantity.format(amount)) == amount


@each_quantity
def test_an_amount_below_zero_is_never_written(quantity: Quantity) -> None:
    with pytest.raises(ValueError, match="below 0"):
        quantity.format(-1)


def test_the_examples_in_the_documentation_are_true() -> None:
    assert doctest.testmod(units).failed == 0
