"""The shot log as the console reads it: on a thread of its own, never on the event loop.

A disk that stands still then holds up the lists and nothing else. The thread is a daemon:
it must not keep a console from ending either.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias, TypeVar

from injector.shotlog.errors import LogError
from injector.shotlog.reader import LogReader

T = TypeVar("T")
_Job: TypeAlias = Callable[[LogReader | LogError], None]


class Reading:
    """Asks the log at ``path``. Used from one event loop; opened when it is first asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: Thread | None = None

    async def ask(self, question: Callable[[LogReader], T]) -> T:
        """The answer to ``question``, which runs on the thread, one at a time and in order.

        Raises ``LogError`` where the log cannot be read.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def job(reader: LogReader | LogError) -> None:
            if isinstance(reader, LogError):
                _hand_over(loop, answer, reader)
                return
            try:
                found = question(reader)
            except BaseException as error:  # noqa: BLE001 -- handed to whoever asked
                _hand_over(loop, answer, error)
            else:
                _hand_over(loop, answer, found)

        if self._thread is None:
            self._thread = Thread(target=self._run, name="reading", daemon=True)
            self._thread.start()
        self._jobs.put(job)
        return await answer

    def close(self) -> None:
        """Close the log once what was asked is answered; returns at once."""
        self._jobs.put(None)

    def _run(self) -> None:
        opened: LogReader | LogError | None = None
        while (job := self._jobs.get()) is not None:
            if not isinstance(opened, LogReader):
                opened = self._open()
            job(opened)
        if isinstance(opened, LogReader):
            opened.close()

    def _open(self) -> LogReader | LogError:
        try:
            return LogReader.open(self._path)
        except LogError as error:  # the engine may be making it at this moment
            return error


def _hand_over(
    loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]", found: T | BaseException
) -> None:
    """Settle ``answer`` on its own loop, unless nobody waits any more."""

    def settle() -> None:
        if answer.done():
            return
        if isinstance(found, BaseException):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    with suppress(RuntimeError):  # the loop has closed
        loop.call_soon_threadsafe(settle)
