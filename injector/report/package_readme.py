"""README.txt and figures.sql of an inspection package: what is in it, how a stranger checks it.

Lines that are indented by four spaces are for a shell; the tests run them as they stand.
Nothing that somebody typed is ever in one of those.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from injector.report import tables
from injector.report.by_hand import CHECK_NOTE, CHECK_PROOF, FIELD
from injector.report.deriving import Cell
from injector.report.proof_readme import shell, signature_lines
from injector.report.source import Source
from injector.report.table import Table
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import Entry
from injector.shotlog.vouching import OperatorKey, Signed

_FILES: Final = """\
WHAT IS HERE

  MANIFEST.sha256    the digest of every other file
  checkpoint         the log's newest signed checkpoint: name, size, root, signature
  verifier-key.txt   the log's key in its own word; use the one that was handed to you
  verification.json  what `injector log verify` found in the log that this was made from
  {report}
  csv/               the tables, for spreadsheets
  jsonl/             the tables as JSON Lines; entries.jsonl holds the entries themselves
  columns.csv        what each table and column means
"""

_PARQUET: Final = """\
  parquet/           the tables, for DuckDB and other tools for data
  figures.sql        the questions of step 3
"""

_PROOFS: Final = """\
  proofs/            entry-N.json, an entry byte for byte; entry-N.tlog-proof, its proof
"""

_TILES: Final = """\
  tiles/             every entry, and the tree over them (C2SP tlog-tiles)
"""

_SHOWN: Final = """\
Amounts are integers in the unit that a column's name ends in (_nl nanolitres, _ng
nanograms, _um micrometres, _ug_ml micrograms a millilitre). Times are UTC. A cell of a CSV
that a spreadsheet would compute begins with an apostrophe. Characters that draw nothing are
shown as escapes. An entry's exact bytes are in {exact}.
What the fields of entries mean is in the document shotlog-format.md of the software.
"""

_NO_TEXTS: Final = """\
Private texts (names, notes, reasons) are not here: an entry holds an HMAC of each, which
tells nothing without the salt.
"""
_TEXTS: Final = """\
THE PRIVATE TEXTS ARE IN HERE, since somebody asked for them: names, notes, reasons.
"""

_ONE_SESSION: Final = """\
Nothing in here is of any other session, beside what names the log's keys and the keys of
who signed, and what the patient's other sessions add to totals of a day in report.html. The
hashes in a proof tell nothing about the entries that they stand for.
"""
_REPORT: Final = "report.html        the session for people to read, in any browser"
_REPORTS: Final = "reports/           each session for people to read, in any browser"

_STEP_1: Final = """\
STEP 1: NOTHING WAS CHANGED ON THE WAY (sha256sum)

bash, sha256sum and openssl (3.0 or newer) are enough for the first two steps. Lines that
begin with four spaces can be pasted. Begin in this directory.
"""
_STEP_1_AFTER: Final = """\
The last line is the digest of the manifest. It must be the one that you were told by
another road: whoever can change a file can change the manifest, too.
"""

_STEP_2: Final = """\
STEP 2: THE LOG SAYS SO (openssl)

Put the verifier key into VKEY, as it was handed to you. The rest leaves its scraps in a
directory of its own.
"""

_STEP_2_PROOFS: Final = """\
Every entry leads to the root of that one checkpoint. This takes about a second for each;
of a long session, take some.
"""

_STEP_2_TILES: Final = """\
The tiles are under the same checkpoint. Any tool for transparency logs computes its root
from them; one of them is tlog-scales (pip install tlog-scales), which is nobody's of ours:
"""

_STEP_3: Final = """\
STEP 3: THE FIGURES ARE THOSE OF THE ENTRIES (DuckDB)

