"""Words for people, for what the core says in codes and numbers.

The console and the commands share them. Nothing here imports Textual, so that a
command that prints one line does not pay for a console.
"""

from collections.abc import Callable, Mapping
from typing import Final

from injector.control.alarms import Alarm, AlarmCode
from injector.control.snapshot import Denial, Denied
from injector.protocol.codes import Faults, Inhibits
from injector.treatment.pseudonyms import Doubt
from injector.tui.limit_words import FIGURES, passed_words
from injector.tui.speech import _, mark, number, plural
from injector.units import format_volume_nl

# -- intents that were not followed ---------------------------------------------------

_INTENTS: Final[Mapping[str, str]] = {
    "open_session": mark("The session was not opened"),
    "arm": mark("Not armed"),
    "release": mark("STOP was not released"),
    "close_session": mark("The session was not ended"),
    "add_step": mark("No step was added"),
    "record": mark("It was not recorded"),
    "load_syringe": mark("The syringe was not changed"),
    "discard_syringe": mark("The syringe was not discarded"),
    "change_needle": mark("The needle was not changed"),
    "take_over": mark("The session was not taken over"),
    "override": mark("No limit was overridden"),
    "resume": mark("The session does not go on"),
    "prime": mark("Priming was not armed"),
    "sign": mark("It was not signed"),
    "record_key": mark("The signing key was not put on record"),
    "correct": mark("It was not corrected"),
}
_DENIALS: Final[Mapping[Denial, str]] = {
    Denial.OUT_OF_ORDER: mark("not in this state"),
    Denial.NO_SESSION: mark("no session is open"),
    Denial.SESSION_OPEN: mark("a session is open already"),
    Denial.STOPPED: mark("STOP is latched; release it first"),
    Denial.LIMITS: mark("a limit refuses it"),
    Denial.NEEDS_OVERRIDE: mark(
        "a soft limit is passed, and the step gives no reason (`override`)"
    ),
    Denial.NO_ROOM: mark("not one more shot fits or is planned"),
    Denial.NO_SUCH_STEP: mark("the plan has no such step"),
    Denial.GAP_OPEN: mark("shots are unaccounted for, and wait for a practitioner's word"),
    Denial.GUN_AHEAD: mark("the gun did more than this log knows of; acknowledge it first"),
    Denial.FOREIGN_OPEN: mark("the gun holds entries of another log; accept them first"),
    Denial.FAULT: mark("the gun reports a fault"),
    Denial.CONFLICT: mark("the gun told one journal entry with two contents; it needs its maker"),
    Denial.OTHER_GUN: mark("the session was opened on another gun; end it, and open one on this"),
    Denial.NO_PATIENT: mark("a clinical session is for a patient: say whom"),
    Denial.QUESTIONED: mark("the pseudonym may tell who the patient is; change it, or stand by it"),
    Denial.NOT_APPROVED: mark("nobody has approved this limit library here; training only"),
    Denial.NOT_QUALIFIED: mark("no diploma and registration are on record for who asks"),
    Denial.NOT_ALLOWED: mark("the role on record of who asks does not include it"),
    Denial.NOT_IN_CHARGE: mark("the session is a colleague's; take it over first"),
    Denial.CHECKLIST: mark("a checklist is not done yet"),
    Denial.CONFIRM: mark("say patient, syringe and needle again first"),
    Denial.OTHER_PATIENT: mark("the session is for another patient"),
    Denial.OTHER_LIBRARY: mark("the session was opened under another limit library"),
    Denial.OTHER_PLAN: mark("the session was opened with another plan"),
    Denial.OTHER_SYRINGE: mark("another syringe is in the gun, says the shot log"),
    Denial.NO_SYRINGE: mark("the syringe was discarded; load another"),
    Denial.NO_SUCH_FILL: mark("nobody loaded a syringe of that number"),
    Denial.TOTALS_DIFFER: mark("what was given comes to two figures; end the session"),
    Denial.NOT_SIGNED: mark("it is no signature of theirs about that record"),
    Denial.NOT_CORRECTABLE: mark("nobody typed what stands there, or it cannot say that"),
    Denial.MORE_GIVEN: mark("more was given than was recorded: record what is missing, it counts"),
    Denial.MALFORMED: mark("it cannot be written down so"),
    Denial.LOG_FAILED: mark("the shot log cannot be written, so nothing may be fired"),
    Denial.UNSETTLED: mark("the gun is away, and what it did is not accounted for"),
}

