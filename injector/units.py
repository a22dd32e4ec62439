"""Integer quantities, and how people read and write them.

Every amount in this project is an integer whose name ends in its unit:
``volume_nl``, ``depth_um``, ``flow_nl_s``, ``needle_um_s``, ``cadence_per_min``,
``pressure_pa``, ``t_us``. This file is the only place where such an integer
becomes text, and the only place where text becomes such an integer.

Both directions are exact. Formatting writes as many decimals as the amount
needs, so ``parse(format(x)) == x`` for every amount; `Quantity.about` shortens
and marks what it shortened with ``≈``, which parsing refuses. Parsing never
rounds: an amount finer than the integer unit is refused.

Parsing is strict because a number typed wrong is the hazard these guns are known
for. There is one way to write an amount: a number, one space, a unit
(``0.05 mL``); a rate that counts is written without the space (``120/min``).
``.5``, ``5.``, ``1,5``, ``1e3``, ``05``, ``+1``, digits of other scripts, a
missing or a second unit are refused, each with its own reason.

>>> format_volume_nl(50_000)
'0.050 mL'
>>> parse_volume_nl("50 µL")
50000
>>> parse_depth_um("4,5 mm")
Traceback (most recent call last):
    ...
injector.units.QuantityError: '4,5 mm': the decimal sign is a point, as in '4.0 mm'
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

MAX_AMOUNT: Final = 2**53 - 1
"""The largest amount that can be parsed: the largest integer that the shot log's canonical
JSON can hold exactly."""

_MAX_TEXT: Final = 40
"""No amount needs a longer text; a longer one is refused before it is looked at."""

_DIGITS: Final = "0123456789"

_NUMBER: Final = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")
"""Digits, and a point only with digits on both sides; no zero before another digit."""


@unique
class QuantityFault(StrEnum):
    """What is wrong with a text that should be an amount: one code for each reason."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    SPACING = "spacing"
    FOREIGN_DIGITS = "foreign_digits"
    SIGN = "sign"
    COMMA = "comma"
    POINT = "point"
    LEADING_ZERO = "leading_zero"
    EXPONENT = "exponent"
    NOT_A_NUMBER = "not_a_number"
    NO_UNIT = "no_unit"
    WRONG_UNIT = "wrong_unit"
    TOO_FINE = "too_fine"
    TOO_LARGE = "too_large"


_NOT_NUMBERS: Final = (
    (QuantityFault.SIGN, r"[+\-\u2212]", "no sign stands before the number"),
    (QuantityFault.COMMA, r"[0-9]+,[0-9]+$", "the decimal sign is a point"),
    (QuantityFault.POINT, r"\.[0-9]+($| )|[0-9]+\.$", "digits stand on both sides of the point"),
    (QuantityFault.LEADING_ZERO, r"0[0-9]+(\.[0-9]+)?$", "no zero stands before other digits"),
    (QuantityFault.EXPONENT, r"[0-9.]+[eE][0-9]+$", "the number is written out"),
)
"""What people and programs write instead of a number, and what to say to each."""


