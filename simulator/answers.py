"""Answers: what the gun does on each request, and what it refuses.

Nothing here trusts the host. Each request is held against the gun's own state and
envelope, in the order in which the refusals are listed in the protocol.
"""

from typing import Final, assert_never

from injector.protocol.codes import (
    JOURNAL_RESERVE,
    LEASE_MS,
    Act,
    DeviceState,
    Ending,
    Faults,
    Reason,
)
from injector.protocol.messages import (
    U32,
    Beat,
    Configure,
    Configured,
    Disarm,
    Disarmed,
    Done,
    Grant,
    Granted,
    Hello,
    Identify,
    Prime,
    ReadJournal,
    Refused,
    Release,
    Released,
    Reply,
    Request,
    SelfTest,
    Status,
    Stop,
    Stopped,
    Welcome,
)
from simulator.envelope import (
    CAPABILITIES,
    ENVELOPE,
    FIRMWARE,
    GRANT_MAX_VOLUME_NL,
    LEASE_MIN_MS,
    MODEL,
    check_setpoint,
    debit_nl,
)
from simulator.grants import OpenGrant
from simulator.lease import Lease
from simulator.mechanics import Mechanics
from simulator.memory import PermanentMemory
from simulator.motions import BATTERY_WARN_PCT, CONDITION_FAULTS, FAULT_BITS, Motions
from simulator.working import ArmedAct, HeldSetpoint, Link, Working

SHOWN_US: Final = 3_000_000
"""How long the gun shows itself after ``identify``."""


