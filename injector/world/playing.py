"""Playing a history: a world from its first start to its settled end.

Everything here follows from the history and nothing else, so that the same history gives
the same world. People do what they would: the practitioner treats, whoever is at hand
starts a host again that has ended, and a gun of no more use is put away for another.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from injector.control.inputs import CloseSession
from injector.control.states import State
from injector.limits.library import Library
from injector.shotlog import entries as log
from injector.treatment.shipped import shipped_library
from injector.world.drawing import NEWER
from injector.world.happenings import (
    ConsoleFrozen,
    GunSwapped,
    Happening,
    HostKilled,
    HostStarted,
    LineTroubled,
    LogReplaced,
    LogRestored,
    MemoryMended,
    Wanted,
)
from injector.world.history import Event, History
from injector.world.house import House, StuckError
from injector.world.plans import draw_treatment
from injector.world.practitioner import NAME, Practitioner
from injector.world.signals import Signals
from injector.world.tally import Tally
from simulator import acts

_RESTART_US: Final = 400_000
"""How long it takes somebody to start a host again that has ended."""
_FETCH_US: Final = 1_500_000
"""How long it takes to fetch another gun, or a full syringe."""
_GIVE_UP_US: Final = 4_000_000
"""A host that is not running so long is started, though an event was to do it later."""
_CUE_US: Final = 5_000_000
"""How long an event waits for its cue; then it happens without it."""
_IDLE_US: Final = 15_000_000
"""So long without a shot, the next event comes though its shots have not."""
_STUCK_US: Final = 240_000_000
"""So long without a shot, the house has lost its way."""
_KILLS: Final = (HostKilled, acts.Reset, LogRestored, LogReplaced)
_MENDED: Final[tuple[Happening, ...]] = (
    LineTroubled(),
    ConsoleFrozen(on=False),
    *(acts.Fault(name=name, on=False) for name in ("occlusion", "air", "drive", "stuck_trigger")),
    acts.Syringe(volume_nl=5_000_000),
    acts.Battery(pct=90),
    acts.Contact(on=False),
    acts.Power(on=True),
    acts.Plug(),
    MemoryMended(),
)
"""What is done before the end: everything is made good, and nothing more is shot."""


@dataclass(frozen=True, slots=True)
class _Cued:
    event: Event
    until_us: int


class Playing:
    """One world. ``folder`` is an empty one for its log; ``library`` the limits in force."""

    def __init__(self, history: History, folder: Path, library: Library | None = None) -> None:
        chance = Random(f"people/{history.seed}")  # noqa: S311 -- people who can be repeated
        library = shipped_library() if library is None else library
        self.tally = Tally()
        self._history = history
        self._waiting = list(reversed(history.events))
        self._cued: list[_Cued] = []
        self._timed: list[tuple[int, int, Happening]] = []
        self._number = 0
        """Of events that have a time: of two at one instant the first to be planned comes first."""
        self._spares = 0
        treatment = draw_treatment(chance)
        self._people = Practitioner(treatment.plans, library, chance)
        self._log = folder / "shots.db"
        self.house = House(
            self._log,
            library,
            seed=history.seed,
            operator=self._people,
            hand=treatment.hand,
            watch_console=True,
        )
        self.house.invariants.told_of_damage = True
        self._signals = Signals(self.house)
        self._shot_us = self.house.clock.now_us
        self._begun = 0
        self._ended_us: int | None = None

    def play(self) -> Tally:
        """Play to the end and check it. Raises what broke.

        `BrokenError`: an invariant does not hold; `StuckError`: the house did not come
        on; any other exception is a mistake of the program.
        """
        house = self.house
        while self._begun < self._history.shots:
            self._step()
            if house.clock.now_us - self._shot_us > _STUCK_US:
                raise StuckError(
                    f"no shot for {_STUCK_US // 1_000_000} s; the host is {house.state}"
                )
        self._settle()
        house.close()
        self.tally.shots += house.begun
        self.tally.seconds += house.clock.now_us // 1_000_000
        self.tally.faults.update({f"line:{name}": n for name, n in house.troubles.items()})
        return self.tally

    def abandon(self) -> None:
        """Let go of the log, where the world ended before its time."""
        self.house.abandon()

    # -- going on ----------------------------------------------------------------------

    def _step(self) -> None:
        house = self.house
        now_us = house.clock.now_us
        if self._timed and self._timed[0][0] <= now_us:
            self._happen(heapq.heappop(self._timed)[2])
            return
        house.invariants.newest.clear()
        until_us = self._timed[0][0] if self._timed else now_us + 1_000_000
        if not house.step(until_us):
            house.run_for(max(0, until_us - house.clock.now_us) // 1_000 + 1)
        self._follow()

    def _follow(self) -> None:
        """Take note of what the step brought about, and let happen what waited for it."""
        house = self.house
        now_us, begun = house.clock.now_us, house.begun
        if begun != self._begun:
            self._begun, self._shot_us = begun, now_us
        if house.invariants.newest or house.turned:
            self._count()
        waiting = self._waiting
        while waiting and (begun >= waiting[-1].cue.shots or now_us - self._shot_us > _IDLE_US):
            self._cued.append(_Cued(waiting.pop(), now_us + _CUE_US))
            self._shot_us = max(self._shot_us, now_us - _IDLE_US // 2)
        if self._cued:
            signals = self._signals.latest()
            self._cued = [cued for cued in self._cued if not self._has_come(cued, signals)]
        self._look_after()

    def _has_come(self, cued: _Cued, signals: set[str]) -> bool:
        cue, now_us = cued.event.cue, self.house.clock.now_us
        if cue.on and cue.on not in signals and now_us < cued.until_us:
            return False
        self._at(now_us + cue.wait_us, cued.event.what)
        if cued.event.then is not None:
            self._at(now_us + cue.wait_us + cued.event.then_us, cued.event.then)
        return True

    def _look_after(self) -> None:
        """What people at hand do of themselves."""
        house = self.house
        if house.host is not None:
            self._ended_us = None
        elif self._ended_us is None:
            self._ended_us = house.clock.now_us
        elif house.clock.now_us - self._ended_us > _GIVE_UP_US:
            self._ended_us = None
            house.happen(HostStarted())
        elif not any(isinstance(what, HostStarted) for _, _, what in self._timed):
            self._at(house.clock.now_us + _RESTART_US, HostStarted())
        if self._people.other_gun:
            self._people.other_gun = False
            self._spares += 1
            self._at(house.clock.now_us + _FETCH_US, GunSwapped(f"SPARE-{self._spares}"))

        if self._people.empty:
            self._people.empty = False
            self._at(house.clock.now_us + _FETCH_US, acts.Syringe(volume_nl=9_000_000))

    def _at(self, at_us: int, what: Happening) -> None:
        self._number += 1
        heapq.heappush(self._timed, (at_us, self._number, what))

    def _happen(self, what: Happening) -> None:
        killed = isinstance(what, _KILLS) or (isinstance(what, acts.Power) and not what.on)
        if killed:
            self.tally.kills += 1
            self.tally.kills_in_session += self._in_session()
        self.tally.happened(what)
        self.house.invariants.newest.clear()
        self.house.happen(what)
        self._follow()

    def _in_session(self) -> bool:
        """Whether it is between a session's first grant and its last acknowledgement."""
        books = self.house.invariants.books
        return books.session is not None and books.granted_in == books.opened

    def _count(self) -> None:
        house = self.house
        for entry in house.invariants.newest:
            if isinstance(entry.body, log.SessionClosed) and entry.body.reason == "interrupted":
                self.tally.paths["session_found_open"] += 1
            if not isinstance(entry.body, log.Unknown):
                self.tally.committed(entry.body)
        for before, after in house.take_turns():
            self.tally.turned(before, after)

    # -- the end -----------------------------------------------------------------------

    def _settle(self) -> None:
        """Make everything good, and see every gun accounted for."""
        self._waiting.clear()
        self._cued.clear()
        self._timed.clear()
        self._people.leaving = True
        self.house.happen(Wanted(CloseSession(NAME)))
        for serial in sorted(self.house.media):
            if serial == NEWER:
                continue  # no host of ours has ever spoken with it
            if serial != self.house.serial:
                self.house.happen(GunSwapped(serial))
            for what in _MENDED:
                self.house.happen(what)
            self._until(self._is_settled)

    def _is_settled(self) -> bool:
        house = self.house
        host = house.host
        return (
            host is not None
            and house.state is State.READY
            and host.controller.snapshot().session is None
            and not host.controller.snapshot().foreign
        )

    def _until(self, reached: Callable[[], bool]) -> None:
        end_us = self.house.clock.now_us + _STUCK_US
        before = -1
        while True:
            if self.house.steps != before and self.house.latest == "looked" and reached():
                return
            before = self.house.steps
            self._step()
            if self.house.clock.now_us > end_us:
                raise StuckError(f"not settled; the host is {self.house.state}")
