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

from injector.shotlog import keys, rotating
from injector.shotlog.batch import Batch, RandomBytes
from injector.shotlog.checkpoint import open_checkpoint
from injector.shotlog.entries import Anchor, Draft, Entry, LogOpened, Moment, TextErased, Unknown
from injector.shotlog.envelope import commitments
from injector.shotlog.erased import Erasure, note_erasures
from injector.shotlog.errors import (
    ErasureIncomplete,
    LogDamaged,
    LogFinished,
    LogKeyUnusable,
    LogMissing,
    LogWriteFailed,
    WriteFailure,
)
from injector.shotlog.failures import sqlite_failure, system_failure
from injector.shotlog.files import beside
from injector.shotlog.keychain import KeyChain
from injector.shotlog.lock import WriterLock
from injector.shotlog.making import (
    finish_making,
    insert,
    make_durable,
    make_log,
    write_verifier_key,
)
from injector.shotlog.merkle import Peaks, leaf_hash
from injector.shotlog.note import SEED_BYTES, SigningKey
from injector.shotlog.reader import LogReader, check_header, check_schema, check_sqlite, connect
from injector.shotlog.vouching import BroughtForward, DeviceBroughtForward, KeyRotated, LogEnded

_BY_THE_LOG: Final = (
    LogOpened,
    Anchor,
    TextErased,
    KeyRotated,
    LogEnded,
    BroughtForward,
    DeviceBroughtForward,
)


