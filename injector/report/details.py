"""What belongs to an alarm, in words: figures with their units, codes as words.

The log holds names and values; a name ends in its unit, as everywhere. A person reads the
amount with that unit, as the rest of the report writes it, and the name without it. What
is of no form that is known here is shown as it stands.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from injector.report.deriving import Cell
from injector.report.speech import Words, mark
from injector.units import (
    format_cadence_per_min,
    format_concentration_ug_ml,
    format_depth_um,
    format_dose_ng,
    format_duration_min,
    format_flow_nl_s,
    format_needle_um_s,
    format_pressure_pa,
    format_t_us,
    format_volume_nl,
    format_weight_g,
)


def _seconds(seconds: int) -> str:
    return f"{seconds} s"


def _milliseconds(milliseconds: int) -> str:
    return f"{milliseconds} ms"


_UNITS: Final[Mapping[str, Callable[[int], str]]] = {
    "_nl_s": format_flow_nl_s,
    "_um_s": format_needle_um_s,
    "_per_min": format_cadence_per_min,
    "_ug_ml": format_concentration_ug_ml,
    "_nl": format_volume_nl,
    "_um": format_depth_um,
    "_pa": format_pressure_pa,
    "_us": format_t_us,
    "_ms": _milliseconds,
    "_min": format_duration_min,
    "_ng": format_dose_ng,
    "_g": format_weight_g,
    "_s": _seconds,
}
"""How an amount is written whose name ends so; what ends as another does stands before it."""
_NAMES: Final = {"by_s": mark("jump")}
"""Names that say nothing without their unit."""
_OF_THE_FIGURE: Final = ("value", "bound")
"""Amounts in the unit of the limit's figure, which stands beside them."""
_CODES: Final = re.compile(r"[a-z][a-z0-9_]*(, [a-z][a-z0-9_]*)*")
_MINUS: Final = "\N{MINUS SIGN}"


def details(words: Words, cell: Cell) -> str:
    """Return what an alarm's ``detail`` holds, as ``name value``; empty for none.

    >>> from injector.report.speech import Language
    >>> details(Words(Language.ENGLISH), '{"fill":1,"missing_nl":20050}')
    'fill 1, missing 0.02005 mL'
    """
    try:
        pairs = json.loads(str(cell)) if cell is not None else {}
    except ValueError:
        return str(cell)
    if not isinstance(pairs, dict):
        return str(cell)
    figure = pairs.get("figure")
    return ", ".join(_said(words, name, value, figure) for name, value in pairs.items())


def _said(words: Words, name: str, value: object, figure: object) -> str:
    if isinstance(value, int) and name in _OF_THE_FIGURE:
        return f"{words.code(name)} {words.amount(figure, value)}"
    if isinstance(value, int):
        unit = next((each for each in _UNITS if name.endswith(each)), None)
        if unit is None:
            return f"{words.code(name)} {value}"
        called = words.say(_NAMES[name]) if name in _NAMES else words.code(name.removesuffix(unit))
        sign = _MINUS if value < 0 else ""
        return f"{called} {sign}{words.number(_UNITS[unit](abs(value)))}"
    if name == "figure":
        return f"{words.code(name)} {words.figure(value)}"
    text = str(value)
    if _CODES.fullmatch(text):
        text = ", ".join(map(words.code, text.split(", ")))
    return f"{words.code(name)} {text}"
