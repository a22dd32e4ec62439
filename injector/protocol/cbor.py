"""Payloads: one item of deterministic CBOR, checked before it is decoded.

Theory
------
RFC 8949 lets one value be written in many ways, and lets a decoder do much on
the sender's word: build tags, count to 2^64, keep the last of two equal keys.
On this wire a value has one encoding only (RFC 8949, section 4.2.1), made of
unsigned integers, byte strings, text strings, arrays, maps with rising unsigned
keys, ``false`` and ``true``. :func:`check` walks the heads of a payload and says
whether it keeps to that and ends exactly where the payload ends; only then is
the library's decoder let near it. The last rule matters most: where a closing
flag is damaged two frames run together, and one in a million such passes a CRC.

The walk takes a third of a microsecond for every head. A message, though, has one
order of fields and one kind of value in each, so all its encodings are one regular
expression: a *shape*, put together from the parts below, that sees in half a
microsecond that a whole message keeps to the rules. What a shape does not match is
walked. So a shape only saves time; it decides nothing.
"""

import re
from collections.abc import Mapping
from typing import Final

import cbor2

_UINT: Final = 0
_MAP: Final = 5
_SIMPLE: Final = 7
_FALSE: Final = 20
_TRUE: Final = 21
_MAX_DEPTH: Final = 4
_SMALLEST: Final = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
"""The smallest argument that may use each longer form of a head."""


class _BrokenRuleError(Exception):
    """The payload breaks a rule of the encoding; never leaves this file."""


UINT_SHAPE: Final = (
    rb"(?:[\x00-\x17]|\x18[\x18-\xff]|\x19(?!\x00)..|\x1a(?!\x00\x00)....|\x1b(?!\x00{4}).{8})"
)
"""Every unsigned integer, each in its shortest form."""
BOOL_SHAPE: Final = rb"[\xf4\xf5]"


def string_shape(kind: type[bytes] | type[str], least: int, most: int) -> bytes:
    """Return the shape of a string of ``least`` to ``most`` bytes (below 24)."""
    major = 0x60 if kind is str else 0x40
    sizes = (re.escape(bytes([major + n])) + b".{%d}" % n for n in range(least, most + 1))
    return b"(?:%b)" % b"|".join(sizes)


def map_shape(shapes: Mapping[int, bytes]) -> bytes:
    """Return the shape of a map with just these keys (below 24), each with its value's."""
    pairs = (re.escape(bytes([key])) + shapes[key] for key in sorted(shapes))
    return re.escape(bytes([0xA0 + len(shapes)])) + b"".join(pairs)


def encode(value: object, *, in_order: bool = False) -> bytes:
    """Encode ``value`` (integers, bytes, text, lists, dicts, booleans) deterministically.

    ``in_order`` vouches that the keys of every map rise already: they are not sorted.
    """
    encoded: bytes = cbor2.dumps(value, canonical=not in_order)
    return encoded


def decode(payload: bytes, shape: re.Pattern[bytes] | None = None) -> object | None:
    """Return the item that ``payload`` is, or None where it breaks the rules above.

    What ``shape`` matches whole must keep to the rules; it is not walked.
    """
    if (shape is None or shape.fullmatch(payload) is None) and not check(payload):
        return None
    try:
        value: object = cbor2.loads(payload)
    except cbor2.CBORDecodeError:  # text that is not UTF-8
        return None
    return value


def check(payload: bytes) -> bool:
    """Whether ``payload`` is exactly one item of the deterministic subset.

    >>> check(bytes.fromhex("a10102")), check(bytes.fromhex("a201020103"))
    (True, False)
    >>> check(bytes.fromhex("1805")), check(bytes.fromhex("0500"))
    (False, False)
    """
    try:
        return _skip(payload, 0, _MAX_DEPTH) == len(payload)
    except (_BrokenRuleError, IndexError):
        return False


def _skip(data: bytes, at: int, depth: int) -> int:
    """Return where the item at ``at`` ends."""
    major, argument, at = _head(data, at)
    match major:
        case 0:  # unsigned integer
            return at
        case 2 | 3:  # bytes, text
            if argument > len(data) - at:
                raise _BrokenRuleError
            return at + argument
        case 4 | 5 if depth > 0:  # array, map
            return _skip_items(data, at, major, argument, depth - 1)
        case 7 if argument in (_FALSE, _TRUE):
            return at
        case _:
            raise _BrokenRuleError


def _skip_items(data: bytes, at: int, major: int, count: int, depth: int) -> int:
    if count > len(data) - at:
        raise _BrokenRuleError
    newest_key = -1
    for _ in range(count):
        if major == _MAP:
            key_major, key, at = _head(data, at)
            if key_major != _UINT or key <= newest_key:
                raise _BrokenRuleError
            newest_key = key
        at = _skip(data, at, depth)
    return at


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return major type and argument of the head at ``at``, and where it ends."""
    major, short = data[at] >> 5, data[at] & 0x1F
    at += 1
    if short < 24:
        return major, short, at
    if short > 27 or major == _SIMPLE:
        raise _BrokenRuleError
    size = 1 << (short - 24)
    if size > len(data) - at:
        raise _BrokenRuleError
    argument = int.from_bytes(data[at : at + size], "big")
    if argument < _SMALLEST[short]:
        raise _BrokenRuleError
    return major, argument, at + size
