"""How much to grant next, and what the log says of it.

A grant is as large as bookkeeping needs to stay out of the practitioner's way and
no larger: some seconds of shots ahead, topped up before three seconds remain.
What bounds it is the smallest of what the step still wants, what every limit
leaves (:func:`injector.limits.room.room`), and what the device's journal can
still hold. All of it stands on committed figures only.
"""

from dataclasses import dataclass, replace
from typing import Final

from injector.control.fills import last_day
from injector.control.ledger import Ledger
from injector.control.record import SessionRecord
from injector.limits import verdict as verdicts
from injector.limits.context import Context, DeviceEnvelope
from injector.limits.course import Course
from injector.limits.exposure import charge_nl
from injector.limits.library import Library
from injector.limits.realm import Realm
from injector.limits.room import room
from injector.limits.setpoint import Setpoint
from injector.limits.verdict import Allow, Passed, Refuse, Soft, Verdict, judge
from injector.protocol import messages as wire
from injector.protocol.codes import JOURNAL_RESERVE, Mode
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.fields import TO_BE_SEALED
from injector.treatment.plan import Plan

AHEAD_S: Final = 6
"""Seconds of shots that a grant covers when it is given."""
TOP_UP_S: Final = 3
"""A grant is topped up before fewer seconds of shots than this remain."""
WAIT_S: Final = 2
"""While more seconds of shots than this remain, a top-up waits for entries on their way."""
LEAST_AHEAD: Final = 4
"""Shots ahead at the least, however slow the cadence: a bound, not a wish, since a
slow cadence would otherwise grant one shot at a time and stop for each."""

_MODES: Final = {
    "single": Mode.SINGLE,
    "repeat": Mode.REPEAT,
    "burst": Mode.BURST,
    "perfusion": Mode.PERFUSION,
}


@dataclass(frozen=True, slots=True)
class Overridden:
    """A practitioner's word that soft limits may be passed in a step, in this session."""

    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Arming:
    """One step on its way to shots: what was judged and will be granted."""

    step: int
    """Which step of the plan, from 0."""
    setpoint: Setpoint
    context: Context
    verdict: Verdict
    by: str
    override: Overridden | None
    """A practitioner's word that soft limits may be passed."""


def to_wire(setpoint: Setpoint, *, needle_um: int, syringe_nl: int) -> wire.Setpoint:
    """The setpoint as the device is told it, with the needle and syringe fitted."""
    said = setpoint.as_log()
    return wire.Setpoint(
        volume_nl=said["volume_nl"],
        depth_um=said["depth_um"],
        flow_nl_s=said["flow_nl_s"],
        needle_um_s=said["needle_um_s"],
        cadence_per_min=said["cadence_per_min"],
        mode=_MODES[said["mode"]],
        burst=said["burst"],
        needle_um=needle_um,
        syringe_nl=syringe_nl,
    )


def session_context(
    ledger: Ledger,
    session: SessionRecord,
    library: Library,
    device: DeviceEnvelope,
    *,
    technique: str,
    zone: str,
    planned_shots: int = 0,
    overridden: bool = False,
) -> Context:
    """The context of ``planned_shots`` more shots in the open session as it stands."""
    body, fill = session.body, session.fills.gun
    left_nl = max(0, fill.left_least_nl - ledger.remainder.volume_nl)
    return Context(
        library=library,
        device=device,
        technique=technique,
        zone=zone,
        needle_um=session.needle_um,
        syringe_nl=fill.syringe_nl,
        syringe_left_nl=0 if fill.discarded else min(left_nl, fill.syringe_nl),
        planned_shots=planned_shots,
        exposure=ledger.exposure(),
        overridden=overridden,
        needle_lot=session.needle_lot,
        needle_expiry=None if session.needle_expiry is None else last_day(session.needle_expiry),
        realm=Realm(body.realm),
        mixture=fill.mixture,
        doses=ledger.doses(),
        untold=ledger.untold(),
        patient=session.patient,
        before=session.before,
        today=ledger.today,
        purpose=body.purpose,
        indication=body.indication,
        course=course_of(ledger, session, library),
        elapsed_min=ledger.elapsed_min,
    )


def course_of(ledger: Ledger, session: SessionRecord, library: Library) -> Course | None:
    """Where the patient stands in the schedule of the session's indication, if there is one."""
    indication = library.figures.indication.get(session.body.indication)
    patient = session.body.patient
    if patient is None or indication is None or indication.schedule is None:
        return None
    days = ledger.past.days(patient, session.body.indication, besides=session.id)
    return Course(indication.schedule, len(days), max(days, default=None), min(days, default=None))


def arming(
    plan: Plan,
    step: int,
    library: Library,
    device: DeviceEnvelope,
    *,
    ledger: Ledger,
    session: SessionRecord,
    by: str,
    override: Overridden | None = None,
) -> Arming:
    """Judge all that ``step`` (from 0) still wants, on top of everything that counts as given.

    ``override`` is what a practitioner let pass in this session, beside the plan's own.
    """
    planned = plan.steps[step]
    if override is None and planned.override is not None:
        override = Overridden(planned.override, by)
    context = session_context(
        ledger,
        session,
        library,
        device,
        technique=planned.technique,
        zone=planned.zone,
        overridden=override is not None,
    )
    asked = Arming(step, planned.setpoint, context, Allow(), by, override)
    return still(asked, ledger, planned.shots)


