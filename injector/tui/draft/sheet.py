"""What a practitioner has entered so far: texts as they were typed, choices as codes.

A draft is a sheet of *places*, each with a text; an empty text is an empty place. Places
are named as a plan file names them: ``step.0.volume``, ``mixture.1.lot``, and beside those
``pseudonym``, ``weight``, ``condition.CODE``, ``reason.CODE``, ``check.CHECKLIST.ITEM``. So a
form can show and fill any place, and what is wrong with a text stays beside the text.

Nothing here judges. What the texts come to is `injector.tui.draft.reading`, what the
limits say to that is `injector.tui.draft.judging`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from injector.limits.realm import Realm
from injector.treatment.plan import Elsewhere

YES: Final = "yes"
NO: Final = "no"
STEP: Final = (
    "technique",
    "zone",
    "mode",
    "burst",
    "volume",
    "depth",
    "flow",
    "needle_speed",
    "cadence",
    "shots",
    "override",
)
"""The places of one step."""
PRODUCT: Final = (
    "product",
    "product_class",
    "concentration",
    "volume",
    "lot",
    "expiry",
    "multi_dose",
)
"""The places of one product of the mixture."""

OF_THE_PATIENT: Final = frozenset(
    {
        "condition",
        "reason",
        "allergies",
        "athlete",
        "weight",
        "treatments",
        "consent",
        "prescription",
        "pain",
        "check",
        "stands_by",
    }
)
"""The first words of places that hold what was said by, or asked about, one patient."""


@dataclass(slots=True)
class SessionDraft:
    """What was entered so far."""

    realm: Realm = Realm.TRAINING
    texts: dict[str, str] = field(default_factory=dict)
    products: int = 1
    """How many products the mixture has, filled in or not."""
    steps: int = 1
    proposed: dict[str, str] = field(default_factory=dict)
    """Places whose text nobody has accepted yet, each with where the text comes from."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """What a plan file says was given elsewhere; in training only."""

    def get(self, place: str) -> str:
        """The text at a place; empty where nothing was entered."""
        return self.texts.get(place, "")

    def put(self, place: str, text: str) -> None:
        """Enter a text. Whoever enters it stands by it, so it is no proposal any more."""
        self.proposed.pop(place, None)
        if text:
            self.texts[place] = text
        else:
            self.texts.pop(place, None)

    def propose(self, place: str, text: str, source: str) -> None:
        """Put a text where nobody entered one, as a proposal that waits to be accepted."""
        if not self.get(place) or place in self.proposed:
            self.texts[place] = text
            self.proposed[place] = source

    def withdraw(self, place: str) -> None:
        """Take a proposal back; what somebody entered stays."""
        if self.proposed.pop(place, None) is not None:
            self.texts.pop(place, None)

    def accept(self, places: Iterable[str]) -> None:
        """Stand by what is proposed at these places."""
        for place in places:
            self.proposed.pop(place, None)

    def forget_patient(self) -> None:
        """It is for another patient: nothing that was said of the one before counts."""
        for place in list(self.texts):
            if place.split(".", maxsplit=1)[0] in OF_THE_PATIENT:
                self.put(place, "")

    def said(self, place: str) -> bool | None:
        """The answer to a question; None where there is none."""
        text = self.get(place)
        return text == YES if text else None

    # -- products and steps -------------------------------------------------------------

    def add_product(self) -> None:
        """Room for another product."""
        self.products += 1

    def remove_product(self, number: int) -> None:
        """Take a product out; those after it move up, and one place stays at least."""
        self._remove("mixture", PRODUCT, number, self.products)
        self.products = max(1, self.products - 1)

    def add_step(self) -> None:
        """Room for another step."""
        self.steps += 1

    def remove_step(self, number: int) -> None:
        """Take a step out; those after it move up, and one place stays at least."""
        self._remove("step", STEP, number, self.steps)
        self.steps = max(1, self.steps - 1)

    def _remove(self, what: str, parts: tuple[str, ...], number: int, count: int) -> None:
        for at in range(number, count):
            for part in parts:
                here, following = f"{what}.{at}.{part}", f"{what}.{at + 1}.{part}"
                for table in (self.texts, self.proposed):
                    table.pop(here, None)
                    if at + 1 < count and following in table:
                        table[here] = table[following]
