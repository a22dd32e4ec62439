"""A proof that an entry stands in the log (C2SP tlog-proof), offline and by itself.

It is a text: the entry's place, the Merkle path from its leaf to the root, and the signed
checkpoint that holds the root. Whoever has the entry's bytes and the log's verifier key
computes the root and needs nothing else. The path consists of hashes, and every entry
holds 16 random bytes, so a proof tells nothing about the entries beside it.

A proof of a live log is of one moment: size and root are both read out of one checkpoint,
and nothing below a checkpoint ever changes.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from injector.shotlog.checkpoint import Checkpoint, open_checkpoint
from injector.shotlog.errors import LogDamaged
from injector.shotlog.merkle import (
    CACHED_HEIGHTS,
    HASH_BYTES,
    inclusion_holds,
    leaf_hash,
    parents,
)
from injector.shotlog.note import NoteError, VerifierKey, parse_note
from injector.shotlog.reader import LogReader
from injector.shotlog.tree import LogTree

_FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,15})")
_MOST_HASHES: Final = 64
_TILE: Final = 8
"""How high a tile is."""


class ProofError(ValueError):
    """A text that is no proof, or a proof that does not hold."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Where an entry stands, and how to compute the root of the log from it."""

    seq: int
    """The entry's place, from 0."""
    path: tuple[bytes, ...]
    """RFC 6962 inclusion proof: the leaf's sibling first, the root's child last."""
    checkpoint: str
    """The signed note."""

    def text(self) -> str:
        """Return it as a C2SP tlog-proof."""
        hashes = "".join(f"{base64.b64encode(each).decode()}\n" for each in self.path)
        return f"{_FIRST_LINE}\nindex {self.seq}\n{hashes}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> "Proof":
        """Read a C2SP tlog-proof; `ProofError` says what is wrong with it.

        Extra data is passed over: nothing authenticates it.
        """
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != _FIRST_LINE:
            raise ProofError(f"a proof begins with {_FIRST_LINE} and ends in a checkpoint")
        if lines and lines[0].startswith("extra "):
            del lines[0]
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if index is None:
            raise ProofError("a proof names the entry: index, a space, a decimal number")
        if len(lines) > _MOST_HASHES:
            raise ProofError(f"no tree is more than {_MOST_HASHES} high")
        return cls(int(index[1]), tuple(map(_hash, lines)), checkpoint)

    def check(self, body: bytes, key: VerifierKey) -> Checkpoint:
        """Return the checkpoint under which ``body`` stands at `seq`.

        Raises `ProofError` when ``key`` did not sign the checkpoint, or the path does not
        lead from the body to its root.
        """
        try:
            checkpoint = open_checkpoint(self.checkpoint, key)
        except NoteError as error:
            raise ProofError(f"the checkpoint: {error}") from error
        if not _leads(self, body, checkpoint):
            raise ProofError("the path does not lead from this entry to the checkpoint's root")
        return checkpoint


class RememberingTree(LogTree):
    """A tree that reads a whole tile at once and keeps it: several proofs share most of them.

    A tile is what stands between two of the heights whose subtrees are stored: 256 hashes, and
    what is computed from them.
    """

    def __init__(self, reader: LogReader) -> None:
        super().__init__(reader)
        self._tiles: dict[tuple[int, int], list[list[bytes]]] = {}
        """By height and place: the hashes that stand there, and those over them, row by row."""

    @override
    def subtree(self, height: int, position: int) -> bytes:
        """Return the root of a perfect subtree; see `LogTree.subtree`."""
        base = max((each for each in CACHED_HEIGHTS if each <= height), default=0)
        if height >= base + _TILE:
            return super().subtree(height, position)
        tile = position << (height - base) >> _TILE
        if (base, tile) not in self._tiles:
            rows = [self.reader.hashes(base, tile << _TILE, 1 << _TILE)]
            for _ in range(1, _TILE):
                rows.append(parents(rows[-1]))
            self._tiles[base, tile] = rows
        row = self._tiles[base, tile][height - base]
        at = position - (tile << (_TILE - (height - base)))
        return row[at] if at < len(row) else super().subtree(height, position)


def prove(
    reader: LogReader, seq: int, checkpoint: str | None = None, tree: LogTree | None = None
) -> Proof:
    """Return the proof of entry ``seq``, under the log's newest checkpoint.

    Several proofs of one moment name the ``checkpoint``, as `LogReader.checkpoint` gave it,
    and share a ``tree`` of that reader. Costs some hundred hashes however long the log is.
    ValueError when no such entry is under the checkpoint; `LogDamaged` when what is stored
    does not prove it.
    """
    note = reader.checkpoint if checkpoint is None else checkpoint
    head = read_checkpoint(reader, note)
    if not 0 <= seq < head.size:
        raise ValueError(f"there is no entry {seq} among the log's {head.size:,}")
    try:
        proof = Proof(seq, tuple((tree or LogTree(reader)).inclusion(seq, head.size)), note)
    except ValueError as error:
        raise LogDamaged(f"{reader.path}: {error}") from error
    body = reader.bodies(seq, 1)
    if not body or not _leads(proof, body[0], head):
        raise LogDamaged(
            f"{reader.path}: entry {seq} cannot be proven: it, or a hash beside it, is not what "
            "the checkpoint signs"
        )
    return proof


def read_checkpoint(reader: LogReader, note: str) -> Checkpoint:
    """Return what a log's own checkpoint says; `LogDamaged` when it is none.

    Its signature is for those to check who have the key from elsewhere.
    """
    try:
        return Checkpoint.parse(parse_note(note)[0])
    except NoteError as error:
        raise LogDamaged(f"{reader.path}: the checkpoint: {error}") from error


def _leads(proof: Proof, body: bytes, checkpoint: Checkpoint) -> bool:
    leaf = leaf_hash(body)
    return inclusion_holds(leaf, proof.seq, checkpoint.size, proof.path, checkpoint.root)


def _hash(line: str) -> bytes:
    try:
        digest = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError("a proof's hashes are base64") from error
    if len(digest) != HASH_BYTES or base64.b64encode(digest).decode() != line:
        raise ProofError(f"a proof's hashes are {HASH_BYTES} bytes each")
    return digest
