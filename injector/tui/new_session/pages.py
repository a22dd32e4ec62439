"""The pages of a new session in their order, and which page a place is on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from injector.tui.new_session import answers, checks, gear, mixture, steps, what_for, who
from injector.tui.new_session.field import Page
from injector.tui.speech import mark


@dataclass(frozen=True, slots=True)
class PageOf:
    """One page."""

    title: str
    """Marked, not yet said."""
    fields: Page | None
    """None: the summary, which has none."""


PAGES: Final = (
    PageOf(mark("For whom"), who.fields),
    PageOf(mark("What for"), what_for.fields),
    PageOf(mark("The patient's answers"), answers.fields),
    PageOf(mark("Mixture"), mixture.fields),
    PageOf(mark("Syringe and needle"), gear.fields),
    PageOf(mark("Steps"), steps.fields),
    PageOf(mark("Checklists"), checks.fields),
    PageOf(mark("Summary"), None),
)
WHO: Final = 0
MIXTURE: Final = 3
STEPS: Final = 5
SUMMARY: Final = len(PAGES) - 1
_BY_ROOT: Final[Mapping[str, int]] = {
    "realm": WHO,
    "pseudonym": WHO,
    "stands_by": WHO,
    "plan": WHO,
    "indication": 1,
    "purpose": 1,
    "title": 1,
    "consent": 1,
    "prescription": 1,
    "pain": 1,
    "condition": 2,
    "reason": 2,
    "allergies": 2,
    "athlete": 2,
    "weight": 2,
    "treatments": 2,
    "mixture": MIXTURE,
    "mixed_by": MIXTURE,
    "mixed_where": MIXTURE,
    "syringe": 4,
    "needle": 4,
    "needle_lot": 4,
    "needle_expiry": 4,
    "step": STEPS,
    "check": 6,
}


def page_of(place: str) -> int:
    """The number of the page that a place is on."""
    return _BY_ROOT.get(place.split(".", maxsplit=1)[0], SUMMARY)
