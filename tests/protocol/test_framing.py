"""Frames on the line: what is one, what is not, and what is STOP.

One table of (title, bytes, events) is the specification. Every row is fed
whole, byte by byte, and cut at random, and must say the same each time.
"""

import random
from zlib import crc32

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from injector.protocol.framing import (
    CAN,
    ESCAPE,
    ESCAPED,
    FLAG,
    MAX_PAYLOAD,
    STOP_BYTES,
    XOFF,
    XON,
    BadCause,
    BadFrame,
    FrameDecoder,
    FrameEvent,
    GoodFrame,
    StopSeen,
    encode_frame,
    fits_line,
    pick_link,
)


def body(payload: bytes) -> bytes:
    """Payload and checksum, not escaped: for frames that the encoder would not make."""
    return payload + crc32(payload).to_bytes(4, "little")


def bare(payload: bytes) -> bytes:
    return b"\x7e" + body(payload) + b"\x7e"


def escaped(raw: bytes) -> bytes:
    pairs = {byte: bytes([0x7D, byte ^ 0x20]) for byte in ESCAPED}
    return b"".join(pairs.get(byte, bytes([byte])) for byte in raw)


def good(payload: bytes) -> FrameEvent:
    return GoodFrame(payload)


def bad(cause: BadCause) -> FrameEvent:
    return BadFrame(cause)


STOP = StopSeen()
A = encode_frame(b"abc")
B = encode_frame(b"defg")
LONGEST = bytes(MAX_PAYLOAD)
ALL_ESCAPED = b"\x7e\x7d\x11\x13\x18" * 48

