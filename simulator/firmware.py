"""The firmware: a gun's program, as a firmware author would write it.

Theory
------
The firmware owns no port, thread or clock. Bytes, the trigger, the contact sensor
and the time come in from outside; bytes come out. Between two calls time may have
passed: everything that fell due meanwhile (a lease that ended, a shot that was
complete, the next shot of a trigger held) is done first, each at the instant at
which it was due and in that order. So a caller that is late changes nothing in
what happened, and the same program runs in real time and in virtual time.

Where a lease ends and a shot falls due at the same instant, the lease goes first.
"""

from collections.abc import Callable
from enum import Enum, unique
from typing import Final, assert_never

from injector.protocol.codes import (
    PROTOCOL_VERSION,
    DeviceState,
    Ending,
    FaultCode,
    Faults,
    Inhibits,
    Mode,
)
from injector.protocol.device import DeviceConnection, StopBytes
from simulator.answers import Answers
from simulator.mechanics import Condition, Mechanics
from simulator.memory import PermanentMemory
from simulator.motions import CONDITION_FAULTS, Motions
from simulator.trigger import STUCK_US
from simulator.working import Working

_NEVER_US: Final = 1 << 62
"""Later than anything."""

_STUCK_TRIGGER: Final = int(Faults.STUCK_TRIGGER)
"""As a plain number: flags are made anew by every operation on them."""

_SENSED_AT_REST: Final = (Condition.AIR, Condition.EMPTY)
"""What its sensor reports at once, whether anything moves or not."""

_HELD_THROUGH: Final = Inhibits.CONTACT | Inhibits.CADENCE
"""What a trigger may be held through: in nappage the nose is lifted and set down again.
For anything else that was in the way of a pull, a new pull is asked for."""


@unique
class Light(Enum):
    """What a person sees on the gun."""

    OFF = "off"
    STOPPED = "stopped"
    IDLE = "idle"
    ARMED = "armed"
    """On skin, with the trigger let go before, a pull gives a shot."""
    LET_GO = "let_go"
    """It would be armed if the trigger were let go."""
    MOVING = "moving"
    PRIME = "prime"
    SELF_TEST = "self_test"
    FAULT = "fault"
    SHOWN = "shown"
    """The host asked the gun to show itself."""


