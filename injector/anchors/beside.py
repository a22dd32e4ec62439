"""The file of checkpoints beside the log, or where the settings put it.

JSON lines, one for each session that closed, appended and on the disk before this returns.
A line that was torn by a crash, or that is none of ours, is passed over; the last whole one
of a log counts. Put on a stick or on another computer's disk, it is outside.

The file may hold checkpoints of several logs. One that lies beside a log and holds those of
others only says that the log was exchanged.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from injector.anchors.failure import AnchorError, Why
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.continues import Break, break_after
from injector.shotlog.entries import Anchor
from injector.shotlog.errors import LogContradicted
from injector.shotlog.files import beside, sync_folder
from injector.shotlog.note import parse_note
from injector.shotlog.reader import LogReader

_OWNER_ONLY: Final = 0o600
_SUFFIX: Final = ".anchors"


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint as it stands in the file."""

    note: str
    checkpoint: Checkpoint
    utc_us: int
    """When it was written, by the host's clock."""


def default_path(log: Path) -> Path:
    """Return where the file lies unless somebody says otherwise: ``LOG.anchors``."""
    return beside(log, _SUFFIX)


def newest(path: Path, origin: str) -> Kept | None:
    """Return the newest checkpoint of the log ``origin``; None where there is none, or no file.

    `AnchorError` where the file cannot be read.
    """
    return next(_kept(path, origin), None)


def keep(path: Path, note: str, utc_us: int) -> None:
    """Append a checkpoint; it is on the disk when this returns. `AnchorError` where it is not."""
    line = json.dumps({"checkpoint": note, "utc_us": utc_us}, ensure_ascii=False)
    try:
        made = not path.exists()
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
        try:
            size = os.fstat(fd).st_size
            torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
            data = (b"\n" if torn else b"") + line.encode() + b"\n"
            if os.write(fd, data) != len(data):
                raise OSError(0, "the disk is full")
            os.fsync(fd)
        finally:
            os.close(fd)
        if made:
            sync_folder(path)
    except OSError as error:
        raise AnchorError(Why.FILE, f"{path}: {error.strerror}") from error


def check(reader: LogReader, path: Path) -> None:
    """Raise `LogContradicted` unless the log goes on from the newest checkpoint in the file.

    A file that is not there or cannot be read contradicts nothing; it shows as what waits.
    """
    origin = reader.opened.origin
    try:
        kept = newest(path, origin)
        other = kept is None and path == default_path(reader.path) and any(_kept(path, None))
    except AnchorError:
        return
    if kept is not None:
        broken = break_after(reader, kept.note)
        if broken is not None:
            raise LogContradicted(reader.path, path, _WRONG[broken], kept.checkpoint.size)
    elif other:
        raise LogContradicted(reader.path, path, "the checkpoints there are of another log", None)


def catch_up(reader: LogReader, path: Path, utc_us: int) -> None:
    """Keep the log's newest anchor, where the file has it not yet.

    `AnchorError` where it cannot be kept, `LogContradicted` where the file holds a later one.
    """
    entry = reader.last("anchor")
    if entry is None or not isinstance(entry.body, Anchor):
        return
    kept = newest(path, reader.opened.origin)
    if kept is not None:
        check(reader, path)  # or an older line would hide what the newest one tells
        if kept.checkpoint.size >= entry.body.size:
            return
    keep(path, entry.body.checkpoint, utc_us)


_WRONG: Final = {
    Break.SIGNATURE: "no key of this log signed it",
    Break.SHORTER: "the log has fewer entries",
    Break.ROOT: "the log has other entries under it",
}


def _kept(path: Path, origin: str | None) -> Iterator[Kept]:
    """Yield the whole lines of the file, the last one first; of one log, or of all."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise AnchorError(Why.FILE, f"{path}: {error.strerror}") from error
    needle = b"" if origin is None else origin.encode()
    for line in reversed(data.split(b"\n")):
        found = _read(line) if needle in line else None
        if found is not None and origin in (None, found.checkpoint.origin):
            yield found


def _read(line: bytes) -> Kept | None:
    try:
        said = json.loads(line)
        note, utc_us = said["checkpoint"], said["utc_us"]
        if not isinstance(note, str) or type(utc_us) is not int:
            return None
        return Kept(note, Checkpoint.parse(parse_note(note)[0]), utc_us)
    except (ValueError, KeyError, TypeError, RecursionError):  # a NoteError is a ValueError
        return None
