"""Who is who, and which library is in force: written where no engine runs.

While an engine runs it alone writes, and the console sends it these as intents. Without
one, a command opens the log, writes and closes it. Both ways write the same entries under
the same rules.
"""

from pathlib import Path

from injector.control.recall import ledger_from
from injector.limits.library import Library
from injector.shotlog.batch import RandomBytes
from injector.shotlog.entries import Draft, Moment
from injector.shotlog.facts import LibraryApproved, OperatorRecorded
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import library_drafts
from injector.shotlog.signatures import key_to_record


class NotQualifiedError(Exception):
    """Whoever approves has no diploma and registration on record in this installation."""


def record_operator(
    path: Path, operator: OperatorRecorded, *, now: Moment, random_bytes: RandomBytes, software: str
) -> None:
    """Write who somebody is into the log at ``path``. Raises what the log raises.

    `LogLocked` where an engine runs on it.
    """
    with ShotLog.open(path, now=now, random_bytes=random_bytes, software=software) as log:
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
) -> bool:
    """Put the key with which that person signs on record in the log at ``path``.

    Whether there was anything to write: not where it is the newest of that person. Raises
    what the log raises: `LogLocked` where an engine runs.
    """
    with ShotLog.open(path, now=now, random_bytes=random_bytes, software=software) as log:
        body = key_to_record(log.reader, person, seed, by=by)
        if body is not None:
            log.append([Draft(None, body)], now)
        return body is not None


def approve_library(
    path: Path,
    library: Library,
    *,
    by: str,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
) -> LibraryApproved:
    """Write a practitioner's approval into the log at ``path``, and the library's text.

    Raises `NotQualifiedError`, and what the log raises: `LogLocked` where an engine runs.
    """
    if not path.exists():
        raise NotQualifiedError(by)  # and no log is made only to say so
    with ShotLog.open(path, now=now, random_bytes=random_bytes, software=software) as log:
        ledger = ledger_from(log.reader)
        approval = ledger.roster.approval(library, by)
        if approval is None:
            raise NotQualifiedError(by)
        known = library.digest in ledger.libraries
        parts = () if known else library_drafts(library.digest, library.text)
        log.append([*parts, Draft(None, approval)], now)
        return approval
