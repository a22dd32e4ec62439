"""Judging a verdict again: what the log asks of whoever can, and what it hears."""

from dataclasses import dataclass
from typing import Final, Protocol

from injector.shotlog.entries import Entry
from injector.shotlog.findings import Code, Remark
from injector.shotlog.shot_run import ShotRun


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a judge says of one verdict. Without anything in it: it comes out as written."""

    wrong: Code | None = None
    detail: str = ""
    """What came out instead, in codes."""
    unknown: Remark | None = None
    """Why it could not be judged again."""


AS_WRITTEN: Final = Opinion()


class VerdictJudge(Protocol):
    """Judges again, from the log's own entries alone. Made for one reading."""

    def take(self, entry: Entry) -> Opinion | None:
        """Take the next entry of the log; the opinion, where it holds a verdict, or what one
        would be given under and is none."""

    def take_run(self, run: ShotRun) -> bool:
        """Take the next shots at once; False, and none taken, where they are to come singly."""
