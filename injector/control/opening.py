"""The entries that open a session, go on with it and close it."""

from collections.abc import Iterable
from typing import TypeAlias

from injector.control.fills import Fill
from injector.control.granting import setpoint_body
from injector.control.inputs import OpenSession
from injector.control.ledger import Ledger
from injector.control.record import SessionRecord
from injector.control.wants import AnswerGiven, Subject
from injector.limits.flags import flags
from injector.limits.mixture import MixtureItem as Item
from injector.limits.patient import Patient
from injector.protocol import messages as wire
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.facts import MixtureItem
from injector.shotlog.fields import TO_BE_SEALED, Private
from injector.treatment.plan import Plan, PlanPatient, Step
from injector.units import (
    format_cadence_per_min,
    format_depth_um,
    format_flow_nl_s,
    format_needle_um_s,
    format_volume_nl,
)

Texts: TypeAlias = dict[str, str]


def session_body(
    what: OpenSession,
    *,
    patient: str | None,
    welcome: wire.Welcome,
    newest: int,
    counters: tuple[int, int],
) -> tuple[log.SessionOpened, Texts]:
    """The entry that opens a session, and the private texts in it.

    ``patient`` is the patient's random id, ``newest`` the device's newest journal index
    that is committed, ``counters`` its lifetime shots and volume, both final.
    """
    plan, known, subject = what.plan, what.particulars, what.subject
    asked = plan.patient
    if subject is None:
        weight_g, athlete = (None, False) if asked is None else (asked.weight_g, asked.athlete)
        allergies = () if asked is None else asked.allergies
    else:
        weight_g, athlete, allergies = subject.weight_g, subject.athlete, subject.allergies
    texts: Texts = {"/title": plan.title}
    opened = log.SessionOpened(
        realm=what.realm,
        operator=what.by,
        patient=patient,
        pseudonym=_sealed(texts, "/pseudonym", None if subject is None else subject.pseudonym),
        title=TO_BE_SEALED,
        purpose=known.purpose or plan.purpose,
        indication=plan.indication,
        weight_g=weight_g,
        athlete=athlete,
        answers=answers_body(_planned(asked) if subject is None else subject.answers, texts),
        allergies=allergies,
        treatments=_sealed(texts, "/treatments", None if subject is None else subject.treatments),
        prescription=_sealed(texts, "/prescription", known.prescription),
        consent=_sealed(texts, "/consent", known.consent),
        plan=plan_body(plan),
        library_digest=what.library.digest,
        serial=welcome.serial,
        journal_id=welcome.journal,
        newest=newest,
        shots=counters[0],
        volume_nl=counters[1],
        mixture=mixture_body(plan.contents.items),
        flagged=tuple(
            flag.product for flag in flags(plan.contents, Patient(athlete=athlete), what.library)
        ),
        syringe_nl=plan.syringe_nl,
        mixed_by=known.mixed_by,
        mixed_where=known.mixed_where,
        needle_um=plan.needle_um,
        needle_lot=known.needle_lot,
        needle_expiry=known.needle_expiry,
    )
    return opened, texts


def close_drafts(
    reason: str,
    by: str | None,
    *,
    ledger: Ledger,
    welcome: wire.Welcome,
    newest: int,
    counters: tuple[int, int],
    signature: facts.Signature | None,
    left_nl: int | None,
) -> tuple[log.Draft, ...]:
    """What closes the open session, committed together: no syringe or needle outlives it."""
    session = ledger.session
    if session is None:
        raise ValueError("there is no session to close")
    total = session.given.total()
    drafts: list[log.Body] = [needle_body(session, reason="closed", by=by)]
    for fill in session.fills.open():
        seen_nl = left_nl if fill.number == session.fills.in_gun else None
        drafts += discard_bodies(fill, reason="closed", left_nl=seen_nl, by=by)
    drafts.append(
        log.SessionClosed(
            reason=reason,
            by=by,
            serial=welcome.serial,
            journal_id=welcome.journal,
            newest=newest,
            shots=counters[0],
            volume_nl=counters[1],
            given_shots=total.shots,
            given_nl=total.volume_nl,
            zones=tuple(
                facts.ZoneTotal(zone=zone or None, shots=each.shots, volume_nl=each.volume_nl)
                for zone, each in sorted(session.given.by_zone.items())
            ),
            doses=tuple(
                facts.ProductDose(product=product, dose_ng=dose_ng)
                for product, dose_ng in sorted(session.fills.doses().items())
            ),
            library_digest=session.body.library_digest,
            signature=signature,
        )
    )
    return tuple(log.Draft(session.id, body) for body in drafts)


