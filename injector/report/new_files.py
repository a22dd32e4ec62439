"""New files and directories that get their names last, and never take another's place.

What is handed to somebody must be whole: it is written under another name in the same
directory, flushed to the disk, and named only then. A process that is killed leaves a file
whose name begins with a dot and ``unfinished``. Only the owner may read what is made here,
since it tells of patients, if only by random ids; who hands it on decides.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

UNFINISHED: Final = ".unfinished-"
"""How the names of what is not whole begin."""


class ExistsError(ValueError):
    """There is something in that place already; nothing was written over it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is there already; nothing is written over it")


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write, which is at ``path`` once the context ends in order.

    Raises `ExistsError` where something is there already, OSError when it cannot be written.
    """
    _refuse_taken(path)
    fd, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(fd, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _name(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a directory to fill, which is at ``path`` once the context ends in order.

    An empty directory may be there. Raises `ExistsError` where anything else is.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=path.parent))
    try:
        yield making
        for each in making.rglob("*"):
            if each.is_dir():
                sync_folder(each)
        sync_folder(making)
        try:
            making.rename(path)  # over an empty directory only
        except OSError as error:
            if path.exists():
                raise ExistsError(path) from error
            raise
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Bring a directory's names to the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _refuse_taken(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise ExistsError(path)


def _name(unfinished: Path, path: Path) -> None:
    try:
        path.hardlink_to(unfinished)  # unlike a rename, it never takes another's place
    except FileExistsError as error:
        raise ExistsError(path) from error
    except OSError:  # a stick whose file system knows no links
        _refuse_taken(path)
        unfinished.rename(path)
