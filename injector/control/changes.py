"""Changes to a session that wait until nothing is granted: syringe, needle, who treats.

What was granted was judged for the syringe, the needle and the person of that moment. So
a change first ends what is granted, waits until all of it is settled, and is then
written; it holds from its commit on, and what is armed after it is judged and configured
anew. Totals, mixture, zone and the count of the step stay as they are.
"""

from collections import deque
from typing import Final, TypeAlias, assert_never

from pydantic import ValidationError

from injector.control.ledger import Ledger
from injector.control.opening import discard_bodies, mixture_body, needle_body
from injector.control.outbox import Outbox
from injector.control.record import SessionRecord
from injector.control.sessions import SessionDesk
from injector.control.snapshot import Denial, Denied
from injector.control.wants import (
    ChangeNeedle,
    DiscardSyringe,
    LoadSyringe,
    Resume,
    TakeOver,
)
from injector.limits.flags import flags
from injector.limits.mixture import Mixture
from injector.limits.mixture import MixtureItem as Item
from injector.limits.setpoint import MAX_FIGURE
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.facts import MixtureItem

Change: TypeAlias = LoadSyringe | DiscardSyringe | ChangeNeedle | TakeOver | Resume
NAMES: Final = {
    LoadSyringe: "load_syringe",
    DiscardSyringe: "discard_syringe",
    ChangeNeedle: "change_needle",
    TakeOver: "take_over",
    Resume: "resume",
}


class ChangesDesk:
    """What people want changed, in the order in which they wanted it."""

    def __init__(self, outbox: Outbox, ledger: Ledger, sessions: SessionDesk) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self._sessions = sessions
        self._waiting: deque[Change] = deque()
        self._resuming: Resume | None = None
        self._written = False

    @property
    def waiting(self) -> bool:
        """Whether something is still to be written."""
        return bool(self._waiting)

    @property
    def under_way(self) -> bool:
        """Whether a change was wanted and does not hold yet: nothing may be armed."""
        return bool(self._waiting) or self._written

    def want(self, what: Change) -> Denied | None:
        """Take a change; why not, where it cannot be made."""
        made = self._bodies(what)
        if isinstance(made, Denial):
            return Denied(NAMES[type(what)], made)
        self._waiting.append(what)
        return None

    def write_next(self) -> Denied | None:
        """Nothing is granted and all is settled: write the next change."""
        what = self._waiting.popleft()
        made = self._bodies(what)
        session = self._ledger.session
        if isinstance(made, Denial) or session is None:
            why = made if isinstance(made, Denial) else Denial.NO_SESSION
            return Denied(NAMES[type(what)], why)
        if isinstance(what, Resume):
            self._resuming = what
        self._written = True
        self._outbox.append_drafts(*(log.Draft(session.id, body) for body in made))
        return None

    def committed(self) -> None:
        """What was written last is durable."""
        self._written = False
        if self._resuming is not None:
            self._sessions.resumed(self._resuming)
            self._resuming = None

    def forget(self) -> None:
        """The session has closed."""
        self._waiting.clear()
        self._resuming, self._written = None, False

    def _bodies(self, what: Change) -> list[log.Body] | Denial:
        """The entries of a change as things stand now; why it cannot be made."""
        session = self._ledger.session
        if session is None:
            return Denial.NO_SESSION
        try:
            match what:
                case LoadSyringe():
                    return self._load(session, what)
                case DiscardSyringe():
                    return _discard(session, what)
                case ChangeNeedle():
                    if not 0 < what.needle_um <= MAX_FIGURE:
                        return Denial.MALFORMED
                    return [
                        needle_body(session, reason="changed", by=what.by),
                        facts.NeedleChanged(
                            needle_um=what.needle_um, lot=what.lot, expiry=what.expiry, by=what.by
                        ),
                    ]
                case TakeOver():
                    if not self._sessions.may_treat(what.by):
                        return Denial.NOT_QUALIFIED
                    return [facts.TakenOver(before=session.operator, operator=what.by)]
                case Resume():
                    if not 0 < what.needle_um <= MAX_FIGURE:
                        return Denial.MALFORMED
                    body = self._sessions.resume_body(what)
                    return body if isinstance(body, Denial) else [body]
                case _:
                    assert_never(what)
        except ValidationError:
            return Denial.MALFORMED

    def _load(self, session: SessionRecord, what: LoadSyringe) -> list[log.Body] | Denial:
        old = session.fills.gun
        syringe_nl = old.syringe_nl if what.syringe_nl is None else what.syringe_nl
        if not 0 < syringe_nl <= MAX_FIGURE:
            return Denial.MALFORMED
        mixture: tuple[MixtureItem, ...]
        items = old.mixture.items if what.mixture is None else what.mixture
        mixture = mixture_body(items)
        if not mixture or sum(item.volume_nl for item in mixture) > syringe_nl:
            return Denial.MALFORMED
        bodies: list[log.Body] = []
        if what.place == "gun" and not old.discarded:
            bodies += discard_bodies(old, reason="changed", left_nl=what.left_nl, by=what.by)
        bodies.append(
            facts.SyringeLoaded(
                fill=session.fills.next_number,
                place=what.place,
                mixture=mixture,
                flagged=self._flagged(session, items),
                syringe_nl=syringe_nl,
                mixed_by=what.mixed_by,
                mixed_where=what.mixed_where,
                by=what.by,
            )
        )
        return bodies

    def _flagged(self, session: SessionRecord, items: tuple[Item, ...]) -> tuple[str, ...]:
        library = self._sessions.library
        found = () if library is None else flags(Mixture(items), session.patient, library)
        return tuple(flag.product for flag in found)


def _discard(session: SessionRecord, what: DiscardSyringe) -> list[log.Body] | Denial:
    fill = session.fills.of.get(what.fill)
    if fill is None or fill.discarded:
        return Denial.NO_SUCH_FILL
    return discard_bodies(fill, reason=what.reason, left_nl=what.left_nl, by=what.by)
