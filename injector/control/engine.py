"""The engine: one thread that runs the controller on a real port.

It waits on the port and a bell, and does nothing else that can take long: the log
has a thread of its own, and whoever watches gets snapshots through a callback that
must return at once. STOP is the exception to all order: :meth:`Engine.stop` writes
the bytes to the port from the thread that asks, and only then tells the loop.

Scripts and `injector run` use the engine directly. The console runs it in a
process of its own (`injector.control.process`).
"""

import os
import select
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Final, assert_never

from injector.control.conductor import Conductor
from injector.control.config import EngineConfig
from injector.control.controller import Controller
from injector.control.effects import Append, AppendJudged, Ended, Recall, StopNow
from injector.control.inputs import (
    ConsoleGone,
    ConsoleSeen,
    Input,
    Intent,
    PortLost,
    PressStop,
    Shutdown,
    Watch,
)
from injector.control.snapshot import ConsoleState
from injector.control.states import LINKED, State
from injector.control.wants import Record, RecordAccess, RecordAnchored, Vouching
from injector.control.warming import build_validators
from injector.control.writer import LogWriter
from injector.driver.port import Port, PortError
from injector.driver.ports import Candidates, OnePort
from injector.driver.search import Search
from injector.driver.wake import Bell
from injector.protocol.framing import STOP_BYTES
from injector.shotlog.entries import Moment
from injector.shotlog.kept import default_path

