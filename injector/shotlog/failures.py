"""What the operating system and SQLite say, as the errors of this room."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from injector.shotlog.errors import (
    JournalRepeated,
    LogDamaged,
    LogError,
    LogReadOnly,
    LogWriteFailed,
    WriteFailure,
)
from injector.shotlog.schema import JOURNAL_REPEATED

_SQLITE: Final = {
    sqlite3.SQLITE_FULL: WriteFailure.DISK_FULL,
    sqlite3.SQLITE_READONLY: WriteFailure.READ_ONLY,
    sqlite3.SQLITE_IOERR: WriteFailure.INPUT_OUTPUT,
    sqlite3.SQLITE_BUSY: WriteFailure.BUSY,
    sqlite3.SQLITE_LOCKED: WriteFailure.BUSY,
}
_SYSTEM: Final = {
    errno.ENOSPC: WriteFailure.DISK_FULL,
    errno.EDQUOT: WriteFailure.DISK_FULL,
}
_READ_ONLY: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def system_failure(path: Path, error: OSError) -> LogError:
    """Return what ``error`` means for the log at ``path``."""
    if error.errno in _READ_ONLY:
        return LogReadOnly(f"{path}: cannot be written: {error.strerror}")
    reason = _SYSTEM.get(error.errno or 0, WriteFailure.INPUT_OUTPUT)
    return LogWriteFailed(path, reason, error.strerror or str(error))


def sqlite_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; errors of the Python module carry none."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return int(code) & 0xFF


def sqlite_failure(path: Path, error: sqlite3.Error) -> LogError:
    """Return what ``error`` means for the log at ``path``, opened for writing."""
    code = sqlite_code(error)
    if code in _DAMAGED:
        return LogDamaged(f"{path}: {error}")
    if code == sqlite3.SQLITE_CONSTRAINT:
        if JOURNAL_REPEATED in str(error):
            return JournalRepeated(f"{path}: nothing was written: {error}")
        return LogDamaged(f"{path}: the log does not go on where it ended: {error}")
    if code == sqlite3.SQLITE_CANTOPEN:
        return LogReadOnly(f"{path}: cannot be opened for writing")
    return LogWriteFailed(path, _SQLITE.get(code, WriteFailure.OTHER), str(error))


@contextmanager
def as_log_errors(path: Path) -> Iterator[None]:
    """Raise what SQLite says inside as an error of the log at ``path``."""
    try:
        yield
    except sqlite3.Error as error:
        raise sqlite_failure(path, error) from error
