"""The clinic's report of a period: what was done, by whom it was overridden, what went wrong.

A session belongs to the period in which it was opened, by UTC, with all that belongs to it,
even what came in later. Alarms, gaps and refusals outside every session belong to the
period they happened in.

Only what belongs to the period is read: the tables of each of its sessions, one session
after the other, and of what stands outside sessions. So a month costs the same in a log of
any length, and none of these looks into the log is long.
"""

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from injector.report import tables
from injector.report.charts import columns_chart
from injector.report.deriving import Cell, derived_outside, derived_session, utc_text
from injector.report.gathered import by_product, people, rows_of, whole
from injector.report.page import render
from injector.report.speech import Language, Words, mark, moment
from injector.report.table import Table
from injector.report.vouched import vouched
from injector.shotlog.findings import Report
from injector.shotlog.reader import LogReader

_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_MOST_DAYS_DRAWN: Final = 62
_OUTSIDE: Final[Mapping[str, tuple[Table, str]]] = {
    table.name: (table, when)
    for table, when in (
        (tables.ALARM, "alarm_utc"),
        (tables.GAP, "found_utc"),
        (tables.REFUSED, "refused_utc"),
        (tables.ADVERSE_EVENT, "recorded_utc"),
    )
}
"""What can stand outside every session, and the column that says when it happened."""
_SHOWN: Final = (
    tables.SESSION,
    tables.DOSE,
    tables.OVERRIDE,
    *(table for table, _ in _OUTSIDE.values()),
)


class PeriodError(ValueError):
    """A text that names no period. The message says what would be right."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days in UTC, both ends included."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a month or two days; `PeriodError` for anything else.

        >>> Period.parse("2027-02")
        Period(first=datetime.date(2027, 2, 1), last=datetime.date(2027, 2, 28))
        >>> Period.parse("2027-01-30..2027-02-02").days
        4
        """
        try:
            month = _MONTH.fullmatch(text)
            if month:
                first = date(int(month[1]), int(month[2]), 1)
                return cls(first, first.replace(day=calendar.monthrange(*_month(first))[1]))
            begin, dots, end = text.partition("..")
            first, last = date.fromisoformat(begin), date.fromisoformat(end if dots else begin)
        except ValueError as error:
            raise PeriodError(f"{text!r}: {error}") from error
        if last < first:
            raise PeriodError(f"{text!r} ends before it begins")
        return cls(first, last)

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.last - self.first).days + 1

    def holds(self, utc: Cell) -> bool:
        """Whether a time of the tables lies in it."""
        return self.first.isoformat() <= str(utc)[:10] <= self.last.isoformat()


def _month(of: date) -> tuple[int, int]:
    return of.year, of.month


