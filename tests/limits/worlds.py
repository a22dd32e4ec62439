"""Small libraries, devices and setpoints, drawn so that limits are met from both sides.

A library is drawn as a flat table of bounds by their place, because the tests ask
what happens when one of them is added, narrowed or taken away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from hypothesis import strategies as st

from injector.limits.bound import (
    Bound,
    CadenceBound,
    DepthBound,
    DoseBound,
    DosePerKgBound,
    DurationBound,
    FlowBound,
    NeedleSpeedBound,
    ProductsBound,
    Strength,
    TotalShotsBound,
    TotalVolumeBound,
    VolumeBound,
)
from injector.limits.context import Axis, Context, DeviceEnvelope
from injector.limits.exposure import Exposure, SessionExposure
from injector.limits.given import Given
from injector.limits.library import Library
from injector.limits.mixture import Mixture, MixtureItem
from injector.limits.patient import Patient
from injector.limits.setpoint import Burst, Mode, Repeat, Setpoint, Single
from injector.limits.tables.figures import Figures
from injector.limits.written import Range
from injector.units import DEPTH, VOLUME

BOUNDS: Final[Mapping[str, type[Bound]]] = {
    "shot.flow": FlowBound,
    "shot.cadence": CadenceBound,
    "pace 1.cadence": CadenceBound,
    "pace 1.needle_speed": NeedleSpeedBound,
    "technique.t.depth": DepthBound,
    "technique.t.volume": VolumeBound,
    "zone.z.depth": DepthBound,
    "session.shots": TotalShotsBound,
    "group.g.volume": TotalVolumeBound,
    "session.volume": TotalVolumeBound,
    "group.g.shots": TotalShotsBound,
    "session.duration": DurationBound,
    "mixture.products": ProductsBound,
    "product.p.per_day": DoseBound,
    "product.p.per_kg": DosePerKgBound,
}
"""Every bound of a library with one technique, one zone, one row of pace and one product whose
dose is limited, by its place."""

FURTHER: Final = frozenset(
    {
        "session.volume",
        "group.g.shots",
        "session.duration",
        "product.p.per_day",
        "product.p.per_kg",
    }
)
"""Bounds that narrow where they stand; every other is missed where it does not stand."""

TOP: Final = 60
"""Figures are drawn from 0 to here."""

DEVICE: Final = DeviceEnvelope(
    volume_nl=Axis(1_000, 200_000, 1_000),
    depth_um=Axis(0, 13_000, 100),
    flow_nl_s=Axis(1_000, 1_000_000),
    needle_um_s=Axis(1_000, 200_000),
    cadence_per_min=Axis(1, 540),
    tolerance_ppm=10_000,
)
"""The bundled gun: 1 to 200 µL in 1 µL, 0 to 13 mm in 0.1 mm, up to 9 shots per second."""


@dataclass(frozen=True)
class Case:
    """A question to the limits, with the bounds of its library laid open."""

    bounds: Mapping[str, Bound | None]
    setpoint: Setpoint
    context: Context

    def with_bounds(self, changed: Mapping[str, Bound | None]) -> "Case":
        """The same question under a library with some bounds changed."""
        bounds = {**self.bounds, **changed}
        return replace(
            self, bounds=bounds, context=replace(self.context, library=library_of(bounds))
        )


def library_of(bounds: Mapping[str, Bound | None]) -> Library:
    """A library with exactly these bounds."""
    figures = Figures.model_validate(
        {
            "format": 1,
            "name": "drawn",
            "version": "1",
            "shot": {"flow": bounds["shot.flow"], "cadence": bounds["shot.cadence"]},
            "session": {
                "shots": bounds["session.shots"],
                "volume": bounds["session.volume"],
                "duration": bounds["session.duration"],
            },
            "group": {
                "g": {
                    "name": "g",
                    "volume": bounds["group.g.volume"],
                    "shots": bounds["group.g.shots"],
                },
                "other": {"name": "other"},
            },
            "zone": {
                "z": {"name": "z", "group": "g", "depth": bounds["zone.z.depth"]},
                "beside": {"name": "beside", "group": "g"},
                "far": {"name": "far", "group": "other"},
            },
            "technique": {
                "t": {
                    "name": "t",
                    "modes": ["single", "repeat", "burst"],
                    "depth": bounds["technique.t.depth"],
                    "volume": bounds["technique.t.volume"],
                }
            },
            "pace": [
                {
                    "down_to": DEPTH.format(TOP),
                    "cadence": bounds["pace 1.cadence"],
                    "needle_speed": bounds["pace 1.needle_speed"],
                }
            ],
            "needle": {"n": {"length": DEPTH.format(TOP)}},
            "syringe": {"s": {"volume": VOLUME.format(10 * TOP)}},
            "device_class": {"injection_gun": {"name": "gun"}},
            "mixture": {"products": bounds["mixture.products"]},
            "class": {"k": {"name": "k"}},
            "product": {
                "p": {
                    "name": "p",
                    "class": "k",
                    "per_day": bounds["product.p.per_day"],
                    "per_kg": bounds["product.p.per_kg"],
                },
                "q": {"name": "q", "class": "k"},
            },
        }
    )
    return Library(figures, "", "0" * 64)


def _scale(place: str) -> int:
    return 10 if place.startswith(("session", "group", "product")) else 1


@st.composite
def bounds_at(draw: st.DrawFn, place: str, inside: Bound | None = None) -> Bound:
    """A bound for ``place``, no wider than ``inside`` where that is given."""
    kind = BOUNDS[place]
    hard = draw(_ranges(inside.hard if inside else Range(0, TOP * _scale(place)), kind.from_zero))
    soft = None
    if inside is not None and inside.soft is not None:
        least, most = max(hard.least, inside.soft.least), min(hard.most, inside.soft.most)
        if least > most:  # nothing lies in both: narrow the soft range only
            hard, least, most = inside.hard, inside.soft.least, inside.soft.most
        soft = draw(_ranges(Range(least, most), kind.from_zero))
    elif draw(st.booleans()):
        soft = draw(_ranges(hard, kind.from_zero))
    return kind(hard=hard, soft=soft, source="drawn", strength=Strength.WEAK)


@st.composite
def _ranges(draw: st.DrawFn, within: Range, from_zero: bool) -> Range:
    if from_zero:
        return Range(0, draw(st.integers(max(1, within.least), max(1, within.most))))
    least = within.least
    if draw(st.booleans()):
        least = draw(st.integers(within.least, within.most))
    return Range(least, draw(st.integers(least, within.most)))


@st.composite
def tables(draw: st.DrawFn, *, whole: bool = False) -> dict[str, Bound | None]:
    """Bounds for every place; some are missing unless ``whole``."""
    table: dict[str, Bound | None] = {}
    for place in BOUNDS:
        missing = draw(st.integers(0, 9)) == 0
        may_miss = place in FURTHER or not whole
        table[place] = None if missing and may_miss else draw(bounds_at(place))
    return table


_modes: st.SearchStrategy[Mode] = st.sampled_from([Single(), Repeat(), Burst(3)])

setpoints: st.SearchStrategy[Setpoint] = st.builds(
    Setpoint,
    volume_nl=st.integers(1, TOP),
    depth_um=st.integers(0, TOP + 2),
    flow_nl_s=st.integers(1, TOP),
    needle_um_s=st.integers(1, TOP),
    cadence_per_min=st.integers(1, TOP),
    mode=_modes,
)

_exposures: st.SearchStrategy[Exposure] = st.builds(
    Exposure, st.integers(0, TOP), st.integers(0, 4 * TOP)
)


@st.composite
def devices(draw: st.DrawFn) -> DeviceEnvelope:
    """Devices that can do most of what is drawn, in steps."""

    def axis() -> Axis:
        least = draw(st.sampled_from([0, 0, 1, 5]))
        most = draw(st.sampled_from([TOP, TOP, TOP // 2, 6]))
        return Axis(least, most, draw(st.sampled_from([1, 1, 1, 2, 5])))

    return DeviceEnvelope(
        axis(), axis(), axis(), axis(), axis(), draw(st.sampled_from([0, 10_000, 100_000]))
    )


@st.composite
def mixtures(draw: st.DrawFn, *, whole: bool = False) -> Mixture:
    """One to three items of p and q; sometimes without a concentration unless ``whole``."""

    def item() -> MixtureItem:
        known = st.sampled_from([0, 500, 1_000, 1_700, 20_000])
        return MixtureItem(
            draw(st.sampled_from("pq")),
            "k",
            draw(st.integers(1, TOP)),
            draw(known if whole else known | known | st.none()),
        )

    return Mixture(tuple(item() for _ in range(draw(st.integers(1, 3)))))


@st.composite
def cases(draw: st.DrawFn, *, whole: bool = False) -> Case:
    """A question; with ``whole``, under a library that misses no limit that must stand."""
    bounds = draw(tables(whole=whole))
    zones = {
        zone: draw(_exposures)
        for zone in draw(st.sets(st.sampled_from(["z", "beside", "far", "unknown"])))
    }
    zones_before = draw(st.sampled_from([{}, {}, {"z": Exposure(5, 50)}, {"far": Exposure(9, 90)}]))
    doses_before = draw(st.sampled_from([{}, {}, {"p": 20}, {"p": 0}]))
    context = Context(
        library=library_of(bounds),
        device=draw(devices()),
        technique=draw(st.sampled_from(["t"] if whole else ["t", "t", "t", "unknown"])),
        zone=draw(st.sampled_from(["z"] if whole else ["z", "z", "z", "unknown"])),
        needle_um=draw(st.sampled_from([TOP] if whole else [TOP, TOP, 7])),
        syringe_nl=10 * TOP,
        syringe_left_nl=draw(st.integers(0, 10 * TOP)),
        planned_shots=draw(st.integers(0, 20)),
        exposure=SessionExposure(zones),
        overridden=draw(st.booleans()),
        mixture=draw(mixtures(whole=whole)),
        doses=draw(st.sampled_from([{}, {"p": 1}, {"p": 3 * TOP, "q": 5}])),
        patient=draw(st.sampled_from([Patient(1_000), Patient(1_500), None])),
        before=Given(SessionExposure(zones_before), doses_before),
        elapsed_min=draw(st.none() | st.integers(0, TOP)),
    )
    return Case(bounds, draw(setpoints), context)
