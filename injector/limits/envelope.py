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
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from injector.limits.bound import Strength
from injector.limits.context import Axis, Context, DeviceEnvelope
from injector.limits.dosing import doses
from injector.limits.exposure import SessionExposure, charge_nl
from injector.limits.mixing import mixture
from injector.limits.patient_sides import patient
from injector.limits.realm import Realm
from injector.limits.setpoint import Setpoint, kind_of
from injector.limits.side import Figure, Level, Rule, SetBy, Side, missing, stated
from injector.limits.use import ONE, Applied, Use


def envelope(setpoint: Setpoint, context: Context) -> list[tuple[Side, Use]]:
    """Every side that applies to ``setpoint`` in ``context``, with the use shots make of it."""
    return [(side, use) for use, sides in applied(setpoint, context) for side in sides]


def applied(setpoint: Setpoint, context: Context) -> list[Applied]:
    """The same, in groups of sides that share a use."""
    charge = charge_nl(setpoint.volume_nl, context.device.tolerance_ppm)
    return [
        *_of_the_shot(setpoint, context, charge),
        *_of_what_is_mounted(context, charge),
        *_of_the_totals(context, charge),
        *mixture(context),
        *doses(context, charge),
        *patient(context),
    ]


def _of_the_shot(setpoint: Setpoint, context: Context, charge: int) -> Iterator[Applied]:
    sides = context.library.sides
    device = _of_the_device(context.device)
    volume, depth = Use(setpoint.volume_nl), Use(setpoint.depth_um)
    flow, speed = Use(setpoint.flow_nl_s), Use(setpoint.needle_um_s)
    cadence = Use(setpoint.cadence_per_min)
    reach = stated(Figure.DEPTH, Rule.MOST, context.needle_um, SetBy.NEEDLE)
    technique, zone = sides.techniques.get(context.technique), sides.zones.get(context.zone)
    pace = next(row for row in sides.pace if row.down_to_um >= setpoint.depth_um)
    yield volume, device.volume
    if technique is None:
        place = f"technique.{context.technique}"
        yield ONE, (missing(Figure.TECHNIQUE, SetBy.LIBRARY, place),)
    else:
        if kind_of(setpoint.mode) not in technique.modes:
            yield ONE, technique.no_mode
        yield volume, technique.volume
        yield Use(charge), technique.charge
        yield depth, technique.depth
    if zone is None:
        yield ONE, (missing(Figure.ZONE, SetBy.LIBRARY, f"zone.{context.zone}"),)
    else:
        yield depth, zone.depth
    yield depth, (*device.depth, reach)
    yield flow, (*sides.flow, *device.flow)
    yield cadence, (*sides.cadence, *pace.cadence, *device.cadence)
    yield speed, (*pace.needle_speed, *device.needle_speed)


class _DeviceSides(NamedTuple):
    """What a device states of itself."""

    volume: tuple[Side, ...]
    depth: tuple[Side, ...]
    flow: tuple[Side, ...]
    needle_speed: tuple[Side, ...]
    cadence: tuple[Side, ...]


@lru_cache(maxsize=16)
def _of_the_device(device: DeviceEnvelope) -> _DeviceSides:
    def axis(figure: Figure, can: Axis) -> Iterator[Side]:
        yield stated(figure, Rule.MOST, can.most, SetBy.DEVICE)
        if can.least > 0:
            yield stated(figure, Rule.LEAST, can.least, SetBy.DEVICE)
        if can.step > 1:
            yield stated(figure, Rule.STEP, can.step, SetBy.DEVICE)

    return _DeviceSides(
        tuple(axis(Figure.VOLUME, device.volume_nl)),
        tuple(axis(Figure.DEPTH, device.depth_um)),
        tuple(axis(Figure.FLOW, device.flow_nl_s)),
        tuple(axis(Figure.NEEDLE_SPEED, device.needle_um_s)),
        tuple(axis(Figure.CADENCE, device.cadence_per_min)),
    )


def _of_what_is_mounted(context: Context, charge: int) -> Iterator[Applied]:
    sides = context.library.sides
    if context.needle_um not in sides.needles:
        yield Use(context.needle_um), (missing(Figure.NEEDLE, SetBy.LIBRARY, "needle"),)
    yield from _of_the_sterile_set(context)
    left = stated(Figure.SYRINGE_LEFT, Rule.MOST, context.syringe_left_nl, SetBy.SYRINGE)
    yield Use(0, charge), (left,)
    if context.syringe_nl not in sides.syringes:
        yield Use(context.syringe_nl), (missing(Figure.SYRINGE, SetBy.LIBRARY, "syringe"),)
    if context.device_class not in sides.devices:
        place = f"device_class.{context.device_class}"
        unknown = missing(Figure.DEVICE_CLASS, SetBy.LIBRARY, place, context.device_class)
        yield ONE, (unknown,)
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
    yield Use(0, 1), (wanted,)


def _of_the_sterile_set(context: Context) -> Iterator[Applied]:
    clinical, last_day = context.realm is Realm.CLINICAL, context.needle_expiry
    if clinical and not context.needle_lot:
        yield ONE, (missing(Figure.NEEDLE_LOT, SetBy.NEEDLE, "needle.lot"),)
    if last_day is None:
        if clinical:
            yield ONE, (missing(Figure.NEEDLE_EXPIRY, SetBy.NEEDLE, "needle.expiry"),)
    elif context.today is None:
        yield ONE, (missing(Figure.NEEDLE_EXPIRY, SetBy.NEEDLE, "today"),)
    else:
        yield Use(context.today.toordinal()), (_in_date(last_day),)


@lru_cache(maxsize=16)
def _in_date(last_day: date) -> Side:
    in_date = stated(Figure.NEEDLE_EXPIRY, Rule.MOST, last_day.toordinal(), SetBy.NEEDLE)
    return in_date._replace(limit="needle.expiry")


def _of_the_totals(context: Context, charge: int) -> Iterator[Applied]:
    sides = context.library.sides
    zone = sides.zones.get(context.zone)
    group = zone.group if zone else None
    shots, volume_nl, here_shots, here_nl = _totals(context.exposure, context, group)
    if zone:
        yield Use(here_nl, charge), zone.volume
        yield Use(here_shots, 1), zone.shots
    yield Use(shots, 1), sides.shots
    yield Use(volume_nl, charge), sides.volume
    if context.before.exposure.by_zone:
        more = _totals(context.before.exposure, context, group)
        if zone:
            yield Use(here_nl + more[3], charge), zone.day_volume
            yield Use(here_shots + more[2], 1), zone.day_shots
        yield Use(shots + more[0], 1), sides.day_shots
        yield Use(volume_nl + more[1], charge), sides.day_volume
    if context.elapsed_min is not None:
        yield Use(context.elapsed_min), sides.duration


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
