"""Shots: what one pull gives in each mode, and what ends it."""

from itertools import pairwise

import pytest

from injector.protocol.codes import DeviceState, Ending, Inhibits, Mode
from injector.protocol.messages import Disarm, ShotEntry
from tests.simulator.bench import SINGLE, Bench, setpoint


def _on_skin(held: object = SINGLE, *, shots: int = 50) -> Bench:
    bench = Bench()
    bench.arm(SINGLE if held is None else held, shots=shots)  # type: ignore[arg-type]
    bench.contact(on=True)
    return bench


def test_a_single_pull_gives_one_shot_however_long_it_is_held() -> None:
    bench = _on_skin()
    bench.trigger(held=True)
    bench.run(2_000)
    [shot] = bench.shots
    assert shot.ending is Ending.COMPLETE
    assert shot.volume_nl == pytest.approx(50_000, rel=0.01)
    assert shot.depth_um == pytest.approx(4_000, abs=20)
    assert shot.flow_nl_s == pytest.approx(500_000, rel=0.01)
    assert shot.pressure_pa > 0
    assert shot.duration_us == pytest.approx(196_000, rel=0.01)
    assert bench.pushed == [shot]


def test_repeat_gives_shots_at_the_cadence_while_the_trigger_is_held() -> None:
    bench = _on_skin(setpoint(mode=Mode.REPEAT, cadence_per_min=240))
    bench.trigger(held=True)
    bench.run(1_900)
    bench.trigger(held=False)
    bench.run(1_000)
    begins = [shot.t_us for shot in bench.shots]
    assert len(begins) == 8
    assert {later - earlier for earlier, later in pairwise(begins)} == {250_000}
    assert all(shot.ending is Ending.COMPLETE for shot in bench.shots)


def test_a_shot_that_takes_longer_than_the_cadence_is_never_begun_before_the_last_has_ended() -> (
    None
):
    bench = _on_skin(setpoint(mode=Mode.REPEAT, cadence_per_min=540))
    bench.trigger(held=True)
    bench.run(2_000)
    shots = bench.shots
    for earlier, later in pairwise(shots):
        assert later.t_us >= earlier.t_us + earlier.duration_us


def test_nine_shots_a_second_are_reached() -> None:
    held = setpoint(
        mode=Mode.REPEAT,
        cadence_per_min=540,
        volume_nl=5_000,
        flow_nl_s=500_000,
        depth_um=2_000,
        needle_um_s=200_000,
    )
    bench = _on_skin(held)
    bench.trigger(held=True)
    bench.run(1_000)
    assert bench.truth.shots == 9


def test_burst_gives_its_number_of_shots_and_no_more() -> None:
    bench = _on_skin(setpoint(mode=Mode.BURST, burst=4))
    bench.trigger(held=True)
    bench.run(5_000)
    assert bench.truth.shots == 4
    bench.trigger(held=False)
    bench.trigger(held=True)
    bench.run(5_000)
    assert bench.truth.shots == 8


def test_a_burst_ends_when_the_trigger_is_let_go_and_its_last_shot_ends_whole() -> None:
    bench = _on_skin(setpoint(mode=Mode.BURST, burst=9))
    bench.pull(ms=250)
    bench.run(5_000)
    assert [shot.ending for shot in bench.shots] == [Ending.COMPLETE] * 2


def test_a_burst_that_leaves_the_skin_is_over() -> None:
    bench = _on_skin(setpoint(mode=Mode.BURST, burst=9))
    bench.trigger(held=True)
    bench.run(80)
    bench.contact(on=False)
    bench.contact(on=True)
    bench.run(2_000)
    assert [shot.ending for shot in bench.shots] == [Ending.CONTACT_LOST]


def test_a_burst_that_leaves_the_skin_between_two_shots_is_over_too() -> None:
    bench = _on_skin(setpoint(mode=Mode.BURST, burst=9, cadence_per_min=120))
    bench.trigger(held=True)
    bench.run(350)
    bench.contact(on=False)
    bench.contact(on=True)
    bench.run(2_000)
    assert [shot.ending for shot in bench.shots] == [Ending.COMPLETE]


