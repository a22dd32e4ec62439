"""A step that is to be armed once what is granted has been let go.

It is one act for the person: this step, now. Between the two halves of it something may
happen, and then nothing is armed: a STOP, a fact that ends the session, too much time.
"""

from typing import Final

from injector.control.snapshot import ConsoleState
from injector.control.states import State

PATIENCE_US: Final = 5_000_000
"""A person who waited longer for the arming may have gone on to something else."""
_ON_THE_WAY: Final = frozenset(
    {State.ARMED, State.CONFIGURING, State.GRANTING, State.DISARMING, State.SETTLING}
)


class NextStep:
    """The step that waits, if one does."""

    def __init__(self) -> None:
        self._step: int | None = None
        self._session = ""
        self._until_us = 0
        self._left = False
        """The grant of the step before has been seen to end."""

    def want(self, step: int, state: ConsoleState, now_us: int) -> None:
        """Arm that step when it can be."""
        self._step, self._until_us = step, now_us + PATIENCE_US
        self._session = "" if state.session is None else state.session.id
        self._left = False

    def forget(self) -> None:
        """Somebody does something else."""
        self._step = None

    def look(self, state: ConsoleState, now_us: int) -> int | None:
        """The step to arm now; None for not yet, or not any more."""
        if self._step is None:
            return None
        session = "" if state.session is None else state.session.id
        if state.latched or session != self._session or now_us > self._until_us:
            self.forget()
            return None
        if state.state is State.READY:
            step, self._step = self._step, None
            return step
        if state.state not in _ON_THE_WAY:
            self.forget()
        elif state.state in (State.DISARMING, State.SETTLING):
            self._left = True
        elif self._left:
            self.forget()  # something else was armed meanwhile
        return None
