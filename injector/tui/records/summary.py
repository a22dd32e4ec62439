"""What the home screen tells of the log: where it stands, sessions today, what is due."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from injector.anchors.places import Places
from injector.anchors.standing import Standing, look
from injector.control.history import courses, libraries_of
from injector.control.past import day_of
from injector.control.roster import Roster
from injector.limits.library import Library
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import DeviceSeen, Entry, Moment, Moved
from injector.shotlog.facts import LibraryApproved
from injector.shotlog.note import NoteError, VerifierKey, parse_note
from injector.shotlog.reader import LogReader, Row
from injector.treatment.due import Due

_COURSES: Final = (
    "session_opened",
    "session_closed",
    "taken_over",
    "pain",
    "result",
    "follow_up",
    "adverse_event",
    "text_erased",
)
"""Entries of other kinds change nothing of what is due."""
_RECENT: Final = 64
"""Of so many of the newest sessions those of today are looked for."""
DUE_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class DuePatient:
    """Somebody who is to be seen again."""

    patient: str
    """A random id."""
    pseudonym: str | None
    """None where it was erased."""
    indication: str
    sessions: int
    when: Due


@dataclass(frozen=True, slots=True)
class WhatIsDue:
    """Every course that goes on, the earliest first."""

    as_of: int | None
    """The newest entry that it follows from."""
    patients: tuple[DuePatient, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the log says to somebody who comes in."""

    size: int
    anchor: Entry | None
    """The newest one."""
    signed: int | None
    """Entries under the newest checkpoint; None where it cannot be read."""
    key: str
    """The id of the log's key, and the beginning of its name."""
    approval: LibraryApproved | None
    """Of the library in force; None: nobody has approved it here."""
    approved_by: str
    today: tuple[Row, ...]
    """Sessions opened today, the newest first."""
    due: WhatIsDue
    gun: DeviceSeen | None
    """The gun that was seen last."""
    outside: tuple[Standing, ...]
    """How the log stands outside."""
    self_test: tuple[Moment, Moved] | None
    """The newest self-test that is in the log."""


def summarise(
    reader: LogReader, library: Library, today: date, before: Summary | None, places: Places
) -> Summary:
    """Read it; what ``before`` found and no entry has changed since is not worked out again."""
    approval, name = _approval(reader, library)
    newest = reader.sessions_at(reader.session_seqs()[:_RECENT])
    rows = [newest[seq] for seq in sorted(newest, reverse=True)]
    seen = reader.last("device_seen")
    return Summary(
        size=reader.size,
        anchor=reader.last("anchor"),
        signed=_signed(reader.checkpoint),
        key=_key(reader.vkey),
        approval=approval,
        approved_by=name,
        today=tuple(row for row in rows if _day(row) == today),
        due=_due(reader, None if before is None else before.due),
        gun=seen.body if seen is not None and isinstance(seen.body, DeviceSeen) else None,
        outside=look(reader, places),
        self_test=_self_test(reader),
    )


def _approval(reader: LogReader, library: Library) -> tuple[LibraryApproved | None, str]:
    roster = Roster()
    for entry in reader.entries(kinds=("operator_recorded", "library_approved")):
        roster.apply(entry)
    approval = roster.approved.get(library.digest)
    if approval is None:
        return None, ""
    known = roster.operators.get(approval.by)
    return approval, approval.by if known is None else known.name


def _due(reader: LogReader, before: WhatIsDue | None) -> WhatIsDue:
    as_of = reader.newest_seq(_COURSES)
    if before is not None and before.as_of == as_of:
        return before
    libraries = libraries_of(reader)
    found = [
        DuePatient(
            course.patient,
            course.pseudonym,
            course.indication,
            sum(visit.treated for visit in course.visits),
            when,
        )
        for course in courses(reader)
        if (when := course.due(libraries)) is not None
    ]
    return WhatIsDue(as_of, tuple(sorted(found, key=lambda each: each.when.day)[:DUE_SHOWN]))


def _self_test(reader: LogReader) -> tuple[Moment, Moved] | None:
    moved = reader.last("moved")
    while moved is not None and isinstance(moved.body, Moved):
        if moved.body.act == "self_test":
            return moved.at, moved.body
        moved = reader.last("moved", before=moved.seq)
    return None


def _day(row: Row) -> date:
    return day_of(Moment(int(row["opened_utc_us"] or 0), 0))


def _signed(note: str) -> int | None:
    try:
        return Checkpoint.parse(parse_note(note)[0]).size
    except NoteError:
        return None


def _key(vkey: str) -> str:
    try:
        key = VerifierKey.parse(vkey)
    except NoteError:
        return "?"
    where, _, log = key.name.rpartition("/")
    return f"{key.key_id.hex()} {where}/{log[:8]}…"
