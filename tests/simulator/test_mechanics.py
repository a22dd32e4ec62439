"""Mechanics: how near a shot comes to its setpoint, and how a motion goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.envelope import debit_nl
from simulator.mechanics import NEEDLES_UM, SYRINGES_NL, Mechanics, Order
from tests.simulator.bench import chance


def _order(volume_nl: int = 50_000, **changes: int) -> Order:
    fields = {"depth_um": 4_000, "flow_nl_s": 500_000, "needle_um_s": 100_000, "needle_um": 4_000}
    return Order(volume_nl=volume_nl, stroke=True, **{**fields, **changes})


def _shot(gun: Mechanics, order: Order, now_us: int = 0) -> int:
    gun.set_skin(now_us, on=True)
    gun.begin(order, now_us, treatment=True)
    due = gun.due()
    assert due is not None
    gun.end(due[0])
    return due[0]


@given(
    volume_ul=st.integers(1, 200),
    syringe_nl=st.sampled_from(SYRINGES_NL),
    seed=st.integers(0, 10_000),
)
def test_no_shot_passes_its_debit_and_from_25_ul_it_misses_by_less_than_one_percent(
    volume_ul: int, syringe_nl: int, seed: int
) -> None:
    gun = Mechanics(chance(seed), syringe_nl=syringe_nl)
    volume_nl = volume_ul * 1_000
    gun.set_skin(0, on=True)
    gun.begin(_order(volume_nl), 0, treatment=True)
    due = gun.due()
    assert due is not None
    measured = gun.end(due[0])
    assert gun.truth.moved_nl <= debit_nl(volume_nl)
    assert measured.volume_nl <= debit_nl(volume_nl)
    assert gun.truth.skin_nl == gun.truth.moved_nl
    if volume_ul >= 25:
        assert abs(gun.truth.moved_nl - volume_nl) * 100 < volume_nl


@given(cut_us=st.integers(0, 250_000), skin_us=st.integers(0, 250_000), seed=st.integers(0, 1_000))
def test_what_the_plunger_pushed_went_into_skin_or_into_air_and_nowhere_else(
    cut_us: int, skin_us: int, seed: int
) -> None:
    gun = Mechanics(chance(seed))
    gun.set_skin(0, on=True)
    gun.begin(_order(), 0, treatment=True)
    if skin_us < cut_us:
        gun.set_skin(skin_us, on=False)
    before = gun.left_nl(0)
    gun.end(cut_us)
    truth = gun.truth
    assert truth.skin_nl + truth.air_nl == truth.moved_nl == before - gun.left_nl(cut_us)


def test_the_part_done_at_an_instant_does_not_depend_on_who_looks_in_between() -> None:
    def _play(looks: list[int]) -> object:
        gun = Mechanics(chance(3))
        gun.set_skin(0, on=True)
        gun.begin(_order(), 0, treatment=True)
        for look in looks:
            gun.truth_at(look)
        gun.end(133_000)
        return gun.truth

    assert _play([]) == _play(list(range(0, 133_000, 777)))


@pytest.mark.parametrize(("flow", "more"), [(100_000, 1), (200_000, 2), (800_000, 8)])
def test_pressure_rises_with_the_flow(flow: int, more: int) -> None:
    def _peak(flow_nl_s: int) -> int:
        gun = Mechanics(chance(1))
        gun.begin(_order(flow_nl_s=flow_nl_s), 0, treatment=True)
        due = gun.due()
        assert due is not None
        return gun.end(due[0]).pressure_pa

    assert _peak(flow) == pytest.approx(more * _peak(100_000), rel=0.03)


def test_pressure_rises_with_viscosity_and_in_a_longer_thinner_needle() -> None:
    def _peak(viscosity_upas: int, needle_um: int) -> int:
        gun = Mechanics(chance(1), viscosity_upas=viscosity_upas)
        gun.begin(_order(flow_nl_s=100_000, needle_um=needle_um), 0, treatment=True)
        due = gun.due()
        assert due is not None
        return gun.end(due[0]).pressure_pa

    assert _peak(3_000, 4_000) == pytest.approx(3 * _peak(1_000, 4_000), rel=0.03)
    assert _peak(1_000, 13_000) > _peak(1_000, 6_000) > _peak(1_000, 4_000)


def test_a_needle_pulled_out_before_pressure_settled_loses_a_drop_into_the_air() -> None:
    gun = Mechanics(chance(1))
    gun.set_skin(0, on=True)
    gun.begin(_order(), 0, treatment=True)
    gun.end(45_000 + 99_000)
    assert gun.truth.air_nl == pytest.approx(147, abs=5)


def test_the_stroke_takes_the_time_of_its_way_at_the_needles_speed() -> None:
    slow = _shot(Mechanics(chance(1)), _order(needle_um_s=50_000))
    fast = _shot(Mechanics(chance(1)), _order(needle_um_s=200_000))
    assert slow - fast == 2 * (4_500_000 // 50 - 4_500_000 // 200)


@pytest.mark.parametrize("needle_um", NEEDLES_UM)
def test_a_cut_while_the_needle_goes_down_reports_how_deep_it_came(needle_um: int) -> None:
    gun = Mechanics(chance(1))
    gun.begin(_order(needle_um=needle_um), 0, treatment=True)
    measured = gun.end(25_000)
    assert measured.depth_um == pytest.approx(2_000, abs=20)
    assert measured.volume_nl == 0
    assert measured.duration_us == 25_000 + 12_500


@pytest.mark.parametrize(
    ("size_nl", "fill_nl"), [(3_000_000, 0), (5_000_000, 5_000_001), (5_000_000, -1)]
)
def test_a_syringe_that_does_not_exist_cannot_be_fitted(size_nl: int, fill_nl: int) -> None:
    with pytest.raises(ValueError, match="no syringe of"):
        Mechanics(chance(1)).fit(size_nl, fill_nl)
