"""From a step of the plan to an open grant, and keeping it topped up.

The order is the promise: judge, configure, read back, write the grant, commit it,
send it, see it confirmed. What comes back different from what was sent is not
used, and nothing is ever sent that is not durable.
"""

from injector.control import granting
from injector.control.alarms import AlarmCode
from injector.control.device import Device
from injector.control.envelopes import envelope_of
from injector.control.granting import Arming, Overridden
from injector.control.ledger import Ledger
from injector.control.line import Line
from injector.control.outbox import Outbox
from injector.control.snapshot import Denial, Denied
from injector.limits.library import Library
from injector.limits.verdict import Allow, Refuse, Soft
from injector.protocol.messages import Configure, Configured, Grant, Granted, Setpoint
from injector.shotlog import entries as log
from injector.treatment.plan import Plan


class ArmingDesk:
    """The step at hand and its grants."""

    def __init__(self, outbox: Outbox, ledger: Ledger, line: Line) -> None:
        self.shown: Arming | None = None
        """The step armed now, or last in this session."""
        self._outbox = outbox
        self._ledger = ledger
        self._line = line
        self._arming: Arming | None = None
        self._planned = 0
        self._setpoint: Setpoint | None = None
        self._grant_id = 0
        self._pending = False
        self._first_due = False
        """The setpoint was read back, and no grant was written yet."""
        self._limits = (0, 0)
        self._heard_since_grant = False

    def new_link(self) -> None:
        """Grants are numbered anew on every link."""
        self.let_go()
        self._grant_id = 0

    def let_go(self) -> None:
        """Nothing is granted any more."""
        self._arming = self._setpoint = None
        self._pending = self._first_due = False

    def judge(
        self,
        plan: Plan,
        step: int,
        library: Library,
        device: Device,
        by: str,
        override: Overridden | None = None,
    ) -> Denied | None:
        """Judge a step and take it in hand; why not, where it may not be armed."""
        if device.welcome is None:
            return Denied("arm", Denial.OUT_OF_ORDER)
        if not 0 <= step < len(plan.steps):
            return Denied("arm", Denial.NO_SUCH_STEP)
        session = self._ledger.session
        if session is None:
            return Denied("arm", Denial.NO_SESSION)
        asked = granting.arming(
            plan,
            step,
            library,
            envelope_of(device.welcome),
            ledger=self._ledger,
            session=session,
            by=by,
            override=override,
        )
        match asked.verdict:
            case Refuse(passed):
                self._outbox.append(granting.refused_body(asked))
                return Denied("arm", Denial.LIMITS, passed)
            case Soft(passed) if asked.override is None:
                self._outbox.append(granting.refused_body(asked))
                return Denied("arm", Denial.NEEDS_OVERRIDE, passed)
            case Soft() | Allow():
                pass
        if asked.context.planned_shots == 0:
            return Denied("arm", Denial.NO_ROOM)
        self._arming = self.shown = asked
        self._planned = plan.steps[step].shots
        self._setpoint = granting.to_wire(
            asked.setpoint, needle_um=session.needle_um, syringe_nl=session.fills.gun.syringe_nl
        )
        self._line.ask(Configure(setpoint=self._setpoint))
        return None

    def show(self, plan: Plan, library: Library, device: Device, by: str) -> None:
        """Show what the first step will be judged on, before anything is armed."""
        session = self._ledger.session
        if device.welcome is not None and session is not None:
            envelope = envelope_of(device.welcome)
            self.shown = granting.arming(
                plan, 0, library, envelope, ledger=self._ledger, session=session, by=by
            )

    def read_back(self, reply: Configured) -> bool:
        """Whether the device holds exactly the setpoint that was judged."""
        if self._setpoint is None:
            return False
        if reply.setpoint != self._setpoint or reply.digest != self._setpoint.digest():
            self._outbox.raise_(AlarmCode.READBACK)
            return False
        self._first_due = True
        return True

    def grant_first(self, device: Device) -> bool:
        """Write the first grant, on the device's final counters; False without room.

        It waits until all that was written before it is durable: it is judged on exactly what
        the log holds before it, so that anybody can judge it again.
        """
        if not self._first_due or self._outbox.pending:
            return True
        self._first_due = False
        self._limits = device.final
        return self._grant_more(device)

    def committed(self, body: log.Grant) -> None:
        """A grant is durable: send it, unless the world has moved on meanwhile."""
        current = body.link == self._line.link and body.grant == self._grant_id
        if current and self._pending:
            self._line.ask(
                Grant(
                    grant=body.grant,
                    digest=bytes.fromhex(body.setpoint_digest)[:4],
                    shots_limit=body.shots_limit,
                    volume_limit_nl=body.volume_limit_nl,
                )
            )

    def confirmed(self, reply: Granted) -> bool:
        """Whether the device holds the grant as it was written."""
        held = (reply.grant, reply.shots_limit, reply.volume_limit_nl)
        digest = b"" if self._setpoint is None else self._setpoint.digest()
        if held != (self._grant_id, *self._limits) or reply.digest != digest:
            self._outbox.raise_(AlarmCode.READBACK)
            return False
        self._pending = False
        return True

    def opened(self) -> None:
        """The first grant is open; from now on a status tells whether it stays so."""
        self._heard_since_grant = False

    def heard(self) -> None:
        """A status came."""
        self._heard_since_grant = True

    def why_end(self, device: Device) -> str | None:
        """Top the grant up where it runs low; the reason to disarm, if there is one."""
        armed = self._arming
        if armed is None or self._pending:
            return None
        left = self._ledger.remainder.shots
        done = self._ledger.step_shots(armed.step) >= self._planned
        if left == 0 and done:
            return "step_done"
        if self._taken_back(device):
            self._outbox.raise_(AlarmCode.DEVICE_LET_GO)
            return "device_let_go"
        if done or not granting.runs_low(armed, left):
            return None
        if self._outbox.pending and not granting.runs_out(armed, left):
            return None  # on a disk that keeps up, what is judged is all that the log holds
        wanted = self._planned - self._ledger.step_shots(armed.step) - left
        if wanted > 0 and self._grant_more(device):
            return None
        if left == 0:
            self._outbox.raise_(AlarmCode.LIMIT_REACHED)
            return "limit_reached"
        return None

    def _taken_back(self, device: Device) -> bool:
        """Whether the device has voided the grant on its own account."""
        status = device.status
        return (
            self._heard_since_grant
            and status is not None
            and status.grant == 0
            and status.shots < self._limits[0]
        )

    def _grant_more(self, device: Device) -> bool:
        """Write a grant for some more seconds of shots; whether there was room for any."""
        session = self._ledger.session
        if self._arming is None or self._setpoint is None or device.welcome is None:
            return False
        if session is None:
            return False
        left = self._ledger.remainder.shots
        now = granting.context_now(self._arming, self._ledger, self._planned)
        room = device.welcome.room if device.status is None else device.status.room
        shots = granting.next_shots(self._arming.setpoint, now, left=left, journal_room=room)
        judged = granting.on_shots(self._arming, now, shots)
        if shots == 0 or not granting.permitted(judged):
            return False
        self._grant_id += 1
        body, texts = granting.grant_body(
            judged,
            serial=device.welcome.serial,
            link=self._line.link,
            grant=self._grant_id,
            digest=self._setpoint.digest(),
            fill=session.fills.in_gun,
            shots=shots,
            base_shots=self._limits[0],
            base_nl=self._limits[1],
        )
        self._limits = (body.shots_limit, body.volume_limit_nl)
        self._pending = True
        self._outbox.append(body, texts=texts)
        return True
