"""The signing key of a log: a file of its own, outside the database.

``LOG.key`` holds the secret, readable by its owner alone; ``LOG.vkey`` holds the
verifier key for whoever audits. Keep a copy of the second somewhere else: it is
what a signature is worth.

The key's name is the log's origin, ``injector.invalid/`` and 128 random bits. The
C2SP formats want a URL without a scheme that no other log has. ``.invalid`` is
reserved for names that belong to nobody (RFC 2606), so no domain is claimed, and
the random part alone makes it unique.
"""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from injector.shotlog.errors import LogKeyUnusable
from injector.shotlog.files import sync_folder
from injector.shotlog.note import SEED_BYTES, NoteError, SigningKey

_ORIGIN_PREFIX: Final = "injector.invalid/"
_ORIGIN_BYTES: Final = 16
_OWNER_ONLY: Final = 0o600
_FOLLOWED: Final = ".followed"
_NOT_OURS_TO_WRITE: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


def make(random_bytes: Callable[[int], bytes]) -> SigningKey:
    """Return a new key under a new origin."""
    origin = _ORIGIN_PREFIX + random_bytes(_ORIGIN_BYTES).hex()
    return SigningKey(origin, random_bytes(SEED_BYTES))


def write(path: Path, text: str, mode: int = _OWNER_ONLY) -> None:
    """Write a new file durably; FileExistsError when there is one."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(fd)


def reserve(path: Path) -> None:
    """Make a new empty file that only its owner may read; FileExistsError when there is one."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY))


def put_out_of_use(path: Path) -> bool:
    """Give a key file another name, by which no log is opened to write.

    Whether it has it now: not where this user cannot write in that folder, and so no log either.
    """
    try:
        path.rename(_followed(path))
        sync_folder(path)
    except OSError as error:
        if error.errno not in _NOT_OURS_TO_WRITE:
            raise
        return False
    return True


def _followed(path: Path) -> Path:
    return path.with_name(path.name + _FOLLOWED)


def read(path: Path) -> SigningKey:
    """Read a key file; `LogKeyUnusable` when it is missing, open to others, or no key."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise LogKeyUnusable(
                    f"{path}: others may read or change the signing key (mode {mode:04o}); "
                    f"chmod 600 {path.name}, and ask who did"
                )
            return SigningKey.parse(file.read())
    except FileNotFoundError as error:
        if _followed(path).exists():
            raise LogKeyUnusable(
                f"{path}: another log follows this one, so that its key was put out of use as "
                f"{_followed(path).name}; nothing can be added to it"
            ) from error
        raise LogKeyUnusable(
            f"{path}: the log's signing key is missing; without it nothing can be added"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise LogKeyUnusable(f"{path}: the signing key cannot be read") from error
    except NoteError as error:
        raise LogKeyUnusable(f"{path}: {error}") from error
