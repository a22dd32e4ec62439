"""The contract in CDDL and the models in Python say the same.

Three readers look at every message: our decoder, pycddl (somebody else's, and
lenient) and the strict reader in ``cddl.py``. Messages that the models can make
pass all three; what leaves a range passes none.
"""

import re
from enum import IntEnum, IntFlag
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from injector.protocol.codes import (
    Act,
    DeviceState,
    Ending,
    FaultCode,
    Faults,
    Inhibits,
    Mode,
    Reason,
)
from injector.protocol.framing import MAX_PAYLOAD, BadCause
from injector.protocol.messages import (
    ENTRIES,
    ENTRY_CODE,
    BadFrameSeen,
    FieldMap,
    HardEnvelope,
    Packet,
    Setpoint,
    decode_reply,
    decode_request,
    encode_packet,
)
from tests.protocol import cddl
from tests.protocol.shapes import (
    DEVICE_KINDS,
    HOST_KINDS,
    LINK,
    RECORDS,
    U32,
    Shape,
    any_packet,
    largest,
    packets,
    shapes,
    smallest,
)

RULES: dict[str, str] = {
    "Hello": "hello",
    "Configure": "configure",
    "Grant": "grant-request",
    "Beat": "beat",
    "Disarm": "disarm",
    "Stop": "stop",
    "Release": "release",
    "ReadJournal": "read-journal",
    "Prime": "prime",
    "SelfTest": "self-test",
    "Identify": "identify",
    "BadFrameSeen": "bad-frame",
    "Welcome": "welcome",
    "Configured": "configured",
    "Granted": "granted",
    "Status": "status",
    "Disarmed": "disarmed",
    "Stopped": "stopped",
    "Released": "released",
    "Done": "done",
    "Refused": "refused",
    "ShotEntry": "shot",
    "UncertainEntry": "uncertain",
    "MovedEntry": "moved",
    "FaultEntry": "fault",
    "Setpoint": "setpoint",
    "HardEnvelope": "hard_envelope",
}

ENUMS: dict[str, type[IntEnum]] = {
    "mode": Mode,
    "state": DeviceState,
    "ending": Ending,
    "fault_code": FaultCode,
    "act": Act,
    "reason": Reason,
    "cause": BadCause,
}
FLAGS: dict[str, type[IntFlag]] = {"faults": Faults, "inhibits": Inhibits}

UNITS = {
    "_nl": "nL",
    "_nl_s": "nL/s",
    "_um": "um",
    "_um_s": "um/s",
    "_us": "us",
    "_ms": "ms",
    "_pa": "Pa",
    "_pct": "percent",
    "_per_min": "shots per minute",
    "_ppm": "millionths",
}
"""What the end of a field's name says of its unit."""

KINDS = (*HOST_KINDS, *DEVICE_KINDS, *RECORDS)
MESSAGES = (*HOST_KINDS, *DEVICE_KINDS)


def name_of(kind: type[FieldMap]) -> str:
    return kind.__name__


def side(kind: type[FieldMap]) -> str:
    return "host-message" if kind in HOST_KINDS else "device-message"


def taken(kind: type[FieldMap], payload: bytes) -> bool:
    decode = decode_request if kind in HOST_KINDS else decode_reply
    return isinstance(decode(payload), Packet)


def envelope(kind: type[FieldMap], fields: object) -> list[object]:
    code: int = kind.CODE  # type: ignore[attr-defined]  # every kind that is sent has one
    return [code, LINK, 0 if kind is BadFrameSeen else 1, fields]


# ------------------------------------------------------------ structure


def test_the_two_top_rules_name_every_message_of_their_side() -> None:
    def codes(top: str) -> list[int]:
        found = []
        for option in cddl.tree(top)[1]:
            code = cddl.tree(option[1])[1][0]
            assert code[1] == code[2]
            found.append(code[1])
        return found

    host = [kind.CODE for kind in HOST_KINDS]  # type: ignore[attr-defined]  # see envelope
    device = {kind.CODE for kind in DEVICE_KINDS}  # type: ignore[attr-defined]  # see envelope
    assert sorted(codes("host-message")) == sorted(host)
    assert sorted(codes("device-message")) == sorted(device)
    assert ENTRY_CODE in device


