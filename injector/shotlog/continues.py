"""Whether a log goes on from a checkpoint that was kept outside it.

It does when a key of the log signed that checkpoint, the log is not shorter, and its root
at that size is the same. Nothing of the log is read for it but some hundred hashes, so it
is asked at every start. It trusts the stored hashes: `verify` recomputes them.
"""

from enum import StrEnum, unique

from injector.shotlog.checkpoint import Checkpoint, open_checkpoint
from injector.shotlog.note import NoteError, VerifierKey
from injector.shotlog.reader import LogReader
from injector.shotlog.tree import LogTree
from injector.shotlog.vouching import KeyRotated


@unique
class Break(StrEnum):
    """How a log does not go on from a checkpoint."""

    SIGNATURE = "signature"
    """No key of the log signed it."""
    SHORTER = "shorter"
    """The log has fewer entries."""
    ROOT = "root"
    """The log has other entries under it."""


def keys_of(reader: LogReader) -> tuple[VerifierKey, ...]:
    """Return every key that signs or signed for the log, as the log itself names them."""
    texts = [reader.vkey]
    texts += [
        entry.body.vkey
        for entry in reader.entries(kinds=["key_rotated"])
        if isinstance(entry.body, KeyRotated)
    ]
    return tuple(VerifierKey.parse(text) for text in texts)


def signed_by_any(note: str, keys: tuple[VerifierKey, ...]) -> Checkpoint | None:
    """Return the checkpoint in ``note`` when one of ``keys`` signed it."""
    for key in keys:
        try:
            return open_checkpoint(note, key)
        except NoteError:
            continue
    return None


def break_after(reader: LogReader, note: str) -> Break | None:
    """How the log does not go on from the checkpoint ``note``; None where it does."""
    checkpoint = signed_by_any(note, keys_of(reader))
    if checkpoint is None:
        return Break.SIGNATURE
    try:
        root = LogTree(reader).root(checkpoint.size)
    except ValueError:
        return Break.SHORTER
    return None if root == checkpoint.root else Break.ROOT
