"""Making a new log, so that one never exists in part.

The database is built whole under another name and then given its own; the key
follows. Whoever is stopped between the two finds ``LOG`` without ``LOG.key`` and
gives the key its name on the next opening. Each step has reached the disk before
the next begins. A key without its log never comes from a crash: the log was removed.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Database

from injector.shotlog import keys, schema
from injector.shotlog.batch import Batch, RandomBytes
from injector.shotlog.entries import Draft, LogOpened, Moment, Predecessor
from injector.shotlog.envelope import RANDOM_BYTES, Packed, pack
from injector.shotlog.errors import LogDamaged, LogExists, LogKeyUnusable, LogMissing
from injector.shotlog.failures import sqlite_failure, system_failure
from injector.shotlog.files import beside, sync_folder
from injector.shotlog.merkle import Peaks
from injector.shotlog.note import NoteError, SigningKey
from injector.shotlog.reader import connect

_LOG_ID_BYTES = 8


_BUILDING = (".new", ".new-wal", ".new-shm", ".new-journal")
_LATER_KEYS = (".key.new", ".key.successor", ".restoring.key")
"""A key that has not got its name yet, by who left it: a new log, a successor, a copy put back."""


def make_log(path: Path, now: Moment, random_bytes: RandomBytes, software: str) -> None:
    """Make a log with its first entry, and its key, under the lock of that log."""
    if beside(path, ".key").exists():
        raise LogMissing(
            f"{path}: the log is gone, its key {path.name}.key is here. Restore the log; "
            "a second one under the same key would contradict the first"
        )
    if beside(path, ".key.successor").exists():
        raise LogMissing(
            f"{path}: the making of a successor was cut short here; "
            "`injector log succeed` finishes it"
        )
    new_key = beside(path, ".key.new")
    try:
        new_key.unlink(missing_ok=True)
        key = keys.make(random_bytes)
        keys.write(new_key, key.to_text())
        _put(path, _first(key, now, random_bytes, software, None))
        new_key.rename(beside(path, ".key"))
        sync_folder(path)
    except OSError as error:
        raise system_failure(path, error) from error
    except sqlite3.Error as error:
        raise sqlite_failure(path, error) from error


def successor_key(path: Path, random_bytes: RandomBytes) -> SigningKey:
    """Make the key of a successor at ``path``, or find the one that was made for it before.

    It is on the disk when this returns, so that the old log may name it. Raises
    `LogExists` where a log or its key is there.
    """
    for taken in (path, beside(path, ".key")):
        if taken.exists():
            raise LogExists(f"{taken}: something is here already; a successor needs a place")
    waiting = beside(path, ".key.successor")
    try:
        if waiting.exists():
            try:
                return keys.read(waiting)
            except LogKeyUnusable as error:
                if not isinstance(error.__cause__, NoteError):
                    raise
                waiting.unlink()  # cut short while it was written: no log names it yet
        key = keys.make(random_bytes)
        keys.write(waiting, key.to_text())
        sync_folder(path)
    except OSError as error:
        raise system_failure(path, error) from error
    return key


def pack_brought(
    drafts: Sequence[Draft], now: Moment, random_bytes: RandomBytes
) -> tuple[Packed, ...]:
    """Make the entries that follow the first one of a successor; nothing is written.

    Raises ValueError where one of the drafts cannot be an entry: while the log before can
    still go on.
    """
    return tuple(
        pack(draft, seq, now, random_bytes(RANDOM_BYTES), random_bytes)
        for seq, draft in enumerate(drafts, start=1)
    )


def make_successor(
    path: Path,
    key: SigningKey,
    predecessor: Predecessor,
    brought: Sequence[Packed],
    *,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
) -> None:
    """Make the log that follows another one, with what it brings forward, under its lock.

    ``key`` is the one that `successor_key` gave, ``brought`` comes from `pack_brought`. The log
    is there whole or not at all.
    """
    batch = _first(key, now, random_bytes, software, predecessor)
    for packed in brought:
        batch.put(packed)
    try:
        _put(path, batch)
        finish_making(path)
        write_verifier_key(path, key)
        sync_folder(path)
    except OSError as error:
        raise system_failure(path, error) from error
    except sqlite3.Error as error:
        raise sqlite_failure(path, error) from error


def finish_making(path: Path) -> None:
    """Give the key its name when making the log was cut short just before that."""
    key = beside(path, ".key")
    for suffix in _LATER_KEYS:
        later = beside(path, suffix)
        if later.exists() and not key.exists():
            later.rename(key)
            sync_folder(path)
    # Put back where the key was still there, this is a second copy of it.
    beside(path, ".restoring.key").unlink(missing_ok=True)


def write_verifier_key(path: Path, key: SigningKey) -> None:
    """Put the verifier key beside the log, where it is not there yet."""
    vkey = beside(path, ".vkey")
    if not vkey.exists():
        keys.write(vkey, str(key.verifier), 0o644)


def make_durable(path: Path, db: Database) -> None:
    """Set what every connection that writes has set."""
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise LogDamaged(f"{path}: no write-ahead log can be kept here")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")


def insert(db: Database, batch: Batch) -> None:
    """Insert a batch's rows in the open transaction; the head is the caller's."""
    run = db.conn.executemany
    run(
        "INSERT INTO entries (seq, body, leaf) VALUES (?, ?, ?)",
        [(made.entry.seq, made.body.decode(), made.leaf) for made in batch.packed],
    )
    texts = [(t.seq, t.place, t.salt, t.text) for made in batch.packed for t in made.texts]
    if texts:
        run("INSERT INTO private_text (seq, place, salt, text) VALUES (?, ?, ?, ?)", texts)
    if batch.nodes:
        run("INSERT INTO nodes (height, position, hash) VALUES (?, ?, ?)", batch.nodes)


def _first(
    key: SigningKey,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
    predecessor: Predecessor | None,
) -> Batch:
    batch = Batch(Peaks(), key, now, random_bytes)
    batch.add(
        Draft(
            None,
            LogOpened(
                format=schema.FORMAT,
                origin=key.verifier.name,
                log_id=random_bytes(_LOG_ID_BYTES).hex(),
                vkey=str(key.verifier),
                software=software,
                predecessor=predecessor,
            ),
        )
    )
    return batch


def _put(path: Path, batch: Batch) -> None:
    """Build the log under another name and give it its own."""
    for suffix in _BUILDING:
        beside(path, suffix).unlink(missing_ok=True)
    building = beside(path, ".new")
    _build(building, batch)
    sync_folder(path)
    building.rename(path)
    sync_folder(path)


def _build(path: Path, batch: Batch) -> None:
    db = connect(path, "rwc")
    try:
        make_durable(path, db)
        db.execute("BEGIN IMMEDIATE")
        for statement in schema.STATEMENTS:
            db.execute(statement)
        insert(db, batch)
        db.execute(
            "INSERT INTO head (id, size, peaks, checkpoint) VALUES (0, ?, ?, ?)",
            [batch.peaks.size, batch.peaks.to_bytes(), batch.checkpoint()],
        )
        db.execute("COMMIT")
    finally:
        db.close()
