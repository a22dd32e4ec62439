"""The gun's own envelope: a host that asks for too much is refused by the device as well."""

import pytest

from injector.protocol.codes import Mode, Reason
from injector.protocol.messages import Configure, Configured, Setpoint
from tests.simulator.bench import Bench, setpoint

TOO_MUCH = [
    ({"volume_nl": 0}, "volume_nl", 1_000),
    ({"volume_nl": 201_000}, "volume_nl", 200_000),
    ({"volume_nl": 50_500}, "volume_nl", 50_000),
    ({"depth_um": 13_100, "needle_um": 13_000}, "depth_um", 13_000),
    ({"depth_um": 3_950}, "depth_um", 3_900),
    ({"depth_um": 4_100}, "depth_um", 4_000),
    ({"needle_um": 5_000}, "needle_um", 4_000),
    ({"needle_um": 3_000, "depth_um": 2_000}, "needle_um", 4_000),
    ({"flow_nl_s": 1_000_001}, "flow_nl_s", 1_000_000),
    ({"flow_nl_s": 0}, "flow_nl_s", 1),
    ({"needle_um_s": 200_001}, "needle_um_s", 200_000),
    ({"needle_um_s": 0}, "needle_um_s", 1),
    ({"cadence_per_min": 541}, "cadence_per_min", 540),
    ({"cadence_per_min": 0}, "cadence_per_min", 1),
    ({"mode": Mode.BURST, "burst": 1}, "burst", 2),
    ({"mode": Mode.BURST, "burst": 100}, "burst", 99),
    ({"mode": Mode.SINGLE, "burst": 3}, "burst", 0),
    ({"mode": Mode.PERFUSION, "flow_nl_s": 90_000, "volume_nl": 50_000}, "volume_nl", 45_000),
    ({"syringe_nl": 3_000_000}, "syringe_nl", 2_500_000),
    ({"syringe_nl": 1}, "syringe_nl", 2_000_000),
    ({"syringe_nl": 10_000_000}, "syringe_nl", 5_000_000),
]


@pytest.mark.parametrize(("changes", "field", "bound"), TOO_MUCH)
def test_a_setpoint_outside_the_envelope_is_refused_with_field_and_bound(
    changes: dict[str, object], field: str, bound: int
) -> None:
    bench = Bench()
    bench.hello()
    refused = bench.refused(Configure(setpoint=setpoint(**changes)))
    assert (refused.reason, refused.field, refused.bound) == (
        Reason.RANGE,
        Setpoint.KEYS[field],
        bound,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"volume_nl": 1_000},
        {"volume_nl": 200_000},
        {"depth_um": 0},
        {"depth_um": 13_000, "needle_um": 13_000},
        {"flow_nl_s": 1_000_000, "needle_um_s": 200_000, "cadence_per_min": 540},
        {"mode": Mode.BURST, "burst": 2},
        {"mode": Mode.BURST, "burst": 99},
        {"mode": Mode.PERFUSION, "flow_nl_s": 100_000, "volume_nl": 50_000},
        {"mode": Mode.REPEAT, "burst": 0},
    ],
)
def test_the_edges_of_the_envelope_are_inside(changes: dict[str, object]) -> None:
    bench = Bench()
    bench.hello()
    assert isinstance(bench.configure(setpoint(**changes)), Configured)


def test_a_refused_setpoint_leaves_the_one_there_is() -> None:
    bench = Bench()
    bench.arm()
    bench.pull()
    bench.ask(Configure(setpoint=setpoint(volume_nl=201_000)))
    bench.contact(on=True)
    bench.pull()
    bench.run(500)
    [shot] = bench.shots
    assert shot.digest == setpoint().digest()


def test_configure_is_refused_while_a_grant_is_open_or_something_moves() -> None:
    from injector.protocol.messages import Disarm

    bench = Bench()
    bench.arm()
    other = Configure(setpoint=setpoint(volume_nl=20_000))
    assert bench.refused(other).reason is Reason.ARMED
    bench.contact(on=True)
    bench.pull(ms=60)
    bench.ask(Disarm())
    assert bench.refused(other).reason is Reason.ARMED
    bench.run(500)
    assert isinstance(bench.ask(other), Configured)


def test_a_gun_that_takes_any_syringe_puts_in_the_one_that_is_named_full() -> None:
    bench = Bench(syringe_nl=None)
    bench.hello()
    assert isinstance(bench.configure(setpoint(syringe_nl=10_000_000)), Configured)
    assert bench.beat().syringe_left_nl == 10_000_000
