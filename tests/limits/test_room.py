"""The room that is left: exact, so that a grant can be sized by it (INV-1)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.limits.context import Context
from injector.limits.exposure import (
    Exposure,
    SessionExposure,
    charge_nl,
    setpoint_within_nl,
)
from injector.limits.room import room
from injector.limits.setpoint import Setpoint
from injector.limits.side import Figure, Level
from injector.limits.verdict import Soft, judge
from tests.limits.worlds import BOUNDS, FURTHER, Case, bounds_at, cases


def binds(case: Case, shots: int) -> bool:
    """Whether ``shots`` more shots pass a limit that binds a grant."""
    asked = replace(case.context, planned_shots=shots)
    return any(
        each.level is Level.HARD or not case.context.overridden
        for each in judge(case.setpoint, asked).passed
    )


@pytest.mark.rule("R-ROOM")
@given(case=cases(whole=True))
def test_what_fits_passes_no_limit_and_one_more_shot_would(case: Case) -> None:
    found = room(case.setpoint, case.context)
    if found.shots:
        assert not binds(case, found.shots)
    assert found.shots == case.context.planned_shots or binds(case, found.shots + 1)
    assert found.shots <= case.context.planned_shots


@pytest.mark.rule("INV-1")
@given(case=cases(whole=True), data=st.data())
def test_what_was_granted_and_given_at_its_most_stays_within_every_limit(
    case: Case, data: st.DataObject
) -> None:
    first = room(case.setpoint, case.context)
    taken = data.draw(st.integers(0, first.shots))
    volume = taken * charge_nl(case.setpoint.volume_nl, case.context.device.tolerance_ppm)
    later = replace(
        case.context,
        exposure=case.context.exposure.plus(case.context.zone, Exposure(taken, volume)),
        syringe_left_nl=case.context.syringe_left_nl - volume,
        planned_shots=case.context.planned_shots - taken,
    )
    rest = room(case.setpoint, later)
    assert taken + rest.shots == first.shots
    assert volume + rest.volume_nl == first.volume_nl


@pytest.mark.rule("R-ROOM", "R-VOLUME")
@given(case=cases())
def test_the_volume_of_a_room_is_the_most_that_its_shots_can_give(case: Case) -> None:
    found = room(case.setpoint, case.context)
    charge = charge_nl(case.setpoint.volume_nl, case.context.device.tolerance_ppm)
    assert found.volume_nl == found.shots * charge


@pytest.mark.rule("R-INTERSECTION")
@given(case=cases(), data=st.data(), place=st.sampled_from(sorted(BOUNDS)))
def test_adding_or_narrowing_a_limit_never_makes_more_room(
    case: Case, data: st.DataObject, place: str
) -> None:
    standing = case.bounds[place]
    if standing is None and place not in FURTHER:
        return
    narrower = case.with_bounds({place: data.draw(bounds_at(place, inside=standing))})
    assert (
        room(narrower.setpoint, narrower.context).shots <= room(case.setpoint, case.context).shots
    )


@pytest.mark.rule("R-MISSING")
@given(case=cases(whole=True), place=st.sampled_from(sorted(set(BOUNDS) - FURTHER)))
def test_where_a_limit_is_missing_there_is_no_room(case: Case, place: str) -> None:
    without = case.with_bounds({place: None})
    assert room(without.setpoint, without.context).shots == 0


@pytest.mark.rule("R-VOLUME")
@given(
    volume_nl=st.integers(1, 10**9),
    tolerance_ppm=st.integers(0, 100_000),
)
def test_a_charge_is_the_tolerance_rounded_up_and_its_inverse_is_exact(
    volume_nl: int, tolerance_ppm: int
) -> None:
    charge = charge_nl(volume_nl, tolerance_ppm)
    exact = volume_nl * (1_000_000 + tolerance_ppm)
    assert (charge - 1) * 1_000_000 < exact <= charge * 1_000_000
    assert charge_nl(setpoint_within_nl(charge, tolerance_ppm), tolerance_ppm) <= charge
    assert charge_nl(setpoint_within_nl(charge, tolerance_ppm) + 1, tolerance_ppm) > charge


# --- on the shipped library ----------------------------------------------------------------


@pytest.mark.rule("R-ROOM", "R-SET-BY", "R-STEP")
@pytest.mark.parametrize(
    ("given_nl", "change", "bound"),
    [
        (0, {}, (24, "step_shots", "plan")),
        (0, {"planned_shots": 999, "syringe_left_nl": 10**6}, (49, "syringe_left_nl", "syringe")),
        (9_990_000, {"planned_shots": 999}, (0, "group_volume_nl", "group")),
        (9_900_000, {"planned_shots": 999}, (4, "group_volume_nl", "group")),
        (19_900_000, {"planned_shots": 999, "overridden": True}, (4, "group_volume_nl", "group")),
        (0, {"zone": "nowhere"}, (0, "zone", "library")),
        (0, {"technique": "mesoperfusion"}, (0, "mode", "technique")),
    ],
)
def test_the_limit_that_binds_is_named_with_who_set_it(
    nappage: Setpoint,
    elbow: Context,
    given_nl: int,
    change: dict[str, Any],
    bound: tuple[int, str, str],
) -> None:
    context = replace(elbow, exposure=SessionExposure({"elbow": Exposure(10, given_nl)}), **change)
    found = room(nappage, context)
    assert (found.shots, found.figure, found.set_by) == bound


@pytest.mark.rule("R-OVERRIDE")
def test_a_soft_limit_binds_until_it_is_overridden(nappage: Setpoint, elbow: Context) -> None:
    deeper = replace(nappage, depth_um=3_000)
    assert isinstance(judge(deeper, elbow), Soft)
    assert room(deeper, elbow).shots == 0
    assert room(deeper, replace(elbow, overridden=True)).shots == elbow.planned_shots


@pytest.mark.rule("R-HARD")
def test_an_override_never_moves_a_hard_limit(nappage: Setpoint, elbow: Context) -> None:
    too_deep = replace(nappage, depth_um=5_000)
    assert room(too_deep, replace(elbow, overridden=True)).shots == 0


@pytest.mark.rule("R-UNKNOWN-ZONE")
def test_what_lies_in_an_unknown_zone_counts_in_every_group(
    nappage: Setpoint, elbow: Context
) -> None:
    lost = SessionExposure({"": Exposure(1, 6_000_000)})
    face = replace(elbow, zone="face", exposure=lost, overridden=True)
    assert room(nappage, face).shots == 0
    assert room(nappage, face).figure is Figure.GROUP_VOLUME
    on_the_elbow = replace(face, exposure=SessionExposure({"elbow": Exposure(1, 6_000_000)}))
    assert room(nappage, on_the_elbow).shots == elbow.planned_shots
