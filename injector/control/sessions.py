"""The session at hand: opened with a plan and a library, resumed, closed when all is settled."""

from pydantic import ValidationError

from injector.control import granting, opening
from injector.control.alarms import AlarmCode
from injector.control.device import Device
from injector.control.envelopes import envelope_of
from injector.control.granting import Overridden
from injector.control.inputs import CloseSession, OpenSession
from injector.control.ledger import Ledger
from injector.control.outbox import Outbox
from injector.control.record import SessionRecord
from injector.control.snapshot import ClosedSession, Denial, Denied
from injector.control.wants import AddStep, Override, Resume, Subject
from injector.limits.flags import flags
from injector.limits.library import Library
from injector.limits.verdict import Refuse
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.fields import MAX_LABEL, TO_BE_SEALED
from injector.shotlog.reader import library_drafts
from injector.treatment.plan import MAX_STEPS, Plan
from injector.treatment.pseudonyms import Doubt, doubts


class SessionDesk:
    """One session after the other.

    A session that was found open in the log has no plan here: it can be settled and
    closed, and gone on with once somebody says again for whom and with what.
    """

    def __init__(self, outbox: Outbox, ledger: Ledger) -> None:
        self.plan: Plan | None = None
        self.library: Library | None = None
        self.closing: CloseSession | None = None
        """Who wants it closed, as soon as all is settled."""
        self.closed: list[ClosedSession] = []
        self.overrides: dict[int, Overridden] = {}
        """What practitioners let pass, by step; for this session and this engine only."""
        self.differs = False
        """What was given was added up twice and came to two figures: nothing is granted more."""
        self._asked: dict[int, Overridden] = {}
        self._whole: tuple[Plan, int, Plan] | None = None
        self._pseudonym: str | None = None
        self._outbox = outbox
        self._ledger = ledger
        self._close_written = False

    @property
    def whole(self) -> Plan | None:
        """The plan with the steps that were added to it in this session."""
        plan, session = self.plan, self._ledger.session
        added = () if session is None else tuple(session.added)
        if plan is None or not added:
            return plan
        if self._whole is None or self._whole[0] is not plan or self._whole[1] != len(added):
            steps = (*plan.steps, *(opening.step_of(each) for each in added))
            self._whole = (plan, len(added), plan.model_copy(update={"steps": steps}))
        return self._whole[2]

    # -- opening ---------------------------------------------------------------------

    def open(self, what: OpenSession, device: Device) -> Denied | None:
        """Write the opening of a session on the gun at hand; why not, where it may not be."""
        if device.welcome is None:
            return Denied("open_session", Denial.OUT_OF_ORDER)
        if self._ledger.session is not None or self.plan is not None:
            return Denied("open_session", Denial.SESSION_OPEN)
        why_not = self._why_not_clinical(what) if what.realm == "clinical" else None
        if why_not is not None:
            return Denied("open_session", why_not)
        questioned = self._questioned(what.subject)
        if questioned:
            return Denied("open_session", Denial.QUESTIONED, doubts=questioned)
        try:
            opened, texts = opening.session_body(
                what,
                patient=opening.patient_id(what.subject, self._ledger),
                welcome=device.welcome,
                newest=0 if device.desk is None else device.desk.committed,
                counters=device.final,
            )
        except ValidationError:
            return Denied("open_session", Denial.MALFORMED)
        self.plan, self.library = what.plan, what.library
        self._pseudonym = None if what.subject is None else what.subject.pseudonym
        known = what.library.digest in self._ledger.libraries
        parts = () if known else library_drafts(what.library.digest, what.library.text)
        told = opening.elsewhere_bodies(what.plan, what.by)
        self._outbox.append_drafts(
            *parts,
            log.Draft(what.session, opened, texts),
            *(log.Draft(what.session, body) for body in told),
        )
        return None

    def _why_not_clinical(self, what: OpenSession) -> Denial | None:
        roster = self._ledger.roster
        if what.subject is None or not what.subject.pseudonym.strip():
            return Denial.NO_PATIENT
        if what.library.digest not in roster.approved:
            return Denial.NOT_APPROVED
        return None if roster.qualified(what.by) else Denial.NOT_QUALIFIED

    def _questioned(self, subject: Subject | None) -> tuple[Doubt, ...]:
        """What speaks against a pseudonym, until somebody has stood by it once."""
        if subject is None or subject.confirmed:
            return ()
        known = self._ledger.past.patient(subject.pseudonym) is not None
        return () if known else doubts(subject.pseudonym)

    def opened(self, body: log.SessionOpened) -> None:
        """The opening is durable: from now on the patient is known by the pseudonym."""
        if self._pseudonym is not None and body.patient is not None:
            self._ledger.past.know(self._pseudonym, body.patient)

    def tell_flags(self) -> None:
        """Tell of products in open fillings that are on a doping list, for an athlete."""
        session, library = self._ledger.session, self.library
        if session is None or library is None:
            return
        found = {
            flag.product: None
            for fill in session.fills.open()
            for flag in flags(fill.mixture, session.patient, library)
        }
        if found:
            self._outbox.raise_(AlarmCode.DOPING, {"products": ", ".join(found)[:MAX_LABEL]})

    # -- going on --------------------------------------------------------------------

    def resume_body(self, what: Resume) -> facts.SessionResumed | Denial:
        """The entry that goes on with the open session, where all that was said again fits."""
        session = self._ledger.session
        if session is None:
            return Denial.NO_SESSION
        plan, library = what.plan or self.plan, what.library or self.library
        why_not = self._why_not_resume(session, what, plan, library)
        if why_not is not None or plan is None or library is None:
            return why_not or Denial.OTHER_PLAN
        return facts.SessionResumed(
            reason="recovered" if self.plan is None else "idle",
            operator=what.by,
            patient=session.body.patient,
            plan=session.body.plan,
            library_digest=library.digest,
            fill=what.fill,
            needle_um=what.needle_um,
            needle_lot=what.needle_lot,
            needle_expiry=what.needle_expiry,
        )

    def _why_not_resume(
        self, session: SessionRecord, what: Resume, plan: Plan | None, library: Library | None
    ) -> Denial | None:
        if not self.may_treat(what.by):
            return Denial.NOT_QUALIFIED
        if library is None or library.digest != session.body.library_digest:
            return Denial.OTHER_LIBRARY
        if plan is None or opening.plan_body(plan) != session.body.plan:
            return Denial.OTHER_PLAN
        said = None if what.pseudonym is None else self._ledger.past.patient(what.pseudonym)
        if said != session.body.patient or (said is None) != (what.pseudonym is None):
            return Denial.OTHER_PATIENT
        for each in session.added:
            opening.step_of(each)  # what no plan can hold raises, and is told as such
        fills = session.fills
        return None if what.fill == fills.in_gun else Denial.OTHER_SYRINGE

    def resumed(self, what: Resume) -> None:
        """Going on is durable."""
        self.plan, self.library = what.plan or self.plan, what.library or self.library

    def override(self, what: Override) -> Denied | None:
        """Write a practitioner's word; it holds once it is durable, and never for a hard limit."""
        plan = self.whole
        if self._ledger.session is None or plan is None:
            return Denied("override", Denial.NO_SESSION)
        if not 0 <= what.step < len(plan.steps):
            return Denied("override", Denial.NO_SUCH_STEP)
        if not self.may_treat(what.by):
            return Denied("override", Denial.NOT_QUALIFIED)
        if not what.reason.strip():
            return Denied("override", Denial.MALFORMED)
        try:
            body = facts.OverrideGiven(step=what.step, reason=TO_BE_SEALED, by=what.by)
        except ValidationError:
            return Denied("override", Denial.MALFORMED)
        self._asked[what.step] = Overridden(what.reason, what.by)
        self._outbox.append(body, texts={"/reason": what.reason})
        return None

    def overridden(self, body: facts.OverrideGiven) -> None:
        """An override is durable."""
        asked = self._asked.pop(body.step, None)
        if asked is not None:
            self.overrides[body.step] = asked

    def add_step(self, what: AddStep, device: Device) -> Denied | None:
        """Write one more step; why not, where no limit would ever let one shot of it be given."""
        session, plan, library = self._ledger.session, self.whole, self.library
        if session is None:
            return Denied("add_step", Denial.NO_SESSION)
        if session.confirm or plan is None or library is None:
            return Denied("add_step", Denial.CONFIRM)
        if not self.may_treat(what.by):
            return Denied("add_step", Denial.NOT_QUALIFIED)
        if session.body.realm == "clinical" and what.by != session.operator:
            return Denied("add_step", Denial.NOT_IN_CHARGE)
        if what.step.override is not None:
            return Denied("add_step", Denial.MALFORMED)
        if len(plan.steps) >= MAX_STEPS:
            return Denied("add_step", Denial.NO_ROOM)
        if device.welcome is None:
            return Denied("add_step", Denial.OUT_OF_ORDER)
        asked = granting.arming(
            plan.model_copy(update={"steps": (*plan.steps, what.step)}),
            len(plan.steps),
            library,
            envelope_of(device.welcome),
            ledger=self._ledger,
            session=session,
            by=what.by,
        )
        if isinstance(asked.verdict, Refuse):
            self._outbox.append(granting.refused_body(asked))
            return Denied("add_step", Denial.LIMITS, asked.verdict.passed)
        try:
            self._outbox.append(opening.step_body(what.step, what.by))
        except ValidationError:
            return Denied("add_step", Denial.MALFORMED)
        return None

    def may_treat(self, person: str) -> bool:
        """Whether that person may arm in the open session: in a clinical one, not everybody."""
        session = self._ledger.session
        clinical = session is not None and session.body.realm == "clinical"
        return not clinical or self._ledger.roster.qualified(person)

    def why_not_arm(self, device: Device, by: str) -> Denial | None:
        """What stands against arming anything in this session on this gun."""
        session, desk = self._ledger.session, device.desk
        if session is None:
            return Denial.NO_SESSION
        if session.confirm or self.plan is None or self.library is None:
            return Denial.CONFIRM
        if self.differs:
            return Denial.TOTALS_DIFFER
        if device.latched or self._ledger.stop_unreleased:
            return Denial.STOPPED
        if self._ledger.gaps:
            return Denial.GAP_OPEN
        if self._outbox.alarms.unacknowledged(AlarmCode.GUN_AHEAD):
            return Denial.GUN_AHEAD
        if device.status is not None and device.status.faulted:
            return Denial.FAULT
        if desk is None or session.body.serial != desk.serial:
            return Denial.OTHER_GUN
        if desk.conflict is not None:
            return Denial.CONFLICT
        if desk.held is not None:
            return Denial.FOREIGN_OPEN
        if not self.may_treat(by):
            return Denial.NOT_QUALIFIED
        if session.body.realm == "clinical" and by != session.operator:
            return Denial.NOT_IN_CHARGE
        if session.body.realm == "clinical" and not all(
            checklist.items.keys() <= session.checked.get(code, frozenset())
            for code, checklist in self.library.figures.checklist.items()
        ):
            return Denial.CHECKLIST
        if session.fills.gun.discarded:
            return Denial.NO_SYRINGE
        return Denial.OUT_OF_ORDER if self.closing is not None else None

    # -- closing ---------------------------------------------------------------------

    def why_not_close(self, what: CloseSession) -> Denial | None:
        """What stands against closing it so: a signature of one who may not sign."""
        signature = what.signature
        if signature is not None and not self.may_treat(signature.by):
            return Denial.NOT_QUALIFIED
        return None

    def write_close(self, what: CloseSession, device: Device) -> None:
        """Write the close, once; everything must be settled."""
        session, welcome = self._ledger.session, device.welcome
        if session is None or welcome is None or self._close_written:
            return
        self._close_written = True
        self._outbox.append_drafts(
            *opening.close_drafts(
                what.reason,
                what.by,
                ledger=self._ledger,
                welcome=welcome,
                newest=0 if device.desk is None else device.desk.committed,
                counters=device.final,
                signature=what.signature,
                left_nl=what.left_nl,
            )
        )

    def committed(self, session: str | None, body: log.SessionClosed) -> None:
        """A close is durable."""
        self.closed.append(
            ClosedSession(session or "", body.reason, body.given_shots, body.given_nl)
        )
        self.closing, self._close_written = None, False
        self.plan = self.library = self._pseudonym = self._whole = None
        self.overrides.clear()
        self._asked.clear()
