"""Signatures of an open log: what can be signed, judging one, what nobody reviewed.

`verify` judges every signature as it reads the log. Here one is judged by itself, against
the log as it stands, before it is written: by the same rules (`signing`), out of a few
queries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from injector.shotlog.entries import Anchor, Entry, SessionOpened
from injector.shotlog.facts import OperatorRecorded, SessionResumed, TakenOver
from injector.shotlog.findings import Code
from injector.shotlog.note import NoteError, VerifierKey
from injector.shotlog.reader import LogReader
from injector.shotlog.signing import (
    Case,
    Fault,
    SessionHands,
    SignedRecord,
    Statement,
    open_operator_key,
    operator_key,
    others_review,
    person_key,
    signable,
    signature_fault,
)
from injector.shotlog.tree import LogTree
from injector.shotlog.vouching import Meaning, OperatorKey, Signed

_CLOCK_SET: Final = ("engine_started", "clock_jumped")
"""Where the clock may have been set."""
_HANDS: Final = ("taken_over", "session_resumed")


# -- people ---------------------------------------------------------------------------------


def operators(reader: LogReader) -> dict[str, OperatorRecorded]:
    """Return who everybody on record is, by id."""
    return {
        entry.body.person: entry.body
        for entry in reader.entries(kinds=["operator_recorded"])
        if isinstance(entry.body, OperatorRecorded)
    }


def keys_on_record(reader: LogReader) -> list[OperatorKey]:
    """Return every person's key that was ever put on record, the oldest first."""
    found = reader.entries(kinds=["operator_key"])
    return [entry.body for entry in found if isinstance(entry.body, OperatorKey)]


def key_in_force(reader: LogReader, person: str) -> VerifierKey | None:
    """Return the key with which that person signs now; None without one."""
    newest = [each for each in keys_on_record(reader) if each.person == person][-1:]
    try:
        return VerifierKey.parse(newest[0].vkey) if newest else None
    except NoteError:
        return None


def key_to_record(reader: LogReader, person: str, seed: bytes, *, by: str) -> OperatorKey | None:
    """Return the entry that puts that key on record; None where it is the newest already."""
    origin = reader.opened.origin
    newest = key_in_force(reader, person)
    if newest == person_key(origin, person, seed).verifier:
        return None
    return operator_key(origin, person, seed, reason="first" if newest is None else "reset", by=by)


def key_fault(reader: LogReader, body: OperatorKey) -> Fault | None:
    """Return why that is no new key of that person; None when it is."""
    try:
        key = open_operator_key(body, reader.opened.origin)
    except NoteError:
        return Code.KEY_UNPROVEN
    recorded = keys_on_record(reader)
    if any(_public(each.vkey) == key.public for each in recorded):
        return Code.KEY_TAKEN
    known = any(each.person == body.person for each in recorded)
    if (body.reason == "reset") is not known:
        return Code.KEY_UNFOUNDED
    operator = operators(reader).get(body.person)
    return Code.NOT_ALLOWED if operator is None or operator.role == "withdrawn" else None


def _public(vkey: str) -> bytes | None:
    try:
        return VerifierKey.parse(vkey).public
    except NoteError:
        return None


# -- records --------------------------------------------------------------------------------


def record_at(reader: LogReader, seq: int) -> SignedRecord | None:
    """Return that entry as a record that people sign; None where it is none."""
    entry = reader.at([seq]).get(seq)
    if entry is None:
        return None
    return signable(seq, reader.hashes(0, seq, 1)[0], entry.session, entry.body)


def hands_of(reader: LogReader, session: str) -> SessionHands | None:
    """Return whose that session was; None where there is no such session."""
    opened = next(reader.entries(session=session, kinds=["session_opened"], limit=1), None)
    if opened is None or not isinstance(opened.body, SessionOpened):
        return None
    gave = {opened.body.operator}
    for entry in reader.entries(session=session, kinds=_HANDS):
        if isinstance(entry.body, TakenOver | SessionResumed):
            gave.add(entry.body.operator)
    return SessionHands(opened.body.realm, frozenset(gave))


