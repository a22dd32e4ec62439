"""Checking a whole log, as its auditor does, from the bodies up.

Three witnesses are compared: the bodies, what the database derives from them
(columns, indexes, nodes, head), and the signatures. Whoever changes an entry has to
change all three; the third takes the key, and with the key it still takes a log
that nobody kept a checkpoint of.

The schema comes first, text for text: a view or a generated column that was
rewritten lies with every hash intact, so nothing of a file is run before. Then the
file is read once, in ranges, each a short transaction of its own, so that a live log
can be verified; what is added meanwhile is left for the next time. Memory does not
grow with the log, but for sessions, signatures and erased texts.

What an entry says about others is checked by the classes in ``check_*.py``. To add one:
a member of `Check`, its words, a class as `EntryCheck` describes it, a line in `_MEANINGS`.
"""

import gc
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from injector.shotlog import canonical, schema
from injector.shotlog.check import (
    NOBODY,
    EntryCheck,
    EntryCheckType,
    Feed,
    Outside,
    Reading,
    Roots,
    RunCheck,
    wanting,
)
from injector.shotlog.check_anchored import AnchoredCheck
from injector.shotlog.check_anchors import AnchorsCheck
from injector.shotlog.check_corrections import CorrectionsCheck
from injector.shotlog.check_devices import DevicesCheck
from injector.shotlog.check_grants import GrantsCheck
from injector.shotlog.check_keys import KeysCheck
from injector.shotlog.check_libraries import LibrariesCheck
from injector.shotlog.check_opening import OpeningCheck
from injector.shotlog.check_sessions import SessionsCheck
from injector.shotlog.check_signatures import SignaturesCheck
from injector.shotlog.check_succession import SuccessionCheck
from injector.shotlog.check_texts import StoredText, TextsCheck
from injector.shotlog.check_verdicts import VerdictsCheck
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import Entry, Shot, Unknown
from injector.shotlog.envelope import COMMITMENT, MalformedBodyError, commitments, unpack
from injector.shotlog.findings import Check, Code, Remark, Report, Tally
from injector.shotlog.indexes import not_in_indexes
from injector.shotlog.judging import VerdictJudge
from injector.shotlog.merkle import CACHED_HEIGHTS, Node, Peaks
from injector.shotlog.note import VerifierKey, parse_note
from injector.shotlog.reader import open_read_only
from injector.shotlog.rows import Row, check_leaves, columns_of, read_body
from injector.shotlog.shot_run import Groups, ShotRun, look, spans

Progress = Callable[[int, int], None]
"""Told how many entries of how many are done."""

_RANGE: Final = 1_000
_COLLECTED_AFTER: Final = 50_000
"""Objects that are made before garbage is looked for."""

_MEANINGS: Final[tuple[tuple[Check, EntryCheckType], ...]] = (
    (Check.IDENTITY, OpeningCheck),
    (Check.KEYS, KeysCheck),
    (Check.SUCCESSION, SuccessionCheck),
    (Check.ANCHORS, AnchorsCheck),
    (Check.ANCHORED, AnchoredCheck),
    (Check.SESSIONS, SessionsCheck),
    (Check.LIBRARIES, LibrariesCheck),
    (Check.DEVICES, DevicesCheck),
    (Check.GRANTS, GrantsCheck),
    (Check.SIGNATURES, SignaturesCheck),
    (Check.CORRECTIONS, CorrectionsCheck),
    (Check.VERDICTS, VerdictsCheck),
)
"""What is checked of entries beside their form, in this order. Texts are fed more than entries."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Verify faster within, where nothing else is done: garbage is looked for less often.

    What stands here before is not looked through again; a verify leaves next to none behind.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def verify(
    path: Path,
    *,
    against: str | Sequence[str] | None = None,
    vkey: str | None = None,
    outside: Outside = NOBODY,
    judge: VerdictJudge | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check the log at ``path`` and report; nothing is written.

    ``against`` is a checkpoint kept before (a signed note), or several of them; ``vkey`` the
    verifier key as the auditor got it, any of the log's keys; without it the key that entry 0
    names is used, and the report says so. ``outside`` are those whose receipts can be checked.
    ``judge`` gives every verdict again; without one that check is not made, and the report
    says so.

    Raises `NoteError` when one of the first two is not what it should be, `LogMissing`,
    `LogNotOurs` or `LogNewerFormat` when ``path`` is no log that this version reads.
    """
    notes = [against] if isinstance(against, str) else against or ()
    kept = tuple(_Kept(note, Checkpoint.parse(parse_note(note)[0]).size) for note in notes)
    given = None if vkey is None else VerifierKey.parse(vkey)
    db = open_read_only(path)
    try:
        audit = _Audit(db.conn, given, kept, outside, judge)
        try:
            audit.run(progress or _no_progress)
        except sqlite3.DatabaseError as error:
            audit.stopped(error)
        return audit.report()
    finally:
        db.close()


