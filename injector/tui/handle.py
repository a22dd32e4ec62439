"""How the console holds the engine: intents go out, snapshots come in.

Theory
------
Three threads meet here. The engine's reader brings snapshots, the terminal's input
thread brings STOP and signs of life, the event loop draws and sends what the
operator wants. None may wait for another: the `Mailbox` keeps the newest snapshot
only, and the `Postbox` takes an intent at once and hands it to the engine from a
thread of its own, so that a pipe that is full holds nobody up. STOP does not pass
through either: it has its own pipe (`injector.control.process`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:  # loaded by whoever makes one or reads one
    from injector.control.inputs import Intent
    from injector.control.snapshot import ConsoleState

_CLOSE_S: Final = 1.0


class EngineHandle(Protocol):
    """A running engine, as far as the console needs one."""

    @property
    def alive(self) -> bool:
        """Whether it runs."""

    @property
    def failure(self) -> str:
        """Why it could not open its log; empty while it may, and once it has."""

    def post(self, intent: "Intent") -> None:
        """Give it an intent. Called by one thread only."""

    def stop(self, by: str | None = None) -> None:
        """STOP, from any thread, past everything else that is on its way."""


class Mailbox:
    """Where the newest snapshot lies. ``put`` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: ConsoleState | None = None
        self._ring: Callable[[], None] | None = None
        self._rung = False
        self.attached: Final = Event()
        """Set once somebody wants what comes."""

    @property
    def newest(self) -> "ConsoleState | None":
        """The newest snapshot, from any thread, whether it was drawn or not."""
        return self._state

    def put(self, state: "ConsoleState") -> None:
        """Leave a snapshot; rings once until it is taken."""
        with self._lock:
            self._state = state
            ring = None if self._rung else self._ring
            self._rung = self._rung or ring is not None
        if ring is not None:
            ring()

    def take(self) -> "ConsoleState | None":
        """The newest snapshot; from now on a newer one rings again."""
        with self._lock:
            self._rung = False
            return self._state

    def attach(self, ring: Callable[[], None]) -> None:
        """Call ``ring`` when there is something to take; at once where there is already."""
        self.attached.set()
        with self._lock:
            self._ring = ring
            self._rung = waiting = self._state is not None
        if waiting:
            ring()

    def detach(self) -> None:
        """Ring nobody any more."""
        with self._lock:
            self._ring = None


class Postbox:
    """Hands intents to the engine in order, from a thread of its own."""

    def __init__(self, post: Callable[["Intent"], None]) -> None:
        self._deliver = post
        self._queue: SimpleQueue[Intent | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="intents", daemon=True)
        self._thread.start()

    def post(self, intent: "Intent") -> None:
        """Take an intent, from any thread and from a signal handler; never waits."""
        self._queue.put(intent)

    def close(self) -> None:
        """Deliver what was taken, unless the engine no longer reads."""
        self._queue.put(None)
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        while (intent := self._queue.get()) is not None:
            self._deliver(intent)


@dataclass(frozen=True, slots=True)
class Wires:
    """Everything that joins a console to its engine."""

    engine: EngineHandle
    mailbox: Mailbox
    postbox: Postbox
    port: str
    """Where the engine looks for the gun; only shown."""
