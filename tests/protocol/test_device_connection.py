"""The device's side: each id once, the reply kept, one link obeyed, STOP before all."""

from random import Random

import pytest

from injector.protocol.codes import Reason
from injector.protocol.device import Asked, DeviceConnection, StopBytes
from injector.protocol.framing import STOP_BYTES, BadCause
from injector.protocol.messages import (
    BadFrameSeen,
    Beat,
    Disarm,
    Disarmed,
    Hello,
    Identify,
    Packet,
    Refused,
    Release,
    ShotEntry,
    Status,
    Stop,
    Welcome,
)
from tests.protocol.shapes import LINK, OTHER_LINK, smallest
from tests.protocol.wires import Gun, fitting_reply, line_of, said

HELLO = Hello(version=1, log=b"logid-00", lease_ms=500)
BEAT = Beat(echo=0, acknowledge=0)
BAD = b"\x7egarbage, not a frame\x7e"
ENTRY = smallest(ShotEntry)


def linked(link: int = LINK) -> Gun:
    """A device that has said welcome to ``link`` (id 1)."""
    gun = Gun()
    gun.hear(line_of(link, 1, HELLO))
    gun.done.clear()
    return gun


def refusal(link: int, number: int, reason: Reason) -> list[Packet[Refused]]:
    return [Packet(link, number, Refused(reason=reason, field=0, bound=0))]


# ------------------------------------------------------------ once and in order


def test_a_request_is_acted_on_and_answered_with_its_own_link_and_id() -> None:
    gun = linked()
    assert said(gun.hear(line_of(LINK, 7, BEAT))) == [Packet(LINK, 7, fitting_reply(BEAT))]
    assert gun.done == [BEAT]


@pytest.mark.rule("R-REPEATED-WORD")
def test_a_repeated_request_is_answered_with_equal_bytes_and_not_acted_on_again() -> None:
    gun = linked()
    first = gun.hear(line_of(LINK, 7, BEAT))
    for _ in range(5):
        assert gun.hear(line_of(LINK, 7, BEAT)) == first
    assert gun.done == [BEAT]


def test_a_repetition_that_comes_before_the_reply_is_answered_by_the_reply_once_more() -> None:
    gun = linked()
    reply = gun.hear(line_of(LINK, 7, BEAT) * 3)
    assert said(reply) == [Packet(LINK, 7, fitting_reply(BEAT))] * 3
    assert gun.done == [BEAT]


def test_a_repeated_hello_is_answered_with_the_same_welcome() -> None:
    gun = Gun()
    first = gun.hear(line_of(LINK, 1, HELLO))
    assert gun.hear(line_of(LINK, 1, HELLO)) == first
    assert gun.done == [HELLO]


def test_ids_need_not_be_dense() -> None:
    gun = linked()
    for number in (2, 3, 24, 65_536, 2**32 - 1):
        assert said(gun.hear(line_of(LINK, number, BEAT)))[0].id == number
    assert len(gun.done) == 5


def test_a_lower_id_is_ignored() -> None:
    gun = linked()
    gun.hear(line_of(LINK, 7, BEAT))
    gun.done.clear()
    for number in (1, 2, 6):
        assert gun.hear(line_of(LINK, number, Disarm())) == b""
    assert gun.hear(line_of(LINK, 1, HELLO)) == b""
    assert gun.done == []


def test_an_id_used_again_for_something_else_is_refused_and_changes_nothing() -> None:
    gun = linked()
    first = gun.hear(line_of(LINK, 7, BEAT))
    assert said(gun.hear(line_of(LINK, 7, Disarm()))) == refusal(LINK, 7, Reason.ID_REUSED)
    assert said(gun.hear(line_of(LINK, 7, Beat(echo=1, acknowledge=0)))) == refusal(
        LINK, 7, Reason.ID_REUSED
    )
    assert gun.hear(line_of(LINK, 7, BEAT)) == first
    assert gun.done == [BEAT]


def test_requests_that_come_together_are_acted_on_in_their_order() -> None:
    gun = linked()
    requests = [BEAT, Disarm(), Identify(), Stop()]
    line = b"".join(line_of(LINK, 2 + number, one) for number, one in enumerate(requests))
    assert [packet.id for packet in said(gun.hear(line))] == [2, 3, 4, 5]
    assert gun.done == requests


# ------------------------------------------------------------ links


