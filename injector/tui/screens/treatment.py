"""The treatment screen: everything that is needed while one works, and nothing else."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from typing_extensions import override

from injector.control.again import plan_and_library
from injector.control.snapshot import SessionView
from injector.control.states import State
from injector.control.wants import TakeOver
from injector.limits.library import Library
from injector.shotlog.errors import LogError
from injector.shotlog.reader import LogReader
from injector.staff.roles import Act, Person, Role
from injector.treatment.plan import Plan
from injector.tui.desk import Place
from injector.tui.dialogs.add_step import AddStepDialog
from injector.tui.dialogs.adverse import AdverseDialog
from injector.tui.dialogs.colleague import ColleagueDialog
from injector.tui.dialogs.form import FormDialog
from injector.tui.dialogs.hand_shots import HandShotsDialog
from injector.tui.dialogs.limit_override import OverrideDialog
from injector.tui.dialogs.needle import NeedleDialog
from injector.tui.dialogs.note import NoteDialog
from injector.tui.dialogs.pin import PinDialog
from injector.tui.dialogs.prime import PrimeDialog
from injector.tui.dialogs.resume import ResumeDialog
from injector.tui.dialogs.steps import StepChoice, StepsDialog
from injector.tui.dialogs.syringe import SyringeDialog
from injector.tui.dialogs.zone import ZoneDialog
from injector.tui.keys import TREATMENT
from injector.tui.look import View, step_at_hand
from injector.tui.screens.base import ConsoleScreen
from injector.tui.screens.next_step import NextStep
from injector.tui.speech import _
from injector.tui.widgets.keys import KeysLine
from injector.tui.widgets.limits import Limits
from injector.tui.widgets.progress import Progress
from injector.tui.widgets.pull import PullReason
from injector.tui.widgets.shots import Shots
from injector.tui.widgets.sparks import Sparks


class TreatmentScreen(ConsoleScreen):
    """The screen of a session under way."""

    KEYS = TREATMENT
    BINDINGS: ClassVar[list[BindingType]] = [key.binding() for key in TREATMENT]

    def __init__(self) -> None:
        super().__init__()
        self._next: Final = NextStep()

    @override
    def compose(self) -> ComposeResult:
        yield from self.top(PullReason())
        with Horizontal(id="middle"):
            yield Limits()
            yield Progress()
        yield Sparks()
        yield Shots()
        yield KeysLine(TREATMENT)

    @override
    def show(self, view: View) -> None:
        super().show(view)
        step = self._next.look(view.state, self.console.desk.clock_us())
        if step is not None:
            self.console.arm(step)

    # -- the session -------------------------------------------------------------------

    def action_open_session(self) -> None:
        """Open a training session with the plan of the command line."""
        self.console.open_planned()

    def action_arm(self) -> None:
        """Arm the first unfinished step; where all are done, the engine says so."""
        self._next.forget()
        self.console.arm()

    def action_end_session(self) -> None:
        """End the session; asks what is to be known of it first."""
        self._next.forget()
        self.console.end_session()

    def action_limits(self) -> None:
        """Show every limit."""
        self.console.show_limits()

    def action_alarms(self) -> None:
        """Show the alarms, and what to do about them."""
        self.console.show_alarms()

    def action_home(self) -> None:
        """To the home screen; `b` there leads back while a session is open."""
        self.console.go(Place.HOME)

    def action_resume(self) -> None:
        """Go on with a session that was found open, or stood idle."""
        session = self._session()
        if session is None:
            return
        if not session.confirm:
            self.console.say(_("The session is going on: there is nothing to say again."))
            return
        if not session.recovered:
            self._form(ResumeDialog(session, self.console, None, None))
            return
        log = self.console.desk.log
        self.run_worker(lambda: self._read(log, session), thread=True, exclusive=True)

    def _read(self, log: Path, session: SessionView) -> None:
        """Read what the session was opened with; on a thread of its own."""
        plan, library = None, None
        with suppress(LogError), LogReader.open(log) as reader:
            plan, library = plan_and_library(reader, session.id)
        self.app.call_from_thread(self._ask_again, session, plan, library)

    def _ask_again(self, session: SessionView, plan: Plan | None, library: Library | None) -> None:
        self._form(ResumeDialog(session, self.console, plan, library))

    # -- acts inside a session -----------------------------------------------------------

    def action_steps(self) -> None:
        """Go on with another step, or add one."""
        session = self._session()
        if session is not None:
            self.app.push_screen(StepsDialog(session), self._on_step)

    def _on_step(self, chosen: StepChoice) -> None:
        state, session = self.console.newest, self._session()
        if chosen is None or state is None or session is None:
            return
        if chosen == "add":
            at = step_at_hand(session)
            here = session.steps[at].zone if at is not None and session.steps else None
            zones = tuple(self._library.figures.zone)
            self.app.push_screen(ZoneDialog(zones, here), self._on_zone)
        elif state.state is State.READY:
            self.console.arm(chosen)
        else:
            self._next.want(chosen, state, self.console.desk.clock_us())
            self.console.disarm()

    def _on_zone(self, zone: str | None) -> None:
        session = self._session()
        if zone is not None and session is not None:
            self._form(AddStepDialog(session, self._library, zone, self.console.by))

    def action_hand_shots(self) -> None:
        """Record shots by hand."""
        self._with_session(lambda session: HandShotsDialog(session, self._library, self._by))

    def action_prime(self) -> None:
        """Arm priming."""
        self._with_session(lambda _session: PrimeDialog(self._by))

    def action_syringe(self) -> None:
        """Load another syringe."""
        self._with_session(lambda session: SyringeDialog(session, self._by))

    def action_needle(self) -> None:
        """Change the needle."""
        today = self.console.desk.today()
        self._with_session(lambda session: NeedleDialog(session, today, self._by))

    def action_note(self) -> None:
        """Write a note."""
        self._with_session(lambda _session: NoteDialog(self._by))

    def action_adverse(self) -> None:
        """Record an adverse event."""
        self._with_session(lambda session: AdverseDialog(session, self._library, self._by))

    def action_colleague(self) -> None:
        """A colleague takes the session over, and is at the console from then on."""
        session, staff = self._session(), self.console.desk.staff
        if session is None:
            return
        if staff is None:
            here = self.console.person
            role = Role.PRACTITIONER if here is None else here.role
            self.app.push_screen(ColleagueDialog(role), self._on_colleague)
        else:
            why = _("A colleague takes the session over")
            dialog = PinDialog(staff, why, act=_act(session))
            self.app.push_screen(dialog, self._on_colleague_s_pin)

    def _on_colleague_s_pin(self, who: str | None) -> None:
        staff = self.console.desk.staff
        known = None if who is None or staff is None else staff.read().working(who)
        if known is not None:
            self._on_colleague(Person(known.id, known.name, known.role))

    def _on_colleague(self, person: Person | None) -> None:
        if person is not None:
            self.console.post(TakeOver(person.id))
            self.console.sign_in(person)

    def action_override_limit(self) -> None:
        """Let soft limits be passed in one step; a PIN says whose word it is, where one has any."""
        session = self._session()
        if session is None:
            return
        staff = self.console.desk.staff
        if staff is None:
            self._form(OverrideDialog(session, self._by))
        else:
            why = _("Who lets soft limits be passed?")
            dialog = PinDialog(staff, why, known=self._by, act=_act(session))
            self.app.push_screen(dialog, self._on_vouched)

    def _on_vouched(self, who: str | None) -> None:
        session = self._session()
        if who is not None and session is not None:
            self._form(OverrideDialog(session, who))

    # -- the same for all ----------------------------------------------------------------

    @property
    def _by(self) -> str:
        return self.console.by

    @property
    def _library(self) -> Library:
        return self.console.desk.library

    def _session(self) -> SessionView | None:
        """The session that is open; says so where there is none."""
        state = self.console.newest
        session = None if state is None else state.session
        if session is None:
            self.console.say(_("No session is open."), wrong=True)
        return session

    def _with_session(self, build: Callable[[SessionView], FormDialog]) -> None:
        session = self._session()
        if session is not None:
            self._form(build(session))

    def _form(self, dialog: FormDialog) -> None:
        self._next.forget()
        self.app.push_screen(dialog, self.console.post_all)


def _act(session: SessionView) -> Act:
    """What one must be allowed to do in such a session."""
    return Act.TREAT if session.realm == "clinical" else Act.TRAIN
