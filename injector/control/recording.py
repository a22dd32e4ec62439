"""Facts: what people record in a session, and what follows from it. Never refused.

A fact is true whether or not a limit likes it, so it is written whatever the limits say.
Where it passes one, the alarm is high, and what is granted ends before the fact takes
effect. The one thing that is turned away is a fact about nothing: no session, or a
filling that nobody loaded.
"""

from typing import Final

from injector.control.ledger import Ledger
from injector.control.outbox import Outbox
from injector.control.snapshot import Denial, Denied
from injector.control.totals import beyond, counts, nobody_can_tell
from injector.control.wants import (
    LATER,
    Record,
    RecordAccess,
    RecordAnchored,
    RecordOperator,
)
from injector.limits.library import Library
from injector.limits.side import Level
from injector.limits.verdict import Passed
from injector.shotlog import entries as log
from injector.shotlog import facts

FIGURES: Final = (
    facts.HandShots,
    facts.GivenElsewhere,
    facts.Spilled,
    facts.PatientAnswered,
)
"""Facts on which a verdict may depend."""


class FactsDesk:
    """Writes down what people say."""

    def __init__(self, outbox: Outbox, ledger: Ledger) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self.pending = 0
        """Facts that change figures, and are not durable yet: nothing is granted meanwhile."""

    def why_not(self, what: Record) -> Denied | None:
        """Why a fact is about nothing that this log knows."""
        session = self._ledger.session
        if what.about is not None:
            known = what.about in self._ledger.past.sessions
            return None if known and isinstance(what.fact, LATER) else _denied(Denial.NO_SESSION)
        if session is None:
            return _denied(Denial.NO_SESSION)
        if isinstance(what.fact, facts.HandShots | facts.Spilled):
            return None if what.fact.fill in session.fills.of else _denied(Denial.NO_SUCH_FILL)
        return None

    def write(self, what: Record) -> None:
        """Write it down."""
        self.pending += what.about is None and isinstance(what.fact, FIGURES)
        self._outbox.append(what.fact, session=what.about, texts=what.texts)

    def committed(self) -> None:
        """One of those that change figures is durable."""
        self.pending = max(0, self.pending - 1)

    def passes(self, what: Record, library: Library, *, granted: bool) -> tuple[Passed, ...]:
        """The limits that the fact passes: hard ones, and soft ones that were not passed before.

        With ``granted``, what the open grant may still give counts as given.
        """
        if what.about is not None or not counts(what.fact):
            return ()
        before = {each.limit for each in beyond(self._ledger, library, granted=granted)}
        after = beyond(self._ledger, library, what.fact, granted=granted)
        return tuple(each for each in after if each.level is Level.HARD or each.limit not in before)

    def ends_granting(self, what: Record, library: Library) -> bool:
        """Whether what is granted must end before the fact takes effect."""
        session = self._ledger.session
        if session is None or what.about is not None:
            return False
        if isinstance(what.fact, facts.PatientAnswered):
            return True  # the patient is another one for the limits
        if isinstance(what.fact, facts.ChecklistAnswered):
            return not all(each.done for each in what.fact.items)
        if isinstance(what.fact, facts.HandShots | facts.Spilled):
            fill = session.fills.numbered(what.fact.fill)
            wanted_nl = what.fact.volume_nl
            if fill.number == session.fills.in_gun:
                wanted_nl += self._ledger.remainder.volume_nl
            if wanted_nl > fill.left_least_nl:
                return True
            if nobody_can_tell(self._ledger, library, what.fact):
                return True
        return bool(self.passes(what, library, granted=True))

    # -- this installation -------------------------------------------------------------

    def record_operator(self, what: RecordOperator) -> None:
        """Write down who somebody is."""
        self._outbox.append_drafts(log.Draft(None, what.operator))

    def record_access(self, what: RecordAccess) -> None:
        """Write down who came or left; in the open session, where there is one."""
        self._outbox.append(what.access)

    def record_anchored(self, what: RecordAnchored) -> None:
        """Write down who holds a checkpoint; in no session, since it is about all before it."""
        self._outbox.append_drafts(log.Draft(None, what.anchored))


def _denied(why: Denial) -> Denied:
    return Denied("record", why)
