"""The database of format 1, text for text.

One table of truth, ``entries``. What can be asked for comes from VIRTUAL generated
columns over the bodies, and from views over those, so there is no second copy that
could disagree. That holds only while the schema is ours: a rewritten column or view
lies with every hash intact. Hence `differences`, which must pass before anything of
a file is run.

The triggers refuse what nobody means to do. They stop accidents, not the owner of
the file; against the owner stands the tree.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

FORMAT: Final = 1
APPLICATION_ID: Final = 0x494E4A4C  # "INJL"
OLDEST_SQLITE: Final = (3, 37, 0)  # STRICT tables

MAX_BODY_BYTES: Final = 60_000
JOURNAL_REPEATED: Final = "this journal entry is in the log"
"""What the database says when a device's journal entry comes twice."""

_TABLES: Final = (
    """CREATE TABLE entries (
  seq INTEGER PRIMARY KEY,
  body TEXT NOT NULL CHECK (length(CAST(body AS BLOB)) <= 60000),
  leaf BLOB NOT NULL CHECK (length(leaf) = 32),
  kind TEXT GENERATED ALWAYS AS (json_extract(body, '$.kind')) VIRTUAL,
  session TEXT GENERATED ALWAYS AS (json_extract(body, '$.session')) VIRTUAL,
  serial TEXT GENERATED ALWAYS AS (json_extract(body, '$.serial')) VIRTUAL,
  journal_id INTEGER GENERATED ALWAYS AS (json_extract(body, '$.journal_id')) VIRTUAL,
  journal_index INTEGER GENERATED ALWAYS AS (json_extract(body, '$.index')) VIRTUAL
) STRICT""",
    """CREATE TABLE nodes (
  height INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (height, position)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE head (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  size INTEGER NOT NULL,
  peaks BLOB NOT NULL,
  checkpoint TEXT NOT NULL
) STRICT""",
    """CREATE TABLE private_text (
  seq INTEGER NOT NULL,
  place TEXT NOT NULL,
  salt BLOB NOT NULL CHECK (length(salt) = 32),
  text TEXT NOT NULL,
  PRIMARY KEY (seq, place)
) STRICT, WITHOUT ROWID""",
)

_INDEXES: Final = (
    "CREATE INDEX entries_by_session ON entries (session, kind, seq)",
    "CREATE INDEX entries_by_kind ON entries (kind, seq)",
    # Every journal entry of a device stands here at most once (INV-2).
    """CREATE UNIQUE INDEX entries_by_journal ON entries (serial, journal_id, journal_index)
WHERE journal_index IS NOT NULL""",
)

_TRIGGERS: Final = (
    """CREATE TRIGGER entries_grow_at_the_end BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), -1) + 1 FROM entries)
BEGIN SELECT RAISE(ABORT, 'entries are only added at the end'); END""",
    # INSERT OR REPLACE deletes what stands in its way without asking a DELETE trigger.
    f"""CREATE TRIGGER entries_are_never_replaced BEFORE INSERT ON entries
WHEN json_extract(NEW.body, '$.index') IS NOT NULL AND EXISTS (
  SELECT 1 FROM entries
  WHERE serial = json_extract(NEW.body, '$.serial')
    AND journal_id = json_extract(NEW.body, '$.journal_id')
    AND journal_index = json_extract(NEW.body, '$.index')
    AND journal_index IS NOT NULL)
BEGIN SELECT RAISE(ABORT, '{JOURNAL_REPEATED}'); END""",  # noqa: S608 -- a constant of this file
    """CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries never change'); END""",
    """CREATE TRIGGER entries_are_never_removed BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END""",
    """CREATE TRIGGER nodes_are_never_replaced BEFORE INSERT ON nodes
WHEN EXISTS (SELECT 1 FROM nodes WHERE height = NEW.height AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'nodes never change'); END""",
    """CREATE TRIGGER nodes_never_change BEFORE UPDATE ON nodes
BEGIN SELECT RAISE(ABORT, 'nodes never change'); END""",
    """CREATE TRIGGER nodes_are_never_removed BEFORE DELETE ON nodes
BEGIN SELECT RAISE(ABORT, 'nodes are never removed'); END""",
    """CREATE TRIGGER head_is_one_row BEFORE INSERT ON head
WHEN EXISTS (SELECT 1 FROM head)
BEGIN SELECT RAISE(ABORT, 'the head is one row'); END""",
    """CREATE TRIGGER head_only_grows BEFORE UPDATE ON head
WHEN NEW.id IS NOT OLD.id OR NEW.size <= OLD.size
BEGIN SELECT RAISE(ABORT, 'the head only grows'); END""",
    """CREATE TRIGGER head_is_never_removed BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'the head is never removed'); END""",
    """CREATE TRIGGER private_text_is_never_replaced BEFORE INSERT ON private_text
WHEN EXISTS (SELECT 1 FROM private_text WHERE seq = NEW.seq AND place = NEW.place)
BEGIN SELECT RAISE(ABORT, 'private text never changes'); END""",
    """CREATE TRIGGER private_text_never_changes BEFORE UPDATE ON private_text
BEGIN SELECT RAISE(ABORT, 'private text never changes'); END""",
    """CREATE TRIGGER private_text_is_erased_on_record BEFORE DELETE ON private_text
WHEN NOT EXISTS (
  SELECT 1 FROM entries WHERE kind = 'text_erased'
    AND json_extract(body, '$.text_seq') = OLD.seq
    AND json_extract(body, '$.place') = OLD.place)
BEGIN SELECT RAISE(ABORT, 'an erasure is an entry first'); END""",
)