def _no_progress(_done: int, _total: int) -> None:
    return


class _Head(NamedTuple):
    """Where the log stood when the reading began, in one moment."""

    size: int
    peaks: bytes
    checkpoint: str


class _Kept(NamedTuple):
    """A checkpoint that somebody kept."""

    note: str
    size: int


_ROWS: Final = (
    "SELECT seq, CAST(body AS BLOB), leaf FROM entries "
    "WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"
)
_TEXTS: Final = (
    "SELECT seq, place, salt, CAST(text AS BLOB) FROM private_text WHERE seq BETWEEN ? AND ?"
)
_SIZES: Final = (
    "SELECT CAST(body AS BLOB) FROM entries "
    "WHERE kind IN ('signed', 'anchored', 'key_rotated') AND seq < ?"
)
"""Of the kinds whose field ``size`` says over which tree they speak."""
_ROTATED_TO: Final = (
    "SELECT json_extract(body, '$.vkey') FROM entries WHERE kind = 'key_rotated' AND seq < ?"
)
_COLUMNS: Final = (
    "SELECT seq, kind, session, serial, journal_id, journal_index FROM entries "
    "WHERE seq IN (SELECT value FROM json_each(?))"
)


class _Audit:
    """One reading of one log."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        given: VerifierKey | None,
        kept: tuple[_Kept, ...],
        outside: Outside,
        judge: VerdictJudge | None,
    ) -> None:
        self._connection = connection
        self._outside = outside
        self._given = given
        self._kept = kept
        self._judge = judge
        self._tallies = {check: Tally(check) for check in Check}
        self._peaks = Peaks()
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._size = 0
        self._root: bytes | None = None
        self._begin_checks(())

    def _begin_checks(self, sizes: Iterable[int]) -> None:
        """Make the checks of entries; ``sizes`` are those that entries speak of."""
        kept = [each.size for each in self._kept]
        roots = Roots(self._peaks, (*sizes, *kept))
        version = schema.format_of(self._connection)
        self._reading = Reading(
            roots,
            self._read_earlier,
            version,
            self._given,
            outside=self._outside,
            judge=self._judge,
        )
        self._texts = TextsCheck(self._tallies[Check.TEXTS], self._reading)
        self._meanings: tuple[EntryCheck, ...] = (
            *(make(self._tallies[check], self._reading) for check, make in _MEANINGS),
            self._texts,
        )
        self._feeds: dict[type, tuple[Feed, ...]] = {}
        self._of_shots = tuple(
            (each.feed, each.take_run if isinstance(each, RunCheck) else _one_by_one)
            for each in wanting(self._meanings, Shot)
        )
        self._written: dict[int, tuple[object, ...]] = {}
        """By ``seq`` what queries must see of the entries of a range."""
        self._runs: list[ShotRun] = []
        """Of a range too: of these, queries are asked by index."""
        # Looked at with every entry, and an enum's member is a slow key.
        self._noted = self._reading.roots.wanted

    # -- the order of things ---------------------------------------------------------

    def run(self, progress: Progress) -> None:
        """Make every check that can be made."""
        self._check_schema()
        if self._tallies[Check.SCHEMA].found:
            self._not_made(Remark.SCHEMA_DIFFERS)
            return
        self._check_integrity()
        head = self._read_head()
        if head is None:
            self._tallies[Check.HEAD].fail(Code.HEAD_MISSING)
            self._not_made(Remark.STOPPED)
            return
        self._size = head.size
        self._begin_checks(self._read_sizes(head.size))
        rows = self._connection.execute(_ROTATED_TO, (head.size,))
        self._reading.rotated_to = frozenset(vkey for (vkey,) in rows)
        self._read_entries(head, progress)
        self._root = self._peaks.root()
        self._check_head(head)
        self._check_nodes_left()
        self._texts.erased_since(self._erased_since(head.size))
        for check in self._meanings:
            check.finish()
        for name, tally in self._tallies.items():
            tally.done = name is not Check.AGAINST
        self._check_against()

    def stopped(self, error: sqlite3.DatabaseError) -> None:
        """Note that the file could not be read on; what was not finished has not passed."""
        self._tallies[Check.INTEGRITY].fail(Code.UNREADABLE, detail=str(error))
        self._root = None
        self._not_made(Remark.STOPPED)

    def report(self) -> Report:
        """Return what was found."""
        return Report(
            origin=self._reading.origin,
            vkey=None if self._reading.key is None else str(self._reading.key),
            size=self._size,
            root=self._root,
            checks=tuple(tally.result() for tally in self._tallies.values()),
        )

    def _not_made(self, remark: Remark) -> None:
        for tally in self._tallies.values():
            if not tally.done and not tally.found:
                tally.remark(remark)

    # -- the database ----------------------------------------------------------------

    def _check_schema(self) -> None:
        tally = self._tallies[Check.SCHEMA]
        for name in schema.differences(self._connection):
            tally.fail(Code.OBJECT_DIFFERS, detail=name)
        tally.counted = len(schema.expected(self._reading.format))
        tally.done = True

    def _check_integrity(self) -> None:
        tally = self._tallies[Check.INTEGRITY]
        try:
            for (line,) in self._connection.execute("PRAGMA integrity_check"):
                if line != "ok":
                    tally.fail(Code.INTEGRITY, detail=str(line)[:200])
        except sqlite3.OperationalError as error:  # a body that is no JSON; reading names it
            tally.fail(Code.INTEGRITY, detail=str(error))
        tally.done = True

    def _read_head(self) -> _Head | None:
        """Read, in one short transaction, all that must be of one moment."""
        run = self._connection.execute
        run("BEGIN")
        try:
            row = run("SELECT size, peaks, checkpoint FROM head").fetchone()
            if row is None or [type(value) for value in row] != [int, bytes, str]:
                return None
            head = _Head(*row)
            lowest, highest = run("SELECT min(seq), max(seq) FROM entries").fetchone()
            # one more than there can be, so that a table stuffed with rows costs nothing
            most = 1 + sum(head.size >> height for height in CACHED_HEIGHTS)
            rows = run("SELECT height, position, hash FROM nodes LIMIT ?", (most,))
            self._nodes = {(height, position): digest for height, position, digest in rows}
            outside = run(
                "SELECT seq FROM private_text WHERE seq < 0 OR seq >= ? LIMIT 1", (head.size,)
            ).fetchone()
        finally:
            run("ROLLBACK")
        if outside is not None:
            self._tallies[Check.TEXTS].fail(Code.TEXT_UNBOUND, seq=outside[0])
        sequence = self._tallies[Check.SEQUENCE]
        if lowest is not None and lowest < 0:
            sequence.fail(Code.BEYOND_HEAD, seq=lowest, last=-1)
        if highest is not None and highest >= head.size:
            sequence.fail(Code.BEYOND_HEAD, seq=head.size, last=highest)
        return head

    def _read_sizes(self, size: int) -> set[int]:
        """Return the sizes that entries speak of; a body that has no form names none."""
        sizes = set()
        for (body,) in self._connection.execute(_SIZES, (size,)):
            with suppress(canonical.NotCanonicalError):
                named = canonical.decode(body).get("size")
                if isinstance(named, int):
                    sizes.add(named)
        return sizes

    def _erased_since(self, size: int) -> set[tuple[int, str]]:
        """What a live log erased while it was read: that text is not missing."""
        rows = self._connection.execute(
            "SELECT json_extract(body, '$.text_seq'), json_extract(body, '$.place') "
            "FROM entries WHERE kind = 'text_erased' AND seq >= ?",
            (size,),
        )
        return {(seq, place) for seq, place in rows}

    # -- entry by entry ----------------------------------------------------------------

    def _read_entries(self, head: _Head, progress: Progress) -> None:
        sequence = self._tallies[Check.SEQUENCE]
        run = self._connection.execute
        wanted = 0
        while wanted < head.size:
            rows: list[Row] = run(_ROWS, (wanted, head.size - 1, _RANGE)).fetchall()
            if not rows:
                break
            self._texts.stored(StoredText(*row) for row in run(_TEXTS, (rows[0][0], rows[-1][0])))
            for row in rows:
                if row[0] != wanted:
                    sequence.fail(Code.MISSING, seq=wanted, last=row[0] - 1)
                wanted = row[0] + 1
            self._check_rows(rows)
            self._check_columns()
            for check in (Check.BODIES, Check.LEAVES):
                self._tallies[check].counted += len(rows)
            self._texts.end_of_range()
            progress(wanted, head.size)
        if wanted < head.size:
            sequence.fail(Code.MISSING, seq=wanted, last=head.size - 1)
        sequence.counted = self._peaks.size

    def _check_rows(self, rows: list[Row]) -> None:
        """Check a range: shots that tell the same at once, all others one by one."""
        digests = check_leaves(rows, self._tallies[Check.LEAVES])
        bodies = [body or b"" for _, body, _ in rows]
        looked = look(bodies)
        at = 0
        for are_shots, count in spans(looked):
            end = at + count
            found = [each for each in looked[at:end] if each is not None] if are_shots else []
            seqs = [row[0] for row in rows[at:end]]
            if not (found and self._check_run(seqs, bodies[at:end], digests[at:end], found)):
                for seq, body, digest in zip(seqs, bodies[at:end], digests[at:end], strict=True):
                    self._check_row(seq, body, digest)
            at = end

    def _check_row(self, seq: int, body: bytes, digest: bytes) -> None:
        entry = read_body(seq, body, self._tallies[Check.BODIES])
        if entry is not None:
            self._written[seq] = columns_of(entry)
            if COMMITMENT in body:
                self._texts.committed(seq, commitments(canonical.decode(body)))
            # What the entry says about others. Most say nothing.
            wanted = self._feeds.get(type(entry.body))
            if wanted is None:
                wanted = self._feeds_of(type(entry.body))
            for feed in wanted:
                feed(seq, entry, digest)
        self._grow(digest)

    def _check_run(
        self, seqs: list[int], bodies: list[bytes], digests: list[bytes], looked: list[Groups]
    ) -> bool:
        """Check shots that tell the same; False, and nothing done, where they must come singly."""
        run = ShotRun.of(bodies, looked)
        if run is None or seqs != list(run.seqs):
            return False
        self._runs.append(run)
        for feed, take_run in self._of_shots:
            if not take_run(run):
                for entry, digest in zip(run.entries(), digests, strict=True):
                    feed(entry.seq, entry, digest)
        append, noted = self._peaks.append, self._noted
        for digest in digests:
            for node in append(digest):
                self._check_node(node)
            if self._peaks.size in noted:
                self._reading.roots.passed()
        return True

    def _grow(self, leaf: bytes) -> None:
        """The tree has one more leaf."""
        for node in self._peaks.append(leaf):
            self._check_node(node)
        if self._peaks.size in self._noted:
            self._reading.roots.passed()

    # -- what queries see --------------------------------------------------------------

    def _check_columns(self) -> None:
        """Hold what queries see of a range against what was read.

        SQLite takes each body apart to say what stands in its columns, which is slow. Of shots
        that tell the same the indexes are asked, which queries go by; that an index holds what
        the columns say is checked by ``integrity_check``.
        """
        tally, written = self._tallies[Check.COLUMNS], self._written
        if self._runs:
            missing = not_in_indexes(self._connection, self._runs)
            tally.counted += sum(map(len, self._runs))
            for seq in sorted(missing):
                tally.fail(Code.COLUMN_DIFFERS, seq=seq)
        seen = self._read_columns(list(written))
        tally.counted += len(written)
        for seq, columns in written.items():
            if seen.get(seq) != columns:
                tally.fail(Code.COLUMN_DIFFERS, seq=seq)
        self._written, self._runs = {}, []

    def _read_columns(self, seqs: list[int]) -> dict[int, tuple[object, ...]]:
        """Read what queries see of entries; without those that SQLite cannot read."""
        try:
            rows = self._connection.execute(_COLUMNS, (json.dumps(seqs),)).fetchall()
        except sqlite3.OperationalError:  # one body that is no JSON fails the whole query
            if len(seqs) == 1:
                return {}
            middle = len(seqs) // 2
            return self._read_columns(seqs[:middle]) | self._read_columns(seqs[middle:])
        return {row[0]: row[1:] for row in rows}

    def _feeds_of(self, kind: type) -> tuple[Feed, ...]:
        """Find who wants to see entries of a kind."""
        wanted: tuple[Feed, ...] = tuple(each.feed for each in wanting(self._meanings, kind))
        if kind is Unknown:
            wanted = (*wanted, self._unknown_kind)
        self._feeds[kind] = wanted
        return wanted

    def _unknown_kind(self, _seq: int, _entry: Entry, _leaf: bytes) -> None:
        self._tallies[Check.BODIES].remark(Remark.UNKNOWN_KINDS)

    def _read_earlier(self, seq: int) -> Entry | None:
        row = self._connection.execute(_ROWS, (seq, seq, 1)).fetchone()
        if row is None or seq >= self._peaks.size:
            return None
        try:
            return unpack(row[1] or b"")
        except MalformedBodyError:
            return None

    def _check_node(self, node: Node) -> None:
        tally = self._tallies[Check.NODES]
        tally.counted += 1
        stored = self._nodes.pop((node.height, node.position), None)
        first = node.position << node.height
        last = first + (1 << node.height) - 1
        if stored is None:
            tally.fail(Code.NODE_MISSING, seq=first, last=last)
        elif stored != node.hash:
            tally.fail(Code.NODE_DIFFERS, seq=first, last=last)

    # -- the tree and its signatures -----------------------------------------------------

    def _check_nodes_left(self) -> None:
        tally = self._tallies[Check.NODES]
        for height, position in sorted(self._nodes):
            tally.fail(Code.NODE_ADDED, detail=f"{height}/{position}")

    def _check_head(self, head: _Head) -> None:
        tally = self._tallies[Check.HEAD]
        tally.counted = 1
        root = self._peaks.root()
        if head.size != self._peaks.size:
            tally.fail(Code.SIZE_DIFFERS, detail=str(head.size))
        if head.peaks != self._peaks.to_bytes():
            tally.fail(Code.PEAKS_DIFFER)
        self._reading.signed(tally, head.checkpoint, head.size, root, sound=self._reading.sound)

    def _check_against(self) -> None:
        tally = self._tallies[Check.AGAINST]
        if not self._kept:
            tally.remark(Remark.NO_CHECKPOINT)
            return
        tally.counted, tally.done = len(self._kept), True
        for note, size in self._kept:
            if size > self._peaks.size:
                tally.fail(Code.TAIL_CUT, seq=self._peaks.size, last=size - 1)
            self._reading.signed(tally, note, size, self._reading.roots.get(size))


def _one_by_one(_run: ShotRun) -> bool:
    return False
