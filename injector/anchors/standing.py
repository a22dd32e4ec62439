"""How the log stands outside: what each configured place holds, and what waits there."""

from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from injector.anchors.beside import newest
from injector.anchors.failure import AnchorError
from injector.anchors.places import Places
from injector.anchors.waiting import Waiting, held, waiting
from injector.shotlog.kept import default_path
from injector.shotlog.reader import LogReader


@unique
class Kind(StrEnum):
    """What kind of thing holds a checkpoint."""

    FILE = "file"
    TIMESTAMP = "timestamp"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class Standing:
    """One place outside."""

    kind: Kind
    name: str
    size: int
    """Entries under the newest checkpoint that it holds; 0: it holds none."""
    at_utc_us: int | None
    """Since when, in its own word; the file's is the host's clock."""
    waiting: Waiting
    wrong: AnchorError | None = None
    """Why it could not be looked at."""


def file_of(log: Path, places: Places) -> Path:
    """Return the file of checkpoints of a log."""
    return default_path(log) if places.file is None else places.file


def look(reader: LogReader, places: Places) -> tuple[Standing, ...]:
    """Look at every configured place. Asks nobody but the log and the file."""
    found = [_file(reader, file_of(reader.path, places))]
    if places.timestamp is not None:
        found.append(_answered(reader, Kind.TIMESTAMP, places.timestamp.name))
    if places.witness is not None:
        found.append(_answered(reader, Kind.WITNESS, places.witness.name))
    return tuple(found)


def _file(reader: LogReader, path: Path) -> Standing:
    kept, wrong = None, None
    try:
        kept = newest(path, reader.opened.origin)
    except AnchorError as error:
        wrong = error
    size = 0 if kept is None else kept.checkpoint.size
    at_utc_us = None if kept is None else kept.utc_us
    return Standing(Kind.FILE, str(path), size, at_utc_us, _waiting(reader, size), wrong)


def _answered(reader: LogReader, kind: Kind, name: str) -> Standing:
    entry = reader.newest_anchored(kind.value, name)
    size = held(entry)
    body = None if entry is None else entry.body
    at_utc_us = getattr(body, "at_utc_us", None)
    return Standing(kind, name, size, at_utc_us, _waiting(reader, size))


def _waiting(reader: LogReader, size: int) -> Waiting:
    # An anchor stands at the place that is its tree's size, so none before that is read.
    return waiting(reader.entries(kinds=["anchor"], after=size), size)
