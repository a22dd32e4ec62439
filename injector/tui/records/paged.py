"""Rows of a long list that stand for entries of the log, read page by page.

The list's order is an array of ``seq``, one number for each row, read once; a page is read
by its numbers, which are the table's own key. No row is ever counted off from the first.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from injector.shotlog.reader import LogReader
from injector.tui.records.reading import Reading
from injector.tui.widgets.long_list import Line

T = TypeVar("T")


class Paged(Generic[T]):
    """Rows in the order of ``seqs``. ``fetch`` reads some of them, ``draw`` makes one a line."""

    def __init__(
        self,
        reading: Reading,
        seqs: Iterable[int],
        fetch: Callable[[LogReader, Sequence[int]], Mapping[int, T]],
        draw: Callable[[int, T], Line],
        blank: Line,
    ) -> None:
        self._reading = reading
        self.seqs = array("q", seqs)
        """Of each row, the entry it stands for."""
        self._fetch, self._draw, self._blank = fetch, draw, blank

    def count(self) -> int:
        """How many rows there are."""
        return len(self.seqs)

    async def read(self, first: int, count: int) -> Sequence[Line]:
        """Those rows."""
        wanted = self.seqs[first : first + count].tolist()
        found = await self._reading.ask(lambda reader: self._fetch(reader, wanted))
        return [
            self._draw(first + number, found[seq]) if seq in found else self._blank
            for number, seq in enumerate(wanted)
        ]
