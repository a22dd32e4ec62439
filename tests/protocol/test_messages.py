"""Messages: what a payload must be to be one, and which cause is named when it is not."""

from hashlib import sha256
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from injector.protocol.codes import Faults, Inhibits, Mode, Reason
from injector.protocol.framing import BadCause
from injector.protocol.messages import (
    COUNTER_MAX,
    ENTRIES,
    REPLIES,
    REQUESTS,
    BadFrameSeen,
    Beat,
    Configure,
    Disarm,
    FieldMap,
    Hello,
    Packet,
    Refused,
    Setpoint,
    ShotEntry,
    Status,
    decode_reply,
    decode_request,
    encode_packet,
)
from tests.protocol.shapes import (
    DEVICE_KINDS,
    HOST_KINDS,
    LINK,
    RECORDS,
    any_packet,
    largest,
    records,
    shapes,
    smallest,
)

HELLO: dict[object, object] = {1: 1, 2: b"logid-00", 3: 500}


def request(*message: object) -> Packet[Any] | BadCause:
    return decode_request(cbor2.dumps(list(message), canonical=True))


def reply(*message: object) -> Packet[Any] | BadCause:
    return decode_reply(cbor2.dumps(list(message), canonical=True))


def test_a_request_is_type_link_id_and_fields() -> None:
    hello = Hello(version=1, log=b"logid-00", lease_ms=500)
    assert request(1, LINK, 9, HELLO) == Packet(LINK, 9, hello)
    assert cbor2.loads(encode_packet(Packet(LINK, 9, hello))) == [1, LINK, 9, HELLO]


SHAPES: list[tuple[str, tuple[object, ...]]] = [
    ("an empty array", ()),
    ("no fields", (1, LINK, 9)),
    ("something after the fields", (1, LINK, 9, HELLO, 0)),
    ("fields that are an array", (1, LINK, 9, [1, b"logid-00", 500])),
    ("fields that are bytes", (1, LINK, 9, b"")),
    ("a type that is text", ("hello", LINK, 9, HELLO)),
    ("a type that is true", (True, LINK, 9, HELLO)),
    ("a link of 33 bits", (1, 2**32, 9, HELLO)),
    ("a link that is bytes", (1, b"\x2a\x3b\x4c\x5d", 9, HELLO)),
    ("a link that is true", (1, True, 9, HELLO)),
    ("an id of 33 bits", (1, LINK, 2**32, HELLO)),
    ("an id that is false", (1, LINK, False, HELLO)),
]


@pytest.mark.parametrize("message", [pytest.param(message, id=title) for title, message in SHAPES])
def test_what_is_not_type_link_id_and_fields_has_a_bad_shape(message: tuple[object, ...]) -> None:
    assert request(*message) == BadCause.BAD_SHAPE
    assert reply(*message) == BadCause.BAD_SHAPE


@pytest.mark.parametrize("item", [0, b"", "", {}, True, {1: 1}])
def test_an_item_that_is_no_array_has_a_bad_shape(item: object) -> None:
    assert decode_request(cbor2.dumps(item)) == decode_reply(cbor2.dumps(item))
    assert decode_request(cbor2.dumps(item)) == BadCause.BAD_SHAPE


@pytest.mark.parametrize(("link", "number"), [(0, 1), (LINK, 0), (0, 0)])
def test_a_request_without_link_or_id_has_a_bad_shape(link: int, number: int) -> None:
    assert request(1, link, number, HELLO) == BadCause.BAD_SHAPE
    assert request(5, link, number, {}) == BadCause.BAD_SHAPE


FIELDS: list[tuple[str, dict[object, object]]] = [
    ("none", {}),
    ("one missing", {1: 1, 2: b"logid-00"}),
    ("one unknown", HELLO | {4: 0}),
    ("one unknown, key 0", HELLO | {0: 0}),
    ("true for a number", HELLO | {1: True}),
    ("a number too large", HELLO | {1: 256}),
    ("text for a number", HELLO | {3: "500"}),
    ("bytes for a number", HELLO | {3: b"500"}),
    ("an array for a number", HELLO | {3: [500]}),
    ("text for bytes", HELLO | {2: "logid-00"}),
    ("bytes too few", HELLO | {2: b"logid-0"}),
    ("bytes too many", HELLO | {2: b"logid-000"}),
]


