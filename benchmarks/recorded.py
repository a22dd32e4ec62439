"""Snapshots of a real session, recorded once and replayed as fast as a benchmark wants them.

No gun gives 50 shots a second. So a session on the simulated gun is recorded with its
engine's own snapshots, and replayed with the shots counted on: each snapshot shows the shots
that the rate has brought since the one before.
"""

import json
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Condition
from typing import Final

from injector.cli.simulator_process import start_simulator
from injector.control.config import EngineConfig
from injector.control.engine import Engine
from injector.control.inputs import Arm, OpenSession, ReleaseStop
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.limits.library import Library
from injector.shotlog.entries import new_session_id
from injector.treatment.plan import Plan

_SHOTS: Final = 24
_PATIENCE_S: Final = 60.0


class RecordingError(Exception):
    """The session that was to be recorded did not come to its shots."""


class _Watch:
    """Keeps every snapshot, and waits for one."""

    def __init__(self) -> None:
        self.all: Final[list[ConsoleState]] = []
        self._changed = Condition()

    def put(self, state: ConsoleState) -> None:
        with self._changed:
            self.all.append(state)
            self._changed.notify()

    def until(self, what: str, met: Callable[[ConsoleState], bool]) -> None:
        with self._changed:
            if not self._changed.wait_for(
                lambda: bool(self.all) and met(self.all[-1]), _PATIENCE_S
            ):
                raise RecordingError(f"it never came to this: {what}")


def record(folder: Path, plan: Plan, library: Library) -> list[ConsoleState]:
    """Give the first shots of ``plan`` on a simulated gun; its snapshots while armed."""
    watch = _Watch()
    with start_simulator(serial="BENCH-0", seed=7) as gun:
        engine = Engine(EngineConfig(gun.port, folder / "recorded.db", "benchmark"), watch.put)
        engine.start()
        try:
            watch.until("stopped", lambda s: s.latched and s.status is not None)
            engine.post(ReleaseStop("bench"))
            watch.until("ready", lambda s: s.state is State.READY and not s.latched)
            session = new_session_id("training", os.urandom(8))
            engine.post(OpenSession(session, "training", plan, library, "bench"))
            watch.until("a session", lambda s: s.session is not None)
            engine.post(Arm(0, "bench"))
            watch.until("armed", lambda s: s.state is State.ARMED)
            first = len(watch.all) - 1
            with socket.socket(socket.AF_UNIX) as hand:
                hand.connect(gun.control)
                answers = hand.makefile("rb")
                for act in ({"do": "contact", "on": True}, {"do": "trigger", "held": True}):
                    hand.sendall(json.dumps(act).encode() + b"\n")
                    answers.readline()
                watch.until("shots", lambda s: len(s.shots) >= _SHOTS)
                answers.close()
            recorded = [s for s in watch.all[first:] if s.state is State.ARMED and s.shots]
        finally:
            engine.shut_down("recorded")
            engine.wait(_PATIENCE_S)
    return recorded


def counted_on(recorded: list[ConsoleState], number: int, shots: int) -> ConsoleState:
    """Snapshot ``number`` of a replay, with ``shots`` shots given so far."""
    base = recorded[number % len(recorded)]
    if base.session is None:
        raise RecordingError("a snapshot without a session was recorded")
    given = base.shots[-1]
    last = tuple(
        replace(base.shots[shot % len(base.shots)], seq=given.seq + shot, index=given.index + shot)
        for shot in range(max(0, shots - len(base.shots)) + 1, shots + 1)
    )
    session = replace(
        base.session, given_shots=shots, given_nl=base.session.given_nl + shots * 20_000
    )
    return replace(base, shots=last, session=session, log_size=base.log_size + shots)
