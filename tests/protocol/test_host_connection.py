"""The host's side: one request at a time, repeated until answered, nothing before a STOP.

All times are virtual. A byte takes 87 us at 115200 8N1 (ten bits, rounded up).
"""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from injector.protocol.codes import Reason
from injector.protocol.framing import (
    STOP_BYTES,
    BadCause,
    FrameDecoder,
    GoodFrame,
    encode_frame,
    pick_link,
)
from injector.protocol.host import (
    Answered,
    BadSeen,
    HostConnection,
    LinkLost,
    LocalError,
    Pushed,
    Silent,
)
from injector.protocol.messages import (
    ENTRIES,
    BadFrameSeen,
    Beat,
    Configure,
    Disarm,
    Disarmed,
    Grant,
    Hello,
    Packet,
    Prime,
    ReadJournal,
    Refused,
    Release,
    Request,
    Setpoint,
    ShotEntry,
    Status,
    Stop,
    Stopped,
    encode_packet,
)
from tests.protocol.shapes import DEVICE_KINDS, LINK, OTHER_LINK, U32, largest, records, smallest
from tests.protocol.wires import ANSWERS, BYTE_US, fitting_reply, line_of, said

HELLO = Hello(version=1, log=b"logid-00", lease_ms=500)
BEAT = Beat(echo=0, acknowledge=0)
NOISE = b"\x7egarbage, not a frame\x7e"


def bad_frame(link: int = LINK) -> bytes:
    return line_of(link, 0, BadFrameSeen(cause=BadCause.CRC))


def wire_us(line: bytes) -> int:
    return len(line) * BYTE_US


def asked(message: Request = BEAT, now: int = 0) -> tuple[HostConnection, bytes]:
    """A connection that has just put ``message`` on the line."""
    host = HostConnection(link=LINK)
    host.request(message, now)
    line = host.take_output(now)
    assert line
    return host, line


def due(host: HostConnection) -> int:
    """When the connection next wants to be looked at; it must want it."""
    moment = host.due()
    assert moment is not None
    return moment


def reply_to(line: bytes) -> bytes:
    """The fitting reply to the request that ``line`` holds."""
    (packet,) = said(line)
    return line_of(packet.link, packet.id, fitting_reply(packet.message))


# ------------------------------------------------------------ asking


def test_a_request_goes_out_at_once_with_the_link_and_the_first_id() -> None:
    _, line = asked(HELLO)
    assert said(line) == [Packet(LINK, 1, HELLO)]


def test_ids_rise_from_request_to_request() -> None:
    host = HostConnection(link=LINK)
    ids = []
    for now in range(0, 1_000_000, 100_000):
        host.request(BEAT, now)
        line = host.take_output(now)
        ids.append(said(line)[0].id)
        host.receive(reply_to(line), now + 5_000)
    assert ids == sorted(set(ids))
    assert ids[0] == 1


def test_one_request_is_outstanding_at_a_time() -> None:
    host, line = asked()
    assert host.busy
    with pytest.raises(LocalError, match="one request is outstanding"):
        host.request(BEAT, 100)
    host.receive(reply_to(line), 5_000)
    assert not host.busy
    host.request(BEAT, 5_000)


def test_an_idle_connection_wants_nothing() -> None:
    host = HostConnection(link=LINK)
    assert host.due() is None
    assert host.take_output(0) == b""
    assert host.tick(10_000_000) == []
    assert not host.busy


# ------------------------------------------------------------ answers


def test_the_reply_with_link_and_id_answers_the_request() -> None:
    host, line = asked()
    assert host.receive(reply_to(line), 5_000) == [Answered(BEAT, smallest(Status))]
    assert host.due() is None


def test_a_refusal_is_an_answer() -> None:
    host, _ = asked()
    refused = Refused(reason=Reason.STOPPED, field=0, bound=0)
    assert host.receive(line_of(LINK, 1, refused), 5_000) == [Answered(BEAT, refused)]


