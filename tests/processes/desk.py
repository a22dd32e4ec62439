"""Whoever works with an engine in these tests: sees its snapshots, and says what is wanted."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final, Protocol, Self, TypeVar

from injector.control import process
from injector.control.config import EngineConfig
from injector.control.inputs import Arm, ConsoleSeen, Intent, OpenSession, ReleaseStop
from injector.control.process import EngineProcess
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.shotlog import entries as log
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.treatment.plan import Plan
from injector.treatment.shipped import shipped_library
from tests.acceptance.stage import step, write_plan

DEADLINE_S: Final = 40.0
OPERATOR: Final = "Ada"
SESSION: Final = "t00000000000000aa"
LIBRARY: Final = shipped_library()
SIGHT_S: Final = 0.1
Found = TypeVar("Found", bound=log.Body)


class Wanting(Protocol):
    """An engine, in this process or in its own."""

    def post(self, intent: Intent, /) -> None:
        """Take an intent."""
        ...


class Desk:
    """A person who works with an engine. ``see`` is where its snapshots go."""

    def __init__(self) -> None:
        self._seen: SimpleQueue[ConsoleState] = SimpleQueue()
        self.history: list[ConsoleState] = []
        """Every snapshot that was looked at."""
        self.frozen = Event()
        """Set: this console draws nothing and reads nothing, until `thaw`."""
        self.thaw = Event()

    def see(self, state: ConsoleState) -> None:
        """Take a snapshot; blocks while the console is frozen, as a stopped terminal does."""
        if self.frozen.is_set():
            self.thaw.wait(DEADLINE_S)
        self._seen.put(state)

    def until(self, met: Callable[[ConsoleState], bool], what: str) -> ConsoleState:
        """Look at snapshots until one is as wanted."""
        end_s = time.monotonic() + DEADLINE_S
        while True:
            try:
                state = self._seen.get(timeout=max(0.0, end_s - time.monotonic()))
            except Empty:
                raise AssertionError(f"it never came to this: {what}") from None
            self.history.append(state)
            if met(state):
                return state

    def catch_up(self) -> None:
        """Look at every snapshot that has come."""
        while not self._seen.empty():
            self.history.append(self._seen.get())

    def arm(self, engine: Wanting, plan: Plan) -> None:
        """Open a session, and arm its first step."""
        self.open(engine, plan)
        engine.post(Arm(0, OPERATOR))
        self.until(lambda s: s.state is State.ARMED, "an armed gun")

    def open(self, engine: Wanting, plan: Plan) -> None:
        """Release the STOP of the boot, and open a session."""
        self.until(lambda s: s.state is State.READY and s.status is not None, "a gun")
        engine.post(ReleaseStop(OPERATOR))
        self.until(lambda s: s.state is State.READY and not s.latched, "a release")
        engine.post(OpenSession(SESSION, "training", plan, LIBRARY, OPERATOR))
        self.until(lambda s: s.session is not None, "a session")


@contextmanager
def engine_process(config: EngineConfig, desk: Desk) -> Iterator[EngineProcess]:
    """An engine in its own process, ended in order, or killed where it does not end."""
    begins = vars(process)["multiprocessing"]
    assert begins is multiprocessing, "it would not begin as the console's does"
    engine = EngineProcess(config, desk.see)
    engine.start()
    try:
        yield engine
    finally:
        desk.thaw.set()
        engine.shut_down("done")
        ended = engine.join()
        if not ended and engine.pid is not None:
            os.kill(engine.pid, signal.SIGKILL)
    assert ended, "the engine did not end in time"


class Sight:
    """Tells the engine that its console can be seen, ten times a second, until closed."""

    def __init__(self, engine: Wanting) -> None:
        self._engine = engine
        self._over = Event()
        self.last_us = 0
        """When it was told last."""
        self._thread = Thread(target=self._tell, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Tell it no more."""
        self._over.set()
        self._thread.join(DEADLINE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tell(self) -> None:
        while True:
            self.last_us = now_us()
            self._engine.post(ConsoleSeen())
            if self._over.wait(SIGHT_S):
                return


def now_us() -> int:
    """The monotonic clock, which the engine's process and the log share."""
    return time.monotonic_ns() // 1000


def a_plan(folder: Path, *steps: str) -> Plan:
    """A plan with fast shots, a hundred of them unless told otherwise."""
    written = write_plan(folder, *(steps or (step(shots=100, cadence="4/s"),)))
    return Plan.parse(written.read_bytes())


def entries(path: Path) -> list[log.Entry]:
    """What stands in the log."""
    with LogReader.open(path) as reader:
        return list(reader.entries())


def of(path: Path, kind: type[Found]) -> list[tuple[int, Found]]:
    """Entries of a kind, each with the log's own monotonic time."""
    return [(e.at.mono_us, e.body) for e in entries(path) if isinstance(e.body, kind)]


def ended_in_order(path: Path, reason: str) -> None:
    """The log tells of an end in order: disarmed, settled, ended, the session left open; and
    verifies."""
    kinds = [entry.body.kind for entry in entries(path)]
    places = [kinds.index(k) for k in ("disarmed", "settled", "engine_ended")]
    assert "session_closed" not in kinds
    assert places == sorted(places)
    assert kinds[-1] == "engine_ended"
    [(_, ended)] = of(path, log.EngineEnded)
    [(_, disarmed)] = of(path, log.Disarmed)
    assert (ended.reason, disarmed.reason) == (reason, reason)
    assert verify(path).ok
