"""Words for people, for what the core says in codes and numbers.

The console and the commands share them. Nothing here imports Textual, so that a
command that prints one line does not pay for a console.
"""

from collections.abc import Mapping
from typing import Final

from injector.control.alarms import Alarm, AlarmCode
from injector.control.snapshot import Denial, Denied
from injector.protocol.codes import Faults, Inhibits
from injector.treatment.pseudonyms import Doubt
from injector.tui.limit_words import passed_words

# -- intents that were not followed ---------------------------------------------------

_INTENTS: Final[Mapping[str, str]] = {
    "open_session": "The session was not opened",
    "arm": "Not armed",
    "release": "STOP was not released",
    "close_session": "The session was not ended",
}
_DENIALS: Final[Mapping[Denial, str]] = {
    Denial.OUT_OF_ORDER: "not in this state",
    Denial.NO_SESSION: "no session is open",
    Denial.SESSION_OPEN: "a session is open already",
    Denial.STOPPED: "STOP is latched; release it first",
    Denial.LIMITS: "a limit refuses it",
    Denial.NEEDS_OVERRIDE: "a soft limit is passed, and the step gives no reason (`override`)",
    Denial.NO_ROOM: "not one more shot fits or is planned",
    Denial.NO_SUCH_STEP: "the plan has no such step",
    Denial.GAP_OPEN: "shots are unaccounted for, and wait for a practitioner's word",
    Denial.FOREIGN_OPEN: "the gun holds entries of another log; accept them first",
    Denial.FAULT: "the gun reports a fault",
    Denial.CONFLICT: "the gun told one journal entry with two contents; it needs its maker",
    Denial.OTHER_GUN: "the session was opened on another gun; end it, and open one on this",
    Denial.NO_PATIENT: "a clinical session is for a patient: say whom",
    Denial.QUESTIONED: "the pseudonym may tell who the patient is; change it, or stand by it",
    Denial.NOT_APPROVED: "nobody has approved this limit library here; training only",
    Denial.NOT_QUALIFIED: "no diploma and registration are on record for who asks",
    Denial.NOT_IN_CHARGE: "the session is a colleague's; take it over first",
    Denial.CHECKLIST: "a checklist is not done yet",
    Denial.CONFIRM: "say patient, syringe and needle again first",
    Denial.OTHER_PATIENT: "the session is for another patient",
    Denial.OTHER_LIBRARY: "the session was opened under another limit library",
    Denial.OTHER_PLAN: "the session was opened with another plan",
    Denial.OTHER_SYRINGE: "another syringe is in the gun, says the shot log",
    Denial.NO_SYRINGE: "the syringe was discarded; load another",
    Denial.NO_SUCH_FILL: "nobody loaded a syringe of that number",
    Denial.TOTALS_DIFFER: "what was given comes to two figures; end the session",
    Denial.MALFORMED: "it cannot be written down so",
    Denial.LOG_FAILED: "the shot log cannot be written, so nothing may be fired",
    Denial.UNSETTLED: "the gun is away, and what it did is not accounted for",
}

DOUBTS: Final[Mapping[Doubt, str]] = {
    Doubt.DATE: "a birth date",
    Doubt.YEAR: "a year of birth",
    Doubt.TITLE: "a person's title",
    Doubt.NAME: "a person's name",
    Doubt.NUMBER: "a number that people are registered under",
}
"""What a text that is questioned looks like."""


def denied_words(denied: Denied) -> str:
    """What was not done and why; then every limit that it passes, one line each."""
    what = _INTENTS.get(denied.intent, f"Not done ({denied.intent})")
    lines = [f"{what}: {_DENIALS[denied.why]}"]
    lines += [f"  {passed_words(each)}" for each in denied.passed]
    lines += [f"  it looks like {DOUBTS[each]}" for each in denied.doubts]
    return "\n".join(lines)


# -- alarms --------------------------------------------------------------------------

