"""Verdicts: what was granted or refused is judged again, and must come out as it is written.

Judging takes the limits and everything that a session gave, which are no business of the log's:
whoever wants it checked brings a judge. Without one the check is not made, and says so. What a
judge cannot say, for want of the rules or of the library, never passes.
"""

from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import Entry
from injector.shotlog.findings import Remark, Tally
from injector.shotlog.shot_run import ShotRun


class VerdictsCheck:
    """Feeds the judge and counts what it says."""

    about: ClassVar[Kinds | None] = None  # what a verdict stands on is spread over all kinds

    def __init__(self, tally: Tally, reading: Reading) -> None:
        self._tally: Final = tally
        self._judge: Final = reading.judge
        self._unknown = False

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take the next entry."""
        if self._judge is None:
            return
        opinion = self._judge.take(entry)
        if opinion is None:
            return
        if opinion.unknown is not None:
            self._unknown = True
            self._tally.remark(opinion.unknown)
            return
        self._tally.counted += 1
        if opinion.wrong is not None:
            self._tally.fail(opinion.wrong, seq=seq, detail=opinion.detail)

    def take_run(self, run: ShotRun) -> bool:
        """Take shots under one grant: no verdict is among them."""
        return self._judge is None or self._judge.take_run(run)

    def finish(self) -> None:
        """Say whether it was checked at all: what was not judged has not passed."""
        if self._judge is None:
            self._tally.remark(Remark.NO_JUDGE)
        self._tally.withheld = self._judge is None or self._unknown