@pytest.mark.parametrize("reason", [Reason.NO_LINK, Reason.WRONG_LINK])
def test_a_device_that_does_not_know_the_link_ends_it(reason: Reason) -> None:
    host, _ = asked()
    refused = Refused(reason=reason, field=0, bound=0)
    assert host.receive(line_of(LINK, 1, refused), 5_000) == [LinkLost(reason)]
    assert not host.busy


@pytest.mark.parametrize(
    ("title", "link", "number"),
    [("an older id", LINK, 1), ("a newer id", LINK, 3), ("another link", OTHER_LINK, 2)],
)
def test_a_reply_that_nobody_waits_for_is_ignored(title: str, link: int, number: int) -> None:
    host, line = asked()
    host.receive(reply_to(line), 5_000)
    host.request(BEAT, 100_000)
    host.take_output(100_000)
    assert host.receive(line_of(link, number, smallest(Status)), 105_000) == []
    assert host.busy
    assert host.statistics.late == 1


@pytest.mark.parametrize("kind", DEVICE_KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("request_kind", ANSWERS, ids=lambda kind: kind.__name__)
def test_only_the_reply_that_fits_a_request_or_a_refusal_answers_it(
    request_kind: type[Any], kind: type[Any]
) -> None:
    host, _ = asked(smallest(request_kind))
    fitting = {ANSWERS[request_kind], Refused}
    if request_kind is ReadJournal:
        fitting |= set(ENTRIES.values())
    number = 0 if kind is BadFrameSeen else 1
    host.receive(line_of(LINK, number, smallest(kind)), 10_000)
    assert host.busy is (kind not in fitting)


def test_a_second_copy_of_a_reply_is_ignored() -> None:
    host, line = asked()
    assert len(host.receive(reply_to(line) * 3, 5_000)) == 1
    assert host.statistics.late == 2


def test_a_pushed_entry_is_given_on_and_answers_nothing() -> None:
    host, _ = asked()
    entry = smallest(ShotEntry)
    assert host.receive(line_of(LINK, 0, entry), 5_000) == [Pushed(entry)]
    assert host.busy


def test_an_entry_that_was_asked_for_is_the_answer() -> None:
    host, line = asked(ReadJournal(index=0))
    assert host.receive(reply_to(line), 5_000) == [
        Answered(ReadJournal(index=0), smallest(ShotEntry))
    ]


def test_entries_of_another_link_are_ignored() -> None:
    host, _ = asked()
    assert host.receive(line_of(OTHER_LINK, 0, smallest(ShotEntry)), 5_000) == []


def test_a_device_cannot_say_stop() -> None:
    host, line = asked()
    assert host.receive(STOP_BYTES + reply_to(line), 5_000) == [Answered(BEAT, smallest(Status))]


# ------------------------------------------------------------ repeating


@pytest.mark.parametrize(
    ("message", "reply_bytes"),
    [(BEAT, 112), (Disarm(), 112), (HELLO, 256), (ReadJournal(index=1), 256)],
)
def test_a_request_is_repeated_after_the_time_of_both_frames_and_10_ms(
    message: Request, reply_bytes: int
) -> None:
    host, line = asked(message)
    wait = wire_us(line) + reply_bytes * BYTE_US + 10_000
    assert host.due() == wait > 20_000
    assert host.tick(wait - 1) == []
    assert host.take_output(wait - 1) == b""
    host.tick(wait)
    assert host.take_output(wait) == line


def test_on_a_fast_line_a_request_is_not_repeated_before_20_ms() -> None:
    host = HostConnection(link=LINK, baud=3_000_000)
    host.request(BEAT, 0)
    line = host.take_output(0)
    assert host.due() == 20_000
    host.tick(19_999)
    assert host.take_output(19_999) == b""
    host.tick(20_000)
    assert host.take_output(20_000) == line


def test_a_request_is_repeated_byte_for_byte_until_it_is_answered() -> None:
    host, line = asked()
    now = 0
    for _ in range(10):
        now = due(host)
        host.tick(now)
        assert host.take_output(now) == line
    assert host.statistics.repeats == 10
    assert host.statistics.requests == 1
    host.receive(reply_to(line), now + 1_000)
    assert host.due() is None


def test_a_frame_that_the_device_found_bad_is_repeated_at_once() -> None:
    host, line = asked()
    heard = wire_us(line) + wire_us(bad_frame())
    assert host.receive(bad_frame(), heard) == [BadSeen(BadCause.CRC, by_device=True)]
    assert host.take_output(heard) == line
    assert host.statistics.bad_by_device == 1


def test_a_device_that_has_booted_says_bad_frame_without_a_link_and_is_heard() -> None:
    host, line = asked()
    host.receive(bad_frame(link=0), 10_000)
    assert host.take_output(10_000) == line


def test_a_bad_frame_here_asks_again_at_once() -> None:
    host, line = asked()
    assert host.receive(NOISE, 10_000) == [BadSeen(BadCause.CRC, by_device=False)]
    assert host.take_output(10_000) == line
    assert host.statistics.bad_here == {BadCause.CRC: 1}


def test_a_reply_whose_content_is_against_the_rules_is_a_bad_frame_here() -> None:
    host, line = asked()
    assert host.receive(line_of(LINK, 1, HELLO), 10_000) == [
        BadSeen(BadCause.UNKNOWN_TYPE, by_device=False)
    ]
    assert host.statistics.bad_here == {BadCause.UNKNOWN_TYPE: 1}
    assert host.take_output(10_000) == line


def test_with_nothing_outstanding_a_bad_frame_repeats_nothing() -> None:
    host = HostConnection(link=LINK)
    assert host.receive(NOISE + bad_frame(), 10_000) == [
        BadSeen(BadCause.CRC, by_device=False),
        BadSeen(BadCause.CRC, by_device=True),
    ]
    assert host.take_output(10_000) == b""


def test_a_bad_frame_before_the_request_has_gone_out_changes_nothing() -> None:
    host = HostConnection(link=LINK)
    host.request(BEAT, 0)
    host.receive(bad_frame() + NOISE, 0)
    assert host.statistics.repeats == 0
    assert said(host.take_output(0)) == [Packet(LINK, 1, BEAT)]


# ------------------------------------------------------------ silence


def run_until(host: HostConnection, end: int) -> list[tuple[int, Any]]:
    """Let time pass as a driver would; return the events with their times."""
    seen: list[tuple[int, Any]] = []
    now = 0
    while (moment := host.due()) is not None and moment <= end:
        now = max(now, moment)
        seen += [(now, event) for event in host.tick(now)]
        host.take_output(now)
    return seen


def test_silence_is_told_once_after_400_ms_and_the_request_goes_on_being_repeated() -> None:
    host, _ = asked()
    assert run_until(host, 1_000_000) == [(400_000, Silent())]
    assert host.busy
    assert host.statistics.repeats > 30


def test_a_valid_frame_ends_silence_and_the_next_one_is_told_again() -> None:
    host, line = asked()
    run_until(host, 500_000)
    host.receive(line_of(LINK, 0, smallest(ShotEntry)), 500_000)
    assert run_until(host, 2_000_000) == [(900_000, Silent())]
    assert host.receive(reply_to(line), 2_000_000)


def test_bad_frames_and_other_links_do_not_end_silence() -> None:
    host, _ = asked()
    for now in range(50_000, 400_000, 50_000):
        host.receive(NOISE + line_of(OTHER_LINK, 1, smallest(Status)), now)
    assert (400_000, Silent()) in run_until(host, 500_000)


def test_a_pause_in_which_nothing_was_asked_is_not_silence() -> None:
    host, line = asked()
    host.receive(reply_to(line), 5_000)
    host.request(BEAT, 3_000_000)
    assert host.tick(3_000_000) == []
    host.take_output(3_000_000)
    assert host.tick(3_000_000 + 399_999) == []
    assert host.tick(3_000_000 + 400_000) == [Silent()]


# ------------------------------------------------------------ STOP


def test_stop_takes_the_place_of_what_is_outstanding_under_a_new_id() -> None:
    host, beat = asked()
    host.stop(10_000)
    line = host.take_output(20_000)
    assert said(line) == [Packet(LINK, 2, Stop())]
    assert host.receive(reply_to(beat), 21_000) == [], "what stop superseded is not answered"
    assert host.receive(reply_to(line), 22_000) == [Answered(Stop(), smallest(Stopped))]


def test_stop_is_repeated_every_10_ms() -> None:
    host = HostConnection(link=LINK)
    host.stop(0)
    first = due(host)
    assert first == len(STOP_BYTES) * BYTE_US, "the STOP bytes leave first"
    line = host.take_output(first)
    for repeat in range(1, 20):
        now = first + repeat * 10_000
        assert host.due() == now
        host.tick(now)
        assert host.take_output(now) == line


def test_stop_while_stop_is_asked_is_the_same_stop() -> None:
    host = HostConnection(link=LINK)
    host.stop(0)
    line = host.take_output(1_000)
    host.stop(2_000)
    assert host.take_output(2_000) == b""
    assert host.receive(reply_to(line), 5_000) == [Answered(Stop(), smallest(Stopped))]
    host.stop(6_000)
    assert said(host.take_output(10_000))[0].id == 2


def test_stop_waits_for_the_frame_that_is_leaving_and_for_the_stop_bytes_behind_it() -> None:
    host, beat = asked(BEAT, now=0)
    host.stop(100)
    clear = wire_us(beat) + len(STOP_BYTES) * BYTE_US
    assert host.due() == clear
    assert host.take_output(clear - 1) == b""
    assert said(host.take_output(clear)) == [Packet(LINK, 2, Stop())]


def test_a_request_that_had_not_gone_out_when_stop_came_never_does() -> None:
    host, beat = asked()
    host.receive(reply_to(beat), 3_000)
    host.request(Disarm(), 3_000)
    host.stop(3_000)
    assert [packet.message for packet in said(host.take_output(50_000))] == [Stop()]


# ------------------------------------------------------------ pacing


def test_a_late_answer_to_what_stop_superseded_frees_nothing() -> None:
    host, beat = asked()
    host.stop(100)
    stop_clear = due(host)
    host.receive(reply_to(beat), 200)
    assert host.take_output(stop_clear - 1) == b""


def test_a_bad_frame_that_comes_while_the_request_is_leaving_puts_no_second_one_before_a_stop() -> (
    None
):
    """Noise on an idle line is reported at the opening flag of the frame after it."""
    host, line = asked()
    for early in (100, wire_us(line) - 1):
        host.receive(bad_frame(), early)
        host.receive(NOISE, early)
        assert host.take_output(early) == b""
    host.receive(bad_frame(), wire_us(line))
    assert host.take_output(wire_us(line)) == line


def test_after_an_answer_the_next_frame_need_not_wait() -> None:
    host, line = asked()
    host.receive(reply_to(line), 500)
    host.request(BEAT, 500)
    assert host.take_output(500)


@dataclass(slots=True)
class Line:
    """What of the host's bytes has left, as an outsider reckons it."""

    clear_at: int = 0

    def put(self, data: bytes, now: int) -> None:
        self.clear_at = max(self.clear_at, now) + wire_us(data)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 30_000),
        st.sampled_from(["nothing", "ask", "stop", "bad_frame", "noise", "push", "answer"]),
    ),
    max_size=40,
)