TABLE: list[tuple[str, bytes, list[FrameEvent]]] = [
    # --- frames
    ("nothing", b"", []),
    ("one frame", A, [good(b"abc")]),
    ("two frames", A + B, [good(b"abc"), good(b"defg")]),
    ("two frames that share a flag", A + B[1:], [good(b"abc"), good(b"defg")]),
    ("many flags between frames", A + b"\x7e" * 9 + B, [good(b"abc"), good(b"defg")]),
    ("one byte of payload", encode_frame(b"\x00"), [good(b"\x00")]),
    ("the longest payload", encode_frame(LONGEST), [good(LONGEST)]),
    ("the longest, all escaped", encode_frame(ALL_ESCAPED), [good(ALL_ESCAPED)]),
    ("no closing flag yet", A[:-1], []),
    ("bytes before the first flag are noise", b"noise" + A, [good(b"abc")]),
    ("noise before the first flag may be anything", b"\x11\x13\x7d\x18x" + A, [good(b"abc")]),
    ("an escape, escaped", b"\x7e" + escaped(body(b"\x7d")) + b"\x7e", [good(b"\x7d")]),
    ("a flag, escaped", b"\x7e" + escaped(body(b"\x7e")) + b"\x7e", [good(b"\x7e")]),
    # --- frames that are none
    ("a wrong checksum", bare(b"abc")[:-2] + b"\x00\x7e", [bad(BadCause.CRC)]),
    ("a changed byte", A.replace(b"b", b"B"), [bad(BadCause.CRC)]),
    ("a lost byte", A.replace(b"b", b""), [bad(BadCause.CRC)]),
    ("a checksum most significant byte first",
     b"\x7eabc" + crc32(b"abc").to_bytes(4, "big") + b"\x7e", [bad(BadCause.CRC)]),
    ("two frames run together by a lost flag",
     A[:-1] + B[1:], [bad(BadCause.CRC)]),
    ("a checksum without payload", b"\x7e" + bytes(4) + b"\x7e", [bad(BadCause.TOO_SHORT)]),
    ("one byte", b"\x7ex\x7e", [bad(BadCause.TOO_SHORT)]),
    ("one byte too long", bare(bytes(241)), [bad(BadCause.TOO_LONG)]),
    ("far too long", b"\x7e" + b"x" * 100_000 + b"\x7e", [bad(BadCause.TOO_LONG)]),
    ("far too long, then a frame",
     b"\x7e" + b"x" * 489 + A, [bad(BadCause.TOO_LONG), good(b"abc")]),
    ("an escape before the flag", b"\x7eabcdefg\x7d\x7e", [bad(BadCause.BAD_ESCAPE)]),
    ("an escape alone", b"\x7e\x7d\x7e", [bad(BadCause.BAD_ESCAPE)]),
    ("an escape before a byte that needs none",
     b"\x7e\x7d\x41abcdefg\x7e", [bad(BadCause.BAD_ESCAPE)]),
    ("an escape before an escape", b"\x7e\x7d\x7d\x5eabcdef\x7e", [bad(BadCause.BAD_ESCAPE)]),
    ("a bare XON", bare(b"a\x11c"), [bad(BadCause.STRAY_CONTROL)]),
    ("a bare XOFF", bare(b"a\x13c"), [bad(BadCause.STRAY_CONTROL)]),
    ("a bare CAN", bare(b"a\x18c"), [bad(BadCause.STRAY_CONTROL)]),
    ("a bare CAN at the frame's start", b"\x7e\x18" + A[1:], [bad(BadCause.STRAY_CONTROL)]),
    ("a bare CAN at the frame's end", A[:-1] + b"\x18\x7e", [bad(BadCause.STRAY_CONTROL)]),
    ("a bare CAN between frames",
     A + b"\x18" + B, [good(b"abc"), bad(BadCause.STRAY_CONTROL), good(b"defg")]),
    ("noise between frames",
     A + b"zz" + B, [good(b"abc"), bad(BadCause.TOO_SHORT), good(b"defg")]),
    ("a good frame after a bad one", b"\x7ex\x7e" + A, [bad(BadCause.TOO_SHORT), good(b"abc")]),
    # --- STOP
    ("one CAN is never STOP", b"\x18", []),
    ("two CAN are STOP", b"\x18\x18", [STOP]),
    ("what the host writes is one STOP", STOP_BYTES, [STOP]),
    ("a run is one STOP, however long", b"\x18" * 1000, [STOP]),
    ("two runs are two STOPs", b"\x18\x18x\x18\x18", [STOP, STOP]),
    ("single CANs with a byte between are no STOP", b"\x18x\x18\x00\x18\x7e\x18", []),
    ("STOP before a frame", STOP_BYTES + A, [STOP, good(b"abc")]),
    ("STOP after a frame", A + STOP_BYTES, [good(b"abc"), STOP]),
    ("STOP between frames", A + STOP_BYTES + B, [good(b"abc"), STOP, good(b"defg")]),
    ("STOP in the middle of a frame drops it",
     A[:3] + STOP_BYTES + A[3:] + B, [STOP, good(b"defg")]),
    ("STOP cuts a frame short, and the next comes with both flags",
     A[:3] + STOP_BYTES + B, [STOP, good(b"defg")]),
    ("STOP behind an escape", b"\x7eab\x7d" + STOP_BYTES + B, [STOP, good(b"defg")]),
    ("STOP before the closing flag", A[:-1] + b"\x18\x18\x7e" + B, [STOP, good(b"defg")]),
    ("STOP after a stray CAN in the same frame",
     b"\x7ea\x18b\x18\x18c\x7e" + B, [STOP, good(b"defg")]),
    ("STOP in a frame that is too long",
     b"\x7e" + b"x" * 600 + b"\x18\x18" + b"x" * 600 + A, [STOP, good(b"abc")]),
    ("STOP while a frame without an end is coming", b"\x7e" + b"x" * 100 + b"\x18\x18", [STOP]),
    ("STOP with its first byte lost", b"?\x18\x18\x18", [STOP]),
    ("STOP with its second byte damaged", b"\x18?\x18\x18", [STOP]),
    ("CAN in a payload is never STOP", encode_frame(b"\x18" * 100), [good(b"\x18" * 100)]),
]  # fmt: skip


def cut(data: bytes, seed: int) -> list[bytes]:
    """Cut ``data`` at places that ``seed`` chooses; empty pieces included."""
    rng = random.Random(seed)  # noqa: S311 - a seed that replays, no secret
    places = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(12)))
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def events(pieces: list[bytes]) -> list[FrameEvent]:
    decoder = FrameDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


@pytest.mark.parametrize(("data", "expected"), [pytest.param(d, e, id=t) for t, d, e in TABLE])
def test_the_line_means_the_same_however_it_is_cut(data: bytes, expected: list[FrameEvent]) -> None:
    assert events([data]) == expected
    assert events([bytes([byte]) for byte in data]) == expected
    for seed in range(20):
        assert events(cut(data, seed)) == expected, f"cut by seed {seed}"


def test_bad_frames_are_counted_by_their_cause() -> None:
    decoder = FrameDecoder()
    decoder.feed(b"\x7ex\x7ey\x7eabcdefgh\x7e\x18" + A)
    assert decoder.counts == {
        BadCause.TOO_SHORT: 2,
        BadCause.CRC: 1,
        BadCause.STRAY_CONTROL: 1,
    }


