"""A copy of a log to read from, so that long questions never get in the writer's way.

``VACUUM INTO`` reads the log in one moment and writes a whole database; the live file, read
as if it did not change, would miss what is in its write-ahead log. The copy holds private
texts as the log does: it stands in a folder that only its owner can enter, and goes with it.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from injector.shotlog.errors import LogDamaged
from injector.shotlog.reader import check_schema, connect, open_read_only


def copy_log(path: Path, into: Path) -> None:
    """Write the log at ``path``, as it is in one moment, to the new file ``into``.

    Raises the errors of `LogReader.open`, and `LogDamaged` where SQLite cannot read it.
    """
    with closing(open_read_only(path)) as db:
        check_schema(path, db.conn)
    try:
        if os.access(path, os.W_OK):
            _vacuum(path, into)
        else:
            _back_up(path, into)
    except sqlite3.DatabaseError as error:
        raise LogDamaged(f"{path}: cannot be copied: {error}") from error


def _vacuum(path: Path, into: Path) -> None:
    # Opened for writing, and nothing is written: on a connection that cannot write, VACUUM of
    # a table with generated columns fails in SQLite 3.40.
    with closing(connect(path, "rw")) as db:
        db.conn.execute("VACUUM INTO ?", (str(into),))


def _back_up(path: Path, into: Path) -> None:
    """Copy page by page, in one step."""
    with closing(connect(path, "ro")) as db, closing(sqlite3.connect(into)) as copy:
        db.conn.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder that only this user can enter; it is gone at the end, with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="injector-") as name:  # made with mode 0700
        yield Path(name)


@contextmanager
def private_copy(path: Path) -> Iterator[Path]:
    """A copy of the log at ``path`` in a folder of its own, for as long as the context is open."""
    with private_folder() as folder:
        copy = folder / path.name
        copy_log(path, copy)
        yield copy
