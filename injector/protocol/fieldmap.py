"""Records that go over the wire as maps: how a model becomes bytes, and bytes a model.

A model is all there is to write down. Its keys, its encoder and its shape
(:mod:`injector.protocol.shapes`) are made from its fields as the class is made; a field
whose rule the shape cannot express is refused there and then.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import (
    Any,
    ClassVar,
    Final,
    Literal,
    TypeAlias,
    TypeGuard,
    TypeVar,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from injector.protocol import cbor, shapes

_TEXT_PATTERN: Final = f"^{shapes.PRINTABLE}+$"
_CONSTRAINTS: Final = ("ge", "le", "min_length", "max_length", "pattern", "strict")
"""What a field may be held to: all that :func:`_shape` understands."""

_set_values, _set_given, _set_extra, _set_private = (
    vars(BaseModel)[slot].__set__
    for slot in (
        "__dict__",
        "__pydantic_fields_set__",
        "__pydantic_extra__",
        "__pydantic_private__",
    )
)
"""Set what a frozen record would refuse to have set, without a search for the name."""

_Writer: TypeAlias = Callable[[Any], bytes]
_Reader: TypeAlias = Callable[[Any], object]
Fields = TypeVar("Fields", bound="FieldMap")


@dataclass(frozen=True, slots=True)
class Key:
    """The integer that stands for a field on the wire."""

    number: int


class FieldMap(BaseModel):
    """A map with integer keys on the wire, a frozen record here."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    KEYS: ClassVar[Mapping[str, int]] = {}
    """The key of each field, rising, as they go over the wire."""
    NESTED: ClassVar[Mapping[str, type["FieldMap"]]] = {}
    CODES: ClassVar[Mapping[str, "_Members"]] = {}
    """The fields with a code: an enum would take ``"1"`` for 1, the wire does not."""
    SHAPE: ClassVar[bytes] = b""
    """All encodings of all proper records of this kind."""
    LAYOUT: ClassVar[bytes] = b""
    """The encoded map with a gap for each value."""
    WRITERS: ClassVar[tuple[tuple[str, _Writer], ...]] = ()
    """What fills the gaps, in their order."""
    READERS: ClassVar[tuple[tuple[str, _Reader], ...]] = ()
    """What makes a field of its matched value, where that is not the field already."""
    NAMES: ClassVar[set[str]] = set()

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        keys = {name: _key(field) for name, field in cls.model_fields.items()}
        cls.KEYS = {name: keys[name] for name in sorted(keys, key=keys.__getitem__)}
        cls.NAMES = set(keys)
        fields = {name: cls.model_fields[name] for name in cls.KEYS}
        kinds = {name: field.annotation for name, field in fields.items()}
        cls.NESTED = {name: kind for name, kind in kinds.items() if _is_map(kind)}
        cls.CODES = {name: _Members(kind) for name, kind in kinds.items() if _is_code(kind)}
        cls.SHAPE = shapes.map_of({keys[name]: _shape(field) for name, field in fields.items()})
        cls.LAYOUT = bytes([cbor.MAP << 5 | len(keys)])
        cls.LAYOUT += b"".join(bytes([key]) + b"%b" for key in cls.KEYS.values())
        cls.WRITERS = tuple((name, _writer(field)) for name, field in fields.items())
        cls.READERS = (
            *((name, members.__getitem__) for name, members in cls.CODES.items()),
            *((name, kind.from_shape) for name, kind in cls.NESTED.items()),
        )

    def encoded(self) -> bytes:
        """Return the map as it goes over the wire."""
        said = self.__dict__
        return self.LAYOUT % tuple([write(said[name]) for name, write in self.WRITERS])

    def to_wire(self) -> dict[int, object]:
        """Return the fields under their keys, in the order of the wire."""
        said = self.__dict__
        wire = {key: said[name] for name, key in self.KEYS.items()}
        for name in self.NESTED:
            wire[self.KEYS[name]] = said[name].to_wire()
        return wire

    @classmethod
    def from_wire(cls: type[Fields], wire: object) -> Fields | None:
        """Return the record that ``wire`` is, or None where a field breaks its rule."""
        if not isinstance(wire, dict) or len(wire) != len(cls.KEYS):
            return None
        try:
            named = {name: wire[key] for name, key in cls.KEYS.items()}
            for name, members in cls.CODES.items():
                named[name] = members.of(named[name])
            for name, kind in cls.NESTED.items():
                named[name] = kind.from_wire(named[name])
            return cls.model_validate(named)
        except (KeyError, TypeError, ValueError):  # a field is missing; a value breaks its rule
            return None

    @classmethod
    def from_shape(cls: type[Fields], wire: Mapping[int, Any]) -> Fields:
        """Return the record that ``wire`` is, whose bytes ``SHAPE`` has matched.

        The shape has looked at all that a validation would look at, which for a status
        takes as long as the rest of its way from the line.
        """
        named = dict(zip(cls.KEYS, wire.values(), strict=False))  # as many as the shape has
        for name, read in cls.READERS:
            named[name] = read(named[name])
        return cls._of(named)

    def but(self: Fields, **changes: object) -> Fields:
        """Return a copy with other values, for whose ranges the caller vouches."""
        return self._of({**self.__dict__, **changes})

    @classmethod
    def _of(cls: type[Fields], named: dict[str, Any]) -> Fields:
        """Put a record together from values that are right, as ``pickle`` does it."""
        record = cls.__new__(cls)
        _set_values(record, named)
        _set_given(record, cls.NAMES)
        _set_extra(record, None)
        _set_private(record, None)
        return record


