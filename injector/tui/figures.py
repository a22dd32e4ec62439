"""Amounts as a screen shows them: few digits, always as many, so that columns stand still.

`injector.units` writes every digit that there is; logs and messages need that. On a
screen the last ones flicker and say nothing. Rounding is done on integers, and on
the side that is safe where somebody may rely on it: what was given is rounded up,
what is left is rounded down.
"""

from enum import Enum, unique


@unique
class Side(Enum):
    """Which way to round."""

    UP = "up"
    DOWN = "down"
    NEAREST = "nearest"


def fixed(amount: int, scale: int, decimals: int, side: Side = Side.NEAREST) -> str:
    """``amount``, of which ``scale`` make one unit, with that many decimals.

    >>> fixed(19_915, 1_000_000, 4), fixed(19_915, 1_000_000, 3, Side.DOWN)
    ('0.0199', '0.019')
    >>> fixed(20_001, 1_000_000, 3, Side.UP), fixed(250_943, 1_000, 0)
    ('0.021', '251')
    """
    steps = amount * 10**decimals
    added = {Side.UP: scale - 1, Side.DOWN: 0, Side.NEAREST: scale // 2}[side]
    whole, rest = divmod((steps + added) // scale, 10**decimals)
    return f"{whole}.{rest:0{decimals}}" if decimals else str(whole)


def volume_ml(volume_nl: int, side: Side = Side.NEAREST, decimals: int = 3) -> str:
    """A volume in mL, without the unit."""
    return fixed(volume_nl, 1_000_000, decimals, side)


def dose_mg(dose_ng: int) -> str:
    """A dose in mg, without the unit, rounded up."""
    return fixed(dose_ng, 1_000_000, 2, Side.UP)


def depth_mm(depth_um: int) -> str:
    """A depth in mm, without the unit."""
    return fixed(depth_um, 1_000, 2)


def flow_ul_s(flow_nl_s: int) -> str:
    """A flow in µL/s, without the unit."""
    return fixed(flow_nl_s, 1_000, 0)


def pressure_kpa(pressure_pa: int) -> str:
    """A pressure in kPa, without the unit."""
    return fixed(pressure_pa, 1_000, 1)
