"""``injector plan``: what is due for whom, and one patient's course over the sessions.

With ``--json``, JSON lines: one object for each course, or for each session of one.
Names carry the units, amounts are integers, days are ISO 8601.
"""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import click

from injector.cli.exits import CommandError
from injector.cli.log import table
from injector.cli.log_files import as_command_error
from injector.cli.log_place import log_option
from injector.cli.log_words import printable
from injector.control.history import CourseOf, Libraries, Visit, courses, libraries_of
from injector.report.json_text import to_json
from injector.shotlog.errors import LogError
from injector.shotlog.reader import LogReader
from injector.treatment.due import Due, Why
from injector.units import format_volume_nl

_WHY = {
    Why.SCHEDULE: "by the schedule",
    Why.BETTER: "better: spaced out",
    Why.WORSE: "worse: as soon as it may",
    Why.FOLLOW_UP: "follow-up that was set",
}


@click.command()
@click.argument("pseudonym", required=False)
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day for which it is told; today unless given.",
)
@log_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan(pseudonym: str | None, on: datetime | None, path: Path, as_json: bool) -> None:
    """Show what is due for whom; with PSEUDONYM, that patient's course.

    Due days come from the schedule of the indication in the limit library of the last
    session, adjusted to its result. With --json: JSON lines.
    """
    day = date.today() if on is None else on.date()  # noqa: DTZ011 -- the day on the wall
    try:
        with LogReader.open(path) as reader:
            found, libraries = courses(reader, pseudonym), libraries_of(reader)
            if pseudonym is None:
                _show_due(found, libraries, day, as_json)
            elif found:
                _show_course(found, libraries, as_json)
            else:
                raise CommandError(
                    "no session is known under this pseudonym",
                    where=str(path),
                    right="`injector plan` lists everybody; a pseudonym may have been erased",
                )
    except LogError as error:
        raise as_command_error(error) from error


def _show_due(found: list[CourseOf], libraries: Libraries, day: date, as_json: bool) -> None:
    due = [(course, course.due(libraries)) for course in found]
    waiting = sorted(
        ((course, when) for course, when in due if when is not None), key=lambda each: each[1].day
    )
    if as_json:
        for course, when in waiting:
            click.echo(to_json(_due_object(course, when, day)))
        return
    if not waiting:
        click.echo("nothing is due", err=True)
        return
    table(
        ("due", "from", "to", "", "patient", "indication", "sessions", "last", "pain", "result",
         "why"),
        (list(_due_cells(course, when, day)) for course, when in waiting),
        right={6},
    )  # fmt: skip


def _show_course(found: list[CourseOf], libraries: Libraries, as_json: bool) -> None:
    if as_json:
        for course in found:
            for number, visit in enumerate(course.visits, start=1):
                said = {"indication": course.indication, "number": number, **_visit_object(visit)}
                click.echo(to_json(said))
        return
    for at, course in enumerate(found):
        if at:
            click.echo()
        click.echo(f"{printable(_name(course))}: {course.indication}")
        table(
            ("day", "session", "by", "shots", "given", "pain", "result", "adverse events"),
            (list(_visit_cells(visit)) for visit in course.visits),
            right={3, 4},
        )
        when = course.due(libraries)
        click.echo("nothing more is due" if when is None else f"due {_due_words(when)}")


def _due_words(when: Due) -> str:
    window = "" if when.first == when.last else f", from {when.first} to {when.last}"
    return f"{when.day}{window} ({_WHY[when.why]})"


def _due_cells(course: CourseOf, when: Due, day: date) -> Iterator[str]:
    last = course.visits[-1]
    yield from (str(when.day), str(when.first), str(when.last))
    yield "overdue" if day > when.last else "now" if day >= when.day else ""
    yield from (printable(_name(course)), course.indication)
    yield str(sum(visit.treated for visit in course.visits))
    yield from (str(last.day), _pain(last), last.result or "", _WHY[when.why])


def _visit_cells(visit: Visit) -> Iterator[str]:
    closed = visit.closed
    yield from (str(visit.day), visit.session, printable(visit.operator))
    yield "" if closed is None else str(closed.given_shots)
    yield "open" if closed is None else format_volume_nl(closed.given_nl)
    yield from (_pain(visit), visit.result or "")
    yield ", ".join(f"{event.what} ({event.severity})" for event in visit.adverse)


def _pain(visit: Visit) -> str:
    if visit.pain_before is None and visit.pain_after is None:
        return ""
    return " to ".join("?" if n is None else str(n) for n in (visit.pain_before, visit.pain_after))


def _name(course: CourseOf) -> str:
    return course.patient if course.pseudonym is None else course.pseudonym


def _due_object(course: CourseOf, when: Due, day: date) -> dict[str, object]:
    return {
        "patient": course.patient,
        "pseudonym": course.pseudonym,
        "indication": course.indication,
        "due": when.day.isoformat(),
        "from": when.first.isoformat(),
        "to": when.last.isoformat(),
        "why": when.why.value,
        "overdue": day > when.last,
        "sessions": sum(visit.treated for visit in course.visits),
        "last": _visit_object(course.visits[-1]),
    }


def _visit_object(visit: Visit) -> dict[str, object]:
    closed = visit.closed
    return {
        "session": visit.session,
        "day": visit.day.isoformat(),
        "realm": visit.opened.realm,
        "purpose": visit.opened.purpose,
        "operator": visit.operator,
        "closed": None if closed is None else closed.reason,
        "given_shots": None if closed is None else closed.given_shots,
        "given_nl": None if closed is None else closed.given_nl,
        "doses_ng": visit.doses_ng,
        "pain_before": visit.pain_before,
        "pain_after": visit.pain_after,
        "result": visit.result,
        "follow_up": None if visit.follow_up is None else visit.follow_up.isoformat(),
        "adverse_events": [
            {"what": event.what, "severity": event.severity} for event in visit.adverse
        ],
    }
