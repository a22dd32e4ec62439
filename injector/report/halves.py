"""Tables from entries by SQL alone, and half of them in a process of its own.

Grants and shots are most of a log, and making them is computing. SQLite takes one lock of a
process whenever it allocates, so that two threads take longer than one; two processes take
half as long. The second half is made here, into a file that the first is then added to.

Imports little, since the other process waits for it.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from injector.report import tables
from injector.report.json_text import shown_json
from injector.report.table import Table
from injector.report.visible import visible

Cell: TypeAlias = int | str | None

LAST_SEQ: Final = 2**53 - 1
_FAST: Final = (
    "PRAGMA page_size = 32768",  # rows are wide, and are read in their order
    "PRAGMA cache_size = -16000",
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = MEMORY",
)
"""The database is made anew whenever it is wanted: nothing in it needs to outlive a crash."""
HALVED: Final = (tables.GRANT, tables.SHOT)
"""What is made in two halves: most of a log."""


def connect(into: Path | str, log: Path) -> sqlite3.Connection:
    """Open a new database, with the log beside it as ``log``."""
    connection = sqlite3.connect(into, isolation_level=None, uri=True)
    try:
        for statement in _FAST:
            connection.execute(statement)
        connection.create_function("visible", 1, _of_texts(visible), deterministic=True)
        connection.create_function("shown_json", 1, _of_texts(shown_json), deterministic=True)
        connection.execute("ATTACH ? AS log", (f"{log.absolute().as_uri()}?mode=ro",))
    except BaseException:
        connection.close()
        raise
    return connection


def fill(
    connection: sqlite3.Connection,
    table: Table,
    *,
    first: int = 0,
    last: int = LAST_SEQ,
) -> None:
    for kind in table.kinds:
        connection.execute(table.fill, (kind, first, last))


@contextmanager
def second_half(into: Path, log: Path, first: int) -> Iterator[Callable[[], list[int]]]:
    """Make grants and shots from ``first`` on in a database of their own, meanwhile.

    Gives what waits for it, and returns the shots whose grants are in the first half: they
    came late, and lack them there. Raises `sqlite3.DatabaseError` with what SQLite says.
    """
    command = [sys.executable, "-m", __name__, str(into), str(log), str(first)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:

        def wait() -> list[int]:
            out, err = process.communicate()
            if process.returncode:
                last = err.strip().splitlines()[-1:] or [f"it ended with {process.returncode}"]
                raise sqlite3.DatabaseError(last[0])
            return [int(seq) for seq in json.loads(out)]

        try:
            yield wait
        finally:
            process.kill()


def _second_half(into: Path, log: Path, first: int) -> list[int]:
    """Make grants and shots from ``first`` on in a database of their own.

    Returns the shots whose grants are in the first half: they came late, and lack them here.
    """
    with closing(connect(into, log)) as connection:
        connection.execute("BEGIN")
        for table in HALVED:
            connection.execute(table.create)
            fill(connection, table, first=first)
        strays = connection.execute("SELECT seq FROM shot WHERE grant_seq < ?", (first,))
        late = [int(seq) for (seq,) in strays]
        connection.execute("COMMIT")
        return late


def _of_texts(show: Callable[[str], str]) -> Callable[[Cell], Cell]:
    """The same for a cell of any type."""
    return lambda value: show(value) if isinstance(value, str) else value


if __name__ == "__main__":
    print(json.dumps(_second_half(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))))
