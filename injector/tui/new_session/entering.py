"""What is entered of a new session: the draft, what is known, and what follows from each field.

Nothing here draws. The screen puts texts in, and shows what the draft is read and judged to
come to.
"""

from collections.abc import Callable
from typing import Final

from injector.control.past import same
from injector.control.snapshot import ConsoleState
from injector.limits.realm import Realm
from injector.treatment.gs1 import ScanError
from injector.treatment.gs1 import read as read_code
from injector.tui.desk import Desk
from injector.tui.draft.judging import NOBODY, Judged, PatientPast, judge_draft
from injector.tui.draft.plans import from_plan
from injector.tui.draft.reading import Reading, read
from injector.tui.draft.sheet import SessionDraft
from injector.tui.draft.suggest import suggest_for_indication, suggest_for_step
from injector.tui.new_session.form import Note, Sign
from injector.tui.new_session.known import Known
from injector.tui.new_session.notes import scan_fault_words, scanned_words

_PLANNED: Final = ("indication", "purpose", "title", "mixture", "step", "syringe", "needle")
"""What a plan says: repeating or choosing one replaces it, and nothing else."""


class Entering:
    """A draft in the making.

    ``desk`` and ``newest`` give the console's desk and its newest snapshot; ``read_past`` is
    told the pseudonym whose past is wanted, which comes back by `take_past`.
    """

    def __init__(
        self,
        desk: Callable[[], Desk],
        newest: Callable[[], ConsoleState | None],
        read_past: Callable[[str], None],
    ) -> None:
        self.draft = SessionDraft()
        self.known = Known()
        """Patients and plans that are known here."""
        self.scanned: dict[str, Note] = {}
        """What came of each code that was scanned, by its field."""
        self._desk, self._newest, self._read_past = desk, newest, read_past
        self._past: PatientPast = NOBODY

    def begin(self, realm: Realm) -> None:
        """An empty draft."""
        self.draft = SessionDraft(realm)
        self.draft.put("realm", realm.value)

    @property
    def known_patient(self) -> bool:
        """Whether the log knows the pseudonym that was entered."""
        wanted = same(self.draft.get("pseudonym"))
        return any(same(each.pseudonym) == wanted for each in self.known.patients)

    def read(self) -> Reading:
        """Read the draft as it stands."""
        known = self._past.known or self.known_patient
        return read(self.draft, self._desk().library, known=known)

    def judge(self, reading: Reading) -> Judged:
        """Judge what it was read to come to."""
        state, desk = self._newest(), self._desk()
        device = None if state is None else state.envelope
        return judge_draft(self.draft, reading, desk.library, device, desk.today(), self._past)

    # -- what comes in ------------------------------------------------------------------

    def enter(self, place: str, text: str) -> bool:
        """Put a text into the draft, and what follows; whether it is another than before."""
        if text == self.draft.get(place):
            return False
        self.draft.put(place, text)
        self._follow(place, text)
        return True

    def take_past(self, pseudonym: str, past: PatientPast) -> bool:
        """Judge by a patient's past from now on; whether they are still the one."""
        if same(pseudonym) != same(self.draft.get("pseudonym")):
            return False
        self._past = past
        return True

    def take_plan(self, planned: SessionDraft) -> None:
        """Put a plan into the draft in place of the one there; what else was entered stays."""
        draft = self.draft
        for table in (draft.texts, draft.proposed):
            for place in [place for place in table if _is_planned(place)]:
                del table[place]
        draft.texts |= {p: text for p, text in planned.texts.items() if p != "pseudonym"}
        draft.proposed |= planned.proposed
        draft.products, draft.steps = planned.products, planned.steps
        draft.elsewhere = planned.elsewhere
        self.scanned.clear()

    def scan(self, place: str, text: str) -> bool:
        """Fill in lot and expiry from a code, as much of them as it has; whether it was read."""
        target = place.removeprefix("scan.")
        lot = "needle_lot" if target == "needle" else f"{target}.lot"
        expiry = "needle_expiry" if target == "needle" else f"{target}.expiry"
        try:
            said = read_code(text, self._desk().today())
        except ScanError as error:
            self.scanned[place] = Note(Sign.WRONG, scan_fault_words(error))
            return False
        # A part that this code lacks must not stay from another code.
        self.draft.put(lot, said.lot or "")
        self.draft.put(expiry, "" if said.expiry is None else said.expiry.isoformat())
        self.scanned[place] = Note(Sign.PROPOSED, scanned_words(said))
        return True

    # -- what follows -------------------------------------------------------------------

    def _follow(self, place: str, text: str) -> None:
        draft, library = self.draft, self._desk().library
        match place.split("."):
            case ["realm"] | ["plan"]:
                self._begin_anew(Realm(draft.get("realm")), draft.get("plan"))
            case ["pseudonym"]:
                draft.forget_patient()
                self._past = PatientPast(known=self.known_patient)
                if self._past.known:
                    self._read_past(text)
            case ["stands_by"]:
                draft.put("stands_by", draft.get("pseudonym") if text else "")
            case ["indication"]:
                draft.put("title", "")
                suggest_for_indication(draft, library)
                for at in range(draft.steps):
                    self._suggest(at)
            case ["needle"]:
                for at in range(draft.steps):
                    self._suggest(at)
            case ["step", at, "technique" | "zone" | "depth"]:
                self._suggest(int(at))
            case ["mixture", _at, "product"]:
                known = library.figures.product.get(text)
                draft.put(f"{place}_class", "" if known is None else known.product_class)
            case _:
                pass

    def _begin_anew(self, realm: Realm, plan: str) -> None:
        """Another realm or another plan: nothing that was said for one counts for the other.

        A clinical draft keeps what was said of its patient when a plan is chosen for it.
        """
        same_patient = self.draft.realm is realm is Realm.CLINICAL
        if not same_patient:
            self.draft = SessionDraft(realm)
            self._past = NOBODY
            self.scanned.clear()
        self.draft.put("realm", realm.value)
        self.draft.put("plan", plan)
        if plan in self.known.plans:
            self.take_plan(from_plan(self.known.plans[plan], realm))

    def _suggest(self, at: int) -> None:
        state = self._newest()
        device = None if state is None else state.envelope
        suggest_for_step(self.draft, at, self.read(), self._desk().library, device)


def _is_planned(place: str) -> bool:
    return place.split(".", maxsplit=1)[0] in _PLANNED
