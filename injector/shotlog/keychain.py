"""The keys of a log, one after the other, and which of them signs for which tree.

Theory
------
A log has one key at a time. When it is rotated the old and the new key sign together: the
checkpoint of the tree so far, and a *handover* that names log, tree and new key. So who
holds any key of the chain can follow it to the newest. What that is worth differs:

* The *newest* key signs the head, and the head's root covers every entry, the handovers
  too. It vouches for all of it.
* An *older* key vouches for the entries up to its handover, and for the key it named there.
  If its secret got out, somebody else may have named another one: then only the newest key,
  as it was handed over by a person, or a kept checkpoint tells.

A checkpoint of ``size`` entries counts when the key signed it whose turn it was at that
size. At the size of a handover it was both keys' turn. An old key's checkpoint over a
later tree is another history, however well it is signed.
"""

import base64
from typing import Final

from injector.shotlog.checkpoint import Checkpoint, open_checkpoint
from injector.shotlog.note import (
    NoteError,
    SigningKey,
    VerifierKey,
    open_note,
    parse_note,
    sign_together,
)
from injector.shotlog.reader import LogReader
from injector.shotlog.vouching import KeyRotated

_HANDOVER: Final = "injector key 1"


def handover_text(tree: Checkpoint, key: VerifierKey) -> str:
    """Return what both keys sign: the next entry of that tree hands over to ``key``."""
    root = base64.b64encode(tree.root).decode()
    return f"{_HANDOVER}\n{tree.origin}\n{tree.size}\n{root}\nkey {key}\n"


def rotated(
    tree: Checkpoint, old: SigningKey, new: SigningKey, *, reason: str, by: str | None
) -> KeyRotated:
    """Return the entry that follows ``tree`` and hands over from one key to the other."""
    keys = (old, new)
    return KeyRotated(
        vkey=str(new.verifier),
        size=tree.size,
        root=tree.root.hex(),
        checkpoint=sign_together(tree.text(), keys),
        handover=sign_together(handover_text(tree, new.verifier), keys),
        reason=reason,
        by=by,
    )


class KeyChain:
    """The keys of one log, the first one first."""

    def __init__(self, first: VerifierKey) -> None:
        self._keys: Final = [first]
        self._from: Final = [0]
        """For each key the size at which it began to sign."""

    @classmethod
    def of(cls, reader: LogReader) -> "KeyChain":
        """Return the chain that a log tells of; nothing of it is checked."""
        chain = cls(VerifierKey.parse(reader.opened.vkey))
        for entry in reader.entries(kinds=("key_rotated",)):
            if isinstance(entry.body, KeyRotated):
                chain.add(VerifierKey.parse(entry.body.vkey), entry.seq)
        return chain

    @property
    def newest(self) -> VerifierKey:
        """The key that signs now."""
        return self._keys[-1]

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """All of them, the first one first."""
        return tuple(self._keys)

    def add(self, key: VerifierKey, size: int) -> None:
        """Go on with ``key``, handed over by the entry ``size``."""
        self._keys.append(key)
        self._from.append(size)

    def after(self, key: VerifierKey) -> int | None:
        """Return how many keys came after that one; None when it is none of them."""
        return len(self._keys) - 1 - self._keys.index(key) if key in self._keys else None

    def at(self, size: int) -> tuple[VerifierKey, ...]:
        """Return the keys that may sign the checkpoint of ``size`` entries: one, or both."""
        ends = [*self._from[1:], None]
        return tuple(
            key
            for key, first, last in zip(self._keys, self._from, ends, strict=True)
            if first <= size and (last is None or size <= last)
        )

    def open(self, note: str) -> Checkpoint:
        """Return the checkpoint in ``note`` when the key whose turn it was signed it.

        Raises `NoteError` as `open_checkpoint` does.
        """
        size = Checkpoint.parse(parse_note(note)[0]).size
        wrong = NoteError("no key signs for that size")
        for key in self.at(size):
            try:
                return open_checkpoint(note, key)
            except NoteError as error:
                wrong = error
        raise wrong

    def follow(self, body: KeyRotated, seq: int, root: bytes) -> None:
        """Go on with the key that the entry ``seq`` hands over to.

        ``root`` is that of the tree before it. Raises `NoteError` when the entry does not
        show that the holder of the key before it meant just that.
        """
        key = VerifierKey.parse(body.vkey)
        tree = Checkpoint(self.newest.name, seq, root)
        if key.name != tree.origin:
            raise NoteError("the new key is named as another log's")
        if key in self._keys:
            raise NoteError("the new key signed for this log before")
        for signer in (self.newest, key):
            if open_note(body.checkpoint, signer) != tree.text():
                raise NoteError("the checkpoint is not that of the entries before it")
            if open_note(body.handover, signer) != handover_text(tree, key):
                raise NoteError("the handover says something else than the entry")
        self.add(key, seq)
