"""One writer per log: a lock file beside it, held by flock.

The kernel lets go of the lock when the process ends, however it ends, so there are
no stale locks. The file stays: removing it would let two processes lock two files.
"""

import fcntl
import os
from pathlib import Path
from typing import Self

from injector.shotlog.errors import LogLocked


class WriterLock:
    """The right to write one log, until it is released."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd: int | None = fd

    @classmethod
    def take(cls, path: Path) -> Self:
        """Take the lock file at ``path``; `LogLocked` names the process that has it.

        Raises OSError when the file cannot be made.
        """
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            text = os.pread(fd, 20, 0).decode("ascii", "replace").strip()
            os.close(fd)
            raise LogLocked(path, int(text) if text.isdigit() else None) from error
        except OSError:
            os.close(fd)
            raise
        try:
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            # The process id is talk for people; on a full disk the lock still holds.
            pass
        return cls(fd)

    def release(self) -> None:
        """Give the lock back. More than once does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
