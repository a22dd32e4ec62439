"""A value has one encoding on this wire. Everything else is refused before it is decoded."""

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from injector.protocol import cbor
from injector.protocol.framing import BadCause
from injector.protocol.messages import decode_reply, decode_request

REFUSED: list[tuple[str, str]] = [
    # --- where the item ends
    ("nothing at all", ""),
    ("a byte after the item", "00 00"),
    ("a byte after the message", "84 05 01 01 a0 00"),
    ("two messages in one payload", "84 05 01 01 a0 84 05 01 01 a0"),
    ("an array that ends too early", "84 05 01 01"),
    ("a map that ends too early", "a2 01 01"),
    ("a key without its value", "a1 01"),
    ("bytes that end too early", "48 01 02"),
    ("text that ends too early", "63 61 62"),
    # --- maps
    ("a key twice", "a2 01 05 01 06"),
    ("a key twice with equal values", "a2 01 05 01 05"),
    ("keys that fall", "a2 02 05 01 05"),
    ("keys in the order of their bytes' length", "a2 18 18 00 17 00"),
    ("text for a key", "a1 61 61 00"),
    ("bytes for a key", "a1 41 61 00"),
    ("a negative key", "a1 20 00"),
    ("true for a key", "a1 f5 00"),
    ("a map for a key", "a1 a0 00"),
    # --- heads longer than they need be
    ("5 in two bytes", "18 05"),
    ("23 in two bytes", "18 17"),
    ("24 in three bytes", "19 00 18"),
    ("255 in three bytes", "19 00 ff"),
    ("65535 in five bytes", "1a 00 00 ff ff"),
    ("2^32 - 1 in nine bytes", "1b 00 00 00 00 ff ff ff ff"),
    ("a long length for bytes", "58 01 00"),
    ("a long length for text", "78 01 61"),
    ("a long length for an array", "98 01 00"),
    ("a long length for a map", "b8 01 00 00"),
    ("a long key", "a1 18 01 00"),
    ("false in two bytes", "f8 14"),
    # --- heads that end too early
    ("a number of two bytes without its second", "18"),
    ("a number of three bytes without its third", "19 01"),
    ("a number of five bytes with four", "1a 00 01 00"),
    ("a number of nine bytes with eight", "1b 00 00 00 01 00 00 00"),
    # --- heads that mean nothing
    ("a reserved head, 28", "1c"),
    ("a reserved head, 29", "1d"),
    ("a reserved head, 30", "1e"),
    # --- indefinite lengths
    ("bytes without a length", "5f 41 00 ff"),
    ("text without a length", "7f 61 61 ff"),
    ("an array without a length", "9f 00 ff"),
    ("a map without a length", "bf 01 00 ff"),
    ("a break alone", "ff"),
    # --- kinds of value that this wire does not have
    ("-1", "20"),
    ("a large negative number", "3b ff ff ff ff ff ff ff ff"),
    ("a half float", "f9 3c 00"),
    ("a float", "fa 3f 80 00 00"),
    ("a double", "fb 3f f0 00 00 00 00 00 00"),
    ("NaN", "f9 7e 00"),
    ("null", "f6"),
    ("undefined", "f7"),
    ("a simple value without a name", "e0"),
    ("a simple value of two bytes", "f8 ff"),
    ("a tag", "c0 61 61"),
    ("a big number", "c2 41 01"),
    ("a set", "d9 01 02 81 00"),
    ("a shared reference", "d8 1c 80"),
    ("text that is not UTF-8", "61 ff"),
    ("text with half a surrogate pair", "63 ed a0 80"),
    # --- what a sender may not ask for
    ("arrays five deep", "81 81 81 81 81 00"),
    ("maps five deep", "a1 00 a1 00 a1 00 a1 00 a1 00 00"),
    ("arrays two hundred deep", "81 " * 200 + "00"),
    ("bytes of 2^64 - 1", "5b ff ff ff ff ff ff ff ff"),
    ("text of 2^64 - 1", "7b ff ff ff ff ff ff ff ff"),
    ("an array of 2^64 - 1", "9b ff ff ff ff ff ff ff ff"),
    ("a map of 2^64 - 1", "bb ff ff ff ff ff ff ff ff"),
    ("a map of more pairs than there are bytes", "b8 ff 00 00"),
    ("an array of more items than there are bytes", "98 ff 00 00"),
]


