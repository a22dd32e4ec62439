"""What the library says to the patient: conditions, purpose, indication, schedule, device.

A training session has no patient. Where a plan gives one all the same, what it says
counts, and what it does not say is not missed.
"""

from collections.abc import Iterator

from injector.limits.context import Context
from injector.limits.patient import Answer, Patient
from injector.limits.realm import Realm
from injector.limits.side import Figure, Level, Rule, SetBy, Side, missing
from injector.limits.use import NOTHING, ONE, Use


def patient(context: Context) -> Iterator[tuple[Side, Use]]:
    """Every side of the patient in ``context``."""
    clinical = context.realm is Realm.CLINICAL
    if context.patient is not None:
        yield from _conditions(context, context.patient)
    elif clinical:
        yield missing(Figure.PATIENT, SetBy.PATIENT, "patient"), ONE
    if clinical:
        yield from _of_a_clinical_session(context)
    yield from _course(context)


def _conditions(context: Context, asked: Patient) -> Iterator[tuple[Side, Use]]:
    questions = context.library.sides.questions
    answers = asked.conditions
    for code, question in questions.items():
        answer = answers.get(code)
        if answer is None:
            if context.realm is Realm.CLINICAL:
                yield question.unanswered, ONE
            continue
        speaks = answer is Answer.PRESENT or (answer is Answer.REASONED and question.absolute)
        yield question.present, ONE if speaks else NOTHING
    for code, answer in answers.items():
        if code not in questions and answer is not Answer.ABSENT:
            place = f"contraindication.{code}"
            yield missing(Figure.CONTRAINDICATION, SetBy.LIBRARY, place, code), ONE


def _of_a_clinical_session(context: Context) -> Iterator[tuple[Side, Use]]:
    figures = context.library.figures
    refused = context.library.sides.devices.get(context.device_class)
    if refused is not None:
        yield refused, ONE
    if context.purpose not in figures.purpose:
        place = "purpose" if context.purpose is None else f"purpose.{context.purpose}"
        yield missing(Figure.PURPOSE, SetBy.LIBRARY, place), ONE
    indication = figures.indication.get(context.indication or "")
    if indication is None:
        place = "indication" if context.indication is None else f"indication.{context.indication}"
        yield missing(Figure.INDICATION, SetBy.LIBRARY, place), ONE
    elif indication.schedule is not None and context.course is None:
        place = f"schedule.{indication.schedule}"
        yield missing(Figure.SCHEDULE, SetBy.PATIENT, place), ONE


def _course(context: Context) -> Iterator[tuple[Side, Use]]:
    course = context.course
    if course is None:
        return
    place = f"schedule.{course.schedule}"
    schedule = context.library.figures.schedule.get(course.schedule)
    if schedule is None:
        yield missing(Figure.SCHEDULE, SetBy.LIBRARY, place), ONE
        return
    number = course.sessions + 1

    def soft(figure: Figure, rule: Rule, bound: int, where: str) -> Side:
        return Side(
            figure,
            rule,
            bound,
            Level.SOFT,
            SetBy.SCHEDULE,
            where,
            schedule.source,
            schedule.strength,
            course.schedule,
        )

    if course.last is not None:
        if context.today is None:
            yield missing(Figure.SCHEDULE, SetBy.SCHEDULE, "today"), ONE
        else:
            where = f"{place}.phase {schedule.phase_of(number) + 1}"
            first, _ = schedule.due(course.sessions, course.last)
            yield (
                soft(Figure.SCHEDULE, Rule.LEAST, first.toordinal(), where),
                Use(context.today.toordinal()),
            )
    if schedule.most is not None:
        most = soft(Figure.COURSE_SESSIONS, Rule.MOST, schedule.most, f"{place}.most")
        yield most, Use(number)
