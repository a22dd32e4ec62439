"""How the parts of a snapshot are drawn from the ledger."""

from typing import Final

from injector.control import granting
from injector.control.fills import Fills
from injector.control.granting import Arming
from injector.control.ledger import GrantRecord, Ledger
from injector.control.snapshot import (
    FillView,
    GapView,
    LimitView,
    ProductView,
    SessionView,
    ShotView,
    StepView,
)
from injector.limits.envelope import envelope
from injector.limits.flags import flags
from injector.limits.library import Library
from injector.limits.side import Figure, Rule
from injector.shotlog import entries as log
from injector.treatment.plan import Plan

OF_A_SHOT: Final = frozenset(
    {
        Figure.VOLUME,
        Figure.CHARGE,
        Figure.DEPTH,
        Figure.FLOW,
        Figure.NEEDLE_SPEED,
        Figure.CADENCE,
    }
)
"""What a limit on one shot is of."""
_SHOWN: Final = OF_A_SHOT | frozenset(
    {
        Figure.SESSION_SHOTS,
        Figure.SESSION_VOLUME,
        Figure.GROUP_SHOTS,
        Figure.GROUP_VOLUME,
    }
)
"""Figures that have an amount and a most; the others are yes or no."""


def shot_view(seq: int, body: log.Shot | log.Uncertain, grant: GrantRecord | None) -> ShotView:
    """A shot for the console; ``grant`` is the one that it was fired under."""
    step = None if grant is None else grant.body.step
    set_nl = None if grant is None else grant.body.setpoint.volume_nl
    match body:
        case log.Shot():
            return ShotView(
                seq=seq,
                index=body.index,
                kind="shot",
                outcome=body.outcome,
                cause=body.cause,
                step=step,
                set_nl=set_nl,
                volume_nl=body.volume_nl,
                depth_um=body.depth_um,
                flow_nl_s=body.flow_nl_s,
                pressure_pa=body.pressure_pa,
            )
        case log.Uncertain():
            return ShotView(
                seq=seq,
                index=body.index,
                kind="uncertain",
                outcome="uncertain",
                cause=None,
                step=step,
                set_nl=set_nl,
                volume_nl=body.debit_nl,
                depth_um=0,
                flow_nl_s=0,
                pressure_pa=0,
            )


def session_view(
    ledger: Ledger,
    plan: Plan | None,
    library: Library | None,
    title: str,
    armed: Arming | None,
) -> SessionView | None:
    """The open session; ``armed`` is the step armed now or last, if any."""
    session = ledger.session
    if session is None:
        return None
    body = session.body
    given = session.given.total()
    return SessionView(
        id=session.id,
        realm=body.realm,
        operator=session.operator,
        title=title,
        recovered=plan is None,
        steps=() if plan is None else tuple(_steps(ledger, plan)),
        step=None if armed is None else armed.step,
        given_shots=given.shots,
        given_nl=given.volume_nl,
        remainder_shots=ledger.remainder.shots,
        syringe_nl=session.fills.gun.syringe_nl,
        syringe_left_nl=ledger.syringe_left_nl(),
        confirm=session.confirm or plan is None,
        fill=session.fills.in_gun,
        needle_um=session.needle_um,
        needle_lot=session.needle_lot,
        needle_expiry=session.needle_expiry,
        patient=body.patient,
        fills=tuple(
            FillView(
                number=fill.number,
                place=fill.place,
                syringe_nl=fill.syringe_nl,
                left_least_nl=fill.left_least_nl,
                left_most_nl=fill.left_most_nl,
            )
            for fill in session.fills.open()
        ),
        products=product_views(
            session.fills,
            0 if armed is None else armed.setpoint.volume_nl,
            planned_nl=0 if plan is None else sum(s.shots * s.volume_nl for s in plan.steps),
        ),
        flags=() if library is None else flags(session.fills.gun.mixture, session.patient, library),
        limits=() if armed is None or plan is None else tuple(_limits(ledger, plan, armed)),
    )


def gap_view(seq: int, body: log.Gap) -> GapView:
    """A gap for the console."""
    return GapView(
        seq=seq,
        first=body.first,
        last=body.last,
        shots_max=body.shots_max,
        volume_max_nl=body.volume_max_nl,
        reason=body.reason,
    )


def product_views(fills: Fills, shot_nl: int, *, planned_nl: int = 0) -> tuple[ProductView, ...]:
    """Each product of these fillings.

    ``shot_nl`` is what one shot gives of the mixture, ``planned_nl`` what all of them do.
    """
    of, gun = [fill for _, fill in sorted(fills.of.items())], fills.gun.mixture
    products = dict.fromkeys([*gun.products, *(each for f in of for each in f.mixture.products)])
    return tuple(
        ProductView(
            product=product,
            shot_ng=gun.dose_ng(product, shot_nl),
            shot_nl=gun.share_nl(product, shot_nl),
            given_ng=_sum([fill.mixture.dose_ng(product, fill.given_nl) for fill in of]),
            given_nl=sum(fill.mixture.share_nl(product, fill.given_nl) for fill in of),
            planned_nl=gun.share_nl(product, planned_nl),
        )
        for product in products
    )


def _sum(doses: list[int | None]) -> int | None:
    known = [dose for dose in doses if dose is not None]
    return sum(known) if len(known) == len(doses) else None


def _steps(ledger: Ledger, plan: Plan) -> list[StepView]:
    return [
        StepView(
            technique=step.technique,
            zone=step.zone,
            setpoint=granting.setpoint_body(step.setpoint),
            planned=step.shots,
            done=ledger.step_shots(number),
        )
        for number, step in enumerate(plan.steps)
    ]


def _limits(ledger: Ledger, plan: Plan, armed: Arming) -> list[LimitView]:
    now = granting.context_now(armed, ledger, plan.steps[armed.step].shots)
    return [
        LimitView(
            figure=str(side.figure),
            level=side.level.value,
            bound=side.bound,
            value=use.of(0),
            set_by=str(side.set_by),
            source=side.source,
        )
        for side, use in envelope(armed.setpoint, now)
        if side.rule is Rule.MOST and side.figure in _SHOWN
    ]
