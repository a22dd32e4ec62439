"""The engine's own process: everything here runs on the other side of the pipes.

`injector.control.process` says why there is one, and what the pipes are for.
"""

import signal
from multiprocessing.connection import Connection
from threading import Condition, Thread
from typing import Final

from injector.control.config import EngineConfig
from injector.control.engine import Engine
from injector.control.inputs import ConsoleGone, Intent
from injector.control.snapshot import ConsoleState
from injector.shotlog.errors import LogError

_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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


def serve(
    config: EngineConfig,
    pipe: "Connection[object, object]",
    stop: "Connection[object, object]",
) -> None:
    """Run an engine until it ends. The first thing said is whether its log is open, and the
    log's verifier key, or what is wrong."""
    newest = _Newest(pipe)
    engine = Engine(config, newest.put)
    for number in _ENDINGS:
        signal.signal(number, lambda *_: engine.shut_down("signal", leave_open=True))
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
