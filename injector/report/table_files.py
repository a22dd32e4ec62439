"""Rows as CSV, as JSON Lines and as Parquet, each streamed into an open file.

CSV is for spreadsheets and for looking: every cell is text that nothing computes (see
`spreadsheet_text`). JSON Lines and Parquet are for programs: text is only text there.
An empty cell of a CSV is no value, or an empty text; the other two tell these apart.
"""

import csv
import importlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum, unique
from itertools import islice
from types import MappingProxyType
from typing import Any, BinaryIO, Final, TypeAlias

from injector.report.deriving import Cell
from injector.report.json_text import to_json
from injector.report.table import Table
from injector.report.visible import spreadsheet_text, visible

Row: TypeAlias = tuple[Cell, ...]

_BATCH: Final = 8_192
"""Rows of a Parquet row group: what is held in memory at a time."""


@unique
class Format(StrEnum):
    """A form of a table; the value is the file's ending, too."""

    CSV = "csv"
    """RFC 4180, UTF-8."""
    JSONL = "jsonl"
    """An object for each row, UTF-8."""
    PARQUET = "parquet"
    """Columns of 64-bit integers and of texts."""


class ParquetMissingError(ImportError):
    """pyarrow is not installed."""

    extra: Final = "audit"


def writer(form: Format) -> Callable[[BinaryIO, Table, Iterable[Row]], int]:
    """Return what writes rows in that form; it returns how many there were.

    Raises `ParquetMissingError` before anything is written.
    """
    match form:
        case Format.CSV:
            return write_csv
        case Format.JSONL:
            return write_jsonl
        case Format.PARQUET:
            _arrow()
            return write_parquet


def write_csv(file: BinaryIO, table: Table, rows: Iterable[Row]) -> int:
    """Write rows as CSV under a line of the columns' names."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    out = csv.writer(text)  # its lines end in CR LF, as RFC 4180 has it
    out.writerow(column.name for column in table.columns)
    count = 0
    for row in rows:
        out.writerow([_cell(cell) for cell in row])
        count += 1
    text.detach()
    return count


def _cell(cell: Cell) -> Cell:
    return spreadsheet_text(visible(cell)) if isinstance(cell, str) else cell


def write_jsonl(file: BinaryIO, table: Table, rows: Iterable[Row]) -> int:
    """Write each row as an object on a line. A column that is a list is one there, too."""
    count = 0
    for row in rows:
        cells = zip(table.columns, row, strict=True)
        made = {column.name: _value(cell) if column.array else cell for column, cell in cells}
        file.write(to_json(made).encode() + b"\n")
        count += 1
    return count


def _value(cell: Cell) -> object:
    return json.loads(cell) if isinstance(cell, str) else cell


def write_parquet(file: BinaryIO, table: Table, rows: Iterable[Row]) -> int:
    """Write rows as Parquet; what table and columns mean stands in the metadata."""
    arrow, parquet = _arrow()
    types = {"INTEGER": arrow.int64(), "TEXT": arrow.string()}
    schema = arrow.schema(
        [
            arrow.field(column.name, types[column.type], metadata={"description": column.about})
            for column in table.columns
        ],
        metadata={"table": table.name, "description": table.about},
    )
    count, left = 0, iter(rows)
    with parquet.ParquetWriter(file, schema, compression="zstd") as out:
        while batch := list(islice(left, _BATCH)):
            columns = [
                arrow.array(values, field.type)
                for values, field in zip(zip(*batch, strict=True), schema, strict=True)
            ]
            out.write_batch(arrow.record_batch(columns, schema=schema))
            count += len(batch)
    return count


def _arrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ParquetMissingError("pyarrow is not installed, and Parquet needs it") from error


def dictionary(of: Iterable[Table]) -> Iterator[Mapping[str, str]]:
    """Yield what each column of these tables is."""
    for table in of:
        for column in table.columns:
            yield MappingProxyType(
                {
                    "table": table.name,
                    "column": column.name,
                    "type": column.type,
                    "about": column.about,
                }
            )
