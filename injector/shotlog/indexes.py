"""What the indexes of a log say of shots, which is what most queries go by."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from injector.shotlog.shot_run import ShotRun

_BY_SESSION: Final = (
    "SELECT seq FROM entries INDEXED BY entries_by_session "
    "WHERE session IS ? AND kind = 'shot' AND seq BETWEEN ? AND ?"
)
_BY_KIND: Final = (
    "SELECT seq FROM entries INDEXED BY entries_by_kind WHERE kind = 'shot' AND seq BETWEEN ? AND ?"
)
_BY_JOURNAL: Final = (
    "SELECT seq, journal_index FROM entries INDEXED BY entries_by_journal "
    "WHERE serial = ? AND journal_id = ? AND journal_index BETWEEN ? AND ? "
    "AND journal_index IS NOT NULL ORDER BY journal_index"
)
_NEAR: Final = 16
"""Indexes of a journal between two runs that are read with them."""


def not_in_indexes(connection: sqlite3.Connection, runs: Sequence[ShotRun]) -> set[int]:
    """Return the ``seq`` of those shots that some index does not hold as they are.

    The runs are some that stand close together in the log. The entries are not looked at.
    """
    run = connection.execute
    first, last = runs[0].seqs[0], runs[-1].seqs[-1]
    missing: set[int] = set()
    kind = {seq for (seq,) in run(_BY_KIND, (first, last))}
    for session, of_session in groupby(runs, lambda each: each.told.session):
        shots = [seq for each in of_session for seq in each.seqs]
        held = {seq for (seq,) in run(_BY_SESSION, (session, shots[0], shots[-1]))}
        missing.update(set(shots) - held, set(shots) - kind)
    for key, low, high, shots_by_index in _stretches(runs):
        held_by_index = run(_BY_JOURNAL, (*key, low, high)).fetchall()
        if held_by_index != shots_by_index:
            missing |= {seq for seq, _ in set(shots_by_index).difference(held_by_index)}
    return missing


def _stretches(
    runs: Iterable[ShotRun],
) -> Iterator[tuple[tuple[str, int], int, int, list[tuple[int, int]]]]:
    """Put runs together whose indexes in a journal are near: journal, first and last, shots."""
    for key, of_journal in groupby(runs, lambda each: (each.told.serial, each.told.journal_id)):
        low, high = 0, -1
        shots: list[tuple[int, int]] = []
        for each in of_journal:
            if shots and not high < each.indexes[0] <= high + _NEAR:
                yield key, low, high, shots
                shots = []
            if not shots:
                low = each.indexes[0]
            high = each.indexes[-1]
            shots.extend(zip(each.seqs, each.indexes, strict=True))
        yield key, low, high, shots