def test_without_a_link_only_hello_is_obeyed() -> None:
    gun = Gun()
    for number, one in enumerate([BEAT, Disarm(), Stop(), Release(stop_count=1)], start=1):
        assert said(gun.hear(line_of(LINK, number, one))) == refusal(LINK, number, Reason.NO_LINK)
    assert gun.done == []
    assert gun.connection.link is None
    assert said(gun.hear(line_of(LINK, 1, HELLO))) == [Packet(LINK, 1, fitting_reply(HELLO))]


def test_another_link_is_refused_and_the_link_there_is_goes_on() -> None:
    gun = linked()
    first = gun.hear(line_of(LINK, 7, BEAT))
    assert said(gun.hear(line_of(OTHER_LINK, 9, Disarm()))) == refusal(
        OTHER_LINK, 9, Reason.WRONG_LINK
    )
    assert gun.connection.link == LINK
    assert gun.hear(line_of(LINK, 7, BEAT)) == first
    assert gun.done == [BEAT]


def test_hello_ends_the_other_link_and_its_ids_begin_anew() -> None:
    gun = linked()
    gun.hear(line_of(LINK, 900, BEAT))
    gun.connection.receive(line_of(OTHER_LINK, 1, HELLO))
    assert gun.connection.next_event() == Asked(OTHER_LINK, HELLO, new_link=True)
    gun.connection.answer(smallest(Welcome))
    assert said(gun.connection.take_output()) == [Packet(OTHER_LINK, 1, smallest(Welcome))]
    assert gun.connection.link == OTHER_LINK
    assert said(gun.hear(line_of(OTHER_LINK, 2, BEAT))) == [Packet(OTHER_LINK, 2, smallest(Status))]
    assert said(gun.hear(line_of(LINK, 901, BEAT))) == refusal(LINK, 901, Reason.WRONG_LINK)


def test_a_second_hello_on_the_link_there_is_is_told_from_one_on_a_new_link() -> None:
    gun = linked()
    gun.connection.receive(line_of(LINK, 2, HELLO))
    assert gun.connection.next_event() == Asked(LINK, HELLO, new_link=False)


@pytest.mark.parametrize("reason", [Reason.VERSION, Reason.LEASE_TOO_LONG])
def test_a_refused_hello_leaves_the_link_there_is_and_its_stored_reply(reason: Reason) -> None:
    gun = linked()
    beat = line_of(LINK, 7, BEAT)
    first = gun.hear(beat)
    for _ in range(2):
        gun.connection.receive(line_of(OTHER_LINK, 1, HELLO))
        assert gun.connection.next_event() == Asked(OTHER_LINK, HELLO, new_link=True)
        gun.connection.answer(Refused(reason=reason, field=0, bound=1))
        assert said(gun.connection.take_output()) == [
            Packet(OTHER_LINK, 1, Refused(reason=reason, field=0, bound=1))
        ]
        assert gun.connection.link == LINK
        assert gun.hear(beat) == first
    assert gun.done == [BEAT]


def test_a_refused_first_hello_leaves_the_device_without_a_link() -> None:
    device = DeviceConnection()
    device.receive(line_of(LINK, 1, HELLO))
    assert device.next_event() == Asked(LINK, HELLO, new_link=True)
    device.answer(Refused(reason=Reason.VERSION, field=1, bound=1))
    assert device.link is None
    device.take_output()
    device.receive(line_of(LINK, 2, BEAT))
    assert device.next_event() is None
    assert said(device.take_output()) == refusal(LINK, 2, Reason.NO_LINK)


# ------------------------------------------------------------ bad frames


def test_every_bad_frame_is_answered_until_a_good_one_comes() -> None:
    gun = linked()
    told = [Packet(LINK, 0, BadFrameSeen(cause=BadCause.CRC))]
    assert [said(gun.hear(BAD)) for _ in range(3)] == [told] * 3
    assert said(gun.hear(line_of(LINK, 7, BEAT))) == [Packet(LINK, 7, fitting_reply(BEAT))]
    assert said(gun.hear(BAD)) == told


def test_one_answer_to_a_bad_frame_waits_at_a_time() -> None:
    gun = linked()
    assert len(said(gun.hear(BAD * 3))) == 1
    answered = said(gun.hear(BAD + line_of(LINK, 7, BEAT) + BAD))
    assert [type(packet.message) for packet in answered] == [BadFrameSeen, Status]


def test_a_frame_whose_content_is_against_the_rules_is_a_bad_frame_too() -> None:
    gun = linked()
    status = line_of(LINK, 7, smallest(Status))  # only a device says that
    assert said(gun.hear(status)) == [Packet(LINK, 0, BadFrameSeen(cause=BadCause.UNKNOWN_TYPE))]
    assert gun.connection.bad_frames == {BadCause.UNKNOWN_TYPE: 1}


