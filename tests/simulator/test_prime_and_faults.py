"""Prime and self-test, moved by the trigger in the air; and what goes wrong with a gun."""

import pytest

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
from injector.protocol.messages import (
    Disarm,
    Done,
    FaultEntry,
    Identify,
    MovedEntry,
    Prime,
    SelfTest,
)
from simulator import acts
from simulator.firmware import Light
from tests.simulator.bench import SINGLE, Bench, reason, setpoint


def _idle() -> Bench:
    bench = Bench()
    bench.hello()
    bench.release()
    bench.configure(SINGLE)
    bench.lease()
    return bench


def _break(bench: Bench, name: acts.FaultName, *, on: bool = True) -> None:
    bench.device.act(acts.Fault(name=name, on=on), bench.now_us)
    bench.heard()


def test_prime_pushes_its_volume_in_the_air_while_the_trigger_is_held() -> None:
    bench = _idle()
    assert bench.ask(Prime(volume_nl=100_000)) == Done(request=Prime.CODE)
    assert bench.beat().state is DeviceState.PRIMING
    assert bench.beat().inhibits == 0
    bench.trigger(held=True)
    bench.run(2_000)
    [entry] = bench.device.journal()
    assert isinstance(entry, MovedEntry)
    assert (entry.act, entry.ending, entry.shots) == (Act.PRIME, Ending.COMPLETE, 0)
    assert entry.volume_nl == pytest.approx(100_000, rel=0.01)
    assert bench.truth.air_nl == bench.truth.primed_nl > 0
    assert bench.truth.shots == bench.memory.shots == bench.memory.volume_nl == 0
    assert bench.beat().state is DeviceState.IDLE


@pytest.mark.parametrize("end", ["let go", "contact", "disarm", "lease"])
def test_prime_ends_at_once_when_what_it_needs_is_gone(end: str) -> None:
    bench = _idle()
    bench.ask(Prime(volume_nl=500_000))
    bench.trigger(held=True)
    bench.run(200, beats=False)
    ending = {
        "let go": Ending.TRIGGER,
        "contact": Ending.CONTACT_LOST,
        "disarm": Ending.DISARMED,
        "lease": Ending.LEASE,
    }[end]
    match end:
        case "let go":
            bench.trigger(held=False)
        case "contact":
            bench.contact(on=True)
        case "disarm":
            bench.ask(Disarm())
        case _:
            bench.run(500, beats=False)
    moved_nl = bench.truth.primed_nl
    bench.run(2_000)
    [entry] = bench.device.journal()
    assert isinstance(entry, MovedEntry)
    assert entry.ending is ending
    assert bench.truth.primed_nl == moved_nl


@pytest.mark.rule("R-PRIME")
def test_prime_does_not_move_on_skin_nor_with_a_trigger_that_was_held_before() -> None:
    bench = _idle()
    bench.trigger(held=True)
    bench.ask(Prime(volume_nl=10_000))
    bench.run(300)
    assert bench.beat().inhibits == Inhibits.TRIGGER_HELD
    bench.trigger(held=False)
    bench.contact(on=True)
    bench.pull()
    assert bench.beat().pull_inhibits == Inhibits.CONTACT
    assert bench.truth.others == 0


@pytest.mark.parametrize(("volume_nl", "bound"), [(0, 1), (500_001, 500_000)])
def test_prime_has_a_volume_cap_of_its_own(volume_nl: int, bound: int) -> None:
    refused = _idle().refused(Prime(volume_nl=volume_nl))
    assert (refused.reason, refused.field, refused.bound) == (Reason.RANGE, 1, bound)


@pytest.mark.rule("R-PRIME")
def test_neither_prime_nor_self_test_is_armed_beside_a_grant() -> None:
    bench = Bench()
    bench.arm()
    assert reason(bench.ask(Prime(volume_nl=1_000))) is Reason.ARMED
    assert reason(bench.ask(SelfTest())) is Reason.ARMED


def test_a_grant_takes_the_place_of_an_armed_prime() -> None:
    bench = _idle()
    bench.ask(Prime(volume_nl=1_000))
    bench.permit(3)
    assert bench.beat().state is DeviceState.ARMED
    bench.pull()
    assert bench.truth.others == 0


def test_the_self_test_moves_the_needle_once_and_no_liquid() -> None:
    bench = _idle()
    assert bench.ask(SelfTest()) == Done(request=SelfTest.CODE)
    bench.trigger(held=True)
    assert bench.beat().state is DeviceState.SELF_TEST
    bench.run(1_000)
    [entry] = bench.device.journal()
    assert isinstance(entry, MovedEntry)
    assert (entry.act, entry.volume_nl, entry.ending) == (Act.SELF_TEST, 0, Ending.COMPLETE)
    assert entry.duration_us == 60_000  # 1.5 mm down and up at 50 mm/s
    assert bench.truth.others == 1


def test_identify_is_seen_on_the_gun_and_moves_nothing() -> None:
    bench = _idle()
    assert bench.ask(Identify()) == Done(request=Identify.CODE)
    assert bench.device.sight().light is Light.SHOWN
    bench.run(4_000)
    assert bench.device.sight().light is Light.IDLE


