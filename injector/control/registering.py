"""Who is who, and which library is in force: written where no engine runs.

While an engine runs it alone writes, and the console sends it these as intents. Without
one, a command opens the log, writes and closes it. Both ways write the same entries under
the same rules, and only into a log that goes on from the newest checkpoint kept outside
(``anchors``, or beside the log).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from injector.anchors.opening import open_to_write
from injector.control.snapshot import Denial, Denied
from injector.control.vouched import is_barred, judge, vouched_by, vouching_name
from injector.control.wants import ApproveLibrary, RecordKey, RecordSigned, Vouching
from injector.limits.library import Library
from injector.shotlog.batch import RandomBytes
from injector.shotlog.entries import Body, Draft, Entry, Moment
from injector.shotlog.facts import LibraryApproved, OperatorRecorded
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader
from injector.shotlog.signatures import key_to_record, operators, statement
from injector.shotlog.vouching import Barred


class NotQualifiedError(Exception):
    """Whoever approves has no diploma and registration on record in this installation."""


class NotSignedError(Exception):
    """Whoever approves cannot sign: their key was on record before, and another since."""


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
) -> list[Entry] | Denied:
    """Put the key with which that person signs on record in the log at ``path``.

    Nothing is written where it is the newest of that person. It is judged like everything
    that is vouched for (`write_vouched`). Raises what the log raises: `LogLocked` where an
    engine runs.
    """

    def make(reader: LogReader) -> Sequence[Vouching]:
        body = key_to_record(reader, person, seed, by=by)
        return () if body is None else (RecordKey(body),)

    return write_vouched(
        path, make, now=now, random_bytes=random_bytes, software=software, anchors=anchors
    )


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
        return _write(log, make(log.reader), now)


def _write(log: ShotLog, wanted: Sequence[Vouching], now: Moment) -> list[Entry] | Denied:
    """Judge all of it by the log as it stands, and write all of it or nothing."""
    drafts: list[Draft] = []
    for what in wanted:
        answer = judge(log.reader, what, now.utc_us)
        if isinstance(answer, Denial):
            denied = Denied(vouching_name(what), answer)
            if is_barred(what, answer, operators(log.reader)):
                log.append([Draft(None, Barred(what=denied.intent, by=vouched_by(what)))], now)
            return denied
        drafts += answer
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

    With ``seed`` they sign it with that key, which goes on record with it where it is not yet.
    Raises `NotQualifiedError`, `NotSignedError`, and what the log raises: `LogLocked` where an
    engine runs.
    """
    if not path.exists():
        raise NotQualifiedError(by)  # and no log is made only to say so
    with open_to_write(
        path, now=now, random_bytes=random_bytes, software=software, anchors=anchors
    ) as log:
        key = None if seed is None else key_to_record(log.reader, by, seed, by=by)
        approving = ApproveLibrary(library, by)
        wanted = (approving,) if key is None else (approving, RecordKey(key))
        written = _write(log, wanted, now)
        if isinstance(written, Denied):
            unsigned = written.why is Denial.NOT_SIGNED
            raise NotSignedError(by) if unsigned else NotQualifiedError(by)
        ((approved, body),) = (
            (entry, entry.body) for entry in written if isinstance(entry.body, LibraryApproved)
        )
        if seed is not None:
            name = operators(log.reader)[by].name
            said = statement(
                log.reader, approved, by=by, name=name, meaning="approved", utc_us=now.utc_us
            )
            if isinstance(_write(log, [RecordSigned(said.signed(seed), None)], now), Denied):
                raise NotSignedError(by)
        return body
