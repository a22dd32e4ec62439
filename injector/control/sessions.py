"""The session at hand: opened with a plan and a library, closed when all is settled."""

from injector.control import granting
from injector.control.device import Device
from injector.control.inputs import CloseSession, OpenSession
from injector.control.ledger import Ledger
from injector.control.outbox import Outbox
from injector.control.snapshot import ClosedSession, Denial, Denied
from injector.limits.library import Library
from injector.shotlog import entries as log
from injector.shotlog.reader import library_drafts
from injector.treatment.plan import Plan


class SessionDesk:
    """One session after the other.

    A session that was found open in the log has no plan here: it can be settled and
    closed, not gone on with.
    """

    def __init__(self, outbox: Outbox, ledger: Ledger) -> None:
        self.plan: Plan | None = None
        self.library: Library | None = None
        self.closing: CloseSession | None = None
        """Who wants it closed, as soon as all is settled."""
        self.closed: list[ClosedSession] = []
        self._outbox = outbox
        self._ledger = ledger
        self._close_written = False

    def open(self, what: OpenSession, device: Device) -> Denied | None:
        """Write the opening of a session on the gun at hand; why not, where it may not be."""
        if device.welcome is None:
            return Denied("open_session", Denial.OUT_OF_ORDER)
        if self._ledger.session is not None or self.plan is not None:
            return Denied("open_session", Denial.SESSION_OPEN)
        self.plan, self.library = what.plan, what.library
        opened, texts = granting.session_body(
            what.plan,
            what.library,
            realm=what.realm,
            operator=what.by,
            welcome=device.welcome,
            newest=0 if device.desk is None else device.desk.committed,
            counters=device.final,
        )
        known = what.library.digest in self._ledger.libraries
        parts = () if known else library_drafts(what.library.digest, what.library.text)
        self._outbox.append_drafts(*parts, log.Draft(what.session, opened, texts))
        return None

    def why_not_arm(self, device: Device) -> Denial | None:
        """What stands against arming anything in this session on this gun."""
        session, desk = self._ledger.session, device.desk
        if session is None or self.plan is None or self.library is None:
            return Denial.NO_SESSION
        if device.latched or self._ledger.stop_unreleased:
            return Denial.STOPPED
        if self._ledger.gaps:
            return Denial.GAP_OPEN
        if device.status is not None and device.status.faulted:
            return Denial.FAULT
        if desk is None or session.body.serial != desk.serial:
            return Denial.OTHER_GUN
        if desk.conflict is not None:
            return Denial.CONFLICT
        if desk.held is not None:
            return Denial.FOREIGN_OPEN
        return Denial.OUT_OF_ORDER if self.closing is not None else None

    def write_close(self, reason: str, by: str, device: Device) -> None:
        """Write the close, once; everything must be settled."""
        session, welcome = self._ledger.session, device.welcome
        if session is None or welcome is None or self._close_written:
            return
        self._close_written = True
        total = self._ledger.exposure().total()
        shots, volume_nl = device.final
        self._outbox.append(
            log.SessionClosed(
                reason=reason,
                by=by,
                serial=welcome.serial,
                journal_id=welcome.journal,
                newest=0 if device.desk is None else device.desk.committed,
                shots=shots,
                volume_nl=volume_nl,
                given_shots=total.shots,
                given_nl=total.volume_nl,
                zones=(),
                doses=(),
                library_digest=session.body.library_digest,
                signature=None,
            )
        )

    def committed(self, session: str | None, body: log.SessionClosed) -> None:
        """A close is durable."""
        self.closed.append(
            ClosedSession(session or "", body.reason, body.given_shots, body.given_nl)
        )
        self.closing, self._close_written = None, False
        self.plan = self.library = None
