"""From a log to its tables: one database, made once, read by everything that shows figures.

Most tables are SQL over the entries of a kind (`injector.report.tables`), run by SQLite
itself, so that a million entries take seconds and no memory. What counts as given of each
product is not in one entry: a closed session says its totals; an open one, and shares of
products where a session used several syringes, are added up with `Tally`, the way the
controller does it, one session at a time.

Grants and shots are most of a log, and are made in two halves at once (`halves`).

The log is read in long transactions. Use a copy (`injector.report.copying`) where the log is
written meanwhile: they would let its write-ahead log grow, and see it at several moments.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, TypeAlias

from injector.limits.mixture import Mixture
from injector.limits.mixture import MixtureItem as Item
from injector.report import tables
from injector.report.halves import HALVED, LAST_SEQ, connect, fill, second_half
from injector.report.table import Table
from injector.report.tables.shots import BORROWED, LATE
from injector.report.visible import visible
from injector.shotlog.facts import MixtureItem
from injector.shotlog.reader import LogReader
from injector.shotlog.tally import Filled, Tally

Cell: TypeAlias = int | str | None
Json: TypeAlias = dict[str, Any]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_SESSIONS: Final = """
SELECT e.session, e.seq, c.seq, e.body, c.body, (
  SELECT count(*) FROM log.entries AS l
  WHERE l.session = e.session AND l.kind = 'syringe_loaded')
FROM log.entries AS e LEFT JOIN log.entries AS c
  ON c.session = e.session AND c.kind = 'session_closed'
WHERE e.kind = 'session_opened'{chosen} ORDER BY e.seq"""
_COUNTED: Final = (
    (
        "CREATE TEMP TABLE counted (of_session TEXT PRIMARY KEY, shots, partial_shots, "
        "uncertain_shots, measured_nl)"
    ),
    (
        "INSERT INTO temp.counted SELECT session, sum(outcome <> 'uncertain'), "
        "sum(outcome = 'partial'), sum(outcome = 'uncertain'), sum(measured_nl) "
        "FROM main.shot GROUP BY session"
    ),
)
"""A session's shots, counted in one go."""
_TEXTS: Final = (
    "INSERT INTO text SELECT p.seq, p.place, e.session, e.kind, visible(p.text) "
    "FROM log.private_text AS p JOIN log.entries AS e ON e.seq = p.seq ORDER BY p.seq, p.place"
)


class NotDerivedError(ValueError):
    """A log whose entries are not what the format says: no tables can be made of it."""


def derive(log: Path, into: Path, *, with_texts: bool = False) -> None:
    """Make the tables of the log at ``log`` in a new database at ``into``.

    ``with_texts`` adds the table of private texts. Nothing is written to the log. Raises
    the errors of `LogReader.open`, and `NotDerivedError` where the entries have not the
    form that `verify` checks.
    """
    with LogReader.open(log) as reader:  # the schema is the format's before anything of it runs
        try:
            with TemporaryDirectory(dir=into.parent, prefix=into.name) as parts:
                _derive(reader, log, into, Path(parts), with_texts=with_texts)
        except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
            raise NotDerivedError(f"{log}: no tables can be made of it: {error}") from error


def _derive(reader: LogReader, log: Path, into: Path, parts: Path, *, with_texts: bool) -> None:
    part = parts / "half.db"
    with ExitStack() as stack:
        connection = stack.enter_context(closing(connect(into, log)))
        middle = _middle(connection)
        strays_of = stack.enter_context(second_half(part, log, middle))
        connection.execute("BEGIN")
        for table in tables.TABLES:
            connection.execute(table.create)
        for table in HALVED:
            fill(connection, table, last=middle - 1)
        _add_up(connection, reader)
        connection.execute("COMMIT")
        strays = strays_of()
        connection.execute("ATTACH ? AS half", (str(part),))
        connection.execute("BEGIN")
        for table in HALVED:
            connection.execute(f'INSERT INTO main."{table.name}" SELECT * FROM half."{table.name}"')  # noqa: S608 -- our own names
        for seq in strays:
            connection.execute("DELETE FROM main.shot WHERE seq = ?", (seq,))
            fill(connection, tables.SHOT, first=seq, last=seq)
        for table in (*HALVED, tables.DOSE):
            _index(connection, table)
        for statement in _COUNTED:
            connection.execute(statement)
        for table in tables.FROM_ENTRIES:
            fill(connection, table)
            _index(connection, table)
        if with_texts:
            connection.execute(tables.TEXT.create)
            connection.execute(_TEXTS)
        connection.execute("COMMIT")
        connection.execute("PRAGMA analysis_limit = 1000")
        connection.execute("ANALYZE main")


