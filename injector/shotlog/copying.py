"""Copies of a log: a backup is made, and put back.

A backup is one file, consistent though the log is written meanwhile (SQLite's own backup,
in one step), read as a whole and verified before it gets its name. Beside it lie the
verifier key and, where there are any, the record of erasures and the checkpoints kept
outside. The signing key and the staff file come along only when somebody says so: with them
a backup is the installation, without them it is a document.

A backup that is put back must not make a second history under the key. So it is held
against the newest checkpoint that anybody can show: it goes on only where it has all of
that. Those that came along with the copy are of its own moment: they can tell that it is
behind, or forged, and never that nothing came after it. A copy that is behind, or without
its key, goes on in a successor.

What was erased after the backup was made is erased again before the copy gets its name.
Each step has reached the disk before the next begins, as in `injector.shotlog.making`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from injector.shotlog import kept, keys
from injector.shotlog.batch import RandomBytes
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import Moment, Unknown
from injector.shotlog.envelope import commitments
from injector.shotlog.erased import Erasure, erased_path, note_erasures, noted_erasures
from injector.shotlog.errors import LogDamaged, LogExists, LogKeyUnusable
from injector.shotlog.failures import sqlite_failure, system_failure
from injector.shotlog.files import beside, copy_file, sync_file, sync_folder
from injector.shotlog.findings import Report
from injector.shotlog.keychain import KeyChain
from injector.shotlog.lock import WriterLock
from injector.shotlog.log import ShotLog
from injector.shotlog.making import finish_making
from injector.shotlog.note import NoteError, VerifierKey, parse_note
from injector.shotlog.reader import LogReader, open_read_only
from injector.shotlog.tree import LogTree
from injector.shotlog.verify import verify

Step = Callable[[str], None]
"""Told the name of each step before it is made."""

_OPEN_TO_ALL: Final = (".vkey",)
_OWN: Final = (".erased", kept.SUFFIX)
_SECRET: Final = (".key", ".staff")
_ALONG: Final = (*_OPEN_TO_ALL, *_OWN, *_SECRET)


def _no_step(_name: str) -> None:
    return


# -- a backup -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made."""

    path: Path
    report: Report
    """It was verified where it stands."""
    along: tuple[str, ...]
    """What lies beside it, by suffix."""
    texts: int
    """Private texts in it."""


def back_up(log: Path, target: Path, *, with_keys: bool, step: Step = _no_step) -> Backup:
    """Make a backup of the log at ``log``, a live one too, as the file ``target``.

    Raises `LogExists` where something is there already, `LogDamaged` when the copy does not
    verify (it is removed again), and what reading the log raises.
    """
    if not target.parent.is_dir():
        raise LogDamaged(f"{target.parent}: there is no such folder for a backup")
    for taken in (target, *(beside(target, suffix) for suffix in _ALONG)):
        if taken.exists():
            raise LogExists(f"{taken}: something is here already; a backup overwrites nothing")
    making = beside(target, ".new")
    try:
        step("copy")
        _copy(log, making)
        step("verify")
        report = verify(making)
        if not report.intact:
            making.unlink()
            raise LogDamaged(
                f"{log}: its copy does not verify, so that no backup was made; "
                "`injector log verify` says why"
            )
        along = _take_along(log, target, with_keys=with_keys, step=step)
        if ".key" in along:
            _check_key(making, beside(target, ".key"))
        with closing(open_read_only(making)) as db:
            (texts,) = db.execute("SELECT count(*) FROM private_text").fetchone()
        step("name")
        making.rename(target)
        sync_folder(target)
    except OSError as error:
        raise system_failure(target, error) from error
    except sqlite3.Error as error:
        raise sqlite_failure(target, error) from error
    return Backup(target, report, along, texts)


def _copy(source: Path, target: Path) -> None:
    """Copy a log as it is in one moment, into one file that can be read anywhere."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        beside(target, suffix).unlink(missing_ok=True)
    keys.reserve(target)
    with closing(open_read_only(source)) as reading:
        copy = sqlite3.connect(target, isolation_level=None)
        try:
            reading.conn.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()
        finally:
            copy.close()
    sync_file(target)
    sync_folder(target)


def _check_key(copy: Path, key: Path) -> None:
    with LogReader.open(copy) as reader:
        if str(keys.read(key).verifier) != reader.vkey:
            raise LogKeyUnusable(
                f"{key}: this key is not the one that the copy ends under; was it changed "
                "meanwhile? Remove what was copied, and make the backup once more"
            )


def _take_along(source: Path, target: Path, *, with_keys: bool, step: Step) -> tuple[str, ...]:
    """Copy what lies beside a log; a file from a try that was cut short is made anew."""
    taken = []
    for suffix in (*_OPEN_TO_ALL, *_OWN, *(_SECRET if with_keys else ())):
        if beside(source, suffix).exists():
            step(suffix)
            new = beside(target, f"{suffix}.new")
            new.unlink(missing_ok=True)
            copy_file(beside(source, suffix), new, 0o644 if suffix in _OPEN_TO_ALL else 0o600)
            new.rename(beside(target, suffix))
            taken.append(suffix)
    sync_folder(target)
    return tuple(taken)


# -- how a copy stands to what is known of its log --------------------------------------------


@unique
class Standing(StrEnum):
    """How a copy stands to the newest checkpoint that can be shown."""

    WHOLE = "whole"
    """It has all that the checkpoint counts."""
    BEHIND = "behind"
    """The log had more entries than the copy has."""
    UNKNOWN = "unknown"
    """No checkpoint can be shown but what came along with the copy."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A copy of a log beside the checkpoints that can be shown."""

    standing: Standing
    size: int
    """Entries in the copy."""
    newest: Checkpoint | None
    """None where the standing is unknown."""
    note: str | None
    """The newest one as it was signed."""
    proven: bool
    """Its signature is of a key that the copy knows. Where it is not, that key came after the
    copy was made, or nobody of this log signed it."""


