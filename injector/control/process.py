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
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Condition, Lock, Thread
from typing import Final

from injector.control.engine import Engine, EngineConfig
from injector.control.inputs import ConsoleGone, Intent, Shutdown
from injector.control.snapshot import ConsoleState
from injector.shotlog.errors import LogError

_START_S: Final = 30.0
END_S: Final = 5.0
"""How long the engine may take to end in order; longer than the engine's own limit."""
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class EngineStartError(Exception):
    """The engine could not open its log; the message is for people."""


class EngineProcess:
    """A running engine, seen from the console's process.

    ``on_state`` is called with each snapshot, on a thread of this object's; it
    must return at once.
    """

    def __init__(self, config: EngineConfig, on_state: Callable[[ConsoleState], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        stop_theirs, self._stop = context.Pipe(duplex=False)
        self._on_state = on_state
        self._posting = Lock()
        self._process: SpawnProcess = context.Process(
            target=_serve, args=(config, theirs, stop_theirs), name="injector-engine"
        )
        self._theirs = (theirs, stop_theirs)
        self._reader = Thread(target=self._read, name="snapshots", daemon=True)
        self.vkey = ""
        """The verifier key of the log; known once started."""

    def start(self) -> None:
        """Start the process and wait until it has opened its log.

        Raises ``EngineStartError`` with what the log said.
        """
        self._process.start()
        # Only the child may hold these now, or neither side would see the other die.
        for theirs in self._theirs:
            theirs.close()
        try:
            if not self._pipe.poll(_START_S):
                raise EngineStartError("the engine did not start in time")
            opened, said = self._pipe.recv()
        except EOFError:
            opened, said = False, "the engine ended as it started"
        if not opened:
            self._close()
            raise EngineStartError(said)
        self.vkey = said
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether the engine's process runs."""
        return self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """The engine's process id."""
        return self._process.pid

    def post(self, intent: Intent) -> None:
        """Send an intent, from any thread; nothing happens where the engine has ended."""
        with suppress(OSError), self._posting:
            self._pipe.send(intent)

    def stop(self, by: str | None = None) -> None:
        """STOP, from any thread, past everything else that is on its way."""
        with suppress(OSError):
            self._stop.send_bytes((by or "").encode())

    def shut_down(self, reason: str) -> None:
        """Tell the engine to disarm, settle and close the log; returns at once."""
        self.post(Shutdown(reason))

    def join(self) -> bool:
        """Wait until the engine has ended, and give its pipes back.

        False when it did not end in time: it sees the pipes close and ends by itself.
        """
        self._process.join(END_S)
        ended = not self._process.is_alive()
        self._close()
        return ended

    def _close(self) -> None:
        self._pipe.close()
        self._stop.close()
        self._process.join(END_S)

    def _read(self) -> None:
        while True:
            try:
                state = self._pipe.recv()
            except (EOFError, OSError):
                return
            self._on_state(state)


class _Newest:
    """A thread that sends the newest snapshot, and skips those that came too fast."""

    def __init__(self, pipe: "Connection[object, object]") -> None:
        self._pipe = pipe
        self._changed = Condition()
        self._state: ConsoleState | None = None
        self._over = False
        self._thread = Thread(target=self._send, name="snapshots", daemon=True)

    def start(self) -> None:
        """Begin to send. What was put before waits: the greeting goes first."""
        self._thread.start()

    def put(self, state: ConsoleState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify()

    def close(self) -> None:
        """Let the last one go out, unless the console no longer reads."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(timeout=0.5)

    def _send(self) -> None:
        while True:
            with self._changed:
                while self._state is None and not self._over:
                    self._changed.wait()
                state, self._state = self._state, None
            if state is None:
                return
            try:
                self._pipe.send(state)
            except OSError:
                return


def _serve(
    config: EngineConfig,
    pipe: "Connection[object, object]",
    stop: "Connection[object, object]",
) -> None:
    """The engine's process: everything here runs on the other side of the pipes."""
    newest = _Newest(pipe)
    engine = Engine(config, newest.put)
    for number in _ENDINGS:
        signal.signal(number, lambda *_: engine.shut_down("signal"))
    try:
        engine.start()
    except LogError as error:
        pipe.send((False, str(error)))
        return
    pipe.send((True, engine.vkey))
    newest.start()
    Thread(target=_watch_stop, args=(stop, engine), name="stop", daemon=True).start()
    Thread(target=_watch_intents, args=(pipe, engine), name="intents", daemon=True).start()
    while not engine.wait(0.5):
        pass  # wakes now and then, so that signals are handled
    newest.close()


def _watch_stop(stop: "Connection[object, object]", engine: Engine) -> None:
    while True:
        try:
            by = stop.recv_bytes().decode()
        except (EOFError, OSError):
            engine.post(ConsoleGone("console_lost"))
            return
        engine.stop("operator", by or None)


def _watch_intents(pipe: "Connection[object, object]", engine: Engine) -> None:
    while True:
        try:
            intent = pipe.recv()
        except (EOFError, OSError):
            engine.post(ConsoleGone("console_lost"))
            return
        if isinstance(intent, Intent):
            engine.post(intent)
