"""What is scanned is read whole and right, or refused with the reason; it is never guessed."""

from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from injector.treatment.gs1 import (
    GS,
    ScanError,
    ScanFault,
    Scanned,
    century,
    check_digit,
    looks_scanned,
    read,
)

TODAY: Final = date(2026, 11, 27)
GTIN: Final = "04012345678901"
_CHARACTERS: Final = (
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
LOTS: Final = st.text(_CHARACTERS, min_size=1, max_size=20)
GTINS: Final = st.text("0123456789", min_size=13, max_size=13).map(lambda d: d + check_digit(d))
NEAR: Final = st.dates(TODAY - timedelta(days=49 * 365), TODAY + timedelta(days=49 * 365))


@pytest.mark.rule("R-SCANNED")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        # As the specifications and public guides print them.
        (
            "010506091751001110628S93R" + GS + "17241000218898847482518646",
            Scanned("05060917510011", "628S93R", date(2024, 10, 31), "8898847482518646"),
        ),
        (f"01{GTIN}1731022810A7", Scanned(GTIN, "A7", date(2031, 2, 28))),
        (f"]d201{GTIN}1731022810A7", Scanned(GTIN, "A7", date(2031, 2, 28))),
        (f"]C101{GTIN}", Scanned(GTIN)),
        (f"]Q310L-7{GS}", Scanned(lot="L-7")),
        (f"{GS}01{GTIN}", Scanned(GTIN)),
        (f"01{GTIN}{GS}17310228{GS}10A7", Scanned(GTIN, "A7", date(2031, 2, 28))),
        (f"10A7{GS}17310228", Scanned(lot="A7", expiry=date(2031, 2, 28))),
        (f"(01){GTIN}(17)310228(10)A7", Scanned(GTIN, "A7", date(2031, 2, 28))),
        (f"(01) {GTIN} (10) A7", Scanned(GTIN, "A7")),
        ("(10)A(7)B", Scanned(lot="A(7)B")),
        ("17310200", Scanned(expiry=date(2031, 2, 28))),
        ("17320200", Scanned(expiry=date(2032, 2, 29))),
        ("17310400", Scanned(expiry=date(2031, 4, 30))),
        ("1526113011251201", Scanned(best_before=date(2026, 11, 30), produced=date(2025, 12, 1))),
        # The century: 77 lies 51 years ahead of 26, 76 lies 50 ahead.
        ("17760101", Scanned(expiry=date(2076, 1, 1))),
        ("17770101", Scanned(expiry=date(1977, 1, 1))),
        # What nothing here needs is passed over, and named.
        (f"01{GTIN}7103999{GS}10A7", Scanned(GTIN, "A7", others=("710",))),
        (f"01{GTIN}240X9{GS}3102001250" + "10A7", Scanned(GTIN, "A7", others=("240", "3102"))),
        (f"10A7{GS}10A7", Scanned(lot="A7")),
    ],
)
def test_a_code_says_what_stands_in_it(text: str, said: Scanned) -> None:
    assert read(text, TODAY) == said


@pytest.mark.rule("R-SCANNED")
@pytest.mark.parametrize(
    ("text", "fault", "ai"),
    [
        ("", ScanFault.EMPTY, ""),
        ("]d2", ScanFault.EMPTY, ""),
        (f" {GS}", ScanFault.EMPTY, ""),
        ("9" * 501, ScanFault.TOO_LONG, ""),
        ("TRAINING-A", ScanFault.NO_CODE, ""),
        ("(A)7", ScanFault.NO_CODE, ""),
        ("(7)", ScanFault.NO_CODE, ""),
        ("5012345678900", ScanFault.NO_CODE, ""),
        (f"01{GTIN[:-1]}2", ScanFault.CHECK_DIGIT, "01"),
        (f"01{GTIN[:-1]}", ScanFault.CUT_SHORT, "01"),
        ("0104012345A78901", ScanFault.NOT_DIGITS, "01"),
        ("01040123456789\u06611", ScanFault.NOT_DIGITS, "01"),
        ("17310230", ScanFault.NO_DATE, "17"),
        ("17311301", ScanFault.NO_DATE, "17"),
        ("17310001", ScanFault.NO_DATE, "17"),
        ("17310000", ScanFault.NO_DATE, "17"),
        ("1731", ScanFault.CUT_SHORT, "17"),
        (f"1731{GS}10A7", ScanFault.CUT_SHORT, "17"),
        ("(17)3102281", ScanFault.UNKNOWN_AI, "17"),
        ("10", ScanFault.CUT_SHORT, "10"),
        (f"10{GS}17310228", ScanFault.CUT_SHORT, "10"),
        ("10A 7", ScanFault.CHARACTERS, "10"),
        ("10" + "A" * 21, ScanFault.CHARACTERS, "10"),
        ("21é", ScanFault.CHARACTERS, "21"),
        (f"10A7{GS}10A8", ScanFault.TWICE, "10"),
        (f"10A7{GS}5512", ScanFault.UNKNOWN_AI, "55"),
        ("(555)1", ScanFault.UNKNOWN_AI, "555"),
        ("(017)1", ScanFault.UNKNOWN_AI, "017"),
        ("17310228" + "7", ScanFault.UNKNOWN_AI, "7"),
    ],
)
def test_every_fault_is_refused_with_its_reason(text: str, fault: ScanFault, ai: str) -> None:
    with pytest.raises(ScanError) as caught:
        read(text, TODAY)
    assert (caught.value.fault, caught.value.ai) == (fault, ai)


@pytest.mark.rule("R-SCANNED")
@given(gtin=GTINS, lot=LOTS, expiry=NEAR, serial=LOTS, order=st.permutations(range(4)))
def test_what_a_label_says_is_read_back_in_every_order(
    gtin: str, lot: str, expiry: date, serial: str, order: list[int]
) -> None:
    elements = (f"01{gtin}", f"17{expiry:%y%m%d}", f"10{lot}{GS}", f"21{serial}{GS}")
    text = "".join(elements[at] for at in order).removesuffix(GS)
    assert read(text, TODAY) == Scanned(gtin, lot, expiry, serial)
    assert read("]d2" + text, TODAY) == Scanned(gtin, lot, expiry, serial)


@pytest.mark.rule("R-SCANNED")
@given(gtin=GTINS, at=st.integers(0, 13), digit=st.sampled_from("0123456789"))
def test_one_wrong_digit_of_a_gtin_is_always_noticed(gtin: str, at: int, digit: str) -> None:
    assume(gtin[at] != digit)
    with pytest.raises(ScanError) as caught:
        read(f"01{gtin[:at]}{digit}{gtin[at + 1 :]}", TODAY)
    assert caught.value.fault is ScanFault.CHECK_DIGIT


@pytest.mark.rule("R-SCANNED")
@given(st.text())
def test_whatever_is_typed_is_read_or_refused_and_never_anything_else(text: str) -> None:
    try:
        said = read(text, TODAY)
    except ScanError:
        return
    assert said != Scanned() or said.others


@pytest.mark.rule("R-SCANNED")
@given(year=st.integers(0, 99), this=st.integers(1950, 2200))
def test_a_year_is_never_more_than_fifty_years_away(year: int, this: int) -> None:
    whole = century(year, date(this, 6, 1)) + year
    assert -49 <= whole - this <= 50
    assert whole % 100 == year


@pytest.mark.rule("R-SCANNED")
def test_a_lot_that_somebody_types_is_not_taken_for_a_code() -> None:
    assert looks_scanned(f"]d201{GTIN}")
    assert looks_scanned("(10)A7")
    assert not looks_scanned("10A7")
    assert not looks_scanned("A(10)7")