@contextmanager
def derived_session(reader: LogReader, session: str) -> Iterator[sqlite3.Connection]:
    """The tables of one session only, in memory: they take no longer in a longer log.

    Its rows are those of the whole log's tables. Shots under its grants that came in after it
    had closed are among them, without a session. Raises `NotDerivedError` as `derive` does.
    """

    def make(connection: sqlite3.Connection) -> None:
        _add_up(connection, reader, session)
        _fill_session(connection, HALVED, session)
        for statement in _COUNTED:
            connection.execute(statement)
        _fill_session(connection, tables.FROM_ENTRIES, session)

    with _in_memory(reader, make) as connection:
        yield connection


@contextmanager
def derived_outside(reader: LogReader, of: Collection[Table]) -> Iterator[sqlite3.Connection]:
    """Those tables of what stands outside every session, in memory.

    Their rows are those of the whole log's tables that have no session. Raises
    `NotDerivedError` as `derive` does.
    """

    def make(connection: sqlite3.Connection) -> None:
        for table in of:
            for kind in table.kinds:
                connection.execute(table.filled("e.kind = ?1 AND e.session IS NULL"), (kind,))

    with _in_memory(reader, make) as connection:
        yield connection


@contextmanager
def _in_memory(
    reader: LogReader, make: Callable[[sqlite3.Connection], None]
) -> Iterator[sqlite3.Connection]:
    """Every table, empty, in memory beside the log, for ``make`` to fill out of one moment."""
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(closing(connect(":memory:", reader.path)))
            connection.execute("BEGIN")
            for table in tables.TABLES:
                connection.execute(table.create)
            make(connection)
            connection.execute("COMMIT")
            connection.execute("DETACH log")
        except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
            raise NotDerivedError(f"{reader.path}: no tables can be made of it: {error}") from error
        yield connection


def _fill_session(connection: sqlite3.Connection, of: Iterable[Table], session: str) -> None:
    """Fill tables from the entries of one session."""
    for table in of:
        for kind in table.kinds:
            connection.execute(table.fill_of_session, (kind, session))
            if table is tables.GRANT:
                connection.execute(table.filled(BORROWED), (kind, session))
            if table is tables.SHOT:
                connection.execute(table.filled(LATE), (kind, session))
        _index(connection, table)


def _middle(connection: sqlite3.Connection) -> int:
    """The ``seq`` at which the session next to the middle shot opens; beyond all without one.

    Before the middle, for who makes the first half has more to do besides.
    """
    row = connection.execute(
        "SELECT min(seq) FROM log.entries WHERE kind = 'session_opened' AND seq >= ("
        "SELECT seq FROM log.entries WHERE kind = 'shot' ORDER BY seq LIMIT 1 OFFSET "
        "(SELECT count(*) * 9 / 20 FROM log.entries WHERE kind = 'shot'))"
    ).fetchone()
    return LAST_SEQ if row[0] is None else int(row[0])


def _index(connection: sqlite3.Connection, table: Table) -> None:
    for statement in table.index:
        connection.execute(statement)


def open_derived(path: Path) -> sqlite3.Connection:
    """Open a database that `derive` made, for reading."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def rows(derived: sqlite3.Connection, table: Table) -> Iterator[tuple[Cell, ...]]:
    """Yield every row of a table, cells in the order of its columns, in the order of its key."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    order = ", ".join(f'"{name}"' for name in tables.order(table))
    yield from derived.execute(f'SELECT {columns} FROM "{table.name}" ORDER BY {order}')  # noqa: S608 -- our own names


# -- what counts as given ---------------------------------------------------------------------


class _Session(NamedTuple):
    id: str
    opened: Json
    """The body of the entry that opened it."""
    filled: tuple[Filled, ...]
    """What counts as given from each filling."""
    shots: int
    given_nl: int
    doses: dict[str, int]


