"""The key files while the log's key is rotated, so that no crash leaves a log without one.

The new key reaches the disk first, as ``LOG.key.next``. Then the entry is committed, and
with it a head that the new key signed. Then the file gets its name, and the old secret is
overwritten. Whoever opens the log in between asks the head: the key that signed it is the
one that counts, and the other file goes. What lay on the disk before a file system moved
it, or in a backup with keys, nobody can overwrite from here.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from injector.shotlog import keys
from injector.shotlog.checkpoint import open_checkpoint
from injector.shotlog.errors import LogKeyUnusable
from injector.shotlog.files import beside, sync_folder
from injector.shotlog.note import NoteError, SigningKey, VerifierKey

_NEXT: Final = ".key.next"


def prepare(path: Path, key: SigningKey) -> None:
    """Put the key that comes next beside the log, durably."""
    destroy(beside(path, _NEXT))
    keys.write(beside(path, _NEXT), key.to_text())
    sync_folder(path)


def finish(path: Path, key: SigningKey) -> None:
    """Make the next key the log's key, which the head was signed with; destroy the old one."""
    _overwrite(beside(path, ".key"))
    beside(path, _NEXT).rename(beside(path, ".key"))
    sync_folder(path)
    replace_verifier_key(path, key)


def settle(path: Path, checkpoint: str) -> None:
    """Finish, or take back, a rotation that was cut short; ``checkpoint`` is the head's.

    Raises `LogKeyUnusable` when the file of the next key is open to others.
    """
    following = beside(path, _NEXT)
    if not following.exists():
        return
    try:
        key = keys.read(following)
    except LogKeyUnusable as error:
        if not isinstance(error.__cause__, NoteError):
            raise
        destroy(following)  # cut short while it was written: nothing was signed with it
        return
    try:
        open_checkpoint(checkpoint, key.verifier)
    except NoteError:
        destroy(following)
    else:
        finish(path, key)


def replace_verifier_key(path: Path, key: SigningKey) -> None:
    """Put the verifier key beside the log, in place of an older one."""
    new = beside(path, ".vkey.new")
    new.unlink(missing_ok=True)
    keys.write(new, str(key.verifier), 0o644)
    new.rename(beside(path, ".vkey"))
    sync_folder(path)


def is_older(path: Path, chain: tuple[VerifierKey, ...]) -> bool:
    """Whether the verifier key beside the log is one of ``chain`` but the last."""
    try:
        found = VerifierKey.parse(beside(path, ".vkey").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, or not ours to judge
        return False
    return found in chain[:-1]


def destroy(path: Path) -> None:
    """Overwrite a secret's file and remove it; nothing where there is none."""
    if path.exists():
        _overwrite(path)
        path.unlink()
        sync_folder(path)


def _overwrite(path: Path) -> None:
    with suppress(FileNotFoundError):
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(fd, b"\0" * os.fstat(fd).st_size, 0)
            os.fsync(fd)
        finally:
            os.close(fd)