@pytest.mark.parametrize("fields", [pytest.param(fields, id=title) for title, fields in FIELDS])
def test_fields_that_break_a_rule_are_bad_fields_and_the_message_is_refused_whole(
    fields: dict[object, object],
) -> None:
    assert request(1, LINK, 9, fields) == BadCause.BAD_FIELDS


@pytest.mark.parametrize("key", [5, 6])
@pytest.mark.parametrize("value", [0, 1])
def test_a_number_is_never_taken_for_a_boolean(key: int, value: int) -> None:
    fields = smallest(Status).to_wire() | {key: value}
    assert reply(15, LINK, 1, fields) == BadCause.BAD_FIELDS


@pytest.mark.parametrize("kind", [*HOST_KINDS, *DEVICE_KINDS], ids=lambda kind: kind.__name__)
def test_a_boolean_is_never_taken_for_a_number(kind: type[FieldMap]) -> None:
    decode = decode_request if kind in HOST_KINDS else decode_reply
    for shape in shapes(kind):
        if shape.type in ("uint", "bits", "code"):
            for value in (False, True):
                fields = smallest(kind).to_wire() | {shape.key: value}
                code = kind.CODE  # type: ignore[attr-defined]  # every kind that is sent has one
                number = 0 if kind is BadFrameSeen else 1
                payload = cbor2.dumps([code, LINK, number, fields], canonical=True)
                assert decode(payload) == BadCause.BAD_FIELDS, (shape.name, value)


@pytest.mark.parametrize("value", ["1", b"1", "SINGLE", [1], {1: 1}])
def test_a_code_is_a_number_and_nothing_that_reads_like_one(value: object) -> None:
    setpoint = smallest(Setpoint).to_wire()
    assert request(2, LINK, 1, {1: setpoint | {6: value}}) == BadCause.BAD_FIELDS
    status = smallest(Status).to_wire()
    for key in (2, 3, 4, 17):
        assert reply(15, LINK, 1, status | {key: value}) == BadCause.BAD_FIELDS, key


@pytest.mark.parametrize("bits", range(0, 128, 9))
def test_bits_may_be_set_together(bits: int) -> None:
    fields = smallest(Status).to_wire() | {3: bits, 4: bits * 4, 17: bits}
    packet = reply(15, LINK, 1, fields)
    assert isinstance(packet, Packet)
    assert packet.message.faults == Faults(bits)
    assert packet.message.inhibits == Inhibits(bits * 4)
    assert packet.message.pull_inhibits == Inhibits(bits)


def test_an_entry_is_told_by_its_kind() -> None:
    for number, kind in ENTRIES.items():
        packet = reply(21, LINK, 0, smallest(kind).to_wire())
        assert isinstance(packet, Packet)
        assert type(packet.message) is kind
        assert packet.message.kind == number


@pytest.mark.parametrize("kind", [0, 5, True, "1", b"\x01", [], {}])
def test_an_entry_of_no_known_kind_has_bad_fields(kind: object) -> None:
    fields = smallest(ShotEntry).to_wire() | {1: kind}
    assert reply(21, LINK, 0, fields) == BadCause.BAD_FIELDS


def test_an_entry_without_a_kind_has_bad_fields() -> None:
    fields = smallest(ShotEntry).to_wire()
    del fields[1]
    assert reply(21, LINK, 0, fields) == BadCause.BAD_FIELDS


@pytest.mark.parametrize("code", sorted({*range(40)} - set(REQUESTS)))
def test_a_device_takes_requests_only(code: int) -> None:
    assert request(code, LINK, 1, {}) == BadCause.UNKNOWN_TYPE


