"""``docs/protocol.md`` agrees with the code, in every frame, field, code and figure.

The document is written by hand. These tests read it as a firmware author would:
its frames are decoded, its exchange is played, its tables are compared.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, Flag
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import pytest

from injector.protocol import codes, framing, host, messages
from injector.protocol.device import Asked, DeviceConnection
from injector.protocol.framing import FrameDecoder, GoodFrame, encode_frame
from injector.protocol.host import Answered, HostConnection, Pushed
from injector.protocol.messages import (
    BadFrameSeen,
    FieldMap,
    JournalEntry,
    Packet,
    decode_reply,
    decode_request,
    encode_packet,
)
from tests.protocol import cddl
from tests.protocol.shapes import (
    DEVICE_KINDS,
    HOST_KINDS,
    RECORDS,
    U32,
    Shape,
    largest,
    shapes,
)
from tests.protocol.test_cddl import ENUMS, FLAGS, RULES

PATH: Final = Path(__file__).parents[2] / "docs" / "protocol.md"
TEXT: Final = PATH.read_text(encoding="utf-8")
KINDS: Final = {RULES[kind.__name__]: kind for kind in (*HOST_KINDS, *DEVICE_KINDS, *RECORDS)}
ENTRY_RULES: Final = ("shot", "uncertain", "moved", "fault")
SHORT_RANGES: Final = {"u8": 255, "u16": 65_535, "u32": U32, "counter": 2**53 - 1}


# ------------------------------------------------------------ reading the document


def section(heading: str) -> str:
    """Return the text under the heading that begins so, up to the next heading."""
    match = re.search(rf"^(#+) {re.escape(heading)}.*\n((?:(?!^#).*\n)*)", TEXT, re.MULTILINE)
    assert match, f"the document has no heading '{heading}'"
    return match[2]


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables of ``text``: rows of cells, without the head."""
    found: list[list[list[str]]] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("|"):
            if not inside:
                found.append([])
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        inside = line.startswith("|")
    return [rows[2:] for rows in found]


@dataclass(frozen=True, slots=True)
class Worked:
    """A frame of the document with what is said about it."""

    side: str
    rule: str
    size: int
    line: bytes
    type: int
    link: int
    id: int
    fields: list[tuple[str, str, str]]
    """Key, name and value, as written."""
    heading: str

    @property
    def decode(self) -> Any:
        return decode_request if self.side == "host" else decode_reply

    @property
    def packet(self) -> Packet[Any]:
        (event,) = FrameDecoder().feed(self.line)
        assert isinstance(event, GoodFrame)
        packet = self.decode(event.payload)
        assert isinstance(packet, Packet), packet
        return packet


def worked() -> Iterator[Worked]:
    heading = ""
    for part in re.split(r"^(## .*|```frame\n(?:(?!```).*\n)*```)$", TEXT, flags=re.MULTILINE):
        if part.startswith("## "):
            heading = part
        if not part.startswith("```frame"):
            continue
        lines = part.splitlines()[1:-1]
        title = re.fullmatch(r"(host|device): ([\w-]+), (\d+) bytes", lines[0])
        assert title, lines[0]
        place = next(n for n, line in enumerate(lines) if line.startswith("type "))
        said = re.fullmatch(r"type (\d+), link ([0-9a-f]{8}), id (\d+)", lines[place])
        assert said, lines[place]
        fields = []
        for line in lines[place + 1 :]:
            key, name, value = line.split(maxsplit=2)
            fields.append((key, name, value))
        yield Worked(
            title[1],
            title[2],
            int(title[3]),
            bytes.fromhex(" ".join(lines[1:place])),
            int(said[1]),
            int(said[2], 16),
            int(said[3]),
            fields,
            heading,
        )


WORKED: Final = list(worked())
FRAMES = pytest.mark.parametrize(
    "frame", [pytest.param(one, id=f"{n}-{one.rule}") for n, one in enumerate(WORKED)]
)


