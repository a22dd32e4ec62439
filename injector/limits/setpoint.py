"""The setpoint: everything the gun is told about a shot.

A setpoint is volume, depth, flow, needle speed, cadence and mode together,
because the limits judge them together and the device reads them back together.
It is a value: it is never changed, only replaced, and one that makes no sense
(no volume, no flow, a burst of one) cannot be built.

In *perfusion* the needle rests at its depth and fluid flows while the trigger is
held: there is no stroke. The device counts such a flow in slices of at most
500 ms, and each slice is a shot to the journal, the limits and the log. So
``volume_nl`` of a perfusion setpoint is what **one slice** gives, ``shots`` are
slices and ``cadence_per_min`` is slices per minute.
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final, TypeAlias, TypedDict, assert_never

PERFUSION_SLICE_MS: Final = 500
"""The longest slice of a perfusion: what a lost permission can still let flow."""

MAX_FIGURE: Final = 1_000_000_000
"""No figure of a setpoint is above it: far beyond any gun, and low enough that no sum of a
session leaves the integers that the shot log holds exactly."""

MAX_BURST: Final = 1_000
"""More shots in one burst than any session is allowed."""


@unique
class ModeKind(StrEnum):
    """The four modes without their parameters: how plans, libraries and logs name them."""

    SINGLE = "single"
    REPEAT = "repeat"
    BURST = "burst"
    PERFUSION = "perfusion"


@dataclass(frozen=True, slots=True)
class Single:
    """One shot for each pull of the trigger."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Shots at the setpoint's cadence for as long as the trigger is held."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A fixed number of shots for each pull; letting go of the trigger ends it early."""

    count: int
    """Shots in one burst, 2 to `MAX_BURST`."""

    def __post_init__(self) -> None:
        if type(self.count) is not int or not 2 <= self.count <= MAX_BURST:
            raise ValueError(f"a burst has 2 to {MAX_BURST} shots, and {self.count!r} is not that")


@dataclass(frozen=True, slots=True)
class Perfusion:
    """Flow without stroke for as long as the trigger is held, counted in slices."""


Mode: TypeAlias = Single | Repeat | Burst | Perfusion


def kind_of(mode: Mode) -> ModeKind:
    """The mode's name, without its parameters."""
    match mode:
        case Single():
            return ModeKind.SINGLE
        case Repeat():
            return ModeKind.REPEAT
        case Burst():
            return ModeKind.BURST
        case Perfusion():
            return ModeKind.PERFUSION
        case _:
            assert_never(mode)


def mode_of(kind: ModeKind, burst: int) -> Mode:
    """The mode of that name; ``burst`` counts in mode burst alone. Raises as `Burst` does."""
    match kind:
        case ModeKind.SINGLE:
            return Single()
        case ModeKind.REPEAT:
            return Repeat()
        case ModeKind.BURST:
            return Burst(burst)
        case ModeKind.PERFUSION:
            return Perfusion()
        case _:
            assert_never(kind)


class SetpointLog(TypedDict):
    """A setpoint as it stands in the shot log."""

    volume_nl: int
    depth_um: int
    flow_nl_s: int
    needle_um_s: int
    cadence_per_min: int
    mode: str
    burst: int


@dataclass(frozen=True, slots=True)
class Setpoint:
    """One shot as it is asked for. Raises ValueError for what can be no shot."""

    volume_nl: int
    """Volume of one shot, above 0; in perfusion, of one slice."""
    depth_um: int
    """Depth of the needle's point below the skin, 0 or more."""
    flow_nl_s: int
    """Injection speed, above 0."""
    needle_um_s: int
    """Speed of the needle's stroke, above 0; without effect in perfusion."""
    cadence_per_min: int
    """Most shots per minute, above 0; in perfusion, slices per minute."""
    mode: Mode

    def __post_init__(self) -> None:
        for figure, least in _LEAST.items():
            value = getattr(self, figure)
            if type(value) is not int or not least <= value <= MAX_FIGURE:
                raise ValueError(
                    f"{figure} is {value!r}, and must be an integer from {least} to {MAX_FIGURE}"
                )
        if isinstance(self.mode, Perfusion):
            slice_nl = self.flow_nl_s * PERFUSION_SLICE_MS // 1000
            if self.volume_nl > slice_nl:
                raise ValueError(
                    f"volume_nl is {self.volume_nl}, and a slice of {PERFUSION_SLICE_MS} ms"
                    f" at {self.flow_nl_s} nL/s gives at most {slice_nl}"
                )

    def as_log(self) -> SetpointLog:
        """The setpoint for the shot log; ``burst`` is 0 in every mode but burst."""
        return {
            "volume_nl": self.volume_nl,
            "depth_um": self.depth_um,
            "flow_nl_s": self.flow_nl_s,
            "needle_um_s": self.needle_um_s,
            "cadence_per_min": self.cadence_per_min,
            "mode": kind_of(self.mode).value,
            "burst": self.mode.count if isinstance(self.mode, Burst) else 0,
        }

    @classmethod
    def from_log(cls, said: SetpointLog) -> "Setpoint":
        """The setpoint that stands in the shot log; ValueError for what can be none."""
        return cls(
            volume_nl=said["volume_nl"],
            depth_um=said["depth_um"],
            flow_nl_s=said["flow_nl_s"],
            needle_um_s=said["needle_um_s"],
            cadence_per_min=said["cadence_per_min"],
            mode=mode_of(ModeKind(said["mode"]), said["burst"]),
        )


_LEAST: Final = {
    "volume_nl": 1,
    "depth_um": 0,
    "flow_nl_s": 1,
    "needle_um_s": 1,
    "cadence_per_min": 1,
}
