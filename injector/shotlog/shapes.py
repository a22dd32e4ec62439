"""What the bytes of a shot's entry look like: one regular expression.

Theory
------
A body has one order of fields and one spelling of each value (`canonical`). Where every field
has a name and a range, all proper bodies of a kind are a regular language, and a *shape* made
from the kind's model says in one go that some bytes are one of them: they are canonical, each
key is there once, no value is of another type or out of its range, and nothing follows.

A shape only ever says yes, and not to all: a text with a character that JSON escapes or that is
not ASCII goes another way (`envelope`). The tests hold both ways to the same answers. A field
whose type has no shape is refused as the shape is made.
"""

import re
from collections.abc import Mapping
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import StringConstraints
from pydantic.fields import FieldInfo

from injector.shotlog.canonical import MAX_INTEGER
from injector.shotlog.fields import Record

_PLAIN: Final = r"[ !#-\[\]-~]"
"""A character that stands in JSON as itself."""
_MAGNITUDE: Final = "[1-8][0-9]{0,15}+|9[0-9]{0,14}+"
"""1 to 2^53 - 1, but for those that begin with 9 and have 16 digits."""
_COUNT: Final = f"{_MAGNITUDE}|0"
_INTEGERS: Final[Mapping[object, str]] = {0: _COUNT, -MAX_INTEGER: f"-?(?:{_MAGNITUDE})|0"}
"""By the least that a field may hold."""
_TEXTS: Final[Mapping[object, str]] = {
    "^[ -~]{1,64}$": f"{_PLAIN}{{1,64}}",
    "^[a-z0-9][a-z0-9_.:-]{0,63}$": "[a-z0-9][a-z0-9_.:-]{0,63}",
    "^[0-9a-f]{16}$": "[0-9a-f]{16}",
}
"""By the pattern that a field is held to, how what it admits looks in quotes."""
_ADDED: Final[Mapping[str, str]] = {
    "mono_us": _COUNT,
    "random": '"[0-9a-f]{32}"',
    "seq": _COUNT,
    "session": 'null|"[tc][0-9a-f]{16}"',
    "utc_us": _COUNT,
}
"""What the writer adds to every kind."""


def shape_of(model: type[Record]) -> dict[str, str]:
    """Return how the value of each field of a kind's bodies looks, in canonical order.

    Raises TypeError for what has no shape.
    """
    rules = model.__pydantic_decorators__
    if rules.field_validators or rules.model_validators:
        raise TypeError(f"{model.__name__} is held to more than its fields are")
    values = {name: _value(field) for name, field in model.model_fields.items()}
    return dict(sorted({**values, **_ADDED}.items()))


def _value(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) is Literal:
        return '"(?:' + "|".join(map(re.escape, get_args(kind))) + ')"'
    if NoneType not in get_args(kind):
        return _scalar(kind, field.metadata)
    (other,) = (each for each in get_args(kind) if each is not NoneType)
    within = FieldInfo.from_annotation(other)
    return "null|" + _scalar(within.annotation, within.metadata)


def _scalar(kind: object, rules: list[Any]) -> str:
    match rules:
        case [StringConstraints(pattern=pattern)] if kind is str and pattern in _TEXTS:
            return f'"{_TEXTS[pattern]}"'
        case _ if kind is int:
            # An integer within bounds is annotated with a field of its own where it may be None.
            flat = [each for rule in rules for each in getattr(rule, "metadata", [rule])]
            match flat:
                case [Ge(ge=least), Le(le=most)] if least in _INTEGERS and most == MAX_INTEGER:
                    return _INTEGERS[least]
    raise TypeError(f"{kind} held to {rules} has no shape")
