"""What the tables say of some sessions, as rows by name: the only figures that reports show."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from injector.report import tables
from injector.report.deriving import Cell, rows
from injector.report.table import Table
from injector.report.visible import visible
from injector.shotlog import facts
from injector.shotlog.reader import LogReader

Row: TypeAlias = Mapping[str, Cell]
HIDDEN: Final = "hidden"
"""What stands for a private text that was recorded and not asked for; words make it."""


def rows_of(derived: sqlite3.Connection, table: Table) -> list[dict[str, Cell]]:
    """Return every row of a table, each by the names of its columns."""
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in rows(derived, table)]


def people(reader: LogReader) -> dict[str, str]:
    """Return the printed name of everybody on record, by their id as tables show it.

    The newest counts.
    """
    return {
        visible(entry.body.person): entry.body.name
        for entry in reader.entries(kinds=["operator_recorded"])
        if isinstance(entry.body, facts.OperatorRecorded)
    }


def whole(cell: Cell) -> int:
    """A cell that is a number; 0 for none."""
    return cell if isinstance(cell, int) else 0


@dataclass(frozen=True, slots=True)
class Amount:
    """What counts as given of one product in some sessions."""

    product: str
    dose_ng: int | None
    """The doses that are known, added up: all of it only where no session is without one.

    None where no session knows its dose.
    """
    sessions_without_dose: int
    """Sessions of which only the volume is known."""
    volume_nl: int


def by_product(doses: list[dict[str, Cell]]) -> Iterator[Amount]:
    """Yield what counts as given of each product, in the order of the first row of each."""
    for product in dict.fromkeys(str(each["product"]) for each in doses):
        of = [each for each in doses if each["product"] == product]
        known = [whole(each["given_ng"]) for each in of if each["given_ng"] is not None]
        yield Amount(
            product=product,
            dose_ng=sum(known) if known else None,
            sessions_without_dose=len(of) - len(known),
            volume_nl=sum(whole(each["given_nl"]) for each in of),
        )


TABLES: Final = {each.name: each for each in tables.TABLES}
"""Every table by its name."""
