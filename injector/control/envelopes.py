"""A device's hard envelope in its three forms: as it says it, as the log has it, as limits see it.

A verdict is given under the envelope of the device at hand. So that it can be given again from
the log alone, the log holds what the device said, before anything is granted to it.
"""

from functools import lru_cache
from typing import Final

from injector.limits.context import Axis, DeviceEnvelope
from injector.limits.exposure import charge_nl
from injector.protocol import messages as wire
from injector.shotlog import entries as log
from injector.shotlog import vouching
from injector.units import MAX_AMOUNT

_AXES: Final = ("volume_nl", "depth_um", "flow_nl_s", "needle_um_s", "cadence_per_min")
_ANY: Final = Axis(0, MAX_AMOUNT)


def envelope_of(welcome: wire.Welcome) -> DeviceEnvelope:
    """The device's hard envelope as it said it in its welcome, which `is_possible`."""
    return _envelope_of(welcome.envelope)


@lru_cache(maxsize=16)  # it is asked for with every picture, and a gun has but one
def _envelope_of(hard: wire.HardEnvelope) -> DeviceEnvelope:
    return DeviceEnvelope(
        volume_nl=Axis(hard.volume_min_nl, hard.volume_max_nl, hard.volume_step_nl),
        depth_um=Axis(0, hard.depth_max_um, hard.depth_step_um),
        flow_nl_s=Axis(1, hard.flow_max_nl_s),
        needle_um_s=Axis(1, hard.needle_max_um_s),
        cadence_per_min=Axis(1, hard.cadence_max_per_min),
        tolerance_ppm=hard.tolerance_ppm,
    )


def envelope_body(welcome: wire.Welcome) -> vouching.DeviceEnvelope:
    """The entry that records the envelope of a welcome."""
    hard = welcome.envelope
    return vouching.DeviceEnvelope(
        serial=welcome.serial,
        figures={
            "volume_nl": [hard.volume_min_nl, hard.volume_max_nl, hard.volume_step_nl],
            "depth_um": [0, hard.depth_max_um, hard.depth_step_um],
            "flow_nl_s": [1, hard.flow_max_nl_s],
            "needle_um_s": [1, hard.needle_max_um_s],
            "cadence_per_min": [1, hard.cadence_max_per_min],
            "burst": hard.burst_max,
            "prime_nl": hard.prime_max_nl,
            "tolerance_ppm": hard.tolerance_ppm,
        },
    )


def envelope_from(body: vouching.DeviceEnvelope) -> DeviceEnvelope | None:
    """The envelope that an entry records; None where its figures make none."""
    axes = [_axis(body.figures.get(name)) for name in _AXES]
    tolerance_ppm = body.figures.get("tolerance_ppm")
    volume, depth, flow, needle, cadence = axes
    if type(tolerance_ppm) is not int:
        return None
    if volume is None or depth is None or flow is None or needle is None or cadence is None:
        return None
    try:
        return DeviceEnvelope(volume, depth, flow, needle, cadence, tolerance_ppm)
    except ValueError:
        return None


def is_possible(welcome: wire.Welcome) -> bool:
    """Whether what a device says of itself is an envelope at all."""
    return envelope_from(envelope_body(welcome)) is not None


def unbounded(grant: log.Grant | None) -> DeviceEnvelope:
    """An envelope that bounds nothing, for a log that does not tell the device's.

    Its tolerance is the one that the grant's volume was reckoned with, as near as that tells.
    """
    tolerance_ppm = 0
    if grant is not None and grant.shots and grant.setpoint.volume_nl:
        charge = grant.volume_nl // grant.shots
        tolerance_ppm = charge * 1_000_000 // grant.setpoint.volume_nl - 1_000_000
        if charge_nl(grant.setpoint.volume_nl, max(0, tolerance_ppm)) > charge:
            tolerance_ppm -= 1
    return DeviceEnvelope(_ANY, _ANY, _ANY, _ANY, _ANY, min(max(0, tolerance_ppm), 100_000))


def _axis(said: object) -> Axis | None:
    if not isinstance(said, list | tuple) or len(said) not in (2, 3):
        return None
    if any(type(value) is not int for value in said):
        return None
    try:
        return Axis(*said)
    except ValueError:
        return None
