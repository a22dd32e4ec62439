"""What people want of a session beside the gun: recorded, changed, primed, approved.

The parts that do it have a file each (`FactsDesk`, `ChangesDesk`, `PrimingDesk`,
`Watches`). Here stands who is asked for what, and what their entries bring about once
they are durable. The gun's own road stays the controller's: it is asked to disarm, and
told when priming begins.
"""

from collections.abc import Callable
from typing import assert_never

from injector.control.alarms import AlarmCode, Detail
from injector.control.changes import NAMES, Change, ChangesDesk
from injector.control.device import Device
from injector.control.ledger import Ledger
from injector.control.line import Line
from injector.control.outbox import Outbox, Standing
from injector.control.priming import PrimingDesk
from injector.control.recording import FIGURES, FactsDesk
from injector.control.sessions import SessionDesk
from injector.control.snapshot import Denial, Denied
from injector.control.states import State, Turn, possible
from injector.control.vouched import vouching_name
from injector.control.wants import (
    AddStep,
    ApproveLibrary,
    ArmPrime,
    ChangeNeedle,
    Correct,
    DiscardSyringe,
    LoadSyringe,
    Override,
    Record,
    RecordAccess,
    RecordAnchored,
    RecordKey,
    RecordOperator,
    RecordSigned,
    Resume,
    TakeOver,
    Vouching,
    Want,
)
from injector.protocol.messages import Done, Status
from injector.shotlog import entries as log
from injector.shotlog import facts

Disarm = Callable[[str, str | None], None]
"""End what is granted, with a reason and who wanted it; nothing where nothing is."""


class WantsDesk:
    """Asks the right part for what a person wants."""

    def __init__(
        self,
        standing: Standing,
        outbox: Outbox,
        ledger: Ledger,
        line: Line,
        sessions: SessionDesk,
        disarm: Disarm,
    ) -> None:
        self._standing = standing
        self._outbox = outbox
        self._ledger = ledger
        self._sessions = sessions
        self._disarm = disarm
        self._changes = ChangesDesk(outbox, ledger, sessions)
        self._priming = PrimingDesk(outbox, ledger, line)
        self._facts = FactsDesk(outbox, ledger)

    def handle(self, what: Want, device: Device, *, ending: bool) -> Denied | None:
        """Take what a person wants; why not, where it is denied."""
        match what:
            case Record():
                return self._record(what)
            case LoadSyringe() | DiscardSyringe() | ChangeNeedle() | TakeOver() | Resume():
                return self._change(what)
            case Override():
                return self._sessions.override(what)
            case AddStep():
                return self._sessions.add_step(what, device)
            case ArmPrime():
                return self._prime(what, device, ending=ending)
            case RecordOperator():
                self._facts.record_operator(what)
                return None
            case RecordAccess():
                self._facts.record_access(what)
                return None
            case RecordAnchored():
                self._facts.record_anchored(what)
                return None
            case ApproveLibrary() | RecordKey() | RecordSigned() | Correct():
                return self._vouch(what)
            case _:
                assert_never(what)

    @property
    def under_way(self) -> bool:
        """Whether a change or a fact that changes figures does not hold yet: nothing is armed."""
        return self._changes.under_way or self.figures_pending

    @property
    def figures_pending(self) -> bool:
        """Whether a fact that changes figures is on its way to the disk: nothing is granted."""
        return self._facts.pending > 0

    @property
    def changes_wait(self) -> bool:
        """Whether a change waits for a moment in which all is settled."""
        return self._changes.waiting

    def write_change(self) -> Denied | None:
        """Nothing is granted and all is settled: write the next change."""
        return self._changes.write_next()

    # -- priming ---------------------------------------------------------------------

    def taken(self, reply: Done) -> None:
        """The gun took a request of priming's kind."""
        self._priming.taken(reply)

    def heard(self, status: Status) -> None:
        """A status came: priming may be over."""
        if self._standing.state is State.PRIMING and self._priming.over(status):
            self._disarm("primed", None)

    # -- the log ---------------------------------------------------------------------

    def committed(self, body: log.Body | log.Unknown) -> None:
        """An entry is durable."""
        match body:
            case facts.TakenOver() | facts.NeedleChanged() | facts.SyringeLoaded():
                self._changes.committed()
            case facts.SessionResumed() | facts.SyringeDiscarded():
                self._changes.committed()
            case facts.OverrideGiven():
                self._sessions.overridden(body)
            case facts.PrimeArmed() if self._standing.state is State.PRIMING:
                self._priming.committed(body)
            case facts.SyringeDiffers():
                detail: Detail = {"fill": body.fill, "missing_nl": body.missing_nl}
                self._outbox.raise_(AlarmCode.SYRINGE_DIFFERS, detail)
            case log.SessionClosed():
                self._changes.forget()
            case _ if isinstance(body, FIGURES):
                self._facts.committed()
            case _:
                pass

    def compare(self) -> None:
        """What was given, by two routes: where they differ nothing more is granted, for good."""
        found = None if self._sessions.differs else self._ledger.differs()
        if found is None:
            return
        ours, theirs = found
        self._sessions.differs = True
        detail = {
            "shots": ours.shots,
            "volume_nl": ours.volume_nl,
            "shots_again": theirs.shots,
            "volume_again_nl": theirs.volume_nl,
        }
        self._outbox.raise_(AlarmCode.TOTALS_DIFFER, detail)
        self._disarm("totals_differ", None)

    # -- each ------------------------------------------------------------------------

    def _record(self, what: Record) -> Denied | None:
        """A fact is written whatever the limits say; what is granted ends before it counts."""
        denied = self._facts.why_not(what)
        if denied is not None:
            return denied
        library = self._sessions.library
        if library is not None:
            # Before the grant is written, its figures are not yet fixed.
            early = self._standing.state is State.CONFIGURING and isinstance(what.fact, FIGURES)
            if early or self._facts.ends_granting(what, library):
                self._disarm("fact", what.fact.by)
            passed = self._facts.passes(what, library, granted=False)
            if passed:
                first = passed[0]
                detail: Detail = {
                    "figure": first.figure.value,
                    "limit": first.limit,
                    "value": first.value,
                    "bound": first.bound,
                }
                self._outbox.raise_(AlarmCode.OVER_LIMIT, detail)
        self._facts.write(what)
        return None

    def _vouch(self, what: Vouching) -> Denied | None:
        """The log's thread judges it by the log itself, and writes it where it is right."""
        if self._standing.state in (State.LOG_FAILED, State.ENDED):
            return Denied(vouching_name(what), Denial.LOG_FAILED)
        self._outbox.append_judged(what)
        return None

    def _change(self, what: Change) -> Denied | None:
        """Take a change, end what is granted; it is written once that is settled."""
        if self._standing.state in (State.LOG_FAILED, State.ENDED):
            return Denied(NAMES[type(what)], Denial.LOG_FAILED)
        denied = self._changes.want(what)
        if denied is None:
            self._disarm("change", what.by)
        return denied

    def _prime(self, what: ArmPrime, device: Device, *, ending: bool) -> Denied | None:
        state = self._standing.state
        if state is State.LOG_FAILED:
            return Denied("prime", Denial.LOG_FAILED)
        if not possible(state, Turn.PRIME) or ending or self.under_way:
            return Denied("prime", Denial.OUT_OF_ORDER)
        why_not = self._sessions.why_not_arm(device, what.by)
        if why_not is not None:
            return Denied("prime", why_not)
        denied = self._priming.arm(what, device)
        if denied is None:
            self._standing.turn(Turn.PRIME)
        return denied
