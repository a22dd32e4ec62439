"""Syringe, plunger, needle and sensors: what the firmware's orders come to.

Theory
------
A motion is a profile that is known when it begins: the needle goes down, the
plunger moves, pressure settles, the needle comes up. What has been done at any
instant is computed from the profile, so time may run or jump.

The plunger moves in steps of a stepper motor, so a volume is cut off to whole
steps; the screw's pitch adds up to 4,000 ppm either way. A shot therefore never
passes its setpoint by 10,000 ppm, and at 25 µL misses it by less than 1 %.

Pressure follows Hagen and Poiseuille: 128/pi * viscosity * length * flow / bore^4,
with µPa·s, µm, nL/s and µm the powers of ten cancel and the result is pascals. The
rubber of the plunger gives way by 1 nL per kPa: that much liquid is held back
while the plunger moves and leaves the needle while pressure settles. Where the
needle is pulled out before, it hangs from the tip as a drop: lost into the air.
"""

from dataclasses import dataclass
from enum import Enum, unique
from typing import Final, Protocol

SYRINGES_NL: Final = (2_000_000, 2_500_000, 5_000_000, 10_000_000)
NEEDLES_UM: Final = (4_000, 6_000, 13_000)

_STEP_NL: Final = {2_000_000: 18, 2_500_000: 23, 5_000_000: 36, 10_000_000: 52}
"""Volume of one step of 0.3125 µm, by the bore of each syringe."""
_BORE_UM: Final = {4_000: 210, 6_000: 210, 13_000: 160}
"""Inner diameter of the needles: 27 G, and 30 G for the long one."""
_HUB_UM: Final = 10_000
"""Length of needle inside the hub."""
_CLEARANCE_UM: Final = 500
"""How far the tip rests behind the nose."""
_RETRACT_UM_S: Final = 200_000
"""Speed of the spring that pulls the needle out, drive or no drive."""
_SETTLE_US: Final = 6_000
_PA_PER_NL: Final = 1_000
"""Stiffness of the plunger's rubber."""
_OCCLUSION_PA: Final = 1_600_000
_SCREW_PPM: Final = 4_000
_VOLUME_SENSOR_PPM: Final = 2_000
_FLOW_SENSOR_PPM: Final = 5_000
_PRESSURE_SENSOR_PPM: Final = 10_000
_DEPTH_SENSOR_UM: Final = 20
_MILLION: Final = 1_000_000


class Noise(Protocol):
    """Where chance comes from; ``random.Random`` is one."""

    def randint(self, a: int, b: int, /) -> int:
        """Return an integer from ``a`` to ``b``, both included."""
        ...


@unique
class Condition(Enum):
    """What can be wrong with the mechanics; named as the control channel names it."""

    OCCLUSION = "occlusion"
    AIR = "air"
    EMPTY = "empty"
    DRIVE = "drive"


