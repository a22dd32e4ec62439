"""Writing a log: one process, one batch at a time, durable when `ShotLog.append` returns.

A batch is one transaction: its entries, the subtrees they complete, and the head
with its new checkpoint, or none of it. SQLite runs with WAL and ``synchronous=FULL``,
so a commit has reached the disk. No older checkpoint stays beside the new one: a
kept checkpoint is a place to cut the log back to. Anchors are the exception, one per
session close, written here so that none is forgotten.

Nothing here reads a clock or draws randomness but through its arguments.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from sqlite_utils import Database

from injector.shotlog import keys
from injector.shotlog.batch import Batch, RandomBytes
from injector.shotlog.checkpoint import open_checkpoint
from injector.shotlog.entries import Anchor, Draft, Entry, LogOpened, Moment, TextErased, Unknown
from injector.shotlog.envelope import commitments
from injector.shotlog.errors import (
    LogDamaged,
    LogKeyUnusable,
    LogMissing,
    LogWriteFailed,
    WriteFailure,
)
from injector.shotlog.failures import sqlite_failure, system_failure
from injector.shotlog.lock import WriterLock
from injector.shotlog.making import (
    beside,
    finish_making,
    insert,
    make_durable,
    make_log,
    write_verifier_key,
)
from injector.shotlog.merkle import Peaks, leaf_hash
from injector.shotlog.note import SigningKey
from injector.shotlog.reader import LogReader, check_header, check_schema, check_sqlite, connect

_BY_THE_LOG: Final = (LogOpened, Anchor, TextErased)


class ShotLog:
    """The log, open for writing. Made by `open`; used in the thread that opened it."""

    def __init__(
        self, path: Path, db: Database, key: SigningKey, lock: WriterLock, random_bytes: RandomBytes
    ) -> None:
        self.path: Final = path
        self.reader: Final = LogReader(path, db)
        """The same log for reading, on the same connection."""
        self._db = db
        self._key = key
        self._lock = lock
        self._random_bytes = random_bytes
        self._peaks = Peaks()
        self._checkpoint = ""
        self._unsure = False
        file = path.stat()
        self._file = (file.st_dev, file.st_ino)
        opened = self.reader.opened
        self.log_id: Final = bytes.fromhex(opened.log_id)
        """8 bytes that name this log on the wire."""
        self.vkey: Final = opened.vkey
        """The verifier key of its checkpoints."""
        if opened.vkey != str(key.verifier):
            raise LogKeyUnusable(f"{beside(path, '.key')}: this is the key of another log")
        self._resume()

    @classmethod
    def open(cls, path: Path, *, now: Moment, random_bytes: RandomBytes, software: str) -> Self:
        """Open the log at ``path``, or make a new one where there is none.

        ``random_bytes`` gives as many unguessable bytes as it is asked for; ``software``
        names the program, for entry 0 of a new log. Opening reads the head and the newest
        entry, however long the log.

        Raises `LogLocked`, `LogMissing` (no folder, or the key is here and its log is
        gone), `LogNotOurs`, `LogNewerFormat`, `LogDamaged`, `LogKeyUnusable`,
        `LogReadOnly`, `LogWriteFailed` (a new log could not be written) or
        `LogUnsupported`.
        """
        check_sqlite()
        if not path.parent.is_dir():
            raise LogMissing(f"{path.parent}: there is no such folder for a log")
        try:
            lock = WriterLock.take(beside(path, ".lock"))
        except OSError as error:
            raise system_failure(path, error) from error
        try:
            if path.exists():
                finish_making(path)
            else:
                make_log(path, now, random_bytes, software)
            return cls._open_existing(path, lock, random_bytes)
        except sqlite3.Error as error:
            lock.release()
            raise sqlite_failure(path, error) from error
        except OSError as error:
            lock.release()
            raise system_failure(path, error) from error
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open_reader(cls, path: Path) -> LogReader:
        """Open the log at ``path`` for reading only; see `LogReader.open`."""
        return LogReader.open(path)

    @classmethod
    def _open_existing(cls, path: Path, lock: WriterLock, random_bytes: RandomBytes) -> Self:
        db = connect(path, "rw")
        try:
            check_header(path, db.conn)
            check_schema(path, db.conn)
            key = keys.read(beside(path, ".key"))
            make_durable(path, db)
            db.execute("BEGIN IMMEDIATE")  # a file that cannot be written says so now
            db.execute("ROLLBACK")
            log = cls(path, db, key, lock, random_bytes)
            write_verifier_key(path, key)
        except BaseException:
            db.close()
            raise
        return log

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self._peaks.size

    @property
    def checkpoint(self) -> str:
        """The newest checkpoint, a signed note over `size` entries; committed before it shows."""
        return self._checkpoint

    def append(self, drafts: Sequence[Draft], now: Moment) -> tuple[Entry, ...]:
        """Write a batch; return its entries, one for each draft, in order.

        All of them are on the disk when this returns, or none was written. After each
        `SessionClosed` the log adds an anchor of its own, which is not returned.

        Raises `LogWriteFailed` with the reason; the log can be tried again. After a
        failure of the disk itself (``INPUT_OUTPUT``) the batch may yet be found in the log
        later, as it may after a crash. Raises `JournalRepeated` when a device's journal
        entry is in the log already, `LogDamaged` when the file is not as this object left
        it, and ValueError for a draft that cannot be an entry.
        """
        if not drafts:
            return ()
        own = next((d.body.kind for d in drafts if isinstance(d.body, _BY_THE_LOG)), None)
        if own is not None:
            raise ValueError(f"{own} entries are written by the log itself")
        batch = self._begin(now)
        entries = tuple(batch.add(draft) for draft in drafts)
        self._commit(batch)
        return entries

    def erase(self, seq: int, place: str, *, by: str, reason: str, now: Moment) -> Entry:
        """Erase a private text for good; return the entry that records it.

        The entry and the erasure are one transaction. Freed pages are overwritten
        (``secure_delete``) and the WAL is emptied, so that no copy stays in the log's
        files. Copies and backups are another matter. ValueError when entry ``seq`` has no
        text at ``place`` (JSON Pointer). Otherwise fails as `append` does.
        """
        entry = next(self.reader.entries(after=seq - 1, limit=1), None)
        if (
            entry is None
            or entry.seq != seq
            or isinstance(entry.body, Unknown)
            or self.reader.private_text(seq, place) is None
        ):
            raise ValueError(f"entry {seq} has no private text at {place}")
        digest = dict(commitments(entry.body.model_dump()))[place]
        batch = self._begin(now)
        erased = batch.add(
            Draft(
                entry.session,
                TextErased(text_seq=seq, place=place, hmac_sha256=digest, by=by, reason=reason),
            )
        )
        self._commit(batch, erase=(seq, place))
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return erased

    def entries(
        self,
        *,
        session: str | None = None,
        kinds: Iterable[str] | None = None,
        after: int = -1,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Yield entries in order; see `LogReader.entries`."""
        return self.reader.entries(session=session, kinds=kinds, after=after, limit=limit)

    def last(self, kind: str, *, session: str | None = None) -> Entry | None:
        """Return the newest entry of ``kind``; see `LogReader.last`."""
        return self.reader.last(kind, session=session)

    def journal(
        self, serial: str, journal_id: int, *, first: int = 0, last: int | None = None
    ) -> Iterator[Entry]:
        """Yield what is committed of a device's journal; see `LogReader.journal`."""
        return self.reader.journal(serial, journal_id, first=first, last=last)

    def free_bytes(self) -> int:
        """Return how much of the log's file system this user may still fill."""
        system = os.statvfs(self.path.parent)
        return system.f_bavail * system.f_frsize

    def close(self) -> None:
        """Close the log and let another process write it. More than once does nothing."""
        # What was committed is on the disk already; a checkpoint of the WAL that fails
        # here is made by whoever opens the log next.
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._db.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, now: Moment) -> Batch:
        self._check_file()
        if self._unsure:
            try:
                self._resume()
            except sqlite3.Error as error:
                raise sqlite_failure(self.path, error) from error
        return Batch(self._peaks, self._key, now, self._random_bytes)

    def _commit(self, batch: Batch, erase: tuple[int, str] | None = None) -> None:
        checkpoint = batch.checkpoint()
        run = self._db.conn.execute
        try:
            run("BEGIN IMMEDIATE")
            self._replace_head(batch, checkpoint)
            insert(self._db, batch)
            if erase is not None:
                run("DELETE FROM private_text WHERE seq = ? AND place = ?", erase)
            run("COMMIT")
        except sqlite3.Error as error:
            self._unsure = True
            self._roll_back()
            raise sqlite_failure(self.path, error) from error
        except BaseException:
            self._roll_back()
            raise
        self._peaks, self._checkpoint = batch.peaks, checkpoint

    def _replace_head(self, batch: Batch, checkpoint: str) -> None:
        """Put the batch's head in the place of the one that this object left, and of no other."""
        before, after = self._peaks, batch.peaks
        replaced = self._db.conn.execute(
            "UPDATE head SET size = ?, peaks = ?, checkpoint = ? WHERE size = ? AND checkpoint = ?",
            (after.size, after.to_bytes(), checkpoint, before.size, self._checkpoint),
        )
        if replaced.rowcount != 1:
            raise LogDamaged(f"{self.path}: the head was changed by something else")

    def _roll_back(self) -> None:
        # SQLite has rolled back by itself after most failures. Where this fails as well
        # the connection is broken, and the next write says so.
        with suppress(sqlite3.Error):
            if self._db.conn.in_transaction:
                self._db.conn.execute("ROLLBACK")

    def _check_file(self) -> None:
        """Refuse to write into a file that no longer stands at the log's path."""
        try:
            file = self.path.stat()
        except OSError as error:
            raise LogWriteFailed(self.path, WriteFailure.REPLACED, "the file is gone") from error
        if (file.st_dev, file.st_ino) != self._file:
            raise LogWriteFailed(
                self.path, WriteFailure.REPLACED, "another file stands in its place"
            )

    def _resume(self) -> None:
        """Read where the log stands, and check that head, key and newest entry agree."""
        row = self._db.execute(
            "SELECT h.size, h.peaks, h.checkpoint, e.seq, CAST(e.body AS BLOB), e.leaf "
            "FROM head AS h LEFT JOIN entries AS e ON e.seq = (SELECT max(seq) FROM entries)"
        ).fetchone()
        if row is None:
            raise LogDamaged(f"{self.path}: the head is missing")
        size, joined, checkpoint, last, body, leaf = row
        try:
            peaks = Peaks.from_bytes(size, joined)
            signed = open_checkpoint(checkpoint, self._key.verifier)
        except ValueError as error:  # a NoteError, or peaks that are none
            raise LogDamaged(f"{self.path}: the head is not whole: {error}") from error
        if (signed.size, signed.root) != (size, peaks.root()):
            raise LogDamaged(f"{self.path}: the head is not what its checkpoint signs")
        if last != size - 1 or leaf_hash(body) != leaf:
            raise LogDamaged(f"{self.path}: the newest entry is not the one the head ends at")
        self._peaks, self._checkpoint, self._unsure = peaks, checkpoint, False