REOPEN_US: Final = 250_000
"""How often a port that is away is tried again."""
ANSWER_US: Final = 1_000_000
"""How long nobody may answer on a port before another named one is tried."""
END_US: Final = 3_000_000
"""How long an ordered end may take before the engine lets go as it is: a session that
is not settled by then stays open in the log."""
INTENT_US: Final = 1_000_000
"""An intent older than this is dropped: what a person wanted a second ago they may no
longer want. STOP never expires, nor does an end."""
IDLE_US: Final = 250_000
"""How long the engine sleeps at most: what watches the console must run."""
PUBLISH_US: Final = 50_000
"""Snapshots go out at most this often."""
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def read_clock() -> Moment:
    """The host's clocks now."""
    return Moment(time.time_ns() // 1000, time.monotonic_ns() // 1000)


def host_boot() -> str | None:
    """The random id of this computer's boot, where it tells one."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return None


class Engine:
    """Runs one log and one gun until told to end.

    ``publish`` is called on the engine's thread with every new snapshot.
    """

    def __init__(self, config: EngineConfig, publish: Callable[[ConsoleState], None]) -> None:
        self._config = config
        self._publish = publish
        self._bell = Bell()
        self._poll = select.poll()
        self._poll.register(self._bell, select.POLLIN)
        self._inbox: deque[tuple[Input, int]] = deque()
        self._port: Port | None = None
        self._port_lock = RLock()
        self._ended = Event()
        self._reason = ""
        self._crash: BaseException | None = None
        self._end_by_us: int | None = None
        self._reopen_us = 0
        self._candidates: Candidates = OnePort(config.port)
        if config.ports is not None and not config.port:
            self._candidates = config.ports
        self._search = Search(self._candidates)
        self._unanswered_us = 0
        """Since when nobody has answered on the open port; looked at now and then."""
        self._published_us = 0
        self._dirty = True
        self._writer = LogWriter(
            config.log,
            clock=read_clock,
            random_bytes=os.urandom,
            software=config.software,
            host_boot=host_boot(),
            report=self._from_log,
            anchors=config.anchors or default_path(config.log),
        )
        self._conductor: Conductor | None = None
        self._thread = Thread(target=self._run, name="engine", daemon=True)
        self.vkey = ""
        """The verifier key of the log; known once started."""

    def start(self) -> None:
        """Open the log, then run. Raises what the log raises; the port may come later."""
        try:
            opened = self._writer.open()
        except BaseException:
            self._bell.close()
            raise
        self.vkey = opened.vkey
        build_validators()
        self._search = Search(self._candidates, opened.port)
        controller = Controller(
            log_id=opened.log_id,
            ledger=opened.ledger,
            log_size=opened.size,
            watch_console=self._config.watch_console,
        )
        self._conductor = Conductor(controller, os.urandom, baud=self._config.baud)
        self._thread.start()

    def post(self, intent: Intent) -> None:
        """Give the engine an intent, from any thread."""
        self._put(intent)

    def stop(self, origin: str, by: str | None = None) -> bool:
        """STOP, from any thread, at once. Whether the line took the bytes."""
        with self._port_lock:
            port = self._port
        taken = port is not None and port.write_stop(STOP_BYTES)
        self._put(PressStop(origin, by))
        return taken

    def shut_down(self, reason: str, *, leave_open: bool = False) -> None:
        """Disarm, settle, close the session (or leave it open) and the log; returns at once."""
        self._put(Shutdown(reason, leave_open))

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the engine has ended; False when the time ran out first.

        Raises what ended it, where that was a mistake of this program.
        """
        if not self._ended.wait(timeout_s):
            return False
        self._thread.join()
        if self._crash is not None:
            raise RuntimeError("the engine ended by a mistake of its own") from self._crash
        return True

    @property
    def reason(self) -> str:
        """Why it ended; empty while it runs."""
        return self._reason

    @property
    def checkpoint(self) -> str:
        """The log's newest signed checkpoint; known once the engine has ended."""
        return self._writer.checkpoint

    @property
    def log_size(self) -> int:
        """How many entries the log has; known once the engine has ended."""
        return self._writer.size

    @property
    def unkept(self) -> str:
        """Why the newest checkpoint is not in the file of checkpoints; empty where it is."""
        return self._writer.unkept

    # -- the thread --------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._reason:
                self._step()
        except BaseException as error:  # noqa: BLE001 -- kept for wait(), after letting go
            self._crash = error
            self._reason = "crash"
        finally:
            self._close_port()
            self._writer.close(self._reason)
            self._bell.close()
            self._ended.set()

    def _step(self) -> None:
        conductor = self._conductor
        if conductor is None:
            raise RuntimeError("the engine was not started")
        now_us = _now_us()
        self._open_port(conductor, now_us)
        self._wait(conductor, now_us)
        now_us = _now_us()
        self._read(conductor, now_us)
        self._look_elsewhere(conductor, now_us)
        while self._inbox:
            what, since_us = self._inbox.popleft()
            if isinstance(what, Intent) and _expired(what, now_us - since_us):
                continue
            if isinstance(what, Shutdown | ConsoleGone) and self._end_by_us is None:
                self._end_by_us = now_us + END_US
            conductor.handle(what, now_us)
            self._dirty = True
        conductor.read_clocks(read_clock())
        conductor.tick(now_us)
        self._do_jobs(conductor)
        self._write(conductor, now_us)
        self._tell(conductor, now_us)
        if self._end_by_us is not None and now_us >= self._end_by_us and not self._reason:
            self._reason = "not_settled"

    def _wait(self, conductor: Conductor, now_us: int) -> None:
        due = [conductor.due(), self._end_by_us, now_us + PUBLISH_US if self._dirty else None]
        if self._port is None:
            due.append(self._reopen_us)
        due.append(now_us + IDLE_US)
        timeout_us = max(0, min(time_us for time_us in due if time_us is not None) - now_us)
        self._poll.poll(timeout_us / 1000)
        self._bell.answer()

    def _open_port(self, conductor: Conductor, now_us: int) -> None:
        if self._port is not None or now_us < self._reopen_us:
            return
        named = self._search.next(same=conductor.controller.session_open)
        try:
            port = None if named is None else Port.open(named.path, baud=self._config.baud)
        except PortError as error:
            self._search.failed(str(error))
            port = None
        if port is None:
            self._reopen_us = now_us + REOPEN_US
            conductor.handle(PortLost(self._search.why), now_us)
            return
        with self._port_lock:
            self._port = port
        self._poll.register(port, select.POLLIN)
        self._unanswered_us = now_us
        conductor.port_opened(port.url, now_us)
        self._dirty = True

    def _look_elsewhere(self, conductor: Conductor, now_us: int) -> None:
        """Leave a port on which nobody answers, where another may have the gun."""
        state = conductor.controller.state
        if self._port is None or state not in (State.GREETING, State.OFFLINE):
            self._unanswered_us = now_us
            if state in LINKED:
                self._search.answered()
        elif now_us - self._unanswered_us >= ANSWER_US:
            self._unanswered_us = now_us
            if self._search.elsewhere(same=conductor.controller.session_open):
                self._search.failed(f"{self._port.url}: no gun answers")
                self._lose_port(conductor, self._search.why, now_us)
                self._reopen_us = now_us

    def _read(self, conductor: Conductor, now_us: int) -> None:
        if self._port is None:
            return
        try:
            data = self._port.read()
        except PortError as error:
            self._hung_up(conductor, error, now_us)
            return
        if data:
            conductor.receive(data, now_us)
            self._dirty = True

    def _write(self, conductor: Conductor, now_us: int) -> None:
        if self._port is None:
            return
        try:
            while data := conductor.take_output(now_us):
                self._port.write(data)
        except PortError as error:
            self._hung_up(conductor, error, now_us)

    def _hung_up(self, conductor: Conductor, error: PortError, now_us: int) -> None:
        self._search.failed(str(error))
        self._search.lost()
        self._lose_port(conductor, str(error), now_us)

    def _lose_port(self, conductor: Conductor, why: str, now_us: int) -> None:
        self._close_port()
        self._reopen_us = now_us + REOPEN_US
        conductor.handle(PortLost(why), now_us)
        self._do_jobs(conductor)
        self._dirty = True

    def _close_port(self) -> None:
        with self._port_lock:
            port, self._port = self._port, None
        if port is not None:
            self._poll.unregister(port)
            port.close()

    def _do_jobs(self, conductor: Conductor) -> None:
        for job in conductor.take_jobs():
            match job:
                case Append() | AppendJudged() | Recall():
                    self._writer.submit(job)
                case StopNow():
                    if self._port is not None:
                        self._port.write_stop(STOP_BYTES)
                case Ended():
                    self._reason = job.reason
                    self._dirty = True
                case _:
                    assert_never(job)

    def _tell(self, conductor: Conductor, now_us: int) -> None:
        if self._dirty and (now_us - self._published_us >= PUBLISH_US or self._reason):
            self._dirty = False
            self._published_us = now_us
            self._publish(conductor.snapshot())

    # -- from other threads ------------------------------------------------------------

    def _from_log(self, what: Input) -> None:
        self._put(what)

    def _put(self, what: Input) -> None:
        self._inbox.append((what, _now_us()))
        with suppress(OSError):  # the engine has ended, and nobody listens
            self._bell.ring()


def _now_us() -> int:
    return time.monotonic_ns() // 1000


def _expired(intent: Intent, age_us: int) -> bool:
    # A fact stays true, however late it is written down; watching changes nothing.
    never = PressStop | Shutdown | ConsoleGone | ConsoleSeen | Watch
    facts = Record | RecordAccess | RecordAnchored | Vouching
    return age_us > INTENT_US and not isinstance(intent, never | facts)