def still(armed: Arming, ledger: Ledger, planned: int) -> Arming:
    """The same step with the figures of this moment, judged on what it still wants.

    ``planned`` is the number of shots that the step has in the plan.
    """
    context = context_now(armed, ledger, planned)
    return replace(armed, context=context, verdict=judge(armed.setpoint, context))


def context_now(armed: Arming, ledger: Ledger, planned: int) -> Context:
    """The step's context with the figures of this moment, and what it still wants of the
    ``planned`` shots that it has in the plan."""
    session, before = ledger.session, armed.context
    if session is None:
        return before
    done = ledger.step_shots(armed.step) + ledger.remainder.shots
    return session_context(
        ledger,
        session,
        before.library,
        before.device,
        technique=before.technique,
        zone=before.zone,
        planned_shots=max(0, planned - done),
        overridden=before.overridden,
    )


def on_shots(armed: Arming, now: Context, shots: int) -> Arming:
    """The same step judged in the context of ``now`` on ``shots`` shots only: what one grant
    newly permits."""
    context = replace(now, planned_shots=shots)
    return replace(armed, context=context, verdict=judge(armed.setpoint, context))


def permitted(arming: Arming) -> bool:
    """Whether it may be granted: allowed, or only soft limits passed and overridden."""
    match arming.verdict:
        case Refuse():
            return False
        case Soft():
            return arming.override is not None
        case Allow():
            return True


def next_shots(setpoint: Setpoint, now: Context, *, left: int, journal_room: int) -> int:
    """How many shots to grant on top of the ``left`` ones."""
    free = room(setpoint, now)
    cadence = setpoint.cadence_per_min
    ahead = max(LEAST_AHEAD, -(-cadence * AHEAD_S // 60))
    holds = max(0, journal_room - JOURNAL_RESERVE - left)
    return max(0, min(ahead - left, free.shots, holds))


def runs_low(arming: Arming, left: int) -> bool:
    """Whether fewer than three seconds of shots remain."""
    return left < max(LEAST_AHEAD // 2, -(-arming.setpoint.cadence_per_min * TOP_UP_S // 60))


def runs_out(arming: Arming, left: int) -> bool:
    """Whether so few shots remain that a top-up waits for nothing more."""
    return left < max(LEAST_AHEAD // 2, -(-arming.setpoint.cadence_per_min * WAIT_S // 60))


def grant_body(
    arming: Arming,
    *,
    serial: str,
    link: int,
    grant: int,
    digest: bytes,
    fill: int,
    shots: int,
    base_shots: int,
    base_nl: int,
) -> tuple[log.Grant, dict[str, str]]:
    """The entry for ``shots`` more shots, and the private texts in it.

    ``base_shots`` and ``base_nl`` are the absolute limits that it adds to: the
    device's final counters for a first grant, the limits of the grant before it
    for a top-up.
    """
    volume_nl = shots * charge_nl(arming.setpoint.volume_nl, arming.context.device.tolerance_ppm)
    verdict, texts = verdict_body(arming)
    body = log.Grant(
        serial=serial,
        link=link,
        grant=grant,
        step=arming.step,
        fill=fill,
        setpoint=setpoint_body(arming.setpoint),
        setpoint_digest=digest.hex(),
        technique=arming.context.technique,
        zone=arming.context.zone,
        verdict=verdict,
        library_digest=arming.context.library.digest,
        armed_by=arming.by,
        shots_limit=base_shots + shots,
        volume_limit_nl=base_nl + volume_nl,
        shots=shots,
        volume_nl=volume_nl,
    )
    return body, texts


def refused_body(arming: Arming) -> log.Refused:
    """The entry for a step that the limits refused."""
    verdict, _ = verdict_body(replace(arming, override=None))
    return log.Refused(
        what=setpoint_body(arming.setpoint),
        technique=arming.context.technique,
        zone=arming.context.zone,
        verdict=verdict,
    )


def setpoint_body(setpoint: Setpoint) -> facts.Setpoint:
    """The setpoint as it stands in the log."""
    return facts.Setpoint.model_validate(setpoint.as_log())


def setpoint_of(body: facts.Setpoint) -> Setpoint:
    """The setpoint that an entry holds; ValueError for what can be none."""
    return Setpoint.from_log(
        {
            "volume_nl": body.volume_nl,
            "depth_um": body.depth_um,
            "flow_nl_s": body.flow_nl_s,
            "needle_um_s": body.needle_um_s,
            "cadence_per_min": body.cadence_per_min,
            "mode": body.mode,
            "burst": body.burst,
        }
    )


def verdict_body(arming: Arming) -> tuple[log.Verdict, dict[str, str]]:
    """The verdict as it stands in the log, and the private texts in it by place."""
    said = verdicts.as_log(arming.verdict)
    override: log.Override | None = None
    texts: dict[str, str] = {}
    if said["outcome"] == "soft" and arming.override is not None:
        override = log.Override(reason=TO_BE_SEALED, by=arming.override.by)
        texts["/verdict/override/reason"] = arming.override.reason
    verdict = log.Verdict.model_validate(
        {
            "rules": said["rules"],
            "outcome": said["outcome"],
            "passed": tuple(_passed_body(each) for each in arming.verdict.passed),
            "override": override,
        }
    )
    return verdict, texts


def _passed_body(passed: Passed) -> log.PassedLimit:
    return log.PassedLimit(
        figure=passed.figure.value,
        rule=passed.rule.value,
        value=passed.value,
        bound=passed.bound,
        level=passed.level.value,
        set_by=passed.set_by.value,
        limit=passed.limit,
        source=passed.source or passed.limit,
        strength=passed.strength.value,
    )
