"""The shape of a message says yes to all that the rules allow, and to nothing else."""

import re
import struct
from collections.abc import Iterator
from enum import IntFlag
from typing import Annotated, Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from injector.protocol import cbor, messages
from injector.protocol import shapes as parts
from injector.protocol.fieldmap import FieldMap, Key
from injector.protocol.messages import (
    ENTRY_CODE,
    BadFrameSeen,
    Beat,
    Packet,
    ShotEntry,
    Status,
    decode_reply,
    decode_request,
    encode_packet,
    judge_reply,
    judge_request,
)
from tests.protocol.shapes import (
    DEVICE_KINDS,
    HOST_KINDS,
    LINK,
    RECORDS,
    any_packet,
    largest,
    shapes,
    smallest,
)
from tests.protocol.test_decoder_fuzz import mutated

KINDS = (*HOST_KINDS, *DEVICE_KINDS)
PACKETS = any_packet(*KINDS)
EDGES = [0, 1, 23, 24, *(2**bits + more for bits in (8, 16, 32, 53) for more in (-1, 0)), 2**64 - 1]
TEXTS = ["", "1", "A" * 20, "A" * 21, "\n", "\x7f", b"", b"1" * 4, b"1" * 8, b"1" * 9]
ODD = [*EDGES, *TEXTS, -1, True, False, [], {}, {1: 1}]


def shaped(payload: bytes) -> list[type[FieldMap]]:
    """The kinds of message whose shape ``payload`` has."""
    forms = [*messages._REQUEST_FORMS.values(), *messages._REPLY_FORMS.values()]
    return [kind for form in forms for matches, kind in form if matches(payload) is not None]


def agreed(payload: bytes) -> bool:
    """Whether ``payload`` is a message; both roads must say the same of it."""
    taken = [type(result.message) for result in judged(payload) if isinstance(result, Packet)]
    assert shaped(payload) == taken
    assert decode_request(payload) == judge_request(payload)
    assert decode_reply(payload) == judge_reply(payload)
    return bool(taken)


def judged(payload: bytes) -> Iterator[Any]:
    yield judge_request(payload)
    yield judge_reply(payload)


@given(packet=PACKETS)
def test_every_message_has_its_shape_and_its_one_encoding(packet: Packet[Any]) -> None:
    payload = encode_packet(packet)
    message = packet.message
    item = [message.CODE, packet.link, packet.id, message.to_wire()]
    assert payload == cbor2.dumps(item, canonical=True)
    assert agreed(payload)


@settings(max_examples=1_000)
@given(payload=mutated(PACKETS.map(encode_packet)))
def test_the_shape_and_the_rules_agree_on_damaged_messages(payload: bytes) -> None:
    agreed(payload)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("start", [smallest, largest], ids=["smallest", "largest"])
def test_the_shape_and_the_rules_agree_on_every_field(kind: Any, start: Any) -> None:
    fields = start(kind).to_wire()
    number = 0 if kind is BadFrameSeen else 1
    taken = 0
    for shape in shapes(kind):
        near = [shape.low - 1, shape.low, shape.high, shape.high + 1, *shape.codes]
        for value in (fields[shape.key], *ODD, *near):
            changed = fields | {shape.key: value}
            taken += agreed(cbor2.dumps([kind.CODE, LINK, number, changed], canonical=True))
        without = {key: value for key, value in fields.items() if key != shape.key}
        assert not agreed(cbor2.dumps([kind.CODE, LINK, number, without], canonical=True))
    assert taken or not fields
    assert not agreed(cbor2.dumps([kind.CODE, LINK, number, fields | {23: 0}], canonical=True))