def compare(reader: LogReader, notes: Iterable[str], along: Iterable[str] = ()) -> Compared:
    """Hold a copy against checkpoints. Those of other logs are passed over.

    ``notes`` were kept apart from the copy; those in ``along`` lie beside it, and may have
    been copied together with it, so that they prove what is missing and not that nothing is.
    Raises `LogDamaged` when one that the copy should have is of another history.
    """
    size = reader.size
    shown, came = _newest(reader, notes), _newest(reader, along)
    if came is not None and came.newest.size > size:
        shown = came if shown is None or came.newest.size > shown.newest.size else shown
    if shown is None:
        return Compared(Standing.UNKNOWN, size, None, None, proven=False)
    standing = Standing.BEHIND if shown.newest.size > size else Standing.WHOLE
    return Compared(standing, size, shown.newest, shown.note, proven=shown.proven)


@dataclass(frozen=True, slots=True)
class _Newest:
    newest: Checkpoint
    note: str
    proven: bool


def _newest(reader: LogReader, notes: Iterable[str]) -> _Newest | None:
    """The newest of these checkpoints of the log; each is held against the copy."""
    chain, tree, size = KeyChain.of(reader), LogTree(reader), reader.size
    found: _Newest | None = None
    for note in notes:
        named = Checkpoint.parse(parse_note(note)[0])
        if named.origin != reader.opened.origin:
            continue
        try:
            proven = chain.open(note) == named
        except NoteError:
            proven = False
        if not proven and named.size <= size:
            raise LogDamaged(
                f"{reader.path}: a checkpoint of its size {named.size} is not signed by the "
                "log's key of that time"
            )
        if named.size <= size and tree.root(named.size) != named.root:
            raise LogDamaged(
                f"{reader.path}: a checkpoint over {named.size} entries is of another history "
                "under the same key: one of the two was forged or forked"
            )
        if found is None or named.size > found.newest.size:
            found = _Newest(named, note, proven)
    return found


# -- putting a copy back ---------------------------------------------------------------------


class CannotGoOn(LogKeyUnusable):
    """The copy cannot go on under its own name: it needs a successor."""

    def __init__(self, message: str, *, reason: str, unknown: bool = False) -> None:
        super().__init__(message)
        self.reason: Final = reason
        """What ``injector log succeed --reason`` is to be told."""
        self.unknown: Final = unknown
        """It could, if somebody knew that nothing was written after it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A copy that was put back and goes on."""

    path: Path
    size: int
    erased_again: int
    compared: Compared


def restore(
    backup: Path,
    log: Path,
    *,
    notes: Sequence[str],
    along: Sequence[str] = (),
    by: str,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
    nothing_newer: bool = False,
    step: Step = _no_step,
) -> Restored:
    """Put a backup in the place ``log``, where it goes on without a fork.

    ``notes`` are the checkpoints that can be shown, ``along`` those that lie beside the
    backup (`compare`); ``nothing_newer`` is somebody's word that the log wrote nothing after
    the backup, where none can be shown. Raises `LogExists` where a
    log is there, `LogDamaged` when the backup does not verify or is of another history,
    `CannotGoOn` when only a successor can follow it.
    """
    if not log.parent.is_dir():
        raise LogDamaged(f"{log.parent}: there is no such folder for a log")
    try:
        lock = WriterLock.take(beside(log, ".lock"))
    except OSError as error:
        raise system_failure(log, error) from error
    try:
        if log.exists():
            finish_making(log)
            raise LogExists(f"{log}: a log is here already; move it away to put another one back")
        compared = _judge(backup, log, notes, along, nothing_newer=nothing_newer)
        making = beside(log, ".restoring")
        step("copy")
        _copy(backup, making)
        step("key")
        _put_key(backup, log, making)
        step("erase")
        count = _erase_again(
            making,
            (*noted_erasures(erased_path(log)), *noted_erasures(erased_path(backup))),
            by=by, now=now, random_bytes=random_bytes, software=software,
        )  # fmt: skip
        _bring_along(backup, log, step)
        _bring_erasures(backup, log, step)
        step("name")
        making.rename(log)
        sync_folder(log)
        step("name key")
        beside(making, ".key").rename(beside(log, ".key"))
        for suffix in (".vkey", ".lock", ".erased"):
            beside(making, suffix).unlink(missing_ok=True)
        sync_folder(log)
    except OSError as error:
        raise system_failure(log, error) from error
    except sqlite3.Error as error:
        raise sqlite_failure(log, error) from error
    finally:
        lock.release()
    return Restored(log, compared.size, count, compared)


