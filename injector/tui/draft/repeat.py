"""What the log knows of patients: who they are called, their past, and their last session's plan.

Repeating a session copies what was planned: indication, purpose, steps, the products with
their volumes, syringe and needle. It never copies what is said or read anew each time: the
patient's answers, weight, allergies and treatments, consent and prescription, checklists,
pain, lots and expiries, who mixed where, and a reason to go beyond a soft limit. A product's
concentration stands on its vial, so it is only proposed.

Reads the log, so nothing here is called on an event loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import ValidationError

from injector.control.history import courses
from injector.control.past import Past, day_of, same
from injector.control.recall import PAST, VISITS
from injector.limits.given import Given
from injector.limits.realm import Realm
from injector.shotlog import entries as log
from injector.shotlog.entries import SessionOpened
from injector.shotlog.reader import LogReader
from injector.treatment.plan import Product, Step
from injector.tui.draft.judging import NOBODY, PatientPast
from injector.tui.draft.plans import put_products, put_step
from injector.tui.draft.sheet import SessionDraft
from injector.tui.speech import number
from injector.units import (
    CADENCE,
    CONCENTRATION,
    DEPTH,
    FLOW,
    NEEDLE_SPEED,
    VOLUME,
)

_RECENT: Final = 500
"""Sessions that one installation does not open in a day."""


@dataclass(frozen=True, slots=True)
class KnownPatient:
    """A patient whom the log knows."""

    pseudonym: str
    last: date
    """The day of their last session."""
    indication: str
    """What it was for."""


def known_patients(reader: LogReader) -> list[KnownPatient]:
    """Every patient whose pseudonym is in the log, the one seen last first."""
    found: dict[str, KnownPatient] = {}
    for course in courses(reader):  # the one treated last at the end
        if course.pseudonym is None:
            continue
        last = course.visits[-1]
        known = KnownPatient(course.pseudonym, last.day, course.indication)
        found.pop(course.patient, None)
        found[course.patient] = known
    return list(reversed(found.values()))


def past_of(reader: LogReader, pseudonym: str) -> PatientPast:
    """What the log knows of a patient, as the limits count it.

    The day before is counted back from the newest entry, which is never later than now:
    so nothing that still counts is left out.
    """
    patient = _patient(reader, pseudonym)
    if patient is None:
        return NOBODY
    past = Past()
    first = reader.newest_of(VISITS, _RECENT)
    start = reader.last("engine_started", before=first)
    newest: log.Moment | None = None
    for entry in reader.entries(kinds=PAST, after=first - 1 if start is None else start.seq - 1):
        past.apply(entry)
        newest = entry.at
    days: dict[str, list[date]] = {}
    for row in reader.treated():
        if row["patient"] == patient:
            day = day_of(log.Moment(int(row["utc_us"] or 0), 0))
            days.setdefault(str(row["indication"]), []).append(day)
    return PatientPast(
        known=True,
        before=Given() if newest is None else past.before(patient, newest, None),
        days={indication: tuple(each) for indication, each in days.items()},
    )


def from_last(reader: LogReader, pseudonym: str | None) -> SessionDraft | None:
    """The plan of a patient's last session, or of the last one in training where nobody is named.

    The last in which something was given, else the last that was opened. None where there
    is none, or where its plan cannot be read any more.
    """
    opened = _last_training(reader) if pseudonym is None else _last_of(reader, pseudonym)
    if opened is None:
        return None
    draft = copied(opened)
    if draft is not None and pseudonym is not None:
        draft.put("pseudonym", pseudonym)
    return draft


def copied(opened: SessionOpened) -> SessionDraft | None:
    """A new draft with the plan of a session, and nothing else of it."""
    try:
        steps = [_step(each) for each in _tables(opened.plan.get("steps"))]
        products = [_product(each.model_dump()) for each in opened.mixture]
    except (ValidationError, KeyError, TypeError, ValueError):
        return None
    if not steps or not products:
        return None
    draft = SessionDraft(Realm(opened.realm), products=len(products), steps=len(steps))
    draft.put("indication", opened.indication)
    draft.put("purpose", opened.purpose or "")
    draft.put("syringe", number(VOLUME.format(opened.syringe_nl)))
    draft.put("needle", number(DEPTH.format(opened.needle_um)))
    put_products(draft, products, with_vials=False)
    for at, step in enumerate(steps):
        put_step(draft, at, step)
    return draft


def _last_of(reader: LogReader, pseudonym: str) -> SessionOpened | None:
    visits = [visit for course in courses(reader, pseudonym) for visit in course.visits]
    clinical = [visit for visit in visits if visit.opened.realm == "clinical"]
    chosen = [visit for visit in clinical if visit.treated] or clinical
    return max(chosen, key=lambda visit: visit.day).opened if chosen else None


def _last_training(reader: LogReader) -> SessionOpened | None:
    entry = reader.last("session_opened")
    while entry is not None:
        body = entry.body
        if isinstance(body, SessionOpened) and body.realm == "training":
            return body
        entry = reader.last("session_opened", before=entry.seq)
    return None


def _patient(reader: LogReader, pseudonym: str) -> str | None:
    wanted = same(pseudonym)
    return next((id_ for text, id_ in reader.patients() if same(text) == wanted), None)


def _tables(found: object) -> list[Mapping[str, object]]:
    if not isinstance(found, list):
        raise TypeError("the plan has no steps")
    return [each for each in found if isinstance(each, dict)]


def _step(table: Mapping[str, object]) -> Step:
    """A step as the session's opening holds it (`injector.control.opening.plan_body`)."""
    setpoint = table["setpoint"]
    if not isinstance(setpoint, dict):
        raise TypeError("the step has no setpoint")
    return Step.model_validate(
        {
            "technique": table["technique"],
            "zone": table["zone"],
            "mode": setpoint["mode"],
            "burst": setpoint["burst"] or None,
            "volume": VOLUME.format(setpoint["volume_nl"]),
            "depth": DEPTH.format(setpoint["depth_um"]),
            "flow": FLOW.format(setpoint["flow_nl_s"]),
            "needle_speed": NEEDLE_SPEED.format(setpoint["needle_um_s"]),
            "cadence": CADENCE.format(setpoint["cadence_per_min"]),
            "shots": table["shots"],
        }
    )


def _product(item: Mapping[str, object]) -> Product:
    """A product without its vial's lot and expiry."""
    table = {
        "product": item["product"],
        "product_class": item["product_class"],
        "volume": VOLUME.format(int(str(item["volume_nl"]))),
    }
    strength = item["concentration_ug_ml"]
    if strength:
        table["concentration"] = CONCENTRATION.format(int(str(strength)))
    return Product.model_validate(table)
