"""A new session: its pages, one after the other, and the way into the treatment.

What is entered is a draft (`injector.tui.draft`); after each key it is read and judged
anew, and what is open or passed stands beside its field. Nothing is decided here: F8 on the
summary sends the draft to the engine as it is, and the engine's answer is shown.
"""

from dataclasses import dataclass
from enum import Enum, unique
from typing import ClassVar, Final, TypeGuard

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static
from typing_extensions import override

from injector.control.snapshot import ConsoleState, Denial, Denied
from injector.limits.realm import Realm
from injector.staff.roles import Act
from injector.tui.desk import Place
from injector.tui.dialogs.pick import PickDialog
from injector.tui.draft.intents import opening, records
from injector.tui.draft.judging import Judged, Outcome, PatientPast
from injector.tui.draft.reading import Reading
from injector.tui.draft.sheet import SessionDraft
from injector.tui.draft.suggest import suggest_for_indication
from injector.tui.keys import NEW_SESSION, key_of
from injector.tui.look import View
from injector.tui.new_session import known as files
from injector.tui.new_session.controls import Entered, GoOn, PatientControl, TextControl, Wanted
from injector.tui.new_session.entering import Entering
from injector.tui.new_session.field import Desk, Field, Kind
from injector.tui.new_session.form import Form
from injector.tui.new_session.known import Known
from injector.tui.new_session.notes import notes_of, open_of
from injector.tui.new_session.pages import MIXTURE, PAGES, STEPS, SUMMARY, WHO, page_of
from injector.tui.new_session.summary import Summary, open_words, summary, verdict
from injector.tui.screens.base import ConsoleScreen
from injector.tui.speech import _
from injector.tui.widgets.keys import KeysLine
from injector.tui.words import denied_words

_ANSWER_S: Final = 2.0
"""How long the engine's answer is waited for; an intent expires after one second."""
_PATIENT_DENIALS: Final = (Denial.QUESTIONED, Denial.NO_PATIENT)


@unique
class _Copying(Enum):
    """A plan is being read from the log."""

    ALONE = "alone"
    THEN_ON = "then_on"
    """The next page is wanted as soon as it is there."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A session that the engine was asked to open."""

    session: str
    denied_before: Denied | None