def test_perfusion_flows_in_slices_each_debited_while_the_trigger_is_held() -> None:
    held = setpoint(mode=Mode.PERFUSION, volume_nl=50_000, flow_nl_s=100_000)
    bench = _on_skin(held)
    bench.trigger(held=True)
    bench.run(1_750)
    bench.trigger(held=False)
    moved_nl = bench.truth.moved_nl
    bench.run(1_000)
    assert bench.truth.moved_nl == moved_nl == pytest.approx(175_000, rel=0.01)
    assert [(shot.slice, shot.ending) for shot in bench.shots] == [
        (1, Ending.COMPLETE),
        (2, Ending.COMPLETE),
        (3, Ending.COMPLETE),
        (4, Ending.TRIGGER),
    ]
    assert bench.memory.volume_nl == 4 * 50_500
    assert bench.truth.air_nl < 200  # the drop that hangs from the tip
    bench.trigger(held=True)
    bench.run(20)
    bench.ask(Disarm())
    assert (bench.shots[-1].slice, bench.shots[-1].ending) == (1, Ending.DISARMED)


@pytest.mark.rule("R-CONTACT", "INV-3")
def test_leaving_the_skin_in_mid_shot_ends_it_at_once() -> None:
    bench = _on_skin()
    bench.trigger(held=True)
    bench.run(95, beats=False)
    bench.contact(on=False)
    moved_nl = bench.truth.moved_nl
    bench.run(1_000)
    [shot] = bench.shots
    assert shot.ending is Ending.CONTACT_LOST
    assert bench.truth.moved_nl == moved_nl
    assert bench.truth.air_nl == pytest.approx(147, abs=20)  # what the rubber held back


def test_nappage_goes_on_when_the_nose_is_set_down_again_with_the_trigger_held() -> None:
    bench = _on_skin(setpoint(mode=Mode.REPEAT))
    bench.contact(on=False)
    bench.trigger(held=True)
    bench.run(500)
    assert bench.truth.shots == 0
    bench.contact(on=True)
    bench.run(990)
    assert bench.truth.shots == 5


def test_a_pull_that_was_in_vain_for_want_of_a_lease_gives_nothing_when_the_lease_begins() -> None:
    bench = Bench()
    bench.hello()
    bench.release()
    bench.configure(setpoint(mode=Mode.REPEAT))
    bench.permit(5)
    bench.contact(on=True)
    bench.trigger(held=True)
    bench.lease()
    bench.run(500)
    assert bench.truth.shots == 0
    assert bench.beat().inhibits == Inhibits.TRIGGER_HELD


INHIBITED = [
    ("stopped", Inhibits.STOPPED | Inhibits.NO_GRANT),
    ("no grant", Inhibits.NO_GRANT),
    ("no lease", Inhibits.LEASE | Inhibits.NO_GRANT),
    ("no contact", Inhibits.CONTACT),
    ("cadence", Inhibits.CADENCE),
    ("air", Inhibits.FAULT),
]


@pytest.mark.rule("R-CONTACT")
@pytest.mark.parametrize(("why", "inhibits"), INHIBITED)
def test_a_pull_that_gives_nothing_is_counted_and_says_why(why: str, inhibits: Inhibits) -> None:
    from injector.protocol.framing import STOP_BYTES
    from simulator.acts import Fault

    bench = _on_skin()
    match why:
        case "stopped":
            bench.send(STOP_BYTES + b"~")
        case "no grant":
            bench.ask(Disarm())
        case "no lease":
            bench.run(600, beats=False)
        case "no contact":
            bench.contact(on=False)
        case "cadence":
            bench.pull(ms=10)
        case _:
            bench.device.act(Fault(name="air", on=True), bench.now_us)
    before = bench.truth.shots
    if why != "no lease":
        assert bench.beat().inhibits == inhibits
    bench.trigger(held=True)
    status = bench.beat()
    assert (status.pulls, status.pull_inhibits) == (1, inhibits)
    assert bench.truth.shots == before


def test_the_debit_is_made_when_the_shot_begins() -> None:
    bench = _on_skin()
    bench.trigger(held=True)
    status = bench.beat()
    assert (status.shots, status.volume_nl, status.newest) == (1, 50_500, 1)
    assert (status.shots_left, status.volume_left_nl) == (49, 10_000_000 - 50_500)
    assert status.state is DeviceState.FIRING
    assert not bench.shots


@pytest.mark.parametrize("late_us", [997, 40_000, 450_000, 1_500_000])
def test_a_runner_that_is_late_changes_nothing_in_what_happened(late_us: int) -> None:
    def _play(step_us: int) -> list[ShotEntry]:
        bench = _on_skin(setpoint(mode=Mode.REPEAT))
        bench.trigger(held=True)
        firmware = bench.device.firmware
        assert firmware is not None
        for late in range(bench.now_us, bench.now_us + 1_500_000, step_us):
            firmware.tick(late)
        firmware.tick(bench.now_us + 1_500_000)
        return bench.shots

    prompt = _play(1_000)
    assert [shot.ending for shot in prompt][-2:] == [Ending.COMPLETE, Ending.LEASE]
    assert _play(late_us) == prompt
