"""What the models say about themselves, and messages drawn from it.

The tests of the wire take their inputs from here, so that a new field is tested
from the day it is added: :func:`shapes` reads keys and ranges off a model,
:func:`records` draws records of it, with the edges of every range preferred.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any, Final, Literal, get_args, get_origin

from hypothesis import strategies as st

from injector.protocol.messages import (
    ENTRIES,
    REPLIES,
    REQUESTS,
    BadFrameSeen,
    FieldMap,
    HardEnvelope,
    Key,
    Packet,
    Setpoint,
)

LINK: Final = 0x2A3B4C5D
"""A link id as a host draws it: none of its bytes needs escaping."""
OTHER_LINK: Final = 0x3B4C5D6E

HOST_KINDS: Final[tuple[type[FieldMap], ...]] = tuple(REQUESTS.values())
DEVICE_KINDS: Final[tuple[type[FieldMap], ...]] = (*REPLIES.values(), *ENTRIES.values())
RECORDS: Final[tuple[type[FieldMap], ...]] = (Setpoint, HardEnvelope)
U32: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Shape:
    """One field of a model, as the wire sees it."""

    key: int
    name: str
    type: Literal["uint", "bstr", "tstr", "bool", "code", "bits", "map"]
    low: int = 0
    """Least value; for bytes and text the least length."""
    high: int = 0
    codes: tuple[int, ...] = ()
    """The members of an enumeration."""
    python: Any = None
    """The enumeration or the nested record."""


def shapes(kind: type[FieldMap]) -> Iterator[Shape]:
    """Yield the fields of ``kind`` in the order in which they are written down."""
    for name, field in kind.model_fields.items():
        key = next(extra.number for extra in field.metadata if isinstance(extra, Key))
        python = field.annotation
        if get_origin(python) is Literal:
            yield Shape(key, name, "code", codes=get_args(python), python=int)
        elif python is bool:
            yield Shape(key, name, "bool")
        elif python is int:
            yield Shape(key, name, "uint", bound(field, "ge"), bound(field, "le"))
        elif python in (bytes, str):
            low, high = bound(field, "min_length"), bound(field, "max_length")
            yield Shape(key, name, "bstr" if python is bytes else "tstr", low, high)
        elif isinstance(python, type) and issubclass(python, IntFlag):
            yield Shape(key, name, "bits", 0, sum(python), python=python)
        elif isinstance(python, type) and issubclass(python, IntEnum):
            yield Shape(key, name, "code", codes=tuple(python), python=python)
        elif isinstance(python, type) and issubclass(python, FieldMap):
            yield Shape(key, name, "map", python=python)
        else:
            raise TypeError(f"{kind.__name__}.{name} has no form on the wire: {python}")


def bound(field: Any, name: str) -> int:
    """Return the one bound called ``name`` in a field's metadata."""
    (value,) = (getattr(extra, name) for extra in field.metadata if hasattr(extra, name))
    return int(value)


ESCAPES: Final = b"\x7e\x7d\x11\x13\x18"
PRINTABLE: Final = "".join(map(chr, range(0x20, 0x7F)))


def awkward_numbers(low: int, high: int) -> st.SearchStrategy[int]:
    """Numbers of a range: its ends, the ends of CBOR's forms, bytes that need escaping."""
    edges = {low, high}
    for bits in (8, 16, 32, 53):
        edges |= {(1 << bits) - 1, 1 << bits, *(int.from_bytes([b] * (bits // 8)) for b in ESCAPES)}
    edges |= {23, 24}
    fitting = sorted(edge for edge in edges if low <= edge <= high)
    return st.sampled_from(fitting) | st.integers(low, high)


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Draw values of one field."""
    match shape.type:
        case "uint":
            return awkward_numbers(shape.low, shape.high)
        case "bits":
            return st.integers(0, shape.high).map(shape.python)
        case "code":
            return st.sampled_from(shape.codes)
        case "bool":
            return st.booleans()
        case "bstr":
            repeated = st.sampled_from(ESCAPES).map(lambda byte: bytes([byte]) * shape.high)
            return repeated | st.binary(min_size=shape.low, max_size=shape.high)
        case "tstr":
            return st.text(PRINTABLE, min_size=shape.low, max_size=shape.high)
        case "map":
            return records(shape.python)


def records(kind: type[FieldMap]) -> st.SearchStrategy[Any]:
    """Draw records of ``kind``."""
    fields = {shape.name: values(shape) for shape in shapes(kind)}
    return st.builds(kind, **fields)


def largest(kind: type[FieldMap]) -> Any:
    """Return the record of ``kind`` that takes the most bytes of payload."""
    fields: dict[str, Any] = {}
    for shape in shapes(kind):
        match shape.type:
            case "uint":
                fields[shape.name] = shape.high
            case "bits":
                fields[shape.name] = shape.python(shape.high)
            case "code":
                fields[shape.name] = max(shape.codes)
            case "bool":
                fields[shape.name] = True
            case "bstr":
                fields[shape.name] = b"\x7e" * shape.high
            case "tstr":
                fields[shape.name] = "~" * shape.high
            case "map":
                fields[shape.name] = largest(shape.python)
    return kind(**fields)


def smallest(kind: type[FieldMap]) -> Any:
    """Return the record of ``kind`` with every field at its least."""
    fields: dict[str, Any] = {}
    for shape in shapes(kind):
        match shape.type:
            case "uint":
                fields[shape.name] = shape.low
            case "bits":
                fields[shape.name] = shape.python(0)
            case "code":
                fields[shape.name] = min(shape.codes)
            case "bool":
                fields[shape.name] = False
            case "bstr":
                fields[shape.name] = bytes(shape.low)
            case "tstr":
                fields[shape.name] = "A" * shape.low
            case "map":
                fields[shape.name] = smallest(shape.python)
    return kind(**fields)


def packets(kind: type[FieldMap]) -> st.SearchStrategy[Packet[Any]]:
    """Draw packets of ``kind`` with links and ids that it may carry."""
    numbers = awkward_numbers(1, U32)
    if kind is BadFrameSeen:
        return st.builds(Packet, awkward_numbers(0, U32), st.just(0), records(kind))
    ids = awkward_numbers(0, U32) if kind in ENTRIES.values() else numbers
    return st.builds(Packet, numbers, ids, records(kind))


def any_packet(*kinds: type[FieldMap]) -> st.SearchStrategy[Packet[Any]]:
    """Draw packets of any of ``kinds``."""
    return st.one_of([packets(kind) for kind in kinds])
