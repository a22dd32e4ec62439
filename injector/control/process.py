"""The engine as a process of its own, as the console runs it.

Theory
------
Drawing a screen keeps Python busy for tens of milliseconds, and a terminal that
stops reading can hold it for ever. The gun needs a beat every 100 ms regardless. So
the console's engine is another process, begun with ``spawn``: a forked child would
hold the other end of its own pipes and never see its parent die.

Three pipes join the two. *Intents* go down and *snapshots* come up on one; *STOP*
has one of its own, watched by a thread that does nothing else, so that it waits
behind nothing. Snapshots are sent by a thread that keeps only the newest: a console
that is frozen leaves one unsent, not a full pipe and a blocked engine. When the
console's end of a pipe closes, however it closed, the engine disarms and closes
the log in order.
"""

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final

from injector.control.config import EngineConfig

if TYPE_CHECKING:  # what an intent and a snapshot are is loaded once the engine has begun
    from injector.control.inputs import Intent
    from injector.control.snapshot import ConsoleState

_START_S: Final = 30.0
END_S: Final = 5.0
"""How long the engine may take to end in order; longer than the engine's own limit."""


class EngineStartError(Exception):
    """The engine could not open its log; the message is for people."""


class EngineProcess:
    """A running engine, seen from the console's process.

    ``on_state`` is called with each snapshot, on a thread of this object's; it
    must return at once.
    """

    def __init__(self, config: EngineConfig, on_state: Callable[["ConsoleState"], None]) -> None:
        # Its helper takes over standard error, which may be a screen's by the time we begin.
        resource_tracker.ensure_running()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        stop_theirs, self._stop = context.Pipe(duplex=False)
        self._on_state = on_state
        self._posting, self._beginning = Lock(), Lock()
        self._process: SpawnProcess = context.Process(
            target=_serve, args=(config, theirs, stop_theirs), name="injector-engine"
        )
        self._theirs = (theirs, stop_theirs)
        self._greeted = Event()
        self._begun = self._over = False
        self._reader = Thread(target=self._read, name="snapshots", daemon=True)
        self.vkey = ""
        """The verifier key of the log; known once started."""
        self.failure = ""
        """Why the engine could not open its log; empty while it may, and once it has."""

    def begin(self) -> None:
        """Start the process and return at once, from any thread."""
        with self._beginning:
            if self._begun or self._over:
                return
            self._begun = True
        self._process.start()
        # Only the child may hold these now, or neither side would see the other die.
        for theirs in self._theirs:
            theirs.close()
        self._reader.start()

    def start(self) -> None:
        """Start the process and wait until it has opened its log.

        Raises ``EngineStartError`` with what the log said.
        """
        self.begin()
        self._greeted.wait()
        if self.failure:
            self._close()
            raise EngineStartError(self.failure)

    @property
    def alive(self) -> bool:
        """Whether the engine's process runs, or is still to be begun."""
        return not self._begun or self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """The engine's process id."""
        return self._process.pid

    def post(self, intent: "Intent") -> None:
        """Send an intent, from any thread; nothing happens where the engine has ended."""
        with suppress(OSError), self._posting:
            self._pipe.send(intent)

    def stop(self, by: str | None = None) -> None:
        """STOP, from any thread, past everything else that is on its way."""
        with suppress(OSError):
            self._stop.send_bytes((by or "").encode())

    def shut_down(self, reason: str) -> None:
        """Tell the engine to disarm, settle and close the log; returns at once."""
        from injector.control.inputs import Shutdown  # noqa: PLC0415 - see above

        self.post(Shutdown(reason))

    def join(self) -> bool:
        """Wait until the engine has ended, and give its pipes back.

        False when it did not end in time: it sees the pipes close and ends by itself.
        """
        with self._beginning:
            self._over = True
        if not self._begun:
            return True
        self._process.join(END_S)
        ended = not self._process.is_alive()
        self._close()
        return ended

    def _greet(self) -> None:
        """Wait for the first word: the log's key, or why there is none."""
        try:
            if self._pipe.poll(_START_S):
                opened, said = self._pipe.recv()
            else:
                opened, said = False, "the engine did not start in time"
        except (EOFError, OSError):
            opened, said = False, "the engine ended as it started"
        if opened:
            self.vkey = said
        else:
            self.failure = said
        self._greeted.set()

    def _close(self) -> None:
        self._pipe.close()
        self._stop.close()
        self._process.join(END_S)

    def _read(self) -> None:
        self._greet()
        while not self.failure:
            try:
                state = self._pipe.recv()
            except (EOFError, OSError):
                return
            self._on_state(state)


def _serve(
    config: EngineConfig,
    pipe: "Connection[object, object]",
    stop: "Connection[object, object]",
) -> None:
    """The other process begins here, and loads there what it needs."""
    from injector.control.serving import serve  # noqa: PLC0415 - see above

    serve(config, pipe, stop)
