"""What the library says to the patient: conditions, purpose, indication, schedule, device.

A training session has no patient. Where a plan gives one all the same, what it says
counts, and what it does not say is not missed.
"""

from collections.abc import Iterator

from injector.limits.context import Context
from injector.limits.patient import Answer, Patient
from injector.limits.realm import Realm
from injector.limits.side import Figure, Level, Rule, SetBy, Side, forbidden, missing
from injector.limits.use import NOTHING, ONE, Applied, Use


def patient(context: Context) -> Iterator[Applied]:
    """Every side of the patient in ``context``."""
    clinical = context.realm is Realm.CLINICAL
    if context.patient is not None:
        yield from _conditions(context, context.patient)
        yield from _allergies(context, context.patient.allergies)
    elif clinical:
        yield ONE, (missing(Figure.PATIENT, SetBy.PATIENT, "patient"),)
    if clinical:
        yield from _of_a_clinical_session(context)
    yield from _course(context)


def _conditions(context: Context, asked: Patient) -> Iterator[Applied]:
    questions = context.library.sides.questions
    answers = asked.conditions
    absent, reasoned, clinical = Answer.ABSENT, Answer.REASONED, context.realm is Realm.CLINICAL
    speak, do_not = [], []
    for code, question in questions.items():
        answer = answers.get(code)
        if answer is None:
            if clinical:
                speak.append(question.unanswered)
        elif answer is absent or (answer is reasoned and not question.absolute):
            do_not.append(question.present)
        else:
            speak.append(question.present)
    for code, answer in answers.items():
        if code not in questions and answer is not absent:
            place = f"contraindication.{code}"
            speak.append(missing(Figure.CONTRAINDICATION, SetBy.LIBRARY, place, code))
    yield ONE, tuple(speak)
    yield NOTHING, tuple(do_not)


def _allergies(context: Context, allergies: frozenset[str]) -> Iterator[Applied]:
    """A product that the patient is allergic to, by itself or by its class, is not given."""
    if not allergies:
        return
    figures, place = context.library.figures, "contraindication.allergy"
    why = figures.contraindication.get("allergy")
    refused = dict.fromkeys(
        item.product
        for item in context.mixture.items
        if not allergies.isdisjoint(_codes(item.product, item.product_class, context))
    )
    for code in refused:
        if why is None:
            yield ONE, (missing(Figure.ALLERGY, SetBy.PATIENT, place, code),)
        else:
            yield ONE, (forbidden(Figure.ALLERGY, SetBy.PATIENT, place, why, code),)
    # A code that nobody knows may be a slip of the pen for one that somebody would.
    for code in sorted(allergies - figures.product.keys() - figures.product_class.keys()):
        yield ONE, (missing(Figure.ALLERGY, SetBy.LIBRARY, f"product.{code}", code),)


def _codes(product: str, said: str, context: Context) -> set[str]:
    """The product's code, and its classes: by whoever mixed it, and by the library."""
    known = context.library.figures.product.get(product)
    return {product, said} if known is None else {product, said, known.product_class}


def _of_a_clinical_session(context: Context) -> Iterator[Applied]:
    figures = context.library.figures
    refused = context.library.sides.devices.get(context.device_class)
    if refused is not None:
        yield ONE, (refused,)
    if context.purpose not in figures.purpose:
        place = "purpose" if context.purpose is None else f"purpose.{context.purpose}"
        yield ONE, (missing(Figure.PURPOSE, SetBy.LIBRARY, place),)
    indication = figures.indication.get(context.indication or "")
    if indication is None:
        place = "indication" if context.indication is None else f"indication.{context.indication}"
        yield ONE, (missing(Figure.INDICATION, SetBy.LIBRARY, place),)
    elif indication.schedule is not None and context.course is None:
        place = f"schedule.{indication.schedule}"
        yield ONE, (missing(Figure.SCHEDULE, SetBy.PATIENT, place),)


def _course(context: Context) -> Iterator[Applied]:
    course = context.course
    if course is None:
        return
    place = f"schedule.{course.schedule}"
    schedule = context.library.figures.schedule.get(course.schedule)
    if schedule is None:
        yield ONE, (missing(Figure.SCHEDULE, SetBy.LIBRARY, place),)
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
            yield ONE, (missing(Figure.SCHEDULE, SetBy.SCHEDULE, "today"),)
        else:
            where = f"{place}.phase {schedule.phase_of(number) + 1}"
            first, _ = schedule.due(course.sessions, course.last)
            earliest = soft(Figure.SCHEDULE, Rule.LEAST, first.toordinal(), where)
            yield Use(context.today.toordinal()), (earliest,)
            if schedule.over is not None:
                since = max(0, (context.today - (course.first or course.last)).days)
                span = soft(Figure.COURSE_DAYS, Rule.MOST, schedule.over.most, f"{place}.over")
                yield Use(since), (span,)
    if schedule.most is not None:
        most = soft(Figure.COURSE_SESSIONS, Rule.MOST, schedule.most, f"{place}.most")
        yield Use(number), (most,)
