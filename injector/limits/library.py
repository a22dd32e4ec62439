"""The limit library: every figure that limits a shot, read from one TOML file.

A library belongs to a clinic. The package ships one, ``mesotherapy.toml``, as a
start; a clinic copies it, changes it, and approves its own. The file is written
for people: amounts carry their units, and each bound its source and strength.

What each table limits:

====================== ===========================================================
``[shot]``             flow and cadence of any shot
``[session]``          shots, and optionally volume, of one session
``[group.CODE]``       volume, and optionally shots, of one session in a group of
                       zones (face, body)
``[zone.CODE]``        depth in a zone, and the group the zone belongs to
``[technique.CODE]``   depth and volume of a shot, and the modes, of a technique
``[[pace]]``           the deeper the shot, the lower cadence and needle speed
``[needle.CODE]``      a needle's length: the needles that may be used
``[syringe.CODE]``     a syringe's volume: the syringes that may be used
====================== ===========================================================

**What has no limit is absent, and absent means refused.** A technique whose depth
nobody bounded stands here without ``depth``, and no shot of it is ever allowed.
So a library that is valid may still allow nothing; only what it says wrongly is
a fault.

The library is text for the log, too: ``text`` and ``digest`` are exactly the
file's bytes, so that an auditor sees the figures that were in force.
"""

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError

from injector.limits.bound import (
    Bound,
    CadenceBound,
    DepthBound,
    FlowBound,
    NeedleSpeedBound,
    TotalShotsBound,
    TotalVolumeBound,
    VolumeBound,
)
from injector.limits.faults import Fault, FileError, faults_in, read_toml
from injector.limits.setpoint import ModeKind
from injector.limits.written import Code, Table, Words, amount
from injector.units import DEPTH, VOLUME

FORMAT: Final = 1
"""The format of library files that this code reads."""

SHALLOW_ZONES: Final = ("face", "scalp", "neck", "chest")
"""Zones for which no library may allow `DEEP_UM`: vessels, eyes, skull, airway, pleura."""

DEEP_UM: Final = 13_000
"""The depth of the longest needle."""


class LibraryError(FileError):
    """A library file cannot be used; ``faults`` are all the reasons, each with its place."""


class ShotLimits(Table):
    """What limits any shot, whatever the technique."""

    flow: FlowBound | None = None
    cadence: CadenceBound | None = None


class SessionLimits(Table):
    """What limits one session over all of its zones."""

    shots: TotalShotsBound | None = None
    """Without it no shot is allowed."""
    volume: TotalVolumeBound | None = None
    """A further limit over all groups of zones together."""


class Group(Table):
    """Zones whose totals are counted together."""

    name: Words
    volume: TotalVolumeBound | None = None
    """Of one session; without it no shot in these zones is allowed."""
    shots: TotalShotsBound | None = None
    """A further limit, inside the session's."""


class Zone(Table):
    """A part of the body."""

    name: Words
    group: Code
    depth: DepthBound | None = None


class Technique(Table):
    """A way of giving shots."""

    name: Words
    modes: tuple[Annotated[ModeKind, Field(strict=False)], ...] = Field(default=(), strict=False)
    """The modes it may be given in; a mode that is not listed is refused."""
    depth: DepthBound | None = None
    volume: VolumeBound | None = None


class Pace(Table):
    """Cadence and needle speed of shots down to a depth."""

    down_to: Annotated[int, amount(DEPTH)]
    """The deepest shot this row is for, in micrometres; the first row deep enough counts."""
    cadence: CadenceBound | None = None
    needle_speed: NeedleSpeedBound | None = None


class Needle(Table):
    """A needle that may be used."""

    length: Annotated[int, amount(DEPTH)]
    """In micrometres."""


class Syringe(Table):
    """A syringe that may be used."""

    volume: Annotated[int, amount(VOLUME)]
    """In nanolitres."""


class Figures(Table):
    """What a library file says. Codes are the keys of its tables."""

    format: Literal[1]
    name: Words
    version: Words
    shot: ShotLimits = ShotLimits()
    session: SessionLimits = SessionLimits()
    group: dict[Code, Group] = Field(default_factory=dict)
    zone: dict[Code, Zone] = Field(default_factory=dict)
    technique: dict[Code, Technique] = Field(default_factory=dict)
    pace: tuple[Pace, ...] = Field(default=(), strict=False)
    """From shallow to deep."""
    needle: dict[Code, Needle] = Field(default_factory=dict)
    syringe: dict[Code, Syringe] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Library:
    """A library in use: its figures, and the text they were read from."""

    figures: Figures
    text: str
    """The file, as it stands."""
    digest: str
    """SHA-256 of the file's bytes, in hex: the library's identity."""

    @classmethod
    def parse(cls, source: str | bytes) -> Self:
        """Reads a library file.

        ``source`` is the file's bytes, or its text if that was read without
        changing line ends. Raises `LibraryError` with every fault.
        """
        data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
        tables = read_toml(data)
        if isinstance(tables, Fault):
            raise LibraryError([tables])
        found = tables.get("format")
        if type(found) is not int or found != FORMAT:
            raise LibraryError([_unknown_format(found)])
        try:
            figures = Figures.model_validate(tables)
        except ValidationError as error:
            raise LibraryError(faults_in(error, Figures)) from None
        faults = faults_across(figures)
        if faults:
            raise LibraryError(faults)
        return cls(figures, data.decode("utf-8"), hashlib.sha256(data).hexdigest())


def _unknown_format(found: object) -> Fault:
    if found is None:
        return Fault("format", f"missing; a library file begins with `format = {FORMAT}`")
    return Fault("format", f"this program reads format {FORMAT}, and the file says {found!r}")


def faults_across(figures: Figures) -> list[Fault]:
    """What is wrong between the tables, where each by itself is right."""
    faults = [
        Fault(
            f"zone.{code}.group",
            f"there is no [group.{zone.group}]; known are {', '.join(figures.group) or 'none'}",
        )
        for code, zone in figures.zone.items()
        if zone.group not in figures.group
    ]
    faults += [
        Fault(
            f"zone.{code}.depth.hard",
            f"{DEPTH.format(DEEP_UM)} is never allowed in this zone; write less",
        )
        for code, zone in figures.zone.items()
        if code in SHALLOW_ZONES and zone.depth and zone.depth.hard.most >= DEEP_UM
    ]
    for row, (shallow, deep) in enumerate(pairwise(figures.pace), start=2):
        if deep.down_to <= shallow.down_to:
            faults.append(Fault(f"pace {row}.down_to", "rows go from shallow to deep"))
        for key in ("cadence", "needle_speed"):
            above: Bound | None = getattr(shallow, key)
            below: Bound | None = getattr(deep, key)
            if below and (above is None or not _tighter(below, above)):
                faults.append(
                    Fault(
                        f"pace {row}.{key}",
                        f"a deeper shot may not be allowed more than row {row - 1} allows",
                    )
                )
    return faults


def _tighter(inner: Bound, outer: Bound) -> bool:
    """Whether ``inner`` allows no more than ``outer``, hard and soft."""
    soft = inner.soft or inner.hard
    outer_soft = outer.soft or outer.hard
    return inner.hard.most <= outer.hard.most and soft.most <= outer_soft.most
