"""A reader of C2SP tlog-tiles directories and proofs, written from the specifications alone.

It shares no line with the code under test: recursion straight from the definitions of
RFC 6962, section 2.1, where the code under test works on peaks and edges.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def split(count: int) -> int:
    """The largest power of two below ``count``."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH of the tree whose leaf hashes these are."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]), section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


class TilesFolder:
    """A tlog-tiles directory, read as the size in its checkpoint says it must be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        origin, size, root = (folder / "checkpoint").read_text(encoding="utf-8").split("\n")[:3]
        self.origin, self.size, self.root_line = origin, int(size), root

    def widths(self, level: int) -> list[int]:
        """How many hashes each tile of a level holds."""
        count = self.size // 256**level
        return [256] * (count // 256) + ([count % 256] if count % 256 else [])

    def levels(self) -> int:
        level = 0
        while self.size // 256**level:
            level += 1
        return level

    @staticmethod
    def name(number: int, width: int) -> str:
        elements = [f"{number % 1000:03d}"]
        while number >= 1000:
            number //= 1000
            elements.insert(0, f"x{number % 1000:03d}")
        return "/".join(elements) + ("" if width == 256 else f".p/{width}")

    def tile(self, level: int, number: int, width: int) -> list[bytes]:
        data = (self.folder / "tile" / str(level) / self.name(number, width)).read_bytes()
        assert len(data) == 32 * width
        return [data[at : at + 32] for at in range(0, len(data), 32)]

    def hashes(self, level: int) -> list[bytes]:
        tiles = enumerate(self.widths(level))
        return [each for number, width in tiles for each in self.tile(level, number, width)]

    def entries(self) -> list[bytes]:
        found = []
        for number, width in enumerate(self.widths(0)):
            bundle = (self.folder / "tile/entries" / self.name(number, width)).read_bytes()
            at = 0
            for _ in range(width):
                length = int.from_bytes(bundle[at : at + 2], "big")
                found.append(bundle[at + 2 : at + 2 + length])
                assert len(found[-1]) == length
                at += 2 + length
            assert at == len(bundle)
        return found

    def needed(self) -> set[str]:
        """The files that a directory of this size has."""
        names = {"checkpoint"}
        for level in range(self.levels()):
            for number, width in enumerate(self.widths(level)):
                names.add(f"tile/{level}/{self.name(number, width)}")
                if level == 0:
                    names.add(f"tile/entries/{self.name(number, width)}")
        return names

    def files(self) -> set[str]:
        return {
            str(each.relative_to(self.folder)) for each in self.folder.rglob("*") if each.is_file()
        }
