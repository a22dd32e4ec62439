"""Copies of the log, made and put back by somebody who handles files.

The copy is made as an auditor's is, with ``VACUUM INTO``. Put back, it is an older log
with the same key: nothing in the file tells, only checkpoints that were kept elsewhere.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from injector.shotlog.reader import LogReader

_BESIDE: Final = ("-wal", "-shm", ".key", ".vkey", ".lock")


def copy(log: Path) -> None:
    """Make a copy of the log beside it, in place of the one before."""
    backup = _backup(log)
    backup.unlink(missing_ok=True)
    with closing(sqlite3.connect(log)) as db:
        db.execute("VACUUM INTO ?", (str(backup),))


def checkpoint(log: Path) -> str:
    """The newest checkpoint of the log."""
    with LogReader.open(log) as reader:
        return reader.checkpoint


def there_is_one(log: Path) -> bool:
    """Whether a copy was made that can be put back."""
    return _backup(log).exists()


def restore(log: Path) -> None:
    """Put the copy in the log's place. Nobody may have the log open."""
    for suffix in ("", "-wal", "-shm"):
        _beside(log, suffix).unlink(missing_ok=True)
    shutil.copyfile(_backup(log), log)


def remove(log: Path) -> None:
    """Take the log and its key away, and the copy, which is of no other log's use."""
    for suffix in ("", *_BESIDE):
        _beside(log, suffix).unlink(missing_ok=True)
    _backup(log).unlink(missing_ok=True)


def _backup(log: Path) -> Path:
    return _beside(log, ".backup")


def _beside(log: Path, suffix: str) -> Path:
    return log.with_name(log.name + suffix)