def needle_body(session: SessionRecord, *, reason: str, by: str | None) -> facts.NeedleDiscarded:
    """The needle on the gun is used no more."""
    return facts.NeedleDiscarded(
        reason=reason,
        needle_um=session.needle_um,
        lot=session.needle_lot,
        expiry=session.needle_expiry,
        shots=session.needle_shots,
        by=by,
    )


def discard_bodies(
    fill: Fill, *, reason: str, left_nl: int | None, by: str | None
) -> list[log.Body]:
    """A filling is used no more; and where what is left does not add up, that it differs."""
    least_nl, most_nl = fill.left_least_nl, fill.left_most_nl
    bodies: list[log.Body] = [
        facts.SyringeDiscarded(
            fill=fill.number,
            reason=reason,
            left_nl=left_nl,
            least_nl=least_nl,
            most_nl=most_nl,
            by=by,
        )
    ]
    missing_nl = 0 if left_nl is None else fill.differs_nl(left_nl)
    if missing_nl and left_nl is not None:
        bodies.append(
            facts.SyringeDiffers(
                fill=fill.number,
                left_nl=left_nl,
                least_nl=least_nl,
                most_nl=most_nl,
                missing_nl=missing_nl,
            )
        )
    return bodies


def answers_body(answers: Iterable[AnswerGiven], texts: Texts) -> tuple[facts.PatientAnswer, ...]:
    """The patient's answers as the log has them; their reasons go to ``texts``."""
    return tuple(
        facts.PatientAnswer(
            condition=each.condition,
            present=each.present,
            reason=_sealed(texts, f"/answers/{at}/reason", each.reason),
        )
        for at, each in enumerate(answers)
    )


def mixture_body(items: Iterable[Item]) -> tuple[MixtureItem, ...]:
    """A mixture as the log has it."""
    return tuple(
        MixtureItem(
            product=item.product,
            product_class=item.product_class,
            concentration_ug_ml=item.concentration_ug_ml,
            lot=item.lot,
            expiry=None if item.expiry is None else item.expiry.isoformat(),
            volume_nl=item.volume_nl,
            multi_dose=item.multi_dose,
        )
        for item in items
    )


def plan_body(plan: Plan) -> dict[str, object]:
    """The plan as the session's opening holds it: codes and amounts, no free text."""
    return {
        "indication": plan.indication,
        "steps": [
            {
                "technique": step.technique,
                "zone": step.zone,
                "setpoint": dict(step.setpoint.as_log()),
                "shots": step.shots,
                "override": step.override is not None,
            }
            for step in plan.steps
        ],
    }


def step_body(step: Step, by: str) -> facts.StepAdded:
    """A step that is added to the plan, as the log has it."""
    return facts.StepAdded(
        technique=step.technique,
        zone=step.zone,
        setpoint=setpoint_body(step.setpoint),
        shots=step.shots,
        by=by,
    )


def step_of(body: facts.StepAdded) -> Step:
    """The step that an entry holds. ``ValidationError`` where no plan can have such a one."""
    held = body.setpoint
    return Step.model_validate(
        {
            "technique": body.technique,
            "zone": body.zone,
            "mode": held.mode,
            "burst": held.burst or None,
            "volume": format_volume_nl(held.volume_nl),
            "depth": format_depth_um(held.depth_um),
            "flow": format_flow_nl_s(held.flow_nl_s),
            "needle_speed": format_needle_um_s(held.needle_um_s),
            "cadence": format_cadence_per_min(held.cadence_per_min),
            "shots": body.shots,
        }
    )


def patient_id(subject: Subject | None, ledger: Ledger) -> str | None:
    """The id of the patient: the one that the log knows the pseudonym by, or the new one."""
    if subject is None:
        return None
    return ledger.past.patient(subject.pseudonym) or subject.new_id


def elsewhere_bodies(plan: Plan, by: str) -> list[facts.GivenElsewhere]:
    """What the plan says that the patient was given elsewhere; taken to be of just now."""
    return [
        facts.GivenElsewhere(
            minutes_ago=0,
            product=each.product,
            dose_ng=each.dose_ng,
            zone=None,
            shots=0,
            volume_nl=0,
            device_class=None,
            by=by,
        )
        for each in (() if plan.patient is None else plan.patient.elsewhere)
    ]


def _planned(asked: PlanPatient | None) -> tuple[AnswerGiven, ...]:
    """The answers that stand in a plan, which say whether, and perhaps why all the same."""
    conditions = {} if asked is None else asked.conditions
    return tuple(
        AnswerGiven(code, said is not False, said if isinstance(said, str) else None)
        for code, said in conditions.items()
    )


def _sealed(texts: Texts, place: str, text: str | None) -> Private | None:
    if text is None:
        return None
    texts[place] = text
    return TO_BE_SEALED
