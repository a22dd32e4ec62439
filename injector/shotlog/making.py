"""Making a new log, so that one never exists in part.

The database is built whole under another name and then given its own; the key
follows. Whoever is stopped between the two finds ``LOG`` without ``LOG.key`` and
gives the key its name on the next opening. Each step has reached the disk before
the next begins. A key without its log never comes from a crash: the log was removed.
"""

import os
import sqlite3
from pathlib import Path

from sqlite_utils import Database

from injector.shotlog import keys, schema
from injector.shotlog.batch import Batch, RandomBytes
from injector.shotlog.entries import Draft, LogOpened, Moment
from injector.shotlog.errors import LogDamaged, LogMissing
from injector.shotlog.failures import sqlite_failure, system_failure
from injector.shotlog.merkle import Peaks
from injector.shotlog.note import SigningKey
from injector.shotlog.reader import connect

_LOG_ID_BYTES = 8


def beside(path: Path, suffix: str) -> Path:
    """Return the path of a file that belongs to the log at ``path``: ``LOG`` + suffix."""
    return path.with_name(path.name + suffix)


def make_log(path: Path, now: Moment, random_bytes: RandomBytes, software: str) -> None:
    """Make a log with its first entry, and its key, under the lock of that log."""
    if beside(path, ".key").exists():
        raise LogMissing(
            f"{path}: the log is gone, its key {path.name}.key is here. Restore the log; "
            "a second one under the same key would contradict the first"
        )
    building, new_key = beside(path, ".new"), beside(path, ".key.new")
    try:
        for suffix in (".new", ".new-wal", ".new-shm", ".new-journal", ".key.new"):
            beside(path, suffix).unlink(missing_ok=True)
        key = keys.make(random_bytes)
        keys.write(new_key, key.to_text())
        _build(building, key, now, random_bytes, software)
        _sync_folder(path)
        building.rename(path)
        _sync_folder(path)
        new_key.rename(beside(path, ".key"))
        _sync_folder(path)
    except OSError as error:
        raise system_failure(path, error) from error
    except sqlite3.Error as error:
        raise sqlite_failure(path, error) from error


def finish_making(path: Path) -> None:
    """Give the key its name when making the log was cut short just before that."""
    new_key, key = beside(path, ".key.new"), beside(path, ".key")
    if new_key.exists() and not key.exists():
        new_key.rename(key)
        _sync_folder(path)


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


def _build(
    path: Path, key: SigningKey, now: Moment, random_bytes: RandomBytes, software: str
) -> None:
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
            ),
        )
    )
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


def _sync_folder(path: Path) -> None:
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
