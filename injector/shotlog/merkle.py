"""The tree over the log: hashes, roots and proofs as in RFC 6962, section 2.1.

A leaf's hash is SHA-256(0x00 || entry), a node's SHA-256(0x01 || left || right);
the first byte keeps a leaf from passing as a node. The tree over n leaves splits
at the largest power of two below n, so it is a row of perfect subtrees, tallest
first: one for each bit set in n. Their roots, the *peaks*, are all that appending
needs, and the root is folded from them. A perfect subtree never changes again once
it is full, which is what makes a cache of some of them (`CACHED_HEIGHTS`) sound.

A proof is a list of subtree roots. *Inclusion*: this leaf stands at this place of
the tree with this root. *Consistency*: the tree with this root only grew from the
one with that root.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
CACHED_HEIGHTS: Final = (8, 16, 24)
"""Heights of the subtrees whose roots are kept: 256 leaves, as a C2SP tile is wide, and on."""

Subtree = Callable[[int, int], bytes]
"""(height, position) to the root of the perfect subtree over leaves
position * 2^height up to (position + 1) * 2^height."""


class Node(NamedTuple):
    """The root of one perfect subtree."""

    height: int
    position: int
    """The number of subtrees of the same height to its left."""
    hash: bytes


_sha256: Final = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """Return the leaf hash of an entry's bytes."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two subtrees."""
    return _sha256(b"\x01" + left + right).digest()


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the hashes of the nodes over a row of subtrees, two by two; one left is left out."""
    pairs = zip(hashes[::2], hashes[1::2], strict=False)
    return [_sha256(b"\x01" + left + right).digest() for left, right in pairs]


class Peaks:
    """The peaks of a growing tree, tallest first, and how many leaves they stand for."""

    __slots__ = ("_hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self._hashes = list(hashes)
        self.size = size
        if size < 0 or len(self._hashes) != size.bit_count():
            raise ValueError(f"{len(self._hashes)} peaks cannot stand for {size} leaves")
        if any(len(peak) != HASH_BYTES for peak in self._hashes):
            raise ValueError(f"a peak has {HASH_BYTES} bytes")

    @classmethod
    def from_bytes(cls, size: int, joined: bytes) -> "Peaks":
        """Read what `to_bytes` wrote; ValueError when it does not fit ``size``."""
        return cls(size, (joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)))

    def to_bytes(self) -> bytes:
        """Return the peaks one after the other, tallest first."""
        return b"".join(self._hashes)

    def copy(self) -> "Peaks":
        """Return peaks that can be appended to without changing these."""
        copied = Peaks()
        copied._hashes, copied.size = self._hashes.copy(), self.size
        return copied

    def append(self, leaf: bytes) -> list[Node]:
        """Add one leaf hash; return the subtrees of `CACHED_HEIGHTS` that it completed."""
        size, hashes = self.size, self._hashes
        self.size = size + 1
        if not size & 1:  # every second one completes nothing
            hashes.append(leaf)
            return []
        completed: list[Node] = []
        height = 0
        while size >> height & 1:
            leaf = _sha256(b"\x01" + hashes.pop() + leaf).digest()
            height += 1
            if height in CACHED_HEIGHTS:
                completed.append(Node(height, size >> height, leaf))
        hashes.append(leaf)
        return completed

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        if not self._hashes:
            return EMPTY_ROOT
        root = self._hashes[-1]
        for peak in reversed(self._hashes[:-1]):
            root = node_hash(peak, root)
        return root


def _largest_power_below(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def _root_of(start: int, end: int, subtree: Subtree) -> bytes:
    """The root over leaves start up to end, where start is aligned as the splits leave it."""
    count = end - start
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return subtree(height, start >> height)
    split = start + _largest_power_below(count)
    return node_hash(_root_of(start, split, subtree), _root_of(split, end, subtree))


def root_of(size: int, subtree: Subtree) -> bytes:
    """Return the root of the tree of the first ``size`` leaves, at least one."""
    if size < 1:
        raise ValueError("a tree without leaves has no subtree")
    return _root_of(0, size, subtree)


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that leaf ``index`` stands in a tree of ``size``, leaf end first."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _largest_power_below(end - start)
        if index < split:
            proof.append(_root_of(split, end, subtree))
            end = split
        else:
            proof.append(_root_of(start, split, subtree))
            start = split
    return proof[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that the tree of ``old`` leaves is a prefix of the one of ``new``."""
    if not 0 < old <= new:
        raise ValueError(f"there is no proof from {old} to {new} leaves")
    proof: list[bytes] = []
    start, end, known = 0, new, True  # known: the old root is this whole range's, as given
    while old != end:
        split = start + _largest_power_below(end - start)
        if old <= split:
            proof.append(_root_of(split, end, subtree))
            end = split
        else:
            proof.append(_root_of(start, split, subtree))
            start, known = split, False
    if not known:
        proof.append(_root_of(start, end, subtree))
    return proof[::-1]


def inclusion_holds(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Check an inclusion proof (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    node, last, computed = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            computed = node_hash(step, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, step)
        node, last = node >> 1, last >> 1
    return last == 0 and computed == root


def consistency_holds(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Check a consistency proof (RFC 9162, section 2.1.4.2).

    The tree of no leaves is a prefix of every tree: ``old`` = 0 asks for no proof and,
    since it says nothing, is refused.
    """
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if not _are_hashes(old_root, new_root, *proof):
        return False
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)  # a perfect old tree is itself the first step
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_computed = new_computed = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_computed = node_hash(step, old_computed)
            new_computed = node_hash(step, new_computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new_computed = node_hash(new_computed, step)
        node, last = node >> 1, last >> 1
    return last == 0 and old_computed == old_root and new_computed == new_root


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
