"""What stands on the home screen beside the gun: library, log, sessions today, what is due."""

from datetime import date
from typing import Final

from textual.content import Content

from injector.limits.library import Library
from injector.shotlog.reader import Row
from injector.treatment.due import Due
from injector.tui.anchor_words import waits
from injector.tui.figures import Side, volume_ml
from injector.tui.limit_words import code_words
from injector.tui.plain import printable
from injector.tui.records.lists import how_closed, realm_words
from injector.tui.records.moments import moment
from injector.tui.records.summary import DuePatient, Summary
from injector.tui.speech import _, number, plural
from injector.tui.widgets.cards import card, row

_TODAY: Final = 6
_DUE: Final = 10


def library_card(library: Library, found: Summary) -> Content:
    """The limits in force, and who stands for them."""
    figures = library.figures
    rows = [
        row(_("name"), f"{_(figures.name)} {figures.version}"),
        row(_("digest"), library.digest[:8]),
    ]
    if found.approval is None:
        rows.append(row(_("approved"), _("by nobody: training only"), "bold $notice-medium"))
    else:
        rows.append(row(_("approved"), _("by {who}").format(who=found.approved_by)))
    return card(_("Limits in force"), rows)


def log_card(found: Summary | None, wrong: str) -> Content:
    """How the shot log stands."""
    if found is None:
        said = f"✖ {printable(wrong)}"
        return card(_("The shot log"), [Content.styled(said, "bold $notice-high")])
    anchor = found.anchor
    rows = [
        row(_("entries"), f"{found.size}"),
        row(
            _("signed"),
            "?" if found.signed is None else _("up to {size}").format(size=found.signed),
        ),
        row(
            _("anchor"),
            _("none yet")
            if anchor is None
            else _("entry {seq}, {when}").format(
                seq=anchor.seq, when=moment(anchor.at.utc_us)[:16]
            ),
        ),
        row(_("key"), found.key),
    ]
    rows += [
        row(_("outside"), waits(each), "bold $notice-medium")
        for each in found.outside
        if each.waiting.sessions
    ]
    return card(_("The shot log"), rows)


def today_card(found: Summary) -> Content:
    """The sessions of today, the newest first."""
    rows = [_session(each) for each in found.today[:_TODAY]]
    if len(found.today) > _TODAY:
        more = len(found.today) - _TODAY
        rows.append(Content.styled(plural("and {count} more", "and {count} more", more), "dim"))
    return card(
        plural("Today: {count} session", "Today: {count} sessions", len(found.today)),
        rows or [Content.styled(_("none yet"), "dim")],
    )


def due_card(found: Summary, today: date, *, named: bool) -> Content:
    """Who is to be seen again; the pseudonym only where ``named``."""
    patients = found.due.patients
    rows = [_patient(each, today, named=named) for each in patients[:_DUE]]
    if len(patients) > _DUE:
        more = len(patients) - _DUE
        rows.append(Content.styled(plural("and {count} more", "and {count} more", more), "dim"))
    return card(_("What is due"), rows or [Content.styled(_("nothing"), "dim")])


def _session(of: Row) -> Content:
    given = of["given_nl"]
    amount = "" if not isinstance(given, int) else f", {number(volume_ml(given, Side.UP))} mL"
    shots = of["given_shots"]
    count = "" if not isinstance(shots, int) else plural("{count} shot", "{count} shots", shots)
    return Content.assemble(
        (f"{moment(of['opened_utc_us'])[11:16]} ", "bold"),
        printable(f"{realm_words(of['realm'])}, {_(code_words(str(of['indication'])))}"),
        (f"\n      {how_closed(of)}", "dim"),
        (f"\n      {count}{amount}" if count else "", "dim"),
    )


def _patient(of: DuePatient, today: date, *, named: bool) -> Content:
    who = of.pseudonym if named and of.pseudonym is not None else of.patient[:8]
    words, style = _how_due(of.when, today)
    return Content.assemble(
        (f"{of.when.day.isoformat()} ", "bold"),
        ("" if not words else f"{words} ", style),
        printable(who),
        (f"\n           {_(code_words(of.indication))}", "dim"),
    )


def _how_due(when: Due, today: date) -> tuple[str, str]:
    if today > when.last:
        return _("! overdue"), "bold $notice-medium"
    return (_("now"), "bold") if today >= when.day else ("", "")
