"""Patients' courses, as the log tells them: which sessions, what they achieved, what is due.

A course is one patient's sessions for one indication. Patients are random ids; the
pseudonym that leads to one is a private text and may be erased, and then nobody finds the
course by it any more.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from injector.control.past import day_of, same
from injector.control.untold import MIXED, Untold
from injector.limits.library import Library
from injector.limits.tables.schedules import Schedule
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.quoting import quoted
from injector.shotlog.reader import LogReader
from injector.shotlog.vouching import BroughtForward
from injector.treatment.due import Due, next_due

_KINDS: Final = (
    *MIXED,
    "taken_over",
    "pain",
    "result",
    "follow_up",
    "adverse_event",
    "brought_forward",
)
Libraries = Callable[[str], Library | None]
"""The limit library with a digest, where its text is at hand."""


@dataclass(slots=True)
class Visit:
    """One session of a patient."""

    session: str
    day: date
    opened: log.SessionOpened
    closed: log.SessionClosed | None = None
    """None: it is open still."""
    operator: str = ""
    pain_before: int | None = None
    pain_after: int | None = None
    result: str | None = None
    follow_up: date | None = None
    adverse: list[facts.AdverseEvent] = field(default_factory=list)
    mixed: Untold = field(default_factory=Untold)
    """What tells of which products nobody can tell the dose."""

    @property
    def treated(self) -> bool:
        """Whether anything was given in it."""
        return self.closed is not None and self.closed.given_shots > 0

    @property
    def doses_ng(self) -> dict[str, int | None]:
        """What it gave of each product, by its code; None where nobody can tell.

        Empty while it is open.
        """
        if self.closed is None:
            return {}
        told = {each.product: each.dose_ng for each in self.closed.doses}
        return {**told, **dict.fromkeys(sorted(self.mixed.products()))}


@dataclass(frozen=True, slots=True)
class CourseOf:
    """One patient's sessions for one indication, the oldest first."""

    patient: str
    pseudonym: str | None
    """None where it was erased."""
    indication: str
    visits: tuple[Visit, ...]

    def due(self, libraries: Libraries) -> Due | None:
        """When the next session is due, by the library of the last one; None for no more."""
        treated = [visit for visit in self.visits if visit.treated]
        if not treated:
            return None
        last = treated[-1]
        return next_due(
            self.schedule(libraries),
            len(treated),
            last.day,
            result=last.result,
            follow_up=last.follow_up,
        )

    def schedule(self, libraries: Libraries) -> Schedule | None:
        """The schedule of the indication, in the library of the last session."""
        library = libraries(self.visits[-1].opened.library_digest)
        if library is None:
            return None
        indication = library.figures.indication.get(self.indication)
        code = None if indication is None else indication.schedule
        return None if code is None else library.figures.schedule.get(code)


def courses(reader: LogReader, pseudonym: str | None = None) -> list[CourseOf]:
    """Every course in the log, the one treated last at the end; or those of one patient."""
    names = {patient: text for text, patient in reader.patients()}
    visits = list(_visits(reader.entries(kinds=_KINDS)))
    by_course: dict[tuple[str, str], list[Visit]] = {}
    for visit in visits:
        patient = visit.opened.patient
        if patient is None:
            continue
        name = names.get(patient)
        if pseudonym is not None and not (
            patient == pseudonym or (name is not None and same(name) == same(pseudonym))
        ):
            continue
        by_course.setdefault((patient, visit.opened.indication), []).append(visit)
    found = [
        CourseOf(patient, names.get(patient), indication, tuple(each))
        for (patient, indication), each in by_course.items()
    ]
    return sorted(found, key=lambda course: course.visits[-1].day)


def libraries_of(reader: LogReader) -> Libraries:
    """The libraries whose text is in the log, each parsed once."""
    known: dict[str, Library | None] = {}

    def library(digest: str) -> Library | None:
        if digest not in known:
            text = reader.library_text(digest)
            known[digest] = None if text is None else Library.parse(text)
        return known[digest]

    return library


def _visits(entries: Iterable[log.Entry]) -> Iterator[Visit]:
    visits: dict[str, Visit] = {}
    for entry in _told(entries):
        body, session = entry.body, entry.session
        if session is None:
            continue
        if isinstance(body, log.SessionOpened):
            visits[session] = Visit(session, day_of(entry.at), body, operator=body.operator)
        elif session in visits:
            _tell(visits[session], body)
        if session in visits:
            visits[session].mixed.apply(body)
    yield from visits.values()


def _told(entries: Iterable[log.Entry]) -> Iterator[log.Entry]:
    """The entries, and in their place those of the log before that were brought forward."""
    for entry in entries:
        if isinstance(entry.body, BroughtForward):
            yield from (told for told, _ in quoted(entry))
        else:
            yield entry


def _tell(visit: Visit, body: log.Body | log.Unknown) -> None:
    match body:
        case log.SessionClosed():
            visit.closed = body
        case facts.TakenOver():
            visit.operator = body.operator
        case facts.Pain(when="before"):
            visit.pain_before = body.score
        case facts.Pain():
            visit.pain_after = body.score
        case facts.Result():
            visit.result = body.result
        case facts.FollowUp():
            visit.follow_up = _day(body.due) or visit.follow_up
        case facts.AdverseEvent():
            visit.adverse.append(body)
        case _:
            pass


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None  # 30 February has the form of a day
