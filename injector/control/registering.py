"""Who is who, and which library is in force: written where no engine runs.

While an engine runs it alone writes, and the console sends it these as intents. Without
one, a command opens the log, writes and closes it. Both ways write the same entries under
the same rules, and only into a log that goes on from the newest checkpoint kept outside
(``anchors``, or beside the log).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from injector.anchors.opening import open_to_write
from injector.control.recall import ledger_from
from injector.control.snapshot import Denial, Denied
from injector.control.vouched import judge, vouched_by, vouching_name
from injector.control.wants import Vouching
from injector.limits.library import Library
from injector.shotlog.batch import RandomBytes
from injector.shotlog.entries import Body, Draft, Entry, Moment
from injector.shotlog.facts import LibraryApproved, OperatorRecorded
from injector.shotlog.reader import LogReader, library_drafts
from injector.shotlog.signatures import key_fault, key_to_record, statement
from injector.shotlog.vouching import Barred


class NotQualifiedError(Exception):
    """Whoever approves has no diploma and registration on record in this installation."""


def record_operator(
    path: Path,
    operator: OperatorRecorded,
    *,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
    anchors: Path | None = None,
) -> None:
    """Write who somebody is into the log at ``path``. Raises what the log raises.

    `LogLocked` where an engine runs on it.
    """
    with open_to_write(
        path, now=now, random_bytes=random_bytes, software=software, anchors=anchors
    ) as log:
        log.append([Draft(None, operator)], now)


def record_key(
    path: Path,
    person: str,
    seed: bytes,
    *,
    by: str,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
    anchors: Path | None = None,
) -> bool:
    """Put the key with which that person signs on record in the log at ``path``.

    Whether there was anything to write: not where it is the newest of that person, and not where
    it cannot be theirs, by what is on record. Raises what the log raises: `LogLocked` where an
    engine runs.
    """
    with open_to_write(
        path, now=now, random_bytes=random_bytes, software=software, anchors=anchors
    ) as log:
        body = key_to_record(log.reader, person, seed, by=by)
        if body is None or key_fault(log.reader, body) is not None:
            return False
        log.append([Draft(None, body)], now)
        return True


def write_vouched(
    path: Path,
    make: Callable[[LogReader], Sequence[Vouching]],
    *,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
    anchors: Path | None = None,
) -> list[Entry] | Denied:
    """Write what somebody vouches for, judged as an engine does: all of it, or nothing.

    ``make`` says what, out of the log as it stands. Somebody whose role does not include it
    is an entry. Raises what the log raises: `LogLocked` where an engine runs.
    """
    with open_to_write(
        path, now=now, random_bytes=random_bytes, software=software, anchors=anchors
    ) as log:
        drafts: list[Draft] = []
        for what in make(log.reader):
            answer = judge(log.reader, what, now.utc_us)
            if not isinstance(answer, Draft):
                denied = Denied(vouching_name(what), answer)
                if denied.why is Denial.NOT_ALLOWED:
                    log.append([Draft(None, Barred(what=denied.intent, by=vouched_by(what)))], now)
                return denied
            drafts.append(answer)
        return list(log.append(drafts, now))


def record_bodies(
    path: Path,
    bodies: Sequence[Body],
    *,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
    anchors: Path | None = None,
) -> None:
    """Write entries outside every session: who was not let in, who was barred."""
    with open_to_write(
        path, now=now, random_bytes=random_bytes, software=software, anchors=anchors
    ) as log:
        log.append([Draft(None, body) for body in bodies], now)


def approve_library(
    path: Path,
    library: Library,
    *,
    by: str,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
    anchors: Path | None = None,
    seed: bytes | None = None,
) -> LibraryApproved:
    """Write a practitioner's approval into the log at ``path``, and the library's text.

    With ``seed`` they sign it with that key, which goes on record where it is not yet.
    Raises `NotQualifiedError`, and what the log raises: `LogLocked` where an engine runs.
    """
    if not path.exists():
        raise NotQualifiedError(by)  # and no log is made only to say so
    with open_to_write(
        path, now=now, random_bytes=random_bytes, software=software, anchors=anchors
    ) as log:
        ledger = ledger_from(log.reader)
        approval = ledger.roster.approval(library, by)
        if approval is None:
            if by in ledger.roster.operators:
                log.append([Draft(None, Barred(what="approve_library", by=by))], now)
            raise NotQualifiedError(by)
        known = library.digest in ledger.libraries
        parts = () if known else library_drafts(library.digest, library.text)
        approved = log.append([*parts, Draft(None, approval)], now)[-1]
        if seed is not None:
            name = ledger.roster.operators[by].name
            key = key_to_record(log.reader, by, seed, by=by)
            if key is not None:
                log.append([Draft(None, key)], now)
            said = statement(
                log.reader, approved, by=by, name=name, meaning="approved", utc_us=now.utc_us
            )
            log.append([Draft(None, said.signed(seed))], now)
        return approval
