"""What somebody can do to a log who owns the file, knows the format and has time.

They take the triggers away, change what they like, and make everything fit that can be made
to fit: leaf hashes, stored subtrees, peaks, sizes. What they lack is the key; a few tests
hand it to them.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from injector.shotlog import canonical
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.merkle import Node, Peaks, leaf_hash
from injector.shotlog.note import SigningKey

Fields = dict[str, Any]

STRANGER_SEED = bytes(range(32))


@contextmanager
def owner(path: Path) -> Iterator[sqlite3.Connection]:
    """The file open past its triggers, which are put back letter for letter."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)
    finally:
        connection.close()


def bodies(path: Path) -> list[Fields]:
    """Every body of a log, in order."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute("SELECT CAST(body AS BLOB) FROM entries ORDER BY seq").fetchall()
    finally:
        connection.close()
    return [canonical.decode(body) for (body,) in rows]


def seqs(path: Path, kind: str) -> list[int]:
    """Where the entries of a kind stand."""
    return [at for at, fields in enumerate(bodies(path)) if fields["kind"] == kind]


def stranger(path: Path) -> SigningKey:
    """A key of somebody else's, under this log's name."""
    return SigningKey(str(bodies(path)[0]["origin"]), STRANGER_SEED)


def rewrite(
    path: Path,
    change: Callable[[list[Fields]], object],
    *,
    key: SigningKey | None = None,
    anchors: bool = False,
    raw: Callable[[int, bytes], bytes] = lambda _seq, body: body,
) -> None:
    """Change the list of bodies, and make all of the database fit it.

    Entries are numbered anew, texts stay with the entries that they were in. The head is
    signed with ``key``, or a stranger's; with ``anchors`` so is every anchor. ``raw`` changes
    a body's bytes after all else.
    """
    made = bodies(path)
    before = {id(fields): fields["seq"] for fields in made}
    change(made)
    signer = key or stranger(path)
    peaks, rows, nodes = Peaks(), [], list[Node]()
    for seq, fields in enumerate(made):
        fields["seq"] = seq
        if anchors and fields["kind"] == "anchor":
            stands = Checkpoint(signer.verifier.name, seq, peaks.root())
            note = stands.signed(signer)
            fields.update(size=seq, root=stands.root.hex(), checkpoint=note)
        body = raw(seq, canonical.encode(fields))
        rows.append((seq, body.decode(), leaf_hash(body)))
        nodes += peaks.append(rows[-1][2])
    head = Checkpoint(signer.verifier.name, peaks.size, peaks.root()).signed(signer)
    moved = {before[id(fields)]: seq for seq, fields in enumerate(made) if id(fields) in before}
    with owner(path) as db:
        db.execute("BEGIN")
        texts = db.execute("SELECT seq, place, salt, text FROM private_text").fetchall()
        for table in ("entries", "nodes", "private_text"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 -- three words of ours
        db.executemany("INSERT INTO entries (seq, body, leaf) VALUES (?, ?, ?)", rows)
        db.executemany("INSERT INTO nodes (height, position, hash) VALUES (?, ?, ?)", nodes)
        db.executemany(
            "INSERT INTO private_text (seq, place, salt, text) VALUES (?, ?, ?, ?)",
            [(moved[seq], *rest) for seq, *rest in texts if seq in moved],
        )
        db.execute(
            "UPDATE head SET size = ?, peaks = ?, checkpoint = ?",
            (peaks.size, peaks.to_bytes(), head),
        )
        db.execute("COMMIT")


def cut_back(path: Path, checkpoint: str) -> None:
    """Cut the log back to a checkpoint of its own that somebody still has."""
    lines = checkpoint.split("\n")
    size = int(lines[1])
    rewrite(path, lambda made: made.__delitem__(slice(size, None)))
    with owner(path) as db:
        db.execute("UPDATE head SET checkpoint = ?", (checkpoint,))
