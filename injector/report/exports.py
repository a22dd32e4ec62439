"""The tables and the entries of a log as files that other tools read.

Every file is written under another name and named once it is whole; none takes another's
place. Memory holds a page of rows, however long the log is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from injector.report.entry_lines import LNAV_FORMAT, Words, entry_line, lnav_format
from injector.report.new_files import ExistsError, new_file
from injector.report.source import Source
from injector.report.table import Table
from injector.report.table_files import Format, writer

ENTRIES: Final = "entries"
"""The name under which the entries themselves are asked for."""
ENTRIES_FILE: Final = f"{ENTRIES}.jsonl"


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is there now."""

    path: Path
    table: str
    rows: int
    """How many it holds; the file beside the entries that is none of a table has 0."""


def export(
    source: Source,
    form: Format,
    folder: Path,
    tables: Sequence[Table],
    *,
    entries: Words | None = None,
) -> tuple[Written, ...]:
    """Write these tables into ``folder``, a file for each; and the entries, with these words.

    Raises `ExistsError` before anything is written where one of the files is there already,
    `ParquetMissingError`, OSError where a file cannot be written.
    """
    write = writer(form)
    places = [folder / f"{table.name}.{form.value}" for table in tables]
    for path in (*places, *((folder / ENTRIES_FILE, folder / LNAV_FORMAT) if entries else ())):
        if path.exists():
            raise ExistsError(path)
    folder.mkdir(parents=True, exist_ok=True)
    done = []
    for table, path in zip(tables, places, strict=True):
        with new_file(path) as file:
            count = write(file, table, source.rows(table))
        done.append(Written(path, table.name, count))
    if entries is not None:
        done += write_entries(source, folder, entries)
    return tuple(done)


def write_entries(source: Source, folder: Path, words: Words) -> tuple[Written, Written]:
    """Write the entries as JSON Lines into ``folder``, and what lnav needs to show them."""
    count = 0
    path = folder / ENTRIES_FILE
    with new_file(path) as file:
        for raw in source.entries():
            line = entry_line(raw, words, source.texts(raw.entry.seq))
            file.write(line.encode() + b"\n")
            count += 1
    shown = folder / LNAV_FORMAT
    shown.parent.mkdir(parents=True, exist_ok=True)
    with new_file(shown) as file:
        file.write(lnav_format())
    return Written(path, ENTRIES, count), Written(shown, ENTRIES, 0)
