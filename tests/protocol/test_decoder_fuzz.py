"""No bytes make a decoder raise: what is wrong is a value, counted by its cause."""

from hypothesis import given, settings
from hypothesis import strategies as st

from injector.protocol.device import Asked, DeviceConnection
from injector.protocol.framing import (
    STOP_BYTES,
    BadCause,
    BadFrame,
    FrameDecoder,
    GoodFrame,
    encode_frame,
)
from injector.protocol.host import HostConnection
from injector.protocol.messages import (
    Beat,
    Hello,
    Packet,
    decode_reply,
    decode_request,
    encode_packet,
)
from tests.protocol.shapes import DEVICE_KINDS, HOST_KINDS, LINK, any_packet
from tests.protocol.wires import fitting_reply

PACKETS = any_packet(*HOST_KINDS, *DEVICE_KINDS)


@st.composite
def mutated(draw: st.DrawFn, lines: st.SearchStrategy[bytes]) -> bytes:
    """A proper line with some bytes changed, lost, doubled or put in."""
    line = bytearray(draw(lines))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(0, len(line) - 1)))
        match draw(st.sampled_from(["change", "lose", "double", "insert", "stop"])):
            case "change" if line:
                line[place] ^= 1 << draw(st.integers(0, 7))
            case "lose":
                del line[place : place + draw(st.integers(1, 5))]
            case "double":
                line[place:place] = line[place : place + draw(st.integers(1, 40))]
            case "stop":
                line[place:place] = STOP_BYTES
            case _:
                line[place:place] = draw(st.binary(min_size=1, max_size=4))
    return bytes(line)


LINES = st.lists(PACKETS.map(encode_packet).map(encode_frame), max_size=4).map(b"".join)
NOISE = st.binary(max_size=300) | mutated(LINES)


@settings(max_examples=300)
@given(line=NOISE)
def test_no_bytes_make_the_frame_decoder_raise_and_each_bad_frame_is_counted(line: bytes) -> None:
    decoder = FrameDecoder()
    events = decoder.feed(line)
    bad = [event.cause for event in events if isinstance(event, BadFrame)]
    assert sum(decoder.counts.values()) == len(bad)
    assert all(decoder.counts[cause] == bad.count(cause) for cause in BadCause)


@settings(max_examples=500)
@given(lines=st.lists(NOISE | LINES | mutated(PACKETS.map(encode_packet).map(encode_frame))))
def test_a_line_means_the_same_in_whole_frames_and_byte_by_byte(lines: list[bytes]) -> None:
    whole, cut = FrameDecoder(), FrameDecoder()
    events = [event for line in lines for event in whole.feed(line)]
    assert events == [event for byte in b"".join(lines) for event in cut.feed(bytes([byte]))]
    assert whole.counts == cut.counts


@settings(max_examples=300)
@given(payload=st.binary(max_size=240) | mutated(PACKETS.map(encode_packet)))
def test_a_payload_is_one_message_or_has_one_cause(payload: bytes) -> None:
    for decode in (decode_request, decode_reply):
        result = decode(payload)
        if isinstance(result, Packet):
            assert encode_packet(result) == payload
        else:
            assert result >= BadCause.NOT_CANONICAL


@settings(max_examples=200)
@given(chunks=st.lists(NOISE, max_size=6))
def test_a_host_that_hears_anything_goes_on_and_still_gets_its_answer(chunks: list[bytes]) -> None:
    host = HostConnection(link=LINK)
    beat = Beat(echo=1, acknowledge=1)
    host.request(beat, 0)
    line = host.take_output(0)
    now = 0
    for chunk in chunks:
        now += 10_000
        host.receive(chunk, now)
        host.tick(now)
        host.take_output(now)
    if host.busy:
        (frame,) = FrameDecoder().feed(line)
        assert isinstance(frame, GoodFrame)
        asked = decode_request(frame.payload)
        assert isinstance(asked, Packet)
        reply = Packet(LINK, asked.id, fitting_reply(beat))
        host.receive(b"\x7e\x7e" + encode_frame(encode_packet(reply)), now)
    assert not host.busy


@settings(max_examples=200)
@given(chunks=st.lists(NOISE, max_size=6))
def test_a_device_that_hears_anything_goes_on_and_still_answers_hello(chunks: list[bytes]) -> None:
    device = DeviceConnection()
    for chunk in chunks:
        device.receive(chunk)
        while (event := device.next_event()) is not None:
            if isinstance(event, Asked):
                device.answer(fitting_reply(event.message))
    device.take_output()
    # A link that no drawn packet has, so that this hello is new.
    hello = Packet(LINK, 1, Hello(version=1, log=bytes(8), lease_ms=500))
    device.receive(b"\x7e\x7e" + encode_frame(encode_packet(hello)))
    asked = None
    while (event := device.next_event()) is not None:
        if isinstance(event, Asked):
            asked = event
            device.answer(fitting_reply(event.message))
    assert asked == Asked(LINK, hello.message, new_link=True)
    assert device.link == LINK