class NewSessionScreen(ConsoleScreen):
    """The pages of a new session."""

    KEYS = NEW_SESSION
    BINDINGS: ClassVar[list[BindingType]] = [key.binding() for key in NEW_SESSION]

    class Loaded(Message):
        """What is known was read."""

        def __init__(self, known: Known) -> None:
            super().__init__()
            self.known = known

    class PastCame(Message):
        """A patient's past was read."""

        def __init__(self, pseudonym: str, past: PatientPast) -> None:
            super().__init__()
            self.pseudonym, self.past = pseudonym, past

    class Copied(Message):
        """The plan of a last session was read; None where there is none."""

        def __init__(self, draft: SessionDraft | None) -> None:
            super().__init__()
            self.draft = draft

    def __init__(self) -> None:
        super().__init__()
        self.entering = Entering(
            lambda: self.console.desk, lambda: self.console.newest, self._read_past
        )
        self._page = WHO
        self._fields: list[Field] = []
        self._asked: _Asked | None = None
        self._copying: _Copying | None = None
        self._refused = ""
        self._form, self._summary, self._title = Form(), Summary(), Static("", id="page")

    @override
    def compose(self) -> ComposeResult:
        yield from self.top()
        yield self._title
        yield self._form
        yield self._summary
        yield KeysLine(NEW_SESSION)

    async def on_mount(self) -> None:
        """Begin with the first page, and read what is known."""
        realms = self._realms()
        realm = Realm.CLINICAL if Realm.CLINICAL in realms else Realm.TRAINING
        self.entering.begin(realm)
        desk = self.console.desk
        self.run_worker(
            lambda: self.post_message(self.Loaded(files.known(desk.log, desk.plan))),
            thread=True,
            group="known",
        )
        await self._show_page(WHO, "pseudonym" if realm is Realm.CLINICAL else "plan")

    @property
    def _draft(self) -> SessionDraft:
        return self.entering.draft

    def _realms(self) -> tuple[Realm, ...]:
        """What the person at the console may open."""
        person = self.console.person
        if person is None:
            return ()
        acts = ((Realm.TRAINING, Act.TRAIN), (Realm.CLINICAL, Act.TREAT))
        return tuple(realm for realm, act in acts if person.may(act))

    @override
    def realm(self) -> str | None:
        return self._draft.realm.value

    # -- what was read ------------------------------------------------------------------

    async def on_new_session_screen_loaded(self, event: Loaded) -> None:
        """Offer the patients and plans that are known."""
        self.entering.known = event.known
        await self._refresh()

    async def on_new_session_screen_past_came(self, event: PastCame) -> None:
        """Judge by the patient's past, if they are still the one."""
        if self.entering.take_past(event.pseudonym, event.past):
            await self._refresh()

    async def on_new_session_screen_copied(self, event: Copied) -> None:
        """Take the plan over; what else was entered stays."""
        waits, self._copying = self._copying, None
        if event.draft is None:
            self.console.say(_("no session to repeat is known here"), wrong=True)
            return
        self.entering.take_plan(event.draft)
        self.console.say(_("the plan is copied; answers, lots and expiries are asked for anew"))
        await self._refresh()
        if waits is _Copying.THEN_ON:
            await self.action_forward()

    # -- what is entered ------------------------------------------------------------------

    async def on_entered(self, event: Entered) -> None:
        """Put it into the draft, and what follows from it."""
        event.stop()
        if event.place.startswith("scan."):
            await self._scan(event.place, event.text)
        elif self._enter(event.place, event.text):
            await self._refresh()

    def _enter(self, place: str, text: str) -> bool:
        """Put a text into the draft; whether it is another one than before."""
        changed = self.entering.enter(place, text)
        if changed:
            self._refused = ""
        return changed

    def _take_typed(self) -> None:
        """Take what was typed and is still on its way: keys may come faster than messages."""
        for row in self._form.rows:
            if isinstance(row.control, TextControl) and row.field.kind is not Kind.SCAN:
                self._enter(row.field.place, row.control.value)

    def _read_past(self, pseudonym: str) -> None:
        log = self.console.desk.log
        self.run_worker(
            lambda: self.post_message(self.PastCame(pseudonym, files.past(log, pseudonym))),
            thread=True,
            exclusive=True,
            group="past",
        )

    async def _scan(self, place: str, text: str) -> None:
        """Fill in lot and expiry from a code, and go on where it could be read."""
        read = self.entering.scan(place, text)
        row = self._form.row(place)
        if row is not None and row.control is not None:
            row.control.show_text("")
        await self._refresh()
        if read:
            self._form.go_on(place)

    async def on_go_on(self, event: GoOn) -> None:
        """Accept what is proposed there, and go to the next field."""
        event.stop()
        self._draft.accept([event.place])
        await self._refresh()
        self._form.go_on(event.place)

    def on_wanted(self, event: Wanted) -> None:
        """Show the list of what can be chosen."""
        event.stop()
        field = event.field
        several = field.kind is Kind.SEVERAL
        text = self._draft.get(field.place)
        options = [(option.code, option.words) for option in field.options]
        dialog = PickDialog(field.label, options, text.split() if several else [text])
        self.app.push_screen(dialog, lambda code: self._picked(field, code))

    def _picked(self, field: Field, code: str | None) -> None:
        if code is None:
            return
        text = code
        if field.kind is Kind.SEVERAL:
            codes = self._draft.get(field.place).split()
            kept = [each for each in codes if each != code]
            text = " ".join(kept if code in codes else [*codes, code])
        self.post_message(Entered(field.place, text))
        if field.kind is Kind.CHOICE:
            self.post_message(GoOn(field.place))

    def on_patient_control_chosen(self, event: PatientControl.Chosen) -> None:
        """Show which patient is pointed at."""
        event.stop()
        row = self._form.row("pseudonym")
        if row is not None:
            row.show_known()

    # -- showing ------------------------------------------------------------------------

    def _desk(self, reading: Reading) -> Desk:
        plans = {key: plan.title for key, plan in self.entering.known.plans.items()}
        return Desk(self._draft, reading, self.console.desk.library, self._realms(), plans)

    async def _show_page(self, page: int, place: str | None = None) -> None:
        """Go to a page, the cursor at a place of it."""
        self._page = page
        self._fields = []
        await self._refresh()
        if page == SUMMARY:
            self._summary.focus()
            self._summary.scroll_home(animate=False)
        else:
            self._form.focus_place(place)

    async def _refresh(self) -> None:
        """Read and judge the draft, and show what it comes to."""
        reading = self.entering.read()
        judged = self.entering.judge(reading)
        fields_of = PAGES[self._page].fields
        self._form.display, self._summary.display = fields_of is not None, fields_of is None
        lacking = open_of(reading, judged)
        self._title.update(
            Content.assemble(
                (f"{self._page + 1}/{len(PAGES)} {_(PAGES[self._page].title)}", "bold"),
                f" · {open_words(len(lacking))} · ",
                verdict(judged, whole=not lacking),
            )
        )
        if fields_of is None:
            library = self.console.desk.library
            text = summary(self._draft, reading, judged, library, self._refused)
            self._summary.show_text(text)
            return
        fields = fields_of(self._desk(reading))
        if fields != self._fields:
            self._fields = fields
            await self._form.fill(fields, self._draft.texts)
        notes = notes_of(reading, judged)
        for place, note in self.entering.scanned.items():
            notes.setdefault(place, []).append(note)
        names = tuple(each.pseudonym for each in self.entering.known.patients)
        for row in self._form.rows:
            here = row.field.place
            row.show(self._draft.get(here), notes.get(here, []))
            if isinstance(row.control, PatientControl):
                row.control.fit(names)
                row.show_known()

    @override
    def show(self, view: View) -> None:
        super().show(view)
        self._watch(view.state)

    # -- keys ---------------------------------------------------------------------------

    async def action_forward(self) -> None:
        """Go on to the next page with something open; on the summary, open the session."""
        if self._copying is not None:
            self._copying = _Copying.THEN_ON
            return
        self._take_typed()
        reading = self.entering.read()
        judged = self.entering.judge(reading)
        pages = sorted({page_of(each.place) for each in open_of(reading, judged)})
        if self._page == SUMMARY:
            if pages:
                await self._go_to_open(pages[0], reading, judged)
            else:
                self._open(reading, judged)
            return
        await self._go_to_open(
            next((page for page in pages if page > self._page), SUMMARY), reading, judged
        )

    async def _go_to_open(self, page: int, reading: Reading, judged: Judged) -> None:
        """Go to a page, the cursor at the first place that is open on it."""
        here = {each.place for each in open_of(reading, judged) if page_of(each.place) == page}
        await self._show_page(page)
        for row in self._form.rows:
            if row.field.place in here:
                self._form.focus_place(row.field.place)
                return

    async def action_back(self) -> None:
        """Go back a page; from the first one, leave."""
        self._take_typed()
        if self._page == WHO:
            self.console.go(Place.HOME)
        else:
            await self._show_page(self._page - 1)

    def action_repeat(self) -> None:
        """Copy the plan of the patient's last session; in training, of the last one in training."""
        self._take_typed()
        clinical = self._draft.realm is Realm.CLINICAL
        pseudonym = self._draft.get("pseudonym") if clinical else None
        if clinical and not self.entering.known_patient:
            self.console.say(_("no session to repeat is known here"), wrong=True)
            return
        log, self._copying = self.console.desk.log, _Copying.ALONE
        self.run_worker(
            lambda: self.post_message(self.Copied(files.last(log, pseudonym))),
            thread=True,
            exclusive=True,
            group="copied",
        )

    async def action_accept(self) -> None:
        """Stand by everything that this page proposes."""
        self._take_typed()
        self._draft.accept([field.place for field in self._fields])
        await self._refresh()

    async def action_add_line(self) -> None:
        """Add a product, or a step."""
        if self._page == MIXTURE:
            self._draft.add_product()
            await self._show_page(MIXTURE, f"mixture.{self._draft.products - 1}.product")
        elif self._page == STEPS:
            self._draft.add_step()
            suggest_for_indication(self._draft, self.console.desk.library)
            await self._show_page(STEPS, f"step.{self._draft.steps - 1}.technique")

    async def action_remove_line(self) -> None:
        """Take out the product or step that the cursor is in."""
        place = (self._form.place or "").removeprefix("scan.").split(".")
        if len(place) < 2 or not place[1].isdigit():
            return
        if place[0] == "mixture":
            self._draft.remove_product(int(place[1]))
            self.entering.scanned.clear()
            await self._show_page(MIXTURE)
        elif place[0] == "step":
            self._draft.remove_step(int(place[1]))
            await self._show_page(STEPS)

    # -- opening ------------------------------------------------------------------------

    def _open(self, reading: Reading, judged: Judged) -> None:
        """Ask the engine to open the session."""
        person, state, desk = self.console.person, self.console.newest, self.console.desk
        if self._asked is not None or person is None or reading.plan is None:
            return
        if self._draft.realm not in self._realms():
            self._not_opened(_("Your role may not open such a session"))
            return
        if judged.outcome is Outcome.REFUSED:
            self._not_opened(_("Not opened: the limits below refuse it"))
            return
        intent = opening(
            self._draft, reading, reading.plan, desk.library, person.id, desk.random_bytes
        )
        asked = _Asked(intent.session, None if state is None else state.denied)
        self._asked = asked
        self.console.post(intent)
        self.set_timer(_ANSWER_S, lambda: self._waited(asked))

    def _not_opened(self, why: str) -> None:
        """Say why not, at the top of the summary."""
        self._asked = None
        self._refused = why
        self._summary.scroll_home(animate=False)
        self.call_later(self._refresh)

    def _watch(self, state: ConsoleState) -> None:
        """See what became of the session that was asked for."""
        asked, person = self._asked, self.console.person
        if asked is None:
            return
        if state.session is not None and state.session.id == asked.session:
            self._asked = None
            if person is not None:
                for record in records(self._draft, self.console.desk.library, person.id):
                    self.console.post(record)
            self.console.go(Place.TREATMENT)
        elif state.denied != asked.denied_before and _of_opening(state.denied):
            self._denied(state.denied)

    def _waited(self, asked: _Asked) -> None:
        """The engine should have answered by now."""
        if self._asked is not asked:
            return
        state = self.console.newest
        if state is not None and _of_opening(state.denied):
            self._denied(state.denied)
        else:
            self._not_opened(
                _("The engine did not answer; {key} asks again").format(key=key_of("forward"))
            )

    def _denied(self, denied: Denied) -> None:
        """Say why not, on the page where it belongs."""
        self._asked = None
        self._refused = denied_words(denied)
        page = WHO if denied.why in _PATIENT_DENIALS else SUMMARY
        self.call_later(self._show_page, page, "pseudonym")


def _of_opening(denied: Denied | None) -> TypeGuard[Denied]:
    """Whether it is the opening of a session that was not followed."""
    return denied is not None and denied.intent == "open_session"
