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

The walk takes a third of a microsecond for every head, which is much for a message of
twenty fields. :mod:`injector.protocol.shapes` spares it to whole messages.
"""

import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import cbor2

_UINT: Final = 0
BYTES: Final = 2
TEXT: Final = 3
ARRAY: Final = 4
MAP: Final = 5
_SIMPLE: Final = 7
_FALSE: Final = 20
_TRUE: Final = 21
_MAX_DEPTH: Final = 4
_REMEMBERED: Final = 1 << 12
U64: Final = (1 << 64) - 1
SMALLEST: Final = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
"""The smallest argument that may use each longer form of a head."""


class _BrokenRuleError(Exception):
    """The payload breaks a rule of the encoding; never leaves this file."""


ONE_BYTE: Final[Mapping[int, bytes]] = {
    number: bytes([number]) if number < 24 else bytes([24, number]) for number in range(1 << 8)
}
"""The numbers of one byte, encoded."""
BOOL: Final[Mapping[bool, bytes]] = {False: b"\xf4", True: b"\xf5"}
_SHORT_BYTES: Final = tuple(bytes([BYTES << 5 | size]) for size in range(24))
_SHORT_TEXT: Final = tuple(bytes([TEXT << 5 | size]) for size in range(24))
_OF_BITS: Final[tuple[Callable[[int], bytes], ...]] = (
    *[ONE_BYTE.__getitem__] * 9,
    *[partial(struct.Struct(">BH").pack, 25)] * 8,
    *[partial(struct.Struct(">BI").pack, 26)] * 16,
    *[partial(struct.Struct(">BQ").pack, 27)] * 32,
)
"""What encodes a number of so many bits."""


class _Numbers(dict[int, bytes]):
    """Numbers and their encoding. What a line says of itself hardly changes, so most of them
    were encoded before."""

    def __missing__(self, number: int) -> bytes:
        encoded = _OF_BITS[number.bit_length()](number)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[number] = encoded
        return encoded


encode_uint: Final[Callable[[int], bytes]] = _Numbers().__getitem__
"""Encode 0 to 2^64 - 1. Raises ``LookupError`` or ``struct.error`` for any other, which is a
mistake in this program."""


def encode_string(value: bytes | str) -> bytes:
    """Encode fewer than 24 bytes, or characters of ASCII."""
    if isinstance(value, str):
        return _SHORT_TEXT[len(value)] + value.encode("ascii")
    return _SHORT_BYTES[len(value)] + value


def encode(value: object) -> bytes:
    """Encode ``value`` (integers, bytes, text, lists, dicts, booleans) deterministically."""
    encoded: bytes = cbor2.dumps(value, canonical=True)
    return encoded


def decode(payload: bytes) -> object | None:
    """Return the item that ``payload`` is, or None where it breaks the rules above."""
    if not check(payload):
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
        if major == MAP:
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
    if argument < SMALLEST[short]:
        raise _BrokenRuleError
    return major, argument, at + size
