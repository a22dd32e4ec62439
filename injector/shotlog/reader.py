"""Reading a log: entries in order, by session, by kind, by journal index.

Everything is read in pages, each a query of its own, so that a reader never holds
a transaction open while it thinks; a live log grows meanwhile and stays readable.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Self

from sqlite_utils import Database

from injector.shotlog import schema
from injector.shotlog.entries import Draft, Entry, LibraryPart, LogOpened
from injector.shotlog.envelope import MalformedBodyError, SealedText, unpack_again
from injector.shotlog.errors import (
    LogDamaged,
    LogMissing,
    LogNewerFormat,
    LogNotOurs,
    LogReadOnly,
    LogUnsupported,
)
from injector.shotlog.failures import sqlite_code
from injector.shotlog.vouching import KeyRotated

_PAGE: Final = 512
_PART_CHARACTERS: Final = 9_000
"""Characters of a library's text in one entry. None takes more than 6 bytes in JSON."""

_LISTED: Final = (
    "SELECT o.seq AS opened_seq, o.session AS session, c.seq AS closed_seq, "
    "json_extract(o.body, '$.realm') AS realm, "
    "json_extract(o.body, '$.operator') AS operator, "
    "json_extract(o.body, '$.patient') AS patient, "
    "(SELECT text FROM private_text WHERE seq = o.seq AND place = '/pseudonym') "
    "AS pseudonym, "
    "json_extract(o.body, '$.indication') AS indication, "
    "json_extract(o.body, '$.utc_us') AS opened_utc_us, "
    "json_extract(c.body, '$.utc_us') AS closed_utc_us, "
    "json_extract(c.body, '$.reason') AS closed_reason, "
    "json_extract(c.body, '$.signature.by') AS claimed_by, "
    "(SELECT json_extract(body, '$.by') FROM entries WHERE session = o.session "
    "AND kind = 'signed' AND json_extract(body, '$.meaning') = 'performed' ORDER BY seq LIMIT 1) "
    "AS signed_by, "
    "(SELECT json_extract(body, '$.by') FROM entries WHERE session = o.session "
    "AND kind = 'signed' AND json_extract(body, '$.meaning') = 'reviewed' ORDER BY seq LIMIT 1) "
    "AS reviewed_by, "
    "json_extract(c.body, '$.given_shots') AS given_shots, "
    "json_extract(c.body, '$.given_nl') AS given_nl, "
    "(SELECT count(*) FROM entries WHERE session = o.session AND kind = 'gap') AS gaps, "
    "(SELECT count(*) FROM entries WHERE session = o.session AND kind = 'adverse_event') "
    "AS adverse_events "
    "FROM entries AS o LEFT JOIN entries AS c "
    "ON c.session = o.session AND c.kind = 'session_closed'"
)
"""What a list of sessions shows of each. Nothing in it adds up shots."""
_GRANTS: Final = "SELECT seq FROM entries WHERE kind = 'grant' AND"

_UNREVIEWED: Final = (
    "SELECT o.seq AS opened_seq, c.seq AS closed_seq, o.session AS session, "
    "(SELECT count(*) FROM entries WHERE session = o.session AND kind = 'gap') AS gaps, "
    "(SELECT count(*) FROM entries WHERE session = o.session AND kind = 'uncertain') "
    "AS uncertain, "
    "(SELECT count(*) FROM entries WHERE session = o.session AND kind = 'override_given') "
    "AS overrides, "
    "(SELECT count(*) FROM entries WHERE session = o.session AND kind = 'alarm' "
    "AND json_extract(body, '$.priority') = 'high' AND json_extract(body, '$.act') = 'raised') "
    "AS high_alarms, "
    "(SELECT count(*) FROM entries WHERE session = o.session AND kind = 'adverse_event') "
    "AS adverse_events, "
    "(SELECT count(*) FROM entries WHERE session = o.session AND kind = 'refused') "
    "AS refused_by_limits, "
    "(SELECT count(*) FROM entries WHERE session = o.session AND kind = 'device_refused') "
    "AS refused_by_gun, "
    "EXISTS (SELECT 1 FROM entries WHERE session = o.session AND kind = 'signed' "
    "AND json_extract(body, '$.meaning') = 'performed') AS signed "
    "FROM entries AS c JOIN entries AS o "
    "ON o.session = c.session AND o.kind = 'session_opened' "
    "WHERE c.kind = 'session_closed' AND NOT EXISTS (SELECT 1 FROM entries "
    "WHERE session = c.session AND kind = 'signed' "
    "AND json_extract(body, '$.meaning') = 'reviewed')"
)
"""Sessions that closed and that nobody reviewed, and what stands in each. No shot is read."""