def flat(record: FieldMap, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield every field of a record with its key, nested ones as 1.2."""
    for shape in sorted(shapes(type(record)), key=lambda shape: shape.key):
        value = getattr(record, shape.name)
        if isinstance(value, FieldMap):
            yield from flat(value, f"{prefix}{shape.key}.")
        else:
            yield f"{prefix}{shape.key}", shape.name, value


def read_value(text: str, like: Any) -> object:
    """Return the value that ``text`` stands for, given one of the same kind."""
    if isinstance(like, bool):
        return {"true": True, "false": False}[text]
    if isinstance(like, str):
        assert text[0] == text[-1] == '"'
        return text[1:-1]
    if isinstance(like, bytes):
        return bytes.fromhex(text)
    number, *names = text.split()
    if isinstance(like, Flag):
        assert names == [member.name for member in type(like) if member in like]
    elif isinstance(like, Enum):
        assert names == [like.name]
    else:
        assert not names
    return int(number)


# ------------------------------------------------------------ frames


@FRAMES
def test_every_frame_of_the_document_decodes_to_what_stands_beside_it(frame: Worked) -> None:
    assert len(frame.line) == frame.size
    packet = frame.packet
    assert (packet.link, packet.id) == (frame.link, frame.id)
    assert frame.type == packet.message.CODE
    assert RULES[type(packet.message).__name__] == frame.rule
    actual = list(flat(packet.message))
    written = [(key, name) for key, name, _ in frame.fields]
    assert written == [(key, name) for key, name, _ in actual]
    for (_, name, text), (_, _, value) in zip(frame.fields, actual, strict=True):
        assert read_value(text, value) == value, name


@FRAMES
def test_every_frame_of_the_document_is_the_same_byte_by_byte_and_is_our_own_encoding(
    frame: Worked,
) -> None:
    decoder = FrameDecoder()
    events = [event for byte in frame.line for event in decoder.feed(bytes([byte]))]
    assert events == FrameDecoder().feed(frame.line)
    assert encode_frame(encode_packet(frame.packet)) == frame.line


@FRAMES
def test_every_frame_of_the_document_is_valid_by_the_contract_and_for_one_side_only(
    frame: Worked,
) -> None:
    payload = encode_packet(frame.packet)
    assert cddl.independently_valid(f"{frame.side}-message", payload)
    other = decode_reply if frame.side == "host" else decode_request
    assert not isinstance(other(payload), Packet)


def test_the_document_works_a_frame_of_every_message() -> None:
    assert {frame.rule for frame in WORKED} == set(KINDS) - {"setpoint", "hard_envelope"}


def test_the_document_works_a_frame_with_each_escape() -> None:
    lines = b"".join(frame.line for frame in WORKED)
    for row in tables(section("2. Frames"))[0]:
        plain, sent = row[0].strip("`"), bytes.fromhex(row[2].strip("`"))
        assert encode_frame(bytes.fromhex(plain))[1:3] == sent
        assert sent in lines, f"no worked frame escapes {plain}"


def exchange() -> list[Worked]:
    return [frame for frame in WORKED if "A worked exchange" in frame.heading]


def test_a_device_plays_the_exchange_of_the_document_byte_for_byte() -> None:
    device = DeviceConnection()
    frames = exchange()
    for place, frame in enumerate(frames):
        message = frame.packet.message
        if frame.side == "host":
            device.receive(frame.line)
            asked = device.next_event()
            assert isinstance(asked, Asked)
            assert (asked.link, asked.message) == (frame.link, message)
            reply = frames[place + 1].packet
            assert reply.id == frame.id
            device.answer(reply.message)
        elif frame.id == 0:
            assert isinstance(message, JournalEntry)
            device.push(message)
        if frame.side == "device":
            assert device.take_output() == frame.line


def test_a_host_plays_the_exchange_of_the_document_byte_for_byte() -> None:
    frames = exchange()
    connection = HostConnection(link=frames[0].link)
    now = 0
    for place, frame in enumerate(frames):
        now += 5_000
        message = frame.packet.message
        if frame.side == "host":
            connection._next_id = frame.id  # the document leaves beats out
            connection.request(message, now)
            assert connection.take_output(now) == frame.line
        elif frame.id == 0:
            assert connection.receive(frame.line, now) == [Pushed(message)]
        else:
            asked = frames[place - 1].packet.message
            assert connection.receive(frame.line, now) == [Answered(asked, message)]


def test_the_exchange_goes_from_hello_to_disarmed() -> None:
    rules = [frame.rule for frame in exchange()]
    assert rules[:2] == ["hello", "welcome"]
    assert rules[-2:] == ["disarm", "disarmed"]
    for rule in ("configure", "configured", "grant-request", "granted", "beat", "status", "shot"):
        assert rule in rules


def test_the_digest_of_the_exchange_is_the_one_of_its_setpoint() -> None:
    said = {frame.rule: frame.packet.message for frame in exchange()}
    digest = said["configure"].setpoint.digest()
    assert said["configured"].digest == said["granted"].digest == said["shot"].digest == digest
    assert said["grant-request"].digest == digest[:4]


# ------------------------------------------------------------ tables


def heading_of(rule: str) -> str:
    if rule in ("setpoint", "hard_envelope"):
        return f"Record: {rule}"
    return f"{rule} (type {KINDS[rule].CODE}, "  # type: ignore[attr-defined]  # as above


def table_of(rule: str) -> list[list[str]]:
    if rule in ENTRY_RULES:
        return tables(section("entry (type 21, device)"))[ENTRY_RULES.index(rule)]
    found = tables(section(heading_of(rule)))
    return found[0] if found else []


def stated(shape: Shape) -> tuple[str, str]:
    """Return the type and range that the document should state."""
    match shape.type:
        case "uint":
            return "uint", f"`{next(n for n, high in SHORT_RANGES.items() if high == shape.high)}`"
        case "bits":
            return "bits", f"`{shape.python.__name__.lower()}`"
        case "bool":
            return "bool", ""
        case "bstr":
            return "bytes", f"{shape.high} bytes"
        case "tstr":
            return "text", f"{shape.low} to {shape.high} bytes"
        case "code" if shape.python is int:
            return "code", str(shape.codes[0])
        case "code":
            name = next(name for name, enum in ENUMS.items() if enum is shape.python)
            return "code", f"`{name}`"
        case "map":
            return "map", f"`{RULES[shape.python.__name__]}`"


@pytest.mark.parametrize("rule", KINDS)
def test_the_table_of_a_message_states_every_field_with_key_type_range_and_unit(rule: str) -> None:
    expected = []
    notes = {line.key: line.note for line in cddl.lines(rule)}
    for shape in sorted(shapes(KINDS[rule]), key=lambda shape: shape.key):
        unit = notes[shape.key] if shape.type == "uint" else ""
        expected.append([str(shape.key), shape.name, *stated(shape), unit])
    rows = table_of(rule)
    assert [row[:5] for row in rows] == expected
    assert all(len(row) == 6 and row[5] for row in rows), "every field has its meaning"


@pytest.mark.parametrize("rule", [rule for rule in KINDS if not list(shapes(KINDS[rule]))])
def test_a_message_without_fields_says_so(rule: str) -> None:
    assert re.search(r"No\s+fields\.", section(heading_of(rule)))


@pytest.mark.parametrize("rule", [RULES[kind.__name__] for kind in (*HOST_KINDS, *DEVICE_KINDS)])
def test_a_message_stands_under_its_type_and_side(rule: str) -> None:
    if rule in ENTRY_RULES:
        assert f"(kind {ENTRY_RULES.index(rule) + 1})" in section("entry (type 21, device)")
        return
    side = "host" if KINDS[rule] in HOST_KINDS else "device"
    assert section(f"{heading_of(rule)}{side})")


@pytest.mark.parametrize("kind", HOST_KINDS, ids=lambda kind: kind.__name__)
def test_a_request_stands_with_the_reply_that_the_host_waits_for(kind: type[FieldMap]) -> None:
    said = re.search(r"Reply:\s+`([\w-]+)`", section(heading_of(RULES[kind.__name__])))
    assert said
    answers = messages.REPLY_TO[kind]  # type: ignore[index]  # every host kind is a request
    rules = {RULES[answer.__name__] for answer in answers}
    assert {"entry" if rule in ENTRY_RULES else rule for rule in rules} == {said[1]}


@pytest.mark.parametrize("name", [*ENUMS, *FLAGS])
def test_every_code_and_bit_stands_in_its_table_with_its_meaning(name: str) -> None:
    enum: Any = ENUMS.get(name) or FLAGS[name]
    (rows,) = tables(section(f"{'Code' if name in ENUMS else 'Bits'}: {name}"))
    assert [(int(value), member) for value, member, _ in rows] == [
        (member.value, member.name) for member in enum
    ]
    assert all(meaning for _, _, meaning in rows)


def test_every_figure_is_the_one_in_the_code() -> None:
    (rows,) = tables(section("Figures"))
    assert {name: int(value) for name, value, _ in rows} == {
        "protocol version": codes.PROTOCOL_VERSION,
        "largest payload": framing.MAX_PAYLOAD,
        "checksum": framing.CRC_BYTES,
        "longest host frame while armed": codes.ARMED_LINE_BYTES,
        "STOP bytes that the host writes": len(framing.STOP_BYTES),
        "beat": codes.BEAT_MS,
        "longest lease": codes.LEASE_MS,
        "shortest time to a repeat": host.MIN_REPEAT_US,
        "added to the time on the wire before a repeat": host.REPEAT_SLACK_US,
        "repeat of stop": host.STOP_REPEAT_US,
        "silence": host.SILENCE_US,
        "journal slots of the bundled gun": codes.JOURNAL_SLOTS,
        "journal slots kept for faults": codes.JOURNAL_RESERVE,
        "longest slice of perfusion": codes.SLICE_MS,
        "largest counter": messages.COUNTER_MAX,
    }


def test_the_short_names_of_ranges_are_the_contracts() -> None:
    for name, high in SHORT_RANGES.items():
        assert cddl.resolve(name) == ("range", 0, high)
        assert f"`{name}` 0..{high}" in TEXT


def test_the_largest_payload_of_every_message_is_stated() -> None:
    (rows,) = tables(section("11. Sizes"))
    assert {rule: int(size) for rule, size in rows} == {
        RULES[kind.__name__]: len(
            encode_packet(Packet(U32, 0 if kind is BadFrameSeen else U32, largest(kind)))
        )
        for kind in (*HOST_KINDS, *DEVICE_KINDS)
    }


# ------------------------------------------------------------ prose


def test_the_checksum_of_the_document_is_the_one_on_the_wire() -> None:
    said = re.search(r"`123456789` it is\s+`([0-9a-f]{8})`", TEXT)
    assert said
    assert crc32(b"123456789") == int(said[1], 16)


def test_the_stop_bytes_are_those_that_the_host_writes() -> None:
    assert f"`{framing.STOP_BYTES.hex(' ')}`" in TEXT


def test_every_name_in_capitals_is_a_code_or_a_bit() -> None:
    members = {member.name for enum in (*ENUMS.values(), *FLAGS.values()) for member in enum}
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    for word in re.findall(r"`([A-Z][A-Z_]+)`", prose):
        assert word in members, word


def test_every_name_with_an_underscore_is_a_field_a_record_or_a_message() -> None:
    known = {shape.name for kind in KINDS.values() for shape in shapes(kind)}
    known |= {*ENUMS, *FLAGS, *KINDS, "bad_frame"}
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    for code in re.findall(r"`([^`\n]+)`", prose):
        for word in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", code):
            assert word in known, word
