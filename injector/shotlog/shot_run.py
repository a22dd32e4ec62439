"""Shots that stand next to each other under one grant, taken at once.

Nearly all of a log are shots, and those under one grant differ in a few figures only. Where their
bytes have the shape of a shot, and are the same in all that says which gun, grant, session and
setpoint it was, their figures are kept as columns: what is asked of each is asked of all.

A check that cannot say at once that a whole run is in order takes its entries one by one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from injector.shotlog.entries import Entry, Moment, Shot
from injector.shotlog.envelope import unpack
from injector.shotlog.shapes import shape_of

_TOLD: Final = ("grant", "grant_seq", "journal_id", "link", "outcome", "serial", "session",
    "setpoint_digest")  # fmt: skip
"""What is the same in all shots of a run."""
_FIGURES: Final = ("counts_nl", "debit_nl", "index", "mono_us", "seq", "shots_total", "utc_us",
    "volume_nl", "volume_total_nl")  # fmt: skip


def _pattern() -> str:
    pairs = []
    for name, value in shape_of(Shot).items():
        group = f"?P<{name}>" if name in _TOLD or name in _FIGURES else "?:"
        pairs.append(f'"{name}":({group}{value})')
    return r"\{" + ",".join(pairs) + r"\}"


_SHOT: Final = re.compile(_pattern().encode())
"""All proper bodies of shots, but for texts with characters that JSON escapes."""
Groups: TypeAlias = tuple[bytes, ...]
"""What stands in a body at the places of `_TOLD` and `_FIGURES`."""
_AT: Final = {name: group - 1 for name, group in _SHOT.groupindex.items()}
_told: Final = itemgetter(*(_AT[name] for name in _TOLD))
_NULL: Final = b"null"


def look(bodies: Iterable[bytes]) -> list[Groups | None]:
    """Return the figures of each body that has the shape of a shot; None for any other."""
    return [found and found.groups() for found in map(_SHOT.fullmatch, bodies)]


def spans(looked: Iterable[Groups | None]) -> Iterator[tuple[bool, int]]:
    """Part what `look` found: whether it is shots that tell the same, and how many entries."""
    for told, alike in groupby(looked, lambda groups: groups and _told(groups)):
        yield told is not None, len(list(alike))


class Told(NamedTuple):
    """What all shots of a run tell; the fields are those of `Shot`, and the session."""

    grant: int
    grant_seq: int | None
    journal_id: int
    link: int
    outcome: str
    serial: str
    session: str | None
    setpoint_digest: str


@dataclass(slots=True)
class ShotRun:
    """Shots that tell the same and follow one another, by ``seq`` and in their journal.

    Each column holds the same figure of all of them.
    """

    told: Told
    bodies: Sequence[bytes]
    seqs: range
    indexes: range
    """In the journal."""
    counts_nl: list[int]
    debit_nl: list[int]
    volume_nl: list[int]
    shots_total: list[int]
    volume_total_nl: list[int]
    last_at: Moment
    """When the last one was written."""

    @classmethod
    def of(cls, bodies: Sequence[bytes], looked: Sequence[Groups]) -> "ShotRun | None":
        """Make a run of bodies that tell the same, at least one, and what `look` said of them.

        None where they do not follow one another.
        """
        columns = list(zip(*looked, strict=True))

        def figures(name: str) -> list[int]:
            return list(map(int, columns[_AT[name]]))

        seqs, indexes, count = figures("seq"), figures("index"), len(bodies)
        by_seq = range(seqs[0], seqs[0] + count)
        by_index = range(indexes[0], indexes[0] + count)
        if seqs != list(by_seq) or indexes != list(by_index):
            return None
        grant, grant_seq, journal_id, link, outcome, serial, session, digest = _told(looked[0])
        return cls(
            Told(
                int(grant),
                None if grant_seq == _NULL else int(grant_seq),
                int(journal_id),
                int(link),
                outcome[1:-1].decode(),
                serial[1:-1].decode(),
                None if session == _NULL else session[1:-1].decode(),
                digest[1:-1].decode(),
            ),
            bodies,
            by_seq,
            by_index,
            figures("counts_nl"),
            figures("debit_nl"),
            figures("volume_nl"),
            figures("shots_total"),
            figures("volume_total_nl"),
            Moment(int(columns[_AT["utc_us"]][-1]), int(columns[_AT["mono_us"]][-1])),
        )

    def __len__(self) -> int:
        """Return how many shots these are."""
        return len(self.bodies)

    def entries(self) -> list[Entry]:
        """Read each of them as any entry is read."""
        return [unpack(body) for body in self.bodies]


def singly(parts: Iterable[Entry | ShotRun]) -> Iterator[Entry]:
    """Go through entries and runs of shots, entry by entry."""
    for part in parts:
        if isinstance(part, ShotRun):
            yield from part.entries()
        else:
            yield part