_VIEWS: Final = (
    """CREATE VIEW sessions AS
SELECT
  o.session AS session,
  o.seq AS opened_seq,
  c.seq AS closed_seq,
  json_extract(o.body, '$.realm') AS realm,
  json_extract(o.body, '$.operator') AS operator,
  json_extract(o.body, '$.patient') AS patient,
  (SELECT text FROM private_text WHERE seq = o.seq AND place = '/title') AS title,
  json_extract(o.body, '$.utc_us') AS opened_utc_us,
  json_extract(c.body, '$.utc_us') AS closed_utc_us,
  json_extract(c.body, '$.reason') AS closed_reason,
  o.serial AS serial,
  (SELECT count(*) FROM entries
    WHERE session = o.session AND kind = 'shot') AS shots,
  (SELECT count(*) FROM entries
    WHERE session = o.session AND kind = 'uncertain') AS uncertain_shots,
  (SELECT count(*) FROM entries
    WHERE session = o.session AND kind = 'gap') AS gaps,
  (SELECT coalesce(sum(json_extract(body, '$.volume_nl')), 0) FROM entries
    WHERE session = o.session AND kind = 'shot') AS measured_volume_nl,
  (SELECT coalesce(sum(json_extract(body, '$.counts_nl')), 0) FROM entries
    WHERE session = o.session AND kind IN ('shot', 'uncertain')) AS counted_volume_nl,
  (SELECT coalesce(sum(json_extract(body, '$.volume_max_nl')), 0) FROM entries
    WHERE session = o.session AND kind = 'gap') AS gap_volume_max_nl,
  (SELECT coalesce(sum(json_extract(body, '$.shots')), 0) FROM entries
    WHERE session = o.session AND kind = 'hand_shots') AS hand_shots,
  (SELECT coalesce(sum(json_extract(body, '$.volume_nl')), 0) FROM entries
    WHERE session = o.session AND kind = 'hand_shots') AS hand_volume_nl,
  (SELECT count(*) FROM entries
    WHERE session = o.session AND kind = 'adverse_event') AS adverse_events,
  (SELECT count(*) FROM entries
    WHERE session = o.session AND kind = 'refused') AS refused,
  (SELECT count(*) FROM entries
    WHERE session = o.session AND kind = 'alarm'
      AND json_extract(body, '$.act') = 'raised') AS alarms,
  json_extract(o.body, '$.purpose') AS purpose,
  json_extract(o.body, '$.indication') AS indication,
  json_extract(c.body, '$.signature.by') AS signed_by,
  json_extract(o.body, '$.library_digest') AS library_digest
FROM entries AS o
LEFT JOIN entries AS c ON c.session = o.session AND c.kind = 'session_closed'
WHERE o.kind = 'session_opened'""",
    """CREATE VIEW shots AS
SELECT
  s.seq AS seq,
  s.session AS session,
  json_extract(s.body, '$.utc_us') AS logged_utc_us,
  s.serial AS serial,
  s.journal_id AS journal_id,
  s.journal_index AS journal_index,
  json_extract(s.body, '$.grant_seq') AS grant_seq,
  json_extract(g.body, '$.technique') AS technique,
  json_extract(g.body, '$.zone') AS zone,
  json_extract(g.body, '$.verdict.outcome') AS verdict,
  json_extract(g.body, '$.armed_by') AS armed_by,
  json_extract(g.body, '$.setpoint.mode') AS mode,
  json_extract(g.body, '$.setpoint.volume_nl') AS setpoint_volume_nl,
  json_extract(g.body, '$.setpoint.depth_um') AS setpoint_depth_um,
  json_extract(g.body, '$.setpoint.flow_nl_s') AS setpoint_flow_nl_s,
  json_extract(g.body, '$.setpoint.needle_um_s') AS setpoint_needle_um_s,
  json_extract(g.body, '$.setpoint.cadence_per_min') AS setpoint_cadence_per_min,
  CASE s.kind WHEN 'uncertain' THEN 'uncertain'
    ELSE json_extract(s.body, '$.outcome') END AS outcome,
  json_extract(s.body, '$.cause') AS cause,
  json_extract(s.body, '$.volume_nl') AS volume_nl,
  json_extract(s.body, '$.depth_um') AS depth_um,
  json_extract(s.body, '$.flow_nl_s') AS flow_nl_s,
  json_extract(s.body, '$.pressure_pa') AS peak_pressure_pa,
  json_extract(s.body, '$.boot_id') AS boot_id,
  json_extract(s.body, '$.t_us') AS t_us,
  json_extract(s.body, '$.duration_us') AS duration_us,
  json_extract(s.body, '$.counts_nl') AS counted_volume_nl,
  json_extract(s.body, '$.slice') AS slice
FROM entries AS s
LEFT JOIN entries AS g
  ON g.seq = json_extract(s.body, '$.grant_seq') AND g.kind = 'grant'
WHERE s.kind IN ('shot', 'uncertain')""",
    """CREATE VIEW alarms AS
SELECT
  seq,
  session,
  json_extract(body, '$.utc_us') AS utc_us,
  json_extract(body, '$.alarm') AS alarm,
  json_extract(body, '$.priority') AS priority,
  json_extract(body, '$.act') AS act,
  json_extract(body, '$.by') AS by_person,
  json_extract(body, '$.detail') AS detail
FROM entries
WHERE kind = 'alarm'""",
    """CREATE VIEW gaps AS
SELECT
  g.seq AS seq,
  g.session AS session,
  json_extract(g.body, '$.utc_us') AS utc_us,
  g.serial AS serial,
  g.journal_id AS journal_id,
  json_extract(g.body, '$.first') AS first_index,
  json_extract(g.body, '$.last') AS last_index,
  json_extract(g.body, '$.shots_max') AS shots_max,
  json_extract(g.body, '$.volume_max_nl') AS volume_max_nl,
  json_extract(g.body, '$.reason') AS reason,
  (SELECT json_extract(a.body, '$.choice') FROM entries AS a
    WHERE a.kind = 'gap_acknowledged' AND json_extract(a.body, '$.gap_seq') = g.seq
    ORDER BY a.seq LIMIT 1) AS choice
FROM entries AS g
WHERE g.kind = 'gap'""",
    """CREATE VIEW facts AS
SELECT
  seq,
  session,
  json_extract(body, '$.utc_us') AS utc_us,
  kind,
  coalesce(json_extract(body, '$.by'), json_extract(body, '$.operator')) AS by_person,
  coalesce(json_extract(body, '$.what'), json_extract(body, '$.result'),
    json_extract(body, '$.checklist'), json_extract(body, '$.when'),
    json_extract(body, '$.device_class'), json_extract(body, '$.why')) AS code,
  json_extract(body, '$.technique') AS technique,
  json_extract(body, '$.zone') AS zone,
  json_extract(body, '$.fill') AS fill,
  json_extract(body, '$.shots') AS shots,
  json_extract(body, '$.volume_nl') AS volume_nl,
  json_extract(body, '$.product') AS product,
  json_extract(body, '$.dose_ng') AS dose_ng,
  coalesce(json_extract(body, '$.severity'), json_extract(body, '$.score')) AS degree,
  json_extract(body, '$.due') AS due
FROM entries
WHERE kind IN ('hand_shots', 'spilled', 'given_elsewhere', 'adverse_event', 'pain', 'result',
  'follow_up', 'checklist_answered', 'patient_answered', 'referenced', 'taken_over',
  'session_resumed', 'needle_changed', 'override_given', 'note')""",
    """CREATE VIEW syringes AS
SELECT
  f.session AS session,
  coalesce(json_extract(f.body, '$.fill'), 0) AS fill,
  f.seq AS loaded_seq,
  coalesce(json_extract(f.body, '$.place'), 'gun') AS place,
  json_extract(f.body, '$.syringe_nl') AS syringe_nl,
  (SELECT coalesce(sum(json_extract(value, '$.volume_nl')), 0)
    FROM json_each(f.body, '$.mixture')) AS loaded_volume_nl,
  (SELECT coalesce(sum(json_extract(s.body, '$.volume_nl')), 0)
    FROM entries AS s JOIN entries AS g ON g.seq = json_extract(s.body, '$.grant_seq')
    WHERE s.session = f.session AND s.kind = 'shot'
      AND json_extract(g.body, '$.fill') = coalesce(json_extract(f.body, '$.fill'), 0)
  ) AS shots_volume_nl,
  (SELECT coalesce(sum(json_extract(m.body, '$.volume_nl')), 0) FROM entries AS m
    WHERE m.session = f.session AND m.kind = 'moved'
      AND coalesce(json_extract(f.body, '$.fill'), 0) = (
        SELECT json_extract(p.body, '$.fill') FROM entries AS p
        WHERE p.session = m.session AND p.kind = 'prime_armed' AND p.seq < m.seq
        ORDER BY p.seq DESC LIMIT 1)
  ) AS primed_volume_nl,
  (SELECT coalesce(sum(json_extract(h.body, '$.volume_nl')), 0) FROM entries AS h
    WHERE h.session = f.session AND h.kind = 'hand_shots'
      AND json_extract(h.body, '$.fill') = coalesce(json_extract(f.body, '$.fill'), 0)
  ) AS hand_volume_nl,
  (SELECT coalesce(sum(json_extract(h.body, '$.volume_nl')), 0) FROM entries AS h
    WHERE h.session = f.session AND h.kind = 'spilled'
      AND json_extract(h.body, '$.fill') = coalesce(json_extract(f.body, '$.fill'), 0)
  ) AS spilled_volume_nl,
  d.seq AS discarded_seq,
  json_extract(d.body, '$.left_nl') AS left_volume_nl,
  json_extract(d.body, '$.least_nl') AS least_left_nl,
  json_extract(d.body, '$.most_nl') AS most_left_nl
FROM entries AS f
LEFT JOIN entries AS d ON d.session = f.session AND d.kind = 'syringe_discarded'
  AND json_extract(d.body, '$.fill') = coalesce(json_extract(f.body, '$.fill'), 0)
WHERE f.kind IN ('session_opened', 'syringe_loaded')""",
)

