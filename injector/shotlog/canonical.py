"""One way to write a value as bytes: RFC 8785 (JSON Canonicalization Scheme).

An entry is hashed as bytes, so a value must have exactly one spelling. RFC 8785
gives it: no white space, keys sorted, the shortest escapes, UTF-8. Within the
values admitted here the standard library's encoder writes the same bytes (the
tests hold it against the ``rfc8785`` package):

* keys are ASCII, so that sorting by code point is sorting by UTF-16 code unit;
* numbers are integers within 2^53 - 1, so that no reader rounds them and no two
  spellings of a number exist. There are no floats;
* strings hold no lone surrogates, which have no UTF-8.
"""

import json
from collections.abc import Mapping
from typing import Final, NoReturn

MAX_INTEGER: Final = 2**53 - 1
"""The largest magnitude every JSON reader keeps exactly (RFC 7493, section 2.2)."""
_ALL_DIGITS_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")
_SIXTEEN_DIGITS: Final = b"0" * 16


class NotCanonicalError(ValueError):
    """A value that has no canonical form, or bytes that are not the canonical form."""


def check(value: object) -> None:
    """Raise `NotCanonicalError` unless ``value`` is made only of what is admitted."""
    kind = type(value)
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]  # kind is int
            raise NotCanonicalError(f"{value} is beyond 2^53 - 1")
    elif kind is str or kind is bool or value is None:
        return
    elif kind is dict or isinstance(value, Mapping):
        for key, item in value.items():  # type: ignore[attr-defined]  # a dict is a mapping
            if type(key) is not str or not key.isascii():
                raise NotCanonicalError(f"{key!r} is not an ASCII key")
            of = type(item)
            if of is int:  # as most are: no call for these two
                if not -MAX_INTEGER <= item <= MAX_INTEGER:
                    raise NotCanonicalError(f"{item} is beyond 2^53 - 1")
            elif of is not str:
                check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check(item)
    else:
        raise NotCanonicalError(f"{kind.__name__} has no canonical form")


def encode(value: Mapping[str, object]) -> bytes:
    """Return the canonical bytes of ``value``.

    Admits dicts with ASCII keys, lists, tuples, strings, bools, None and integers
    within 2^53 - 1; raises `NotCanonicalError` for anything else.

    >>> encode({"volume_nl": 50000, "kind": "shot"})
    b'{"kind":"shot","volume_nl":50000}'
    """
    try:
        check(value)
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError as error:
        raise NotCanonicalError("a string holds a lone surrogate") from error
    except RecursionError as error:
        raise NotCanonicalError("nested too deep") from error


def decode(data: bytes) -> dict[str, object]:
    """Return the object whose canonical form is exactly ``data``.

    Raises `NotCanonicalError` for anything else: other spellings of the same object,
    a repeated key, a float, NaN, an integer beyond 2^53 - 1, bytes that are not JSON.
    """
    try:
        value, _ = _DECODER.raw_decode(data.decode())
        # ASCII bytes equal to their own re-encoding cannot hold a key that is not ASCII,
        # and a float or NaN was refused above: the slow look is for the rest.
        if not data.isascii() or may_be_too_large(data):
            check(value)
        again = _ENCODER.encode(value).encode()
    except NotCanonicalError:
        raise
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise NotCanonicalError("not UTF-8") from error
    except RecursionError as error:
        raise NotCanonicalError("nested too deep") from error
    except ValueError as error:
        raise NotCanonicalError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise NotCanonicalError("not an object")
    if again != data:
        raise NotCanonicalError("not the canonical spelling of its value")
    return value


def may_be_too_large(data: bytes) -> bool:
    """Whether an integer in ``data`` can be beyond `MAX_INTEGER`: 17 digits, or 16 from 9 on.

    Looks for runs of digits by searching bytes; asking for each integer takes longer.
    """
    zeros = data.translate(_ALL_DIGITS_ZERO)
    at = zeros.find(_SIXTEEN_DIGITS)
    while at >= 0:
        if data[at : at + 1] == b"9" or zeros[at + 16 : at + 17] == b"0":
            return True
        at = zeros.find(_SIXTEEN_DIGITS, at + 16)
    return False


def _no_float(text: str) -> NoReturn:
    raise NotCanonicalError(f"{text[:40]} is not an integer")


_ENCODER: Final = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,  # what holds itself is nested too deep, which ends it as well
)
_DECODER: Final = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)
