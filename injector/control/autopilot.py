"""An operator who follows a plan step by step: what `injector run` does.

It sees what a person at the console sees, the snapshots, and wants what a person
could want, intents. It makes training sessions only. What calls for a person's
judgement (STOP, a gap, another host on the gun) ends its session; it never
releases a STOP that was pressed while it ran, and never repeats anything.
"""

from dataclasses import dataclass
from enum import StrEnum, unique

from injector.control.alarms import Alarm, AlarmCode
from injector.control.inputs import (
    AcceptForeign,
    AcknowledgeAlarm,
    Arm,
    CloseSession,
    Intent,
    OpenSession,
    ReleaseStop,
    Shutdown,
)
from injector.control.snapshot import ConsoleState, Denial, Denied, SessionView
from injector.control.states import State
from injector.limits.library import Library
from injector.treatment.plan import Plan


@unique
class Result(StrEnum):
    """How a run ended."""

    DONE = "done"
    """Every step was given as planned."""
    STOPPED = "stopped"
    """STOP was latched during the session."""
    DENIED = "denied"
    """An intent was not followed; `Autopilot.denied` says why."""
    GAP = "gap"
    """Something is unaccounted for; a person must look."""
    FAULT = "fault"
    """The gun has a fault under which nothing is granted."""
    TAKEN = "taken"
    """Another host took the gun."""
    LOG_FAILED = "log_failed"
    ENDED = "ended"
    """It was told to end."""


@dataclass(slots=True)
class _Wanted:
    """What was asked for and is not seen yet, so that nothing is asked twice."""

    intent: Intent
    log_size: int
    state: State


class Autopilot:
    """Follows ``plan`` under ``library`` as ``operator``, in the session ``session``.

    ``accept_foreign`` is the operator's word that entries which the gun made under
    another log may be acknowledged, once they are in this one; ``accept_ahead`` that they
    know why the gun did more than the log knows of.
    """

    def __init__(
        self,
        plan: Plan,
        library: Library,
        *,
        operator: str,
        session: str,
        accept_foreign: bool = False,
        accept_ahead: bool = False,
    ) -> None:
        self.plan = plan
        self.library = library
        self._operator = operator
        self.session = session
        self._accept_foreign = accept_foreign
        self._accept_ahead = accept_ahead
        self._accepted = False
        self._released = False
        self._opened = False
        self._wanted: _Wanted | None = None
        self.result: Result | None = None
        """How it went; None while it goes."""
        self.denied: Denied | None = None

    def look(self, seen: ConsoleState) -> Intent | None:
        """Look at a snapshot; what is wanted now, if anything."""
        if seen.state is State.ENDED:
            self._end(Result.ENDED)
            return None
        if seen.state is State.LOG_FAILED:
            return self._leave(seen, Result.LOG_FAILED)
        if seen.state is State.TAKEN:
            return self._leave(seen, Result.TAKEN)
        denied = seen.denied
        if denied is not None and self._opened and denied.why is not Denial.OUT_OF_ORDER:
            # Out of order only means that the gun's state changed as we asked.
            self.denied = self.denied or denied
            self._end(Result.DENIED)
        if seen.state is not State.READY or self._waiting(seen):
            return None
        if self._accept_ahead and any(_unseen(each) for each in seen.alarms):
            return self._want(AcknowledgeAlarm(AlarmCode.GUN_AHEAD, self._operator), seen)
        if seen.foreign and self._accept_foreign and not self._accepted:
            self._accepted = True
            return AcceptForeign(self._operator)
        if any(each.id == self.session for each in seen.closed):
            return self._want(Shutdown("done"), seen)
        session = seen.session
        if session is None:
            return self._begin(seen)
        if session.id != self.session:
            return self._want(CloseSession(self._operator, "interrupted"), seen)
        return self._go_on(seen, session)

    def _begin(self, seen: ConsoleState) -> Intent | None:
        if seen.latched and seen.status is None:
            return None  # what the gun says about STOP comes with its first status
        if seen.latched and not self._released:
            # Every boot starts stopped; whoever starts a run means to go.
            self._released = True
            return self._want(ReleaseStop(self._operator), seen)
        if seen.latched:
            return self._leave(seen, Result.STOPPED)
        self._opened = True
        opened = OpenSession(self.session, "training", self.plan, self.library, self._operator)
        return self._want(opened, seen)

    def _go_on(self, seen: ConsoleState, session: SessionView) -> Intent | None:
        if self.result is None and seen.latched and seen.status is not None:
            self._end(Result.STOPPED)
        if self.result is None and seen.gaps:
            self._end(Result.GAP)
        if self.result is None and seen.status is not None and seen.status.faulted:
            self._end(Result.FAULT)
        if self.result is not None:
            return self._want(CloseSession(self._operator, self.result.value), seen)
        if seen.status is None:
            return None
        for number, step in enumerate(session.steps):
            if step.done < step.planned:
                return self._want(Arm(number, self._operator), seen)
        self._end(Result.DONE)
        return self._want(CloseSession(self._operator, "done"), seen)

    def _leave(self, seen: ConsoleState, result: Result) -> Intent | None:
        self._end(result)
        if self._wanted is not None and isinstance(self._wanted.intent, Shutdown):
            return None
        return self._want(Shutdown(result.value), seen)

    def _end(self, result: Result) -> None:
        if self.result is None:
            self.result = result

    def _want(self, intent: Intent, seen: ConsoleState) -> Intent:
        self._wanted = _Wanted(intent, seen.log_size, seen.state)
        return intent

    def _waiting(self, seen: ConsoleState) -> bool:
        """Whether what was asked last has had no effect yet."""
        wanted = self._wanted
        return wanted is not None and seen.log_size == wanted.log_size and not self.denied


def _unseen(alarm: Alarm) -> bool:
    return alarm.code is AlarmCode.GUN_AHEAD and not alarm.acknowledged
