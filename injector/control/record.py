"""The record of the open session: who, for whom, with what, and what came of it.

Folded from the session's own entries. What the gun gave and may still give is the
`Ledger`'s to say; here is what people recorded, and what both write into.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from injector.control.fills import Fills
from injector.control.past import Past, elsewhere, plus
from injector.limits.exposure import Exposure, SessionExposure
from injector.limits.given import Given
from injector.limits.patient import LEAST_WEIGHT_G, MOST_WEIGHT_G, Answer, Patient
from injector.shotlog import entries as log
from injector.shotlog import facts


@dataclass(slots=True)
class SessionRecord:
    """The session that is open in the log."""

    id: str
    seq: int
    at: log.Moment
    """When it was opened."""
    body: log.SessionOpened
    fills: Fills
    operator: str
    """Who treats now: who opened it, or the colleague who took it over last."""
    needle_um: int
    """Of the needle on the gun now."""
    needle_lot: str | None = None
    """Of the sterile set of the needle on the gun now."""
    needle_expiry: str | None = None
    """The last day of that set, in ISO 8601."""
    patient: Patient | None = None
    """None: a training manikin."""
    before: Given = field(default_factory=Given)
    """What the patient was given in the day before it, and elsewhere."""
    shots_by_step: dict[int, int] = field(default_factory=dict)
    """Shots begun, by step of the plan: whole, partial and uncertain ones."""
    given: SessionExposure = field(default_factory=SessionExposure)
    """Delivered, by hand, uncertain and gaps, by zone."""
    needle_shots: int = 0
    """Shots since the needle was changed."""
    added: list[facts.StepAdded] = field(default_factory=list)
    """Steps beyond the plan, in the order in which they were added."""
    checked: dict[str, frozenset[str]] = field(default_factory=dict)
    """The points that are answered and done, by checklist; the newest answers count."""
    boot: str = ""
    """The boot of the computer that its monotonic time counts in."""
    confirm: bool = False
    """Nothing happened for so long that patient, syringe and needle are asked for again."""

    @classmethod
    def of(
        cls, entry: log.Entry, session: str, body: log.SessionOpened, past: Past
    ) -> "SessionRecord":
        """The record of a session that opens with this entry."""
        opened = cls(
            id=session,
            seq=entry.seq,
            at=entry.at,
            body=body,
            fills=Fills.opened_with(body),
            operator=body.operator,
            needle_um=body.needle_um,
            needle_lot=body.needle_lot,
            needle_expiry=body.needle_expiry,
            boot=past.boot,
        )
        asked = body.weight_g is not None or body.answers or body.allergies or body.athlete
        if body.patient is not None or asked:
            # A plan may say what a manikin weighs: then that counts.
            opened.patient = patient_of(
                body.weight_g, body.answers, body.allergies, athlete=body.athlete
            )
        if body.patient is not None:
            opened.before = past.before(body.patient, entry.at, session)
        return opened


def patient_of(
    weight_g: int | None,
    answers: Iterable[facts.PatientAnswer],
    allergies: Iterable[str],
    *,
    athlete: bool,
    known: Patient | None = None,
) -> Patient:
    """What the limits must know of a patient, as the log has it; newer answers on top.

    A weight that no body has is none: the limits then refuse what needs one.
    """
    conditions = {} if known is None else dict(known.conditions)
    for each in answers:
        there = Answer.PRESENT if each.reason is None else Answer.REASONED
        conditions[each.condition] = there if each.present else Answer.ABSENT
    weighs = weight_g is not None and LEAST_WEIGHT_G <= weight_g <= MOST_WEIGHT_G
    return Patient(weight_g if weighs else None, conditions, athlete, frozenset(allergies))


def record(session: SessionRecord, body: log.Body | log.Unknown) -> None:
    """Take what a person recorded in the open session."""
    match body:
        case facts.HandShots():
            more = Exposure(body.shots, body.volume_nl)
            session.given = session.given.plus(body.zone, more)
            fill = session.fills.numbered(body.fill)
            fill.give(body.volume_nl, least_nl=body.volume_nl)
        case facts.Spilled():
            fill = session.fills.numbered(body.fill)
            fill.lose(body.volume_nl, least_nl=body.volume_nl)
        case facts.GivenElsewhere():
            session.before = plus(session.before, elsewhere(body))
        case facts.SyringeLoaded():
            session.fills.load(body)
        case facts.SyringeDiscarded():
            session.fills.numbered(body.fill).discarded = True
        case facts.NeedleChanged():
            session.needle_um, session.needle_shots = body.needle_um, 0
            session.needle_lot, session.needle_expiry = body.lot, body.expiry
        case facts.TakenOver():
            session.operator = body.operator
        case facts.PatientAnswered() if session.patient is not None:
            known = session.patient
            session.patient = patient_of(
                known.weight_g if body.weight_g is None else body.weight_g,
                body.answers,
                known.allergies if body.allergies is None else body.allergies,
                athlete=known.athlete,
                known=known,
            )
        case facts.StepAdded():
            session.added.append(body)
        case facts.ChecklistAnswered():
            done = frozenset(each.item for each in body.items if each.done)
            session.checked[body.checklist] = done
        case facts.IdleWarned():
            session.confirm = True
        case facts.SessionResumed():
            session.confirm, session.operator = False, body.operator
            session.needle_um = body.needle_um
            session.needle_lot, session.needle_expiry = body.needle_lot, body.needle_expiry
        case _:
            pass