class ShotLog:
    """The log, open for writing. Made by `open`; used in the thread that opened it."""

    def __init__(
        self,
        path: Path,
        db: Database,
        key: SigningKey,
        lock: WriterLock,
        random_bytes: RandomBytes,
        *,
        ended: bool = False,
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
        self.log_id: Final = bytes.fromhex(self.reader.opened.log_id)
        """8 bytes that name this log on the wire."""
        self._check_key()
        self._resume()
        self._ended = self.reader.last("log_ended")
        if not ended:
            self._check_ended()

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        now: Moment,
        random_bytes: RandomBytes,
        software: str,
        ended: bool = False,
    ) -> Self:
        """Open the log at ``path``, or make a new one where there is none.

        With ``ended``, a log that has ended is opened too: texts can be erased in it.

        ``random_bytes`` gives as many unguessable bytes as it is asked for; ``software``
        names the program, for entry 0 of a new log. Opening reads the head and the newest
        entry, however long the log.

        Raises `LogLocked`, `LogMissing` (no folder, or the key is here and its log is
        gone), `LogNotOurs`, `LogNewerFormat`, `LogDamaged`, `LogKeyUnusable`,
        `LogFinished` (another log follows it), `LogReadOnly`, `LogWriteFailed` (a new log
        could not be written) or `LogUnsupported`.
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
            return cls._open_existing(path, lock, random_bytes, ended=ended)
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
    def _open_existing(
        cls, path: Path, lock: WriterLock, random_bytes: RandomBytes, *, ended: bool
    ) -> Self:
        db = connect(path, "rw")
        try:
            check_header(path, db.conn)
            check_schema(path, db.conn)
            rotating.settle(path, LogReader(path, db).checkpoint)
            key = keys.read(beside(path, ".key"))
            make_durable(path, db)
            db.execute("BEGIN IMMEDIATE")  # a file that cannot be written says so now
            db.execute("ROLLBACK")
            log = cls(path, db, key, lock, random_bytes, ended=ended)
            write_verifier_key(path, key)
            if log.vkey != log.reader.opened.vkey and rotating.is_older(
                path, KeyChain.of(log.reader).keys
            ):
                rotating.replace_verifier_key(path, key)
        except BaseException:
            db.close()
            raise
        return log

    @property
    def vkey(self) -> str:
        """The verifier key of its checkpoints: the newest one."""
        return str(self._key.verifier)

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

    def rotate_key(self, *, reason: str, by: str | None, now: Moment) -> KeyRotated:
        """Sign with a new key from here on; return the entry that both keys signed.

        The old secret is destroyed, and ``LOG.vkey`` holds the new verifier key. Whoever
        opens the log after a crash finds it under one of the two keys, and which one the
        head says. Otherwise fails as `append` does.
        """
        batch = self._begin(now)
        new = SigningKey(self._key.verifier.name, self._random_bytes(SEED_BYTES))
        try:
            entry = batch.rotate(new, reason=reason, by=by)
            rotating.prepare(self.path, new)
            self._commit(batch)
            self._key = new
            rotating.finish(self.path, new)
        except OSError as error:
            raise system_failure(self.path, error) from error
        return entry

    def end(self, successor: str, *, reason: str, by: str | None, now: Moment) -> Entry:
        """Write the log's end, which names the origin of the log that follows.

        From then on only texts can be erased in it. Otherwise fails as `append` does.
        """
        batch = self._begin(now)
        entry = batch.add(Draft(None, LogEnded(reason=reason, successor=successor, by=by)))
        self._commit(batch)
        self._ended = entry
        return entry

    def erase(self, seq: int, place: str, *, by: str, reason: str, now: Moment) -> Entry:
        """Erase a private text for good; return the entry that records it. See `erase_all`."""
        return self.erase_all([(seq, place)], by=by, reason=reason, now=now)[0]

    def erase_all(
        self, texts: Sequence[tuple[int, str]], *, by: str, reason: str, now: Moment
    ) -> tuple[Entry, ...]:
        """Erase private texts for good, all or none; return the entries that record it.

        Each text is named by entry and place (JSON Pointer). First they are put on record
        in ``LOG.erased``, so that a copy of the log that is put back loses them again; then
        entries and erasure are one transaction. Freed pages are overwritten
        (``secure_delete``) and the WAL is emptied, so that no copy stays in the log's
        files. Copies and backups are another matter.

        ValueError when there is no such text, and nothing is on record then.
        `ErasureIncomplete` when all is done but a reader keeps the WAL from being emptied:
        `empty_wal` once it has gone. Otherwise fails as `append` does.
        """
        erased = [self._erasure(seq, place, by, reason) for seq, place in texts]
        batch = self._begin(now, after_the_end=True)
        try:
            note_erasures(
                self.path,
                [
                    Erasure(body.text_seq, body.place, body.hmac_sha256, now.utc_us)
                    for _, body in erased
                ],
            )
        except OSError as error:
            raise system_failure(self.path, error) from error
        entries = tuple(batch.add(Draft(session, body)) for session, body in erased)
        self._commit(batch, erase=texts)
        self.empty_wal()
        return entries

    def empty_wal(self) -> None:
        """Move what the WAL holds into the database and cut it to nothing.

        `ErasureIncomplete` while another connection reads from it.
        """
        try:
            ((busy, _, _),) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise sqlite_failure(self.path, error) from error
        if busy:
            raise ErasureIncomplete(
                f"{self.path}: another program reads the log, so that {self.path.name}-wal may "
                "still hold an erased text; end that program and erase once more"
            )

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

    def _erasure(self, seq: int, place: str, by: str, reason: str) -> tuple[str | None, TextErased]:
        """The session of the entry that holds a text, and the entry that records its end."""
        entry = next(self.reader.entries(after=seq - 1, limit=1), None)
        if (
            entry is None
            or entry.seq != seq
            or isinstance(entry.body, Unknown)
            or self.reader.private_text(seq, place) is None
        ):
            raise ValueError(f"entry {seq} has no private text at {place}")
        digest = dict(commitments(entry.body.model_dump()))[place]
        return entry.session, TextErased(
            text_seq=seq, place=place, hmac_sha256=digest, by=by, reason=reason
        )

    def _begin(self, now: Moment, *, after_the_end: bool = False) -> Batch:
        if not after_the_end:
            self._check_ended()
        self._check_file()
        if self._unsure:
            try:
                self._resume()
            except sqlite3.Error as error:
                raise sqlite_failure(self.path, error) from error
        return Batch(self._peaks, self._key, now, self._random_bytes)

    def _commit(self, batch: Batch, erase: Sequence[tuple[int, str]] = ()) -> None:
        checkpoint = batch.checkpoint()
        run = self._db.conn.execute
        try:
            run("BEGIN IMMEDIATE")
            self._replace_head(batch, checkpoint)
            insert(self._db, batch)
            for text in erase:
                run("DELETE FROM private_text WHERE seq = ? AND place = ?", text)
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

    def _check_ended(self) -> None:
        """Refuse to add to a log that another one follows."""
        if self._ended is not None and isinstance(self._ended.body, LogEnded):
            raise LogFinished(self.path, self._ended.body.successor, self._ended.body.reason)

    def _check_key(self) -> None:
        """Refuse a key that is not the newest of the log's own."""
        if self.reader.vkey == self.vkey:
            return
        path = beside(self.path, ".key")
        if self._key.verifier in KeyChain.of(self.reader).keys:
            raise LogKeyUnusable(
                f"{path}: this is an older key of the log; another one took its place in it"
            )
        if self._key.verifier.name == self.reader.opened.origin:
            raise LogKeyUnusable(
                f"{path}: this key has the log's name, and the log does not know it: a key that "
                "came later, beside an older copy of the log?"
            )
        raise LogKeyUnusable(f"{path}: this is the key of another log")

    def _check_file(self) -> None:
        """Refuse to write into a file that no longer stands at the log's path."""
        try:
            file = os.stat(self.path)  # noqa: PTH116 -- before every commit: Path.stat takes three times as long
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
