"""The file of kept checkpoints, ``LOG.anchors``: read and written here and nowhere else.

JSON lines of ``checkpoint`` (a signed note) and ``utc_us``, appended and on the disk before
`keep` returns. A line that was torn by a crash, or that is none of ours, is passed over.
The file may hold checkpoints of several logs. What they are worth, whoever reads them judges.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.files import append_lines, beside
from injector.shotlog.note import parse_note

SUFFIX: Final = ".anchors"


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint as it stands in the file."""

    note: str
    checkpoint: Checkpoint
    utc_us: int | None
    """When it was written, by the host's clock; None where the line does not say."""


def default_path(log: Path) -> Path:
    """Return where the file lies unless somebody says otherwise: ``LOG.anchors``."""
    return beside(log, SUFFIX)


def keep(path: Path, note: str, utc_us: int) -> None:
    """Append a checkpoint; it is on the disk when this returns. Raises OSError where it is not."""
    append_lines(path, [json.dumps({"checkpoint": note, "utc_us": utc_us}, ensure_ascii=False)])


def newest_first(path: Path, origin: str | None = None) -> Iterator[Kept]:
    """Yield what is kept, the last one first; of one log, or of all.

    Nothing where there is no file; raises OSError where it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    needle = b"" if origin is None else origin.encode()
    for line in reversed(data.split(b"\n")):
        found = _read(line) if needle in line else None
        if found is not None and origin in (None, found.checkpoint.origin):
            yield found


def kept_checkpoints(path: Path) -> list[str]:
    """Return the notes in the file, the first one first; raises as `newest_first` does."""
    return [each.note for each in newest_first(path)][::-1]


def _read(line: bytes) -> Kept | None:
    try:
        said = json.loads(line)
        note, utc_us = said["checkpoint"], said.get("utc_us")
        if not isinstance(note, str):
            return None
        told = utc_us if type(utc_us) is int else None
        return Kept(note, Checkpoint.parse(parse_note(note)[0]), told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # a NoteError is a ValueError
