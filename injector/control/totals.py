"""What the limits say of what was given, whatever the next shot may be.

A fact is never refused, so it can pass a limit. Whether it does is asked of the same
envelope that every shot is judged by, with no shot planned: what then stands beyond a
side is beyond it by what was given alone.
"""

from dataclasses import replace
from typing import Final

from injector.control.granting import session_context
from injector.control.ledger import Ledger
from injector.control.past import elsewhere, plus
from injector.control.record import SessionRecord
from injector.control.wants import Recordable
from injector.limits.context import Axis, DeviceEnvelope
from injector.limits.exposure import Exposure, SessionExposure
from injector.limits.given import Given
from injector.limits.library import Library
from injector.limits.setpoint import Setpoint, Single
from injector.limits.side import Figure, Level, Rule
from injector.limits.verdict import Passed, judge
from injector.shotlog import facts

TOTALS: Final = frozenset(
    {
        Figure.SESSION_SHOTS,
        Figure.SESSION_VOLUME,
        Figure.GROUP_SHOTS,
        Figure.GROUP_VOLUME,
        Figure.DAY_SHOTS,
        Figure.DAY_VOLUME,
        Figure.DAY_GROUP_SHOTS,
        Figure.DAY_GROUP_VOLUME,
        Figure.DOSE,
        Figure.SHARED_MAXIMUM,
    }
)
"""Figures that what was given alone can pass."""
_ANY: Final = Axis(0, 1)
_NO_DEVICE: Final = DeviceEnvelope(_ANY, _ANY, _ANY, _ANY, _ANY, 0)
_NO_SHOT: Final = Setpoint(
    volume_nl=1, depth_um=0, flow_nl_s=1, needle_um_s=1, cadence_per_min=1, mode=Single()
)


def beyond(
    ledger: Ledger, library: Library, fact: Recordable | None = None, *, granted: bool
) -> tuple[Passed, ...]:
    """The limits that what counts as given passes, with ``fact`` on top; hard ones first.

    With ``granted``, the open grant's remainder counts as given, as it does everywhere.
    """
    session = ledger.session
    if session is None:
        return ()
    more, before = _of_fact(session, fact)
    found: dict[tuple[Figure, str], Passed] = {}
    for zone in [*library.figures.zone, ""]:
        context = session_context(ledger, session, library, _NO_DEVICE, technique="", zone=zone)
        given = Given(context.exposure, context.doses)
        if not granted:
            given = Given(session.given, session.fills.doses())
        total = plus(given, more)
        context = replace(
            context,
            exposure=total.exposure,
            doses=total.doses,
            untold=frozenset(),  # what is known alone may pass a limit: then people are told
            before=replace(plus(context.before, before), untold=frozenset()),
        )
        for passed in judge(_NO_SHOT, context).passed:
            if passed.figure in TOTALS and passed.rule is Rule.MOST:
                found.setdefault((passed.figure, passed.limit), passed)
    return tuple(sorted(found.values(), key=lambda each: each.level is not Level.HARD))


def nobody_can_tell(ledger: Ledger, library: Library, fact: Recordable) -> frozenset[str]:
    """Products whose dose is limited, and could be told until ``fact``; by their codes.

    One that the library does not know counts: what it does not know is refused.
    """
    session = ledger.session
    if session is None or not isinstance(fact, facts.HandShots):
        return frozenset()
    known = library.sides.products
    return frozenset(
        code
        for code in session.fills.numbered(fact.fill).mixture.untold
        if code not in ledger.untold() and (code not in known or known[code].limited)
    )


def counts(fact: Recordable) -> bool:
    """Whether a fact adds to what counts as given."""
    return isinstance(fact, facts.HandShots | facts.GivenElsewhere)


def _of_fact(session: SessionRecord, fact: Recordable | None) -> tuple[Given, Given]:
    """What a fact adds to the session, and to what was given before it."""
    match fact:
        case facts.HandShots():
            exposure = SessionExposure({fact.zone: Exposure(fact.shots, fact.volume_nl)})
            fill = session.fills.numbered(fact.fill)
            doses = {}
            for product in fill.mixture.products:
                dose_ng = fill.mixture.dose_ng(product, fact.volume_nl)
                if dose_ng is not None:
                    doses[product] = dose_ng
            return Given(exposure, doses), Given()
        case facts.GivenElsewhere():
            return Given(), elsewhere(fact)
        case _:
            return Given(), Given()
