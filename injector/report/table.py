"""What a table is: its columns, the entries that its rows come from, and the SQL that makes it.

Which tables there are stands in `injector.report.tables`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

SqlType: TypeAlias = Literal["INTEGER", "TEXT"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    type: SqlType
    about: str
    """What it means, in one sentence."""
    sql: str = ""
    """Its value, over the entry ``e``; empty where `deriving` adds it up."""
    facet: bool = False
    """Whether it has few enough values to count the rows of each."""
    array: bool = False
    """Whether it is a JSON array of texts."""
    json: bool = False
    """Whether it is other JSON: characters in it are escaped as JSON does."""
    typed: bool = False
    """Whether somebody may have typed it: characters that draw nothing are escaped then."""
    names: tuple[str, str] | None = None
    """The table whose row it names, and that table's key, which it holds."""

    @property
    def value(self) -> str:
        """Its value in SQL; the functions ``visible`` and ``shown_json`` are `halves`'."""
        if not self.typed:
            return self.sql
        return f"shown_json({self.sql})" if self.json else f"visible({self.sql})"


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    name: str
    about: str
    """What one row is, in one sentence."""
    columns: tuple[Column, ...]
    kinds: tuple[str, ...] = ()
    """The kinds of entries that its rows come from."""
    key: tuple[str, ...] = ("seq",)
    joined: str = ""
    """What else its columns are over, beside ``e``."""
    where: str = ""
    """Which of those entries have a row; empty for all."""
    indexes: tuple[tuple[str, ...], ...] = field(default=(("session",),))
    rare: tuple[str, ...] = ()
    """Conditions that few of its rows meet, each with an index of just those."""

    @property
    def create(self) -> str:
        """The statement that makes it."""
        parts = []
        for column in self.columns:
            keyed = " PRIMARY KEY" if self.key == (column.name,) else ""
            parts.append(f'"{column.name}" {column.type}{keyed}')
        if len(self.key) > 1:
            parts.append(f"PRIMARY KEY ({', '.join(self.key)})")
        for column in self.columns:
            if column.names is not None:
                named, key = column.names
                parts.append(f'FOREIGN KEY ("{column.name}") REFERENCES "{named}" ({key})')
        return f'CREATE TABLE "{self.name}" (\n  ' + ",\n  ".join(parts) + "\n) STRICT"

    @property
    def fill(self) -> str:
        """The statement that fills it from entries in their order: kind, first and last ``seq``."""
        return self.filled("e.kind = ? AND e.seq BETWEEN ? AND ?")

    @property
    def fill_of_session(self) -> str:
        """The same for the entries of one session: ``?1`` is the kind, ``?2`` the session."""
        return self.filled("e.kind = ?1 AND e.session = ?2")

    def filled(self, chosen: str) -> str:
        """The statement that fills it from the entries that a condition chooses."""
        columns = ", ".join(column.value for column in self.columns)
        where = f" AND {self.where}" if self.where else ""
        return (
            f'INSERT INTO "{self.name}" SELECT {columns} FROM log.entries AS e {self.joined} '  # noqa: S608 -- this file's own words
            f"WHERE {chosen}{where} ORDER BY e.seq"
        )

    @property
    def index(self) -> Iterator[str]:
        """The statements that make its indexes."""
        for columns in self.indexes:
            name = "_by_".join((self.name, columns[0]))
            listed = ", ".join(f'"{column}"' for column in columns)
            yield f'CREATE INDEX "{name}" ON "{self.name}" ({listed})'
        for number, condition in enumerate(self.rare):
            yield (
                f'CREATE INDEX "{self.name}_rare_{number}" ON "{self.name}" '
                f'("{self.key[0]}") WHERE {condition}'
            )
