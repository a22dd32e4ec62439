"""What people vouch for: approvals, keys, signatures, corrections, each judged against the log.

A signature is about a leaf and a tree, and those only the log has; and whose key it is, or
whether somebody may still approve, may have changed by an entry that is on its way. So the
controller hands what somebody wants to the log's thread (`AppendJudged`), which judges it by
the log as it stands and commits it in the same trip. Where no engine runs a command judges by
the same function.
"""

from collections.abc import Container
from typing import Final, assert_never

from injector.control.roster import Roster
from injector.control.snapshot import Denial
from injector.control.wants import ApproveLibrary, Correct, RecordKey, RecordSigned, Vouching
from injector.shotlog.corrections import Case, Uncorrectable, correct
from injector.shotlog.entries import Draft, Entry, LibraryPart
from injector.shotlog.findings import Code
from injector.shotlog.reader import LogReader, library_drafts
from injector.shotlog.signatures import fault_of, hands_of, key_fault, operators
from injector.shotlog.signing import Fault

_ROLE: Final = frozenset({Code.NOT_ALLOWED, Code.OWN_WORK})
_UNCORRECTABLE: Final = {
    Uncorrectable.NOT_ALLOWED: Denial.NOT_ALLOWED,
    Uncorrectable.SESSION_OPEN: Denial.SESSION_OPEN,
    Uncorrectable.NO_REASON: Denial.MALFORMED,
    Uncorrectable.MORE: Denial.MORE_GIVEN,
}
"""What has a word of its own; all else cannot be corrected."""


def judge(
    reader: LogReader, what: Vouching, now_us: int | None = None
) -> tuple[Draft, ...] | Denial:
    """Return the entries that it becomes; why not, where it is not right.

    ``now_us``: the clock, in UTC, where no engine runs.
    """
    match what:
        case ApproveLibrary():
            return _approval(reader, what)
        case RecordKey():
            fault = key_fault(reader, what.key)
            return (Draft(None, what.key),) if fault is None else _denial(fault)
        case RecordSigned():
            fault = fault_of(reader, what.signed, what.session, now_us)
            return (Draft(what.session, what.signed),) if fault is None else _denial(fault)
        case Correct():
            draft = _correction(reader, what)
            return (draft,) if isinstance(draft, Draft) else draft
        case _:
            assert_never(what)


def vouching_name(what: Vouching) -> str:
    """What it is called where it is denied."""
    match what:
        case ApproveLibrary():
            return "approve_library"
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
        case ApproveLibrary():
            return what.by
        case RecordKey():
            return what.key.by
        case RecordSigned():
            return what.signed.by
        case Correct():
            return what.correction.by
        case _:
            assert_never(what)


def is_barred(what: Vouching, why: Denial, on_record: Container[str]) -> bool:
    """Whether being denied it is an entry: what is on record of who asked does not include it.

    Who is not on record at all is qualified for nothing, and approves nothing; that is none.
    """
    unqualified = why is Denial.NOT_QUALIFIED and vouched_by(what) in on_record
    return why is Denial.NOT_ALLOWED or unqualified


def _denial(fault: Fault) -> Denial:
    return Denial.NOT_ALLOWED if fault in _ROLE else Denial.NOT_SIGNED


def _approval(reader: LogReader, what: ApproveLibrary) -> tuple[Draft, ...] | Denial:
    """The approval, and the library's text where the log has it not."""
    library = what.library
    approval = Roster(operators(reader)).approval(library, what.by)
    if approval is None:
        return Denial.NOT_QUALIFIED
    known = any(
        isinstance(entry.body, LibraryPart) and entry.body.digest == library.digest
        for entry in reader.entries(kinds=["library_part"])
    )
    parts = () if known else library_drafts(library.digest, library.text)
    return (*parts, Draft(None, approval))


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
