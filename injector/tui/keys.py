"""The console's keys: one for each act, plain letters and function keys only.

One table, from which the bindings, the line of keys and the help are made.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """One key and what it does."""

    key: str
    """As Textual names it."""
    shown: str
    action: str
    label: str
    """One word for the line of keys."""
    help: str
    """What happens, in a sentence."""


KEYS: Final = (
    Key("f9", "F9", "stop", "STOP", "STOP at once; it latches. Escape, too, while armed."),
    Key("o", "o", "open_session", "open", "Open a session with the plan."),
    Key("a", "a", "arm", "arm", "Arm the first unfinished step. Then the trigger fires."),
    Key("d", "d", "disarm", "disarm", "Disarm. A shot in motion ends whole; nothing latches."),
    Key("r", "r", "release", "release", "Release a STOP. Nothing is armed by it."),
    Key("k", "k", "acknowledge", "ack", "Acknowledge the most urgent alarm: you have seen it."),
    Key("s", "s", "silence", "silence", "Silence all alarms for two minutes; they stay in sight."),
    Key("g", "g", "gap", "gap", "Look at a gap, then go on or end the session."),
    Key("f", "f", "foreign", "foreign", "Accept entries of another log: the gun may forget them."),
    Key("t", "t", "take", "take", "Take the gun back from another host."),
    Key("e", "e", "end_session", "end", "End the session: disarm, account for everything, close."),
    Key("l", "l", "limits", "limits", "Show every limit of the step at hand, with its source."),
    Key("q", "q", "quit", "quit", "Disarm, close the session and the log in order, and leave."),
    Key("f1", "F1", "help", "help", "Show this help. The question mark does, too."),
)  # fmt: skip
