"""The controller's jobs for the log: commit entries, judge what is vouched for, recall a device.

Plain and without a thread, so that it runs in virtual time as well. After the
first write that failed nothing more is written: an entry that came after a lost
one would make the log say that nothing is missing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

from injector.anchors.beside import catch_up
from injector.anchors.failure import AnchorError
from injector.anchors.opening import open_to_write
from injector.control.effects import Append, AppendJudged, Recall
from injector.control.inputs import CommitFailed, Committed, DeviceRecall, Judged
from injector.control.ledger import Ledger
from injector.control.recall import ledger_from, recall
from injector.control.snapshot import Denial
from injector.control.vouched import judge
from injector.shotlog.batch import RandomBytes
from injector.shotlog.entries import DeviceSeen, Draft, EngineEnded, EngineStarted, Entry, Moment
from injector.shotlog.errors import JournalRepeated, LogError, LogWriteFailed, WriteFailure
from injector.shotlog.failures import as_log_errors
from injector.shotlog.log import ShotLog

MIN_FREE_BYTES: Final = 64 * 1024 * 1024
"""A grant needs this much free space where the log stands: room for its shots' entries."""

Report: TypeAlias = Committed | CommitFailed | DeviceRecall | Judged


class LogDesk:
    """A shot log open for one engine. Used in the thread that opened it."""

    def __init__(self, log: ShotLog, anchors: Path | None = None) -> None:
        self.log: Final = log
        self._failed: str | None = None
        self._anchors = anchors
        self._closed = False
        """A session has closed whose checkpoint is not known to be in the file."""
        self.unkept = ""
        """Why the newest checkpoint is not in the file of checkpoints; empty where it is."""

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        now: Moment,
        random_bytes: RandomBytes,
        software: str,
        host_boot: str | None,
        anchors: Path | None = None,
    ) -> "LogDesk":
        """Open the log and write that the engine started; raises what the log raises.

        ``anchors`` is the file of checkpoints that each session's close adds to; None: none is
        kept. Raises `LogContradicted` where the log does not go on from the newest one in it,
        or beside the log.
        """
        log = open_to_write(
            path, now=now, random_bytes=random_bytes, software=software, anchors=anchors
        )
        try:
            log.append([Draft(None, EngineStarted(software=software, host_boot=host_boot))], now)
            desk = cls(log, anchors)
            desk.keep_anchor(now, always=True)  # one that could not be kept when it was made
        except BaseException:
            log.close()
            raise
        return desk

    def ledger(self) -> Ledger:
        """Fold the ledger of the log as it stands."""
        with as_log_errors(self.log.path):
            return ledger_from(self.log.reader)

    def last_port(self) -> str:
        """The port on which a gun was seen last; empty where none was."""
        with as_log_errors(self.log.path):
            seen = self.log.reader.last("device_seen")
        return seen.body.port if seen is not None and isinstance(seen.body, DeviceSeen) else ""

    def commit(self, jobs: Sequence[Append], at: Moment) -> list[Committed | CommitFailed]:
        """Commit jobs together, in one transaction; one report for each."""
        if self._failed is None:
            drafts = [draft for job in jobs for draft in job.drafts]
            try:
                entries = self._append(drafts, at)
            except LogWriteFailed as error:
                self._failed = error.reason.value
            except JournalRepeated:
                self._failed = "journal_repeated"
            except LogError:
                self._failed = "log_damaged"
            else:
                self._closed |= any(draft.body.kind == "session_closed" for draft in drafts)
                return _share(jobs, entries)
        return [CommitFailed(self._failed or "unknown") for _ in jobs]

    def keep_anchor(self, at: Moment, *, always: bool = False) -> None:
        """Keep the newest anchor in the file, once a session has closed; after the answers,
        since a file may stand on a slower disk than the log. `unkept` says what went wrong."""
        if self._anchors is None or not (self._closed or always):
            return
        try:
            with as_log_errors(self.log.path):
                catch_up(self.log.reader, self._anchors, at.utc_us)
        except (AnchorError, LogError) as error:
            self.unkept = str(error)
        else:
            self._closed, self.unkept = False, ""

    def commit_judged(self, job: AppendJudged, at: Moment) -> Judged | CommitFailed:
        """Judge what somebody vouches for, and commit it where it is right: nothing else gets
        into the log between the two."""
        if self._failed is not None:
            return CommitFailed(self._failed)
        drafts = judge(self.log.reader, job.what)
        if isinstance(drafts, Denial):
            return Judged(job.what, drafts)
        (report,) = self.commit([Append(drafts)], at)
        return Judged(job.what, report.entries) if isinstance(report, Committed) else report

    def recall(self, job: Recall) -> DeviceRecall:
        """What the log knows of a device."""
        return recall(self.log.reader, job.serial, job.journal_id)

    def close(self, reason: str, at: Moment) -> None:
        """Write that the engine ended, where writing still works, and close the log."""
        with self.log:
            if self._failed is None:
                # A missing entry says as much: this engine did not end in order.
                self.commit([Append((Draft(None, EngineEnded(reason=reason)),))], at)
                self.keep_anchor(at)

    def _append(self, drafts: list[Draft], at: Moment) -> tuple[Entry, ...]:
        if any(draft.body.kind == "grant" for draft in drafts):
            free = self.log.free_bytes()
            if free < MIN_FREE_BYTES:
                raise LogWriteFailed(
                    self.log.path,
                    WriteFailure.DISK_FULL,
                    f"{free} bytes are free, and a grant needs {MIN_FREE_BYTES}",
                )
        return self.log.append(drafts, at)


def _share(jobs: Sequence[Append], entries: tuple[Entry, ...]) -> list[Committed | CommitFailed]:
    """Give each job the entries of its own drafts."""
    reports: list[Committed | CommitFailed] = []
    start = 0
    for job in jobs:
        end = start + len(job.drafts)
        reports.append(Committed(entries[start:end]))
        start = end
    return reports
