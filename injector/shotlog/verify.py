"""Checking a whole log, as its auditor does, from the bodies up.

Three witnesses are compared: the bodies, what the database derives from them
(columns, indexes, nodes, head), and the signatures. Whoever changes an entry has to
change all three; the third takes the key, and with the key it still takes a log
that nobody kept a checkpoint of.

The schema comes first, text for text: a view or a generated column that was
rewritten lies with every hash intact, so nothing of a file is run before. Then the
file is read once, in ranges, each a short transaction of its own, so that a live log
can be verified; what is added meanwhile is left for the next time. Memory does not
grow with the log, but for sessions and erased texts.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from injector.shotlog import canonical, schema
from injector.shotlog.check_sessions import SessionsCheck
from injector.shotlog.check_texts import StoredText, TextsCheck
from injector.shotlog.checkpoint import Checkpoint, open_checkpoint
from injector.shotlog.entries import Anchor, Entry, LogOpened, TextErased, Unknown
from injector.shotlog.envelope import MalformedBodyError, commitments, may_commit, read_fields
from injector.shotlog.findings import Check, Code, Remark, Report, Tally
from injector.shotlog.merkle import CACHED_HEIGHTS, EMPTY_ROOT, Node, Peaks, leaf_hash
from injector.shotlog.note import NoteError, VerifierKey, parse_note
from injector.shotlog.reader import open_read_only

Progress = Callable[[int, int], None]
"""Told how many entries of how many are done."""

_RANGE: Final = 1_000


def verify(
    path: Path,
    *,
    against: str | None = None,
    vkey: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check the log at ``path`` and report; nothing is written.

    ``against`` is a checkpoint kept before (a signed note), ``vkey`` the verifier key as
    the auditor got it; without it the key that entry 0 names is used, and the report
    says so. Raises `NoteError` when one of the two is not what it should be,
    `LogMissing`, `LogNotOurs` or `LogNewerFormat` when ``path`` is no log that this
    version reads.
    """
    kept = None if against is None else Checkpoint.parse(parse_note(against)[0])
    given = None if vkey is None else VerifierKey.parse(vkey)
    db = open_read_only(path)
    try:
        audit = _Audit(db.conn, given, against, kept)
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


class _Row(NamedTuple):
    seq: int
    body: bytes | None
    """None where the file was edited to hold no text."""
    leaf: bytes


_ROWS: Final = (
    "SELECT seq, CAST(body AS BLOB), leaf FROM entries "
    "WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"
)
_TEXTS: Final = (
    "SELECT seq, place, salt, CAST(text AS BLOB) FROM private_text WHERE seq BETWEEN ? AND ?"
)
_COLUMNS: Final = (
    "SELECT seq, kind, session, serial, journal_id, journal_index FROM entries "
    "WHERE seq BETWEEN ? AND ?"
)