_ALARMS: Final[Mapping[AlarmCode, str]] = {
    AlarmCode.LOG_FAILED: "The shot log cannot be written: nothing may be fired",
    AlarmCode.READBACK: "The gun holds another setpoint than it was sent",
    AlarmCode.UNGRANTED_SHOT: "The gun gave a shot that was not granted",
    AlarmCode.ENTRY_CONFLICT: "The gun's journal contradicts the shot log",
    AlarmCode.GAP: "Shots may be unaccounted for",
    AlarmCode.UNCERTAIN_SHOT: "A shot's outcome is unknown; it counts as given",
    AlarmCode.OVER_DELIVERY: "A shot gave more than its setpoint and tolerance",
    AlarmCode.DEVICE_FAULT: "The gun reports a fault",
    AlarmCode.DEVICE_REFUSED: "The gun refused a request",
    AlarmCode.DEVICE_LET_GO: "The gun let its grant go by itself",
    AlarmCode.LINK_LOST: "The gun went away while it was armed",
    AlarmCode.LINK_TAKEN: "Another host has taken the gun",
    AlarmCode.CONSOLE_LOST: "The screen could not be seen: disarmed",
    AlarmCode.FOREIGN_ENTRIES: "The gun holds entries of another log",
    AlarmCode.PROTOCOL_MISMATCH: "What answers does not speak this protocol",
    AlarmCode.LIMIT_REACHED: "A limit is reached: no more shots",
    AlarmCode.OVER_LIMIT: "What was recorded passes a limit",
    AlarmCode.TOTALS_DIFFER: "What was given comes to two figures: nothing more is granted",
    AlarmCode.SYRINGE_DIFFERS: "What is left in the syringe does not add up",
    AlarmCode.IDLE: "Nothing has happened in the session for long",
    AlarmCode.NEEDLE_DUE: "A fresh needle is due",
    AlarmCode.DOPING: "A product is on a doping list, and the patient is an athlete",
    AlarmCode.PARTIAL_SHOT: "A shot ended early",
    AlarmCode.PARTIAL_RUN: "Three shots running ended early: look at gun and needle",
}


def alarm_words(alarm: Alarm) -> str:
    """What an alarm is about, its first cause, and how often it came."""
    words = _ALARMS[alarm.code]
    if alarm.detail:
        words += f" ({', '.join(f'{key} {value}' for key, value in alarm.detail.items())})"
    return words if alarm.count == 1 else f"{words}, {alarm.count} times"


# -- the gun --------------------------------------------------------------------------

_INHIBITS: Final[Mapping[Inhibits, str]] = {
    Inhibits.STOPPED: "STOP is latched",
    Inhibits.NO_GRANT: "not armed",
    Inhibits.EXHAUSTED: "all granted shots are used up",
    Inhibits.LEASE: "the gun waits for this computer",
    Inhibits.CONTACT: "no contact with the skin",
    Inhibits.TRIGGER_HELD: "let the trigger go first",
    Inhibits.FAULT: "the gun has a fault",
    Inhibits.JOURNAL_FULL: "the gun's journal is full",
    Inhibits.CADENCE: "too soon after the last shot",
}
_FAULTS: Final[Mapping[Faults, str]] = {
    Faults.OCCLUSION: "occlusion",
    Faults.AIR: "air in the line",
    Faults.EMPTY: "syringe empty",
    Faults.STUCK_TRIGGER: "trigger stuck",
    Faults.LOW_BATTERY: "battery low",
    Faults.DRIVE: "drive",
    Faults.MEMORY: "memory",
}


def inhibit_words(inhibits: Inhibits) -> str:
    """Why a pull of the trigger gives no shot; empty where it would give one."""
    return ", ".join(words for each, words in _INHIBITS.items() if each in inhibits)


def fault_words(faults: Faults) -> str:
    """What is wrong with the gun; empty where nothing is."""
    return ", ".join(words for each, words in _FAULTS.items() if each in faults)


_CAUSES: Final[Mapping[str, str]] = {
    "trigger": "let go",
    "contact_lost": "contact lost",
    "stop": "STOP",
    "lease": "lease ended",
    "link": "link ended",
    "occlusion": "occlusion",
    "air": "air",
    "empty": "empty",
    "drive": "drive",
    "disarmed": "disarmed",
}


def outcome_words(outcome: str, cause: str | None) -> str:
    """How a shot ended: its outcome, and the cause where it ended early."""
    return outcome if cause is None else f"{outcome}: {_CAUSES.get(cause, cause)}"


def printable(text: str) -> str:
    """``text`` without anything that a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
