"""Hello, welcome, and whom the gun obeys."""

import pytest

from injector.protocol.codes import DeviceState, Ending, Inhibits, Reason
from injector.protocol.framing import BadCause, encode_frame
from injector.protocol.messages import (
    BadFrameSeen,
    Beat,
    Disarm,
    Grant,
    Granted,
    Hello,
    Packet,
    ReadJournal,
    Refused,
    Setpoint,
    ShotEntry,
    Status,
    Welcome,
    encode_packet,
)
from tests.simulator.bench import LINK, LOG, SINGLE, Bench, reason

OTHER = 0x51525354


def test_welcome_says_who_the_gun_is_and_how_it_stands() -> None:
    welcome = Bench().hello()
    assert welcome.model == "IJ-SIM 1"
    assert (welcome.shots, welcome.volume_nl, welcome.newest, welcome.oldest) == (0, 0, 0, 0)
    assert welcome.room == 256
    assert welcome.stop_count == 1
    assert welcome.envelope.tolerance_ppm == 10_000


@pytest.mark.rule("R-STOP-LATCHED")
def test_every_boot_starts_stopped_under_a_new_stop_count_and_boot_id() -> None:
    bench = Bench()
    first = bench.hello()
    bench.power(on=False)
    bench.power(on=True)
    second = bench.hello(link=OTHER)
    assert second.stop_count == first.stop_count + 1
    assert second.boot != first.boot
    assert (second.serial, second.journal) == (first.serial, first.journal)
    assert bench.beat().state is DeviceState.STOPPED


def test_without_a_link_everything_but_hello_is_answered_no_link() -> None:
    bench = Bench()
    assert reason(bench.ask(Beat(echo=0, acknowledge=0))) is Reason.NO_LINK


def test_another_link_than_the_one_obeyed_is_answered_wrong_link_and_changes_nothing() -> None:
    bench = Bench()
    bench.arm()
    bench.link = OTHER
    assert reason(bench.ask(Disarm())) is Reason.WRONG_LINK
    bench.link = LINK
    assert bench.beat().grant == 1


@pytest.mark.parametrize(
    ("version", "lease_ms", "why", "bound"),
    [
        (2, 500, Reason.VERSION, 1),
        (0, 500, Reason.VERSION, 1),
        (1, 501, Reason.LEASE_TOO_LONG, 500),
        (1, 99, Reason.LEASE_TOO_LONG, 500),
    ],
)
def test_a_hello_that_is_refused_leaves_the_link_there_is(
    version: int, lease_ms: int, why: Reason, bound: int
) -> None:
    bench = Bench()
    bench.arm()
    bench.link = OTHER
    refused = bench.refused(Hello(version=version, log=LOG, lease_ms=lease_ms))
    assert (refused.reason, refused.bound) == (why, bound)
    bench.link = LINK
    assert bench.beat().grant == 1


@pytest.mark.parametrize("lease_ms", [100, 500])
def test_a_lease_of_100_to_500_ms_is_welcomed(lease_ms: int) -> None:
    assert isinstance(Bench().hello(lease_ms=lease_ms), Welcome)


def test_a_hello_on_a_new_link_ends_motion_and_voids_grant_and_setpoint() -> None:
    bench = Bench()
    bench.arm()
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(80, beats=False)
    moved_nl = bench.truth.moved_nl
    assert moved_nl > 0
    bench.link, bench.next_id = OTHER, 1
    said = bench.send(bench.frame(Hello(version=1, log=b"otherlog", lease_ms=500)))
    [welcome] = said  # the entry is not pushed before it, nor to the link that ended
    assert isinstance(welcome.message, Welcome)
    assert welcome.message.newest == 1
    entry = bench.ask(ReadJournal(index=1))
    assert isinstance(entry, ShotEntry)
    assert (entry.ending, entry.under_link, entry.log) == (Ending.LINK, LINK, LOG)
    bench.echo = 0
    status = bench.beat()
    assert status.grant == 0
    assert Inhibits.NO_GRANT | Inhibits.TRIGGER_HELD in status.inhibits
    grant = Grant(grant=1, digest=SINGLE.digest()[:4], shots_limit=9, volume_limit_nl=10**6)
    assert reason(bench.ask(grant)) is Reason.NO_SETPOINT
    bench.run(1_000)
    assert bench.truth.moved_nl == moved_nl