@pytest.mark.parametrize("record", RECORDS, ids=lambda kind: kind.__name__)
def test_the_shape_and_the_rules_agree_on_every_field_of_a_record(record: Any) -> None:
    (kind, key), *_ = (
        (kind, shape.key) for kind in KINDS for shape in shapes(kind) if shape.python is record
    )
    fields, inner = smallest(kind).to_wire(), smallest(record).to_wire()
    for shape in shapes(record):
        for value in (*ODD, shape.low, shape.high, shape.high + 1):
            changed = fields | {key: inner | {shape.key: value}}
            agreed(cbor2.dumps([kind.CODE, LINK, 1, changed], canonical=True))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_shape_and_the_rules_agree_on_links_and_ids(kind: Any) -> None:
    fields = smallest(kind).to_wire()
    for link in (*EDGES, -1, True, "1"):
        for number in (*EDGES, -1, True, "1"):
            agreed(cbor2.dumps([kind.CODE, link, number, fields], canonical=True))


def test_a_longer_form_has_no_shape() -> None:
    head = encode_packet(Packet(LINK, 7, Beat(echo=0, acknowledge=0)))[:-4]
    for short, long in (("17", "1817"), ("18ff", "1900ff"), ("19ffff", "1a0000ffff")):
        assert agreed(head + bytes.fromhex(f"01{short}0200"))
        assert not agreed(head + bytes.fromhex(f"01{long}0200"))
        assert not agreed(head + bytes.fromhex(f"01{short}020000"))


@pytest.mark.parametrize("bits", [1, 4, 5, 7, 8, 9, 16, 17, 31, 32, 33, 53, 64])
def test_numbers_of_so_many_bits_are_matched_up_to_the_last(bits: int) -> None:
    shape = re.compile(parts.uint(bits), re.DOTALL)
    for number in {
        0,
        1,
        22,
        23,
        24,
        *(2**n + d for n in range(4, 64) for d in (-1, 0, 1)),
        2**64 - 1,
    }:
        assert bool(shape.fullmatch(cbor.encode_uint(number))) == (number < 2**bits), number


@given(number=st.integers(0, 2**64 - 1))
def test_a_number_has_the_encoding_that_the_library_gives_it(number: int) -> None:
    assert cbor.encode_uint(number) == cbor.encode(number)


@pytest.mark.parametrize("number", [-1, -(2**63), 2**64])
def test_a_number_that_the_wire_does_not_have_is_not_encoded(number: int) -> None:
    with pytest.raises((LookupError, struct.error)):
        cbor.encode_uint(number)


class Holed(IntFlag):
    LOW = 1
    HIGH = 4


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[int, Field(ge=0, le=100), Key(1)],
        Annotated[int, Field(ge=1, le=255), Key(1)],
        Annotated[int, Field(ge=0, le=255, multiple_of=5), Key(1)],
        Annotated[int, Field(gt=0, ge=0, le=255), Key(1)],
        Annotated[int, Field(ge=0, le=255, lt=9), Key(1)],
        Annotated[float, Key(1)],
        Annotated[str, Field(min_length=1, max_length=20, pattern="^[a-z]+$"), Key(1)],
        Annotated[Holed, Field(strict=False), Key(1)],
    ],
)
def test_a_field_whose_rule_has_no_shape_cannot_be_written_down(annotation: Any) -> None:
    with pytest.raises(TypeError):
        type("Odd", (FieldMap,), {"__annotations__": {"odd": annotation}, "__module__": __name__})


def test_a_message_that_came_is_as_good_as_one_that_was_made() -> None:
    made = largest(ShotEntry)
    came = decode_reply(encode_packet(Packet(LINK, 0, made)))
    assert isinstance(came, Packet)
    assert came.message == made
    assert hash(came.message) == hash(made)
    assert came.message.model_dump() == made.model_dump()
    assert came.message.model_copy(update={"index": 5}) == made.model_copy(update={"index": 5})
    assert came.message.model_fields_set == made.model_fields_set
    assert made.CODE == ENTRY_CODE


def test_a_copy_with_another_value_differs_in_nothing_else() -> None:
    made = largest(Status)
    copy = made.but(number=7)
    assert copy == Status(**{**made.model_dump(), "number": 7})
    assert encode_packet(Packet(LINK, 1, copy)) != encode_packet(Packet(LINK, 1, made))
    assert made == largest(Status)