def test_the_journal_entry_is_a_choice_of_every_kind_by_its_number() -> None:
    options = [option[1] for option in cddl.tree("journal-entry")[1]]
    assert [cddl.tree(option)[1][1] for option in options] == [
        ("range", number, number) for number in ENTRIES
    ]


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_every_field_of_the_model_stands_in_the_contract_and_no_other(
    kind: type[FieldMap],
) -> None:
    written = [(line.key, line.name) for line in cddl.lines(RULES[kind.__name__])]
    assert written == sorted((shape.key, shape.name) for shape in shapes(kind))


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_every_field_has_the_same_range_on_both_sides(kind: type[FieldMap]) -> None:
    types = {line.key: line.type for line in cddl.lines(RULES[kind.__name__])}
    for shape in shapes(kind):
        type_ = types[shape.key]
        if type_.isdigit():
            assert shape.codes == (int(type_),)
            continue
        node = cddl.resolve(type_)
        match shape.type:
            case "uint" | "bits":
                assert node == ("range", shape.low, shape.high), shape.name
            case "bool":
                assert node == ("bool",), shape.name
            case "bstr" | "tstr":
                assert node == ("size", shape.type, shape.low, shape.high), shape.name
            case "code":
                assert cddl.members(type_) == list(shape.codes), shape.name
            case "map":
                assert type_ == RULES[shape.python.__name__], shape.name


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_every_quantity_states_the_unit_that_its_name_ends_with(kind: type[FieldMap]) -> None:
    for line in cddl.lines(RULES[kind.__name__]):
        ending = re.search(r"(_(?:nl|um)_s|_per_min|_(?:nl|um|us|ms|pa|pct|ppm))$", line.name)
        if ending:
            assert line.note.removeprefix("lifetime ") == UNITS[ending[1]], line.name


@pytest.mark.parametrize("rule", ENUMS)
def test_every_code_has_its_name_and_number_in_the_contract(rule: str) -> None:
    numbers = {
        name.removeprefix(f"{rule}-").replace("-", "_").upper(): cddl.members(name)
        for name in cddl.rules()
        if name.startswith(f"{rule}-")
    }
    assert numbers == {member.name: [member.value] for member in ENUMS[rule]}


@pytest.mark.parametrize("rule", FLAGS)
def test_every_bit_has_its_name_and_number_in_the_contract(rule: str) -> None:
    bits = {
        name.removeprefix(f"{rule}-").replace("-", "_").upper(): cddl.members(name)
        for name in cddl.rules()
        if name.startswith(f"{rule}-")
    }
    assert bits == {member.name: [member.value] for member in FLAGS[rule]}
    assert cddl.resolve(rule) == ("range", 0, sum(FLAGS[rule]))


def test_every_rule_of_the_contract_is_used_or_names_a_bit() -> None:
    reached: set[str] = set()

    def follow(node: Any) -> None:
        if isinstance(node, tuple) and node[:1] == ("name",) and node[1] != "bool":
            if node[1] not in reached:
                reached.add(node[1])
                follow(cddl.tree(node[1]))
        elif isinstance(node, tuple | list):
            for part in node:
                follow(part)
        elif isinstance(node, dict):
            follow(list(node.values()))

    follow(("name", "message"))
    bits = {name for name in cddl.rules() if name.startswith(("faults-", "inhibits-"))}
    assert set(cddl.rules()) - reached == bits


# ------------------------------------------------------------ what is valid


@pytest.mark.parametrize("kind", MESSAGES, ids=name_of)
@settings(max_examples=40)
@given(data=st.data())
def test_whatever_a_model_can_make_is_valid_to_every_reader(
    kind: type[FieldMap], data: st.DataObject
) -> None:
    packet = data.draw(packets(kind))
    payload = encode_packet(packet)
    assert cddl.independently_valid(side(kind), payload)
    assert cddl.independently_valid("message", payload)
    assert cddl.accepts(side(kind), cbor2.loads(payload))
    assert (decode_request if kind in HOST_KINDS else decode_reply)(payload) == packet


@pytest.mark.parametrize("edge", [largest, smallest])
@pytest.mark.parametrize("kind", MESSAGES, ids=name_of)
def test_the_ends_of_every_range_are_valid_to_every_reader(kind: type[FieldMap], edge: Any) -> None:
    for link, number in ((1, 1), (U32, U32)):
        packet = Packet(link, 0 if kind is BadFrameSeen else number, edge(kind))
        payload = encode_packet(packet)
        assert cddl.independently_valid(side(kind), payload)
        assert cddl.accepts(side(kind), cbor2.loads(payload))
        assert taken(kind, payload)


