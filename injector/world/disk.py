"""The shot log on a disk that takes its time: the log writer in virtual time.

The log is the real one, on a real file. What is virtual is when: a commit that was
handed over is worked at its due instant, and is durable from then on, whatever
becomes of the host. That its answer goes back to the host is another step, so that
a host can die between the two. What waits when a commit begins goes into it together,
as with the engine's writer.
"""

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from injector.control.effects import Append, AppendJudged, LogJob, Recall
from injector.control.inputs import CommitFailed, Committed, Judged
from injector.control.logdesk import LogDesk, Report
from injector.shotlog.entries import Entry
from injector.shotlog.errors import WriteFailure
from injector.world.clock import Clock

COMMIT_US: Final = 300
"""A commit with an fsync on a good disk."""
SOFTWARE: Final = "world"


class Disk:
    """One life of the host's log: opened by making this, from the file as it was left.

    ``heard`` is told of every batch of entries in the instant at which it is durable.
    Raises what `LogDesk.open` raises.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        heard: Callable[[tuple[Entry, ...]], None],
    ) -> None:
        self.commit_us = COMMIT_US
        """How long a commit takes from now on."""
        self.failure: WriteFailure | None = None
        """Set: writing fails from now on, for this reason."""
        self.torn = False
        """With `failure`: the first batch reaches the disk all the same, as it may after
        an error of the disk itself."""
        self.reports: deque[Report] = deque()
        """Answers on their way back to the host."""
        self._clock = clock
        self._heard = heard
        self._waiting: deque[LogJob] = deque()
        self._working: list[Append] | AppendJudged | Recall | None = None
        self._due_us = 0
        self.desk: Final = LogDesk.open(
            path, now=clock.moment(), random_bytes=random_bytes, software=SOFTWARE, host_boot=None
        )
        self.log: Final = self.desk.log

    def submit(self, job: LogJob) -> None:
        """Hand a job over."""
        self._waiting.append(job)
        if self._working is None:
            self._begin()

    def due(self) -> int | None:
        """When what is being worked is done; None while nothing is."""
        return None if self._working is None else self._due_us

    def work(self) -> None:
        """Finish what is due: a commit is durable when this returns."""
        working, self._working = self._working, None
        match working:
            case Recall():
                self.reports.append(self.desk.recall(working))
            case AppendJudged():
                self.reports.append(self._commit_judged(working))
            case list():
                self.reports.extend(self._commit(working))
            case None:
                pass
        if self._waiting:
            self._begin()

    def close(self, reason: str | None) -> None:
        """Let the file go; ``reason`` None: the host was killed, and says no goodbye."""
        if reason is None or self.failure is not None:
            self.log.close()
        else:
            self.desk.close(reason, self._clock.moment())

    def _begin(self) -> None:
        first = self._waiting.popleft()
        if isinstance(first, Recall):
            self._working, self._due_us = first, self._clock.now_us
            return
        if isinstance(first, AppendJudged):
            self._working, self._due_us = first, self._clock.now_us + self.commit_us
            return
        together = [first]
        while self._waiting and isinstance(following := self._waiting[0], Append):
            self._waiting.popleft()
            together.append(following)
        self._working, self._due_us = together, self._clock.now_us + self.commit_us

    def _commit(self, jobs: list[Append]) -> list[Report]:
        if self.failure is not None:
            if self.torn:
                self.torn = False
                self._tell(self.desk.commit(jobs, self._clock.moment()))
            return [CommitFailed(self.failure.value) for _ in jobs]
        reports = self.desk.commit(jobs, self._clock.moment())
        self._tell(reports)
        return [*reports]

    def _commit_judged(self, job: AppendJudged) -> Report:
        if self.failure is not None:
            return CommitFailed(self.failure.value)
        report = self.desk.commit_judged(job, self._clock.moment())
        self._tell([report])
        return report

    def _tell(self, reports: Sequence[Report]) -> None:
        for report in reports:
            if isinstance(report, Committed):
                self._heard(report.entries)
            elif isinstance(report, Judged) and isinstance(report.answer, tuple):
                self._heard(report.answer)
