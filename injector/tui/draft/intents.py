"""What a whole draft is to the engine: a session to open, and the facts that follow."""

from collections.abc import Callable
from typing import Literal

from injector.control.inputs import OpenSession
from injector.control.wants import AnswerGiven, Particulars, Record, Subject
from injector.limits.library import Library
from injector.limits.realm import Realm
from injector.limits.tables.questions import Kind
from injector.shotlog import facts
from injector.shotlog.entries import new_session_id
from injector.treatment.plan import Plan
from injector.tui.draft.reading import Reading
from injector.tui.draft.sheet import SessionDraft


def opening(
    draft: SessionDraft,
    reading: Reading,
    plan: Plan,
    library: Library,
    by: str,
    random_bytes: Callable[[int], bytes],
) -> OpenSession:
    """The intent that opens the session; ``plan`` is what ``reading`` came to."""
    clinical = draft.realm is Realm.CLINICAL
    realm: Literal["training", "clinical"] = "clinical" if clinical else "training"
    subject = None
    if clinical:
        subject = _subject(draft, reading, library, random_bytes(8).hex())
    return OpenSession(
        session=new_session_id(realm, random_bytes(8)),
        realm=realm,
        plan=plan,
        library=library,
        by=by,
        subject=subject,
        particulars=Particulars(
            purpose=draft.get("purpose") or None,
            prescription=draft.get("prescription") or None,
            consent=draft.get("consent") or None,
            mixed_by=draft.get("mixed_by") or None,
            mixed_where=draft.get("mixed_where") or None,
            needle_lot=draft.get("needle_lot") or None,
            needle_expiry=draft.get("needle_expiry") or None,
        ),
    )


def records(draft: SessionDraft, library: Library, by: str) -> list[Record]:
    """What is recorded once the session is open: checklists that were gone through, and pain."""
    found = []
    for code, checklist in library.figures.checklist.items():
        said = {item: draft.said(f"check.{code}.{item}") for item in checklist.items}
        if any(each is not None for each in said.values()):
            items = tuple(
                facts.ChecklistItem(item=item, done=done is True) for item, done in said.items()
            )
            found.append(Record(facts.ChecklistAnswered(checklist=code, items=items, by=by)))
    pain = draft.get("pain")
    if pain:
        found.append(Record(facts.Pain(when="before", score=int(pain), by=by)))
    return found


def _subject(draft: SessionDraft, reading: Reading, library: Library, new_id: str) -> Subject:
    answers = []
    for code, asked in library.figures.contraindication.items():
        present = draft.said(f"condition.{code}")
        if present is None:
            continue
        reasoned = present and asked.kind is Kind.RELATIVE
        reason = draft.get(f"reason.{code}").strip() if reasoned else ""
        answers.append(AnswerGiven(code, present, reason or None))
    pseudonym = draft.get("pseudonym")
    return Subject(
        pseudonym=pseudonym,
        new_id=new_id,
        weight_g=None if reading.patient is None else reading.patient.weight_g,
        athlete=draft.said("athlete") is True,
        answers=tuple(answers),
        allergies=tuple(draft.get("allergies").split()),
        treatments=draft.get("treatments") or None,
        confirmed=draft.get("stands_by") == pseudonym,
    )