Row = dict[str, int | str | None]
"""A row of a view; the names carry the units."""


def check_sqlite() -> None:
    """Raise `LogUnsupported` where SQLite cannot hold a log."""
    if sqlite3.sqlite_version_info < schema.OLDEST_SQLITE:
        oldest = ".".join(map(str, schema.OLDEST_SQLITE))
        raise LogUnsupported(f"SQLite {sqlite3.sqlite_version} is too old; {oldest} or newer")


def connect(path: Path, mode: str) -> Database:
    """Open a database, nothing of it run; ``mode`` is SQLite's: ro, rw or rwc."""
    check_sqlite()
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=5
    )
    # PRAGMA trusted_schema = OFF would be refused together with json_extract in a generated
    # column by SQLite 3.38 to 3.40; no function but SQLite's own is ever registered here.
    connection.execute("PRAGMA cell_size_check = ON")
    return Database(connection, execute_plugins=False)


def open_read_only(path: Path) -> Database:
    """Open the file at ``path`` for reading; its header is a log's, its schema not looked at.

    Raises `LogMissing`, `LogNotOurs`, `LogNewerFormat`, `LogDamaged` or `LogReadOnly`.
    """
    if not path.is_file():
        raise LogMissing(f"{path}: there is no shot log here")
    try:
        db = connect(path, "ro")
    except sqlite3.OperationalError as error:
        raise LogMissing(f"{path}: cannot be opened: {error}") from error
    try:
        check_header(path, db.conn)
    except BaseException:
        db.close()
        raise
    return db


def _begins_as_ours(path: Path) -> bool:
    """Whether the first page says that it is a log, even where SQLite cannot read on."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError:
        return False
    return head.startswith(b"SQLite format 3\0") and head[68:72] == schema.APPLICATION_ID.to_bytes(
        4, "big"
    )


def check_header(path: Path, connection: sqlite3.Connection) -> None:
    """Raise unless the file says that it is a log of a format that this version reads."""
    ours = False
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        ours = application == schema.APPLICATION_ID
        (encoding,) = connection.execute("PRAGMA encoding").fetchone()
    except sqlite3.DatabaseError as error:
        if sqlite_code(error) in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
            raise LogReadOnly(
                f"{path}: cannot be opened where file and folder cannot be written; "
                "a copy made with VACUUM INTO can be read anywhere"
            ) from error
        if ours or _begins_as_ours(path):
            raise LogDamaged(f"{path}: {error}") from error
        raise LogNotOurs(path, str(error)) from error
    if not ours:
        raise LogNotOurs(path, "it is a file of something else")
    if version > schema.FORMAT:
        raise LogNewerFormat(path, version, schema.FORMAT)
    if version < 1 or encoding != "UTF-8":
        raise LogDamaged(f"{path}: its header is not a log's")


def check_schema(path: Path, connection: sqlite3.Connection) -> None:
    """Raise `LogDamaged` unless the schema is the format's, text for text."""
    try:
        changed = schema.differences(connection)
    except sqlite3.DatabaseError as error:
        raise LogDamaged(f"{path}: {error}") from error
    if changed:
        raise LogDamaged(f"{path}: the schema is not the format's: {', '.join(changed)}")


