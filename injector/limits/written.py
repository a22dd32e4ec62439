"""How amounts, codes and words stand in the files that people write.

Types for the models of library and plan files. Amounts are text with a unit
(``"4.0 mm"``), ranges one amount for "up to" or two with ``to`` between them,
numbers of shots plain integers.
"""

from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from injector.units import MAX_AMOUNT, Quantity

_Item = TypeVar("_Item")

MAX_WORDS: Final = 200
"""Characters at most in a source or a name: it is printed on one line and stands in the log."""


class Table(BaseModel):
    """A table of such a file: unknown keys are refused, and nothing is converted on the quiet."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


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


def amount(quantity: Quantity, least: int = 1, most: int = MAX_AMOUNT) -> BeforeValidator:
    """Reads one amount of ``quantity``, from ``least`` to ``most``, into its integer unit."""

    def read(value: object) -> int:
        found = quantity.parse(_text(value, quantity))
        if found < least:
            raise ValueError(f"{value!r}: must be at least {quantity.format(least)!r}")
        if found > most:
            raise ValueError(f"{value!r}: must be at most {quantity.format(most)!r}")
        return found

    return BeforeValidator(read)


def range_of(quantity: Quantity) -> BeforeValidator:
    """Reads a range of ``quantity``; a `Range` that code made passes as it is."""

    def read(value: object) -> Range:
        if isinstance(value, Range):
            return value
        first, to, last = _text(value, quantity).partition(" to ")
        if not to:
            return Range(0, quantity.parse(first))
        least, most = quantity.parse(first), quantity.parse(last)
        if least > most:
            raise ValueError(f"{value!r}: a range goes up, from the smaller amount to the larger")
        return Range(least, most)

    return BeforeValidator(read)


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


def count_to(value: object) -> Range:
    """Reads a number of shots, a plain integer, into the range up to it."""
    if isinstance(value, Range):
        return value
    if type(value) is int and 0 <= value <= MAX_AMOUNT:
        return Range(0, value)
    raise PydanticCustomError(
        "not_a_count", "a number of shots is a whole number without quotes, as in 1000"
    )
