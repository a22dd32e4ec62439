"""A log is followed by another: a successor, with a name and a key of its own.

Why a log cannot go on: its key is lost; it was put back from a copy that is behind; or it
shall be laid aside whole. The successor's first entry names the log before, the newest
checkpoint of it that can be shown, and the reason; then comes what is brought forward.

Order, so that no crash leaves two logs that go on, or none:

1. All that is brought forward is made into entries, in memory: what does not fit in one is
   found out while the log before can still go on.
2. The successor's key is made and durable, beside the place where the log will be.
3. Where the log before is laid aside, and so can still be written, it gets its last entry,
   which names that key's origin. From then on it refuses everything but erasures.
4. The successor is built whole under another name, entry 0 holding the checkpoint of the
   log before as it ended, and gets its name and its key.

Whoever is stopped after 2 or 3 says the same command again: it finds the key and goes on.
A log that is behind is never written: a last entry in it would contradict, under its own
key, the entries that it has lost. Where its key lies beside it all the same, the key gets
another name instead of that entry, so that here, too, only one of the two goes on.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from injector.control.bringing import Brought, bring
from injector.shotlog import keys
from injector.shotlog.batch import RandomBytes
from injector.shotlog.copying import Compared, Standing, compare
from injector.shotlog.entries import Moment, Predecessor
from injector.shotlog.envelope import Packed
from injector.shotlog.erased import erased_path, noted_erasures
from injector.shotlog.errors import LogDamaged, LogError, LogExists, LogKeyUnusable
from injector.shotlog.failures import system_failure
from injector.shotlog.files import beside, copy_file, sync_folder
from injector.shotlog.kept import default_path, keep, newest_first
from injector.shotlog.lock import WriterLock
from injector.shotlog.log import ShotLog
from injector.shotlog.making import (
    finish_making,
    make_successor,
    pack_brought,
    successor_key,
)
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.shotlog.vouching import LogEnded


@unique
class Reason(StrEnum):
    """Why a log is followed by another."""

    LOST_KEY = "lost_key"
    RESTORED = "restored"
    """What is there of it is a copy that is behind, or may be."""
    ARCHIVED = "archived"
    """It is whole and laid aside."""


class CannotFollow(LogError):  # noqa: N818 -- as its siblings: it says what is the case
    """There can be no successor as it was asked for."""


@dataclass(frozen=True, slots=True)
class Succession:
    """A successor that was made."""

    path: Path
    origin: str
    vkey: str
    """What an auditor has to be handed."""
    before: Predecessor
    brought: Brought | None
    """None: it was there already, and only its key got its name now."""
    lost: int
    """Entries that the log before is known to have had, and what is there of it has not."""
    proven: bool
    """The checkpoint that says so is signed by a key that what is there of it knows. Where not,
    that key came later, or somebody made it up."""
    retired: bool
    """The key beside the log before was put out of use: it cannot go on beside this one."""
    staff: bool
    """The staff file came along."""


def succeed(
    old: Path,
    new: Path,
    *,
    reason: Reason,
    by: str | None,
    notes: Sequence[str],
    along: Sequence[str] = (),
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
) -> Succession:
    """Make the log at ``new`` that follows the one at ``old``.

    ``notes`` are checkpoints of the old log that can be shown, ``along`` those that lie beside
    what is there of it (`injector.shotlog.copying.compare`). Raises `LogDamaged` when the
    old log does not verify, `CannotFollow` or `SessionLeftOpen` when it must not be followed
    so, `LogExists` where something is at ``new``, and what the log raises.
    """
    if not new.parent.is_dir():
        raise CannotFollow(f"{new.parent}: there is no such folder for a log")
    if new.exists() and old.exists() and new.samefile(old):
        raise CannotFollow(f"{new}: a log cannot follow itself; move the old one away first")
    if not verify(old).intact:
        raise LogDamaged(f"{old}: does not verify, so that nothing is brought forward from it")
    with _written_by_nobody(new), ExitStack() as held:
        writing: ShotLog | None = None
        if reason is Reason.ARCHIVED:
            writing = held.enter_context(
                ShotLog.open(old, now=now, random_bytes=random_bytes, software=software, ended=True)
            )
            reader = writing.reader
        else:
            held.enter_context(_written_by_nobody(old))
            reader = held.enter_context(LogReader.open(old))
        made = _made_before(reader, new, now)
        if made is not None:
            return made
        compared = compare(reader, notes, along)
        _judge(reader, reason, compared)
        if writing is not None and compared.standing is Standing.BEHIND:
            raise CannotFollow(
                f"{old}: a checkpoint counts more entries than it has, so that it is not whole; "
                f"--reason {Reason.RESTORED} follows what is there of it"
            )
        erased = {
            each.hmac_sha256 for log in (old, new) for each in noted_erasures(erased_path(log))
        }
        brought = bring(reader, writable=writing is not None, erased=erased)
        packed = _packed(reader, brought, now, random_bytes)
        _check_end(reader, _origin_waiting(new), reason)
        key = successor_key(new, random_bytes)
        if writing is not None and writing.reader.last("log_ended") is None:
            writing.end(key.verifier.name, reason=reason.value, by=by, now=now)
        retired = reason is Reason.RESTORED and _goes_on(reader) and _retire(reader)
        size, note = reader.size, reader.checkpoint
        behind = compared.standing is Standing.BEHIND
        if behind and compared.newest is not None and compared.note is not None:
            size, note = compared.newest.size, compared.note
        before = Predecessor(
            origin=reader.opened.origin, size=size, checkpoint=note, reason=reason.value
        )
        staff = _staff(old, new)
        make_successor(
            new, key, before, packed,
            now=now, random_bytes=random_bytes, software=software,
        )  # fmt: skip
        _keep_outside(new, now)
        return Succession(
            path=new, origin=key.verifier.name, vkey=str(key.verifier), before=before,
            brought=brought, lost=size - reader.size, proven=compared.proven or not behind,
            retired=retired, staff=staff,
        )  # fmt: skip


def _packed(
    reader: LogReader, brought: Brought, now: Moment, random_bytes: RandomBytes
) -> tuple[Packed, ...]:
    """Make the successor's entries, before anything ends for them."""
    try:
        return pack_brought(brought.drafts, now, random_bytes)
    except ValueError as error:
        raise CannotFollow(
            f"{reader.path}: what it has to bring forward is too much for an entry: {error}; "
            "nothing was ended, and it goes on"
        ) from error