class _Members(dict[int, IntEnum | IntFlag]):
    """The members of an enum by their numbers; a set of flags is made when first met."""

    def __init__(self, kind: type[IntEnum | IntFlag]) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, number: int) -> IntEnum | IntFlag:
        member = self[number] = self._kind(number)
        return member

    def of(self, value: object) -> IntEnum | IntFlag:
        """Return the member; raises ``TypeError`` or ``ValueError`` where there is none."""
        # True is 1 to a dictionary, and no code on the wire.
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{value!r} is no number")
        return self[value]


def _key(field: FieldInfo) -> int:
    return next(extra.number for extra in field.metadata if isinstance(extra, Key))


def _writer(field: FieldInfo) -> _Writer:
    kind = field.annotation
    if kind is bool:
        return cbor.BOOL.__getitem__
    if kind is bytes or kind is str:
        return cbor.encode_string
    if _is_map(kind):
        return kind.encoded
    most = sum(kind) if _is_code(kind) else dict(_rules(field)).get("le", cbor.U64)
    return cbor.ONE_BYTE.__getitem__ if most in cbor.ONE_BYTE else cbor.encode_uint


def _shape(field: FieldInfo) -> bytes:
    """Return the shape of a field. Raises ``TypeError`` for a rule that has no shape here."""
    kind, rules = field.annotation, dict(_rules(field))
    if kind is bool:
        return shapes.BOOL
    if kind is bytes or (kind is str and rules.get("pattern") == _TEXT_PATTERN):
        return shapes.string(kind, rules["min_length"], rules["max_length"])
    if _is_map(kind):
        return kind.SHAPE
    if get_origin(kind) is Literal:
        return shapes.uints(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return shapes.uints(kind)
    if isinstance(kind, type) and issubclass(kind, IntFlag):
        return _all_of_bits(0, sum(kind))
    if kind is int:
        return _all_of_bits(rules["ge"], rules["le"])
    raise TypeError(f"{field} has no shape")


def _all_of_bits(least: int, most: int) -> bytes:
    if least != 0 or most & (most + 1):
        raise TypeError(f"{least} to {most} are not all the numbers of so many bits")
    return shapes.uint(most.bit_length())


def _rules(field: FieldInfo) -> Iterator[tuple[str, Any]]:
    for extra in field.metadata:
        if isinstance(extra, Key):
            continue
        found = [(name, getattr(extra, name)) for name in _CONSTRAINTS if hasattr(extra, name)]
        if not found:
            raise TypeError(f"{field} is held to {extra}, which has no shape")
        yield from found


def _is_map(kind: object) -> TypeGuard[type[FieldMap]]:
    return isinstance(kind, type) and issubclass(kind, FieldMap)


def _is_code(kind: object) -> TypeGuard[type[IntEnum | IntFlag]]:
    return isinstance(kind, type) and issubclass(kind, IntEnum | IntFlag)