STATEMENTS: Final = (
    *_TABLES,
    *_INDEXES,
    *_TRIGGERS,
    *_VIEWS,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {FORMAT}",
)
"""What makes an empty database a log of this format."""

STATEMENTS_OF: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType({1: STATEMENTS})
"""The same for every format that is read. A later one is added; none is ever taken away."""


class SchemaObject(NamedTuple):
    """One row of ``sqlite_schema``, without where its pages are."""

    type: str
    name: str
    table: str
    sql: str | None


def stored(connection: sqlite3.Connection) -> list[SchemaObject]:
    """Return what a database says its schema is. Runs nothing of it."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")
    return [SchemaObject(*row) for row in rows]


def format_of(connection: sqlite3.Connection) -> int:
    """Return the number of the format that a database says it has."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


@cache
def expected(version: int = FORMAT) -> tuple[SchemaObject, ...]:
    """Return the schema of a format, as SQLite stores it; KeyError for one that is not read."""
    connection = sqlite3.connect(":memory:")
    try:
        for statement in STATEMENTS_OF[version]:
            connection.execute(statement)
        return tuple(stored(connection))
    finally:
        connection.close()


def differences(connection: sqlite3.Connection) -> list[str]:
    """Return the names of objects that are missing, added or written otherwise, sorted.

    Held against the format that the database says it has: which one that may be is the
    caller's to check first.
    """
    ours = Counter(expected(format_of(connection)))
    found = Counter(stored(connection))
    return sorted({str(each.name) for each in (found - ours) + (ours - found)})
