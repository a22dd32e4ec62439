"""What people vouch for: keys, signatures, corrections, each judged against the log itself.

A signature is about a leaf and a tree, and those only the log has. So the controller asks
the log's thread to judge what somebody wants (`Judge`), and appends the entry when the
answer says that it is right. Where no engine runs a command judges by the same function.
"""

from typing import Final, assert_never

from injector.control.snapshot import Denial
from injector.control.wants import Correct, RecordKey, RecordSigned, Vouching
from injector.shotlog.corrections import Case, Uncorrectable, correct
from injector.shotlog.entries import Draft, Entry
from injector.shotlog.reader import LogReader
from injector.shotlog.signatures import fault_of, hands_of, key_fault, operators
from injector.shotlog.signing import Fault

_ROLE: Final = frozenset({Fault.NOT_ALLOWED, Fault.OWN_WORK})
_UNCORRECTABLE: Final = {
    Uncorrectable.NOT_ALLOWED: Denial.NOT_ALLOWED,
    Uncorrectable.SESSION_OPEN: Denial.SESSION_OPEN,
    Uncorrectable.NO_REASON: Denial.MALFORMED,
    Uncorrectable.MORE: Denial.MORE_GIVEN,
}
"""What has a word of its own; all else cannot be corrected."""


def judge(reader: LogReader, what: Vouching, now_us: int | None = None) -> Draft | Denial:
    """Return the entry that it becomes; why not, where it is not right.

    ``now_us``: the clock, in UTC, where no engine runs.
    """
    match what:
        case RecordKey():
            fault = key_fault(reader, what.key)
            return Draft(None, what.key) if fault is None else _denial(fault)
        case RecordSigned():
            fault = fault_of(reader, what.signed, what.session, now_us)
            return Draft(what.session, what.signed) if fault is None else _denial(fault)
        case Correct():
            return _correction(reader, what)
        case _:
            assert_never(what)


def vouching_name(what: Vouching) -> str:
    """What it is called where it is denied."""
    match what:
        case RecordKey():
            return "record_key"
        case RecordSigned():
            return "sign"
        case Correct():
            return "correct"
        case _:
            assert_never(what)


def vouched_by(what: Vouching) -> str:
    """Who vouches."""
    match what:
        case RecordKey():
            return what.key.by
        case RecordSigned():
            return what.signed.by
        case Correct():
            return what.correction.by
        case _:
            assert_never(what)


def _denial(fault: Fault) -> Denial:
    return Denial.NOT_ALLOWED if fault in _ROLE else Denial.NOT_SIGNED


def _correction(reader: LogReader, what: Correct) -> Draft | Denial:
    wanted = what.correction
    entry: Entry | None = reader.at([wanted.about_seq]).get(wanted.about_seq)
    session = None if entry is None else entry.session
    hands = None if session is None else hands_of(reader, session)
    case = Case(
        entry=entry,
        realm=None if hands is None else hands.realm,
        closed=session is not None and reader.last("session_closed", session=session) is not None,
        operator=operators(reader).get(wanted.by),
    )
    draft = correct(wanted, case)
    if not isinstance(draft, Uncorrectable):
        return draft
    return _UNCORRECTABLE.get(draft, Denial.NOT_CORRECTABLE)
