"""What people vouch for: keys, signatures, corrections, each judged against the log itself.

A signature is about a leaf and a tree, and those only the log has. So the controller asks
the log's thread to judge what somebody wants (`Judge`), and appends the entry when the
answer says that it is right. Where no engine runs a command judges by the same function.
"""

from typing import Final, assert_never

from injector.control.snapshot import Denial
from injector.control.wants import Correct, RecordKey, RecordSigned, Vouching
from injector.shotlog.corrections import Uncorrectable, correct
from injector.shotlog.entries import Draft, Entry
from injector.shotlog.reader import LogReader
from injector.shotlog.signatures import fault_of, hands_of, key_fault, operators
from injector.shotlog.signing import Fault, may_sign

_ROLE: Final = frozenset({Fault.NOT_ALLOWED, Fault.OWN_WORK})


def judge(reader: LogReader, what: Vouching) -> Draft | Denial:
    """Return the entry that it becomes; why not, where it is not right."""
    match what:
        case RecordKey():
            fault = key_fault(reader, what.key)
            return Draft(None, what.key) if fault is None else _denial(fault)
        case RecordSigned():
            fault = fault_of(reader, what.signed, what.session)
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
    if session is None or hands is None:
        return Denial.NOT_CORRECTABLE
    if not may_sign("override", operators(reader).get(wanted.by), hands.realm):
        return Denial.NOT_ALLOWED
    if reader.last("session_closed", session=session) is None:
        return Denial.SESSION_OPEN
    if not wanted.reason.strip():
        return Denial.MALFORMED
    draft = correct(entry, wanted)
    if not isinstance(draft, Uncorrectable):
        return draft
    return Denial.MORE_GIVEN if draft is Uncorrectable.MORE else Denial.NOT_CORRECTABLE
