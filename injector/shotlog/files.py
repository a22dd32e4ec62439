"""Files that belong to a log, and how they reach the disk."""

import os
from collections.abc import Iterable
from pathlib import Path


def beside(path: Path, suffix: str) -> Path:
    """Return the path of a file that belongs to the log at ``path``: ``LOG`` + suffix."""
    return path.with_name(path.name + suffix)


def sync_folder(path: Path) -> None:
    """Make the names in the folder of ``path`` durable."""
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_file(path: Path) -> None:
    """Make the content of a file durable."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def copy_file(source: Path, target: Path, mode: int) -> None:
    """Copy a small file durably under a new name; FileExistsError when it is taken."""
    data = source.read_bytes()
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(fd)


def append_lines(path: Path, what: Iterable[str]) -> None:
    """Append lines to a file of the owner's own; they are on the disk when this returns."""
    lines = "".join(f"{line}\n" for line in what)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(fd).st_size
        if size and os.pread(fd, 1, size - 1) != b"\n":
            lines = "\n" + lines  # a line that was cut short stays one
        data = memoryview(lines.encode())
        while data:  # on a disk that fills up the first write is short, and the next one fails
            data = data[os.write(fd, data) :]
        os.fsync(fd)
    finally:
        os.close(fd)
    sync_folder(path)
