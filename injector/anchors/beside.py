"""The file of checkpoints beside the log, or where the settings put it.

A line for each session that closed; the last whole one of a log counts. Put on a stick or on
another computer's disk, it is outside. How it is read and written is `injector.shotlog.kept`'s.

The file may hold checkpoints of several logs. One that lies beside a log and holds those of
others only says that the log was exchanged.
"""

from pathlib import Path
from typing import Final

from injector.anchors.failure import AnchorError, Why
from injector.shotlog import kept
from injector.shotlog.continues import Break, break_after
from injector.shotlog.entries import Anchor
from injector.shotlog.errors import LogContradicted
from injector.shotlog.kept import Kept, default_path, newest_first
from injector.shotlog.reader import LogReader


def newest(path: Path, origin: str) -> Kept | None:
    """Return the newest checkpoint of the log ``origin``; None where there is none, or no file.

    `AnchorError` where the file cannot be read.
    """
    try:
        return next(newest_first(path, origin), None)
    except OSError as error:
        raise _failed(path, error) from error


def keep(path: Path, note: str, utc_us: int) -> None:
    """Append a checkpoint; it is on the disk when this returns. `AnchorError` where it is not."""
    try:
        kept.keep(path, note, utc_us)
    except OSError as error:
        raise _failed(path, error) from error


def check(reader: LogReader, path: Path) -> None:
    """Raise `LogContradicted` unless the log goes on from the newest checkpoint in the file.

    A file that is not there or cannot be read contradicts nothing; it shows as what waits.
    """
    origin = reader.opened.origin
    try:
        found = next(newest_first(path, origin), None)
        other = found is None and path == default_path(reader.path) and any(newest_first(path))
    except OSError:
        return
    if found is not None:
        broken = break_after(reader, found.note)
        if broken is not None:
            raise LogContradicted(reader.path, path, _WRONG[broken], found.checkpoint.size)
    elif other:
        raise LogContradicted(reader.path, path, "the checkpoints there are of another log", None)


def catch_up(reader: LogReader, path: Path, utc_us: int) -> None:
    """Keep the log's newest anchor, where the file has it not yet.

    `AnchorError` where it cannot be kept, `LogContradicted` where the file holds a later one.
    """
    entry = reader.last("anchor")
    if entry is None or not isinstance(entry.body, Anchor):
        return
    found = newest(path, reader.opened.origin)
    if found is not None:
        check(reader, path)  # or an older line would hide what the newest one tells
        if found.checkpoint.size >= entry.body.size:
            return
    keep(path, entry.body.checkpoint, utc_us)


_WRONG: Final = {
    Break.SIGNATURE: "no key of this log signed it",
    Break.SHORTER: "the log has fewer entries",
    Break.ROOT: "the log has other entries under it",
}


def _failed(path: Path, error: OSError) -> AnchorError:
    return AnchorError(Why.FILE, f"{path}: {error.strerror}")