def test_the_largest_message_fits_a_frame_with_room_to_grow() -> None:
    sizes = {kind: len(encode_packet(Packet(U32, U32, largest(kind)))) for kind in MESSAGES}
    assert max(sizes.values()) == sizes[DEVICE_KINDS[0]] == 207  # welcome
    assert max(sizes.values()) <= MAX_PAYLOAD


# ------------------------------------------------------------ what is not


def outside(shape: Shape) -> list[object]:
    """Values just past the field's range, and of a type that never passes for it."""
    match shape.type:
        case "uint" | "bits":
            return [shape.high + 1, -1, True, "1", None]
        case "bstr":
            return [bytes(shape.low - 1), bytes(shape.high + 1), b"", True, None]
        case "tstr":
            return ["", "A" * (shape.high + 1), True, None]
        case "code" if shape.python is int:  # the kind of an entry: the next may be another's
            return [0, len(ENTRIES) + 1, -1, "1", b"1", True, None]
        case "code":
            return [max(shape.codes) + 1, min(shape.codes) - 1, "1", b"1", True, None]
        case "bool":
            return [0, 1, "", None]
        case "map":
            return [{}, 1, True, None, smallest(shape.python).to_wire() | {1: U32 + 1}]


CASES = [
    pytest.param(kind, shape, value, id=f"{kind.__name__}-{shape.name}-{value!r:.24}")
    for kind in MESSAGES
    for shape in shapes(kind)
    for value in outside(shape)
]


@pytest.mark.parametrize(("kind", "shape", "value"), CASES)
def test_a_value_outside_its_range_is_refused_by_every_reader(
    kind: type[FieldMap], shape: Shape, value: object
) -> None:
    message = envelope(kind, smallest(kind).to_wire() | {shape.key: value})
    payload = cbor2.dumps(message, canonical=True)
    assert not cddl.independently_valid(side(kind), payload)
    assert not cddl.accepts(side(kind), cbor2.loads(payload))
    assert not taken(kind, payload)


@pytest.mark.parametrize(
    ("record", "holder"), [(Setpoint, HOST_KINDS[1]), (HardEnvelope, DEVICE_KINDS[0])]
)
def test_a_nested_value_outside_its_range_is_refused_by_every_reader(
    record: type[FieldMap], holder: type[FieldMap]
) -> None:
    place = next(shape.key for shape in shapes(holder) if shape.python is record)
    for shape in shapes(record):
        for value in outside(shape):
            nested = smallest(record).to_wire() | {shape.key: value}
            message = envelope(holder, smallest(holder).to_wire() | {place: nested})
            payload = cbor2.dumps(message, canonical=True)
            assert not cddl.independently_valid(side(holder), payload), (shape.name, value)
            assert not cddl.accepts(side(holder), cbor2.loads(payload)), (shape.name, value)
            assert not taken(holder, payload), (shape.name, value)


@pytest.mark.parametrize("kind", MESSAGES, ids=name_of)
def test_a_missing_field_is_refused_by_every_reader(kind: type[FieldMap]) -> None:
    for shape in shapes(kind):
        fields = smallest(kind).to_wire()
        del fields[shape.key]
        payload = cbor2.dumps(envelope(kind, fields), canonical=True)
        assert not cddl.independently_valid(side(kind), payload), shape.name
        assert not cddl.accepts(side(kind), cbor2.loads(payload)), shape.name
        assert not taken(kind, payload), shape.name


@pytest.mark.parametrize("kind", MESSAGES, ids=name_of)
def test_an_unknown_field_is_refused_by_our_own_rule(kind: type[FieldMap]) -> None:
    for key in (0, 200, 2**40):
        message = envelope(kind, smallest(kind).to_wire() | {key: 1})
        payload = cbor2.dumps(message, canonical=True)
        assert not taken(kind, payload)
        assert not cddl.accepts(side(kind), cbor2.loads(payload))


@pytest.mark.parametrize("kind", MESSAGES, ids=name_of)
@pytest.mark.parametrize(
    ("link", "number"),
    [(-1, 1), (2**32, 1), (1, -1), (1, 2**32), ("1", 1), (1, None), (True, 1), (1, False)],
)
def test_a_link_or_id_outside_its_range_is_refused_by_every_reader(
    kind: type[FieldMap], link: object, number: object
) -> None:
    code, _, _, fields = envelope(kind, smallest(kind).to_wire())
    message = [code, link, number, fields]
    payload = cbor2.dumps(message, canonical=True)
    assert not cddl.independently_valid(side(kind), payload)
    assert not cddl.accepts(side(kind), cbor2.loads(payload))
    assert not taken(kind, payload)


