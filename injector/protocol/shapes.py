"""What the bytes of a proper message look like: one regular expression for each kind.

Theory
------
On this wire a message has one order of fields, one kind and one range of value in each,
and every value one encoding (:mod:`injector.protocol.cbor`). So all proper payloads of one
kind of message are a regular language, and a *shape*, put together from the parts below,
says in a microsecond that a payload is one of them: the encoding is canonical, every key
is there once, no value is of another kind or out of its range, and nothing follows.

A shape only ever says yes. What it does not match goes the long way, where each rule is
looked at by itself and the one that was broken gets its name. The tests hold the two
together: neither takes what the other refuses.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from injector.protocol.cbor import BYTES, MAP, SMALLEST, TEXT, encode_uint

PRINTABLE: Final = "[ -~]"
"""One character of text on this wire."""

BOOL: Final = rb"[\xf4\xf5]"


def uint(bits: int) -> bytes:
    """Return the shape of the unsigned integers of ``bits`` bits, each in its shortest form.

    >>> [bool(re.fullmatch(uint(9), encode_uint(number))) for number in (0, 511, 512)]
    [True, True, False]
    """
    most = (1 << bits) - 1
    forms = [_range(0, min(most, 23))]
    for short, smallest in SMALLEST.items():
        if most >= smallest:
            forms.append(_byte(short) + _argument(smallest, most, 1 << (short - 24)))
    return b"(?:%b)" % b"|".join(forms)


def _argument(smallest: int, most: int, size: int) -> bytes:
    """Return the shape of ``smallest`` to ``most``, whose bits are all set, in ``size`` bytes."""
    top, *rest = min(most, (1 << 8 * size) - 1).to_bytes(size, "big").lstrip(b"\0")
    if size == 1:
        return _range(smallest, top)
    not_shorter = rb"(?!\x00{%d})" % (size // 2)
    return not_shorter + rb"\x00" * (size - 1 - len(rest)) + _range(0, top) + b"." * len(rest)


def uints(numbers: Iterable[int]) -> bytes:
    """Return the shape of these unsigned integers and no others."""
    return b"(?:%b)" % b"|".join(re.escape(encode_uint(number)) for number in sorted(numbers))


def string(kind: type[bytes] | type[str], least: int, most: int) -> bytes:
    """Return the shape of ``least`` to ``most`` bytes (below 24); of text, ``PRINTABLE``."""
    major, one = (TEXT, PRINTABLE.encode("ascii")) if kind is str else (BYTES, b".")
    sizes = (_byte(major << 5 | n) + one + b"{%d}" % n for n in range(least, most + 1))
    return b"(?:%b)" % b"|".join(sizes)


def map_of(values: Mapping[int, bytes]) -> bytes:
    """Return the shape of a map with just these keys (below 24), each with its value's."""
    pairs = (_byte(key) + values[key] for key in sorted(values))
    return _byte(MAP << 5 | len(values)) + b"".join(pairs)


def _byte(value: int) -> bytes:
    return re.escape(bytes([value]))


def _range(low: int, high: int) -> bytes:
    return b"." if (low, high) == (0, 0xFF) else rb"[\x%02x-\x%02x]" % (low, high)