@pytest.mark.parametrize("payload", [pytest.param(bytes.fromhex(h), id=t) for t, h in REFUSED])
def test_what_is_not_the_one_encoding_is_refused_wherever_it_stands(payload: bytes) -> None:
    for wrapped in (payload, b"\x84\x05\x01\x01" + payload, b"\x84\x07\x01\x01\xa1\x01" + payload):
        assert cbor.decode(wrapped) is None
        assert decode_request(wrapped) == BadCause.NOT_CANONICAL
        assert decode_reply(wrapped) == BadCause.NOT_CANONICAL


TAKEN: list[tuple[str, object]] = [
    ("00", 0),
    ("17", 23),
    ("18 18", 24),
    ("18 ff", 255),
    ("19 01 00", 256),
    ("1a 00 01 00 00", 65536),
    ("1b 00 00 00 01 00 00 00 00", 2**32),
    ("1b ff ff ff ff ff ff ff ff", 2**64 - 1),
    ("f4", False),
    ("f5", True),
    ("40", b""),
    ("60", ""),
    ("62 c3 a9", "é"),
    ("80", []),
    ("a0", {}),
    ("a2 17 00 18 18 00", {23: 0, 24: 0}),
    ("81 81 81 81 00", [[[[0]]]]),
    ("84 01 02 03 a1 01 a1 01 f5", [1, 2, 3, {1: {1: True}}]),
]


@pytest.mark.parametrize(("encoded", "value"), TAKEN)
def test_the_one_encoding_is_taken(encoded: str, value: object) -> None:
    payload = bytes.fromhex(encoded)
    assert cbor.check(payload)
    decoded = cbor.decode(payload)
    assert decoded == value
    assert type(decoded) is type(value)
    assert cbor.encode(value) == payload


SCALARS = st.integers(0, 2**64 - 1) | st.binary(max_size=30) | st.text(max_size=12) | st.booleans()


def nested(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(children, max_size=5) | st.dictionaries(
        st.integers(0, 2**64 - 1), children, max_size=5
    )


VALUES = SCALARS | nested(SCALARS | nested(SCALARS))


@given(value=VALUES)
def test_what_we_encode_we_take_back(value: object) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@given(payload=st.binary(max_size=40))
@example(payload=bytes.fromhex("f97e00"))
def test_bytes_are_taken_only_if_they_are_what_we_should_have_written(payload: bytes) -> None:
    value = cbor.decode(payload)
    if value is not None:
        assert cbor.encode(value) == payload


@given(value=VALUES, place=st.integers(0, 200), byte=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_makes_another_proper_value(
    value: object, place: int, byte: int
) -> None:
    payload = bytearray(cbor.encode(value))
    payload[place % len(payload)] = byte
    changed = cbor.decode(bytes(payload))
    assert changed is None or cbor.encode(changed) == payload


@given(value=VALUES)
def test_no_prefix_and_no_longer_form_of_a_payload_is_a_payload(value: object) -> None:
    payload = cbor.encode(value)
    assert not any(cbor.check(payload[:end]) for end in range(len(payload)))
    assert not any(cbor.check(payload + bytes([more])) for more in range(256))


def test_an_encoding_that_another_library_would_take_is_still_refused() -> None:
    """The library decodes these without a word: the rule is ours, and it is checked first."""
    for payload in ("1805", "a201050106", "a202050105", "9f00ff", "f6", "fb3ff0000000000000"):
        cbor2.loads(bytes.fromhex(payload))
        assert cbor.decode(bytes.fromhex(payload)) is None
