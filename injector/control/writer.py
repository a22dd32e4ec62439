"""The log's own thread: everything that touches the file happens here, in order.

A slow disk must not make a heartbeat late, so the engine's thread only hands over
and goes on. What comes back is an input of the controller. What was handed over
while a commit ran is committed together, so that a slow disk makes commits larger
and not the queue longer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeAlias

from injector.control.effects import Append, AppendJudged, LogJob, Recall
from injector.control.inputs import CommitFailed
from injector.control.ledger import Ledger
from injector.control.logdesk import LogDesk, Report
from injector.shotlog.entries import Moment


@dataclass(frozen=True, slots=True)
class Opened:
    """What the log says as it is opened."""

    log_id: bytes
    ledger: Ledger
    size: int
    vkey: str
    port: str
    """The port on which a gun was seen last; empty where none was."""


@dataclass(frozen=True, slots=True)
class _Close:
    reason: str


_Job: TypeAlias = tuple[LogJob | _Close, Moment]


class LogWriter:
    """Opens the log on a thread of its own, writes what it is given, and closes it."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], Moment],
        random_bytes: Callable[[int], bytes],
        software: str,
        host_boot: str | None,
        report: Callable[[Report], None],
        anchors: Path | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._random_bytes = random_bytes
        self._software = software
        self._host_boot = host_boot
        self._report = report
        self._anchors = anchors
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._opened: SimpleQueue[Opened | BaseException] = SimpleQueue()
        self._thread = Thread(target=self._run, name="shot-log", daemon=True)
        self.checkpoint = ""
        """The newest signed checkpoint; known once the log is closed."""
        self.size = 0
        self.unkept = ""
        """Why the newest checkpoint is not in the file of checkpoints; empty where it is."""

    def open(self) -> Opened:
        """Start the thread and open the log; raises what the log raises, and whatever else
        went wrong on the thread: nobody waits for an answer that does not come."""
        self._thread.start()
        opened = self._opened.get()
        if isinstance(opened, BaseException):
            self._thread.join()
            raise opened
        return opened

    def submit(self, job: LogJob) -> None:
        """Hand a job over; its answer comes through ``report``."""
        self._jobs.put((job, self._clock()))

    def close(self, reason: str) -> None:
        """Write what was handed over, close the log, end the thread."""
        self._jobs.put((_Close(reason), self._clock()))
        self._thread.join()

    def _run(self) -> None:
        try:
            desk = LogDesk.open(
                self._path,
                now=self._clock(),
                random_bytes=self._random_bytes,
                software=self._software,
                host_boot=self._host_boot,
                anchors=self._anchors,
            )
        except BaseException as error:  # noqa: BLE001 -- raised where the opening is waited for
            self._opened.put(error)
            return
        try:
            opened = Opened(
                desk.log.log_id, desk.ledger(), desk.log.size, desk.log.vkey, desk.last_port()
            )
        except BaseException as error:  # noqa: BLE001 -- as above
            self._opened.put(error)  # first: closing may go wrong, too
            desk.log.close()
            return
        self.unkept = desk.unkept
        self._opened.put(opened)
        try:
            closing = self._serve(desk)
        except BaseException:
            # Whatever it was, nothing is written any more, and the gun must know.
            self._report(CommitFailed("writer_died"))
            desk.log.close()
            raise
        desk.close(closing.reason, self._clock())
        self.unkept = desk.unkept
        self.checkpoint, self.size = desk.log.checkpoint, desk.log.size

    def _serve(self, desk: LogDesk) -> _Close:
        waiting: list[_Job] = []
        while True:
            job, at = waiting.pop(0) if waiting else self._jobs.get()
            match job:
                case _Close():
                    return job
                case Recall():
                    self._report(desk.recall(job))
                case AppendJudged():
                    self._report(desk.commit_judged(job, at))
                case Append():
                    waiting += self._queued()
                    together = [job]
                    while waiting and isinstance(follower := waiting[0][0], Append):
                        together.append(follower)
                        waiting.pop(0)
                    for report in desk.commit(together, at):
                        self._report(report)
                    desk.keep_anchor(at)
                    self.unkept = desk.unkept

    def _queued(self) -> list[_Job]:
        """What was handed over meanwhile."""
        found: list[_Job] = []
        while True:
            try:
                found.append(self._jobs.get_nowait())
            except Empty:
                return found
