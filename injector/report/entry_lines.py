"""Entries as JSON Lines, for programs and for lnav, a viewer of log files.

Each line holds the entry's own body, field for field as it is hashed, and beside it what a
viewer sorts and colours by: the time as ISO 8601, a level, and a line of words. The level
is no figure of the log; it only says what deserves to be looked at first.
"""

from collections.abc import Callable, Mapping
from importlib import resources
from typing import Final, Literal, TypeAlias

from injector.report.deriving import utc_text
from injector.report.json_text import shown_json, to_json
from injector.report.source import Raw
from injector.report.visible import visible
from injector.shotlog.entries import Alarm, Body, Entry, Shot, Unknown
from injector.shotlog.facts import Access

Level: TypeAlias = Literal["critical", "error", "warning", "notice", "info", "debug"]
Words: TypeAlias = Callable[[Body | Unknown], str]

LNAV_FORMAT: Final = "formats/injector/injector_log.json"
"""Where lnav looks for the format, below a directory that it is given with ``-I``."""

_ALARMS: Final[Mapping[str, Level]] = {"high": "critical", "medium": "error", "low": "warning"}
_LEVELS: Final[Mapping[str, Level]] = {
    "adverse_event": "critical",
    "gap": "error",
    "uncertain": "error",
    "stop": "error",
    "refused": "warning",
    "device_refused": "warning",
    "override_given": "warning",
    "barred": "warning",
    "clock_jumped": "warning",
    "corrected": "warning",
    "foreign": "warning",
    "text_erased": "warning",
    "fault": "error",
    "conflict": "critical",
    "used_elsewhere": "warning",
    "syringe_differs": "warning",
    "taken_over": "warning",
    "log_ended": "warning",
    "key_rotated": "notice",
    "session_opened": "notice",
    "session_closed": "notice",
    "signed": "notice",
    "gap_acknowledged": "notice",
    "syringe_loaded": "notice",
    "syringe_discarded": "notice",
    "library_approved": "notice",
    "anchor": "debug",
    "library_part": "debug",
    "settled": "debug",
}


def entry_line(raw: Raw, words: Words, texts: Mapping[str, str]) -> str:
    """Return an entry as one line of JSON, without its line feed."""
    entry = raw.entry
    head = {
        "time_utc": utc_text(entry.at.utc_us),
        "level": level(entry),
        "session": entry.session,
        "seq": entry.seq,
        "kind": entry.body.kind,
        "message": visible(words(entry.body)),
    }
    # The body stands there as it is in the log: no figure passes through anything of ours.
    line = to_json(head)[:-1] + ', "body": ' + shown_json(raw.body.decode())
    return line + (f', "texts": {to_json(dict(texts))}' if texts else "") + "}"


def level(entry: Entry) -> Level:
    """Return how much an entry deserves to be looked at."""
    match entry.body:
        case Alarm(act="raised", priority=priority):
            return _ALARMS.get(priority, "error")
        case Shot(outcome=outcome):
            return "info" if outcome == "complete" else "notice"
        case Access(what=what):
            return "info" if what in {"signed_in", "signed_out"} else "warning"
        case body:
            return _LEVELS.get(body.kind, "info")


def lnav_format() -> bytes:
    """Return the file that tells lnav how to show such lines."""
    return resources.files("injector.report").joinpath("lnav/injector_log.json").read_bytes()