@pytest.mark.parametrize("kind", MESSAGES, ids=name_of)
def test_link_and_id_are_zero_only_where_nobody_could_have_drawn_them(
    kind: type[FieldMap],
) -> None:
    code, _, _, fields = envelope(kind, smallest(kind).to_wire())
    for link, number in ((0, 0), (0, 1), (1, 0), (1, 1)):
        message = [code, link, number, fields]
        payload = cbor2.dumps(message, canonical=True)
        allowed = cddl.accepts(side(kind), cbor2.loads(payload))
        assert taken(kind, payload) is allowed, (link, number)
        assert cddl.independently_valid(side(kind), payload) is allowed, (link, number)


@pytest.mark.parametrize("code", [17, 19, 24, 255, 256, U32])
def test_a_type_that_nobody_has_defined_is_refused_by_every_reader(code: int) -> None:
    payload = cbor2.dumps([code, LINK, 1, {}])
    assert not cddl.independently_valid("message", payload)
    assert not cddl.accepts("message", [code, LINK, 1, {}])
    assert decode_request(payload) == decode_reply(payload) == BadCause.UNKNOWN_TYPE


@pytest.mark.parametrize("kind", MESSAGES, ids=name_of)
def test_each_side_takes_only_what_the_other_side_says(kind: type[FieldMap]) -> None:
    payload = encode_packet(Packet(LINK, 0 if kind is BadFrameSeen else 1, smallest(kind)))
    other = decode_reply if kind in HOST_KINDS else decode_request
    assert other(payload) in (BadCause.UNKNOWN_TYPE, BadCause.BAD_SHAPE)


NEAR_MISSES: list[object] = [
    *(0, 1, -1, 23, 24, 255, 256, 65535, 65536, U32, U32 + 1, 2**53 - 1, 2**53, 2**64 - 1),
    *(True, False, None, 1.0, "", "1", "A" * 20, "A" * 21),
    *(b"", b"1", bytes(4), bytes(7), bytes(8), bytes(9), [], [1], {}, {1: 1}),
]


@settings(max_examples=400)
@given(packet=any_packet(*MESSAGES), data=st.data())
def test_after_any_change_of_one_part_our_decoder_and_the_contract_still_agree(
    packet: Packet[Any], data: st.DataObject
) -> None:
    kind = type(packet.message)
    message = cbor2.loads(encode_packet(packet))
    place = data.draw(st.sampled_from([0, 1, 2, 3, *message[3], 99]))
    value = data.draw(st.sampled_from(NEAR_MISSES))
    how = data.draw(st.sampled_from(["put", "remove"]))
    if place in (0, 1, 2) and data.draw(st.booleans()):
        message[place] = value
    elif how == "put":
        message[3][place] = value
    else:
        message[3].pop(place, None)
    payload = cbor2.dumps(message, canonical=True)
    assert taken(kind, payload) is cddl.accepts(side(kind), message)


# ------------------------------------------------------------ what CDDL cannot say


@pytest.mark.parametrize(
    ("title", "payload"),
    [
        ("a byte after the item", "84051a2a3b4c5d01a000"),
        ("a second item", "84051a2a3b4c5d01a084051a2a3b4c5d01a0"),
        ("a key twice", "84071a2a3b4c5d01a201050106"),
    ],
)
def test_what_the_validator_lets_pass_is_refused_by_our_own_rules(title: str, payload: str) -> None:
    raw = bytes.fromhex(payload)
    assert cddl.independently_valid("host-message", raw), title
    assert decode_request(raw) == BadCause.NOT_CANONICAL


@pytest.mark.parametrize("character", ["\x1f", "\x7f", "\n", "\x00", "é", "\u2028"])
def test_a_name_has_printable_ascii_only(character: str) -> None:
    kind = DEVICE_KINDS[0]
    for key in (2, 3, 4):
        for text in (character, "A" + character, character + "A"):
            message = envelope(kind, smallest(kind).to_wire() | {key: text})
            assert decode_reply(cbor2.dumps(message, canonical=True)) == BadCause.BAD_FIELDS