DOUBTS: Final[Mapping[Doubt, str]] = {
    Doubt.DATE: mark("a birth date"),
    Doubt.YEAR: mark("a year of birth"),
    Doubt.TITLE: mark("a person's title"),
    Doubt.NAME: mark("a person's name"),
    Doubt.NUMBER: mark("a number that people are registered under"),
}
"""What a text that is questioned looks like."""


def denied_words(denied: Denied) -> str:
    """What was not done and why; then every limit that it passes, one line each."""
    known = _INTENTS.get(denied.intent)
    what = _(known) if known else _("Not done ({intent})").format(intent=denied.intent)
    lines = [_("{what}: {why}").format(what=what, why=_(_DENIALS[denied.why]))]
    lines += [f"  {passed_words(each)}" for each in denied.passed]
    doubts = (_(DOUBTS[each]) for each in denied.doubts)
    lines += ["  " + _("it looks like {doubt}").format(doubt=each) for each in doubts]
    return "\n".join(lines)


# -- alarms --------------------------------------------------------------------------

_ALARMS: Final[Mapping[AlarmCode, str]] = {
    AlarmCode.LOG_FAILED: mark("The shot log cannot be written: nothing may be fired"),
    AlarmCode.READBACK: mark("The gun holds another setpoint than it was sent"),
    AlarmCode.UNGRANTED_SHOT: mark("The gun gave a shot that was not granted"),
    AlarmCode.GUN_AHEAD: mark("The gun did more than this shot log knows of"),
    AlarmCode.ENTRY_CONFLICT: mark("The gun's journal contradicts the shot log"),
    AlarmCode.GAP: mark("Shots may be unaccounted for"),
    AlarmCode.UNCERTAIN_SHOT: mark("A shot's outcome is unknown; it counts as given"),
    AlarmCode.OVER_DELIVERY: mark("A shot gave more than its setpoint and tolerance"),
    AlarmCode.DEVICE_FAULT: mark("The gun reports a fault"),
    AlarmCode.DEVICE_REFUSED: mark("The gun refused a request"),
    AlarmCode.DEVICE_LET_GO: mark("The gun let its grant go by itself"),
    AlarmCode.LINK_LOST: mark("The gun went away while it was armed"),
    AlarmCode.LINK_TAKEN: mark("Another host has taken the gun"),
    AlarmCode.CONSOLE_LOST: mark("The screen could not be seen: disarmed"),
    AlarmCode.FOREIGN_ENTRIES: mark("The gun holds entries of another log"),
    AlarmCode.PROTOCOL_MISMATCH: mark("What answers does not speak this protocol"),
    AlarmCode.LIMIT_REACHED: mark("A limit is reached: no more shots"),
    AlarmCode.OVER_LIMIT: mark("What was recorded passes a limit"),
    AlarmCode.TOTALS_DIFFER: mark("What was given comes to two figures: nothing more is granted"),
    AlarmCode.SYRINGE_DIFFERS: mark("What is left in the syringe does not add up"),
    AlarmCode.IDLE: mark("Nothing has happened in the session for long"),
    AlarmCode.NEEDLE_DUE: mark("A fresh needle is due"),
    AlarmCode.DOPING: mark("A product is on a doping list, and the patient is an athlete"),
    AlarmCode.PARTIAL_SHOT: mark("A shot ended early"),
    AlarmCode.CLOCK_JUMPED: mark("The computer's clock was set, or the computer slept"),
    AlarmCode.PARTIAL_RUN: mark("Three shots running ended early: look at gun and needle"),
}


def alarm_words(alarm: Alarm) -> str:
    """What an alarm is about, its first cause, and how often it came."""
    words = _(_ALARMS[alarm.code])
    if alarm.detail:
        figure = alarm.detail.get("figure")
        known = {each.value: (name, form) for each, (name, form) in FIGURES.items()}
        name, form = known.get(str(figure), ("", str))
        details = [_(name)] if name else []
        details += [
            _detail(key, value, form) for key, value in alarm.detail.items() if key != "figure"
        ]
        words += f" ({', '.join(details)})"
    if alarm.count == 1:
        return words
    return plural("{words}, {count} time", "{words}, {count} times", alarm.count, words=words)


