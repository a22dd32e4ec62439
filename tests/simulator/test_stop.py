"""STOP: from every state, at once, latched, and released only by its own count."""

import pytest

from injector.protocol.codes import DeviceState, Ending, Inhibits, Mode, Reason
from injector.protocol.framing import STOP_BYTES
from injector.protocol.messages import (
    Beat,
    Grant,
    Prime,
    Refused,
    Release,
    Released,
    SelfTest,
    Stop,
    Stopped,
)
from tests.simulator.bench import SINGLE, Bench, reason, setpoint

REPEAT = setpoint(mode=Mode.REPEAT)


def _in_mid_flow() -> Bench:
    bench = Bench()
    bench.arm(REPEAT)
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(95, beats=False)  # 45 ms down, half of 100 ms of flow
    return bench


@pytest.mark.rule("R-STOP", "INV-3")
def test_stop_in_mid_shot_stops_the_flow_takes_the_needle_out_and_journals_the_part() -> None:
    bench = _in_mid_flow()
    bench.send(STOP_BYTES)
    moved_nl = bench.truth.moved_nl
    assert 20_000 < moved_nl < 30_000
    bench.run(3_000)
    assert bench.truth.moved_nl == moved_nl
    [shot] = bench.shots
    assert shot.ending is Ending.STOP
    assert shot.volume_nl == pytest.approx(moved_nl, rel=0.003)
    # 4.5 mm of needle at the spring's 200 mm/s: 22.5 ms after the stop.
    assert shot.duration_us == 95_000 + 22_500
    assert bench.beat().state is DeviceState.STOPPED


@pytest.mark.parametrize("cut", range(1, 12))
def test_stop_bytes_in_the_middle_of_a_frame_act_and_drop_the_frame(cut: int) -> None:
    bench = _in_mid_flow()
    line = bench.frame(Beat(echo=bench.echo, acknowledge=0))
    assert bench.send(line[:cut] + STOP_BYTES + line[cut:])[0].id == 0  # the entry only
    assert bench.shots[0].ending is Ending.STOP


def test_stop_bytes_act_before_the_frame_that_carries_on_is_complete() -> None:
    bench = _in_mid_flow()
    bench.send(bench.frame(Beat(echo=bench.echo, acknowledge=0))[:7] + b"\x18")
    assert not bench.shots
    bench.send(b"\x18")
    assert bench.shots[0].ending is Ending.STOP


def test_a_single_can_byte_stops_nothing() -> None:
    bench = _in_mid_flow()
    bench.send(b"\x18")
    bench.send(b"~")
    assert not bench.shots


@pytest.mark.rule("R-STOP")
@pytest.mark.parametrize("link", ["no link", "another link"])
def test_stop_bytes_are_obeyed_from_anyone(link: str) -> None:
    bench = Bench()
    if link == "another link":
        bench.arm()
    stops = bench.memory.stop_count
    bench.send(STOP_BYTES)
    assert bench.memory.stop_count == stops + 1


def test_the_stop_frame_is_confirmed_with_the_final_counters() -> None:
    bench = _in_mid_flow()
    stopped = bench.ask(Stop())
    assert stopped == Stopped(stop_count=2, shots=1, volume_nl=50_500, newest=1)


def test_every_stop_that_is_acted_on_raises_the_count_and_a_repeated_frame_does_not() -> None:
    bench = Bench()
    bench.hello()
    assert bench.memory.stop_count == 1
    bench.send(STOP_BYTES)
    line = bench.frame(Stop())
    bench.send(line)
    bench.send(line)
    assert bench.memory.stop_count == 3


@pytest.mark.rule("R-STOP-LATCHED")
def test_only_the_newest_stop_can_be_released_and_a_late_release_releases_nothing() -> None:
    bench = Bench()
    bench.hello()
    bench.send(STOP_BYTES)
    refused = bench.refused(Release(stop_count=1))
    assert (refused.reason, refused.bound) == (Reason.STALE_RELEASE, 2)
    assert bench.beat().state is DeviceState.STOPPED
    assert bench.ask(Release(stop_count=2)) == Released(stop_count=2)
    assert bench.beat().state is DeviceState.IDLE
    assert bench.ask(Release(stop_count=2)) == Released(stop_count=2)


@pytest.mark.rule("R-STOP-LATCHED")
def test_a_stop_is_not_released_while_the_trigger_is_held() -> None:
    bench = _in_mid_flow()
    bench.send(STOP_BYTES)
    assert reason(bench.ask(Release(stop_count=2))) is Reason.TRIGGER_HELD
    bench.trigger(held=False)
    assert isinstance(bench.ask(Release(stop_count=2)), Released)


@pytest.mark.parametrize(
    "request_",
    [
        Grant(grant=9, digest=SINGLE.digest()[:4], shots_limit=9, volume_limit_nl=10**6),
        Prime(volume_nl=1_000),
        SelfTest(),
    ],
)
def test_nothing_that_leads_to_motion_is_taken_while_stopped(
    request_: Grant | Prime | SelfTest,
) -> None:
    bench = Bench()
    bench.arm()
    bench.send(STOP_BYTES)
    reply = bench.ask(request_)
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.STOPPED


@pytest.mark.rule("R-STOP-LATCHED")
def test_after_a_release_the_old_grant_permits_nothing() -> None:
    bench = _in_mid_flow()
    bench.send(STOP_BYTES)
    bench.trigger(held=False)
    bench.run(300)
    bench.release()
    bench.lease()
    bench.pull()
    assert bench.beat().pull_inhibits == Inhibits.NO_GRANT
    assert bench.truth.shots == 1


def test_the_stop_count_survives_a_power_cut() -> None:
    bench = Bench()
    bench.hello()
    for _ in range(4):
        bench.send(STOP_BYTES)
        bench.send(b"~")
    bench.power(on=False)
    bench.power(on=True)
    assert bench.hello().stop_count == 6