@pytest.mark.rule("R-FAULT")
@pytest.mark.parametrize("name", ["occlusion", "air", "empty", "drive"])
def test_a_fault_in_mid_shot_ends_it_is_journalled_and_blocks_until_mended_and_disarmed(
    name: acts.FaultName,
) -> None:
    bench = Bench()
    bench.arm()
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(95, beats=False)
    _break(bench, name)
    bench.run(300)
    shot, fault = bench.device.journal()
    assert shot.ending is Ending[name.upper()]  # type: ignore[union-attr] # a shot has one
    assert isinstance(fault, FaultEntry)
    assert fault.code is FaultCode[name.upper()]
    assert bench.beat().faults == Faults[name.upper()]
    assert Inhibits.FAULT in bench.beat().inhibits
    bench.ask(Disarm())
    assert reason(bench.permit(3)) is Reason.FAULT
    _break(bench, name, on=False)
    assert bench.beat().faults  # stays until a disarm has been answered
    bench.ask(Disarm())
    assert not bench.beat().faults
    bench.permit(3)
    bench.trigger(held=False)
    bench.pull()
    bench.run(500)
    assert bench.truth.shots == 2


def test_an_occluded_needle_is_found_by_its_pressure_and_gives_nothing_into_the_skin() -> None:
    bench = Bench()
    bench.arm()
    bench.contact(on=True)
    _break(bench, "occlusion")
    bench.pull()
    bench.run(500)
    [shot] = bench.shots
    assert shot.ending is Ending.OCCLUSION
    assert shot.pressure_pa == pytest.approx(1_600_000, rel=0.02)
    assert shot.volume_nl < 2_000
    assert bench.truth.skin_nl == 0


def test_a_syringe_that_holds_less_than_a_shot_is_empty_before_anything_moves() -> None:
    bench = Bench()
    bench.arm()
    bench.contact(on=True)
    bench.device.act(acts.Syringe(volume_nl=49_999), bench.now_us)
    bench.pull()
    assert bench.beat().faults == Faults.EMPTY
    assert bench.truth.shots == bench.memory.shots == 0
    bench.ask(Disarm())
    assert bench.beat().faults == Faults.EMPTY
    bench.device.act(acts.Syringe(volume_nl=50_000), bench.now_us)
    bench.ask(Disarm())
    assert not bench.beat().faults


def test_a_trigger_held_for_more_than_a_minute_is_stuck() -> None:
    bench = Bench()
    bench.arm(setpoint(mode=Mode.REPEAT, cadence_per_min=30), shots=100)
    bench.contact(on=True)
    _break(bench, "stuck_trigger")
    bench.run(59_900)
    assert not bench.beat().faults
    shots = bench.truth.shots
    bench.run(5_000)
    assert bench.beat().faults == Faults.STUCK_TRIGGER
    assert bench.truth.shots <= shots + 1
    bench.ask(Disarm())
    assert bench.beat().faults == Faults.STUCK_TRIGGER
    bench.trigger(held=False)  # the hand lets go, the trigger does not
    bench.ask(Disarm())
    assert bench.beat().trigger
    _break(bench, "stuck_trigger", on=False)
    bench.ask(Disarm())
    assert not bench.beat().faults


def test_a_low_battery_warns_and_below_five_percent_blocks() -> None:
    bench = Bench()
    bench.arm()
    bench.contact(on=True)
    bench.device.act(acts.Battery(pct=20), bench.now_us)
    bench.heard()
    assert bench.beat().faults == Faults.LOW_BATTERY
    [entry] = bench.device.journal()
    assert isinstance(entry, FaultEntry)
    assert (entry.code, entry.detail) == (FaultCode.LOW_BATTERY, 20)
    bench.pull()
    bench.run(500)
    assert bench.truth.shots == 1
    bench.device.act(acts.Battery(pct=5), bench.now_us)
    assert bench.beat().inhibits == Inhibits.FAULT
    assert reason(bench.permit(3)) is Reason.FAULT


def test_a_battery_that_sags_in_mid_shot_lets_it_end_whole() -> None:
    bench = Bench()
    bench.arm()
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(80, beats=False)
    bench.device.act(acts.Battery(pct=3), bench.now_us)
    bench.run(500)
    shot, fault = bench.device.journal()
    assert shot.ending is Ending.COMPLETE  # type: ignore[union-attr] # a shot has one
    assert isinstance(fault, FaultEntry)
    assert bench.pushed == [shot, fault]  # no entry is written while an older one is open


def test_a_needle_that_is_blocked_only_on_its_way_out_has_given_its_shot_whole() -> None:
    bench = Bench()
    bench.arm()
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.run(160, beats=False)
    _break(bench, "occlusion")
    bench.run(200)
    [shot] = bench.shots
    assert shot.ending is Ending.COMPLETE
    assert not bench.beat().faults


def test_fault_entries_use_the_reserve_and_never_overwrite_what_nobody_committed() -> None:
    bench = Bench()
    bench.hello()
    for _ in range(300):
        _break(bench, "air")
        _break(bench, "air", on=False)
        bench.ask(Disarm())
    status = bench.beat()
    assert (status.newest, status.room) == (256, 0)
    assert [entry.index for entry in bench.device.journal()] == list(range(1, 257))
