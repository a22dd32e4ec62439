"""Verifying the log beside the console: in a process of its own, at the lowest priority.

It takes a core for as long as it runs, and the console's own threads must not wait for
it: not its loop, nor the one that reads STOP. The process only reads.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # what checks a log is loaded in the process that does
    from injector.shotlog.findings import Report

_TELL_S: Final = 0.1
_FINDINGS: Final = 3


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nobody has asked in this run."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """So many entries of so many are checked."""

    done: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Verified:
    """Every check passed, up to this many entries."""

    size: int


@dataclass(frozen=True, slots=True)
class Failed:
    """It does not verify; the first findings, each a check and an entry."""

    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be checked."""

    why: str


Standing = NotYet | UnderWay | Verified | Failed | Unknown


class Verification:
    """What is known of the log since the console started. One check runs at a time."""

    def __init__(self) -> None:
        self._standing: Standing = NotYet()

    @property
    def standing(self) -> Standing:
        """How it stands, from any thread."""
        return self._standing

    def start(self, path: Path) -> None:
        """Begin to check the log at ``path``, unless a check is under way."""
        if isinstance(self._standing, UnderWay):
            return
        self._standing = UnderWay()
        Thread(target=self._run, args=(path,), name="verification", daemon=True).start()

    def _run(self, path: Path) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=_check, args=(path, theirs), name="injector-verify", daemon=True
        )
        try:
            process.start()
            theirs.close()
            while isinstance(self._standing, UnderWay):
                self._standing = ours.recv()
        except (EOFError, OSError):
            self._standing = Unknown("the check ended before it was done")
        ours.close()


def _check(path: Path, pipe: "Connection[object, object]") -> None:
    """The process: everything here runs at the other end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the console's keys are not for us
    os.nice(19)
    with suppress(OSError):  # the console has ended
        pipe.send(_verdict(path, _teller(pipe)))


def _teller(pipe: "Connection[object, object]") -> Callable[[int, int], None]:
    told_s = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= _TELL_S:
            told_s = time.monotonic()
            pipe.send(UnderWay(done, of))

    return tell


def _verdict(path: Path, progress: Callable[[int, int], None]) -> Verified | Failed | Unknown:
    from injector.control.judged_again import JudgedAgain  # noqa: PLC0415 - see above
    from injector.shotlog.errors import LogError  # noqa: PLC0415 - see above
    from injector.shotlog.verify import verify  # noqa: PLC0415 - see above

    try:
        report = verify(path, judge=JudgedAgain(), progress=progress)
    except LogError as error:
        return Unknown(str(error))
    return Verified(report.size) if report.ok else Failed(tuple(_findings(report))[:_FINDINGS])


def _findings(report: "Report") -> list[str]:
    from injector.shotlog.findings import Status  # noqa: PLC0415 - see above

    found = []
    for result in report.checks:
        if result.status is Status.FAILED:
            first = result.findings[0] if result.findings else None
            where = "" if first is None or first.seq is None else f" {first.seq}"
            found.append(f"{result.check.value}{where}")
    return found