class _Audit:
    """One reading of one log."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        given: VerifierKey | None,
        against: str | None,
        kept: Checkpoint | None,
    ) -> None:
        self._connection = connection
        self._key = given
        self._against = against
        self._kept = kept
        self._kept_root: bytes | None = EMPTY_ROOT if kept is not None and not kept.size else None
        self._tallies = {check: Tally(check) for check in Check}
        self._sessions = SessionsCheck(self._tallies[Check.SESSIONS])
        self._texts = TextsCheck(self._tallies[Check.TEXTS])
        self._peaks = Peaks()
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._size = 0
        self._origin: str | None = None
        self._sound = 0
        """Entries known to be unchanged: up to here a signed root agreed."""
        self._root: bytes | None = None

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
        self._read_entries(head, progress)
        self._root = self._peaks.root()
        self._check_head(head)
        self._check_nodes_left()
        if self._origin is None:
            self._tallies[Check.IDENTITY].fail(Code.NOT_OPENED, seq=0)
        self._sessions.finish()
        self._texts.finish(self._erased_since(head.size))
        for check, tally in self._tallies.items():
            tally.done = check is not Check.AGAINST
        self._check_against()

    def stopped(self, error: sqlite3.DatabaseError) -> None:
        """Note that the file could not be read on; what was not finished has not passed."""
        self._tallies[Check.INTEGRITY].fail(Code.UNREADABLE, detail=str(error))
        self._root = None
        self._not_made(Remark.STOPPED)

    def report(self) -> Report:
        """Return what was found."""
        return Report(
            origin=self._origin,
            vkey=None if self._key is None else str(self._key),
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
        tally.counted = len(schema.expected())
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
        wanted = 0
        while wanted < head.size:
            run = self._connection.execute
            rows = [_Row(*row) for row in run(_ROWS, (wanted, head.size - 1, _RANGE))]
            if not rows:
                break
            span = rows[0].seq, rows[-1].seq
            self._texts.stored(StoredText(*row) for row in run(_TEXTS, span))
            columns = self._read_columns(*span)
            for row in rows:
                if row.seq != wanted:
                    sequence.fail(Code.MISSING, seq=wanted, last=row.seq - 1)
                self._check_row(row, columns.get(row.seq))
                wanted = row.seq + 1
            self._texts.end_of_range()
            progress(wanted, head.size)
        if wanted < head.size:
            sequence.fail(Code.MISSING, seq=wanted, last=head.size - 1)
        sequence.counted = self._peaks.size

    def _check_row(self, row: _Row, columns: tuple[object, ...] | None) -> None:
        bodies, leaves = self._tallies[Check.BODIES], self._tallies[Check.LEAVES]
        bodies.counted += 1
        leaves.counted += 1
        body = row.body or b""
        digest = leaf_hash(body)
        if digest != row.leaf:
            leaves.fail(Code.LEAF_DIFFERS, seq=row.seq)
        try:
            fields = canonical.decode(body)
            entry = read_fields(fields)
        except (canonical.NotCanonicalError, MalformedBodyError) as error:
            bodies.fail(Code.MALFORMED, seq=row.seq, detail=str(error)[:200])
        else:
            if entry.seq != row.seq:
                bodies.fail(Code.OUT_OF_PLACE, seq=row.seq, detail=str(entry.seq))
            get = fields.get
            own = get("kind"), get("session"), get("serial"), get("journal_id"), get("index")
            self._tallies[Check.COLUMNS].counted += 1
            if columns != own:
                self._tallies[Check.COLUMNS].fail(Code.COLUMN_DIFFERS, seq=row.seq)
            if may_commit(body):
                self._texts.committed(row.seq, commitments(fields))
            self._check_meaning(row.seq, entry)
        for node in self._peaks.append(digest):
            self._check_node(node)
        if self._kept is not None and self._peaks.size == self._kept.size:
            self._kept_root = self._peaks.root()

    def _read_columns(self, first: int, last: int) -> dict[int, tuple[object, ...]]:
        """Read what queries see of a range; without the entries that SQLite cannot read."""
        try:
            rows = self._connection.execute(_COLUMNS, (first, last)).fetchall()
        except sqlite3.OperationalError:  # one body that is no JSON fails the whole query
            if first == last:
                return {}
            middle = (first + last) // 2
            return self._read_columns(first, middle) | self._read_columns(middle + 1, last)
        return {row[0]: row[1:] for row in rows}

    def _check_meaning(self, seq: int, entry: Entry) -> None:
        """What one entry says about others. Most say nothing."""
        self._sessions.feed(seq, entry)
        body = entry.body
        if isinstance(body, LogOpened):
            self._check_opening(seq, body)
        elif isinstance(body, Anchor):
            self._check_anchor(seq, body)
        elif isinstance(body, TextErased):
            self._texts.erased(seq, body)
        elif isinstance(body, Unknown):
            self._tallies[Check.BODIES].remark(Remark.UNKNOWN_KINDS)

    def _check_opening(self, seq: int, body: LogOpened) -> None:
        tally = self._tallies[Check.IDENTITY]
        tally.counted += 1
        if seq:
            tally.fail(Code.OPENED_AGAIN, seq=seq)
            return
        self._origin = body.origin
        try:
            named = VerifierKey.parse(body.vkey)
        except NoteError as error:
            tally.fail(Code.MALFORMED, seq=seq, detail=str(error))
            return
        if self._key is None:
            self._key = named
            tally.remark(Remark.KEY_OF_THE_LOG)
        elif self._key != named:
            tally.fail(Code.OTHER_KEY, seq=seq, detail=str(named))
        if named.name != body.origin or body.format != schema.FORMAT:
            tally.fail(Code.ORIGIN_DIFFERS, seq=seq, detail=named.name)

    def _check_anchor(self, seq: int, body: Anchor) -> None:
        tally = self._tallies[Check.ANCHORS]
        tally.counted += 1
        root = self._peaks.root()
        if body.size != seq:
            tally.fail(Code.SIZE_DIFFERS, seq=seq, detail=str(body.size))
        elif bytes.fromhex(body.root) != root:
            tally.fail(Code.ROOT_DIFFERS, seq=self._sound, last=seq - 1)
        elif self._signed(tally, body.checkpoint, body.size, root, seq=seq):
            self._sound = seq

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
        self._signed(tally, head.checkpoint, head.size, root, sound=self._sound)

    def _check_against(self) -> None:
        tally = self._tallies[Check.AGAINST]
        if self._kept is None or self._against is None:
            tally.remark(Remark.NO_CHECKPOINT)
            return
        tally.counted, tally.done = 1, True
        if self._kept.size > self._peaks.size:
            tally.fail(Code.TAIL_CUT, seq=self._peaks.size, last=self._kept.size - 1)
        self._signed(tally, self._against, self._kept.size, self._kept_root)

    def _signed(
        self,
        tally: Tally,
        note: str,
        size: int,
        root: bytes | None,
        *,
        seq: int | None = None,
        sound: int = 0,
    ) -> bool:
        """Check that ``note`` is this log's checkpoint of that size and root.

        ``root`` is None where the log has no tree of that size; said elsewhere then.
        ``seq`` is the entry that holds the note; below ``sound`` all is known to be right.
        """
        if self._key is None:
            tally.fail(Code.SIGNATURE, seq=seq, detail="no key")
            return False
        try:
            checkpoint = open_checkpoint(note, self._key)
        except NoteError as error:
            tally.fail(Code.SIGNATURE, seq=seq, detail=str(error))
            return False
        if checkpoint.size != size:
            tally.fail(Code.SIZE_DIFFERS, seq=seq, detail=str(checkpoint.size))
            return False
        if root is not None and checkpoint.root != root:
            tally.fail(Code.ROOT_DIFFERS, seq=min(sound, size), last=size - 1)
            return False
        return root is not None