@dataclass(frozen=True, slots=True)
class Order:
    """What the firmware asks of the drives."""

    volume_nl: int
    """Volume to push; 0 moves the needle only."""
    depth_um: int
    flow_nl_s: int
    """1 or more where there is a volume."""
    needle_um_s: int
    """1 or more where there is a stroke."""
    needle_um: int
    """Length of the needle; one of ``NEEDLES_UM``."""
    stroke: bool
    """Whether the needle goes down and up."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the sensors say about a motion that has ended."""

    duration_us: int
    """From the beginning until the needle is in again."""
    volume_nl: int
    depth_um: int
    flow_nl_s: int
    pressure_pa: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A motion as it goes when nothing comes between."""

    begin_us: int
    deep_us: int
    """The needle has reached its depth; the plunger begins."""
    flowed_us: int
    settled_us: int
    end_us: int
    true_nl: int
    travel_um: int
    """From rest to depth; 0 without a stroke."""

    def plunger_nl(self, t_us: int) -> int:
        """Return the volume that the plunger has pushed at ``t_us``."""
        if t_us >= self.flowed_us:
            return self.true_nl
        flow_us = max(1, self.flowed_us - self.deep_us)
        return self.true_nl * max(0, t_us - self.deep_us) // flow_us

    def travelled_um(self, t_us: int) -> int:
        """Return how far from rest the tip is at ``t_us``."""
        if self.travel_um == 0 or t_us >= self.end_us:
            return 0
        down_us = max(1, self.deep_us - self.begin_us)
        out_us = min(t_us, self.deep_us) - self.begin_us
        back_us = max(0, t_us - self.settled_us)
        return max(0, self.travel_um * (out_us - back_us) // down_us)


@dataclass(slots=True)
class Truth:
    """What really happened, whoever believes what. For tests only."""

    shots: int = 0
    """Treatment motions that began: needle or plunger moved."""
    others: int = 0
    """Primes and self-tests that began."""
    moved_nl: int = 0
    """Volume that the plunger pushed in treatment."""
    primed_nl: int = 0
    """Volume that the plunger pushed in priming."""
    skin_nl: int = 0
    air_nl: int = 0


@dataclass(slots=True)
class _Running:
    order: Order
    profile: Profile
    pressure_pa: int
    treatment: bool
    occluded_us: int | None
    counted_nl: int = 0
    """Of what left the needle, how much has been counted."""


class Mechanics:
    """The moving parts, and their truth. All times are of the caller's clock.

    ``syringe_nl`` is the size fitted (one of ``SYRINGES_NL``), filled to
    ``fill_nl``; ``viscosity_upas`` is that of the mixture (water: 1,000).
    """

    def __init__(
        self,
        noise: Noise,
        *,
        syringe_nl: int = 5_000_000,
        fill_nl: int | None = None,
        viscosity_upas: int = 1_000,
    ) -> None:
        self._noise = noise
        self._viscosity_upas = viscosity_upas
        self._running: _Running | None = None
        self._out_us = 0
        self._skin = False
        self.conditions: set[Condition] = set()
        """What is wrong now; changed through :meth:`set_condition`."""
        self.truth = Truth()
        self.syringe_nl = syringe_nl
        self._left_nl = 0
        self.fit(syringe_nl, syringe_nl if fill_nl is None else fill_nl)

    def fit(self, syringe_nl: int, fill_nl: int) -> None:
        """Put in a syringe. Raises ``ValueError`` for a size or fill that none has."""
        if syringe_nl not in _STEP_NL or not 0 <= fill_nl <= syringe_nl:
            raise ValueError(f"no syringe of {syringe_nl} nL holds {fill_nl} nL")
        self.syringe_nl = syringe_nl
        self._left_nl = fill_nl

    def left_nl(self, now_us: int) -> int:
        """Return what is in the syringe."""
        running = self._running
        pushed = 0 if running is None else running.profile.plunger_nl(now_us)
        return max(0, self._left_nl - pushed)

    @property
    def moving(self) -> bool:
        """Whether a motion runs: for tests only."""
        return self._running is not None

    @property
    def treating(self) -> bool:
        """Whether a treatment motion runs: for tests only."""
        return self._running is not None and self._running.treatment

    def busy_until_us(self) -> int:
        """Return when the needle is in again after the motion that was begun last."""
        return self._out_us

    def begin(self, order: Order, now_us: int, *, treatment: bool) -> None:
        """Start a motion. Raises ``ValueError`` while one runs."""
        if self._running is not None:
            raise ValueError("a motion is running")
        profile = self._plan(order, now_us)
        self._running = _Running(
            order,
            profile,
            self._pressure_pa(order),
            treatment,
            now_us if Condition.OCCLUSION in self.conditions else None,
        )
        self._out_us = profile.end_us
        if treatment:
            self.truth.shots += 1
        else:
            self.truth.others += 1

    def due(self) -> tuple[int, Condition | None] | None:
        """When the running motion ends by itself, and of what; None while nothing runs.

        ``None`` as the second part: it is complete.
        """
        running = self._running
        if running is None:
            return None
        profile = running.profile
        if self.conditions and Condition.DRIVE in self.conditions:
            return profile.begin_us, Condition.DRIVE
        occluded_us = running.occluded_us
        if occluded_us is not None and occluded_us < profile.settled_us and profile.true_nl:
            # Pressure rises from what it was by all that the plunger pushes after.
            free_nl = profile.plunger_nl(occluded_us)
            rise_nl = max(0, _OCCLUSION_PA - running.pressure_pa) // _PA_PER_NL
            if free_nl + rise_nl >= profile.true_nl:
                return profile.settled_us, Condition.OCCLUSION
            span_us = profile.flowed_us - profile.deep_us
            after_us = -(-(free_nl + rise_nl) * span_us // profile.true_nl)
            return profile.deep_us + after_us, Condition.OCCLUSION
        return profile.end_us, None

    def end(self, now_us: int) -> Measured:
        """End the motion at ``now_us``: plunger stopped, needle on its way out.

        Raises ``ValueError`` while nothing runs.
        """
        running = self._running
        if running is None:
            raise ValueError("nothing is running")
        self._count(running, now_us)
        profile = running.profile
        pushed_nl = profile.plunger_nl(now_us)
        self.truth.air_nl += pushed_nl - running.counted_nl
        if running.treatment:
            self.truth.moved_nl += pushed_nl
        else:
            self.truth.primed_nl += pushed_nl
        self._left_nl = max(0, self._left_nl - pushed_nl)
        out_um = profile.travelled_um(now_us)
        self._out_us = now_us + -(-out_um * _MILLION // _RETRACT_UM_S)
        self._running = None
        return self._measure(running, pushed_nl, now_us)

    def set_condition(self, condition: Condition, now_us: int, *, on: bool) -> None:
        """Let something go wrong, or right again."""
        running = self._running
        if on:
            self.conditions.add(condition)
        else:
            self.conditions.discard(condition)
        if condition is Condition.OCCLUSION and running is not None:
            self._count(running, now_us)
            running.occluded_us = now_us if on else None

    def set_skin(self, now_us: int, *, on: bool) -> None:
        """Put the nose on skin, or take it off."""
        if self._running is not None:
            self._count(self._running, now_us)
        self._skin = on

    def truth_at(self, now_us: int) -> Truth:
        """Return the truth with the part of the running motion that is done."""
        running = self._running
        truth = self.truth
        if running is None:
            return truth
        self._count(running, now_us)
        pushed_nl = running.profile.plunger_nl(now_us)
        treated_nl = pushed_nl if running.treatment else 0
        return Truth(
            shots=truth.shots,
            others=truth.others,
            moved_nl=truth.moved_nl + treated_nl,
            primed_nl=truth.primed_nl + pushed_nl - treated_nl,
            skin_nl=truth.skin_nl,
            air_nl=truth.air_nl,
        )

    def _plan(self, order: Order, now_us: int) -> Profile:
        step_nl = _STEP_NL[self.syringe_nl]
        screw_ppm = self._noise.randint(-_SCREW_PPM, _SCREW_PPM)
        stepped_nl = order.volume_nl // step_nl * step_nl
        true_nl = stepped_nl * (_MILLION + screw_ppm) // _MILLION
        travel_um = order.depth_um + _CLEARANCE_UM if order.stroke else 0
        down_us = -(-travel_um * _MILLION // order.needle_um_s) if order.stroke else 0
        flow_us = -(-true_nl * _MILLION // order.flow_nl_s) if true_nl else 0
        settle_us = _SETTLE_US if order.stroke and true_nl else 0
        deep_us = now_us + down_us
        flowed_us = deep_us + flow_us
        settled_us = flowed_us + settle_us
        # Even a motion that moves nothing takes an instant, or time would stand still.
        end_us = max(settled_us + down_us, now_us + 1)
        return Profile(now_us, deep_us, flowed_us, settled_us, end_us, true_nl, travel_um)

    def _pressure_pa(self, order: Order) -> int:
        bore_um = _BORE_UM[order.needle_um]
        length_um = order.needle_um + _HUB_UM
        # 128/pi is 40.744.
        return (
            40_744 * self._viscosity_upas * length_um * order.flow_nl_s // (1_000 * bore_um**4)
            if order.volume_nl
            else 0
        )

    def _count(self, running: _Running, now_us: int) -> None:
        """Count what has left the needle until ``now_us``, into skin or into air."""
        profile = running.profile
        until_us = now_us if running.occluded_us is None else min(now_us, running.occluded_us)
        pushed_nl = profile.plunger_nl(until_us)
        held_nl = min(pushed_nl, running.pressure_pa // _PA_PER_NL)
        if not running.order.stroke and until_us >= profile.flowed_us:
            held_nl = 0  # slices follow each other: the next one holds it back
        elif until_us > profile.flowed_us:
            left_us = max(0, profile.settled_us - until_us)
            held_nl = held_nl * left_us // max(1, profile.settled_us - profile.flowed_us)
        new_nl = max(0, pushed_nl - held_nl - running.counted_nl)
        running.counted_nl += new_nl
        if self._skin and running.treatment:
            self.truth.skin_nl += new_nl
        else:
            self.truth.air_nl += new_nl

    def _measure(self, running: _Running, pushed_nl: int, now_us: int) -> Measured:
        order, profile = running.order, running.profile
        flow_us = min(now_us, profile.flowed_us) - profile.deep_us
        peak_pa = running.pressure_pa if pushed_nl else 0
        if running.occluded_us is not None:
            blocked_nl = pushed_nl - profile.plunger_nl(min(now_us, running.occluded_us))
            peak_pa += blocked_nl * _PA_PER_NL
        if order.stroke:
            deepest_um = profile.travelled_um(min(now_us, profile.deep_us)) - _CLEARANCE_UM
        else:
            deepest_um = order.depth_um
        deepest_um = max(0, deepest_um)
        if deepest_um:
            deepest_um += self._noise.randint(-_DEPTH_SENSOR_UM, _DEPTH_SENSOR_UM)
        flow_nl_s = pushed_nl * _MILLION // flow_us if flow_us > 0 else 0
        return Measured(
            duration_us=self._out_us - profile.begin_us,
            volume_nl=self._read(pushed_nl, _VOLUME_SENSOR_PPM),
            depth_um=max(0, deepest_um),
            flow_nl_s=self._read(flow_nl_s, _FLOW_SENSOR_PPM),
            pressure_pa=self._read(peak_pa, _PRESSURE_SENSOR_PPM),
        )

    def _read(self, true: int, error_ppm: int) -> int:
        return true * (_MILLION + self._noise.randint(-error_ppm, error_ppm)) // _MILLION
