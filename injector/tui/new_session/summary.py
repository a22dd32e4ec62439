"""The last page: what would be opened, what is still open, every limit that speaks, the verdict."""

from collections.abc import Iterable
from typing import Final

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from injector.limits.flags import flags
from injector.limits.library import Library
from injector.limits.realm import Realm
from injector.limits.side import Level
from injector.tui.draft.judging import Judged, Outcome
from injector.tui.draft.reading import Lack, Open, Reading
from injector.tui.draft.sheet import SessionDraft
from injector.tui.keys import key_of
from injector.tui.limit_words import code_words, passed_words
from injector.tui.new_session.notes import open_of
from injector.tui.new_session.pages import PAGES, page_of
from injector.tui.plain import printable
from injector.tui.speech import _, labelled, mark, number, plural

_VERDICTS: Final = {
    Outcome.ALLOWED: ("✔", mark("within the limits"), "bold"),
    Outcome.SOFT: ("▲", mark("soft limits passed: overrides needed"), "bold $notice-medium"),
    Outcome.REFUSED: ("✖", mark("REFUSED by the limits"), "bold $notice-high"),
}


class Summary(VerticalScroll, can_focus=True):
    """The page; the arrows scroll it."""

    def __init__(self) -> None:
        super().__init__()
        self._text = Static("")

    def compose(self) -> Iterable[Static]:
        """Its text."""
        yield self._text

    def show_text(self, text: Content) -> None:
        """Show it."""
        self._text.update(text)


def verdict(judged: Judged, *, whole: bool) -> Content:
    """The verdict, as a symbol and in words; ``whole``: nothing is open any more."""
    symbol, words, style = _VERDICTS[judged.outcome]
    if judged.outcome is Outcome.ALLOWED and not whole:
        words = mark("within the limits so far")
    return Content.styled(f"{symbol} {_(words)}", style)


def open_words(count: int) -> str:
    """How many places are open."""
    return plural("{count} open", "{count} open", count)


def summary(
    draft: SessionDraft, reading: Reading, judged: Judged, library: Library, refused: str = ""
) -> Content:
    """The whole page. ``refused`` is why the engine did not open the session, in words."""
    rows = []
    if refused:
        rows += [Content.styled(line, "bold $notice-high") for line in refused.split("\n")]
    lacking = open_of(reading, judged)
    rows += [verdict(judged, whole=not lacking), *_limits(judged), *_open(lacking, judged)]
    rows += _flags(reading, library)
    rows += [Content(""), *_facts(draft, library)]
    return Content("\n").join(rows)


def _limits(judged: Judged) -> list[Content]:
    """Every limit that speaks, hard ones first."""
    spoken = sorted(judged.spoken, key=lambda each: each.passed.level is Level.SOFT)
    rows = []
    for each in spoken:
        where = "" if each.step is None else _("step {number}: ").format(number=each.step + 1)
        sign = "✖" if each.passed.level is Level.HARD else "▲"
        rows.append(Content(printable(f"  {sign} {where}{number(passed_words(each.passed))}")))
    return rows


def _open(lacking: tuple[Open, ...], judged: Judged) -> list[Content]:
    """How much is open, page by page."""
    if not lacking and judged.outcome is Outcome.REFUSED:
        return [
            Content.styled(
                _("Nothing is missing, and it cannot be opened so: {key} goes back").format(
                    key=key_of("back")
                ),
                "bold",
            )
        ]
    if not lacking:
        words = _("Nothing is open: {key} opens the session").format(key=key_of("forward"))
        return [Content.styled(words, "bold")]
    goes = _("{open}; {key} goes there").format(
        open=open_words(len(lacking)), key=key_of("forward")
    )
    rows = [Content.styled(f"○ {goes}", "bold")]
    for at, page in enumerate(PAGES):
        here = [each for each in lacking if page_of(each.place) == at]
        if here:
            proposed = sum(each.lack is Lack.PROPOSED for each in here)
            words = "  " + labelled(_(page.title), open_words(len(here)))
            if proposed:
                words += ", " + _("{count} of them proposals").format(count=proposed)
            rows.append(Content(words))
    return rows


def _flags(reading: Reading, library: Library) -> list[Content]:
    return [
        Content.styled(
            _("i {product} is on a doping list, and the patient is an athlete").format(
                product=code_words(flag.product)
            ),
            "bold",
        )
        for flag in flags(reading.mixture, reading.patient, library)
    ]


def _facts(draft: SessionDraft, library: Library) -> list[Content]:
    """What would be opened, a line for each part."""
    figures = library.figures
    clinical = draft.realm is Realm.CLINICAL
    whom = draft.get("pseudonym") if clinical else _("a training manikin")
    indication = figures.indication.get(draft.get("indication"))
    what = draft.get("indication") if indication is None else _(indication.name)
    realm = _("clinical") if clinical else _("training")
    rows = [f"{labelled(realm, whom)} · {what}"]
    for at in range(draft.products):
        place = f"mixture.{at}"
        product = figures.product.get(draft.get(f"{place}.product"))
        name = draft.get(f"{place}.product") if product is None else _(product.name)
        parts = [name, *(draft.get(f"{place}.{part}") for part in ("volume", "concentration"))]
        lot, expiry = draft.get(f"{place}.lot"), draft.get(f"{place}.expiry")
        parts += [_("lot {lot}").format(lot=lot)] if lot else []
        parts += [_("until {day}").format(day=expiry)] if expiry else []
        rows.append(", ".join(part for part in parts if part))
    rows.append(
        _("syringe {syringe}, needle {needle}").format(
            syringe=draft.get("syringe") or "?", needle=draft.get("needle") or "?"
        )
    )
    for at in range(draft.steps):
        place = f"step.{at}"
        parts = [draft.get(f"{place}.{part}") or "?" for part in ("technique", "zone", "mode")]
        amounts = [draft.get(f"{place}.{part}") or "?" for part in ("volume", "depth")]
        shots = _("{shots} shots").format(shots=draft.get(f"{place}.shots") or "?")
        words = ", ".join([*map(code_words, parts), *amounts, shots])
        rows.append(f"{at + 1}. {words}")
    return [Content(printable(row)) for row in rows]
