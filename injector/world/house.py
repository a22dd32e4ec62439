"""The whole house under one seed: host, log, line, gun and hand in one virtual time.

Theory
------
Nothing in the house has a thread or a clock of its own. Each part says when it is due
next; :meth:`House.step` lets time pass to the first of them, has that one part do one
thing, and checks the invariants. Where several are due at one instant their order is
fixed. So a seed and a list of happenings are the whole history: played again they give
the same log to the byte, and with a happening left out, the history without it.

The parts are the real ones. Only what they stand on is the world's: the line
(`injector.world.wire`), the instant at which a commit is done (`injector.world.disk`),
time, and chance.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Final

from injector.control.states import State
from injector.limits.library import Library
from injector.world.clock import Clock
from injector.world.disk import Disk
from injector.world.happenings import (
    ClockJumps,
    DiskFails,
    DiskSlows,
    GunSwapped,
    Happening,
    HostKilled,
    HostStarted,
    Planned,
    Wanted,
)
from injector.world.host import Host, Operator
from injector.world.invariants import Invariants
from injector.world.wire import Wire
from simulator.acts import Plug, Step
from simulator.device import Device
from simulator.medium import HeldMedium

SERIAL: Final = "WORLD-1"
PATIENCE_US: Final = 600_000_000
"""A world that does not come to where it should within ten minutes has lost its way."""
FAR_US: Final = 1 << 62


class StuckError(Exception):
    """The house did not come to where it should in time; says where it stood."""


class House:
    """One world. ``log`` is where its shot log is made, or found."""

    def __init__(
        self,
        log: Path,
        library: Library,
        *,
        seed: int = 1,
        operator: Operator | None = None,
        hand: Iterable[Step] = (),
        syringe_nl: int | None = None,
        watch_console: bool = False,
        watched_by: Callable[[Clock, Library], Invariants] = Invariants,
    ) -> None:
        self.clock: Final = Clock()
        self.wire: Final = Wire()
        self.invariants: Final = watched_by(self.clock, library)
        self.steps = 0
        """How many steps were made."""
        self.did: Final[Counter[str]] = Counter()
        """How often each kind of step was made."""
        self.history: Final[list[Planned]] = []
        """What happened from outside, and when."""
        self._log = log
        self._operator = operator
        self._watch_console = watch_console
        self._syringe_nl = syringe_nl
        # One source for each side, so that what happens to one leaves the other's draws alone.
        chance = Random(seed)  # noqa: S311 -- a world that can be repeated; no secret outlives it
        self._host_chance = Random(chance.getrandbits(64))  # noqa: S311 -- as above
        self._gun_chance = Random(chance.getrandbits(64))  # noqa: S311 -- as above
        self.media: Final[dict[str, HeldMedium]] = {}
        """The permanent memory of each gun, by serial number, for whoever damages it."""
        self._guns: dict[str, Device] = {}
        self._away: list[Device] = []
        """Guns that were put away: their time goes on."""
        self.gun = self._take_gun(SERIAL)
        """The gun in the hand."""
        self._program = self.gun.firmware
        self.host: Host | None = None
        """The host; None while it is not running."""
        self._state: State | None = None
        holding = self.gun.hand()
        for step in hand:
            holding.feed(step)
        self.happen(HostStarted())

    # -- time --------------------------------------------------------------------------

    def step(self, until_us: int = FAR_US) -> bool:
        """Do the next thing that is due by ``until_us``; False when nothing is."""
        host, gun, wire = self.host, self.gun, self.wire
        due, who = gun.due(), "gun"
        for away in self._away:
            other = away.due()
            if other is not None and (due is None or other < due):
                due, who = other, "gun"
        for other, name in (
            (wire.to_gun.due(), "to gun"),
            (wire.to_host.due(), "to host"),
            (None if host is None else host.due(), "host"),
        ):
            if other is not None and (due is None or other < due):
                due, who = other, name
        if due is None or due > until_us:
            return False
        self.clock.move_to(max(due, self.clock.now_us))
        now_us = self.clock.now_us
        match who:
            case "gun":
                self._tick_guns(now_us)
            case "to gun":
                data = wire.to_gun.take(now_us)
                self.invariants.gun_hears(data)
                gun.receive(data, now_us)
            case "to host":
                data = wire.to_host.take(now_us)
                if host is not None:
                    host.receive(data)
            case _:
                if host is not None:
                    who = host.step()
        self._follow()
        self.steps += 1
        self.did[who] += 1
        self.invariants.after_step()
        return True

    def run(self, until: Callable[[], bool] | None = None, *, plan: Sequence[Planned] = ()) -> None:
        """Step until ``until`` says so; without it, until the host has ended.

        Each happening of ``plan``, in order, happens after its step and at its time; the
        end is looked for after the last of them. So another world's `history` as ``plan``
        makes that world again. Raises ``StuckError`` where it does not come to the end in
        ten minutes.
        """
        end_us = self.clock.now_us + PATIENCE_US
        for planned in plan:
            while self.steps < planned.step and self.step(planned.at_us):
                pass
            # In a history that was shortened the steps may be used up before the time is.
            while self.step(planned.at_us - 1):
                pass
            self._wait_until(max(planned.at_us, self.clock.now_us))
            self.happen(planned.happening)
        while not (self.host is None if until is None else until()):
            if not self.step(end_us):
                raise StuckError(f"after {self.steps} steps the host is {self._state}")

    def run_to(self, state: State) -> Host:
        """Step until the host is in ``state``, and return that host."""
        self.run(lambda: self._state is state)
        if self.host is None:
            raise StuckError("there is no host")
        return self.host

    def run_for(self, ms: int) -> None:
        """Let ``ms`` milliseconds pass."""
        until_us = self.clock.now_us + ms * 1_000
        while self.step(until_us):
            pass
        self._wait_until(until_us)

    def close(self) -> None:
        """End the world: the host is killed where it still runs, and the log is checked."""
        self._end_host(None)
        self.invariants.at_the_end(self._log)

    # -- what happens from outside -----------------------------------------------------

    def happen(self, what: Happening) -> None:
        """Let something happen now."""
        self.history.append(Planned(self.steps, self.clock.now_us, what))
        match what:
            case HostKilled():
                self._end_host(None)
            case HostStarted():
                self._start_host()
            case Wanted():
                if self.host is not None:
                    self.host.handle(what.intent)
            case DiskSlows():
                if self.host is not None:
                    self.host.disk.commit_us = what.commit_us
            case DiskFails():
                if self.host is not None:
                    self.host.disk.failure, self.host.disk.torn = what.reason, what.torn
            case ClockJumps():
                self.clock.jump(what.by_us)
            case GunSwapped():
                self._swap(what.serial)
            case _:
                self._tick_guns(self.clock.now_us)
                self.gun.act(what, self.clock.now_us)
        self._follow()
        self.invariants.after_step()

    # -- bits --------------------------------------------------------------------------

    def _wait_until(self, until_us: int) -> None:
        """Let time pass in which nothing is due."""
        self.clock.move_to(until_us)
        self._tick_guns(until_us)
        self._follow()
        self.invariants.after_step()

    def _start_host(self) -> None:
        if self.host is not None:
            return
        self.invariants.host_started()
        draw = self._host_chance.randbytes
        disk = Disk(self._log, self.clock, draw, self.invariants.committed)
        self.host = Host(
            disk,
            self.wire,
            self.clock,
            draw,
            self._operator,
            self.invariants.host_wrote,
            watch_console=self._watch_console,
        )

    def _end_host(self, reason: str | None) -> None:
        if self.host is not None:
            self.host.disk.close(reason)
            self.host, self._state = None, None

    def _follow(self) -> None:
        """What follows at once from what just happened: output, power, cable, state, end."""
        gun, host = self.gun, self.host
        if gun.firmware is not self._program:
            self._program = gun.firmware
            self.invariants.booted()
        data = gun.take_output()
        if data:
            self.invariants.gun_said(data)
            if self.wire.plugged and gun.plugged:
                self.wire.to_host.put(data, self.clock.now_us)
        if gun.plugged is not self.wire.plugged:
            self._set_cable(plugged=gun.plugged)
        if host is None:
            return
        state = host.controller.state
        if state is not self._state:
            self._state = state
            self.invariants.settled(state)
        if host.ended is not None:
            self._end_host(host.ended)

    def _set_cable(self, *, plugged: bool) -> None:
        self.wire.plugged = plugged
        if plugged:
            return
        now_us = self.clock.now_us
        arrived = self.wire.to_gun.cut(now_us)
        if arrived:
            self.invariants.gun_hears(arrived)
            self.gun.receive(arrived, now_us)
        self.wire.to_host.cut(now_us)
        if self.host is not None:
            self.host.hang_up()

    def _take_gun(self, serial: str) -> Device:
        gun = self._guns.get(serial)
        if gun is None:
            self.media[serial] = HeldMedium()
            gun = Device(
                self.clock.now_us,
                self._gun_chance,
                medium=self.media[serial],
                serial=serial,
                syringe_nl=self._syringe_nl,
            )
            self._guns[serial] = gun
        self.invariants.holds(gun)
        return gun

    def _swap(self, serial: str) -> None:
        self.gun.plugged = False
        self._follow()
        self.gun = self._take_gun(serial)
        self._away = [gun for gun in self._guns.values() if gun is not self.gun]
        self._program = self.gun.firmware
        self.gun.take_output()  # what it said to nobody
        self.gun.act(Plug(), self.clock.now_us)

    def _tick_guns(self, now_us: int) -> None:
        self.gun.tick(now_us)
        for gun in self._away:
            gun.tick(now_us)
