"""What is exported: a copy of a log in one moment, its tables, and which session is meant.

Tables and entries are read out of the same copy, so they say the same, and a long export
never gets in the writer's way. Where one session is meant, nothing of any other is given:
neither rows, nor entries, nor what a shot would borrow from another session's grant.
"""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from injector.report import tables
from injector.report.copying import private_copy, private_folder
from injector.report.deriving import Cell, derive, open_derived, rows
from injector.report.json_text import shown_json
from injector.report.table import Column, Table
from injector.report.visible import visible
from injector.shotlog.entries import Entry
from injector.shotlog.envelope import unpack
from injector.shotlog.reader import LogReader

_PAGE: Final = 512


class Raw(NamedTuple):
    """An entry, and the bytes of it that are hashed."""

    entry: Entry
    body: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """A log to export from; `open_source` makes it."""

    reader: LogReader
    """Of the copy."""
    derived: sqlite3.Connection
    session: str | None
    """The one that is meant; None for the whole log."""
    with_texts: bool

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that there are; private texts only where they were asked for."""
        return (*tables.TABLES, tables.TEXT) if self.with_texts else tables.TABLES

    def rows(self, table: Table) -> Iterator[tuple[Cell, ...]]:
        """Yield a table's rows, one after the other.

        Texts are as `visible` shows them. Where one is JSON, it stays JSON that says the same.
        """
        shown = [shown_json if column in _JSON else visible for column in table.columns]
        for row in self._rows(table):
            yield tuple(
                show(cell) if isinstance(cell, str) else cell
                for show, cell in zip(shown, row, strict=True)
            )

    def _rows(self, table: Table) -> Iterator[tuple[Cell, ...]]:
        if self.session is None:
            return rows(self.derived, table)
        columns = ", ".join(map(_own, table.columns) if table is tables.SHOT else _names(table))
        where = '"session" = :session'
        if table is tables.SHOT:
            # What came in after the session had closed is of its grants all the same.
            where = f'({where} OR ("session" IS NULL AND "grant_seq" IN ({_GRANTS})))'
        key = tables.order(table)
        return self.derived.execute(
            f'SELECT {columns} FROM "{table.name}" WHERE {where} ORDER BY {", ".join(key)}',  # noqa: S608 -- our own names
            {"session": self.session},
        )

    def entries(self) -> Iterator[Raw]:
        """Yield the entries, in the order of the log."""
        if self.session is None:
            yield from self._all()
            return
        late = self.derived.execute(
            f'SELECT seq FROM shot WHERE "session" IS NULL AND "grant_seq" IN ({_GRANTS}) '  # noqa: S608 -- our own names
            "ORDER BY seq",
            {"session": self.session},
        )
        own = (entry.seq for entry in self.reader.entries(session=self.session))
        for seq in heapq.merge(own, (seq for (seq,) in late)):
            (body,) = self.reader.bodies(seq, 1)
            yield Raw(unpack(body), body)

    def _all(self) -> Iterator[Raw]:
        first = 0
        while bodies := self.reader.bodies(first, _PAGE):
            for body in bodies:
                yield Raw(unpack(body), body)
            first += len(bodies)

    def texts(self, seq: int) -> Mapping[str, str]:
        """Return the private texts of an entry by place; none unless they were asked for."""
        if not self.with_texts:
            return {}
        return {each.place: each.text for each in self.reader.sealed_texts(seq)}


@contextmanager
def open_source(path: Path, *, session: str | None, with_texts: bool) -> Iterator[Source]:
    """Copy the log at ``path``, and make its tables, for as long as the context is open.

    Raises the errors of `LogReader.open`, and `NotDerivedError`.
    """
    with private_copy(path) as copy, private_folder() as folder:
        derived = folder / "tables.db"
        derive(copy, derived, with_texts=with_texts)
        with LogReader.open(copy) as reader, closing(open_derived(derived)) as connection:
            yield Source(reader, connection, session, with_texts)


_JSON: Final = frozenset(
    column
    for table in (*tables.TABLES, tables.TEXT)
    for column in table.columns
    if column.array or column.json
)
"""The columns that hold JSON."""
_GRANTS: Final = 'SELECT "seq" FROM "grant" WHERE "session" = :session'
_BORROWED: Final = frozenset(each.name for each in tables.SHOT.columns if each.sql.startswith("g."))
"""The columns of a shot that stand in its grant."""


def _own(column: Column) -> str:
    """A shot's column; nothing where another session's grant would tell it."""
    if column.name not in _BORROWED:
        return f'"{column.name}"'
    return f'CASE WHEN "grant_seq" IN ({_GRANTS}) THEN "{column.name}" END'


def _names(table: Table) -> Iterable[str]:
    return (f'"{column.name}"' for column in table.columns)