def _judge(
    backup: Path, log: Path, notes: Sequence[str], along: Sequence[str], *, nothing_newer: bool
) -> Compared:
    if not verify(backup).intact:
        raise LogDamaged(f"{backup}: does not verify; `injector log verify` says why")
    with LogReader.open(backup) as reader:
        compared = compare(reader, notes, along)
        key_file = _key_of(backup, log)
        if compared.standing is Standing.BEHIND and compared.newest is not None:
            unproven = (
                "" if compared.proven else
                ". That checkpoint is signed with a key that the copy does not know: one that came "
                "later, or a forger's"
            )  # fmt: skip
            raise CannotGoOn(
                f"{backup}: it has {compared.size} entries, and the log had at least "
                f"{compared.newest.size}; going on from here would contradict them{unproven}",
                reason="restored",
            )
        if key_file is None:
            raise CannotGoOn(
                f"{backup}: its signing key is neither beside it nor at {log.name}.key",
                reason="lost_key",
            )
        key = keys.read(key_file)
        if key.verifier != VerifierKey.parse(reader.vkey):
            same = key.verifier.name == reader.opened.origin
            raise CannotGoOn(
                f"{key_file}: not the key that this copy of the log ends under"
                + (", but one that came later: the copy is behind" if same else ""),
                reason="restored" if same else "lost_key",
            )
        if compared.standing is Standing.UNKNOWN and not nothing_newer:
            but = " but those that came along with it" if along else ""
            raise CannotGoOn(
                f"{backup}: no checkpoint can be shown{but}, so that nobody can tell whether the "
                "log wrote more after it",
                reason="restored",
                unknown=True,
            )
        return compared


def _key_of(backup: Path, log: Path) -> Path | None:
    places = (beside(log, ".key"), beside(backup, ".key"))
    return next((each for each in places if each.exists()), None)


def _put_key(backup: Path, log: Path, making: Path) -> None:
    source = _key_of(backup, log)
    new = beside(making, ".key")
    new.unlink(missing_ok=True)
    if source is not None:
        copy_file(source, new, 0o600)
    sync_folder(log)


def _bring_along(backup: Path, log: Path, step: Step) -> None:
    """Copy what lies beside the backup and not at the log's place."""
    for suffix in (".vkey", kept.SUFFIX, ".staff"):
        source, target = beside(backup, suffix), beside(log, suffix)
        if source.exists() and not target.exists():
            step(suffix)
            new = beside(log, f"{suffix}.new")
            new.unlink(missing_ok=True)
            copy_file(source, new, 0o644 if suffix in _OPEN_TO_ALL else 0o600)
            new.rename(target)
    sync_folder(log)


def _bring_erasures(backup: Path, log: Path, step: Step) -> None:
    """Put on the record at the log's place what only the backup's record tells of: another copy
    that is put back there later loses those texts too."""
    known = {each.hmac_sha256 for each in noted_erasures(erased_path(log))}
    missing = [
        each for each in noted_erasures(erased_path(backup)) if each.hmac_sha256 not in known
    ]
    if missing:
        step(".erased")
        note_erasures(log, missing)


def still_there(reader: LogReader, erasures: Iterable[Erasure]) -> list[tuple[int, str]]:
    """Return which of these texts still stand in a copy, each once, in order."""
    found: dict[tuple[int, str], None] = {}
    for each in erasures:
        entry = next(reader.entries(after=each.seq - 1, limit=1), None)
        if entry is None or entry.seq != each.seq or isinstance(entry.body, Unknown):
            continue
        held = dict(commitments(entry.body.model_dump())).get(each.place)
        if held == each.hmac_sha256 and reader.private_text(each.seq, each.place) is not None:
            found[each.seq, each.place] = None
    return sorted(found)


def _erase_again(
    making: Path,
    erasures: Sequence[Erasure],
    *,
    by: str,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
) -> int:
    with ShotLog.open(
        making, now=now, random_bytes=random_bytes, software=software, ended=True
    ) as log:
        texts = still_there(log.reader, erasures)
        if texts:
            log.erase_all(texts, by=by, reason=ERASED_AGAIN, now=now)
    return len(texts)


ERASED_AGAIN: Final = "restored"
"""Why a text is erased that was erased before, in a copy that did not know."""
