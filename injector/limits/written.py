"""How amounts, codes and words stand in the files that people write.

Types for the models of library and plan files. Amounts are text with a unit
(``"4.0 mm"``), ranges one amount for "up to" or two with ``to`` between them,
numbers of shots plain integers. Each says the same in JSON Schema, so that an
editor marks a wrong amount while it is being typed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from injector.units import MAX_AMOUNT, Quantity

_Item = TypeVar("_Item")

MAX_WORDS: Final = 200
"""Characters at most in a source or a name: it is printed on one line and stands in the log."""


class Table(BaseModel):
    """A table of such a file: unknown keys are refused, and nothing is converted on the quiet."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


Words: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_WORDS), AfterValidator(_one_line)
]
"""A short text for people, on one line."""

Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]
"""A name in files and logs: small ASCII letters, digits and ``_``, as in ``point_by_point``."""


@dataclass(frozen=True, slots=True)
class Range:
    """From ``least`` to ``most``, both included, in the figure's integer unit."""

    least: int
    most: int

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most <= MAX_AMOUNT:
            raise ValueError(f"a range goes up from its first amount; {self.least} to {self.most}")

    def holds(self, inner: "Range") -> bool:
        """Whether ``inner`` lies within this range."""
        return self.least <= inner.least and inner.most <= self.most


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Reads a value as files write it, writes it so, and says in JSON Schema how that is."""

    read: Callable[[object], object]
    write: Callable[[Any], str]
    """The one way in which a value is written: equal values give equal texts."""
    schema: JsonSchemaValue

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """For pydantic: what is read is then checked to be of the field's type."""
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(
        self, _: core_schema.CoreSchema, __: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """For pydantic: the file's way of writing, in place of the field's type."""
        return dict(self.schema)


def pattern_of(quantity: Quantity) -> str:
    """What an amount of ``quantity`` looks like, as a regular expression for both Python and
    ECMAScript, without anchors."""
    units = "|".join(
        re.escape(unit) if unit.startswith("/") else " " + re.escape(unit)
        for unit in quantity.units
    )
    return rf"(0|[1-9][0-9]*)(\.[0-9]+)?({units})"


def _text_schema(what: str, pattern: str) -> JsonSchemaValue:
    return {"type": "string", "pattern": f"^{pattern}$", "description": what}


def amount(quantity: Quantity, least: int = 1, most: int = MAX_AMOUNT) -> Reader:
    """Reads one amount of ``quantity``, from ``least`` to ``most``, into its integer unit."""

    def read(value: object) -> int:
        found = quantity.parse(_text(value, quantity))
        if found < least:
            raise ValueError(f"{value!r}: must be at least {quantity.format(least)!r}")
        if found > most:
            raise ValueError(f"{value!r}: must be at most {quantity.format(most)!r}")
        return found

    right = quantity.format(quantity.example)
    what = f"a {quantity.name}, as in {right}"
    return Reader(read, quantity.format, _text_schema(what, pattern_of(quantity)))


def range_of(quantity: Quantity) -> Reader:
    """Reads a range of ``quantity``: one amount means "up to"."""
    right = quantity.format(quantity.example)
    return _range(
        quantity, lambda only: Range(0, only), f"up to a {quantity.name}, or from … to …; {right}"
    )


def between(quantity: Quantity) -> Reader:
    """Reads a range of ``quantity``: one amount means exactly that."""
    right = quantity.format(quantity.example)
    return _range(
        quantity, lambda only: Range(only, only), f"a {quantity.name}, or from … to …; {right}"
    )


def _range(quantity: Quantity, alone: Callable[[int], Range], what: str) -> Reader:
    def read(value: object) -> Range:
        if isinstance(value, Range):  # that code made
            return value
        first, to, last = _text(value, quantity).partition(" to ")
        if not to:
            return alone(quantity.parse(first))
        least, most = quantity.parse(first), quantity.parse(last)
        if least > most:
            raise ValueError(f"{value!r}: a range goes up, from the smaller amount to the larger")
        return Range(least, most)

    def write(value: Range) -> str:
        most = quantity.format(value.most)
        return most if value == alone(value.most) else f"{quantity.format(value.least)} to {most}"

    one = pattern_of(quantity)
    return Reader(read, write, _text_schema(what, f"{one}( to {one})?"))


def counting(what: str, most: int) -> AfterValidator:
    """Checks that a list that is right item by item has one to ``most`` of them."""

    def count(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
        if not 1 <= len(items) <= most:
            raise ValueError(f"has {len(items)} {what}, and must have 1 to {most}")
        return items

    return AfterValidator(count)


def _text(value: object, quantity: Quantity) -> str:
    if isinstance(value, str):
        return value
    raise PydanticCustomError(
        "not_text",
        "a {name} is text in quotes with its unit, as in {right}",
        {"name": quantity.name, "right": f'"{quantity.format(quantity.example)}"'},
    )


def _count_to(value: object) -> Range:
    if isinstance(value, Range):
        return value
    if type(value) is int and 0 <= value <= MAX_AMOUNT:
        return Range(0, value)
    raise PydanticCustomError(
        "not_a_count", "a number of shots is a whole number without quotes, as in 1000"
    )


COUNT_TO: Final = Reader(
    _count_to,
    lambda value: str(value.most),
    {"type": "integer", "minimum": 0, "description": "up to so many"},
)
"""Reads a number, a plain integer, into the range up to it."""

_COUNTS: Final = re.compile(r"([1-9][0-9]{0,3}) to ([1-9][0-9]{0,3})")


def _counts(value: object) -> Range:
    if isinstance(value, Range):
        return value
    if type(value) is int and 1 <= value <= 9_999:
        return Range(value, value)
    match = _COUNTS.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) > int(match[2]):
        raise PydanticCustomError(
            "not_a_number_of_times", 'a number of sessions is written 6, or "2 to 4"'
        )
    return Range(int(match[1]), int(match[2]))


COUNTS: Final = Reader(
    _counts,
    lambda value: (
        str(value.most) if value.least == value.most else f"{value.least} to {value.most}"
    ),
    {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 9_999},
            {"type": "string", "pattern": f"^{_COUNTS.pattern}$"},
        ],
        "description": "how many, as in 6 or from … to …, as in 2 to 4",
    },
)
"""Reads a number of sessions: one, or a range in quotes."""
