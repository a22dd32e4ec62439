"""What a draft's texts come to: amounts, a plan, a patient; and what is missing or wrong, by place.

What a session needs so that it can be written down at all is asked for here: a plan's own
parts, and in a clinical session a patient and the library's questions. What it needs so
that it is allowed is the limits' to say (`injector.tui.draft.judging`).
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique
from typing import Final

from pydantic import ValidationError

from injector.limits.faults import faults_in
from injector.limits.library import Library
from injector.limits.mixture import Mixture, MixtureItem
from injector.limits.patient import LEAST_WEIGHT_G, MOST_WEIGHT_G, Answer, Patient
from injector.limits.realm import Realm
from injector.limits.setpoint import MAX_FIGURE, ModeKind
from injector.limits.tables.questions import Kind
from injector.shotlog.facts import MAX_PAIN
from injector.treatment.plan import Plan
from injector.treatment.pseudonyms import Doubt, doubts
from injector.tui.draft.sheet import NO, YES, SessionDraft
from injector.tui.speech import _, number, read_amount
from injector.units import (
    CADENCE,
    CONCENTRATION,
    DEPTH,
    FLOW,
    MASS,
    NEEDLE_SPEED,
    VOLUME,
    WEIGHT,
    Quantity,
)

FIGURES: Final = {
    "volume": VOLUME,
    "depth": DEPTH,
    "flow": FLOW,
    "needle_speed": NEEDLE_SPEED,
    "cadence": CADENCE,
}
"""The amounts of a step."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNT: Final = re.compile(r"[1-9][0-9]{0,5}")


@unique
class Lack(StrEnum):
    """What a place lacks."""

    MISSING = "missing"
    """Nothing was entered, and something must be."""
    WRONG = "wrong"
    """What was entered cannot be read."""
    PROPOSED = "proposed"
    """Nobody has accepted what is proposed."""


@dataclass(frozen=True, slots=True)
class Open:
    """A place that is still open."""

    place: str
    lack: Lack
    words: str = ""
    """What is wrong and what would be right, for people."""


@dataclass(frozen=True, slots=True)
class StepReading:
    """One step, as far as it was entered."""

    technique: str
    zone: str
    mode: ModeKind | None
    burst: int | None
    figures: dict[str, int]
    """Those of `FIGURES` that could be read."""
    shots: int | None
    overridden: bool
    whole: bool
    """Nothing of it is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a draft comes to."""

    open: tuple[Open, ...]
    items: tuple[MixtureItem, ...]
    """The products that are known with their volume."""
    steps: tuple[StepReading, ...]
    needle_um: int | None
    syringe_nl: int | None
    needle_expiry: date | None
    patient: Patient | None
    """As the limits see them; None: a manikin of whom nothing was said."""
    plan: Plan | None
    """None while a part of it is missing or wrong."""
    doubts: tuple[Doubt, ...]
    """What speaks against the pseudonym, and nobody has stood by yet."""

    @property
    def mixture(self) -> Mixture:
        """What is in the syringe, as far as it is known."""
        return Mixture(self.items)


def read(draft: SessionDraft, library: Library, *, known: bool = False) -> Reading:
    """Read a draft. ``known``: the log knows its pseudonym, which is then not questioned again."""
    return _Reader(draft, library).reading(known=known)


