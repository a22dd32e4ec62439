"""People's keys and signatures: each proven, each about the record that it names.

A signature about a session's end comes after it and names a tree that is long past. So it
asks for roots of sizes that were passed, and keeps the leaf hash of each record that people
sign; those are few beside the shots.
"""

from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import Entry, LogOpened, SessionClosed, SessionOpened
from injector.shotlog.facts import (
    LibraryApproved,
    OperatorRecorded,
    OverrideGiven,
    SessionResumed,
    TakenOver,
)
from injector.shotlog.findings import Code, Tally
from injector.shotlog.note import NoteError, VerifierKey
from injector.shotlog.signing import (
    Case,
    Fault,
    SessionHands,
    SignedRecord,
    open_operator_key,
    others_review,
    signable,
    signature_fault,
)
from injector.shotlog.vouching import OperatorKey, Signed


class SignaturesCheck:
    """Follows the people of a log, entry by entry."""

    about: ClassVar[Kinds | None] = frozenset(
        {
            LogOpened,
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
            case OperatorKey():
                self._keyed(seq, body)
            case Signed():
                self._signed(seq, entry.session, body)
            case _:
                pass
        record = signable(seq, leaf, entry.session, body)
        if record is not None:
            self._records[seq] = record

    def finish(self) -> None:
        """Nothing is left: what nobody signed, the check of sessions says."""

    def _keyed(self, seq: int, body: OperatorKey) -> None:
        self._tally.counted += 1
        try:
            key = open_operator_key(body, self._origin)
        except NoteError as error:
            self._fail(Fault.KEY_UNPROVEN, seq, str(error))
            return
        if key.public in self._used:
            self._fail(Fault.KEY_TAKEN, seq, body.person)
            return
        if (body.reason == "reset") is not (body.person in self._keys):
            self._fail(Fault.KEY_UNFOUNDED, seq, body.person)
        self._used.add(key.public)
        self._keys[body.person] = key

    def _signed(self, seq: int, session: str | None, body: Signed) -> None:
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
        )
        fault = signature_fault(body, session, case)
        if fault is not None:
            self._fail(fault, seq, body.by)

    def _fail(self, fault: Fault, seq: int, detail: str) -> None:
        self._tally.fail(Code(fault.value), seq=seq, detail=detail)
