"""The log as a C2SP tlog-tiles directory, for the tools of transparency logs.

Theory
------
Tiles hold the tree's hashes, 256 side by side: level 0 the leaf hashes, each level above
the roots of the full tiles below it. Bundles hold the entries, 256 in each. What is full
never changes again, so a directory that was written before only grows: new files, and at
the end another checkpoint. The rightmost tile of every level is partial; its files carry
the width in their names, and go once the full tile is there.

All hashes are computed from the entries' bodies, whatever the log has stored. In the end
the root over the tiles must be the checkpoint's, and the checkpoint is written last: what
it counts is there, also after an export that was cut short.

Memory holds one bundle and one tile of each level.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from injector.report.proof import read_checkpoint
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.errors import LogDamaged
from injector.shotlog.merkle import Peaks, leaf_hash, node_hash
from injector.shotlog.note import NoteError, parse_note
from injector.shotlog.reader import LogReader
from injector.shotlog.tree import LogTree

WIDTH: Final = 256
"""Hashes in a full tile, entries in a full bundle."""
_HEIGHT: Final = 8
_ENTRIES: Final = "entries"
_CHECKPOINT: Final = "checkpoint"
_UNFINISHED: Final = ".unfinished"


class TilesError(ValueError):
    """The directory holds something else than earlier tiles of this log."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export left behind."""

    checkpoint: Checkpoint
    before: int
    """Entries that the directory held before; 0 for a new one."""
    written: int
    """Files that are new, the checkpoint not counted."""


def export_tiles(
    reader: LogReader, folder: Path, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Exported:
    """Write the log into ``folder`` as tiles, or bring earlier ones up to date.

    ``progress`` gets entries done and in all. Raises `TilesError`, `LogDamaged` when the
    entries are not those that the checkpoint signs, OSError when it cannot be written.
    """
    note = reader.checkpoint
    head = read_checkpoint(reader, note)
    writer = _Tiles(reader, folder)
    try:
        before = _held(reader, folder, head)
        start = writer.resume(before)
    except TilesError:
        raise
    except ValueError as error:  # hashes that the log should have stored
        raise LogDamaged(f"{reader.path}: {error}") from error
    for first in range(start, head.size, WIDTH):
        bodies = reader.bodies(first, min(WIDTH, head.size - first))
        if len(bodies) != min(WIDTH, head.size - first):
            raise LogDamaged(f"{reader.path}: entries after {first} are missing")
        writer.add(first, bodies)
        progress(first + len(bodies), head.size)
    writer.finish()
    if writer.root(head.size) != head.root:
        raise LogDamaged(f"{reader.path}: the entries are not those that the checkpoint signs")
    os.sync()  # the checkpoint must not reach the disk before what it counts
    writer.put(folder / _CHECKPOINT, note.encode(), replace=True)
    return Exported(head, before, writer.written)


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Return where a tile stands under the directory; ``width`` below 256 for a partial one.

    >>> tile_path(1, 1_234_067)
    'tile/1/x001/x234/067'
    >>> tile_path("entries", 3, 17)
    'tile/entries/003.p/17'
    """
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    place = "/".join([*(f"x{each}" for each in groups[:-1]), groups[-1]])
    return f"tile/{level}/{place}" if width == WIDTH else f"tile/{level}/{place}.p/{width}"


def _held(reader: LogReader, folder: Path, head: Checkpoint) -> int:
    """How many entries the directory holds; `TilesError` unless it is earlier tiles of this log."""
    if not folder.exists():
        return 0
    if not folder.is_dir():
        raise TilesError("is no directory")
    try:
        note = (folder / _CHECKPOINT).read_text(encoding="utf-8")
    except FileNotFoundError:
        if any(each.name not in ("tile", _UNFINISHED) for each in folder.iterdir()):
            raise TilesError("holds something else; give a new directory") from None
        return 0  # empty, or an export that was cut short
    try:
        held = Checkpoint.parse(parse_note(note)[0])
    except (NoteError, UnicodeDecodeError) as error:
        raise TilesError(f"its checkpoint is none: {error}") from error
    if held.origin != head.origin:
        raise TilesError(f"holds the tiles of another log, {held.origin}")
    if held.size > head.size:
        raise TilesError(
            f"holds {held.size:,} entries, the log {head.size:,}: the log was cut, or put back"
        )
    if LogTree(reader).root(held.size) != held.root:
        raise TilesError("the log does not go on from the tiles that it holds")
    return held.size


class _Tiles:
    """The right edge of the tiles: of each level, what the tile that is not full yet holds."""

    def __init__(self, reader: LogReader, folder: Path) -> None:
        self._tree = LogTree(reader)
        self._folder = folder
        self._edge: list[list[bytes]] = [[]]
        self._tiles = [0]
        """By level, how many tiles are full."""
        self.written = 0

    def resume(self, size: int) -> int:
        """Take up where full bundles end; return the first entry that is to be added."""
        full = size // WIDTH
        level = 1
        while full:
            tiles, width = divmod(full, WIDTH)
            first, height = tiles * WIDTH, level * _HEIGHT
            self._edge.append(
                [self._tree.subtree(height, at) for at in range(first, first + width)]
            )
            self._tiles[level - 1] = full
            self._tiles.append(tiles)
            full, level = tiles, level + 1
        return self._tiles[0] * WIDTH

    def add(self, first: int, bodies: list[bytes]) -> None:
        """Add a bundle, the last of which may be partial."""
        bundle = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
        self._write(_ENTRIES, first // WIDTH, bundle, len(bodies))
        self._edge[0] = [leaf_hash(body) for body in bodies]
        level = 0
        while len(self._edge[level]) == WIDTH:
            tile = self._edge[level]
            self._write(level, self._tiles[level], b"".join(tile), WIDTH)
            self._tiles[level] += 1
            if level + 1 == len(self._edge):
                self._edge.append([])
                self._tiles.append(0)
            self._edge[level] = []
            level += 1
            self._edge[level].append(_root(tile))

    def finish(self) -> None:
        """Write the tiles that are not full."""
        for level, hashes in enumerate(self._edge):
            if hashes:
                self._write(level, self._tiles[level], b"".join(hashes), len(hashes))

    def root(self, size: int) -> bytes:
        """Return the root over all tiles: every peak of the tree is in a tile of the edge."""
        peaks: list[bytes] = []
        for hashes in reversed(self._edge):
            at = 0
            for height in reversed(range(_HEIGHT)):
                if len(hashes) >> height & 1:
                    peaks.append(_root(hashes[at : at + (1 << height)]))
                    at += 1 << height
        return Peaks(size, peaks).root()

    def put(self, path: Path, data: bytes, *, replace: bool = False) -> None:
        """Write a file whole or not at all. One that is there already must hold the same."""
        if not replace and path.exists():
            if path.read_bytes() != data:
                raise TilesError(f"{path}: holds something else than this log")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / _UNFINISHED
        unfinished.write_bytes(data)
        unfinished.replace(path)

    def _write(self, level: int | str, number: int, data: bytes, width: int) -> None:
        path = self._folder / tile_path(level, number, width)
        new = not path.exists()
        self.put(path, data)
        self.written += new
        if width == WIDTH:
            self._drop(path.with_name(f"{path.name}.p"))

    def _drop(self, partial: Path) -> None:
        """Remove the partial tiles that the full one has taken the place of."""
        if partial.is_dir():
            for each in partial.iterdir():
                each.unlink()
            partial.rmdir()


def _root(hashes: list[bytes]) -> bytes:
    """Return the root of a perfect subtree over these hashes."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [node_hash(left, right) for left, right in pairs]
    return hashes[0]
