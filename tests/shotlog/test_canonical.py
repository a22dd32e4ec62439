"""The canonical form: one spelling for each value, and it is RFC 8785's."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from injector.shotlog.canonical import MAX_INTEGER, NotCanonicalError, decode, encode

KEYS = st.text(st.characters(max_codepoint=0x7F), max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)


@given(OBJECTS)
def test_the_encoder_writes_what_rfc_8785_writes(value: dict[str, object]) -> None:
    assert encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # its type is wider


@given(OBJECTS)
def test_what_is_encoded_decodes_to_itself(value: dict[str, object]) -> None:
    assert decode(encode(value)) == value


@given(OBJECTS)
def test_any_other_spelling_of_a_value_is_refused(value: dict[str, object]) -> None:
    for other in (json.dumps(value), json.dumps(value, indent=1), json.dumps(value) + "\n"):
        if other.encode() != encode(value):
            with pytest.raises(NotCanonicalError):
                decode(other.encode())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": 1.5}, id="float"),
        pytest.param({"a": 2.0}, id="float that is whole"),
        pytest.param({"a": float("nan")}, id="nan"),
        pytest.param({"a": MAX_INTEGER + 1}, id="too large"),
        pytest.param({"a": [-MAX_INTEGER - 1]}, id="too small"),
        pytest.param({"a": "\ud800"}, id="lone surrogate"),
        pytest.param({"é": 1}, id="key that is not ascii"),
        pytest.param({1: 1}, id="key that is no text"),
        pytest.param({"a": b"bytes"}, id="bytes"),
        pytest.param({"a": {1, 2}}, id="set"),
    ],
)
def test_a_value_without_a_canonical_form_is_not_encoded(value: dict[str, object]) -> None:
    with pytest.raises(NotCanonicalError):
        encode(value)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"a":1,"a":1}', id="repeated key"),
        pytest.param(b'{"b":1,"a":1}', id="keys out of order"),
        pytest.param(b'{"a": 1}', id="space"),
        pytest.param(b'{"a":1.0}', id="float"),
        pytest.param(b'{"a":1e3}', id="exponent"),
        pytest.param(b'{"a":-0}', id="minus zero"),
        pytest.param(b'{"a":01}', id="leading zero"),
        pytest.param(b'{"a":NaN}', id="nan"),
        pytest.param(b'{"a":9007199254740992}', id="2^53"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="huge"),
        pytest.param(b'{"a":"\\u0041"}', id="needless escape"),
        pytest.param(b'{"a":"\\ud800"}', id="lone surrogate"),
        pytest.param('{"é":1}'.encode(), id="key that is not ascii"),
        pytest.param(b'{"\\u00e9":1}', id="key that is not ascii, escaped"),
        pytest.param(b'{"a":"\xff"}', id="not utf-8"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(b'{"a":' * 50_000, id="objects nested too deep"),
    ],
)
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        decode(data)


@given(st.binary(max_size=60))
def test_decoding_any_bytes_gives_their_one_value_or_refuses(data: bytes) -> None:
    try:
        value = decode(data)
    except NotCanonicalError:
        return
    assert encode(value) == data
