"""What permanent memory is made of: cells that keep what was written to them.

A cell is written whole or not at all, as a page of FRAM or a sector with its
checksum is. What is written survives a power cut. Everything above this file
sees memory only through :class:`Medium`, so a worn or damaged memory is another
implementation of it and no branch in the firmware.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol
from zlib import crc32

_COMPACT_LINES: Final = 4096
"""How many lines a state file may grow by before it is written anew."""
_HEADER: Final = b"the permanent memory of a simulated gun, 1\n"


class Medium(Protocol):
    """Cells by name. Both methods may be called at any time."""

    def write(self, cell: str, data: bytes) -> None:
        """Put ``data`` into ``cell``; once this returns it survives a power cut."""
        ...

    def read(self, cell: str) -> bytes | None:
        """Return what ``cell`` holds; None where nothing was ever written."""
        ...


class HeldMedium:
    """Cells in this process: they survive a simulated power cut, and no more."""

    def __init__(self) -> None:
        self._cells: dict[str, bytes] = {}

    def write(self, cell: str, data: bytes) -> None:
        """See :class:`Medium`."""
        self._cells[cell] = data

    def read(self, cell: str) -> bytes | None:
        """See :class:`Medium`."""
        return self._cells.get(cell)


class StateFileError(Exception):
    """A state file cannot be used. The message names the file and what is wrong."""


class FileMedium:
    """Cells in a file: they survive the end of the process too.

    Each write appends one line with its own CRC-32 and waits for the disk. A line
    that was left unfinished is the last one, has no end and never happened. After
    ``compact_after`` lines the file is written anew beside the old one and takes its
    place in one step.

    One process at a time holds the file (``flock``). Raises ``StateFileError``
    where it is held, cannot be read or is no state file.
    """

    def __init__(self, path: Path, *, compact_after: int = _COMPACT_LINES) -> None:
        self._path = path
        self._compact_after = compact_after
        self._cells: dict[str, bytes] = {}
        self._lines = 0
        self._file = _open_held(path)
        try:
            self._load()
            self._compact()
        except BaseException:
            os.close(self._file)
            raise

    def write(self, cell: str, data: bytes) -> None:
        """See :class:`Medium`."""
        if self._cells.get(cell) == data:
            return
        try:
            _write_all(self._file, _line(cell, data))
            os.fsync(self._file)
            self._cells[cell] = data
            self._lines += 1
            if self._lines > self._compact_after:
                self._compact()
        except OSError as error:  # the gun ends: what it could not write, it must not do
            raise StateFileError(f"{self._path}: {error.strerror}") from error

    def read(self, cell: str) -> bytes | None:
        """See :class:`Medium`."""
        return self._cells.get(cell)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)

    def _load(self) -> None:
        data = self._path.read_bytes()
        if not data:
            return
        # What stands after the last line's end was never finished.
        header, *lines = data.split(b"\n")[:-1] or [b""]
        if header + b"\n" != _HEADER:
            raise StateFileError(
                f"{self._path}, line 1: not a gun's state; give a path that is free, "
                "or a file that this command has made"
            )
        for number, line in enumerate(lines, start=2):
            record = _record(line)
            if record is None:
                raise StateFileError(f"{self._path}, line {number}: damaged; give another path")
            self._cells[record[0]] = record[1]

    def _compact(self) -> None:
        beside = self._path.with_name(self._path.name + ".new")
        beside.unlink(missing_ok=True)
        fresh = _open_held(beside)
        _write_all(fresh, _HEADER + b"".join(_line(*item) for item in self._cells.items()))
        os.fsync(fresh)
        beside.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        os.close(self._file)
        self._file = fresh
        self._lines = 0


def _open_held(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateFileError(f"{path}: {error.strerror}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        raise StateFileError(f"{path}: another simulated gun holds this state") from error
    return file


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _line(cell: str, data: bytes) -> bytes:
    text = json.dumps([cell, data.hex()]).encode("ascii")
    return b"%08x %s\n" % (crc32(text), text)


def _record(line: bytes) -> tuple[str, bytes] | None:
    check, _, text = line.partition(b" ")
    if check != b"%08x" % crc32(text):
        return None
    match json.loads(text):
        case [str(cell), str(data)]:
            return cell, bytes.fromhex(data)
        case _:
            return None


def slots(prefix: str, count: int) -> Iterator[str]:
    """Yield the names of ``count`` numbered cells."""
    for number in range(count):
        yield f"{prefix}{number}"
