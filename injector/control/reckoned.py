"""What a session came to, figure by figure, against the limits of the library it was given under.

For reviewing: the session's own entries say what was given, its library says what the
limits were, and both are in the log. The gun's own limits are in neither; what a shot may be
more than it was set to, the most that was granted tells.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, takewhile
from typing import Final

from injector.control import granting
from injector.control.envelopes import unbounded
from injector.control.history import libraries_of
from injector.control.ledger import Ledger
from injector.control.pictures import OF_A_SHOT
from injector.control.recall import PAST
from injector.control.totals import TOTALS
from injector.control.untold import MIXED, Untold
from injector.limits.context import Context
from injector.limits.envelope import envelope
from injector.limits.exposure import Exposure, SessionExposure
from injector.limits.library import Library
from injector.limits.reckoned import Reckoned
from injector.limits.side import Figure, Level, Rule, SetBy, Side
from injector.shotlog import entries as log
from injector.shotlog.reader import LogReader

_OF_A_GROUP: Final = frozenset(
    {
        Figure.GROUP_SHOTS,
        Figure.GROUP_VOLUME,
        Figure.DAY_GROUP_SHOTS,
        Figure.DAY_GROUP_VOLUME,
    }
)
_SHOTS: Final = frozenset({"shot", "uncertain", "session_closed", "anchor"})
"""What is not read again of a session that closed with its totals."""
_SESSIONS: Final = 200
"""No more are opened in a day."""


def reckoned(reader: LogReader, session: str) -> tuple[Reckoned, ...] | None:
    """The figures of a session; None where its library is not in the log or nothing was granted.

    A closed session's totals are those it closed with, so that a long one costs no more than
    a short one; an open one's are added up. A product whose dose nobody can tell has no figure
    for it: what is known of it would be less than it was.
    """
    opened = reader.last("session_opened", session=session)
    closed = reader.last("session_closed", session=session)
    if opened is None:
        return None
    ledger = Ledger()
    ledger.apply_all(_before(reader, opened.seq))
    kinds = None if closed is None else log.KINDS.keys() - _SHOTS
    ledger.apply_all(reader.entries(session=session, kinds=kinds))
    if ledger.session is None:
        return None
    library = libraries_of(reader)(ledger.session.body.library_digest)
    if library is None:
        return None
    untold = _untold(reader, session)
    found: dict[tuple[Figure, str], Reckoned] = {}
    for grant in reader.granted(session):
        if isinstance(grant.body, log.Grant):
            of = None if closed is None else closed.body
            context = _context(ledger, library, grant.body, of, untold)
            for each in _figures(grant.body, context):
                known = found.get((each.figure, each.subject))
                if known is None or known.value < each.value:
                    found[each.figure, each.subject] = each
    return tuple(found.values()) or None


def _untold(reader: LogReader, session: str) -> frozenset[str]:
    mixed = Untold()
    for entry in reader.entries(session=session, kinds=MIXED):
        mixed.apply(entry.body)
    return mixed.products()


def _before(reader: LogReader, seq: int) -> Iterator[log.Entry]:
    """What the sessions before this entry tell of the day before it."""
    earlier = list(islice((each for each in reader.session_seqs() if each < seq), _SESSIONS))
    # A log of fewer sessions is read from its first entry: what was brought forward stands there.
    start = (
        reader.last("engine_started", before=min(earlier)) if len(earlier) == _SESSIONS else None
    )
    after = -1 if start is None else start.seq - 1
    return takewhile(lambda entry: entry.seq < seq, reader.entries(kinds=PAST, after=after))


def _context(
    ledger: Ledger,
    library: Library,
    grant: log.Grant,
    closed: log.Body | log.Unknown | None,
    untold: frozenset[str],
) -> Context:
    if ledger.session is None:
        raise ValueError("no session")
    context = granting.session_context(
        ledger,
        ledger.session,
        library,
        unbounded(grant),
        technique=grant.technique,
        zone=grant.zone,
    )
    if not isinstance(closed, log.SessionClosed):
        return context
    zones = {each.zone or "": Exposure(each.shots, each.volume_nl) for each in closed.zones}
    doses = {each.product: each.dose_ng for each in closed.doses}
    return replace(context, exposure=SessionExposure(zones), doses=doses, untold=untold)


def _figures(grant: log.Grant, context: Context) -> Iterator[Reckoned]:
    setpoint = granting.setpoint_of(grant.setpoint)
    found: dict[tuple[Figure, str], Reckoned] = {}
    for side, use in envelope(setpoint, context):
        if side.rule is not Rule.MOST or side.set_by is SetBy.DEVICE:
            continue
        if side.figure in OF_A_SHOT:
            subject = f"{grant.technique}, {grant.zone}"
        elif side.figure in TOTALS:
            subject = _group(grant, context) if side.figure in _OF_A_GROUP else side.subject
        else:
            continue
        if side.figure is Figure.DOSE and subject in context.untold | context.before.untold:
            continue
        key = side.figure, subject
        known = found.get(key) or Reckoned(side.figure, subject, use.of(0), None, None)
        found[key] = _with(known, side)
    yield from found.values()


def _with(known: Reckoned, side: Side) -> Reckoned:
    if side.level is Level.HARD:
        tighter = known.hard is None or side.bound < known.hard.bound
        return replace(known, hard=side) if tighter else known
    tighter = known.soft is None or side.bound < known.soft.bound
    return replace(known, soft=side) if tighter else known


def _group(grant: log.Grant, context: Context) -> str:
    zone = context.library.figures.zone.get(grant.zone)
    return "" if zone is None else zone.group
