"""A practitioner who treats for as long as it takes, whatever happens meanwhile.

Sees snapshots and wants what a person could want: releases a STOP, opens sessions, arms
their steps, answers gaps, foreign entries and a lost link, and closes what is done. What
people do out of turn (STOP in mid-shot, a disarm, a session ended early) stands in the
history, so that it can be left out.
"""

from random import Random
from typing import Final

from injector.control.inputs import (
    AcceptForeign,
    AcknowledgeAlarm,
    AcknowledgeGap,
    Arm,
    CloseSession,
    Intent,
    OpenSession,
    PauseAlarms,
    ReleaseStop,
    Shutdown,
    TakeLink,
)
from injector.control.snapshot import ConsoleState, Denial, SessionView
from injector.control.states import State
from injector.control.wants import Record, Resume
from injector.limits.library import Library
from injector.protocol.codes import Faults
from injector.shotlog import facts
from injector.shotlog.entries import new_session_id
from injector.treatment.plan import Plan

NAME: Final = "ada"
_NOT_OURS: Final = (
    Denial.OTHER_PATIENT,
    Denial.OTHER_LIBRARY,
    Denial.OTHER_PLAN,
    Denial.OTHER_SYRINGE,
)
"""Why a session that was found open is not the one that it was taken for."""
_PATIENCE: Final = 5
"""Looks for which what was asked is waited for, before it is asked again."""


class Practitioner:
    """Works through ``plans``, one session each, over and over. ``chance`` draws what is
    a matter of temper: to go on after a gap or to end the session, to pause an alarm."""

    def __init__(self, plans: tuple[Plan, ...], library: Library, chance: Random) -> None:
        self.leaving = False
        """Told to end what is open and begin nothing more."""
        self.other_gun = False
        """The gun at hand is of no use any more: another is to be taken."""
        self.empty = False
        """Somebody is to put in a full syringe."""
        self._plans, self._library, self._chance = plans, library, chance
        self._sessions = 0
        self._asked = -1
        self._patience = 0

    def look(self, seen: ConsoleState) -> Intent | None:
        """Look at a snapshot; what is wanted now, if anything."""
        if seen.state is State.LOG_FAILED:
            return Shutdown("log_failed")
        if seen.state is State.TAKEN:
            return TakeLink(NAME)
        if seen.state is not State.READY or seen.status is None:
            return None
        if self._asked == seen.log_size and self._patience:
            self._patience -= 1
            return None  # what was asked for has not happened yet
        self._asked, self._patience = seen.log_size, _PATIENCE
        return self._want(seen)

    def _want(self, seen: ConsoleState) -> Intent | None:
        if seen.foreign:
            return AcceptForeign(NAME) if self._chance.random() < 0.3 else None
        if seen.gaps and seen.session is not None:
            if self._chance.random() < 0.5:
                return AcknowledgeGap(seen.gaps[0], NAME)
            return CloseSession(NAME, "gap")
        unseen = [alarm for alarm in seen.alarms if not alarm.acknowledged]
        if unseen and self._chance.random() < 0.3:
            if self._chance.random() < 0.2:
                return PauseAlarms(NAME)
            return AcknowledgeAlarm(unseen[0].code, NAME)
        self.empty = seen.status is not None and Faults.EMPTY in seen.status.faults
        session = seen.session
        if session is None:
            return self._begin(seen)
        if self.leaving:
            return CloseSession(NAME, "interrupted")
        if session.recovered:
            return self._resume(seen, session)
        if seen.latched:
            return self._release(seen)
        return self._go_on(seen, session)

    def _begin(self, seen: ConsoleState) -> Intent | None:
        if self.leaving:
            return None
        if seen.latched:
            return self._release(seen)
        plan = self._plans[self._sessions % len(self._plans)]
        self._sessions += 1
        session = new_session_id("training", self._chance.randbytes(8))
        return OpenSession(session, "training", plan, self._library, NAME)

    def _resume(self, seen: ConsoleState, session: SessionView) -> Intent:
        denied = None if seen.denied is None else seen.denied.why
        if denied in _NOT_OURS or self._chance.random() < 0.3:
            return CloseSession(NAME, "interrupted")
        return Resume(
            NAME,
            fill=session.fill,
            needle_um=session.needle_um,
            plan=self._plans[(self._sessions - 1) % len(self._plans)],
            library=self._library,
        )

    def _release(self, seen: ConsoleState) -> Intent | None:
        held = seen.status is not None and seen.status.trigger
        # The gun would refuse it, and says so; hardly anybody tries.
        return None if held and self._chance.random() < 0.9 else ReleaseStop(NAME)

    def _go_on(self, seen: ConsoleState, session: SessionView) -> Intent:
        denied = None if seen.denied is None else seen.denied.why
        if denied is Denial.CONFLICT:
            self.other_gun = True
            return CloseSession(NAME, "conflict")
        if denied in (Denial.OTHER_GUN, Denial.NO_ROOM, Denial.LIMITS, Denial.NEEDS_OVERRIDE):
            return CloseSession(NAME, denied.value)
        if self._chance.random() < 0.05:
            return Record(
                facts.HandShots(
                    technique="papule",
                    zone=session.steps[0].zone,
                    fill=session.fill,
                    shots=2,
                    volume_nl=60_000,
                    by=NAME,
                )
            )
        for number, step in enumerate(session.steps):
            if step.done < step.planned:
                return Arm(number, NAME)
        return CloseSession(NAME, "done")
