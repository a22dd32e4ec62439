"""What people sign, word for word, and by what a signature is judged.

Theory
------
A person's signature stands for one record of one log. So its text names all that could be
exchanged under it: the log, a tree that holds the record (size and root), the session, the
record's place and leaf hash, what the signature means, who gave it, under which printed
name, and when. The text is made anew from the entry's fields and compared as a whole:
whatever differs is another signature.

The key is the person's own. Its name is the log's origin and the person's id, so that a
note of one person, or for another log, opens with no other key. The entry that puts a key
on record carries a proof: a note signed with that key which names log, person and key.

Who may sign what follows from the role on record at that place of the log. The one table
is here, because `verify` judges old signatures by it.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias, assert_never
from urllib.parse import quote

from injector.shotlog.entries import Body, SessionClosed, Unknown
from injector.shotlog.facts import LibraryApproved, OperatorRecorded, OverrideGiven
from injector.shotlog.findings import Code
from injector.shotlog.note import NoteError, SigningKey, VerifierKey, open_note
from injector.shotlog.vouching import Meaning, OperatorKey, Signed

Realm: TypeAlias = Literal["training", "clinical"]

_MOMENT_US: Final = 60_000_000
"""So much earlier than its record a signature may seem: clocks are slewed, and what was signed is
written a moment later."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


Fault: TypeAlias = Literal[
    Code.NO_RECORD,
    Code.OTHER_RECORD,
    Code.OTHER_SESSION,
    Code.OTHER_TREE,
    Code.NO_KEY,
    Code.NOT_THEIRS,
    Code.OTHER_TEXT,
    Code.TOO_EARLY,
    Code.NOT_ALLOWED,
    Code.OWN_WORK,
    Code.KEY_UNPROVEN,
    Code.KEY_TAKEN,
    Code.KEY_UNFOUNDED,
]
"""Why an entry that is said to be a signature, or a person's key, is none; a finding's detail
beside it is the person, and for an unproven key what is wrong with it."""


# -- texts ----------------------------------------------------------------------------------


def key_name(origin: str, person: str) -> str:
    """Return the name of a person's key: the log's origin, a slash, the id percent-encoded.

    >>> key_name("injector.invalid/00ff", "Zoë~1")
    'injector.invalid/00ff/Zo%C3%AB%7E1'
    """
    return f"{origin}/{quote(person, safe='').replace('~', '%7E')}"


def person_key(origin: str, person: str, seed: bytes) -> SigningKey:
    """Return the key with which that person signs in the log with this origin."""
    return SigningKey(key_name(origin, person), seed)


def key_text(origin: str, person: str, vkey: str) -> str:
    """Return the text of `OperatorKey.proof`; `NoteError` for an id that is no line."""
    return _lines("injector operator key 1", origin, f"person {person}", f"key {vkey}")


def operator_key(
    origin: str, person: str, seed: bytes, *, reason: Literal["first", "reset"], by: str
) -> OperatorKey:
    """Return the entry that puts a person's key on record."""
    key = person_key(origin, person, seed)
    vkey = str(key.verifier)
    proof = key.sign(key_text(origin, person, vkey))
    return OperatorKey(person=person, vkey=vkey, reason=reason, by=by, proof=proof)


def open_operator_key(body: OperatorKey, origin: str) -> VerifierKey:
    """Return the key that the entry puts on record; `NoteError` says why it proves nothing."""
    key = VerifierKey.parse(body.vkey)
    if key.name != key_name(origin, body.person) or str(key) != body.vkey:
        raise NoteError("the key's name is not that of this log and person")
    if open_note(body.proof, key) != key_text(origin, body.person, body.vkey):
        raise NoteError("the proof is of another key, person or log")
    return key


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person signs."""

    origin: str
    size: int
    root: bytes
    session: str | None
    about_seq: int
    about_leaf: bytes
    meaning: Meaning
    by: str
    name: str
    utc_us: int

    def text(self) -> str:
        """Return the lines that are signed; `NoteError` where one of them would be two."""
        return _lines(
            "injector signature 1",
            self.origin,
            str(self.size),
            base64.b64encode(self.root).decode(),
            f"session {self.session or '-'}",
            f"entry {self.about_seq} {self.about_leaf.hex()}",
            f"meaning {self.meaning}",
            f"by {self.by}",
            f"name {self.name}",
            f"time {_time(self.utc_us)}",
        )

    def signed(self, seed: bytes) -> Signed:
        """Return the entry that holds it, signed with the key of who it is by."""
        return Signed(
            about_seq=self.about_seq,
            about_leaf=self.about_leaf.hex(),
            size=self.size,
            root=self.root.hex(),
            meaning=self.meaning,
            by=self.by,
            name=self.name,
            signed_utc_us=self.utc_us,
            note=person_key(self.origin, self.by, seed).sign(self.text()),
        )

    @classmethod
    def of(cls, body: Signed, *, origin: str, session: str | None) -> "Statement":
        """Return what the fields of an entry say was signed; ``session`` is the entry's."""
        return cls(
            origin=origin,
            size=body.size,
            root=bytes.fromhex(body.root),
            session=session,
            about_seq=body.about_seq,
            about_leaf=bytes.fromhex(body.about_leaf),
            meaning=body.meaning,
            by=body.by,
            name=body.name,
            utc_us=body.signed_utc_us,
        )