@dataclass
class _Reader:
    """Reads place after place, and notes what each lacks."""

    draft: SessionDraft
    library: Library
    open: list[Open] = field(default_factory=list)

    def reading(self, *, known: bool) -> Reading:
        clinical = self.draft.realm is Realm.CLINICAL
        questioned = self._pseudonym(known=known) if clinical else ()
        weight_g = self._amount("weight", WEIGHT, LEAST_WEIGHT_G, MOST_WEIGHT_G, needed=False)
        if clinical:
            self._needed("athlete")
            for code in self.library.figures.contraindication:
                self._needed(f"condition.{code}")
        self._needed("indication")
        items = [self._product(at) for at in range(self.draft.products)]
        syringe_nl = self._amount("syringe", VOLUME)
        needle_um = self._amount("needle", DEPTH)
        needle_expiry = self._day("needle_expiry")
        steps = tuple(self._step(at) for at in range(self.draft.steps))
        if clinical:
            self._checklists()
        self._pain()
        blocked = any(_of_plan(each) for each in self.open)
        plan = None if blocked else self._plan(weight_g)
        self.open += [
            Open(place, Lack.PROPOSED, source) for place, source in self.draft.proposed.items()
        ]
        return Reading(
            open=tuple(self.open),
            items=tuple(item for item in items if item is not None),
            steps=steps,
            needle_um=needle_um,
            syringe_nl=syringe_nl,
            needle_expiry=needle_expiry,
            patient=self._patient(weight_g),
            plan=plan,
            doubts=questioned,
        )

    # -- who ---------------------------------------------------------------------------

    def _pseudonym(self, *, known: bool) -> tuple[Doubt, ...]:
        pseudonym = self.draft.get("pseudonym")
        if not pseudonym.strip():
            self._lacks("pseudonym")
            return ()
        if known or self.draft.get("stands_by") == pseudonym:
            return ()
        questioned = doubts(pseudonym)
        if questioned:
            self._lacks("stands_by")
        return questioned

    def _patient(self, weight_g: int | None) -> Patient | None:
        draft, answers = self.draft, {}
        for code, kind in self._asked().items():
            said = draft.said(f"condition.{code}")
            if said is None:
                continue
            reasoned = kind is Kind.RELATIVE and draft.get(f"reason.{code}").strip()
            present = Answer.REASONED if reasoned else Answer.PRESENT
            answers[code] = present if said else Answer.ABSENT
        allergies = frozenset(draft.get("allergies").split())
        athlete = draft.said("athlete") is True
        nothing = weight_g is None and not answers and not athlete and not allergies
        if nothing and draft.realm is Realm.TRAINING:
            return None
        return Patient(weight_g, answers, athlete, allergies)

    def _asked(self) -> dict[str, Kind]:
        """The conditions that have a place: the library's, and those that a plan file names."""
        asked = {code: each.kind for code, each in self.library.figures.contraindication.items()}
        for place in self.draft.texts:
            code = place.removeprefix("condition.")
            if code != place:
                asked.setdefault(code, Kind.ABSOLUTE)
        return asked

    # -- with what ------------------------------------------------------------------------

    def _product(self, at: int) -> MixtureItem | None:
        place = f"mixture.{at}"
        product = self._needed(f"{place}.product")
        volume_nl = self._amount(f"{place}.volume", VOLUME)
        concentration = self._amount(f"{place}.concentration", CONCENTRATION, least=1, needed=False)
        expiry = self._day(f"{place}.expiry")
        if self.draft.realm is Realm.CLINICAL:
            self._needed(f"{place}.lot")
        if not product or volume_nl is None:
            return None
        return MixtureItem(
            product=product,
            product_class=self.draft.get(f"{place}.product_class"),
            volume_nl=volume_nl,
            concentration_ug_ml=concentration,
            lot=self.draft.get(f"{place}.lot") or None,
            expiry=expiry,
            multi_dose=self.draft.said(f"{place}.multi_dose") is True,
        )

    def _step(self, at: int) -> StepReading:
        draft, place, before = self.draft, f"step.{at}", len(self.open)
        technique, zone = self._needed(f"{place}.technique"), self._needed(f"{place}.zone")
        mode_text = self._needed(f"{place}.mode")
        mode = ModeKind(mode_text) if mode_text in set(ModeKind) else None
        burst = self._count(f"{place}.burst") if mode is ModeKind.BURST else None
        figures = {}
        for name, quantity in FIGURES.items():
            found = self._amount(f"{place}.{name}", quantity, least=0 if name == "depth" else 1)
            if found is not None:
                figures[name] = found
        shots = self._count(f"{place}.shots")
        overridden = bool(draft.get(f"{place}.override"))
        whole = len(self.open) == before
        return StepReading(technique, zone, mode, burst, figures, shots, overridden, whole)

    # -- what was asked -----------------------------------------------------------------

    def _checklists(self) -> None:
        for code, checklist in self.library.figures.checklist.items():
            for item in checklist.items:
                if self.draft.said(f"check.{code}.{item}") is not True:
                    self._lacks(f"check.{code}.{item}")

    def _pain(self) -> None:
        text = self.draft.get("pain")
        if text and not (text.isascii() and text.isdigit() and int(text) <= MAX_PAIN):
            words = _("a whole number from 0 to {most}").format(most=MAX_PAIN)
            self._lacks("pain", Lack.WRONG, words)

    # -- the plan -----------------------------------------------------------------------

    def _plan(self, weight_g: int | None) -> Plan | None:
        """The plan; what a plan file with these words would be refused for is wrong here too."""
        try:
            return Plan.model_validate(self._tables(weight_g))
        except ValidationError as error:
            places = [_place(found["loc"]) for found in error.errors(include_url=False)]
            for place, fault in zip(places, faults_in(error, Plan), strict=True):
                self._lacks(place, Lack.WRONG, fault.wrong)
            return None

    def _tables(self, weight_g: int | None) -> dict[str, object]:
        draft = self.draft
        tables: dict[str, object] = {
            "title": draft.get("title") or self._title(),
            "indication": draft.get("indication"),
            "needle": _canonical(draft.get("needle"), DEPTH),
            "syringe": _canonical(draft.get("syringe"), VOLUME),
            "mixture": [self._product_table(at) for at in range(draft.products)],
            "step": [self._step_table(at) for at in range(draft.steps)],
        }
        if draft.get("purpose"):
            tables["purpose"] = draft.get("purpose")
        patient = self._patient_table(weight_g) if draft.realm is Realm.TRAINING else {}
        if patient:
            tables["patient"] = patient
        return tables

    def _title(self) -> str:
        code = self.draft.get("indication")
        indication = self.library.figures.indication.get(code)
        return code if indication is None else indication.name

    def _product_table(self, at: int) -> dict[str, object]:
        draft, place = self.draft, f"mixture.{at}"
        table: dict[str, object] = {
            "product": draft.get(f"{place}.product"),
            "product_class": draft.get(f"{place}.product_class"),
            "volume": _canonical(draft.get(f"{place}.volume"), VOLUME),
            "multi_dose": draft.said(f"{place}.multi_dose") is True,
        }
        if draft.get(f"{place}.concentration"):
            table["concentration"] = _canonical(draft.get(f"{place}.concentration"), CONCENTRATION)
        if draft.get(f"{place}.lot"):
            table["lot"] = draft.get(f"{place}.lot")
        if draft.get(f"{place}.expiry"):
            table["expiry"] = date.fromisoformat(draft.get(f"{place}.expiry"))
        return table

    def _step_table(self, at: int) -> dict[str, object]:
        draft, place = self.draft, f"step.{at}"
        table: dict[str, object] = {
            name: _canonical(draft.get(f"{place}.{name}"), quantity)
            for name, quantity in FIGURES.items()
        }
        table |= {name: draft.get(f"{place}.{name}") for name in ("technique", "zone", "mode")}
        table["shots"] = int(draft.get(f"{place}.shots"))
        if table["mode"] == ModeKind.BURST:
            table["burst"] = int(draft.get(f"{place}.burst"))
        if draft.get(f"{place}.override"):
            table["override"] = draft.get(f"{place}.override")
        return table

    def _patient_table(self, weight_g: int | None) -> dict[str, object]:
        draft, table = self.draft, dict[str, object]()
        if weight_g is not None:
            table["weight"] = WEIGHT.format(weight_g)
        if draft.said("athlete"):
            table["athlete"] = True
        if draft.get("allergies"):
            table["allergies"] = draft.get("allergies").split()
        conditions: dict[str, bool | str] = {}
        for code in self._asked():
            said = draft.said(f"condition.{code}")
            if said is not None:
                conditions[code] = (draft.get(f"reason.{code}") or True) if said else False
        if conditions:
            table["conditions"] = conditions
        if draft.elsewhere:
            table["elsewhere"] = [
                {"product": each.product, "dose": MASS.format(each.dose_ng)}
                for each in draft.elsewhere
            ]
        return table

    # -- one place ----------------------------------------------------------------------

    def _lacks(self, place: str, lack: Lack = Lack.MISSING, words: str = "") -> None:
        self.open.append(Open(place, lack, words))

    def _needed(self, place: str) -> str:
        text = self.draft.get(place)
        if not text:
            self._lacks(place)
        return text

    def _amount(
        self,
        place: str,
        quantity: Quantity,
        least: int = 1,
        most: int = MAX_FIGURE,
        *,
        needed: bool = True,
    ) -> int | None:
        text = self.draft.get(place)
        if not text:
            if needed:
                self._lacks(place)
            return None
        try:
            found = read_amount(text, quantity.parse)
        except ValueError as error:
            self._lacks(place, Lack.WRONG, number(getattr(error, "why", str(error))))
            return None
        if not least <= found <= most:
            words = _("from {least} to {most}").format(
                least=number(quantity.format(least)), most=number(quantity.format(most))
            )
            self._lacks(place, Lack.WRONG, words)
            return None
        return found

    def _count(self, place: str) -> int | None:
        text = self._needed(place)
        if not text:
            return None
        if not _COUNT.fullmatch(text):
            self._lacks(place, Lack.WRONG, _("a whole number, as in 48"))
            return None
        return int(text)

    def _day(self, place: str) -> date | None:
        text = self.draft.get(place)
        if not text:
            return None
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass  # 30 February has the form of a day
        self._lacks(place, Lack.WRONG, _("a day as year, month and day, as in 2031-02-28"))
        return None


