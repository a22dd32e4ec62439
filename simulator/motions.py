"""Motions: when one may begin, how it ends, and what permanent memory is told.

Theory
------
Order is everything here. Before anything moves, the begun record is written and
read back and the counters are raised by all that the motion can give; only then
do the drives start. Whatever happens next, a power cut included, the books hold at
least what the skin got. When the motion ends its entry is written, and the
begun record is closed by that.

At most one motion runs. Whoever ends it (its own completion, STOP, the lease, a
hand, a fault) does so through :meth:`Motions.end`.
"""

from dataclasses import dataclass
from typing import Final

from injector.protocol.codes import (
    JOURNAL_RESERVE,
    Act,
    Ending,
    FaultCode,
    Faults,
    Inhibits,
    Mode,
)
from injector.protocol.device import DeviceConnection
from injector.protocol.messages import FaultEntry, JournalEntry, MovedEntry, Setpoint, ShotEntry
from simulator.envelope import debit_nl
from simulator.mechanics import NEEDLES_UM, Condition, Measured, Mechanics, Order
from simulator.memory import Begun, PermanentMemory
from simulator.working import NO_DIGEST, Working

BATTERY_WARN_PCT: Final = 20
BATTERY_BLOCK_PCT: Final = 5
PRIME_FLOW_NL_S: Final = 200_000
SELF_TEST_DEPTH_UM: Final = 1_000
SELF_TEST_NEEDLE_UM_S: Final = 50_000

_MINUTE_US: Final = 60_000_000

FAULT_BITS: Final = {code: Faults(1 << (code - 1)) for code in FaultCode}
CONDITION_FAULTS: Final = {
    Condition.OCCLUSION: FaultCode.OCCLUSION,
    Condition.AIR: FaultCode.AIR,
    Condition.EMPTY: FaultCode.EMPTY,
    Condition.DRIVE: FaultCode.DRIVE,
}
_FAULT_ENDINGS: Final = {
    FaultCode.OCCLUSION: Ending.OCCLUSION,
    FaultCode.AIR: Ending.AIR,
    FaultCode.EMPTY: Ending.EMPTY,
    FaultCode.STUCK_TRIGGER: Ending.TRIGGER,
    FaultCode.DRIVE: Ending.DRIVE,
    FaultCode.MEMORY: Ending.DRIVE,
}
"""How each fault ends a motion; one that is not here lets it go on."""

# The bits as plain numbers: flags are made anew by every operation on them.
_STOPPED: Final = int(Inhibits.STOPPED)
_NO_GRANT: Final = int(Inhibits.NO_GRANT)
_EXHAUSTED: Final = int(Inhibits.EXHAUSTED)
_LEASE: Final = int(Inhibits.LEASE)
_CONTACT: Final = int(Inhibits.CONTACT)
_TRIGGER_HELD: Final = int(Inhibits.TRIGGER_HELD)
_FAULT: Final = int(Inhibits.FAULT)
_JOURNAL_FULL: Final = int(Inhibits.JOURNAL_FULL)
_CADENCE: Final = int(Inhibits.CADENCE)
_LOW_BATTERY: Final = int(Faults.LOW_BATTERY)
_INHIBITS: Final = tuple(Inhibits(bits) for bits in range(1 << len(Inhibits)))


@dataclass(frozen=True, slots=True)
class _Running:
    begun: Begun
    act: Act | None
    """None: treatment."""
    mode: Mode | None