class QuantityError(ValueError):
    """A text is not an amount of the quantity asked for.

    ``text`` is what was given, ``fault`` the reason as a code, ``right`` an amount that
    would be right. The message says what is wrong and shows what would be right.
    """

    def __init__(self, text: str, fault: QuantityFault, why: str) -> None:
        shown = text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"
        super().__init__(f"{shown!r}: {why}")
        self.text = text
        self.fault = fault
        self.why = why
        self.right = ""


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """One kind of amount: its units, and the unit it is written in."""

    name: str
    """What it measures, as errors say it: ``volume``."""
    units: Mapping[str, int]
    """How many of the integer unit one of each unit is. ``µ`` is the micro sign (U+00B5);
    the Greek letter (U+03BC) looks the same, keyboards give either, and both are read."""
    written: str
    """The unit that formatting uses; its factor is a power of ten."""
    decimals: int
    """The decimals that formatting always writes, even where they are zeros."""
    example: int
    """An amount that errors show to say what would be right."""

    def format(self, amount: int) -> str:
        """The amount with its unit, exactly; more decimals than usual where it needs them.

        ``amount`` is 0 or more, in the integer unit. Raises ValueError below 0.

        >>> VOLUME.format(50_312)
        '0.050312 mL'
        """
        if amount < 0:
            raise ValueError(f"a {self.name} cannot be below 0, and {amount} is")
        places = len(str(self.units[self.written])) - 1
        whole, rest = divmod(amount, 10**places)
        fraction = f"{rest:0{places}d}" if places else ""
        fraction = fraction.rstrip("0").ljust(self.decimals, "0")
        number = f"{whole}.{fraction}" if fraction else f"{whole}"
        return number + _gap(self.written) + self.written

    def about(self, amount: int) -> str:
        """The amount with its usual decimals; marked with ``≈`` where that rounds it.

        For measured values on a small screen. A setpoint or a limit is always
        shown with `format`. Halves are rounded up.

        >>> VOLUME.about(50_312), VOLUME.about(50_000)
        ('≈0.050 mL', '0.050 mL')
        """
        step = self.units[self.written] // 10**self.decimals
        rounded = (amount + step // 2) // step * step
        return self.format(amount) if rounded == amount else "≈" + self.format(rounded)

    def parse(self, text: str) -> int:
        """The amount that ``text`` names, in the integer unit, exactly.

        Raises `QuantityError` for anything but one number and one unit of this
        quantity, and for amounts finer than the integer unit or above `MAX_AMOUNT`.
        """
        try:
            return self._parse(text)
        except QuantityError as error:
            error.right = self.format(self.example)
            raise

    def _parse(self, text: str) -> int:
        self._refuse_what_is_no_amount(text)
        number, unit = self._split(text)
        match = _NUMBER.fullmatch(number)
        if match is None:
            raise self._number_error(text, number)
        whole, fraction = match[1], match[2] or ""
        scaled = int(whole + fraction) * self.units[unit]
        parts: int = 10 ** len(fraction)
        amount, finer = divmod(scaled, parts)
        if finer:
            least = next(unit for unit, factor in self.units.items() if factor == 1)
            raise QuantityError(
                text,
                QuantityFault.TOO_FINE,
                f"finer than the smallest {self.name}, 1{_gap(least)}{least}",
            )
        if amount > MAX_AMOUNT:
            raise QuantityError(
                text,
                QuantityFault.TOO_LARGE,
                f"above the largest {self.name}, {self.format(MAX_AMOUNT)}",
            )
        return amount

    def _right(self) -> str:
        return f"as in {self.format(self.example)!r}"

    def _refuse_what_is_no_amount(self, text: str) -> None:
        """Refuses what is wrong with a text before number and unit can be told apart."""
        right = self._right()
        if not text:
            raise QuantityError(text, QuantityFault.EMPTY, f"a {self.name} is missing, {right}")
        if len(text) > _MAX_TEXT:
            raise QuantityError(
                text, QuantityFault.TOO_LONG, f"longer than {_MAX_TEXT} characters, {right}"
            )
        if any(letter.isdigit() and letter not in _DIGITS for letter in text):
            raise QuantityError(
                text, QuantityFault.FOREIGN_DIGITS, f"digits are 0 to 9 only, {right}"
            )
        if text != text.strip() or re.search(r"  |[^\S ]", text):
            raise QuantityError(
                text,
                QuantityFault.SPACING,
                f"spaces stand only between number and unit, and only one, {right}",
            )

    def _split(self, text: str) -> tuple[str, str]:
        """The text before the unit, and the unit, which is one of `units`."""
        for unit in self.units:
            number = text.removesuffix(_gap(unit) + unit)
            if number != text and number and number[-1] in _DIGITS + ".,":
                return number, unit
        alone = re.fullmatch(r"[0-9.,eE]+", text)
        if text[0] not in _DIGITS or (alone and not _NUMBER.fullmatch(text)):
            raise self._number_error(text, text)
        right = self._right()
        units = ", ".join(unit for unit in self.units if unit.isascii() or "µ" in unit)
        if _NUMBER.fullmatch(text):
            raise QuantityError(
                text, QuantityFault.NO_UNIT, f"the unit is missing ({units}), {right}"
            )
        for unit in self.units:
            if _NUMBER.fullmatch(text.removesuffix(unit).removesuffix(" ")):
                between = "no space" if unit.startswith("/") else "one space"
                raise QuantityError(
                    text,
                    QuantityFault.SPACING,
                    f"{between} stands between number and unit, {right}",
                )
        raise QuantityError(text, QuantityFault.WRONG_UNIT, f"a {self.name} is in {units}, {right}")

    def _number_error(self, text: str, number: str) -> QuantityError:
        """Why ``number`` is not one, in the words that help most."""
        for fault, pattern, why in _NOT_NUMBERS:
            if re.match(pattern, number):
                return QuantityError(text, fault, f"{why}, {self._right()}")
        return QuantityError(
            text, QuantityFault.NOT_A_NUMBER, f"not one plain number, {self._right()}"
        )


def _gap(unit: str) -> str:
    """What stands between a number and this unit: ``4 mm``, but ``9/s``."""
    return "" if unit.startswith("/") else " "


VOLUME: Final = Quantity(
    "volume", {"mL": 1_000_000, "µL": 1_000, "uL": 1_000, "μL": 1_000, "nL": 1}, "mL", 3, 50_000
)
"""A volume in nanolitres."""
DEPTH: Final = Quantity("depth", {"mm": 1_000, "µm": 1, "um": 1, "μm": 1}, "mm", 1, 4_000)
"""A depth below the skin, or a needle's length, in micrometres."""
FLOW: Final = Quantity(
    "flow",
    {"µL/s": 1_000, "uL/s": 1_000, "μL/s": 1_000, "mL/s": 1_000_000, "nL/s": 1},
    "µL/s",
    0,
    200_000,
)
"""Injection speed in nanolitres per second."""
NEEDLE_SPEED: Final = Quantity(
    "needle speed", {"mm/s": 1_000, "µm/s": 1, "um/s": 1, "μm/s": 1}, "mm/s", 0, 100_000
)
"""Speed of the needle's stroke in micrometres per second."""
CADENCE: Final = Quantity("cadence", {"/min": 1, "/s": 60}, "/min", 0, 120)
"""Shots per minute."""
PRESSURE: Final = Quantity("pressure", {"kPa": 1_000, "Pa": 1}, "kPa", 0, 35_000)
"""Pressure in the syringe in pascals."""
TIME: Final = Quantity(
    "time",
    {"s": 1_000_000, "ms": 1_000, "µs": 1, "us": 1, "μs": 1, "min": 60_000_000},
    "s",
    3,
    500_000,
)
"""A duration in microseconds."""
CONCENTRATION: Final = Quantity(
    "concentration", {"mg/mL": 1_000, "µg/mL": 1, "ug/mL": 1, "μg/mL": 1}, "mg/mL", 0, 20_000
)
"""Substance in a product, in micrograms per millilitre."""
MASS: Final = Quantity(
    "dose",
    {"mg": 1_000_000, "µg": 1_000, "ug": 1_000, "μg": 1_000, "g": 1_000_000_000, "ng": 1},
    "mg",
    0,
    300_000_000,
)
"""A mass of substance in nanograms."""
DOSE_PER_KG: Final = Quantity(
    "dose per body weight",
    {"mg/kg": 1_000_000, "µg/kg": 1_000, "ug/kg": 1_000, "μg/kg": 1_000, "ng/kg": 1},
    "mg/kg",
    1,
    4_500_000,
)
"""A dose in nanograms per kilogram of body weight."""
WEIGHT: Final = Quantity("body weight", {"kg": 1_000, "g": 1}, "kg", 0, 70_000)
"""A body weight in grams."""
INTERVAL: Final = Quantity("interval", {"d": 1}, "d", 0, 7)
"""A number of days between sessions."""
DURATION: Final = Quantity("duration", {"min": 1, "h": 60}, "min", 0, 30)
"""How long something lasts, in minutes."""

format_volume_nl: Final = VOLUME.format
format_depth_um: Final = DEPTH.format
format_flow_nl_s: Final = FLOW.format
format_needle_um_s: Final = NEEDLE_SPEED.format
format_cadence_per_min: Final = CADENCE.format
format_pressure_pa: Final = PRESSURE.format
format_t_us: Final = TIME.format
format_concentration_ug_ml: Final = CONCENTRATION.format
format_dose_ng: Final = MASS.format
format_dose_ng_kg: Final = DOSE_PER_KG.format
format_weight_g: Final = WEIGHT.format
format_interval_d: Final = INTERVAL.format
format_duration_min: Final = DURATION.format

parse_volume_nl: Final = VOLUME.parse
parse_depth_um: Final = DEPTH.parse
parse_flow_nl_s: Final = FLOW.parse
parse_needle_um_s: Final = NEEDLE_SPEED.parse
parse_cadence_per_min: Final = CADENCE.parse
parse_pressure_pa: Final = PRESSURE.parse
parse_t_us: Final = TIME.parse
parse_concentration_ug_ml: Final = CONCENTRATION.parse
parse_dose_ng: Final = MASS.parse
parse_dose_ng_kg: Final = DOSE_PER_KG.parse
parse_weight_g: Final = WEIGHT.parse
parse_interval_d: Final = INTERVAL.parse
parse_duration_min: Final = DURATION.parse
