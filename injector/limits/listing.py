"""A library as a list: every place in it, and what stands there.

Two libraries that say the same give the same list, however they are written: in other
units, in another order, with other comments.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from injector.limits.bound import Bound
from injector.limits.tables.figures import Figures
from injector.limits.written import Reader


def listing(figures: Figures) -> dict[str, str]:
    """What stands at each place of a library, as a file would write it, in the model's order."""
    return dict(_of_table("", figures))


def bounds(figures: Figures) -> dict[str, Bound]:
    """Every bound of a library by its place."""
    return dict(_bounds("", figures))


def _of_table(place: str, table: BaseModel) -> Iterator[tuple[str, str]]:
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        if value is None or value in ((), {}):
            continue
        yield from _of_value(_join(place, field.alias or name), value, _reader(field))


def _of_value(place: str, value: Any, reader: Reader | None) -> Iterator[tuple[str, str]]:
    if reader is not None:
        yield place, reader.write(value)
    elif isinstance(value, BaseModel):
        yield from _of_table(place, value)
    elif isinstance(value, dict):
        for code, row in value.items():
            yield from _of_value(_join(place, code), row, None)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for number, row in enumerate(value, start=1):
            yield from _of_table(f"{place} {number}", row)
    elif isinstance(value, tuple):
        yield place, ", ".join(_plain(each) for each in value)
    else:
        yield place, _plain(value)


def _bounds(place: str, value: Any) -> Iterator[tuple[str, Bound]]:
    if isinstance(value, Bound):
        yield place, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _bounds(_join(place, field.alias or name), getattr(value, name))
    elif isinstance(value, dict):
        for code, row in value.items():
            yield from _bounds(_join(place, code), row)
    elif isinstance(value, tuple):
        for number, row in enumerate(value, start=1):
            yield from _bounds(f"{place} {number}", row)


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _plain(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)


def _reader(field: FieldInfo) -> Reader | None:
    """How the field's value is written, wherever in its annotation that stands."""
    waiting: list[Any] = [*field.metadata, field.annotation]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, Reader):
            return each
        waiting += [*getattr(each, "__metadata__", ()), *getattr(each, "__args__", ())]
    return None
