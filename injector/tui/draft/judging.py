"""What the limits say to a draft, while it is being entered and once it is whole.

The limits are asked about every step, after those before it, with whatever is known. What
is not known yet is asked about with a value that no limit minds, and what the limits say
to that is not said: only what somebody entered is spoken of. What they miss is what must
still be entered, so a clinical session asks for exactly what its limits ask for.

The engine judges again whenever a step is armed, by what is true then. This is so that
nobody learns it only then.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique
from typing import Final

from injector.limits.context import Axis, Context, DeviceEnvelope
from injector.limits.course import Course
from injector.limits.exposure import Exposure, SessionExposure, charge_nl
from injector.limits.given import Given
from injector.limits.library import Library
from injector.limits.mixture import Mixture
from injector.limits.realm import Realm
from injector.limits.setpoint import (
    MAX_FIGURE,
    Burst,
    Mode,
    ModeKind,
    Perfusion,
    Repeat,
    Setpoint,
    Single,
)
from injector.limits.side import Figure, Level, Rule
from injector.limits.verdict import Passed, judge
from injector.treatment.check import check_plan
from injector.tui.draft.reading import Lack, Open, Reading, StepReading
from injector.tui.draft.sheet import SessionDraft

_WIDEST: Final = Axis(0, MAX_FIGURE)
ANY_DEVICE: Final = DeviceEnvelope(_WIDEST, _WIDEST, _WIDEST, _WIDEST, _WIDEST, 0)
"""Before a gun has said hello, only the library can refuse."""


@dataclass(frozen=True, slots=True)
class PatientPast:
    """What the log knows of the patient at hand."""

    known: bool = False
    """Whether it knows the pseudonym."""
    before: Given = field(default_factory=Given)
    """What they were given in the last 24 hours."""
    days: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    """The days on which they were treated, by indication."""


NOBODY: Final = PatientPast()
"""A patient whom the log does not know."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A limit that speaks, and the place that it speaks about."""

    place: str
    step: int | None
    """The step, from 0, at which it speaks; None where it speaks of the whole."""
    passed: Passed


@unique
class Outcome(StrEnum):
    """What the limits say to the whole draft, as far as it is entered."""

    ALLOWED = "allowed"
    SOFT = "soft"
    """Soft limits are passed: each needs an override in the session."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the limits say."""

    spoken: tuple[Spoken, ...]
    open: tuple[Open, ...]
    """What the limits must know and do not, beside what the reading found open."""

    @property
    def outcome(self) -> Outcome:
        """What they say in one word."""
        levels = {each.passed.level for each in self.spoken}
        if Level.HARD in levels:
            return Outcome.REFUSED
        return Outcome.SOFT if levels else Outcome.ALLOWED


def judge_draft(
    draft: SessionDraft,
    reading: Reading,
    library: Library,
    device: DeviceEnvelope | None,
    today: date,
    past: PatientPast = NOBODY,
) -> Judged:
    """What the limits say to ``draft``, which came to ``reading``, today and on that gun."""
    envelope = ANY_DEVICE if device is None else device
    spoken: dict[Spoken, None] = {}
    lacking: dict[str, Open] = {}
    found = {each.place for each in reading.open if each.lack is not Lack.PROPOSED}
    for step, passed in _passed(draft, reading, library, envelope, today, past):
        place = _place(passed, step, draft)
        if place in found:
            continue  # it is asked for already, or cannot be read
        if not draft.get(place):
            if passed.rule is Rule.MISSING:
                lacking.setdefault(place, Open(place, Lack.MISSING))
            continue
        whole = passed.figure in _OF_THE_WHOLE
        spoken.setdefault(Spoken(place, None if whole else step, passed))
    return Judged(tuple(spoken), tuple(lacking.values()))


def _passed(
    draft: SessionDraft,
    reading: Reading,
    library: Library,
    device: DeviceEnvelope,
    today: date,
    past: PatientPast,
) -> Iterator[tuple[int, Passed]]:
    """Every limit that a step passes, after the steps before it."""
    mixture, given, before = reading.mixture, SessionExposure(), past.before
    for dose in draft.elsewhere:
        before = before.plus_dose(dose.product, dose.dose_ng)
    syringe_nl = MAX_FIGURE if reading.syringe_nl is None else reading.syringe_nl
    left_nl = min(syringe_nl, mixture.volume_nl) if mixture.items else syringe_nl
    if reading.plan is not None:
        for each in check_plan(reading.plan, library, device, today=today).mixture.passed:
            yield 0, each
    for at, step in enumerate(reading.steps):
        setpoint, shots = _setpoint(step), 1 if step.shots is None else step.shots
        if setpoint is None:
            continue
        context = Context(
            library=library,
            device=device,
            technique=step.technique,
            zone=step.zone,
            needle_um=MAX_FIGURE if reading.needle_um is None else reading.needle_um,
            syringe_nl=syringe_nl,
            syringe_left_nl=left_nl,
            planned_shots=min(shots, 100_000),
            exposure=given,
            needle_lot=draft.get("needle_lot") or None,
            needle_expiry=reading.needle_expiry,
            realm=draft.realm,
            mixture=mixture,
            doses=_doses(mixture, given),
            patient=reading.patient,
            before=before,
            today=today,
            purpose=draft.get("purpose") or None,
            indication=draft.get("indication") or None,
            course=_course(draft, library, past),
        )
        passed = judge(setpoint, context).passed
        overridden = step.overridden and all(each.level is Level.SOFT for each in passed)
        for each in () if overridden else passed:
            yield at, each
        volume_nl = shots * charge_nl(setpoint.volume_nl, device.tolerance_ppm)
        given = given.plus(step.zone, Exposure(shots, volume_nl))
        left_nl = max(0, left_nl - volume_nl)


