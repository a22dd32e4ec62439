"""Controller and connection together: bytes, inputs and time in; bytes and jobs out.

Still no port, thread or clock: the engine drives this on a real line, and tests
drive it in virtual time. The one thing it needs from outside besides time is a
source of random bytes for link ids.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias, assert_never

from injector.control.clockwatch import ClockWatch
from injector.control.controller import Controller
from injector.control.effects import (
    Append,
    AppendJudged,
    BeginLink,
    DrawLink,
    Effect,
    Ended,
    EndLink,
    LogJob,
    Recall,
    Send,
    StopNow,
)
from injector.control.inputs import (
    FromDevice,
    Input,
    LinkDrawn,
    NotSent,
    PortOpened,
    Tick,
    UtcJumped,
    Watch,
)
from injector.control.snapshot import ConsoleState
from injector.control.tap import Tap
from injector.protocol.framing import STOP_BYTES, pick_link
from injector.protocol.host import Answered, HostConnection, LinkStatistics, LocalError
from injector.protocol.messages import Beat
from injector.shotlog.entries import Moment

Job: TypeAlias = LogJob | StopNow | Ended
"""What the engine must do itself."""
_TICK: Final = Tick()


class Conductor:
    """Runs one controller on one line. ``baud`` is the line's speed."""

    def __init__(
        self, controller: Controller, random_bytes: Callable[[int], bytes], *, baud: int = 115_200
    ) -> None:
        self.controller = controller
        self._random_bytes = random_bytes
        self._baud = baud
        self._connection: HostConnection | None = None
        self._jobs: list[Job] = []
        self._tap: Tap | None = None
        self._clocks = ClockWatch()

    @property
    def statistics(self) -> LinkStatistics | None:
        """What the link at hand has seen; None without one."""
        return None if self._connection is None else self._connection.statistics

    def snapshot(self) -> ConsoleState:
        """The picture that a console draws, with the line where somebody watches it."""
        state = self.controller.snapshot()
        return state if self._tap is None else replace(state, line=self._tap.view(self.statistics))

    def port_opened(self, port: str, now_us: int) -> None:
        """The port is open: begin a link on it."""
        self.handle(PortOpened(port, pick_link(self._random_bytes)), now_us)

    def handle(self, what: Input, now_us: int) -> None:
        """Give the controller an input and carry out what it wants of the line."""
        if isinstance(what, Watch):
            self._tap = (self._tap or Tap()) if what.on else None
        for effect in self.controller.handle(what, now_us):
            self._carry_out(effect, now_us)

    def receive(self, data: bytes, now_us: int) -> None:
        """Take bytes from the line."""
        connection = self._connection
        if connection is None:
            return
        if self._tap is not None:
            self._tap.came(data, now_us)
        for event in connection.receive(data, now_us):
            if self._tap is not None and isinstance(event, Answered):
                self._tap.answered(now_us)
            if connection is self._connection:
                self.handle(FromDevice(event), now_us)

    def tick(self, now_us: int) -> None:
        """Let time pass for connection and controller."""
        connection = self._connection
        if connection is not None:
            for event in connection.tick(now_us):
                self.handle(FromDevice(event), now_us)
        self.handle(_TICK, now_us)

    def read_clocks(self, at: Moment) -> None:
        """Take a reading of the host's clocks; a jump of one against the other is told."""
        by_us = self._clocks.read(at)
        if by_us is not None:
            self.handle(UtcJumped(by_us), at.mono_us)

    def take_output(self, now_us: int) -> bytes:
        """Return the bytes to write now."""
        line = b"" if self._connection is None else self._connection.take_output(now_us)
        if line and self._tap is not None:
            self._tap.went(line, now_us)
        return line

    def take_jobs(self) -> list[Job]:
        """Return what the engine has to do, in order."""
        jobs, self._jobs = self._jobs, []
        return jobs

    def due(self) -> int | None:
        """When to call :meth:`tick` and :meth:`take_output` at the latest; None for never."""
        beat_us = self.controller.next_beat_us()
        line_us = None if self._connection is None else self._connection.due()
        if beat_us is None or line_us is None:
            return line_us if beat_us is None else beat_us
        return min(beat_us, line_us)

    def _carry_out(self, effect: Effect, now_us: int) -> None:
        match effect:
            case BeginLink():
                self._connection = HostConnection(link=effect.link, baud=self._baud)
                if self._tap is not None:
                    self._tap.began()
                self._connection.request(effect.hello, now_us)
            case EndLink():
                self._connection = None
            case DrawLink():
                self.handle(LinkDrawn(pick_link(self._random_bytes)), now_us)
            case Send():
                self._send(effect, now_us)
            case StopNow():
                if effect.ask and self._connection is not None:
                    self._connection.stop(now_us)
                if self._tap is not None:
                    self._tap.went(STOP_BYTES, now_us)
                self._jobs.append(effect)
            case Append() | AppendJudged() | Recall() | Ended():
                self._jobs.append(effect)
            case _:
                assert_never(effect)

    def _send(self, effect: Send, now_us: int) -> None:
        if self._connection is None:
            return
        if self._tap is not None and isinstance(effect.request, Beat):
            self._tap.beat(now_us)
        try:
            self._connection.request(effect.request, now_us, short=effect.short)
        except LocalError:
            self.handle(NotSent(effect.request), now_us)
