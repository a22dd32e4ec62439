"""What time and counts call for in a session: it stands idle, the needle is due.

Durations are counted on the monotonic clock alone: what people set their clocks to
neither ends a session nor keeps it open.
"""

from enum import Enum, auto
from typing import Final

from injector.control.alarms import AlarmCode
from injector.control.ledger import Ledger
from injector.control.outbox import Outbox
from injector.limits.library import Library
from injector.shotlog import facts

_MINUTE_US: Final = 60_000_000
IDLE_WARN_MIN: Final = 30
"""After so many idle minutes a session warns, where the library says nothing else."""
IDLE_CLOSE_MIN: Final = 240
"""After so many it closes unsigned, where the library says nothing else."""


class Idle(Enum):
    """What a session that stands idle calls for."""

    WARN = auto()
    CLOSE = auto()


class Watches:
    """Watches the open session."""

    def __init__(self, outbox: Outbox, ledger: Ledger) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self._session: str | None = None
        self._active_us = 0
        self._warned = False

    def active(self, now_us: int) -> None:
        """Somebody did something, or a shot came."""
        self._active_us, self._warned = now_us, False

    def idle(self, now_us: int, library: Library | None) -> Idle | None:
        """What the open session calls for now; each but once."""
        session = self._ledger.session
        if session is None or session.id != self._session:
            self._session = None if session is None else session.id
            self.active(now_us)
            return None
        idle_us = now_us - self._active_us
        warn, close = _times(library)
        if idle_us >= close * _MINUTE_US:
            return Idle.CLOSE
        if idle_us < warn * _MINUTE_US or self._warned:
            return None
        self._warned = True
        self._outbox.append(facts.IdleWarned(idle_s=idle_us // 1_000_000))
        self._outbox.raise_(AlarmCode.IDLE, {"minutes": idle_us // _MINUTE_US})
        return Idle.WARN

    def shot(self, library: Library | None) -> None:
        """A shot is durable: a fresh needle may be due."""
        session = self._ledger.session
        reminder = None if library is None else library.figures.session.needle_change
        if session is None or reminder is None or not session.needle_shots:
            return
        if session.needle_shots % reminder.every == 0:
            self._outbox.raise_(AlarmCode.NEEDLE_DUE, {"shots": session.needle_shots})


def _times(library: Library | None) -> tuple[int, int]:
    """After how many idle minutes a session warns, and closes."""
    warn, close = IDLE_WARN_MIN, IDLE_CLOSE_MIN
    if library is not None:
        session = library.figures.session
        warn = warn if session.idle_warn is None else session.idle_warn.after
        close = close if session.idle_close is None else session.idle_close.after
    return warn, close