def setpoint_of(figures: Mapping[str, int], mode: Mode) -> Setpoint:
    """A setpoint in that mode; what is not known is as small as can be. ValueError for none."""
    return Setpoint(
        volume_nl=figures.get("volume", 1),
        depth_um=figures.get("depth", 0),
        flow_nl_s=figures.get("flow", 1),
        needle_um_s=figures.get("needle_speed", 1),
        cadence_per_min=figures.get("cadence", 1),
        mode=mode,
    )


def _setpoint(step: StepReading) -> Setpoint | None:
    """The step's setpoint; None for what can be none."""
    try:
        return setpoint_of(step.figures, _mode(step))
    except ValueError:
        return None  # the reading says why


def _mode(step: StepReading) -> Mode:
    match step.mode:
        case ModeKind.REPEAT:
            return Repeat()
        case ModeKind.BURST:
            return Burst(step.burst or 2)
        case ModeKind.PERFUSION:
            return Perfusion()
        case ModeKind.SINGLE | None:
            return Single()


def _doses(mixture: Mixture, given: SessionExposure) -> dict[str, int]:
    given_nl = given.total().volume_nl
    return {each: mixture.dose_ng(each, given_nl) or 0 for each in mixture.products}


def _course(draft: SessionDraft, library: Library, past: PatientPast) -> Course | None:
    """Where the patient stands in the schedule of the indication, if there is one."""
    code = draft.get("indication")
    indication = library.figures.indication.get(code)
    if draft.realm is Realm.TRAINING or indication is None or indication.schedule is None:
        return None
    days = past.days.get(code, ())
    return Course(indication.schedule, len(days), max(days, default=None), min(days, default=None))


# -- which place a limit speaks about --------------------------------------------------------

_OF_A_STEP: Final[Mapping[Figure, str]] = {
    Figure.VOLUME: "volume",
    Figure.CHARGE: "volume",
    Figure.DEPTH: "depth",
    Figure.FLOW: "flow",
    Figure.NEEDLE_SPEED: "needle_speed",
    Figure.CADENCE: "cadence",
    Figure.MODE: "mode",
    Figure.TECHNIQUE: "technique",
    Figure.ZONE: "zone",
    Figure.SYRINGE_LEFT: "shots",
    Figure.STEP_SHOTS: "shots",
    Figure.SESSION_SHOTS: "shots",
    Figure.SESSION_VOLUME: "shots",
    Figure.GROUP_SHOTS: "shots",
    Figure.GROUP_VOLUME: "shots",
    Figure.DAY_SHOTS: "shots",
    Figure.DAY_VOLUME: "shots",
    Figure.DAY_GROUP_SHOTS: "shots",
    Figure.DAY_GROUP_VOLUME: "shots",
    Figure.DURATION: "shots",
}
_OF_A_PRODUCT: Final[Mapping[Figure, str]] = {
    Figure.PRODUCT: "product",
    Figure.PRODUCT_CLASS: "product",
    Figure.PRODUCTS: "product",
    Figure.MIXTURE: "product",
    Figure.CONCENTRATION: "concentration",
    Figure.GIVEN: "product",
    Figure.EXPIRY: "expiry",
    Figure.DOSE: "product",
    Figure.SHARED_MAXIMUM: "product",
}
_OF_THE_SESSION: Final[Mapping[Figure, str]] = {
    Figure.NEEDLE: "needle",
    Figure.NEEDLE_LOT: "needle_lot",
    Figure.NEEDLE_EXPIRY: "needle_expiry",
    Figure.SYRINGE: "syringe",
    Figure.MIXTURE_VOLUME: "syringe",
    Figure.DEVICE_CLASS: "needle",
    Figure.PATIENT: "pseudonym",
    Figure.WEIGHT: "weight",
    Figure.ALLERGY: "allergies",
    Figure.PURPOSE: "purpose",
    Figure.INDICATION: "indication",
    Figure.SCHEDULE: "indication",
    Figure.COURSE_SESSIONS: "indication",
    Figure.COURSE_DAYS: "indication",
}
_GROWS: Final = frozenset({Figure.DOSE, Figure.SHARED_MAXIMUM})
"""Of a product, and reached at one of the steps."""
_OF_THE_WHOLE: Final = (
    (frozenset(_OF_A_PRODUCT) - _GROWS) | frozenset(_OF_THE_SESSION) | {Figure.CONTRAINDICATION}
)
"""Figures that no step decides: they are told once, and not at each step again."""


def _place(passed: Passed, step: int, draft: SessionDraft) -> str:
    figure = passed.figure
    if figure in _OF_A_STEP:
        return f"step.{step}.{_OF_A_STEP[figure]}"
    if figure in _OF_A_PRODUCT:
        part = _OF_A_PRODUCT[figure]
        return f"mixture.{_product(passed, part, draft)}.{part}"
    if figure is Figure.CONTRAINDICATION:
        return f"condition.{passed.subject}"
    return _OF_THE_SESSION[figure]


def _product(passed: Passed, part: str, draft: SessionDraft) -> int:
    """Which line of the mixture a limit speaks about; where that is open, the last.

    One product may stand in two lines, as two lots: then it is the line that lacks the
    part, or whose last day it is.
    """
    lines = [
        at
        for name in ("product", "product_class")
        for at in range(draft.products)
        if passed.subject and draft.get(f"mixture.{at}.{name}") == passed.subject
    ]
    last_day = date.fromordinal(passed.bound).isoformat() if _is_last_day(passed) else ""
    meant = [at for at in lines if draft.get(f"mixture.{at}.{part}") == last_day]
    return (meant or lines or [draft.products - 1])[0]


def _is_last_day(passed: Passed) -> bool:
    return passed.figure is Figure.EXPIRY and passed.rule is Rule.MOST