@given(payload=st.binary(min_size=1, max_size=MAX_PAYLOAD))
@example(payload=bytes(range(240)))
@example(payload=ALL_ESCAPED)
def test_any_payload_comes_through(payload: bytes) -> None:
    line = encode_frame(payload)
    assert events([line]) == [GoodFrame(payload)]
    assert events([bytes([byte]) for byte in line]) == [GoodFrame(payload)]


@given(payload=st.binary(min_size=1, max_size=MAX_PAYLOAD))
def test_between_its_flags_a_frame_has_no_byte_that_means_something_else(payload: bytes) -> None:
    line = encode_frame(payload)
    assert line[0] == line[-1] == FLAG
    assert not {FLAG, XON, XOFF, CAN} & set(line[1:-1])
    assert len(line) == 2 + len(escaped(body(payload)))


@pytest.mark.parametrize("size", [0, MAX_PAYLOAD + 1])
def test_a_payload_that_no_frame_holds_is_a_mistake_of_the_caller(size: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 240 bytes, this one {size}"):
        encode_frame(bytes(size))


@given(payload=st.binary(min_size=1, max_size=60), slip=st.integers(-1, 1))
def test_whether_a_frame_fits_is_counted_on_the_line(payload: bytes, slip: int) -> None:
    exact = len(encode_frame(payload))
    assert fits_line(payload, exact + slip) is (slip >= 0)


PIECES = st.sampled_from([A, B, STOP_BYTES, b"\x18", b"\x7e", b"\x7d", b"\x11", b"\x13", b"xyz"])
LINES = st.lists(PIECES | st.binary(max_size=12), max_size=12).map(b"".join)


@given(line=LINES, seed=st.integers(0, 10_000))
def test_any_line_means_the_same_however_it_is_cut(line: bytes, seed: int) -> None:
    assert events(cut(line, seed)) == events([line]) == events([bytes([b]) for b in line])


@pytest.mark.rule("R-STOP")
@given(before=LINES, after=LINES, run=st.integers(2, 9), seed=st.integers(0, 10_000))
def test_a_stop_is_found_wherever_it_stands(
    before: bytes, after: bytes, run: int, seed: int
) -> None:
    line = before + b"\x18" * run + after
    assert STOP in events(cut(line, seed))


@given(line=LINES)
def test_there_are_as_many_stops_as_runs_of_two_and_more(line: bytes) -> None:
    runs = b"".join(b"\x18" if byte == CAN else b"." for byte in line).split(b".")
    assert events([line]).count(STOP) == sum(len(run) >= 2 for run in runs)


@given(line=LINES)
def test_after_any_line_two_flags_make_the_decoder_whole_again(line: bytes) -> None:
    decoder = FrameDecoder()
    decoder.feed(line + b"x\x7e\x7e")
    assert decoder.feed(A) == [GoodFrame(b"abc")]


def test_an_endless_frame_takes_no_memory() -> None:
    decoder = FrameDecoder()
    decoder.feed(b"\x7e")
    for _ in range(200):
        assert decoder.feed(b"x" * 1000) == []
        assert len(decoder._body) <= 2 * (MAX_PAYLOAD + 4)
    assert decoder.feed(b"\x7e") == [BadFrame(BadCause.TOO_LONG)]


def test_the_escaped_bytes_are_those_of_the_document() -> None:
    assert ESCAPED == {FLAG, ESCAPE, XON, XOFF, CAN} == {0x7E, 0x7D, 0x11, 0x13, 0x18}
    assert STOP_BYTES == b"\x18\x18\x18\x18"


# ------------------------------------------------------------ link ids


@given(seed=st.integers(0, 2**32))
def test_a_link_id_never_needs_escaping_and_always_takes_four_bytes(seed: int) -> None:
    link = pick_link(random.Random(seed).randbytes)  # noqa: S311 - as above
    assert 1 << 24 <= link < 1 << 32
    assert not ESCAPED & set(link.to_bytes(4, "big"))


def test_a_link_id_is_drawn_again_until_it_fits() -> None:
    draws = [b"\x00abc", b"\x7eabc", b"a\x7dbc", b"ab\x11c", b"abc\x13", b"a\x18bc"]
    draws.append(b"\x01\x00\xff\x02")
    asked: list[int] = []

    def drawn(size: int) -> bytes:
        asked.append(size)
        return draws[len(asked) - 1]

    assert pick_link(drawn) == 0x0100FF02
    assert asked == [4] * 7