duckdb (https://duckdb.org) answers each question twice, from the tables and straight from
{entries}, and prints both beside each other.
"""

_STEP_4: Final = """\
STEP 4: READ IT (lnav)

lnav (https://lnav.org) shows the entries in order, coloured by what deserves a look. Leave
out -n to walk through them.
"""

_WHAT_IT_SHOWS: Final = """\
WHAT IT DOES NOT SHOW

That what an entry says is true. That nothing came after the checkpoint. That the holder of
the key showed everybody the same log: compare the checkpoint with one that came to you by
another road.
"""


def readme(
    source: Source,
    checkpoint: Checkpoint,
    *,
    verified: bool,
    parquet: bool,
    signed: Sequence[Entry],
    proven: AbstractSet[int],
) -> str:
    """Return the text of README.txt.

    ``signed`` are the signatures and people's keys among the proofs, ``proven`` all entries
    that have one.
    """
    whole = source.session is None
    title = "INSPECTION PACKAGE OF " + ("A SHOT LOG" if whole else f"SESSION {source.session}")
    parts = [f"{title}\n{'=' * len(title)}\n", "".join(_figures(source, checkpoint, verified))]
    shown = _REPORTS if whole else _REPORT
    parts.append(
        _FILES.format(report=shown) + (_PARQUET if parquet else "") + (_TILES if whole else _PROOFS)
    )
    parts.append(_SHOWN.format(exact="tiles/" if whole else "proofs/"))
    parts.append(_TEXTS if source.with_texts else _NO_TEXTS)
    if not whole:
        parts.append(_ONE_SESSION)
    parts += [_STEP_1, shell("sha256sum --quiet -c MANIFEST.sha256\nsha256sum MANIFEST.sha256\n")]
    parts.append(_STEP_1_AFTER)
    parts += [_STEP_2, *(_tiles() if whole else _proofs(source, signed, proven))]
    if parquet:
        parts.append(_STEP_3.format(entries="jsonl/entries.jsonl" if whole else "proofs/"))
        parts.append(shell('cd "$PACKAGE"\nduckdb < figures.sql\n'))
    parts += [_STEP_4, shell('cd "$PACKAGE/jsonl"\nlnav -n -I . entries.jsonl\n')]
    parts.append(_WHAT_IT_SHOWS)
    return "\n".join(parts)


def _figures(source: Source, checkpoint: Checkpoint, verified: bool) -> Iterator[str]:
    yield f"  log          {checkpoint.origin}\n"
    yield f"  size         {checkpoint.size}\n"
    yield f"  root         {checkpoint.root.hex()}\n"
    yield f"  verification {'passed' if verified else 'FAILED: see verification.json'}\n"
    count = shots = given_nl = 0
    for row in _rows(source, tables.SESSION):
        count, shots = count + 1, shots + int(row["given_shots"] or 0)
        given_nl += int(row["given_nl"] or 0)
        if source.session is not None:
            yield f"  opened       {row['opened_utc']}\n"
            yield f"  closed       {row['closed_utc'] or 'not yet'}\n"
            yield f"  patient      {row['patient'] or 'none, a manikin'}\n"
    if source.session is None:
        yield f"  sessions     {count}\n"
    yield f"  given        {shots} shots, {given_nl} nl\n"
    if source.session is not None:
        for row in _rows(source, tables.DOSE):
            dose = "" if row["given_ng"] is None else f"{row['given_ng']} ng in "
            yield f"  product      {dose}{row['given_nl']} nl: {row['product']}\n"


def _rows(source: Source, table: Table) -> Iterator[dict[str, Cell]]:
    names = [column.name for column in table.columns]
    for row in source.rows(table):
        yield dict(zip(names, row, strict=True))


def _proofs(source: Source, signed: Sequence[Entry], proven: AbstractSet[int]) -> Iterator[str]:
    rotated = [each.seq for each in source.reader.entries(kinds=["key_rotated"])]
    if rotated:
        yield f"Another key followed the log's first (entry {rotated[-1]}). VKEY is the newest.\n"
    yield shell(
        'PACKAGE=$PWD\ncd "$(mktemp -d)"\n'
        f"{CHECK_NOTE}{CHECK_PROOF}{FIELD}"
        'check_note "$PACKAGE/checkpoint" "$VKEY"\n'
    )
    yield _STEP_2_PROOFS
    yield shell(
        ": > wrong.txt\n"
        'for each in "$PACKAGE"/proofs/entry-*.tlog-proof; do\n'
        '  check_proof "${each%.tlog-proof}" "$VKEY" > said.txt || cat said.txt >> wrong.txt\n'
        '  sed \'1,/^$/d\' "$each" | cmp - "$PACKAGE/checkpoint" >> wrong.txt || :\n'
        "done\n"
        'test -s wrong.txt && cat wrong.txt || echo "all of them hold"\n'
    )
    for entry in signed:
        if isinstance(entry.body, Signed):
            yield from _signature(entry.seq, entry.body, signed, proven)


def _signature(
    seq: int, body: Signed, signed: Iterable[Entry], proven: AbstractSet[int]
) -> Iterator[str]:
    keys = [
        each.seq
        for each in signed
        if isinstance(each.body, OperatorKey) and each.body.person == body.by and each.seq < seq
    ]
    if not keys:
        yield f"The key of who signed entry {seq} is not on record; it cannot be checked.\n"
        return
    at = '"$PACKAGE"/proofs/entry-'
    about = f"{at}{body.about_seq}" if body.about_seq in proven else None
    yield f"The signature in entry {seq}, with that person's own key, and what it is about:\n"
    yield shell(signature_lines(f"{at}{seq}", f"{at}{keys[-1]}", about))


def _tiles() -> Iterator[str]:
    yield shell(
        f'PACKAGE=$PWD\ncd "$(mktemp -d)"\n{CHECK_NOTE}'
        'check_note "$PACKAGE/checkpoint" "$VKEY"\n'
        'cmp "$PACKAGE/checkpoint" "$PACKAGE/tiles/checkpoint"\n'
    )
    yield _STEP_2_TILES
    yield shell(
        "python3 -c '\n"
        "import sys\n"
        "from tlog_scales import backend, reader, signing\n"
        "log = reader.TilesReader(backend.make_backend(sys.argv[1]))\n"
        "checkpoint = log.get_checkpoint()\n"
        "checkpoint.verify(signing.Vkey.from_string(sys.argv[2]))\n"
        "assert log.calculate_root_hash() == checkpoint.root_hash\n"
        '\' "$PACKAGE/tiles" "$VKEY" && echo "the tiles lead to the root"\n'
    )


# -- figures.sql ------------------------------------------------------------------------------

_ENTRIES_OF_PROOFS: Final = """\
CREATE TEMP VIEW entry AS
SELECT kind, volume_nl, counts_nl, given_nl
FROM read_json('proofs/entry-*.json', union_by_name = true, columns = {
  kind: 'VARCHAR', volume_nl: 'BIGINT', counts_nl: 'BIGINT', given_nl: 'BIGINT'
});
"""

_ENTRIES_OF_LINES: Final = """\
CREATE TEMP VIEW entry AS
SELECT kind, CAST(body ->> 'volume_nl' AS BIGINT) AS volume_nl,
  CAST(body ->> 'counts_nl' AS BIGINT) AS counts_nl,
  CAST(body ->> 'given_nl' AS BIGINT) AS given_nl
FROM read_json('jsonl/entries.jsonl', columns = {kind: 'VARCHAR', body: 'JSON'});
"""

_ASKED: Final = (
    ("shots", "count(*)", "shot", "outcome <> 'uncertain'", "count(*)", "kind = 'shot'"),
    (
        "measured_nl",
        "coalesce(sum(measured_nl), 0)",
        "shot",
        "true",
        "coalesce(sum(volume_nl), 0)",
        "kind = 'shot'",
    ),
    (
        "counted_nl",
        "coalesce(sum(counts_nl), 0)",
        "shot",
        "true",
        "coalesce(sum(counts_nl), 0)",
        "kind IN ('shot', 'uncertain')",
    ),
    ("gaps", "count(*)", "gap", "true", "count(*)", "kind = 'gap'"),
    ("alarms", "count(*)", "alarm", "true", "count(*)", "kind = 'alarm'"),
    (
        "given_nl_of_closed_sessions",
        "coalesce(sum(given_nl), 0)",
        "session",
        "closed_seq IS NOT NULL",
        "coalesce(sum(given_nl), 0)",
        "kind = 'session_closed'",
    ),
)
"""A figure, how it comes from a table, and how from the entries."""


def figures(session: str | None) -> str:
    """Return the text of figures.sql, for DuckDB."""
    asked = "UNION ALL\n".join(
        f"SELECT '{name}' AS figure,\n"  # noqa: S608 -- this file's own words
        f"  (SELECT {of_rows} FROM 'parquet/{table}.parquet' WHERE {which}) AS in_tables,\n"
        f"  (SELECT {of_entries} FROM entry WHERE {what}) AS in_entries\n"
        for name, of_rows, table, which, of_entries, what in _ASKED
    )
    start = _ENTRIES_OF_LINES if session is None else _ENTRIES_OF_PROOFS
    return "".join(
        (
            "-- For duckdb, in the package's directory: figures from tables and from entries.\n",
            start,
            "SELECT *, in_tables = in_entries AS equal FROM (\n",
            asked,
            ") AS asked;\n",
            "SELECT session, product, given_ng, given_nl, lots FROM 'parquet/dose.parquet'\n",
            "ORDER BY session, product;\n",
        )
    )
