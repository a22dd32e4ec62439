"""One life of the host's program: the engine's work without its thread, port and clock.

Everything that decides is the real thing (`Conductor`, `Controller`). What stands here
is what the engine does besides: it hands jobs to the log, bytes to the line, and
snapshots to whoever operates.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol, assert_never

from injector.control.conductor import Conductor
from injector.control.controller import Controller
from injector.control.effects import Append, AppendJudged, Ended, Recall, StopNow
from injector.control.inputs import ConsoleSeen, Input, Intent, PortLost, PressStop
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.protocol.framing import STOP_BYTES
from injector.world.clock import Clock
from injector.world.disk import Disk
from injector.world.wire import Wire

LOOK_US: Final = 50_000
"""How often an operator looks while nothing changes; as often as the engine publishes."""
REOPEN_US: Final = 250_000
"""How often a port that is away is tried again; the engine's."""
INTENT_US: Final = 1_000_000
"""What a person wanted so long ago they may no longer want; the engine's. Not STOP."""
PORT: Final = "world"
SEEN_US: Final = 400_000
"""How often a console that lives shows that it does."""
_LOOKS_ON: Final = frozenset({State.READY, State.TAKEN, State.LOG_FAILED})
"""The states in which an operator has something to decide: nobody looks in others."""


class SpinError(Exception):
    """The conductor wants to be called again at once, which would keep a core busy for ever."""


class Operator(Protocol):
    """A person at the console, or a program in their place."""

    def look(self, seen: ConsoleState, /) -> Intent | None:
        """Look at a snapshot; what is wanted now, if anything."""
        ...