def test_no_number_means_one_thing_for_a_host_and_another_for_a_device() -> None:
    assert not set(REQUESTS) & set(REPLIES)
    assert 21 not in {*REQUESTS, *REPLIES}


@given(packet=any_packet(*HOST_KINDS, *DEVICE_KINDS))
def test_every_message_survives_its_own_encoding(packet: Packet[Any]) -> None:
    decode = decode_request if type(packet.message) in HOST_KINDS else decode_reply
    assert decode(encode_packet(packet)) == packet


def test_the_keys_of_a_message_are_each_there_once() -> None:
    for kind in (*HOST_KINDS, *DEVICE_KINDS, *RECORDS):
        keys = [shape.key for shape in shapes(kind)]
        assert len(keys) == len(set(keys)), kind
        assert all(1 <= key <= 23 for key in keys), f"{kind} has a key of two bytes"


def test_a_message_cannot_be_changed_nor_made_outside_its_ranges() -> None:
    beat = Beat(echo=1, acknowledge=2)
    with pytest.raises(ValidationError):
        beat.echo = 3  # type: ignore[misc]  # this is the mistake that is refused
    for echo in (-1, 2**32, True, "1", 1.0, None):
        with pytest.raises(ValidationError):
            Beat(echo=echo, acknowledge=2)  # type: ignore[arg-type]  # as above
    with pytest.raises(ValidationError):
        Disarm(reason=1)  # type: ignore[call-arg]  # as above


def test_a_counter_ends_where_json_readers_stop_being_exact() -> None:
    assert COUNTER_MAX == 2**53 - 1
    assert Refused(reason=Reason.RANGE, field=0, bound=COUNTER_MAX).bound == COUNTER_MAX
    with pytest.raises(ValidationError):
        Refused(reason=Reason.RANGE, field=0, bound=COUNTER_MAX + 1)


# ------------------------------------------------------------ the readback

SETPOINT = Setpoint(
    volume_nl=50_000,
    depth_um=4_000,
    flow_nl_s=500_000,
    needle_um_s=60_000,
    cadence_per_min=180,
    mode=Mode.REPEAT,
    burst=0,
    needle_um=4_000,
    syringe_nl=5_000_000,
)


def test_the_digest_is_eight_bytes_of_sha256_over_the_encoded_setpoint() -> None:
    encoded = bytes.fromhex(
        "a9 01 19c350 02 190fa0 03 1a0007a120 04 19ea60 05 18b4 06 02 07 00 08 190fa0 09 1a004c4b40"
    )
    assert cbor2.dumps(SETPOINT.to_wire(), canonical=True) == encoded
    assert SETPOINT.digest() == sha256(encoded).digest()[:8]
    assert encoded.hex() in encode_packet(Packet(LINK, 1, Configure(setpoint=SETPOINT))).hex()


@given(one=records(Setpoint), two=records(Setpoint))
def test_two_setpoints_share_a_digest_only_if_they_are_equal(one: Setpoint, two: Setpoint) -> None:
    assert (one.digest() == two.digest()) is (one == two)


def test_the_digest_changes_with_every_single_field() -> None:
    digests = {SETPOINT.digest()}
    for shape in shapes(Setpoint):
        other = getattr(largest(Setpoint), shape.name)
        assert other != getattr(SETPOINT, shape.name)
        digests.add(SETPOINT.model_copy(update={shape.name: other}).digest())
    assert len(digests) == 1 + len(list(shapes(Setpoint)))


@given(data=st.data())
def test_wire_and_record_are_two_forms_of_one_thing(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from((*HOST_KINDS, *DEVICE_KINDS, *RECORDS)))
    record = data.draw(records(kind))
    assert kind.from_wire(record.to_wire()) == record


@pytest.mark.parametrize("wire", [None, 1, [], "", b"", True])
def test_what_is_no_map_is_no_record(wire: object) -> None:
    assert Setpoint.from_wire(wire) is None