def period_html(
    reader: LogReader,
    period: Period,
    *,
    made_utc_us: int,
    language: Language = Language.ENGLISH,
    verified: Report | None = None,
) -> str:
    """Return the report of a period as one page of HTML.

    ``made_utc_us`` is when the report is made, ``verified`` what `verify` said of the whole
    log; where it is None the page says so. The log is read at several moments: where it is
    written meanwhile, give a copy that was verified itself. Raises the reader's errors, and
    `NotDerivedError` for entries that are not what the format says.
    """
    words = Words(language)
    size, vouching = reader.size, vouched(words, reader, verified)
    found = _found(reader, period)
    sessions = found[tables.SESSION.name]
    overrides = found[tables.OVERRIDE.name]
    alarms = [each for each in found[tables.ALARM.name] if each["act"] == "raised"]
    gaps = found[tables.GAP.name]
    refused = found[tables.REFUSED.name]
    adverse = found[tables.ADVERSE_EVENT.name]
    names = people(reader)
    realms = []
    for realm, name in (("clinical", mark("clinical")), ("training", mark("training"))):
        chosen = [each for each in sessions if each["realm"] == realm]
        doses = [each for each in found[tables.DOSE.name] if each["realm"] == realm]
        realms.append(
            {
                "realm": realm,
                "name": words.say(name),
                "sessions": len(chosen),
                "patients": len({e["patient"] for e in chosen if e["patient"] is not None}),
                "shots": sum(whole(each["given_shots"]) for each in chosen),
                "volume_nl": sum(whole(each["given_nl"]) for each in chosen),
                "products": sorted(by_product(doses), key=lambda each: -each.volume_nl),
            }
        )
    return render(
        "period.html",
        words,
        period=period,
        made=moment(made_utc_us),
        origin=reader.opened.origin,
        size=size,
        vouched=vouching,
        sessions=sessions,
        realms=realms,
        charts=_charts(words, period, sessions),
        overriders=_counted(names, overrides, "by_person"),
        overrides=overrides,
        alarms=_counted(None, alarms, "priority", "alarm"),
        gaps=gaps,
        refused=_counted(None, refused, "refused_by", "figure"),
        adverse=adverse,
        unsigned=[e for e in sessions if e["performed_by"] is None],
        unreviewed=[e for e in sessions if e["reviewed_by"] is None],
        still_open=[e for e in sessions if e["closed_utc"] is None],
        totals={
            "alarms": len(alarms),
            "refused_by_limits": sum(each["refused_by"] == "limits" for each in refused),
            "refused_by_gun": sum(each["refused_by"] == "gun" for each in refused),
            "shots": sum(whole(each["given_shots"]) for each in sessions),
            "volume_nl": sum(whole(each["given_nl"]) for each in sessions),
        },
    )


def _found(reader: LogReader, period: Period) -> dict[str, list[dict[str, Cell]]]:
    """The rows of each table that belong to the period, in the order of the log."""
    opened = [
        entry.session
        for entry in reader.entries(kinds=["session_opened"])
        if entry.session is not None and period.holds(utc_text(entry.at.utc_us))
    ]
    found: dict[str, list[dict[str, Cell]]] = {table.name: [] for table in _SHOWN}
    for session in dict.fromkeys(opened):
        with derived_session(reader, session) as derived:
            for table in _SHOWN:
                found[table.name] += rows_of(derived, table)
    with derived_outside(reader, [table for table, _ in _OUTSIDE.values()]) as derived:
        for name, (table, when) in _OUTSIDE.items():
            found[name] += [e for e in rows_of(derived, table) if period.holds(e[when])]
            found[name].sort(key=lambda each: whole(each["seq"]))
    return found


def _counted(
    names: dict[str, str] | None, rows: Iterable[dict[str, Cell]], *by: str
) -> list[tuple[tuple[str, ...], int, int]]:
    """Yield what rows have in common, how many there are, and in how many sessions; most first."""
    found: dict[tuple[str, ...], list[Cell]] = {}
    for row in rows:
        key = tuple("" if row[name] is None else str(row[name]) for name in by)
        if names is not None:
            key = (*key, names.get(key[0], ""))
        found.setdefault(key, []).append(row["session"])
    counted = [(key, len(of), len({*of} - {None})) for key, of in found.items()]
    return sorted(counted, key=lambda each: (-each[1], each[0]))


def _charts(words: Words, period: Period, sessions: list[dict[str, Cell]]) -> list[object]:
    """Shots by day, or by month where there are many days."""
    by_day = period.days <= _MOST_DAYS_DRAWN
    length = 10 if by_day else 7
    days = (period.first + timedelta(days=number) for number in range(period.days))
    shots = dict.fromkeys((day.isoformat()[:length] for day in days), 0)
    for each in sessions:
        shots[str(each["opened_utc"])[:length]] += whole(each["given_shots"])
    title = words.say(mark("Shots by day") if by_day else mark("Shots by month"))
    columns = [(day[-2:] if by_day else day, count) for day, count in shots.items()]
    return [columns_chart("shots", title, columns, words.number)]
