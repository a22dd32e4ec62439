"""INV-3: nothing moves later than the lease after the newest status that a beat echoed."""

import pytest

from injector.protocol.codes import DeviceState, Ending, Inhibits, Mode
from injector.protocol.messages import Beat, Status
from simulator.lease import Lease
from tests.simulator.bench import Bench, setpoint

REPEAT = setpoint(mode=Mode.REPEAT)


@pytest.mark.rule("INV-3")
@pytest.mark.parametrize("lease_ms", [100, 230, 500])
def test_a_dead_host_leaves_no_motion_later_than_the_lease_after_the_status_it_echoed(
    lease_ms: int,
) -> None:
    bench = Bench()
    bench.hello(lease_ms=lease_ms)
    bench.release()
    bench.configure(REPEAT)
    bench.permit(50)
    sent_us = bench.now_us
    bench.beat()
    bench.contact(on=True)
    bench.now_us += 30_000
    bench.beat()  # echoes the status of sent_us; its own is never echoed
    bench.trigger(held=True)
    end_us = sent_us + lease_ms * 1_000
    bench.tick(end_us - 1)
    before = bench.truth
    assert before.moved_nl > 0
    bench.tick(end_us)
    at_end = bench.truth.moved_nl
    bench.run(5_000, beats=False)
    assert bench.truth.moved_nl == at_end
    assert bench.beat().grant == 0


@pytest.mark.rule("INV-3")
def test_a_motion_that_the_lease_ends_is_cut_and_its_part_journalled() -> None:
    bench = Bench()
    bench.arm(setpoint(volume_nl=200_000, flow_nl_s=200_000))  # one second of flow
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(900, beats=False)
    [shot] = bench.shots
    assert shot.ending is Ending.LEASE
    assert 0 < shot.volume_nl < 110_000
    assert shot.debit_nl == 202_000
    assert bench.truth.moved_nl == pytest.approx(shot.volume_nl, rel=0.003)


@pytest.mark.rule("R-LEASE-END", "R-TRIGGER")
def test_after_lease_end_nothing_starts_without_a_new_grant_and_the_trigger_let_go() -> None:
    bench = Bench()
    bench.arm(REPEAT)
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(800, beats=False)
    shots = bench.truth.shots
    bench.lease()
    bench.run(500)
    assert bench.beat().inhibits >= Inhibits.NO_GRANT | Inhibits.TRIGGER_HELD
    bench.permit(5)
    bench.run(500)
    assert bench.beat().inhibits == Inhibits.TRIGGER_HELD
    assert bench.truth.shots == shots
    bench.trigger(held=False)
    bench.trigger(held=True)
    assert bench.truth.shots == shots + 1


@pytest.mark.rule("INV-3")
def test_a_grant_alone_gives_no_lease() -> None:
    bench = Bench()
    bench.hello()
    bench.release()
    bench.configure(REPEAT)
    bench.permit(5)
    bench.contact(on=True)
    bench.trigger(held=True)
    status = bench.ask(Beat(echo=0, acknowledge=0))
    assert isinstance(status, Status)
    assert status.pull_inhibits == Inhibits.LEASE
    assert status.state is DeviceState.ARMED
    bench.run(200, beats=False)
    assert bench.truth.shots == 0


@pytest.mark.rule("INV-3")
def test_a_host_that_hears_nothing_and_echoes_the_same_status_renews_nothing() -> None:
    bench = Bench()
    bench.arm(REPEAT)
    deaf = bench.echo
    for _ in range(8):
        bench.run(100, beats=False)
        bench.ask(Beat(echo=deaf, acknowledge=0))
    status = bench.ask(Beat(echo=deaf, acknowledge=0))
    assert isinstance(status, Status)
    assert Inhibits.LEASE in status.inhibits
    assert status.grant == 0


def test_a_stored_reply_that_is_repeated_keeps_its_first_send_time() -> None:
    bench = Bench()
    bench.arm(REPEAT)
    line = bench.frame(Beat(echo=bench.echo, acknowledge=0))
    [first] = bench.send(line)
    assert isinstance(first.message, Status)
    sent_us = bench.now_us
    bench.run(400, beats=False)
    [again] = bench.send(line)
    assert again == first
    bench.ask(Beat(echo=first.message.number, acknowledge=0))
    assert bench.device.firmware is not None
    assert bench.device.firmware._working.link.lease.end_us == sent_us + 500_000


@pytest.mark.rule("INV-3")
def test_an_echo_of_a_status_never_sent_or_of_another_link_renews_nothing() -> None:
    bench = Bench()
    bench.arm()
    newest = bench.echo
    bench.hello(link=0x61626364)
    status = bench.ask(Beat(echo=newest, acknowledge=0))
    assert isinstance(status, Status)
    assert Inhibits.LEASE in status.inhibits


def test_only_the_latest_sixteen_statuses_are_remembered() -> None:
    lease = Lease(500_000)
    for number in range(1, 18):
        lease.note_sent(number, number)
    lease.echo(1, 20)
    assert lease.end_us is None
    lease.echo(2, 20)
    assert lease.end_us == 500_002


def test_an_older_echo_never_shortens_the_lease() -> None:
    lease = Lease(500_000)
    lease.note_sent(1, 0)
    lease.note_sent(2, 100_000)
    lease.echo(2, 150_000)
    lease.echo(1, 160_000)
    assert lease.end_us == 600_000
