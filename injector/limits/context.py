"""The context of a setpoint: everything besides the setpoint that decides about it.

A setpoint alone is neither right nor wrong. The same 6 mm are usual in a hip and
never allowed on a face. So the verdict takes the setpoint and this: the library,
the device's own hard envelope, technique, zone, needle and syringe, what the
session has given so far, and what the step still wants.
"""

from dataclasses import dataclass, field
from typing import Final

from injector.limits.exposure import SessionExposure
from injector.limits.library import Library
from injector.limits.setpoint import MAX_FIGURE

MAX_TOLERANCE_PPM: Final = 100_000
"""A drive that may be a tenth off is not one to count shots by."""

MAX_PLANNED: Final = 100_000
"""No step plans more shots: a hundred times what any session is allowed."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What a device can do with one figure: from ``least`` to ``most``, in steps of ``step``."""

    least: int
    most: int
    step: int = 1
    """Values are whole multiples of it."""

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most or self.step < 1:
            raise ValueError(f"no axis: {self.least} to {self.most} in steps of {self.step}")


@dataclass(frozen=True, slots=True)
class DeviceEnvelope:
    """The device's own hard envelope, as it says hello with it, and its drive's tolerance."""

    volume_nl: Axis
    depth_um: Axis
    flow_nl_s: Axis
    needle_um_s: Axis
    cadence_per_min: Axis
    tolerance_ppm: int
    """How much more than its setpoint a shot can give, in millionths of the setpoint."""

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance_ppm <= MAX_TOLERANCE_PPM:
            raise ValueError(
                f"tolerance_ppm is {self.tolerance_ppm}, and must be 0 to {MAX_TOLERANCE_PPM}"
            )


@dataclass(frozen=True, slots=True)
class Context:
    """Everything besides the setpoint that decides about it."""

    library: Library
    device: DeviceEnvelope
    technique: str
    """The technique's code in the library."""
    zone: str
    """The zone's code in the library."""
    needle_um: int
    """Length of the needle on the gun."""
    syringe_nl: int
    """Volume of the syringe in the gun."""
    syringe_left_nl: int
    """What is left in it."""
    planned_shots: int
    """How many shots the step still wants: the verdict is on all of them, and a grant is never
    for more."""
    exposure: SessionExposure = field(default_factory=SessionExposure)
    """What this session has given so far, an open grant's remainder included."""
    overridden: bool = False
    """A practitioner has overridden this step's soft limits, so they no longer narrow a grant.
    The verdict names them all the same."""

    def __post_init__(self) -> None:
        if not 0 <= self.planned_shots <= MAX_PLANNED:
            raise ValueError(f"planned_shots is {self.planned_shots}, not 0 to {MAX_PLANNED}")
        if not 0 <= self.needle_um <= MAX_FIGURE or not 0 <= self.syringe_nl <= MAX_FIGURE:
            raise ValueError(f"no needle or syringe: {self.needle_um} µm, {self.syringe_nl} nL")
        if not 0 <= self.syringe_left_nl <= self.syringe_nl:
            raise ValueError(
                f"{self.syringe_left_nl} nL cannot be left in a syringe of {self.syringe_nl} nL"
            )