class Motions:
    """The motion that runs, or the lack of one."""

    def __init__(
        self,
        memory: PermanentMemory,
        mechanics: Mechanics,
        working: Working,
        connection: DeviceConnection,
    ) -> None:
        self._memory = memory
        self._mechanics = mechanics
        self._working = working
        self._connection = connection
        self._running: _Running | None = None
        self._cadence_us = 0
        """When the cadence allows the next shot."""
        self.ended = 0
        """Shots and slices ended since boot; a hand feels each."""

    @property
    def running(self) -> bool:
        """Whether a motion runs."""
        return self._running is not None

    @property
    def treating(self) -> bool:
        """Whether a shot or a slice runs."""
        return self._running is not None and self._running.act is None

    @property
    def held_open(self) -> bool:
        """Whether what runs lasts only as long as the trigger: perfusion, prime, self-test."""
        running = self._running
        return running is not None and (running.act is not None or running.mode is Mode.PERFUSION)

    def moving(self, now_us: int) -> bool:
        """Whether anything moves, a needle on its way out included."""
        return self.running or now_us < self._mechanics.busy_until_us()

    def ready_us(self) -> int:
        """Return when cadence and needle allow the next motion."""
        return max(self._cadence_us, self._mechanics.busy_until_us())

    def blocking(self) -> bool:
        """Whether a fault forbids every motion."""
        faults = int(self._working.faults)
        if not faults:
            return False
        return faults != _LOW_BATTERY or self._working.battery_pct <= BATTERY_BLOCK_PCT

    def inhibits(self, now_us: int) -> Inhibits:
        """Return why a pull of the trigger would give nothing now; none set: it would."""
        return _INHIBITS[self._against(now_us)]

    def next_us(self, now_us: int) -> int | None:
        """Return when a trigger that is held gives its next shot; None: it gives none."""
        working = self._working
        held = working.link.setpoint
        if (
            self._running is not None
            or working.act is not None
            or held is None
            or not working.trigger.held
        ):
            return None
        match held.setpoint.mode:
            case Mode.SINGLE:
                return None
            case Mode.BURST if not working.trigger.burst_left:
                return None
            case Mode.BURST | Mode.REPEAT | Mode.PERFUSION:
                blocked = self._against(now_us) & ~_CADENCE
                return None if blocked else max(now_us, self.ready_us())

    def begin_shot(self, now_us: int) -> bool:
        """Begin a shot or slice that :meth:`inhibits` has nothing against.

        False where a fault was found at the last moment; nothing moved then.
        """
        working, memory = self._working, self._memory
        link = working.link
        if link.setpoint is None or link.grants.open is None:
            raise ValueError("a shot needs a setpoint and a grant")
        setpoint = link.setpoint.setpoint
        perfusion = setpoint.mode is Mode.PERFUSION
        debit = debit_nl(setpoint.volume_nl)
        begun = Begun(
            journal=self._memory.journal_id,
            index=memory.newest + 1,
            boot=working.boot,
            t_us=now_us - working.boot_us,
            log=link.log,
            link=link.id,
            grant=link.grants.open.id,
            digest=link.setpoint.digest,
            debit_nl=debit,
            slice=working.trigger.slices + 1 if perfusion else 0,
            shots=memory.shots + 1,
            volume_nl=memory.volume_nl + debit,
        )
        order = Order(
            volume_nl=setpoint.volume_nl,
            depth_um=setpoint.depth_um,
            flow_nl_s=setpoint.flow_nl_s,
            needle_um_s=setpoint.needle_um_s,
            needle_um=setpoint.needle_um,
            stroke=not perfusion,
        )
        if not self._begin(begun, order, _Running(begun, None, setpoint.mode), now_us):
            return False
        if perfusion:
            working.trigger.slices += 1
        else:
            self._cadence_us = now_us + _interval_us(setpoint)
        if working.trigger.burst_left:
            working.trigger.burst_left -= 1
        return True

    def begin_act(self, now_us: int) -> bool:
        """Begin the armed prime or self-test; as :meth:`begin_shot`."""
        working, memory = self._working, self._memory
        if working.act is None:
            raise ValueError("neither prime nor self-test is armed")
        act, volume_nl = working.act.act, working.act.volume_nl
        begun = Begun(
            journal=self._memory.journal_id,
            index=memory.newest + 1,
            boot=working.boot,
            t_us=now_us - working.boot_us,
            log=working.link.log,
            link=working.link.id,
            grant=0,
            digest=NO_DIGEST,
            debit_nl=debit_nl(volume_nl),
            slice=0,
            shots=memory.shots,
            volume_nl=memory.volume_nl,
        )
        held = working.link.setpoint
        order = Order(
            volume_nl=volume_nl,
            depth_um=SELF_TEST_DEPTH_UM if act is Act.SELF_TEST else 0,
            flow_nl_s=PRIME_FLOW_NL_S,
            needle_um_s=SELF_TEST_NEEDLE_UM_S,
            needle_um=NEEDLES_UM[0] if held is None else held.setpoint.needle_um,
            stroke=act is Act.SELF_TEST,
        )
        return self._begin(begun, order, _Running(begun, act, None), now_us)

    def end(self, ending: Ending, now_us: int, *, told: bool = True) -> None:
        """End the motion that runs, if one does, and write its entry.

        ``told`` false: the entry is not pushed, for a link that is about to end.
        """
        running = self._running
        if running is None:
            return
        self._running = None
        measured = self._mechanics.end(now_us)
        entry = self._entry(running, ending, measured)
        self._memory.close(entry)
        if told:
            self._connection.push(entry)
        if running.act is None:
            self.ended += 1
        else:
            self._working.act = None
        trigger = self._working.trigger
        if ending is not Ending.COMPLETE or self._against(now_us) & ~_CADENCE:
            trigger.burst_left = 0
        self.look_at_battery(now_us)

    def raise_fault(self, code: FaultCode, detail: int, now_us: int) -> None:
        """Set a fault: end what runs, block, and write it into the journal."""
        working, memory = self._working, self._memory
        if FAULT_BITS[code] in working.faults:
            return
        working.faults |= FAULT_BITS[code]
        if code in _FAULT_ENDINGS:
            self.end(_FAULT_ENDINGS[code], now_us)
        if memory.room == 0:
            return  # The bit tells it; an entry that nobody has committed is worth more.
        entry = FaultEntry(
            journal=memory.journal_id,
            index=memory.newest + 1,
            boot=working.boot,
            t_us=now_us - working.boot_us,
            log=working.link.log,
            under_link=working.link.id,
            shots=memory.shots,
            volume_total_nl=memory.volume_nl,
            code=code,
            detail=detail,
        )
        memory.append(entry)
        self._connection.push(entry)

    def look_at_battery(self, now_us: int) -> None:
        """Raise LOW_BATTERY where it is; between motions only, as under load it sags."""
        pct = self._working.battery_pct
        if pct <= BATTERY_WARN_PCT and not self.running:
            self.raise_fault(FaultCode.LOW_BATTERY, pct, now_us)

    def _against(self, now_us: int) -> int:
        """The bits of :meth:`inhibits`, as the plain number: it is asked at every instant."""
        working = self._working
        link, trigger = working.link, working.trigger
        found = 0
        if working.stopped:
            found |= _STOPPED
        if link.lease.end_us is None:
            found |= _LEASE
        if trigger.must_let_go:
            found |= _TRIGGER_HELD
        if self.blocking():
            found |= _FAULT
        if self._memory.room <= JOURNAL_RESERVE:
            found |= _JOURNAL_FULL
        if now_us < self.ready_us():
            found |= _CADENCE
        if working.contact == (working.act is not None):
            found |= _CONTACT
        if working.act is None:
            found |= self._against_by_grant()
        return found

    def _against_by_grant(self) -> int:
        link, memory = self._working.link, self._memory
        if link.grants.open is None or link.setpoint is None:
            return _NO_GRANT
        debit = debit_nl(link.setpoint.setpoint.volume_nl)
        allows = link.grants.open.allows(memory.shots, memory.volume_nl, debit)
        return 0 if allows else _EXHAUSTED

    def _begin(self, begun: Begun, order: Order, running: _Running, now_us: int) -> bool:
        if self._mechanics.left_nl(now_us) < order.volume_nl:
            self.raise_fault(FaultCode.EMPTY, self._mechanics.left_nl(now_us), now_us)
            return False
        if not self._memory.begin(begun):
            self.raise_fault(FaultCode.MEMORY, begun.index, now_us)
            return False
        self._running = running
        self._mechanics.begin(order, now_us, treatment=running.act is None)
        return True

    def _entry(self, running: _Running, ending: Ending, measured: Measured) -> JournalEntry:
        begun, journal = running.begun, self._memory.journal_id
        if running.act is not None:
            return MovedEntry(
                journal=journal,
                index=begun.index,
                boot=begun.boot,
                t_us=begun.t_us,
                log=begun.log,
                under_link=begun.link,
                shots=begun.shots,
                volume_total_nl=begun.volume_nl,
                act=running.act,
                debit_nl=begun.debit_nl,
                ending=ending,
                duration_us=measured.duration_us,
                volume_nl=measured.volume_nl,
            )
        return ShotEntry(
            journal=journal,
            index=begun.index,
            boot=begun.boot,
            t_us=begun.t_us,
            log=begun.log,
            under_link=begun.link,
            shots=begun.shots,
            volume_total_nl=begun.volume_nl,
            grant=begun.grant,
            digest=begun.digest,
            debit_nl=begun.debit_nl,
            ending=ending,
            duration_us=measured.duration_us,
            volume_nl=measured.volume_nl,
            depth_um=measured.depth_um,
            flow_nl_s=measured.flow_nl_s,
            pressure_pa=measured.pressure_pa,
            slice=begun.slice,
        )


def _interval_us(setpoint: Setpoint) -> int:
    """Return the shortest time between the beginnings of two shots."""
    return -(-_MINUTE_US // setpoint.cadence_per_min)
