"""The envelope: every limit that applies to a setpoint, each with who set it.

What may be done is the intersection of everything that applies: the device, the
technique, the zone, the needle, the syringe, the mixture and its products, the
patient, the schedule, the session and its day. It is drawn as a list of *sides*,
each with the *use* that shots make of its figure, so that the verdict and the room
ask the same question of the same list.

The drive may give a little more than it was told. A shot not yet given therefore
counts, under every hard limit on volume and every limit on a dose, as the most it
can give (``charge_nl``); the soft limits on one shot's volume are advice about the
setpoint and are compared with the setpoint itself.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from injector.limits.bound import Strength
from injector.limits.context import Context, DeviceEnvelope
from injector.limits.dosing import doses
from injector.limits.exposure import SessionExposure, charge_nl
from injector.limits.mixing import mixture
from injector.limits.patient_sides import patient
from injector.limits.setpoint import Setpoint, kind_of
from injector.limits.side import Figure, Level, Rule, SetBy, Side, missing, stated
from injector.limits.use import ONE, Use


class Applied(NamedTuple):
    """A side that applies, and how much of its figure shots use."""

    side: Side
    use: Use

    def passed_by(self, shots: int) -> bool:
        """Whether ``shots`` more shots lie beyond this side."""
        return self.side.passed_by(self.use.of(shots))


def envelope(setpoint: Setpoint, context: Context) -> list[Applied]:
    """Every side that applies to ``setpoint`` in ``context``."""
    charge = charge_nl(setpoint.volume_nl, context.device.tolerance_ppm)
    return [
        Applied(side, use)
        for part in (
            _of_the_shot(setpoint, context, charge),
            _of_what_is_mounted(setpoint, context, charge),
            _of_the_totals(context, charge),
            mixture(context),
            doses(context, charge),
            patient(context),
        )
        for side, use in part
    ]


def _of_the_shot(setpoint: Setpoint, context: Context, charge: int) -> Iterator[tuple[Side, Use]]:
    sides = context.library.sides
    use = {
        Figure.VOLUME: Use(setpoint.volume_nl),
        Figure.CHARGE: Use(charge),
        Figure.DEPTH: Use(setpoint.depth_um),
        Figure.FLOW: Use(setpoint.flow_nl_s),
        Figure.NEEDLE_SPEED: Use(setpoint.needle_um_s),
        Figure.CADENCE: Use(setpoint.cadence_per_min),
    }
    for side in _of_the_device(context.device):
        yield side, use[side.figure]
    technique = sides.techniques.get(context.technique)
    if technique is None:
        place = f"technique.{context.technique}"
        yield missing(Figure.TECHNIQUE, SetBy.LIBRARY, place), ONE
    else:
        if kind_of(setpoint.mode) not in technique.modes:
            yield technique.no_mode, ONE
        for side in technique.shot:
            yield side, use[side.figure]
    zone = sides.zones.get(context.zone)
    if zone is None:
        yield missing(Figure.ZONE, SetBy.LIBRARY, f"zone.{context.zone}"), ONE
    else:
        for side in zone.depth:
            yield side, use[side.figure]
    for side in sides.shot:
        yield side, use[side.figure]
    pace = (row for down_to, row in sides.pace if down_to >= setpoint.depth_um)
    for side in next(pace, sides.no_pace):
        yield side, use[side.figure]


@lru_cache(maxsize=16)
def _of_the_device(device: DeviceEnvelope) -> tuple[Side, ...]:
    found = []
    for figure, axis in (
        (Figure.VOLUME, device.volume_nl),
        (Figure.DEPTH, device.depth_um),
        (Figure.FLOW, device.flow_nl_s),
        (Figure.NEEDLE_SPEED, device.needle_um_s),
        (Figure.CADENCE, device.cadence_per_min),
    ):
        found.append(stated(figure, Rule.MOST, axis.most, SetBy.DEVICE))
        if axis.least > 0:
            found.append(stated(figure, Rule.LEAST, axis.least, SetBy.DEVICE))
        if axis.step > 1:
            found.append(stated(figure, Rule.STEP, axis.step, SetBy.DEVICE))
    return tuple(found)


def _of_what_is_mounted(
    setpoint: Setpoint, context: Context, charge: int
) -> Iterator[tuple[Side, Use]]:
    sides = context.library.sides
    reach = stated(Figure.DEPTH, Rule.MOST, context.needle_um, SetBy.NEEDLE)
    yield reach, Use(setpoint.depth_um)
    if context.needle_um not in sides.needles:
        yield missing(Figure.NEEDLE, SetBy.LIBRARY, "needle"), Use(context.needle_um)
    left = stated(Figure.SYRINGE_LEFT, Rule.MOST, context.syringe_left_nl, SetBy.SYRINGE)
    yield left, Use(0, charge)
    if context.syringe_nl not in sides.syringes:
        yield missing(Figure.SYRINGE, SetBy.LIBRARY, "syringe"), Use(context.syringe_nl)
    if context.device_class not in sides.devices:
        place = f"device_class.{context.device_class}"
        yield missing(Figure.DEVICE_CLASS, SetBy.LIBRARY, place, context.device_class), ONE
    wanted = Side(
        Figure.STEP_SHOTS,
        Rule.MOST,
        context.planned_shots,
        Level.HARD,
        SetBy.PLAN,
        SetBy.PLAN.value,
        "",
        Strength.NONE,
    )
    yield wanted, Use(0, 1)


def _of_the_totals(context: Context, charge: int) -> Iterator[tuple[Side, Use]]:
    sides = context.library.sides
    zone = sides.zones.get(context.zone)
    group = zone.group if zone else None
    shots, volume_nl, here_shots, here_nl = _totals(context.exposure, context, group)
    use = {
        Figure.SESSION_SHOTS: Use(shots, 1),
        Figure.SESSION_VOLUME: Use(volume_nl, charge),
        Figure.GROUP_SHOTS: Use(here_shots, 1),
        Figure.GROUP_VOLUME: Use(here_nl, charge),
    }
    for side in (*(zone.totals if zone else ()), *sides.session):
        yield side, use[side.figure]
    if context.before.exposure.by_zone:
        more = _totals(context.before.exposure, context, group)
        use = {
            Figure.DAY_SHOTS: Use(shots + more[0], 1),
            Figure.DAY_VOLUME: Use(volume_nl + more[1], charge),
            Figure.DAY_GROUP_SHOTS: Use(here_shots + more[2], 1),
            Figure.DAY_GROUP_VOLUME: Use(here_nl + more[3], charge),
        }
        for side in (*(zone.day if zone else ()), *sides.day):
            yield side, use[side.figure]
    if context.elapsed_min is not None:
        for side in sides.duration:
            yield side, Use(context.elapsed_min)


def _totals(
    exposure: SessionExposure, context: Context, group: str | None
) -> tuple[int, int, int, int]:
    """Shots and volume over all zones, and over those of the group; what lies in no zone of the
    library counts in every group."""
    zones = context.library.sides.zones
    shots = volume_nl = here_shots = here_nl = 0
    for code, each in exposure.by_zone.items():
        shots += each.shots
        volume_nl += each.volume_nl
        zone = zones.get(code)
        if zone is None or zone.group == group:
            here_shots += each.shots
            here_nl += each.volume_nl
    return shots, volume_nl, here_shots, here_nl
