"""What this gun is, and what it will never exceed, whoever asks."""

from typing import Final

from injector.protocol.codes import SLICE_MS, Mode, Reason
from injector.protocol.messages import HardEnvelope, Refused, Setpoint
from simulator.mechanics import NEEDLES_UM, SYRINGES_NL

MODEL: Final = "IJ-SIM 1"
FIRMWARE: Final = "1.0"
CAPABILITIES: Final = sum(1 << mode for mode in Mode)

ENVELOPE: Final = HardEnvelope(
    volume_min_nl=1_000,
    volume_max_nl=200_000,
    volume_step_nl=1_000,
    depth_max_um=13_000,
    depth_step_um=100,
    flow_max_nl_s=1_000_000,
    needle_max_um_s=200_000,
    cadence_max_per_min=540,
    burst_max=99,
    prime_max_nl=500_000,
    tolerance_ppm=10_000,
)

_TOLERANCE_PPM: Final = ENVELOPE.tolerance_ppm
LEASE_MIN_MS: Final = 100
GRANT_MAX_VOLUME_NL: Final = 25_000_000
"""Volume beyond the counters that one grant may permit."""

_MILLION: Final = 1_000_000
_LEAST: Final = 1


def debit_nl(volume_nl: int) -> int:
    """Return the largest volume that a shot of ``volume_nl`` can give.

    >>> debit_nl(50_000), debit_nl(1)
    (50500, 2)
    """
    return volume_nl + -(-volume_nl * _TOLERANCE_PPM // _MILLION)


def refuse(field: str, bound: int) -> Refused:
    """Return the refusal of a setpoint for that field, with the value that would pass."""
    return Refused(reason=Reason.RANGE, field=Setpoint.KEYS[field], bound=bound)


def check_setpoint(setpoint: Setpoint, fitted_nl: int | None) -> Refused | None:
    """Return why the gun does not take ``setpoint``, or None where it does.

    ``fitted_nl`` is the syringe that the holder feels; None where the holder takes
    whichever is put in. The first field that is to blame is named.
    """
    return (
        _check_volume(setpoint)
        or _check_needle(setpoint)
        or _check_speeds(setpoint)
        or _check_mode(setpoint)
        or _check_syringe(setpoint, fitted_nl)
    )


def _check_volume(setpoint: Setpoint) -> Refused | None:
    volume_nl, step_nl = setpoint.volume_nl, ENVELOPE.volume_step_nl
    if volume_nl < ENVELOPE.volume_min_nl:
        return refuse("volume_nl", ENVELOPE.volume_min_nl)
    if volume_nl > ENVELOPE.volume_max_nl:
        return refuse("volume_nl", ENVELOPE.volume_max_nl)
    if volume_nl % step_nl:
        return refuse("volume_nl", volume_nl // step_nl * step_nl)
    return None


def _check_needle(setpoint: Setpoint) -> Refused | None:
    depth_um, step_um = setpoint.depth_um, ENVELOPE.depth_step_um
    if depth_um > ENVELOPE.depth_max_um:
        return refuse("depth_um", ENVELOPE.depth_max_um)
    if depth_um % step_um:
        return refuse("depth_um", depth_um // step_um * step_um)
    if setpoint.needle_um not in NEEDLES_UM:
        shorter = [length for length in NEEDLES_UM if length < setpoint.needle_um]
        return refuse("needle_um", max(shorter, default=min(NEEDLES_UM)))
    if depth_um > setpoint.needle_um:
        return refuse("depth_um", setpoint.needle_um)
    return None


def _check_speeds(setpoint: Setpoint) -> Refused | None:
    for field, value, most in (
        ("flow_nl_s", setpoint.flow_nl_s, ENVELOPE.flow_max_nl_s),
        ("needle_um_s", setpoint.needle_um_s, ENVELOPE.needle_max_um_s),
        ("cadence_per_min", setpoint.cadence_per_min, ENVELOPE.cadence_max_per_min),
    ):
        if value > most:
            return refuse(field, most)
        if value < _LEAST:
            return refuse(field, _LEAST)
    return None


def _check_mode(setpoint: Setpoint) -> Refused | None:
    if setpoint.mode is Mode.BURST:
        if setpoint.burst < 2:
            return refuse("burst", 2)
        if setpoint.burst > ENVELOPE.burst_max:
            return refuse("burst", ENVELOPE.burst_max)
    elif setpoint.burst:
        return refuse("burst", 0)
    if setpoint.mode is Mode.PERFUSION:
        slice_nl = setpoint.flow_nl_s * SLICE_MS // 1_000
        if setpoint.volume_nl > slice_nl:
            return refuse("volume_nl", slice_nl)
    return None


def _check_syringe(setpoint: Setpoint, fitted_nl: int | None) -> Refused | None:
    if setpoint.syringe_nl not in SYRINGES_NL:
        smaller = [size for size in SYRINGES_NL if size < setpoint.syringe_nl]
        return refuse("syringe_nl", max(smaller, default=min(SYRINGES_NL)))
    if fitted_nl is not None and setpoint.syringe_nl != fitted_nl:
        return refuse("syringe_nl", fitted_nl)
    return None