def _add_up(connection: sqlite3.Connection, reader: LogReader, session: str | None = None) -> None:
    """Fill ``dose``, and the temporary ``given`` with a session's totals; of one or of all."""
    connection.execute(
        "CREATE TEMP TABLE given (session TEXT PRIMARY KEY, shots INTEGER, volume_nl INTEGER)"
    )
    places = ", ".join("?" * len(tables.DOSE.columns))
    for each in _sessions(connection, reader, session):
        connection.execute(
            "INSERT INTO temp.given VALUES (?, ?, ?)", (each.id, each.shots, each.given_nl)
        )
        connection.executemany(f"INSERT INTO dose VALUES ({places})", _doses(each))  # noqa: S608 -- question marks


def _opened(connection: sqlite3.Connection, session: str | None) -> sqlite3.Cursor:
    if session is None:
        return connection.execute(_SESSIONS.format(chosen=""))
    return connection.execute(_SESSIONS.format(chosen=" AND e.session = ?"), (session,))


def _sessions(
    connection: sqlite3.Connection, reader: LogReader, session: str | None
) -> Iterator[_Session]:
    rows = _opened(connection, session)
    for name, seq, closed_seq, opened_body, closed_body, loaded in rows:
        opened = json.loads(opened_body)
        closed = None if closed_body is None else json.loads(closed_body)
        if closed is not None and not loaded:
            # All of it came out of the one syringe.
            whole = Filled(_mixture(opened["mixture"]), closed["given_nl"])
            yield _closed(name, opened, closed, (whole,))
            continue
        tally = Tally()
        for entry in reader.entries(after=seq - 1):
            if entry.seq == closed_seq:
                break  # closing forgets
            tally.apply(entry)
        filled = tuple(each for _, each in sorted(tally.filled().items()))
        if closed is not None:
            yield _closed(name, opened, closed, filled)
        else:
            came_to = tally.totals()
            doses = dict(came_to.doses)
            yield _Session(name, opened, filled, came_to.shots, came_to.volume_nl, doses)


def _closed(name: str, opened: Json, closed: Json, filled: tuple[Filled, ...]) -> _Session:
    doses = {each["product"]: each["dose_ng"] for each in closed["doses"]}
    return _Session(name, opened, filled, closed["given_shots"], closed["given_nl"], doses)


def _doses(session: _Session) -> Iterator[tuple[Cell, ...]]:
    """Yield the session's rows of ``dose``, products in the order in which they were loaded."""
    items = [item for each in session.filled for item in each.mixture]
    classes = {item.product: item.product_class for item in reversed(items)}
    for product in dict.fromkeys(item.product for item in items):
        lots = dict.fromkeys(
            visible(item.lot) for item in items if item.product == product and item.lot is not None
        )
        yield (
            session.id,
            visible(product),
            classes[product],
            "clinical" if session.id.startswith("c") else "training",
            utc_text(session.opened["utc_us"]),
            session.opened["patient"],
            _dose_ng(session, product),
            sum(_share_nl(each, product) for each in session.filled),
            json.dumps(list(lots), ensure_ascii=False) if lots else None,
        )


def _dose_ng(session: _Session, product: str) -> int | None:
    """What counts as given of a product; None where that is known of only a part of it.

    The doses of a session add up the fillings whose concentration was said and pass over the
    others: the rest of what was given is not in them.
    """
    for each in session.filled:
        of_it = (item for item in each.mixture if item.product == product and item.volume_nl)
        if each.given_nl > 0 and any(item.concentration_ug_ml is None for item in of_it):
            return None
    return session.doses.get(product)


def _share_nl(filled: Filled, product: str) -> int:
    mixture = Mixture(
        tuple(
            Item(item.product, item.product_class, item.volume_nl)
            for item in filled.mixture
            if item.volume_nl
        )
    )
    return mixture.share_nl(product, filled.given_nl)


def _mixture(items: Iterable[Json]) -> tuple[MixtureItem, ...]:
    return tuple(MixtureItem.model_validate(item) for item in items)


def utc_text(utc_us: int) -> str:
    """Return a time as ISO 8601 writes it, in UTC with microseconds: as in every table.

    >>> utc_text(1_800_000_000_000_001)
    '2027-01-15T08:00:00.000001Z'
    """
    moment = _EPOCH + timedelta(microseconds=utc_us)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