@settings(max_examples=300)
@given(steps=STEPS)
def test_nothing_is_put_on_the_line_before_the_last_frame_was_answered_or_has_left(
    steps: list[tuple[int, str]],
) -> None:
    host, line, now, newest = HostConnection(link=LINK), Line(), 0, b""
    stopping = False
    for pause, step in steps:
        now += pause
        match step:
            case "ask" if not host.busy:
                host.request(BEAT, now, short=True)
            case "stop" if not stopping:
                line.put(STOP_BYTES, now)  # as whoever asks for STOP does
                host.stop(now)
                stopping = True
            case "bad_frame":
                host.receive(bad_frame(), now)
            case "noise":
                host.receive(NOISE, now)
            case "push":
                host.receive(line_of(LINK, 0, smallest(ShotEntry)), now)
            case "answer" if newest and now >= line.clear_at:
                host.receive(reply_to(newest), now)
                stopping = host.busy and stopping
            case _:
                pass
        host.tick(now)
        before = line.clear_at
        out = host.take_output(now)
        if out:
            assert now >= before, "a frame stands behind another"
            newest = out
            line.put(out, now)
            assert host.take_output(now) == b"", "one frame at a time"


# ------------------------------------------------------------ 48 bytes while armed


ARMED = st.one_of(
    st.builds(
        Beat,
        echo=st.sampled_from([0, U32, 0x7E7E7E7E, 0x7D7E1113]) | st.integers(0, U32),
        acknowledge=st.sampled_from([0, U32, 0x18181818]) | st.integers(0, U32),
    ),
    st.just(Disarm()),
    st.just(Stop()),
    records(Release),
    records(ReadJournal),
    records(Prime),
)
LINKS = st.randoms(use_true_random=True).map(lambda rng: pick_link(rng.randbytes))
FIRST_IDS = st.sampled_from([1, 23, 24, 255, 256, 65_535, 65_536, 0x7E7E7E00, U32 - 64])


