"""Words for people, for alarms: how a priority looks, and what to do next about each.

Every code has its sentence; one that had none would leave a person alone with it.
"""

from collections.abc import Mapping
from typing import Final

from injector.control.alarms import AlarmCode, Priority
from injector.tui.speech import _, mark

PRIORITIES: Final[Mapping[Priority, tuple[str, str, str]]] = {
    "high": ("‼", mark("HIGH"), "bold $notice-high"),
    "medium": ("!", mark("MEDIUM"), "bold $notice-medium"),
    "low": ("i", mark("LOW"), "bold $notice-low"),
}
"""Symbol, word and style of each priority: no one of the three is needed to know it."""

_NEXT: Final[Mapping[AlarmCode, str]] = {
    AlarmCode.LOG_FAILED: mark(
        "Put the gun away, leave the console, and make room on the disk or mend it."
    ),
    AlarmCode.READBACK: mark("Do not use this gun; arm again once, and if it comes back, stop."),
    AlarmCode.UNGRANTED_SHOT: mark("Take the gun off the patient and do not use it any more."),
    AlarmCode.GUN_AHEAD: mark(
        "Find out whether the log was put back from a copy, or who used the gun, before you go on."
    ),
    AlarmCode.ENTRY_CONFLICT: mark("Take the gun off the patient; it needs its maker."),
    AlarmCode.GAP: mark("Look at the gap, then go on or end the session; nothing can be armed."),
    AlarmCode.UNCERTAIN_SHOT: mark("Look at the skin; do not repeat the shot, it counts as given."),
    AlarmCode.OVER_DELIVERY: mark("Stop, look at the patient, and note what you see."),
    AlarmCode.DEVICE_FAULT: mark("Take the gun off the skin, see to the fault, and arm again."),
    AlarmCode.DEVICE_REFUSED: mark("Arm again; if it is refused again, end the session."),
    AlarmCode.DEVICE_LET_GO: mark("Nothing can be fired; arm again to go on."),
    AlarmCode.LINK_LOST: mark("Nothing can be fired; look at cable and battery."),
    AlarmCode.LINK_TAKEN: mark("Find out who uses this gun before you take it back."),
    AlarmCode.CONSOLE_LOST: mark("It is disarmed; see that this screen is in sight; arm again."),
    AlarmCode.FOREIGN_ENTRIES: mark("Find out who used the gun; then accept the entries."),
    AlarmCode.PROTOCOL_MISMATCH: mark("Use another gun, or another version of this program."),
    AlarmCode.LIMIT_REACHED: mark("Look at the limits; take another step, or end the session."),
    AlarmCode.PARTIAL_SHOT: mark("It counts as what was measured; hold the gun still, and go on."),
    AlarmCode.OVER_LIMIT: mark("Look at the limits before anything more is given."),
    AlarmCode.TOTALS_DIFFER: mark("End the session, and count by hand what was given."),
    AlarmCode.SYRINGE_DIFFERS: mark("Look for a leak, and note what you find."),
    AlarmCode.IDLE: mark("Say patient, syringe and needle again to go on, or end the session."),
    AlarmCode.NEEDLE_DUE: mark("Change the needle when you can."),
    AlarmCode.DOPING: mark("Tell the patient, or choose another product."),
    AlarmCode.CLOCK_JUMPED: mark("Look whether date and time are right; the jump is in the log."),
    AlarmCode.PARTIAL_RUN: mark("Take the gun off the skin; look at needle, syringe and tissue."),
}
"""One sentence for each."""


def next_words(code: AlarmCode) -> str:
    """What to do next."""
    return _(_NEXT[code])
