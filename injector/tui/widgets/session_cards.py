"""One session under review: who, for whom, what it came to; each figure against its limits."""

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from injector.limits.reckoned import Reckoned
from injector.limits.side import Level
from injector.shotlog.reader import Row
from injector.tui.figures import Side, volume_ml
from injector.tui.limit_words import FIGURES, code_words
from injector.tui.plain import printable
from injector.tui.records.lists import how_closed, patient_words, realm_words
from injector.tui.records.moments import moment
from injector.tui.speech import _, number
from injector.tui.widgets.cards import card, row
from injector.tui.widgets.face import bar

_BAR: Final = 12


def session_card(of: Row, people: Sequence[str], *, named: bool) -> Content:
    """What a session was."""
    given = of["given_nl"]
    came_to = (
        _("not closed yet")
        if not isinstance(given, int)
        else _("{shots} shots, {volume} mL counted as given").format(
            shots=of["given_shots"], volume=number(volume_ml(given, Side.UP))
        )
    )
    signed, reviewed = of["signed_by"], of["reviewed_by"]
    claimed = of["claimed_by"]
    by_nobody = (
        _("by nobody") if claimed is None else _("claimed by {who}, not signed").format(who=claimed)
    )
    rows = [
        row(_("realm"), realm_words(of["realm"]), "bold"),
        row(_("patient"), patient_words(of, named=named)),
        row(_("indication"), _(code_words(str(of["indication"])))),
        row(_("by"), ", ".join(people)),
        row(_("opened"), f"{moment(of['opened_utc_us'])} UTC"),
        row(_("closed"), f"{moment(of['closed_utc_us'])} {how_closed(of)}".strip()),
        row(_("signed"), by_nobody if signed is None else str(signed)),
        row(_("reviewed"), _("by nobody") if reviewed is None else str(reviewed)),
        row(_("given"), came_to, "bold"),
    ]
    if of["gaps"] or of["adverse_events"]:
        odd = _("{gaps} gaps, {events} adverse events").format(
            gaps=of["gaps"], events=of["adverse_events"]
        )
        rows.append(row(_("look at"), f"! {odd}", "bold $notice-medium"))
    return card(_("The session"), rows)


def figures_card(figures: Sequence[Reckoned] | None) -> Content:
    """Each figure with a bar up to the tightest hard limit, and who set that."""
    if figures is None:
        words = _("Nothing was granted in it, or its limit library is not in the log.")
        return Content.styled(words, "dim")
    return card(_("Figures against limits"), [_figure(each) for each in figures])


def _subject(subject: str) -> str:
    """What a figure is about: one thing, or a technique and a zone."""
    return ", ".join(_(code_words(each)) for each in subject.split(", "))


def _figure(of: Reckoned) -> Content:
    name, form = FIGURES[of.figure]
    about = f" ({_subject(of.subject)})" if of.subject else ""
    limit = of.hard or of.soft
    sign, style = "  ", ""
    if of.passed is not None:
        sign, style = "! ", "bold $notice-medium"
        if of.passed is Level.HARD:
            sign, style = "‼ ", "bold $notice-high"
    drawn = ""
    says = number(form(of.value))
    if limit is not None:
        tick = None if of.soft is None or of.soft is limit else of.soft.bound
        drawn = bar(of.value, limit.bound, _BAR, tick)
        says = _("{value} of {most}, {set_by}").format(
            value=says, most=number(form(limit.bound)), set_by=_(limit.set_by.value)
        )
        if tick is not None:
            says += _(", soft {most}").format(most=number(form(tick)))
    return Content.assemble(
        (sign, style),
        (drawn, "$bar"),
        " ",
        (printable(f"{_(name)}{about}"), style),
        f"\n  {' ' * _BAR} ",
        (printable(says), style or "dim"),
    )
