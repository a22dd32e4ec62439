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
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final, assert_never

from injector.control.states import State
from injector.limits.library import Library
from injector.protocol.framing import STOP_BYTES
from injector.world import backups
from injector.world.clock import Clock
from injector.world.crystal import Crystal
from injector.world.damage import LASTING, fill, hurt
from injector.world.disk import Disk
from injector.world.happenings import (
    ClockJumps,
    ConsoleFrozen,
    DeadHostSpeaks,
    DiskFails,
    DiskSlows,
    GunClockJumps,
    GunSwapped,
    Happening,
    HostHeldUp,
    HostKilled,
    HostStarted,
    JournalFilled,
    LineTroubled,
    LogBackedUp,
    LogReplaced,
    LogRestored,
    MemoryHurt,
    MemoryMended,
    OtherHostComes,
    Planned,
    StopOnLine,
    Wanted,
)
from injector.world.host import Host, Operator
from injector.world.invariants import Invariants
from injector.world.stranger import Stranger
from injector.world.trouble import BadLine
from injector.world.wire import Wire, untroubled
from simulator.acts import Act, Battery, Contact, Fault, LineError, Plug, Power, Reset, Step
from simulator.device import Device
from simulator.worn import WornMedium

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
        self.latest = ""
        """The kind of the step that was made last."""
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
        self._line_chance = Random(chance.getrandbits(64))  # noqa: S311 -- as above
        self.media: Final[dict[str, WornMedium]] = {}
        """The permanent memory of each gun, by serial number, for whoever damages it."""
        self.troubles: Final[Counter[str]] = Counter()
        """What a bad line did to frames."""
        self._stranger: Stranger | None = None
        self._held_back = b""
        self._frozen = False
        self._hand: Final = tuple(hand)
        self._guns: dict[str, Device] = {}
        self._crystals: dict[str, Crystal] = {}
        self._away: list[tuple[Device, Crystal]] = []
        """Guns that were put away: their time goes on."""
        self.serial = SERIAL
        """The serial number of the gun in the hand."""
        self._to_mend: set[str] = set()
        """Guns that get a new part when they are next in the hand."""
        self.gun, self._crystal = self._take_gun(GunSwapped(SERIAL))
        """The gun in the hand."""
        self._program = self.gun.firmware
        self._touched = True
        """Something happened to the gun in the hand since what follows was last looked for."""
        self.host: Host | None = None
        """The host; None while it is not running."""
        self._state: State | None = None
        self._turns: list[tuple[State | None, State]] = []
        self.happen(HostStarted())

    @property
    def state(self) -> State | None:
        """Where the host stands; None while it is not running."""
        return self._state

    @property
    def turned(self) -> bool:
        """Whether there are turns to be taken."""
        return bool(self._turns)

    def take_turns(self) -> list[tuple[State | None, State]]:
        """The host's turns since this was asked, each from where it stood to where it went.

        A host that ends does so within a step, after which there is no state to be seen.
        """
        turns, self._turns = self._turns, []
        return turns

    @property
    def begun(self) -> int:
        """Shots that all guns really began."""
        return self.invariants.begun

    # -- time --------------------------------------------------------------------------

    def step(self, until_us: int = FAR_US) -> bool:
        """Do the next thing that is due by ``until_us``; False when nothing is."""
        host, wire, now_us = self.host, self.wire, self.clock.now_us
        due, who = self._guns_due(), "gun"
        other = wire.to_gun.due()
        if other is not None and (due is None or other < due):
            due, who = other, "to gun"
        other = wire.to_host.due()
        if other is not None and host is not None and other < host.held_until_us:
            other = host.held_until_us
        if other is not None and (due is None or other < due):
            due, who = other, "to host"
        other = None if host is None else host.due()
        if other is not None and (due is None or other < due):
            due, who = other, "host"
        other = None if self._stranger is None else self._stranger.due_us
        if other is not None and (due is None or other < due):
            due, who = other, "stranger"
        if due is None or due > until_us:
            return False
        if due > now_us:
            self.clock.move_to(due)
        match who:
            case "gun":
                self._tick_guns()
            case "to gun":
                self._reach_gun(wire.to_gun.take(self.clock.now_us))
            case "to host":
                data = wire.to_host.take(self.clock.now_us)
                if host is not None:
                    host.receive(data)
            case "stranger":
                self._let_stranger_speak()
            case _:
                if host is not None:
                    who = host.step()
        touched = self._follow()
        self.steps += 1
        self.did[who] += 1
        self.latest = who
        self.invariants.after_step(touched=touched)
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

    def abandon(self) -> None:
        """End the world where it stands; nothing is checked."""
        self._end_host(None)

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
                if what.holds_back and self.host is not None:
                    self._held_back = self.wire.to_gun.hold_back()
                self._end_host(None)
            case HostStarted():
                self._start_host()
            case DeadHostSpeaks():
                late, self._held_back = self._held_back, b""
                self._reach_gun(late)
            case HostHeldUp():
                if self.host is not None:
                    self.host.held_until_us = self.clock.now_us + what.for_us
            case ConsoleFrozen():
                self._frozen = what.on
                if self.host is not None:
                    self.host.frozen = what.on
            case Wanted():
                if self.host is not None:
                    self.host.want(what.intent)
            case DiskSlows() | DiskFails():
                self._change_disk(what)
            case ClockJumps():
                self.clock.jump(what.by_us)
            case LogBackedUp() | LogRestored() | LogReplaced():
                self._move_log(what)
            case LineTroubled():
                bad = BadLine(what, self._line_chance, self.troubles)
                for way in (self.wire.to_gun, self.wire.to_host):
                    way.trouble = bad if bad.troubles else untroubled
            case StopOnLine():
                self._reach_gun(STOP_BYTES)
            case OtherHostComes():
                self._stranger = Stranger(what, self._line_chance, self.clock.now_us)
            case GunSwapped():
                self._swap(what)
            case GunClockJumps():
                if self.gun.firmware is not None:
                    self.gun.firmware.clock_jumps(what.by_us)
            case MemoryHurt():
                self.invariants.hurt(self.serial, lasting=what.how in LASTING)
                hurt(self.media[self.serial], what.how)
                self._act(Reset())
            case JournalFilled():
                if self.gun.firmware is not None:
                    fill(self.gun.firmware.memory, what.room)
            case MemoryMended():
                self._to_mend = {serial for serial, medium in self.media.items() if medium.worn}
                self._mend()
            case _:
                self._act(what)
        self._follow()
        self.invariants.after_step()

    # -- bits --------------------------------------------------------------------------

    def _mend(self) -> None:
        """Give the gun in the hand a new part; one that is put away gets its own when it is
        taken up again."""
        self._to_mend.discard(self.serial)
        self.media[self.serial].worn.clear()
        self.invariants.mended(self.serial)
        self._act(Reset())

    def _wait_until(self, until_us: int) -> None:
        """Let time pass in which nothing is due."""
        self.clock.move_to(until_us)
        self._tick_guns()
        self._follow()
        self.invariants.after_step()

    def _act(self, act: Act) -> None:
        self._tick_guns()
        now_us = self.clock.now_us
        with suppress(LineError):  # a hand cannot do it now: a syringe while the plunger moves
            self.gun.act(act, self._crystal.local(now_us))
        if _gives_back(act):
            # It may have been another gun that it was taken from.
            for gun, crystal in self._away:
                gun.act(act, crystal.local(now_us))

    def _reach_gun(self, data: bytes) -> None:
        if data:
            self._touched = True
            self.invariants.gun_hears(data)
            self.gun.receive(data, self._crystal.local(self.clock.now_us))

    def _let_stranger_speak(self) -> None:
        stranger, firmware = self._stranger, self.gun.firmware
        if stranger is None or firmware is None or not self.gun.plugged:
            self._stranger = None
            return
        self.wire.to_gun.put(stranger.speak(firmware.memory, self.clock.now_us), self.clock.now_us)

    def _change_disk(self, what: DiskSlows | DiskFails) -> None:
        if self.host is None:
            return
        disk = self.host.disk
        match what:
            case DiskSlows():
                disk.commit_us = what.commit_us
            case DiskFails():
                disk.failure, disk.torn = what.reason, what.torn
            case _:
                assert_never(what)

    def _move_log(self, what: LogBackedUp | LogRestored | LogReplaced) -> None:
        match what:
            case LogBackedUp():
                if self._log.exists():
                    backups.copy(self._log)
                    self.invariants.backed_up(backups.checkpoint(self._log))
            case LogRestored():
                if self._log.exists() and backups.there_is_one(self._log):
                    self._end_host(None)
                    cut = backups.checkpoint(self._log)
                    backups.restore(self._log)
                    self.invariants.restored(cut)
            case LogReplaced():
                self._end_host(None)
                backups.remove(self._log)
                self.invariants.replaced()
            case _:
                assert_never(what)

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
        self.host.frozen = self._frozen

    def _end_host(self, reason: str | None) -> None:
        if self.host is not None:
            self.host.disk.close(reason)
            self.host, self._state = None, None

    def _follow(self) -> bool:
        """What follows at once from what just happened: output, power, cable, state, end.

        Returns whether something happened to the gun in the hand, or to one put away."""
        touched = self._touched
        if touched:
            self._touched = False
            self._follow_gun()
        host = self.host
        if host is None:
            return touched
        state = host.controller.state
        if state is not self._state:
            self._turns.append((self._state, state))
            self._state = state
            self.invariants.settled(state)
        if host.ended is not None:
            self._end_host(host.ended)
        return touched

    def _follow_gun(self) -> None:
        gun = self.gun
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

    def _set_cable(self, *, plugged: bool) -> None:
        self.wire.plugged = plugged
        if plugged:
            return
        now_us = self.clock.now_us
        arrived = self.wire.to_gun.cut(now_us)
        if arrived:
            self._reach_gun(arrived)
        self.wire.to_host.cut(now_us)
        if self.host is not None:
            self.host.hang_up()

    def _take_gun(self, what: GunSwapped) -> tuple[Device, Crystal]:
        serial = what.serial
        gun = self._guns.get(serial)
        if gun is None:
            self._crystals[serial] = Crystal(self.clock.now_us, what.drift_ppm)
            self.media[serial] = WornMedium()
            gun = Device(
                self.clock.now_us,
                self._gun_chance,
                medium=self.media[serial],
                serial=serial,
                syringe_nl=self._syringe_nl,
                protocol=what.protocol,
            )
            self._guns[serial] = gun
            holding = gun.hand()
            for step in self._hand:
                holding.feed(step)
        self.invariants.holds(gun, self._crystals[serial])
        return gun, self._crystals[serial]

    def _swap(self, what: GunSwapped) -> None:
        self.gun.plugged, self._touched = False, True
        self._follow()
        self.serial = what.serial
        self.gun, self._crystal = self._take_gun(what)
        self._away = [
            (gun, self._crystals[serial])
            for serial, gun in self._guns.items()
            if gun is not self.gun
        ]
        self._program = self.gun.firmware
        self.gun.take_output()  # what it said to nobody
        self._act(Plug())
        if self.serial in self._to_mend:
            self._mend()

    def _guns_due(self) -> int | None:
        due = self.gun.due()
        if due is not None:
            due = self._crystal.world(due)
        for gun, crystal in self._away:
            other = gun.due()
            if other is not None:
                other = crystal.world(other)
                due = other if due is None else min(due, other)
        return due

    def _tick_guns(self) -> None:
        self._touched = True
        now_us = self.clock.now_us
        self.gun.tick(self._crystal.local(now_us))
        for gun, crystal in self._away:
            gun.tick(crystal.local(now_us))


def _gives_back(act: Act) -> bool:
    match act:
        case Power(on=True) | Contact(on=True) | Fault(on=False) | Battery(pct=90):
            return True
        case _:
            return False
