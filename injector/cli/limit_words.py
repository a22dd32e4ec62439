"""Words for what the limits say. The limits themselves speak in codes and numbers."""

from collections.abc import Callable, Mapping
from typing import Final, assert_never

from injector.control.snapshot import Denial, Denied
from injector.limits.envelope import Figure, Level, Rule
from injector.limits.verdict import Passed
from injector.units import (
    format_cadence_per_min,
    format_depth_um,
    format_flow_nl_s,
    format_needle_um_s,
    format_volume_nl,
)


def _plain(value: int) -> str:
    return str(value)


_FIGURES: Final[Mapping[Figure, tuple[str, Callable[[int], str]]]] = {
    Figure.VOLUME: ("volume per shot", format_volume_nl),
    Figure.CHARGE: ("volume per shot with the drive's tolerance", format_volume_nl),
    Figure.DEPTH: ("depth", format_depth_um),
    Figure.FLOW: ("flow", format_flow_nl_s),
    Figure.NEEDLE_SPEED: ("needle speed", format_needle_um_s),
    Figure.CADENCE: ("cadence", format_cadence_per_min),
    Figure.MODE: ("mode", _plain),
    Figure.TECHNIQUE: ("technique", _plain),
    Figure.ZONE: ("zone", _plain),
    Figure.NEEDLE: ("needle", format_depth_um),
    Figure.SYRINGE: ("syringe", format_volume_nl),
    Figure.SYRINGE_LEFT: ("volume needed from the syringe", format_volume_nl),
    Figure.MIXTURE_VOLUME: ("volume of the mixture", format_volume_nl),
    Figure.STEP_SHOTS: ("shots of the step", _plain),
    Figure.SESSION_SHOTS: ("shots of the session", _plain),
    Figure.SESSION_VOLUME: ("volume of the session", format_volume_nl),
    Figure.GROUP_SHOTS: ("shots in these zones", _plain),
    Figure.GROUP_VOLUME: ("volume in these zones", format_volume_nl),
}


def passed_words(passed: Passed) -> str:
    """One line: the value, the limit that it passes, whose that is, and what would pass."""
    name, form = _FIGURES[passed.figure]
    whose = f"{passed.set_by.value} ({passed.limit})"
    if passed.rule is Rule.MISSING:
        return f"{name}: {whose} sets no limit, and without a limit there is no shot"
    level = "soft limit, needs an override" if passed.level is Level.SOFT else "limit"
    match passed.rule:
        case Rule.MOST:
            bound = f"at most {form(passed.bound)}"
        case Rule.LEAST:
            bound = f"at least {form(passed.bound)}"
        case Rule.STEP:
            bound = f"in steps of {form(passed.bound)}"
        case _:
            assert_never(passed.rule)
    words = f"{name} {form(passed.value)}: {level} {bound}, set by {whose}"
    if passed.source:
        words += f"; source: {passed.source} [{passed.strength.value}]"
    if passed.would_pass is not None:
        words += f"; would pass: {form(passed.would_pass)}"
    return words


_DENIALS: Final[Mapping[Denial, str]] = {
    Denial.OUT_OF_ORDER: "that cannot be done in this state",
    Denial.NO_SESSION: "no session is open",
    Denial.SESSION_OPEN: "a session is open already",
    Denial.STOPPED: "STOP is latched; release it first",
    Denial.LIMITS: "a limit refuses it",
    Denial.NEEDS_OVERRIDE: "a soft limit is passed, and the step gives no reason (`override`)",
    Denial.NO_ROOM: "not one more shot fits under the limits, the syringe or the journal",
    Denial.NO_SUCH_STEP: "the plan has no such step",
    Denial.GAP_OPEN: "shots are unaccounted for; a practitioner must look first",
    Denial.FOREIGN_OPEN: "the gun holds entries that it made under another log;"
    " look at them, then accept them (--accept-foreign)",
    Denial.CONFLICT: "the gun told one journal entry with two contents; it needs its maker",
    Denial.OTHER_GUN: "the session was opened on another gun",
    Denial.LOG_FAILED: "the shot log cannot be written, so nothing may be fired",
    Denial.UNSETTLED: "the gun is away, and what it did is not accounted for",
}


def denied_words(denied: Denied) -> str:
    """Why an intent was not followed, with every limit that it passes."""
    lines = [f"{denied.intent.replace('_', ' ')}: {_DENIALS[denied.why]}"]
    lines += [f"  {passed_words(each)}" for each in denied.passed]
    return "\n".join(lines)