class LogReader:
    """A log open for reading."""

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self._db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the log at ``path`` for reading, a live one too.

        Raises `LogMissing`, `LogNotOurs`, `LogNewerFormat`, `LogDamaged` (the schema is not
        the format's), `LogReadOnly` (a log in WAL mode needs a folder that can be written)
        or `LogUnsupported`.
        """
        db = open_read_only(path)
        try:
            check_schema(path, db.conn)
        except BaseException:
            db.close()
            raise
        return cls(path, db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        """How many entries the log has now."""
        return int(self._head()[0])

    @property
    def checkpoint(self) -> str:
        """The newest checkpoint: a signed note."""
        return str(self._head()[1])

    @property
    def data_version(self) -> int:
        """A number that is another one after somebody else has written; cheap to ask for."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    @property
    def opened(self) -> LogOpened:
        """Entry 0."""
        first = next(self.entries(limit=1), None)
        if first is None or not isinstance(first.body, LogOpened):
            raise LogDamaged(f"{self.path}: entry 0 does not open a log")
        return first.body

    @property
    def vkey(self) -> str:
        """The verifier key, as the log itself gives it: the newest one.

        That of the first entries is `opened`'s.
        """
        rotated = self.last("key_rotated")
        if rotated is not None and isinstance(rotated.body, KeyRotated):
            return rotated.body.vkey
        return self.opened.vkey

    def entries(
        self,
        *,
        session: str | None = None,
        kinds: Iterable[str] | None = None,
        after: int = -1,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Yield entries in order, those with ``seq`` above ``after``, at most ``limit``.

        ``session`` and ``kinds`` choose; without them all are read.
        """
        where, values = ["seq > ?"], []
        if session is not None:
            where.append("session = ?")
            values.append(session)
        if kinds is not None:
            chosen = list(kinds)
            where.append(f"kind IN ({','.join('?' * len(chosen))})")
            values += chosen
        return self._paged(" AND ".join(where), values, after, limit)

    def last(
        self, kind: str, *, session: str | None = None, before: int | None = None
    ) -> Entry | None:
        """Return the newest entry of ``kind``, of one session or of all; None without one.

        With ``before``, the newest with a ``seq`` below it.
        """
        where, values = ["kind = ?"], [kind]
        if session is not None:
            where, values = ["session = ?", *where], [session, *values]
        if before is not None:
            where.append("seq < CAST(? AS INTEGER)")
            values.append(str(before))
        row = self._db.execute(
            f"SELECT seq, CAST(body AS BLOB) FROM entries WHERE {' AND '.join(where)} "  # noqa: S608 -- fixed words
            "ORDER BY seq DESC LIMIT 1",
            values,
        ).fetchone()
        return None if row is None else self._entry(*row)

    def journal(
        self, serial: str, journal_id: int, *, first: int = 0, last: int | None = None
    ) -> Iterator[Entry]:
        """Yield what is committed of a device's journal, by rising index, both ends included."""
        index = first - 1
        while True:
            rows = self._db.execute(
                "SELECT seq, CAST(body AS BLOB), journal_index FROM entries "
                "WHERE serial = ? AND journal_id = ? AND journal_index IS NOT NULL "
                "AND journal_index > ? ORDER BY journal_index LIMIT ?",
                [serial, journal_id, index, _PAGE],
            ).fetchall()
            for seq, data, index in rows:
                if last is not None and index > last:
                    return
                yield self._entry(seq, data)
            if len(rows) < _PAGE:
                return

    def last_about(self, serial: str, kind: str) -> Entry | None:
        """Return the newest entry of ``kind`` about a device; None without one."""
        row = self._db.execute(
            "SELECT seq, CAST(body AS BLOB) FROM entries WHERE kind = ? AND serial = ? "
            "ORDER BY seq DESC LIMIT 1",
            [kind, serial],
        ).fetchone()
        return None if row is None else self._entry(*row)

    def newest_about(self, serial: str, kind: str, limit: int) -> list[Entry]:
        """Return the newest entries of ``kind`` about a device, at most ``limit``, in order."""
        rows = self._db.execute(
            "SELECT seq, CAST(body AS BLOB) FROM entries WHERE kind = ? AND serial = ? "
            "ORDER BY seq DESC LIMIT ?",
            [kind, serial, limit],
        ).fetchall()
        return [self._entry(*row) for row in reversed(rows)]

    def first_about(self, serial: str, kind: str) -> Entry | None:
        """Return the oldest entry of ``kind`` about a device; None without one."""
        row = self._db.execute(
            "SELECT seq, CAST(body AS BLOB) FROM entries WHERE kind = ? AND serial = ? "
            "ORDER BY seq LIMIT 1",
            [kind, serial],
        ).fetchone()
        return None if row is None else self._entry(*row)

    def last_journalled(self, serial: str, journal_id: int) -> Entry | None:
        """Return what is committed of a device's journal with the highest index."""
        row = self._db.execute(
            "SELECT seq, CAST(body AS BLOB) FROM entries "
            "WHERE serial = ? AND journal_id = ? AND journal_index IS NOT NULL "
            "ORDER BY journal_index DESC LIMIT 1",
            [serial, journal_id],
        ).fetchone()
        return None if row is None else self._entry(*row)

    def newest_alarm(self, alarm: str) -> Entry | None:
        """Return the newest entry about this alarm, raised or acknowledged; None without one."""
        row = self._db.execute(
            "SELECT seq, CAST(body AS BLOB) FROM entries WHERE kind = 'alarm' "
            "AND json_extract(body, '$.alarm') = ? ORDER BY seq DESC LIMIT 1",
            [alarm],
        ).fetchone()
        return None if row is None else self._entry(*row)

    def newest_anchored(self, place: str, name: str) -> Entry | None:
        """Return the newest entry that says that this place outside holds a checkpoint."""
        row = self._db.execute(
            "SELECT seq, CAST(body AS BLOB) FROM entries WHERE kind = 'anchored' "
            "AND json_extract(body, '$.place') = ? AND json_extract(body, '$.name') = ? "
            "ORDER BY seq DESC LIMIT 1",
            [place, name],
        ).fetchone()
        return None if row is None else self._entry(*row)

    def library_text(self, digest: str) -> str | None:
        """Return the limit library with this SHA-256; None when the log has none.

        Raises `LogDamaged` when parts are there and do not make that text.
        """
        parts: dict[int, LibraryPart] = {}
        for entry in self.entries(kinds=["library_part"]):
            if isinstance(entry.body, LibraryPart) and entry.body.digest == digest:
                parts.setdefault(entry.body.part, entry.body)
        if not parts:
            return None
        text = "".join(parts[number].text for number in sorted(parts))
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise LogDamaged(f"{self.path}: the library {digest} is not complete")
        return text

    def session_ids(self, prefix: str = "") -> list[str]:
        """Return the ids of the sessions that begin with ``prefix``, the oldest first."""
        rows = self._db.execute(
            "SELECT session FROM entries WHERE kind = 'session_opened' "
            "AND substr(session, 1, ?) = ? ORDER BY seq",
            [len(prefix), prefix],
        )
        return [str(session) for (session,) in rows]

    def newest_of(self, kinds: Sequence[str], number: int) -> int:
        """Return the ``seq`` of the oldest among the newest ``number`` entries of ``kinds``."""
        row = self._db.execute(
            f"SELECT min(seq) FROM (SELECT seq FROM entries WHERE kind IN ({_places(kinds)}) "  # noqa: S608 -- fixed words
            "ORDER BY seq DESC LIMIT ?)",
            [*kinds, number],
        ).fetchone()
        return 0 if row[0] is None else int(row[0])

    def patients(self) -> Iterator[tuple[str, str]]:
        """Yield pseudonym and random id of every patient, the oldest session first."""
        rows = self._db.execute(
            "SELECT t.text, json_extract(e.body, CASE e.kind WHEN 'session_opened' "
            "THEN '$.patient' ELSE '$.entries[0].body.patient' END) AS patient "
            "FROM entries AS e JOIN private_text AS t ON t.seq = e.seq "
            "AND t.place IN ('/pseudonym', '/entries/0/body/pseudonym') "
            "WHERE e.kind IN ('session_opened', 'brought_forward') AND patient IS NOT NULL "
            "ORDER BY e.seq"
        )
        for text, patient in rows:
            yield str(text), str(patient)

    def patient_ids(self) -> Iterator[str]:
        """Yield the random id of every patient, those whose pseudonym was erased too."""
        rows = self._db.execute(
            "SELECT DISTINCT json_extract(body, CASE kind WHEN 'session_opened' "
            "THEN '$.patient' ELSE '$.entries[0].body.patient' END) AS patient FROM entries "
            "WHERE kind IN ('session_opened', 'brought_forward') AND patient IS NOT NULL"
        )
        for (patient,) in rows:
            yield str(patient)

    def treated(self) -> Iterator[Row]:
        """Yield every closed session in which a patient was given something, the oldest first.

        Those of the log before, as far as they were brought forward, come first.
        """
        yield from self._rows(
            "SELECT json_extract(b.body, '$.entries[0].body.patient') AS patient, "
            "json_extract(b.body, '$.visit') AS session, "
            "json_extract(b.body, '$.entries[0].body.indication') AS indication, "
            "json_extract(b.body, '$.entries[0].utc_us') AS utc_us "
            "FROM entries AS b WHERE b.kind = 'brought_forward' AND patient IS NOT NULL "
            "AND json_extract(b.body, '$.entries[1].body.given_shots') > 0 ORDER BY b.seq",
            [],
        )
        yield from self._rows(
            "SELECT json_extract(o.body, '$.patient') AS patient, o.session AS session, "
            "json_extract(o.body, '$.indication') AS indication, "
            "json_extract(o.body, '$.utc_us') AS utc_us "
            "FROM entries AS o JOIN entries AS c "
            "ON c.session = o.session AND c.kind = 'session_closed' "
            "WHERE o.kind = 'session_opened' AND json_extract(o.body, '$.patient') IS NOT NULL "
            "AND json_extract(c.body, '$.given_shots') > 0 ORDER BY o.seq",
            [],
        )

    def devices(self) -> list[tuple[str, int]]:
        """Return every device, and the journal of which something was committed last.

        The one it was first seen with, where nothing was.
        """
        rows = self._db.execute(
            "SELECT serial, min(seq) FROM entries "
            "WHERE kind IN ('device_seen', 'device_brought_forward') GROUP BY serial ORDER BY 2"
        ).fetchall()
        found = []
        for serial, first in rows:
            (journal_id,) = self._db.execute(
                "SELECT journal_id FROM entries WHERE serial = ? AND (seq = ? OR "
                "journal_index IS NOT NULL) ORDER BY seq DESC LIMIT 1",
                [serial, first],
            ).fetchone()
            found.append((str(serial), int(journal_id)))
        return found

    def texts_of(self, patient: str) -> list[tuple[int, str]]:
        """Return where every private text about a patient stands: entry and place, in order.

        Those of the patient's sessions, of what was brought forward of them, and of
        corrections to either.
        """
        rows = self._db.execute(
            "WITH visits (id) AS ("
            "SELECT session FROM entries WHERE kind = 'session_opened' "
            "AND json_extract(body, '$.patient') = :patient UNION "
            "SELECT json_extract(body, '$.visit') FROM entries WHERE kind = 'brought_forward' "
            "AND json_extract(body, '$.entries[0].body.patient') = :patient), "
            "about (seq) AS ("
            "SELECT seq FROM entries WHERE session IN (SELECT id FROM visits) UNION "
            "SELECT seq FROM entries WHERE kind = 'brought_forward' "
            "AND json_extract(body, '$.visit') IN (SELECT id FROM visits)) "
            "SELECT seq, place FROM private_text WHERE seq IN (SELECT seq FROM about UNION "
            "SELECT seq FROM entries WHERE kind = 'corrected' "
            "AND json_extract(body, '$.about_seq') IN (SELECT seq FROM about)) "
            "ORDER BY seq, place",
            {"patient": patient},
        )
        return [(seq, str(place)) for seq, place in rows.fetchall()]

    def newest_seq(self, kinds: Iterable[str]) -> int | None:
        """Return the ``seq`` of the newest entry of these kinds; None without one."""
        chosen = list(kinds)
        row = self._db.execute(
            f"SELECT max(seq) FROM entries WHERE kind IN ({_places(chosen)})",  # noqa: S608 -- fixed words
            chosen,
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def session_seqs(self) -> list[int]:
        """Return the ``seq`` of every ``session_opened``, the newest first."""
        rows = self._db.execute(
            "SELECT seq FROM entries WHERE kind = 'session_opened' ORDER BY seq DESC"
        )
        return [seq for (seq,) in rows]

    def sessions_at(self, seqs: Sequence[int]) -> dict[int, Row]:
        """Return what a list of sessions shows of those opened at these ``seq``.

        The totals are those that a session closed with; None while it is open. Nothing here
        adds up shots, so that a page costs the same however long its sessions are.
        """
        rows = self._rows(
            f"{_LISTED} WHERE o.seq IN ({_places(seqs)}) AND +o.kind = 'session_opened'",
            list(seqs),
        )
        return {int(row["opened_seq"] or 0): row for row in rows}

    def unreviewed(self) -> Iterator[Row]:
        """Yield the closed sessions that nobody has signed as reviewed, and counts of each."""
        return self._rows(_UNREVIEWED, [])

    def shot_seqs(
        self,
        session: str,
        *,
        outcome: str | None = None,
        technique: str | None = None,
        zone: str | None = None,
        verdict: str | None = None,
    ) -> list[int]:
        """Return the ``seq`` of the shots of a session, uncertain ones too, in order.

        Each of the others chooses, as the view ``shots`` has it; ``outcome`` is one of
        complete, partial and uncertain.
        """
        where, values = ["session = ?"], [session]
        if outcome == "uncertain":
            where.append("kind = 'uncertain'")
        elif outcome is not None:
            where.append("kind = 'shot' AND json_extract(body, '$.outcome') = ?")
            values.append(outcome)
        else:
            where.append("kind IN ('shot', 'uncertain')")
        chosen = {"$.technique": technique, "$.zone": zone, "$.verdict.outcome": verdict}
        asked = {place: value for place, value in chosen.items() if value is not None}
        if asked:
            of_grant = ["session = ?", *(f"json_extract(body, '{place}') = ?" for place in asked)]
            where.append(
                f"json_extract(body, '$.grant_seq') IN ({_GRANTS} {' AND '.join(of_grant)})"
            )
            values += [session, *asked.values()]
        rows = self._db.execute(
            f"SELECT seq FROM entries WHERE {' AND '.join(where)} ORDER BY seq",  # noqa: S608 -- fixed words
            values,
        )
        return [seq for (seq,) in rows]

    def shots_at(self, seqs: Sequence[int]) -> dict[int, Row]:
        """Return the rows of the view ``shots`` with these ``seq``."""
        rows = self._rows(f"SELECT * FROM shots WHERE seq IN ({_places(seqs)})", list(seqs))  # noqa: S608 -- fixed words
        return {int(row["seq"] or 0): row for row in rows}

    def granted(self, session: str) -> list[Entry]:
        """Return one grant of a session for each technique, zone, setpoint and filling."""
        rows = self._db.execute(
            "SELECT seq, CAST(body AS BLOB) FROM entries WHERE seq IN ("
            "SELECT min(seq) FROM entries WHERE session = ? AND kind = 'grant' "
            "GROUP BY json_extract(body, '$.technique'), json_extract(body, '$.zone'), "
            "json_extract(body, '$.setpoint'), json_extract(body, '$.fill')) ORDER BY seq",
            [session],
        )
        return [self._entry(*row) for row in rows.fetchall()]

    def seqs(self, session: str, kinds: Iterable[str]) -> list[int]:
        """Return the ``seq`` of a session's entries of these kinds, in order."""
        chosen = list(kinds)
        rows = self._db.execute(
            f"SELECT seq FROM entries WHERE session = ? AND kind IN ({_places(chosen)}) "  # noqa: S608 -- fixed words
            "ORDER BY seq",
            [session, *chosen],
        )
        return [seq for (seq,) in rows]

    def at(self, seqs: Sequence[int]) -> dict[int, Entry]:
        """Return the entries with these ``seq``."""
        rows = self._db.execute(
            f"SELECT seq, CAST(body AS BLOB) FROM entries WHERE seq IN ({_places(seqs)})",  # noqa: S608 -- fixed words
            list(seqs),
        )
        return {row[0]: self._entry(*row) for row in rows.fetchall()}

    def journal_seqs(self, serial: str, journal_id: int) -> list[int]:
        """Return the ``seq`` of what is committed of a device's journal, the newest index first."""
        rows = self._db.execute(
            "SELECT seq FROM entries WHERE serial = ? AND journal_id = ? "
            "AND journal_index IS NOT NULL ORDER BY journal_index DESC",
            [serial, journal_id],
        )
        return [seq for (seq,) in rows]

    def sessions(self, session: str | None = None) -> Iterator[Row]:
        """Yield the rows of the view ``sessions``, of one or of all, the oldest first."""
        if session is None:
            return self._rows("SELECT * FROM sessions ORDER BY opened_seq", [])
        return self._rows("SELECT * FROM sessions WHERE session = ?", [session])

    def shots(self, session: str | None = None) -> Iterator[Row]:
        """Yield the rows of the view ``shots``, of one session or of all, in order."""
        if session is None:
            return self._rows("SELECT * FROM shots ORDER BY seq", [])
        return self._rows("SELECT * FROM shots WHERE session = ? ORDER BY seq", [session])

    def alarms(self, session: str) -> Iterator[Row]:
        """Yield the rows of the view ``alarms`` of one session."""
        return self._rows("SELECT * FROM alarms WHERE session = ? ORDER BY seq", [session])

    def gaps(self) -> Iterator[Row]:
        """Yield the rows of the view ``gaps``."""
        return self._rows("SELECT * FROM gaps ORDER BY seq", [])

    def facts(self, session: str) -> Iterator[Row]:
        """Yield the rows of the view ``facts`` of one session: what people recorded."""
        return self._rows("SELECT * FROM facts WHERE session = ? ORDER BY seq", [session])

    def syringes(self, session: str) -> Iterator[Row]:
        """Yield the rows of the view ``syringes`` of one session: what left each filling."""
        return self._rows("SELECT * FROM syringes WHERE session = ? ORDER BY fill", [session])

    def hashes(self, height: int, first: int, count: int) -> list[bytes]:
        """Return the stored roots of subtrees of ``height``, leaf hashes for 0, as many as
        there are of ``count`` from position ``first`` on."""
        if height == 0:
            rows = self._db.execute(
                "SELECT leaf FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq",
                [first, first + count],
            )
        else:
            rows = self._db.execute(
                "SELECT hash FROM nodes WHERE height = ? AND position >= ? AND position < ? "
                "ORDER BY position",
                [height, first, first + count],
            )
        return [digest for (digest,) in rows]

    def bodies(self, first: int, count: int) -> list[bytes]:
        """Return the bodies of entries as they are hashed, as many as there are of ``count``
        from entry ``first`` on."""
        rows = self._db.execute(
            "SELECT CAST(body AS BLOB) FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq",
            [first, first + count],
        )
        return [body for (body,) in rows]

    def sealed_texts(self, seq: int) -> list[SealedText]:
        """Return the private texts of an entry that were not erased, with their salts."""
        rows = self._db.execute(
            "SELECT seq, place, salt, text FROM private_text WHERE seq = ? ORDER BY place", [seq]
        )
        return [SealedText(*row) for row in rows]

    def private_text(self, seq: int, place: str) -> str | None:
        """Return the private text of an entry at ``place``; None when it was erased."""
        row = self._db.execute(
            "SELECT text FROM private_text WHERE seq = ? AND place = ?", [seq, place]
        ).fetchone()
        return None if row is None else str(row[0])

    def _head(self) -> tuple[int, str]:
        row = self._db.execute("SELECT size, checkpoint FROM head").fetchone()
        if row is None:
            raise LogDamaged(f"{self.path}: the head is missing")
        return row[0], row[1]

    def _rows(self, sql: str, values: Sequence[object]) -> Iterator[Row]:
        cursor = self._db.execute(sql, values)
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))

    def _paged(
        self, where: str, values: Sequence[str], after: int, limit: int | None
    ) -> Iterator[Entry]:
        sql = (
            f"SELECT seq, CAST(body AS BLOB) FROM entries WHERE {where} "  # noqa: S608 -- fixed words
            "ORDER BY seq LIMIT ?"
        )
        left = limit
        while left is None or left > 0:
            page = _PAGE if left is None else min(_PAGE, left)
            rows = self._db.execute(sql, [after, *values, page]).fetchall()
            for seq, data in rows:
                yield self._entry(seq, data)
                after = seq
            if len(rows) < page:
                return
            if left is not None:
                left -= page

    def _entry(self, seq: int, data: bytes) -> Entry:
        try:
            entry = unpack_again(data)
        except MalformedBodyError as error:
            raise LogDamaged(f"{self.path}: entry {seq}: {error}") from error
        if entry.seq != seq:
            raise LogDamaged(f"{self.path}: entry {seq} says that it is entry {entry.seq}")
        return entry


def _places(values: Sequence[object]) -> str:
    """As many question marks as there are values."""
    return ",".join("?" * len(values))


def library_drafts(digest: str, text: str) -> tuple[Draft, ...]:
    """Return the drafts that put a limit library's text into the log.

    ``digest`` is the SHA-256 of the text in UTF-8; ValueError when it is not.
    """
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise ValueError("the digest is not the SHA-256 of the library's text")
    starts = range(0, max(len(text), 1), _PART_CHARACTERS)
    return tuple(
        Draft(
            None,
            LibraryPart(
                digest=digest,
                part=part,
                parts=len(starts),
                text=text[start : start + _PART_CHARACTERS],
            ),
        )
        for part, start in enumerate(starts)
    )


def library_text(reader: LogReader, digest: str) -> str | None:
    """Return the limit library with this SHA-256 from ``reader``'s log; None without one."""
    return reader.library_text(digest)