class Host:
    """A host that runs. Making it is its start, on the log as ``disk`` found it.

    ``wrote`` is told of every write to the line.
    """

    def __init__(
        self,
        disk: Disk,
        wire: Wire,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        operator: Operator | None,
        wrote: Callable[[bytes], None],
        *,
        watch_console: bool = False,
    ) -> None:
        self.disk: Final = disk
        self.operator = operator
        self.controller: Final = Controller(
            log_id=disk.log.log_id,
            ledger=disk.desk.ledger(),
            log_size=disk.log.size,
            watch_console=watch_console,
        )
        self.conductor: Final = Conductor(self.controller, random_bytes)
        self.conductor.read_clocks(clock.moment())
        self.ended: str | None = None
        """Why it ended in order; None while it runs."""
        self.frozen = False
        """Its console draws nothing and takes no key."""
        self._waiting: deque[Intent] = deque()
        self._stirred = True
        """Something happened here: what is due next is not known."""
        self._soonest_us: int | None = None
        self.held_until_us = 0
        """Until then the engine gets no time; the log's own thread and STOP's do."""
        self._wire = wire
        self._clock = clock
        self._wrote = wrote
        self._open = False
        self._open_us: int | None = clock.now_us
        self._ticked_us = -1
        self._look_us: int | None = clock.now_us
        self._looked_at: tuple[State, int] | None = None
        self._seen_us: int | None = clock.now_us if watch_console and operator else None

    # -- what comes in -----------------------------------------------------------------

    def handle(self, what: Input) -> None:
        """Take an input: an intent of a person, or what the log says."""
        self._stirred = True
        self._ticked_us = -1
        self.conductor.handle(what, self._clock.now_us)
        self._carry_out()

    def receive(self, data: bytes) -> None:
        """Take bytes from the line; nobody reads a port that is not open."""
        if self._open:
            self._stirred = True
            self._ticked_us = -1
            self.conductor.receive(data, self._clock.now_us)
            self._carry_out()

    def hang_up(self) -> None:
        """The port has gone."""
        if self._open:
            self._stirred, self._open = True, False
            self._open_us = self._clock.now_us + REOPEN_US
            self.handle(PortLost("hung up"))

    # -- time --------------------------------------------------------------------------

    def due(self) -> int | None:
        """When something happens here by itself; None for never."""
        disk, now_us = self.disk, self._clock.now_us
        if now_us < self.held_until_us:
            committed_us = disk.due()
            if committed_us is None:
                return self.held_until_us
            return min(committed_us, self.held_until_us)
        if disk.reports or self._waiting:
            return now_us
        if self._stirred:
            self._stirred = False
            soonest = self._line_due()
            for due in (disk.due(), self._look_us, self._seen_us, self._open_us):
                if due is not None and (soonest is None or due < soonest):
                    soonest = due
            self._soonest_us = soonest
        return self._soonest_us

    def step(self) -> str:
        """Do one of the things that are due; return which."""
        self._stirred = True
        now_us = self._clock.now_us
        if now_us < self.held_until_us:
            self.disk.work()
            return "committed"
        if self.disk.reports:
            report = self.disk.reports.popleft()
            self.handle(report)
            return "reported"
        if self._waiting:
            self.handle(self._waiting.popleft())
            return "wanted"
        if _is_due(self.disk.due(), now_us):
            self.disk.work()
            return "committed"
        if _is_due(self._open_us, now_us):
            self._try_port()
            return "port"
        if _is_due(self._line_due(), now_us):
            self._ticked_us = now_us
            self.conductor.read_clocks(self._clock.moment())
            self.conductor.tick(now_us)
            self._carry_out()
            return "line"
        if _is_due(self._seen_us, now_us):
            self._seen_us = now_us + SEEN_US
            if not self.frozen:
                self.handle(ConsoleSeen())
            return "seen"
        self._let_look()
        return "looked"

    def want(self, intent: Intent) -> None:
        """A person wants something. What waits for an engine that is held up expires."""
        if self._clock.now_us >= self.held_until_us:
            self.handle(intent)
        elif isinstance(intent, PressStop):
            # STOP has a thread of its own, which writes the bytes before the engine hears.
            self._write(STOP_BYTES)
            self._waiting.append(intent)
        elif self.held_until_us - self._clock.now_us <= INTENT_US:
            self._waiting.append(intent)

    def _line_due(self) -> int | None:
        due = self.conductor.due()
        if due is not None and due <= self._ticked_us:
            raise SpinError(f"due at {due} us, and still due after it was done")
        return due

    def _try_port(self) -> None:
        if not self._wire.plugged:
            self._open_us = self._clock.now_us + REOPEN_US
            return
        self._open, self._open_us, self._ticked_us = True, None, -1
        self.conductor.port_opened(PORT, self._clock.now_us)
        self._carry_out()

    def _let_look(self) -> None:
        self._look_us = None
        if self.operator is None or self.controller.state not in _LOOKS_ON:
            return
        if self.frozen:
            self._look_us = self._clock.now_us + LOOK_US
            return
        intent = self.operator.look(self.controller.snapshot())
        if intent is not None:
            self.handle(intent)
        if self.controller.state in _LOOKS_ON:
            self._look_us = self._clock.now_us + LOOK_US

    # -- what goes out -----------------------------------------------------------------

    def _carry_out(self) -> None:
        now_us = self._clock.now_us
        for job in self.conductor.take_jobs():
            match job:
                case Append() | AppendJudged() | Recall():
                    self.disk.submit(job)
                case StopNow():
                    self._write(STOP_BYTES)
                case Ended():
                    self.ended = job.reason
                case _:
                    assert_never(job)
        while data := self.conductor.take_output(now_us):
            self._write(data)
        state = self.controller.state
        if self.operator is None or state not in _LOOKS_ON:
            return
        seen = (state, self.disk.log.size)
        if seen != self._looked_at:
            self._looked_at = seen
            if self._look_us is None:
                self._look_us = now_us + LOOK_US

    def _write(self, data: bytes) -> None:
        if self._open:
            self._wrote(data)
            self._wire.to_gun.put(data, self._clock.now_us)


def _is_due(due_us: int | None, now_us: int) -> bool:
    return due_us is not None and due_us <= now_us