_DETAILS: Final[Mapping[str, str]] = {
    "bound": mark("bound {value}"),
    "cause": mark("cause {value}"),
    "code": mark("code {value}"),
    "fill": mark("fill {value}"),
    "index": mark("index {value}"),
    "limit": mark("limit {value}"),
    "missing_nl": mark("missing {value}"),
    "reason": mark("reason {value}"),
    "request": mark("request {value}"),
    "shots": mark("shots {value}"),
    "shots_again": mark("shots again {value}"),
    "value": mark("value {value}"),
    "volume_again_nl": mark("volume again {value}"),
    "volume_nl": mark("volume {value}"),
    "why": mark("why {value}"),
}
"""What the details of an alarm are called; a key that is not here stands as it is."""
_REASONS: Final[Mapping[str, str]] = {
    "booted": mark("the gun started anew"),
    "none": mark("none"),
    "silent": mark("silent"),
    "unknown": mark("unknown"),
}
"""Codes in details that are no code of the wire's or of a library's."""


def _detail(key: str, value: int | str, form: Callable[[int], str]) -> str:
    """One detail of an alarm; ``form`` writes figures of the limit that it is about, with their
    unit. What a system or a device says stays in its own words."""
    if isinstance(value, int) and key in ("value", "bound"):
        shown = number(form(value))
    elif isinstance(value, int):
        shown = number(format_volume_nl(value)) if key.endswith("_nl") else str(value)
    elif key == "cause" and value in _CAUSES:
        shown = _(_CAUSES[value])
    elif value in _REASONS:
        shown = _(_REASONS[value])
    else:
        shown = value
    known = _DETAILS.get(key)
    return f"{key} {shown}" if known is None else _(known).format(value=shown)


def alarm_name(code: str) -> str:
    """An alarm's words by its code in the log; the code where this version does not know it."""
    return _(_ALARMS[AlarmCode(code)]) if code in set(AlarmCode) else code.replace("_", " ")


# -- the gun --------------------------------------------------------------------------

_INHIBITS: Final[Mapping[Inhibits, str]] = {
    Inhibits.STOPPED: mark("STOP is latched"),
    Inhibits.NO_GRANT: mark("not armed"),
    Inhibits.EXHAUSTED: mark("all granted shots are used up"),
    Inhibits.LEASE: mark("the gun waits for this computer"),
    Inhibits.CONTACT: mark("no contact with the skin"),
    Inhibits.TRIGGER_HELD: mark("let the trigger go first"),
    Inhibits.FAULT: mark("the gun has a fault"),
    Inhibits.JOURNAL_FULL: mark("the gun's journal is full"),
    Inhibits.CADENCE: mark("too soon after the last shot"),
}
_FAULTS: Final[Mapping[Faults, str]] = {
    Faults.OCCLUSION: mark("occlusion"),
    Faults.AIR: mark("air in the line"),
    Faults.EMPTY: mark("syringe empty"),
    Faults.STUCK_TRIGGER: mark("trigger stuck"),
    Faults.LOW_BATTERY: mark("battery low"),
    Faults.DRIVE: mark("drive"),
    Faults.MEMORY: mark("memory"),
}


def inhibit_words(inhibits: Inhibits) -> str:
    """Why a pull of the trigger gives no shot; empty where it would give one."""
    return ", ".join(_(words) for each, words in _INHIBITS.items() if each in inhibits)


def fault_words(faults: Faults) -> str:
    """What is wrong with the gun; empty where nothing is."""
    return ", ".join(_(words) for each, words in _FAULTS.items() if each in faults)


_OUTCOMES: Final[Mapping[str, str]] = {
    "complete": mark("complete"),
    "partial": mark("partial"),
    "uncertain": mark("uncertain"),
}
_CAUSES: Final[Mapping[str, str]] = {
    "trigger": mark("let go"),
    "contact_lost": mark("contact lost"),
    "stop": mark("STOP"),
    "lease": mark("lease ended"),
    "link": mark("link ended"),
    "occlusion": mark("occlusion"),
    "air": mark("air"),
    "empty": mark("empty"),
    "drive": mark("drive"),
    "disarmed": mark("disarmed"),
}


def outcome_words(outcome: str, cause: str | None) -> str:
    """How a shot ended: its outcome, and the cause where it ended early."""
    said = _(_OUTCOMES.get(outcome, outcome))
    if cause is None:
        return said
    return _("{what}: {why}").format(what=said, why=_(_CAUSES.get(cause, cause)))