class Firmware:
    """A gun's program from one boot to the next power cut. Making one is the boot.

    ``memory`` is permanent memory as found; ``draw`` a source of random bytes;
    ``now_us`` the instant of the boot on the caller's monotonic clock, on which all
    later times are. ``trigger`` and ``contact`` say how the hand holds the gun now.
    """

    def __init__(
        self,
        memory: PermanentMemory,
        mechanics: Mechanics,
        draw: Callable[[int], bytes],
        now_us: int,
        *,
        trigger: bool = False,
        contact: bool = False,
        battery_pct: int = 100,
        holder_adapts: bool = False,
        protocol: int = PROTOCOL_VERSION,
    ) -> None:
        self.memory: Final = memory
        self._mechanics = mechanics
        self._now_us = now_us
        self._quiet_until_us = 0
        """Nothing falls due before then, unless something happens to the gun."""
        self._connection = DeviceConnection()
        boot = int.from_bytes(draw(4), "big")
        self._working = Working(boot=boot, boot_us=now_us)
        self._motions = Motions(memory, mechanics, self._working, self._connection)
        self._answers = Answers(
            memory,
            mechanics,
            self._working,
            self._motions,
            holder_adapts=holder_adapts,
            protocol=protocol,
        )
        memory.count_stop()  # every boot starts stopped
        self._working.contact = contact
        self._working.battery_pct = battery_pct
        if trigger:
            self._working.trigger.pull(now_us)
            self._working.trigger.demand_release()
        self._motions.look_at_battery(now_us)
        self.sense(now_us)

    @property
    def ended(self) -> int:
        """Shots and slices ended since boot."""
        return self._motions.ended

    def receive(self, data: bytes, now_us: int) -> None:
        """Take bytes from the line."""
        self.tick(now_us)
        self._stir()
        self._connection.receive(data)
        while (event := self._connection.next_event()) is not None:
            if isinstance(event, StopBytes):
                self._answers.stop(self._now_us)
            else:
                reply = self._answers.answer(event.link, event.message, self._now_us)
                self._connection.answer(reply)
        self.tick(now_us)

    def take_output(self) -> bytes:
        """Return the bytes to send and forget them."""
        return self._connection.take_output()

    def tick(self, now_us: int) -> None:
        """Do all that has fallen due until ``now_us``, each thing at its instant."""
        while now_us >= self._quiet_until_us:
            self._quiet_until_us, do = self._next()
            if now_us < self._quiet_until_us:
                break
            self._now_us = max(self._now_us, self._quiet_until_us)
            do(self._now_us)
            self._stir()
        self._now_us = max(self._now_us, now_us)

    def due(self) -> int | None:
        """Return the next instant at which something changes by itself; None for never."""
        if self._now_us >= self._quiet_until_us:
            self._quiet_until_us, _ = self._next()
        if self._quiet_until_us == _NEVER_US:
            return None
        return max(self._quiet_until_us, self._now_us)

    def trigger(self, now_us: int, *, held: bool) -> None:
        """The trigger was pulled, or let go."""
        self.tick(now_us)
        trigger = self._working.trigger
        if held is trigger.held:
            return
        self._stir()
        if held:
            trigger.pull(self._now_us)
            self._pulled(self._now_us)
        else:
            trigger.let_go()
            if self._motions.held_open:
                self._motions.end(Ending.TRIGGER, self._now_us)
        self.tick(now_us)

    def contact(self, now_us: int, *, on: bool) -> None:
        """The contact sensor feels skin, or feels it no more."""
        self.tick(now_us)
        working = self._working
        if on is working.contact:
            return
        self._stir()
        working.contact = on
        # Treatment needs skin, prime and self-test need none: either way what runs ends.
        if self._motions.treating is not on:
            self._motions.end(Ending.CONTACT_LOST, self._now_us)
        if not on:
            working.trigger.burst_left = 0
        self.tick(now_us)

    def battery(self, now_us: int, *, pct: int) -> None:
        """The battery's charge is now ``pct`` (0 to 100)."""
        self.tick(now_us)
        self._stir()
        self._working.battery_pct = pct
        self._motions.look_at_battery(self._now_us)

    def sense(self, now_us: int) -> None:
        """Look at the sensors that report without a motion: air, end of the syringe."""
        self._stir()  # what runs may have met one of the others
        self.tick(now_us)
        self._stir()
        for condition in _SENSED_AT_REST:
            if condition in self._mechanics.conditions:
                self._motions.raise_fault(CONDITION_FAULTS[condition], 0, self._now_us)

    def clock_jumps(self, by_us: int) -> None:
        """The clock that entries are stamped with jumps ahead; nothing else goes by it."""
        self._working.boot_us -= by_us

    def light(self) -> Light:
        """Return what a person sees on the gun."""
        working = self._working
        state = self._answers.state()
        match state:
            case DeviceState.STOPPED:
                light = Light.STOPPED
            case DeviceState.FIRING:
                light = Light.MOVING
            case DeviceState.PRIMING:
                light = Light.PRIME
            case DeviceState.SELF_TEST:
                light = Light.SELF_TEST
            case DeviceState.ARMED:
                light = self._armed_light()
            case DeviceState.IDLE:
                light = Light.FAULT if self._motions.blocking() else Light.IDLE
            case _:
                assert_never(state)
        if light is Light.IDLE and self._now_us < working.shown_until_us:
            return Light.SHOWN
        return light

    def power_cut(self, now_us: int) -> None:
        """The power goes: drives stop where they are, and nothing more is written."""
        self.tick(now_us)
        self._stir()
        if self._motions.running:
            self._mechanics.end(self._now_us)

    def _armed_light(self) -> Light:
        inhibits = self._motions.inhibits(self._now_us) & ~_HELD_THROUGH
        if not inhibits:
            return Light.ARMED
        if inhibits == Inhibits.TRIGGER_HELD:
            return Light.LET_GO
        return Light.FAULT if Inhibits.FAULT in inhibits else Light.IDLE

    def _stir(self) -> None:
        """Something happened to the gun: when it does something next is not known."""
        self._quiet_until_us = 0

    def _next(self) -> tuple[int, Callable[[int], None]]:
        """Return when what falls due next does, and what to do then: the first of equals.

        Between two things that happen to the gun the answer stays the same, but that a shot
        that is due is due at once.
        """
        due_us, do = _NEVER_US, self._answers.lease_ended
        lease_us = self._working.link.lease.end_us
        if lease_us is not None:
            due_us = lease_us
        moving = self._mechanics.due() if self._motions.running else None
        if moving is not None and moving[0] < due_us:
            due_us, do = moving[0], self._motion_ended
        trigger = self._working.trigger
        if not trigger.held:
            return due_us, do
        if not int(self._working.faults) & _STUCK_TRIGGER:
            stuck_us = trigger.held_since_us + STUCK_US
            if stuck_us < due_us:
                due_us, do = stuck_us, self._stuck
        shot_us = self._motions.next_us(self._now_us)
        if shot_us is not None and shot_us < due_us:
            due_us, do = shot_us, self._shot
        return due_us, do

    def _shot(self, now_us: int) -> None:
        self._motions.begin_shot(now_us)

    def _stuck(self, now_us: int) -> None:
        self._motions.raise_fault(FaultCode.STUCK_TRIGGER, 0, now_us)

    def _motion_ended(self, now_us: int) -> None:
        moving = self._mechanics.due()
        if moving is None or moving[1] is None:
            self._motions.end(Ending.COMPLETE, now_us)
        else:
            self._motions.raise_fault(CONDITION_FAULTS[moving[1]], 0, now_us)

    def _pulled(self, now_us: int) -> None:
        """Act on a pull: begin, or count it as one that gave nothing."""
        working, motions = self._working, self._motions
        inhibits = motions.inhibits(now_us)
        mode = None if working.link.setpoint is None else working.link.setpoint.setpoint.mode
        if working.act is not None:
            begun = not inhibits and motions.begin_act(now_us)
        else:
            if mode is Mode.BURST and not inhibits & ~Inhibits.CADENCE and working.link.setpoint:
                working.trigger.burst_left = working.link.setpoint.setpoint.burst
            if inhibits:
                # Held on, it gives its shot as soon as the cadence allows: not in vain.
                begun = mode in (Mode.REPEAT, Mode.BURST) and inhibits == Inhibits.CADENCE
            else:
                begun = motions.begin_shot(now_us)
        if begun:
            return
        working.trigger.gave_nothing(inhibits or motions.inhibits(now_us))
        if inhibits & ~_HELD_THROUGH:
            working.trigger.demand_release()
