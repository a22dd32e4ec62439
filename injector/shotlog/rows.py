"""One row by itself: its leaf hash, its form, and what queries must see of it.

Nothing here reads the database: a row is judged by its bytes alone, so that a test can try
every one of its bits.
"""

from collections.abc import Sequence
from typing import TypeAlias

from injector.shotlog.entries import Entry, Unknown
from injector.shotlog.envelope import MalformedBodyError, unpack
from injector.shotlog.findings import Code, Tally
from injector.shotlog.merkle import leaf_hash

Row: TypeAlias = tuple[int, bytes | None, bytes]
"""``seq``, body (None where the file was edited to hold no text), leaf hash."""


def check_leaves(rows: Sequence[Row], tally: Tally) -> list[bytes]:
    """Hash the bodies of a range and hold them against the hashes that are stored.

    Returns the hashes as they were computed: the tree is made of these.
    """
    digests = [leaf_hash(body or b"") for _, body, _ in rows]
    if digests != [leaf for _, _, leaf in rows]:
        for digest, (seq, _, leaf) in zip(digests, rows, strict=True):
            if digest != leaf:
                tally.fail(Code.LEAF_DIFFERS, seq=seq)
    return digests


def read_body(seq: int, body: bytes, tally: Tally) -> Entry | None:
    """Read the body that stands at ``seq``; None where it has not the form of an entry.

    An entry that says it stands elsewhere is found, and returned.
    """
    try:
        entry = unpack(body)
    except MalformedBodyError as error:
        tally.fail(Code.MALFORMED, seq=seq, detail=str(error)[:200])
        return None
    if entry.seq != seq:
        tally.fail(Code.OUT_OF_PLACE, seq=seq, detail=str(entry.seq))
    return entry


def columns_of(entry: Entry) -> tuple[object, ...]:
    """Return what queries must see of an entry, by what it says."""
    body = entry.body
    fields = body.fields if isinstance(body, Unknown) else body.__dict__
    get = fields.get
    return body.kind, entry.session, get("serial"), get("journal_id"), get("index")