def test_before_the_first_hello_a_bad_frame_is_answered_with_link_0() -> None:
    gun = Gun()
    assert said(gun.hear(BAD)) == [Packet(0, 0, BadFrameSeen(cause=BadCause.CRC))]


def test_bad_frames_are_counted_whether_or_not_they_are_answered() -> None:
    gun = linked()
    gun.hear(BAD * 4)
    assert gun.connection.bad_frames == {BadCause.CRC: 4}


# ------------------------------------------------------------ STOP


@pytest.mark.rule("R-STOP")
@pytest.mark.parametrize("state", ["before hello", "linked", "in mid-frame", "after bad frames"])
def test_stop_bytes_are_heard_in_every_state(state: str) -> None:
    gun = Gun() if state == "before hello" else linked()
    if state == "in mid-frame":
        gun.hear(line_of(LINK, 7, BEAT)[:9])
    if state == "after bad frames":
        gun.hear(BAD * 2)
    assert gun.hear(STOP_BYTES) == b""
    assert gun.stops == 1


def test_stop_bytes_are_given_in_their_place_and_drop_the_frame_they_cut() -> None:
    device = DeviceConnection()
    hello = line_of(LINK, 1, HELLO)
    device.receive(hello[:8] + STOP_BYTES + hello[8:] + hello)
    assert device.next_event() == StopBytes()
    assert device.next_event() == Asked(LINK, HELLO, new_link=True)
    device.answer(smallest(Welcome))
    assert device.next_event() is None
    assert device.bad_frames == {}


def test_the_requests_around_a_stop_keep_their_order() -> None:
    gun = linked()
    gun.connection.receive(line_of(LINK, 2, BEAT) + STOP_BYTES + line_of(LINK, 3, Disarm()))
    assert gun.connection.next_event() == Asked(LINK, BEAT, new_link=False)
    gun.connection.answer(smallest(Status))
    assert gun.connection.next_event() == StopBytes()
    assert gun.connection.next_event() == Asked(LINK, Disarm(), new_link=False)
    gun.connection.answer(smallest(Disarmed))


# ------------------------------------------------------------ pushes


def test_an_entry_is_pushed_on_the_link_with_id_0() -> None:
    gun = linked()
    gun.connection.push(ENTRY)
    assert said(gun.connection.take_output()) == [Packet(LINK, 0, ENTRY)]


def test_without_a_link_nothing_is_pushed() -> None:
    device = DeviceConnection()
    device.push(ENTRY)
    assert device.take_output() == b""


def test_a_push_leaves_the_stored_reply_as_it_is() -> None:
    gun = linked()
    first = gun.hear(line_of(LINK, 7, BEAT))
    gun.connection.push(ENTRY)
    gun.connection.take_output()
    assert gun.hear(line_of(LINK, 7, BEAT)) == first


def test_output_is_handed_out_once() -> None:
    gun = linked()
    gun.connection.push(ENTRY)
    assert gun.connection.take_output()
    assert gun.connection.take_output() == b""


# ------------------------------------------------------------ used wrongly


def test_the_next_event_waits_for_the_answer_to_the_last() -> None:
    device = DeviceConnection()
    device.receive(line_of(LINK, 1, HELLO) + STOP_BYTES)
    device.next_event()
    with pytest.raises(ValueError, match="must be answered first"):
        device.next_event()
    device.answer(smallest(Welcome))
    assert device.next_event() == StopBytes()


def test_nothing_is_answered_that_was_not_asked() -> None:
    with pytest.raises(ValueError, match="no request in hand"):
        DeviceConnection().answer(smallest(Status))


# ------------------------------------------------------------ cuts


@pytest.mark.parametrize("seed", range(10))
def test_it_makes_no_difference_how_the_line_is_cut(seed: int) -> None:
    beat = line_of(LINK, 2, BEAT)
    line = line_of(LINK, 1, HELLO) + beat + BAD + beat + STOP_BYTES
    line += line_of(OTHER_LINK, 5, BEAT) + line_of(LINK, 4, Disarm())
    whole, cut = Gun(), Gun()
    rng = Random(seed)  # noqa: S311 - a seed that replays, no secret
    expected = whole.hear(line)
    heard = b""
    while line:
        size = rng.randint(1, 9)
        heard += cut.hear(line[:size])
        line = line[size:]
    assert (heard, cut.done, cut.stops) == (expected, whole.done, whole.stops)
