"""The record of erasures beside the log: what a restored copy must erase again.

``LOG.erased`` holds one JSON object a line: ``seq`` and ``place`` of a text, its commitment
(``hmac_sha256``) and when (``utc_us``). A line reaches the disk *before* the text goes, so
a crash in between leaves an erasure on record that is still to be made, and never one
that was made and is forgotten. Nothing in it tells anything of the text.

A commitment belongs to one text of one log, since its salt is random. So the record can be
held against any copy of any log: what it does not know there it leaves alone.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from injector.shotlog.errors import LogDamaged
from injector.shotlog.files import append_lines, beside


class Erasure(NamedTuple):
    """A text that is erased for good."""

    seq: int
    place: str
    hmac_sha256: str
    utc_us: int


def erased_path(log: Path) -> Path:
    """Where the record of erasures of that log is."""
    return beside(log, ".erased")


def note_erasures(log: Path, erasures: Iterable[Erasure]) -> None:
    """Put erasures on the record of that log, durably."""
    append_lines(erased_path(log), [json.dumps(each._asdict()) for each in erasures])


def noted_erasures(path: Path) -> tuple[Erasure, ...]:
    """Return what is on the record at ``path``; nothing where there is none.

    A line that was cut short is passed over: its text was not erased then, and whoever
    asked for it was told so. Raises `LogDamaged` for a line that says something else.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError as error:
        raise LogDamaged(f"{path}: not a record of erasures: not UTF-8") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        match fields:
            case {
                "seq": int() as seq,
                "place": str() as place,
                "hmac_sha256": str() as digest,
                "utc_us": int() as utc_us,
            }:
                found.append(Erasure(seq, place, digest, utc_us))
            case _:
                raise LogDamaged(f"{path}: line {number} records no erasure")
    return tuple(found)