# -- judging --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """The record that a signature is about, as the log has it."""

    seq: int
    leaf: bytes
    session: str | None
    meanings: frozenset[Meaning]
    """What a signature about a record of its kind can mean."""
    by: str | None
    """Who gave the override, or approved; None for a session's end."""


@dataclass(frozen=True, slots=True)
class SessionHands:
    """Whose a session was."""

    realm: Realm
    gave: frozenset[str] = frozenset()
    """Everybody who had it in hand."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that a signature is judged by, as the log had it at that place."""

    origin: str
    record: SignedRecord | None
    root: bytes | None
    """At the size that was signed; None where the log was not so long then."""
    hands: SessionHands | None
    """Of the record's session; None for a record outside."""
    operator: OperatorRecorded | None
    key: VerifierKey | None
    others_review: bool
    """Whether somebody else, who did not give that session, could review it."""
    not_before_us: int
    """The least that the log's clock showed from the record to the signature, in UTC."""


def signable(
    seq: int, leaf: bytes, session: str | None, body: Body | Unknown
) -> SignedRecord | None:
    """Return that entry as a record that people sign; None for any other."""
    match body:
        case SessionClosed():
            return SignedRecord(seq, leaf, session, _OF_SESSIONS, None)
        case OverrideGiven():
            return SignedRecord(seq, leaf, session, _OF_OVERRIDES, body.by)
        case LibraryApproved():
            return SignedRecord(seq, leaf, session, _OF_APPROVALS, body.by)
        case _:
            return None


def may_sign(meaning: Meaning, operator: OperatorRecorded | None, realm: Realm | None) -> bool:
    """Whether somebody with that role on record may sign with that meaning."""
    if operator is None:
        return False
    qualified = (
        operator.role == "practitioner"
        and operator.diploma is not None
        and operator.registration is not None
    )
    match meaning:
        case "performed" | "override":
            return qualified or (
                realm == "training" and operator.role in ("practitioner", "engineer")
            )
        case "approved":
            return qualified
        case "reviewed":
            return operator.role in REVIEWERS
        case _:
            assert_never(meaning)


def others_review(
    operators: Mapping[str, OperatorRecorded], hands: SessionHands | None, by: str
) -> bool:
    """Whether anybody on record but ``by`` could review that session, and did not give it."""
    gave = frozenset[str]() if hands is None else hands.gave
    return any(
        each.role in REVIEWERS and person != by and person not in gave
        for person, each in operators.items()
    )


def signature_fault(signed: Signed, session: str | None, case: Case) -> Fault | None:
    """Return why that is no signature of that person about that record; None when it is.

    ``session`` is the one that the signature itself stands in.
    """
    record = case.record
    if record is None or signed.meaning not in record.meanings:
        return Code.NO_RECORD
    if signed.about_leaf != record.leaf.hex():
        return Code.OTHER_RECORD
    if session != record.session:
        return Code.OTHER_SESSION
    if case.root is None or signed.size <= record.seq or signed.root != case.root.hex():
        return Code.OTHER_TREE
    if case.key is None:
        return Code.NO_KEY
    try:
        said = open_note(signed.note, case.key)
        meant = Statement.of(signed, origin=case.origin, session=session).text()
    except NoteError:
        return Code.NOT_THEIRS
    if said != meant or case.operator is None or signed.name != case.operator.name:
        return Code.OTHER_TEXT
    if signed.signed_utc_us + _MOMENT_US < case.not_before_us:
        return Code.TOO_EARLY
    realm = None if case.hands is None else case.hands.realm
    if not may_sign(signed.meaning, case.operator, realm):
        return Code.NOT_ALLOWED
    if record.by is not None and record.by != signed.by:
        return Code.NOT_ALLOWED
    own = case.hands is not None and signed.by in case.hands.gave
    if signed.meaning == "performed" and not own:
        return Code.NOT_ALLOWED
    if signed.meaning == "reviewed" and own and case.others_review:
        return Code.OWN_WORK
    return None


REVIEWERS: Final = frozenset({"practitioner", "engineer", "auditor", "administrator"})
"""Roles that may sign that they have reviewed a session."""
_OF_SESSIONS: Final[frozenset[Meaning]] = frozenset({"performed", "reviewed"})
_OF_OVERRIDES: Final[frozenset[Meaning]] = frozenset({"override"})
_OF_APPROVALS: Final[frozenset[Meaning]] = frozenset({"approved"})


def _lines(*lines: str) -> str:
    if any("\n" in line or not line for line in lines):
        raise NoteError("what is signed is one line each: an id or a name holds a line break")
    return "".join(f"{line}\n" for line in lines)


def _time(utc_us: int) -> str:
    at = _EPOCH + timedelta(microseconds=utc_us)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}Z"
