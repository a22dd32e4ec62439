"""People's keys and signatures: each proven, each about the record that it names.

A signature about a session's end comes after it and names a tree that is long past. So it
asks for roots of sizes that were passed, and keeps the leaf hash of each record that people
sign; those are few beside the shots.

When a signature was given is its own word. It cannot be before the record was there, and that
the log's clock tells: it goes forward, but where an engine starts, or an entry says that it
was set.
"""

from bisect import bisect_right
from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import (
    EngineStarted,
    Entry,
    LogOpened,
    SessionClosed,
    SessionOpened,
)
from injector.shotlog.facts import (
    LibraryApproved,
    OperatorRecorded,
    OverrideGiven,
    SessionResumed,
    TakenOver,
)
from injector.shotlog.findings import Code, Remark, Tally
from injector.shotlog.note import NoteError, VerifierKey
from injector.shotlog.signing import (
    Case,
    SessionHands,
    SignedRecord,
    open_operator_key,
    others_review,
    signable,
    signature_fault,
)
from injector.shotlog.vouching import ClockJumped, OperatorKey, Signed


class _Clock:
    """The least that the log's UTC clock has shown since an entry, where it may have been set."""

    def __init__(self) -> None:
        self._seqs: list[int] = []
        self._utc_us: list[int] = []
        """Rising: what is later and less takes the place of what it undercuts."""

    def read(self, seq: int, utc_us: int) -> None:
        """The clock may have been set before this entry."""
        while self._utc_us and self._utc_us[-1] >= utc_us:
            self._seqs.pop()
            self._utc_us.pop()
        self._seqs.append(seq)
        self._utc_us.append(utc_us)

    def least_since(self, seq: int, utc_us: int) -> int:
        """The least of ``utc_us`` and of all that was read after that entry."""
        at = bisect_right(self._seqs, seq)
        return min([utc_us, *self._utc_us[at : at + 1]])


class SignaturesCheck:
    """Follows the people of a log, entry by entry."""

    about: ClassVar[Kinds | None] = frozenset(
        {
            LogOpened,
            EngineStarted,
            ClockJumped,
            OperatorRecorded,
            OperatorKey,
            SessionOpened,
            TakenOver,
            SessionResumed,
            SessionClosed,
            OverrideGiven,
            LibraryApproved,
            Signed,
        }
    )

    def __init__(self, tally: Tally, reading: Reading) -> None:
        self._tally = tally
        self._roots: Final = reading.roots
        self._origin = ""
        self._operators: dict[str, OperatorRecorded] = {}
        self._keys: dict[str, VerifierKey] = {}
        self._used: set[bytes] = set()
        self._records: dict[int, SignedRecord] = {}
        self._written_us: dict[int, int] = {}
        """When each of them was written."""
        self._clock = _Clock()
        self._hands: dict[str, SessionHands] = {}

    def feed(self, seq: int, entry: Entry, leaf: bytes) -> None:
        """Take the next entry."""
        body = entry.body
        match body:
            case LogOpened():
                self._origin = body.origin
            case OperatorRecorded():
                self._operators[body.person] = body
            case SessionOpened() if entry.session is not None:
                gave = frozenset({body.operator})
                self._hands[entry.session] = SessionHands(body.realm, gave)
            case TakenOver() | SessionResumed() if entry.session in self._hands:
                hands = self._hands[entry.session]
                if body.operator not in hands.gave:
                    gave = hands.gave | {body.operator}
                    self._hands[entry.session] = SessionHands(hands.realm, gave)
            case EngineStarted() | ClockJumped():
                self._clock.read(seq, entry.at.utc_us)
            case OperatorKey():
                self._keyed(seq, body)
            case Signed():
                self._signed(seq, entry, body)
            case _:
                pass
        record = signable(seq, leaf, entry.session, body)
        if record is not None:
            self._records[seq] = record
            self._written_us[seq] = entry.at.utc_us

    def finish(self) -> None:
        """Nothing is left: what nobody signed, the check of sessions says."""

    def _keyed(self, seq: int, body: OperatorKey) -> None:
        self._tally.counted += 1
        try:
            key = open_operator_key(body, self._origin)
        except NoteError as error:
            self._tally.fail(Code.KEY_UNPROVEN, seq=seq, detail=str(error))
            return
        if key.public in self._used:
            self._tally.fail(Code.KEY_TAKEN, seq=seq, detail=body.person)
            return
        operator, known = self._operators.get(body.person), body.person in self._keys
        if (body.reason == "reset") is not known:
            self._tally.fail(Code.KEY_UNFOUNDED, seq=seq, detail=body.person)
        elif operator is None or operator.role == "withdrawn":
            self._tally.fail(Code.NOT_ALLOWED, seq=seq, detail=body.person)
        if known:
            self._tally.remark(Remark.KEYS_RESET, detail=body.person)
        self._used.add(key.public)
        self._keys[body.person] = key

    def _signed(self, seq: int, entry: Entry, body: Signed) -> None:
        self._tally.counted += 1
        record = self._records.get(body.about_seq)
        where = None if record is None or record.session is None else record.session
        hands = None if where is None else self._hands.get(where)
        case = Case(
            origin=self._origin,
            record=record,
            root=self._roots.get(body.size) if body.size <= seq else None,
            hands=hands,
            operator=self._operators.get(body.by),
            key=self._keys.get(body.by),
            others_review=others_review(self._operators, hands, body.by),
            not_before_us=min(
                entry.at.utc_us,
                self._clock.least_since(body.about_seq, self._written_us.get(body.about_seq, 0)),
            ),
        )
        fault = signature_fault(body, entry.session, case)
        if fault is not None:
            self._tally.fail(fault, seq=seq, detail=body.by)