class Answers:
    """Acts on requests. ``holder_adapts``: a setpoint's syringe is put in as it is named.

    ``protocol`` is the one version that the gun speaks.
    """

    def __init__(
        self,
        memory: PermanentMemory,
        mechanics: Mechanics,
        working: Working,
        motions: Motions,
        *,
        holder_adapts: bool,
        protocol: int,
    ) -> None:
        self._memory = memory
        self._mechanics = mechanics
        self._working = working
        self._motions = motions
        self._holder_adapts = holder_adapts
        self._protocol = protocol

    def answer(self, link: int, request: Request, now_us: int) -> Reply:
        """Act on ``request`` at ``now_us`` and return the reply."""
        match request:
            case Hello():
                return self._hello(link, request, now_us)
            case Configure():
                return self._configure(request, now_us)
            case Grant():
                return self._grant(request, now_us)
            case Beat():
                return self._beat(request, now_us)
            case Disarm():
                return self._disarm(now_us)
            case Stop():
                self.stop(now_us)
                return Stopped(
                    stop_count=self._memory.stop_count,
                    shots=self._memory.shots,
                    volume_nl=self._memory.volume_nl,
                    newest=self._memory.newest,
                )
            case Release():
                return self._release(request)
            case ReadJournal():
                entry = self._memory.entry(request.index)
                if entry is None:
                    return _refused(Reason.NO_ENTRY, self._memory.oldest)
                return entry
            case Prime():
                return self._arm(ArmedAct(Act.PRIME, request.volume_nl), request, now_us)
            case SelfTest():
                return self._arm(ArmedAct(Act.SELF_TEST, 0), request, now_us)
            case Identify():
                self._working.shown_until_us = now_us + SHOWN_US
                return Done(request=Identify.CODE)
            case _:
                assert_never(request)

    def stop(self, now_us: int) -> None:
        """STOP: latch it, count it, end what moves, void what is permitted."""
        self._working.stopped = True
        self._motions.end(Ending.STOP, now_us)
        self._memory.count_stop()
        self._void()

    def lease_ended(self, now_us: int) -> None:
        """The lease has ended: end what moves, void what is permitted."""
        self._working.link.lease.lapse()
        self._motions.end(Ending.LEASE, now_us)
        self._void()

    def state(self) -> DeviceState:
        """Return what the gun is doing."""
        working = self._working
        if working.stopped:
            return DeviceState.STOPPED
        if self._motions.treating:
            return DeviceState.FIRING
        if working.act is not None:
            prime = working.act.act is Act.PRIME
            return DeviceState.PRIMING if prime else DeviceState.SELF_TEST
        return DeviceState.IDLE if working.link.grants.open is None else DeviceState.ARMED

    def _void(self) -> None:
        self._working.link.grants.void()
        self._working.act = None
        self._working.trigger.demand_release()

    def _hello(self, link: int, hello: Hello, now_us: int) -> Welcome | Refused:
        working, memory = self._working, self._memory
        if hello.version != self._protocol:
            return _refused(Reason.VERSION, self._protocol)
        if not LEASE_MIN_MS <= hello.lease_ms <= LEASE_MS:
            return _refused(Reason.LEASE_TOO_LONG, LEASE_MS)
        # Not pushed: the line belongs to the new host, who has not been welcomed yet.
        self._motions.end(Ending.LINK, now_us, told=False)
        self._void()
        older = working.link
        working.link = Link(lease=Lease(hello.lease_ms * 1_000), log=hello.log, id=link)
        if older.id == link:  # grants and statuses rise within a link, however often it begins
            working.link.statuses = older.statuses
            working.link.grants.newest_id = older.grants.newest_id
        return Welcome(
            version=self._protocol,
            model=MODEL,
            serial=memory.serial,
            firmware=FIRMWARE,
            boot=working.boot,
            journal=memory.journal_id,
            oldest=memory.oldest,
            newest=memory.newest,
            capabilities=CAPABILITIES,
            envelope=ENVELOPE,
            shots=memory.shots,
            volume_nl=memory.volume_nl,
            stop_count=memory.stop_count,
            acknowledged=memory.acknowledged,
            room=memory.room,
        )

    def _configure(self, configure: Configure, now_us: int) -> Configured | Refused:
        if self._armed(now_us):
            return _refused(Reason.ARMED)
        setpoint = configure.setpoint
        fitted_nl = None if self._holder_adapts else self._mechanics.syringe_nl
        refusal = check_setpoint(setpoint, fitted_nl)
        if refusal is not None:
            return refusal
        if setpoint.syringe_nl != self._mechanics.syringe_nl:
            self._mechanics.fit(setpoint.syringe_nl, setpoint.syringe_nl)
        held = HeldSetpoint(setpoint, setpoint.digest())
        self._working.link.setpoint = held
        return Configured(setpoint=held.setpoint, digest=held.digest)

    def _grant(self, asked: Grant, now_us: int) -> Granted | Refused:
        working, memory = self._working, self._memory
        grants, held = working.link.grants, working.link.setpoint
        if working.stopped:
            return _refused(Reason.STOPPED)
        if self._motions.blocking():
            return _refused(Reason.FAULT)
        if held is None:
            return _refused(Reason.NO_SETPOINT)
        if asked.digest != held.digest[: len(asked.digest)]:
            return _refused(Reason.DIGEST)
        if asked.grant <= grants.newest_id:
            return _refused(Reason.STALE_GRANT, grants.newest_id)
        # This is the cap on shots as well: the room of an empty journal less the
        # reserve is all that one grant can ever permit.
        if asked.shots_limit - memory.shots > memory.room - JOURNAL_RESERVE:
            return _refused(Reason.JOURNAL_ROOM, memory.room)
        most_nl = memory.volume_nl + GRANT_MAX_VOLUME_NL
        if asked.volume_limit_nl > most_nl:
            return _refused(Reason.RANGE, most_nl, Grant.KEYS["volume_limit_nl"])
        if working.act is not None:
            self._motions.end(Ending.DISARMED, now_us)
            working.act = None
        debit = debit_nl(held.setpoint.volume_nl)
        if grants.open is None or not grants.open.allows(memory.shots, memory.volume_nl, debit):
            working.trigger.demand_release()
        grants.take(OpenGrant(asked.grant, asked.shots_limit, asked.volume_limit_nl))
        return Granted(
            grant=asked.grant,
            digest=held.digest,
            shots_limit=asked.shots_limit,
            volume_limit_nl=asked.volume_limit_nl,
            shots=memory.shots,
            volume_nl=memory.volume_nl,
        )

    def _beat(self, beat: Beat, now_us: int) -> Status:
        working, memory = self._working, self._memory
        link, trigger = working.link, working.trigger
        memory.acknowledge(beat.acknowledge)
        link.lease.echo(beat.echo, now_us)
        link.statuses += 1
        link.lease.note_sent(link.statuses, now_us)
        grant = link.grants.open
        left_nl = 0 if grant is None else grant.volume_left_nl(memory.volume_nl)
        return Status(
            number=link.statuses,
            state=self.state(),
            faults=working.faults,
            inhibits=self._motions.inhibits(now_us),
            contact=working.contact,
            trigger=trigger.held,
            battery_pct=working.battery_pct,
            syringe_left_nl=self._mechanics.left_nl(now_us),
            grant=0 if grant is None else grant.id,
            shots_left=0 if grant is None else grant.shots_left(memory.shots),
            volume_left_nl=min(left_nl, U32),
            shots=memory.shots,
            volume_nl=memory.volume_nl,
            newest=memory.newest,
            stop_count=memory.stop_count,
            pulls=trigger.pulls,
            pull_inhibits=trigger.pull_inhibits,
            t_us=now_us - working.boot_us,
            room=memory.room,
        )

    def _disarm(self, now_us: int) -> Disarmed:
        working, memory = self._working, self._memory
        working.link.grants.void()
        if self._motions.held_open:
            self._motions.end(Ending.DISARMED, now_us)
        working.act = None
        working.trigger.burst_left = 0
        working.faults &= self._causes(now_us)
        return Disarmed(shots=memory.shots, volume_nl=memory.volume_nl, newest=memory.newest)

    def _release(self, release: Release) -> Released | Refused:
        if release.stop_count != self._memory.stop_count:
            return _refused(Reason.STALE_RELEASE, self._memory.stop_count)
        if self._working.trigger.held:
            return _refused(Reason.TRIGGER_HELD)
        self._working.stopped = False
        return Released(stop_count=self._memory.stop_count)

    def _arm(self, act: ArmedAct, request: Prime | SelfTest, now_us: int) -> Done | Refused:
        working, memory = self._working, self._memory
        if working.stopped:
            return _refused(Reason.STOPPED)
        if self._armed(now_us):
            return _refused(Reason.ARMED)
        if self._motions.blocking():
            return _refused(Reason.FAULT)
        if isinstance(request, Prime) and not 1 <= request.volume_nl <= ENVELOPE.prime_max_nl:
            bound = min(max(1, request.volume_nl), ENVELOPE.prime_max_nl)
            return _refused(Reason.RANGE, bound, Prime.KEYS["volume_nl"])
        if memory.room <= JOURNAL_RESERVE:
            return _refused(Reason.JOURNAL_ROOM, memory.room)
        working.act = act
        working.trigger.demand_release()
        return Done(request=request.CODE)

    def _armed(self, now_us: int) -> bool:
        return self._working.link.grants.open is not None or self._motions.moving(now_us)

    def _causes(self, now_us: int) -> Faults:
        """Return the faults whose cause is still there."""
        working, mechanics = self._working, self._mechanics
        causes = Faults(0)
        for condition in mechanics.conditions:
            causes |= FAULT_BITS[CONDITION_FAULTS[condition]]
        held = working.link.setpoint
        needed_nl = 1 if held is None else held.setpoint.volume_nl
        if mechanics.left_nl(now_us) < needed_nl:
            causes |= Faults.EMPTY
        if working.trigger.held:
            causes |= Faults.STUCK_TRIGGER
        if working.battery_pct <= BATTERY_WARN_PCT:
            causes |= Faults.LOW_BATTERY
        if Faults.MEMORY in working.faults and not self._memory.sound():
            causes |= Faults.MEMORY
        return causes


def _refused(reason: Reason, bound: int = 0, field: int = 0) -> Refused:
    return Refused(reason=reason, field=field, bound=bound)
