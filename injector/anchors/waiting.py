"""Which sessions' checkpoints are not yet outside: how many, since when. Pure.

A place that holds a checkpoint of some size vouches for all that is under it, so only what
was anchored after the newest one there waits; and to place the newest is enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from injector.shotlog.entries import Anchor, Entry
from injector.shotlog.vouching import Anchored


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one place does not hold yet."""

    sessions: int
    since_utc_us: int | None
    """When the oldest of them closed; None where none waits."""


NOTHING: Final = Waiting(0, None)


def held(anchored: Entry | None) -> int:
    """How much of the log a place holds, by its newest `anchored` entry; 0 without one."""
    body = None if anchored is None else anchored.body
    return body.size if isinstance(body, Anchored) else 0


def waiting(anchors: Iterable[Entry], size: int) -> Waiting:
    """What waits at a place that holds the checkpoint of ``size`` entries.

    ``anchors`` are entries in order; other kinds among them are passed over.
    """
    left = [entry for entry in anchors if isinstance(entry.body, Anchor) and entry.body.size > size]
    return Waiting(len(left), left[0].at.utc_us) if left else NOTHING