def _made_before(reader: LogReader, new: Path, now: Moment) -> Succession | None:
    """The successor, where this command made it before and was stopped at its very end."""
    if not new.exists():
        return None
    finish_making(new)
    with LogReader.open(new) as made:
        opened, vkey = made.opened, made.vkey
    before = opened.predecessor
    if before is None or before.origin != reader.opened.origin:
        raise LogExists(f"{new}: another log is here already")
    _keep_outside(new, now)
    return Succession(
        path=new, origin=opened.origin, vkey=vkey, before=before, brought=None, lost=0,
        proven=True, retired=False, staff=False,
    )  # fmt: skip


def _keep_outside(new: Path, now: Moment) -> None:
    """Put the successor's first checkpoint beside those of the log before, where they are kept.

    A file that holds only another log's would say that the log was exchanged.
    """
    anchors = default_path(new)
    if not anchors.exists():
        return
    with LogReader.open(new) as reader:
        note, origin = reader.checkpoint, reader.opened.origin
    try:
        if not any(newest_first(anchors, origin)):
            keep(anchors, note, now.utc_us)
    except OSError as error:
        raise system_failure(anchors, error) from error


def _judge(reader: LogReader, reason: Reason, compared: Compared) -> None:
    path = reader.path
    whole = compared.standing is Standing.WHOLE
    if reason is Reason.RESTORED and whole and _goes_on(reader):
        raise CannotFollow(
            f"{path}: it has all that the newest checkpoint counts, and its key is here, so that "
            f"it can go on itself; --reason {Reason.ARCHIVED} ends it in order"
        )
    if reason is Reason.LOST_KEY and _has_key(reader):
        raise CannotFollow(
            f"{path}: its key is here, so that it is not lost; "
            f"--reason {Reason.ARCHIVED} ends it in order"
        )


def _goes_on(reader: LogReader) -> bool:
    """Whether anything could still be added to it."""
    return reader.last("log_ended") is None and _has_key(reader)


def _retire(reader: LogReader) -> bool:
    path = beside(reader.path, ".key")
    try:
        return keys.put_out_of_use(path)
    except OSError as error:
        raise system_failure(path, error) from error


def _has_key(reader: LogReader) -> bool:
    with suppress(LogKeyUnusable):
        return str(keys.read(beside(reader.path, ".key")).verifier) == reader.vkey
    return False


def _origin_waiting(new: Path) -> str | None:
    """The name of the successor whose key was made for that place before."""
    with suppress(LogKeyUnusable):
        return keys.read(beside(new, ".key.successor")).verifier.name
    return None


def _check_end(reader: LogReader, origin: str | None, reason: Reason) -> None:
    ended = reader.last("log_ended")
    if ended is None or not isinstance(ended.body, LogEnded):
        return
    if ended.body.successor != origin and reason is not Reason.RESTORED:
        raise CannotFollow(
            f"{reader.path}: this log has ended and names {ended.body.successor} as its "
            "successor: make it at the place that was given then; where that log is lost, put "
            f"its backup back, or follow this one with --reason {Reason.RESTORED}"
        )


def _staff(old: Path, new: Path) -> bool:
    """Copy the staff file, where there is one and none at the new place."""
    source, target = beside(old, ".staff"), beside(new, ".staff")
    if not source.exists() or target.exists():
        return False
    making = beside(new, ".staff.new")
    making.unlink(missing_ok=True)
    copy_file(source, making, 0o600)
    making.rename(target)
    sync_folder(target)
    return True


@contextmanager
def _written_by_nobody(path: Path) -> Iterator[None]:
    """Hold the right to write the log at ``path``, where its folder lets anybody."""
    try:
        lock = WriterLock.take(beside(path, ".lock"))
    except OSError:
        yield  # a folder that cannot be written has no writer
        return
    try:
        yield
    finally:
        lock.release()
