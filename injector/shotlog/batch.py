"""A batch of entries, made ready in memory before the database is asked anything."""

from collections.abc import Callable
from typing import Final, TypeAlias

from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import Anchor, Draft, Entry, Moment, SessionClosed
from injector.shotlog.envelope import RANDOM_BYTES, Packed, pack
from injector.shotlog.keychain import rotated
from injector.shotlog.merkle import Node, Peaks
from injector.shotlog.note import SigningKey
from injector.shotlog.vouching import KeyRotated

RandomBytes: TypeAlias = Callable[[int], bytes]
"""Gives as many unguessable bytes as it is asked for."""


class Batch:
    """Entries that follow a tree, and that tree grown by them."""

    __slots__ = ("_key", "_now", "_random_bytes", "nodes", "packed", "peaks")

    def __init__(
        self, peaks: Peaks, key: SigningKey, now: Moment, random_bytes: RandomBytes
    ) -> None:
        self.peaks: Final = peaks.copy()
        self.packed: Final[list[Packed]] = []
        self.nodes: Final[list[Node]] = []
        """The subtrees that these entries complete."""
        self._key = key
        self._now = now
        self._random_bytes = random_bytes

    def add(self, draft: Draft) -> Entry:
        """Add an entry, and an anchor after it when it closes a session."""
        entry = self._add(draft)
        if isinstance(draft.body, SessionClosed):
            anchored = self._checkpoint()
            anchor = Anchor(
                size=anchored.size,
                root=anchored.root.hex(),
                checkpoint=anchored.signed(self._key),
            )
            self._add(Draft(draft.session, anchor))
        return entry

    def put(self, packed: Packed) -> None:
        """Add an entry that was packed before for this place."""
        if packed.entry.seq != self.peaks.size:
            raise ValueError(f"entry {packed.entry.seq} is not the next one, {self.peaks.size}")
        self.packed.append(packed)
        self.nodes.extend(self.peaks.append(packed.leaf))

    def rotate(self, key: SigningKey, *, reason: str, by: str | None) -> KeyRotated:
        """Add the entry that hands over to ``key``, which signs from then on."""
        body = rotated(self._checkpoint(), self._key, key, reason=reason, by=by)
        self._add(Draft(None, body))
        self._key = key
        return body

    def checkpoint(self) -> str:
        """Return the signed checkpoint of the tree with these entries in it."""
        return self._checkpoint().signed(self._key)

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self._key.verifier.name, self.peaks.size, self.peaks.root())

    def _add(self, draft: Draft) -> Entry:
        made = pack(
            draft, self.peaks.size, self._now, self._random_bytes(RANDOM_BYTES), self._random_bytes
        )
        self.put(made)
        return made.entry
