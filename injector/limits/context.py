"""The context of a setpoint: everything besides the setpoint that decides about it.

A setpoint alone is neither right nor wrong. The same 6 mm are usual in a hip and
never allowed on a face. So the verdict takes the setpoint and this: the library,
the device's own hard envelope, technique, zone, needle and syringe, the mixture,
the patient and their course, what the session has given so far and what was given
before it, and what the step still wants.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from injector.limits.course import Course
from injector.limits.exposure import SessionExposure
from injector.limits.given import Given
from injector.limits.library import Library
from injector.limits.mixture import Mixture
from injector.limits.patient import Patient
from injector.limits.realm import Realm
from injector.limits.setpoint import MAX_FIGURE

MAX_TOLERANCE_PPM: Final = 100_000
"""A drive that may be a tenth off is not one to count shots by."""

INJECTION_GUN: Final = "injection_gun"
"""The class of the devices that speak our protocol: a needle that is driven, and a syringe."""

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
    needle_lot: str | None = None
    """Lot of the needle's sterile set; a clinical session must know it."""
    needle_expiry: date | None = None
    """The last day of that set; a clinical session must know it."""
    realm: Realm = Realm.TRAINING
    device_class: str = INJECTION_GUN
    """What kind of device it is, as a code in the library."""
    mixture: Mixture = field(default_factory=Mixture)
    """What is in the syringe. Without items it is not known, and nothing is allowed."""
    doses: Mapping[str, int] = field(default_factory=dict)
    """What this session has given of each product, by its code, in nanograms, rounded up; over
    all syringes, an open grant's remainder included."""
    untold: frozenset[str] = frozenset()
    """Products of which this session has given more than `doses` tells, and nobody knows how
    much: they stood in a mixture without a concentration."""
    patient: Patient | None = None
    """None in a training session: a manikin."""
    before: Given = field(default_factory=Given)
    """What the patient was given in the 24 hours before this session, or elsewhere."""
    today: date | None = None
    """The day it is; None where no clock is trusted. Nothing with an expiry is then allowed."""
    purpose: str | None = None
    """A code of the library; a clinical session must have one."""
    indication: str | None = None
    """A code of the library; a clinical session must have one."""
    course: Course | None = None
    """Where the patient stands in the indication's schedule; None where there is no schedule."""
    elapsed_min: int | None = None
    """How long the session has been open, in whole minutes; None where that is not judged."""

    def __post_init__(self) -> None:
        if not 0 <= self.planned_shots <= MAX_PLANNED:
            raise ValueError(f"planned_shots is {self.planned_shots}, not 0 to {MAX_PLANNED}")
        if not 0 <= self.needle_um <= MAX_FIGURE or not 0 <= self.syringe_nl <= MAX_FIGURE:
            raise ValueError(f"no needle or syringe: {self.needle_um} µm, {self.syringe_nl} nL")
        if not 0 <= self.syringe_left_nl <= self.syringe_nl:
            raise ValueError(
                f"{self.syringe_left_nl} nL cannot be left in a syringe of {self.syringe_nl} nL"
            )