@settings(max_examples=300)
@given(message=ARMED, link=LINKS, first=FIRST_IDS)
def test_every_short_request_but_a_grant_is_short_whatever_it_says(
    message: Request, link: int, first: int
) -> None:
    host = HostConnection(link=link)
    host._next_id = first
    host.request(message, 0, short=True)
    line = host.take_output(0)
    assert len(line) <= 48
    (packet,) = said(line)
    assert (packet.link, packet.message) == (link, message)
    assert first <= packet.id < first + 64


@settings(max_examples=300)
@given(grant=records(Grant), link=LINKS, first=FIRST_IDS)
def test_a_grant_is_short_or_nothing_is_sent(grant: Grant, link: int, first: int) -> None:
    """Bytes that need escaping can make a grant too long under every id: then the caller
    is told, and may ask with another grant id or a limit a few nanolitres lower."""
    host = HostConnection(link=link)
    host._next_id = first
    try:
        host.request(grant, 0, short=True)
    except LocalError:
        assert host.take_output(0) == b""
        assert not host.busy
        shortest = min(
            len(encode_frame(encode_packet(Packet(link, number, grant))))
            for number in range(first, first + 64)
        )
        assert shortest > 48
    else:
        assert len(host.take_output(0)) <= 48


@settings(max_examples=200)
@given(
    number=st.integers(1, 5_000),
    shots=st.integers(0, 10_000_000),
    volume=st.integers(0, 10**12),
    digest=st.binary(min_size=4, max_size=4),
    link=LINKS,
)
def test_a_grant_of_a_gun_in_use_is_short(
    number: int, shots: int, volume: int, digest: bytes, link: int
) -> None:
    """Ten million shots and a thousand litres: more than a gun gives in its life."""
    host = HostConnection(link=link)
    grant = Grant(grant=number, digest=digest, shots_limit=shots, volume_limit_nl=volume)
    host.request(grant, 0, short=True)
    assert len(host.take_output(0)) <= 48


def test_a_request_that_cannot_be_short_is_not_sent() -> None:
    host = HostConnection(link=LINK)
    with pytest.raises(LocalError, match="no id makes this frame 48 bytes"):
        host.request(Configure(setpoint=largest(Setpoint)), 0, short=True)
    assert not host.busy
    host.request(BEAT, 0)
    assert said(host.take_output(0))[0].id == 1


def test_what_is_not_asked_for_as_short_may_be_long() -> None:
    _, line = asked(Configure(setpoint=smallest(Setpoint)))
    (event,) = FrameDecoder().feed(line)
    assert isinstance(event, GoodFrame)


# ------------------------------------------------------------ for engineers


def test_the_statistics_count_what_happened() -> None:
    host, line = asked()
    host.receive(bad_frame() + NOISE + line_of(LINK, 0, smallest(ShotEntry)), 10_000)
    host.take_output(10_000)
    host.receive(reply_to(line) * 2 + line_of(LINK, 9, smallest(Disarmed)), 20_000)
    seen = host.statistics
    assert (seen.requests, seen.repeats, seen.replies, seen.pushed) == (1, 1, 1, 1)
    assert (seen.late, seen.bad_by_device, seen.bad_here) == (2, 1, {BadCause.CRC: 1})
