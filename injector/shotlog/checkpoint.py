"""Checkpoints (C2SP tlog-checkpoint): origin, size and root of the tree, signed.

Three lines of text, then a signed note over them (`note`). Whoever keeps a
checkpoint can find every later change to the entries under it.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from injector.shotlog.merkle import HASH_BYTES
from injector.shotlog.note import NoteError, SigningKey, VerifierKey, open_note

_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log at one size."""

    origin: str
    """The log's name: the name of the key that signs for it."""
    size: int
    """Entries in the tree."""
    root: bytes
    """RFC 6962 root over them, 32 bytes."""

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, key: SigningKey) -> str:
        """Return the signed note."""
        return key.sign(self.text())

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note's text. Extension lines are refused: nobody can audit them."""
        lines = text.split("\n")
        if len(lines) != _LINES + 1 or lines[_LINES]:
            raise NoteError("a checkpoint is three lines: origin, size, root")
        origin, size, root = lines[:_LINES]
        if not origin:
            raise NoteError("a checkpoint names its origin")
        if not (size.isascii() and size.isdigit() and len(size) <= 16 and str(int(size)) == size):
            raise NoteError("a checkpoint's size is a decimal number")
        try:
            digest = base64.b64decode(root, validate=True)
        except (binascii.Error, ValueError) as error:
            raise NoteError("a checkpoint's root is base64") from error
        checkpoint = cls(origin, int(size), digest)
        if len(digest) != HASH_BYTES or checkpoint.text() != text:
            raise NoteError(f"a checkpoint's root is {HASH_BYTES} bytes")
        return checkpoint


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint in ``note`` when ``key`` signed it and is its origin's key."""
    checkpoint = Checkpoint.parse(open_note(note, key))
    if checkpoint.origin != key.name:
        raise NoteError("the checkpoint is of another log than the key")
    return checkpoint
