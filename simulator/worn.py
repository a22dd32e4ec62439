"""Permanent memory that fails: cells that no longer take what is written, or lose it.

For tests and worlds: the firmware sees it only as a :class:`simulator.medium.Medium`.
"""

from collections.abc import Iterator

from simulator.medium import HeldMedium


class WornMedium(HeldMedium):
    """Cells of which some may be worn. A worn cell keeps what it held."""

    def __init__(self) -> None:
        super().__init__()
        self.worn: set[str] = set()
        """Prefixes of the cells that take nothing any more."""

    def write(self, cell: str, data: bytes) -> None:
        """See :class:`Medium`; what goes to a worn cell is lost, and nothing says so."""
        if self.worn and cell.startswith(tuple(self.worn)):
            return
        super().write(cell, data)

    def lose(self, *prefixes: str) -> None:
        """Lose every cell whose name begins so, as if nothing was ever written there."""
        for cell in self.names():
            if cell.startswith(prefixes):
                self._cells.pop(cell)

    def names(self) -> Iterator[str]:
        """Yield the name of every cell that was written."""
        yield from list(self._cells)