def test_statuses_and_grants_rise_within_a_link_even_over_a_second_hello_on_it() -> None:
    bench = Bench()
    bench.arm()
    number = bench.beat().number
    bench.hello()
    assert bench.beat().number == number + 1
    bench.configure(SINGLE)
    bench.grant_id = 0
    assert reason(bench.permit(3)) is Reason.STALE_GRANT


def test_a_stop_stays_latched_over_a_new_link() -> None:
    bench = Bench()
    bench.hello()
    bench.hello(link=OTHER)
    assert bench.beat().state is DeviceState.STOPPED


def test_the_same_id_in_the_same_bytes_is_answered_again_and_not_done_again() -> None:
    bench = Bench()
    bench.arm()
    line = bench.frame(Beat(echo=bench.echo, acknowledge=0))
    [first] = bench.send(line)
    bench.now_us += 50_000
    [second] = bench.send(line)
    assert first == second
    assert isinstance(first.message, Status)
    assert bench.beat().number == first.message.number + 1


@pytest.mark.rule("R-REPEATED-WORD")
def test_a_grant_repeated_in_the_same_bytes_permits_nothing_twice() -> None:
    bench = Bench()
    bench.arm(shots=1)
    line = bench.frame(
        Grant(grant=2, digest=SINGLE.digest()[:4], shots_limit=1, volume_limit_nl=10**6)
    )
    [first] = bench.send(line)
    assert isinstance(first.message, Granted)
    bench.contact(on=True)
    for _ in range(3):
        bench.pull()
        bench.run(500)
        bench.device.receive(line, bench.now_us)
        bench.device.take_output()
    assert bench.truth.shots == 1


def test_the_same_id_with_other_content_is_refused() -> None:
    bench = Bench()
    bench.hello()
    bench.send(bench.frame(Beat(echo=0, acknowledge=0), 7))
    [reply] = bench.send(bench.frame(Disarm(), 7))
    assert reason(reply.message) is Reason.ID_REUSED


def test_an_id_below_the_newest_is_ignored() -> None:
    bench = Bench()
    bench.hello()
    bench.send(bench.frame(Beat(echo=0, acknowledge=0), 9))
    assert bench.send(bench.frame(Disarm(), 8)) == []


def test_every_bad_frame_is_told() -> None:
    bench = Bench()
    bench.hello()
    broken = bytearray(bench.frame(Disarm()))
    broken[3] ^= 1
    [told] = bench.send(bytes(broken))
    assert told.message == BadFrameSeen(cause=BadCause.CRC)
    assert told.id == 0
    [again] = bench.send(bytes(broken))
    assert isinstance(again.message, BadFrameSeen)


def test_a_frame_of_no_known_type_does_nothing() -> None:
    bench = Bench()
    bench.arm()
    answer = Packet(LINK, 99, Refused(reason=Reason.STOPPED, field=0, bound=0))
    [told] = bench.send(encode_frame(encode_packet(answer)))
    assert told.message == BadFrameSeen(cause=BadCause.UNKNOWN_TYPE)
    assert bench.beat().grant == 1


def test_frames_are_understood_however_they_are_cut() -> None:
    bench = Bench()
    line = bench.frame(Hello(version=1, log=LOG, lease_ms=500))
    said = [packet for byte in line for packet in bench.send(bytes([byte]))]
    assert [type(packet.message) for packet in said] == [Welcome]


def test_the_setpoint_held_is_read_back_whole() -> None:
    bench = Bench()
    bench.hello()
    configured = bench.configure(SINGLE)
    assert configured.setpoint == SINGLE  # type: ignore[union-attr] # the reply is checked by this
    assert configured.digest == SINGLE.digest()  # type: ignore[union-attr]
    assert isinstance(SINGLE, Setpoint)