def fault_of(
    reader: LogReader, signed: Signed, session: str | None, now_us: int | None = None
) -> Fault | None:
    """Return why that cannot be written as a signature in that session; None when it can.

    ``now_us``: the clock, in UTC, where no engine runs that would have noted that it was set.
    """
    record = record_at(reader, signed.about_seq)
    hands = None if record is None or record.session is None else hands_of(reader, record.session)
    people = operators(reader)
    root = LogTree(reader).root(signed.size) if signed.size <= reader.size else None
    case = Case(
        origin=reader.opened.origin,
        record=record,
        root=root,
        hands=hands,
        operator=people.get(signed.by),
        key=key_in_force(reader, signed.by),
        others_review=others_review(people, hands, signed.by),
        not_before_us=_least_since(reader, signed.about_seq, now_us),
    )
    return signature_fault(signed, session, case)


def _least_since(reader: LogReader, seq: int, now_us: int | None) -> int:
    """The least that the log's UTC clock has shown since an entry."""
    entry = reader.at([seq]).get(seq)
    shown = [] if entry is None else [entry.at.utc_us]
    shown += [each.at.utc_us for each in reader.entries(kinds=_CLOCK_SET, after=seq)]
    return min(shown if now_us is None else [*shown, now_us], default=0)


def statement(
    reader: LogReader, about: Entry, *, by: str, name: str, meaning: Meaning, utc_us: int
) -> Statement:
    """Return what that person would sign about an entry, over a tree that holds it.

    That is the tree of the session's anchor, where it has closed: whoever keeps the anchor
    can check the signature. Otherwise it is the log as it stands.
    """
    size = reader.size
    if about.session is not None:
        anchor = reader.last("anchor", session=about.session)
        if anchor is not None and isinstance(anchor.body, Anchor) and anchor.body.size > about.seq:
            size = anchor.body.size
    return Statement(
        origin=reader.opened.origin,
        size=size,
        root=LogTree(reader).root(size),
        session=about.session,
        about_seq=about.seq,
        about_leaf=reader.hashes(0, about.seq, 1)[0],
        meaning=meaning,
        by=by,
        name=name,
        utc_us=utc_us,
    )


def signatures(reader: LogReader, session: str | None = None) -> Iterator[tuple[Entry, Signed]]:
    """Yield the signatures of a session, or of the whole log, in order."""
    for entry in reader.entries(session=session, kinds=["signed"]):
        if isinstance(entry.body, Signed):
            yield entry, entry.body


def to_sign(reader: LogReader, session: str, by: str) -> list[tuple[Entry, Meaning]]:
    """Return what that person has yet to sign of a closed session that they gave.

    Its end (``performed``), and each override that they gave in it. Empty while it is open.
    """
    closed = reader.last("session_closed", session=session)
    if closed is None:
        return []
    done = {(body.about_seq, body.meaning) for _, body in signatures(reader, session)
            if body.by == by}  # fmt: skip
    wanted: list[tuple[Entry, Meaning]] = []
    for entry in reader.entries(session=session, kinds=["override_given"]):
        record = signable(entry.seq, b"", session, entry.body)
        if record is not None and record.by == by:
            wanted.append((entry, "override"))
    wanted.append((closed, "performed"))
    return [(entry, meaning) for entry, meaning in wanted if (entry.seq, meaning) not in done]


# -- the review queue -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToReview:
    """A closed session that nobody has reviewed, and what is out of the ordinary in it."""

    opened_seq: int
    closed_seq: int
    session: str
    gaps: int
    uncertain: int
    overrides: int
    high_alarms: int
    adverse_events: int
    refused_by_limits: int
    refused_by_gun: int
    signed: bool
    """Whether somebody stands for it with a signature."""

    @property
    def exceptions(self) -> int:
        """How many things in it are out of the ordinary."""
        counted = self.gaps + self.uncertain + self.overrides + self.high_alarms
        counted += self.adverse_events + self.refused_by_limits + self.refused_by_gun
        return counted + (not self.signed)


def to_review(reader: LogReader) -> list[ToReview]:
    """Return the sessions that nobody has reviewed: exceptions first, then the oldest."""
    rows = [
        ToReview(
            opened_seq=_whole(row["opened_seq"]),
            closed_seq=_whole(row["closed_seq"]),
            session=str(row["session"]),
            gaps=_whole(row["gaps"]),
            uncertain=_whole(row["uncertain"]),
            overrides=_whole(row["overrides"]),
            high_alarms=_whole(row["high_alarms"]),
            adverse_events=_whole(row["adverse_events"]),
            refused_by_limits=_whole(row["refused_by_limits"]),
            refused_by_gun=_whole(row["refused_by_gun"]),
            signed=bool(row["signed"]),
        )
        for row in reader.unreviewed()
    ]
    return sorted(rows, key=lambda each: (not each.exceptions, each.opened_seq))


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
