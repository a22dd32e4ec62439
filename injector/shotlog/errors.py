"""What can go wrong with a shot log, each with a type of its own."""

# ruff: noqa: N818 -- LogLocked says what happened; the base says that it is an error

from enum import StrEnum, unique
from pathlib import Path


class LogError(Exception):
    """Base of all errors of the shot log; never raised itself."""


class LogLocked(LogError):
    """Another process writes this log."""

    def __init__(self, path: Path, pid: int | None) -> None:
        self.pid = pid
        who = f"process {pid}" if pid is not None else "another process"
        super().__init__(f"{path}: {who} is writing this log; one at a time may")


class LogNotOurs(LogError):
    """The file is there and is not a shot log."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: not a shot log ({why}); nothing was changed")


class LogMissing(LogError):
    """No log at this path; or its key is here and the log itself is gone."""


class LogNewerFormat(LogError):
    """Written by a newer version of this software."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        self.found, self.known = found, known
        super().__init__(
            f"{path}: format {found} is newer than this version reads ({known}); "
            "use the version that wrote it"
        )


class LogReadOnly(LogError):
    """The file, or the folder it stands in, cannot be written."""


class LogDamaged(LogError):
    """The log contradicts itself; `injector log verify` says where."""


class LogContradicted(LogError):
    """The log does not go on from a checkpoint that was kept outside it."""

    def __init__(self, path: Path, kept: Path, wrong: str, size: int | None) -> None:
        self.size = size
        what = "a checkpoint" if size is None else f"the checkpoint of {size} entries"
        super().__init__(
            f"{path}: this log does not go on from {what} kept in {kept}: {wrong}. It was put "
            "back or exchanged, and nothing is started on it. Put the newest copy back; where "
            "there is none, `injector log succeed` ends this log and begins one that says why"
        )


class LogKeyUnusable(LogError):
    """The signing key is missing, unsafe, or another log's."""


class LogUnsupported(LogError):
    """SQLite is too old, or built without what the log needs."""


class LogFinished(LogError):
    """Another log follows this one; nothing is added to it."""

    def __init__(self, path: Path, successor: str, reason: str) -> None:
        self.successor = successor
        super().__init__(
            f"{path}: this log has ended ({reason}); the log that follows it is {successor}"
        )


class LogExists(LogError):
    """Something stands where a log or a copy shall be made; it is never overwritten."""


class ErasureIncomplete(LogError):
    """Erased on record and in the database; a reader keeps the write-ahead log alive."""


@unique
class WriteFailure(StrEnum):
    """Why a write did not happen."""

    DISK_FULL = "disk_full"
    READ_ONLY = "read_only"
    INPUT_OUTPUT = "input_output"
    BUSY = "busy"
    """Another process holds the database's own write lock."""
    REPLACED = "replaced"
    """The file at the log's path is no longer the one that was opened."""
    OTHER = "other"


class LogWriteFailed(LogError):
    """Nothing of the batch was written; the log is as it was and may be tried again."""

    def __init__(self, path: Path, reason: WriteFailure, detail: str) -> None:
        self.reason = reason
        super().__init__(f"{path}: nothing was written ({reason.value}): {detail}")


class JournalRepeated(LogError):
    """A device's journal entry is in the log already; nothing of the batch was written."""
