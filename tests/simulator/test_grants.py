"""Grants: absolute, repeatable, never exceeded; the trigger seen let go before the first shot."""

import pytest

from injector.protocol.codes import Inhibits, Mode, Reason
from injector.protocol.messages import Disarm, Disarmed, Grant, Granted, Refused
from simulator.envelope import debit_nl
from tests.simulator.bench import SINGLE, Bench, reason, setpoint

REPEAT = setpoint(mode=Mode.REPEAT)
SHOT_NL = debit_nl(SINGLE.volume_nl)


def _grant(**changes: object) -> Grant:
    fields: dict[str, object] = {
        "grant": 1,
        "digest": SINGLE.digest()[:4],
        "shots_limit": 10,
        "volume_limit_nl": 10**6,
    }
    return Grant.model_validate({**fields, **changes})


def _configured() -> Bench:
    bench = Bench()
    bench.hello()
    bench.release()
    bench.configure(SINGLE)
    return bench


def test_stopped_gun_takes_no_grant() -> None:
    bench = Bench()
    bench.hello()
    bench.configure(SINGLE)
    assert reason(bench.ask(_grant())) is Reason.STOPPED


def test_a_grant_without_a_setpoint_is_refused() -> None:
    bench = Bench()
    bench.hello()
    bench.release()
    assert reason(bench.ask(_grant())) is Reason.NO_SETPOINT


@pytest.mark.parametrize(
    ("changes", "why", "bound"),
    [
        ({"digest": b"\0\0\0\0"}, Reason.DIGEST, 0),
        ({"grant": 0}, Reason.STALE_GRANT, 0),
        ({"shots_limit": 249}, Reason.JOURNAL_ROOM, 256),
        ({"volume_limit_nl": 25_000_001}, Reason.RANGE, 25_000_000),
    ],
)
def test_a_grant_against_the_rules_is_refused_with_what_would_pass(
    changes: dict[str, object], why: Reason, bound: int
) -> None:
    refused = _configured().refused(_grant(**changes))
    assert (refused.reason, refused.bound) == (why, bound)


def test_the_largest_grant_there_is_is_taken() -> None:
    reply = _configured().ask(_grant(shots_limit=248, volume_limit_nl=25_000_000))
    assert isinstance(reply, Granted)
    assert reply.digest == SINGLE.digest()


@pytest.mark.rule("R-REPEATED-WORD")
def test_an_older_grant_cannot_take_the_place_of_a_newer_one() -> None:
    bench = _configured()
    bench.ask(_grant(grant=5))
    refused = bench.refused(_grant(grant=5, shots_limit=20))
    assert (refused.reason, refused.bound) == (Reason.STALE_GRANT, 5)


@pytest.mark.rule("R-GRANT-KEPT")
@pytest.mark.parametrize(
    ("shots", "volume_nl", "given"), [(3, 10**6, 3), (9, 3 * SHOT_NL, 3), (9, 4 * SHOT_NL - 1, 3)]
)
def test_neither_shots_nor_volume_are_exceeded(shots: int, volume_nl: int, given: int) -> None:
    bench = _configured()
    bench.configure(REPEAT)
    bench.permit(shots, volume_nl)
    bench.lease()
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(5_000)
    assert bench.truth.shots == len(bench.shots) == given
    assert bench.truth.moved_nl <= volume_nl
    assert Inhibits.EXHAUSTED in bench.beat().inhibits


def test_limits_at_the_counters_leave_nothing() -> None:
    bench = _configured()
    bench.permit(0)
    bench.lease()
    bench.contact(on=True)
    bench.pull()
    status = bench.beat()
    assert status.shots_left == 0
    assert (status.pulls, status.pull_inhibits) == (1, Inhibits.EXHAUSTED)
    assert bench.truth.shots == 0


@pytest.mark.rule("R-TRIGGER")
def test_after_arming_the_trigger_must_first_be_seen_let_go() -> None:
    bench = _configured()
    bench.configure(REPEAT)
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.permit(5)
    bench.lease()
    bench.run(1_000)
    assert bench.truth.shots == 0
    assert bench.beat().inhibits == Inhibits.TRIGGER_HELD
    bench.trigger(held=False)
    bench.trigger(held=True)
    assert bench.truth.shots == 1


def test_a_top_up_of_a_running_grant_does_not_interrupt_a_trigger_that_is_held() -> None:
    bench = _configured()
    bench.configure(REPEAT)
    bench.permit(5)
    bench.lease()
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(700)
    assert 2 <= bench.truth.shots < 5
    bench.permit(5)
    bench.run(10_000)
    assert bench.truth.shots > 5
    assert bench.truth.shots == bench.memory.shots


def test_a_top_up_of_a_grant_that_ran_out_asks_for_the_trigger_again() -> None:
    bench = _configured()
    bench.configure(REPEAT)
    bench.permit(2)
    bench.lease()
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(2_000)
    bench.permit(2)
    bench.run(2_000)
    assert bench.truth.shots == 2
    assert bench.beat().inhibits == Inhibits.TRIGGER_HELD
    bench.trigger(held=False)
    bench.trigger(held=True)
    bench.run(2_000)
    assert bench.truth.shots == 4


def test_disarm_is_answered_at_once_and_lets_the_shot_in_motion_end_whole() -> None:
    bench = Bench()
    bench.arm(REPEAT)
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(60, beats=False)
    disarmed = bench.ask(Disarm())
    assert disarmed == Disarmed(shots=1, volume_nl=SHOT_NL, newest=1)
    bench.run(3_000)
    [shot] = bench.shots
    assert shot.ending.name == "COMPLETE"
    assert (shot.shots, shot.volume_total_nl) == (disarmed.shots, disarmed.volume_nl)
    assert bench.truth.shots == 1


def test_a_refused_grant_leaves_the_open_one() -> None:
    bench = _configured()
    bench.ask(_grant())
    assert isinstance(bench.ask(_grant(grant=2, digest=b"\0\0\0\0")), Refused)
    assert bench.beat().grant == 1