_PLAN: Final = ("indication", "weight", "needle", "syringe", "mixture", "step", "title")


def _of_plan(each: Open) -> bool:
    """Whether there can be no plan while that is open."""
    if each.lack is Lack.MISSING and each.place.endswith(".lot"):
        return False  # it is for the record: a plan can do without
    return each.place != "needle_expiry" and each.place.split(".", maxsplit=1)[0] in _PLAN


def _place(loc: tuple[int | str, ...]) -> str:
    """A place of a plan as the draft names it; what is wrong with a whole step is at its shots."""
    if len(loc) == 2 and loc[0] == "step":
        return f"step.{loc[1]}.shots"
    if loc and loc[0] == "patient":
        return {"conditions": "reason", "weight": "weight"}.get(str(loc[1]), "allergies") + (
            f".{loc[2]}" if len(loc) > 2 and loc[1] == "conditions" else ""
        )
    return ".".join(str(part) for part in loc)


def _canonical(text: str, quantity: Quantity) -> str:
    """An amount that was read before, as a plan file writes it."""
    return quantity.format(read_amount(text, quantity.parse))


def answer_text(said: bool | str) -> tuple[str, str]:
    """A plan's answer to a condition as a draft holds it: the answer, and the reason."""
    return (YES if said is not False else NO), said if isinstance(said, str) else ""
