"""Priming: liquid to the needle's tip, off the skin. The host arms it, the trigger moves it.

Written first like a grant: its entry is committed, then it is sent. What it pushed out
comes back as an entry of the journal, and counts as used from the filling in the gun.
"""

from injector.control.device import Device
from injector.control.ledger import Ledger
from injector.control.line import Line
from injector.control.outbox import Outbox
from injector.control.snapshot import Denial, Denied
from injector.control.wants import ArmPrime
from injector.protocol.codes import DeviceState
from injector.protocol.messages import Done, Prime, Status
from injector.shotlog import facts


class PrimingDesk:
    """The prime at hand."""

    def __init__(self, outbox: Outbox, ledger: Ledger, line: Line) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self._line = line
        self._taken = False

    def arm(self, what: ArmPrime, device: Device) -> Denied | None:
        """Write that priming is armed; why not, where gun or syringe forbid it."""
        session, welcome = self._ledger.session, device.welcome
        if session is None or welcome is None:
            return Denied("prime", Denial.NO_SESSION)
        most_nl = min(welcome.envelope.prime_max_nl, session.fills.gun.left_least_nl)
        if not 1 <= what.volume_nl <= most_nl:
            return Denied("prime", Denial.NO_ROOM)
        self._taken = False
        self._outbox.append(
            facts.PrimeArmed(
                serial=welcome.serial,
                link=self._line.link,
                fill=session.fills.in_gun,
                volume_nl=what.volume_nl,
                by=what.by,
            )
        )
        return None

    def committed(self, body: facts.PrimeArmed) -> None:
        """It is durable: send it, unless the world has moved on meanwhile."""
        if body.link == self._line.link:
            self._line.ask(Prime(volume_nl=body.volume_nl))

    def taken(self, reply: Done) -> None:
        """The gun took a request of this kind."""
        self._taken = self._taken or reply.request == Prime.CODE

    def over(self, status: Status) -> bool:
        """Whether the gun took it and is through with it."""
        return self._taken and status.state is not DeviceState.PRIMING
