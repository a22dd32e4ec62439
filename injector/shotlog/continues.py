"""Whether a log goes on from a checkpoint that was kept outside it.

It does when the key whose turn it was signed that checkpoint, the log is not shorter, and its root
at that size is the same. Nothing of the log is read for it but some hundred hashes, so it
is asked at every start. It trusts the stored hashes: `verify` recomputes them.
"""

from enum import StrEnum, unique

from injector.shotlog.keychain import KeyChain
from injector.shotlog.note import NoteError
from injector.shotlog.reader import LogReader
from injector.shotlog.tree import LogTree


@unique
class Break(StrEnum):
    """How a log does not go on from a checkpoint."""

    SIGNATURE = "signature"
    """No key of the log signed it, or one whose turn it was not."""
    SHORTER = "shorter"
    """The log has fewer entries."""
    ROOT = "root"
    """The log has other entries under it."""


def break_after(reader: LogReader, note: str) -> Break | None:
    """How the log does not go on from the checkpoint ``note``; None where it does."""
    try:
        checkpoint = KeyChain.of(reader).open(note)
    except NoteError:
        return Break.SIGNATURE
    try:
        root = LogTree(reader).root(checkpoint.size)
    except ValueError:
        return Break.SHORTER
    return None if root == checkpoint.root else Break.ROOT
