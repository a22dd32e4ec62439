"""What a person may want of the engine: each key's act, as an intent or as a question first.

Apart from `injector.tui.app`, and loaded when the first act is wanted: what intents and
dialogs are made of takes longer to load than the first screen to draw.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from injector.control.inputs import (
    AcceptForeign,
    AcknowledgeAlarm,
    AcknowledgeGap,
    Arm,
    CloseSession,
    Disarm,
    Intent,
    OpenSession,
    PauseAlarms,
    ReleaseStop,
    TakeLink,
)
from injector.control.snapshot import SessionView
from injector.shotlog.entries import new_session_id
from injector.staff.file import Unlocked
from injector.tui.desk import Place
from injector.tui.dialogs.alarm import AlarmDialog
from injector.tui.dialogs.ask import AskDialog
from injector.tui.dialogs.close import CloseDialog
from injector.tui.dialogs.gap import GapChoice, GapDialog
from injector.tui.dialogs.pages import PageDialog, help_page, limits_page
from injector.tui.dialogs.passphrase import PassphraseDialog
from injector.tui.keys import Key
from injector.tui.look import next_step, to_acknowledge
from injector.tui.signing import Signing
from injector.tui.speech import _, plural

if TYPE_CHECKING:
    from injector.tui.app import ConsoleApp


class Acts:
    """Acts of whoever is at the console."""

    def __init__(self, app: "ConsoleApp") -> None:
        self._app: Final = app

    @property
    def _session(self) -> SessionView | None:
        newest = self._app.newest
        return None if newest is None else newest.session

    def open_planned(self) -> None:
        """Open a training session with the plan of the command line, where there is one."""
        desk = self._app.desk
        if desk.plan is None:
            self._app.go(Place.NEW_SESSION)
            return
        session = new_session_id("training", desk.random_bytes(8))
        self._app.post(OpenSession(session, "training", desk.plan, desk.library, self._app.by))

    def arm(self, step: int | None) -> None:
        """Arm a step; by itself the first unfinished one. Where all are done the engine says so."""
        session = self._session
        if step is None:
            step = 0 if session is None else next_step(session)
        last = 0 if session is None else len(session.steps) - 1
        self._app.post(Arm(last if step is None else step, self._app.by))

    def disarm(self, reason: str = "operator") -> None:
        """Let the grant go."""
        self._app.post(Disarm(self._app.by, reason))

    def release(self) -> None:
        """Release STOP."""
        self._app.post(ReleaseStop(self._app.by))

    def acknowledge(self) -> None:
        """Acknowledge the most urgent alarm."""
        newest = self._app.newest
        alarm = None if newest is None else to_acknowledge(newest)
        if alarm is not None:
            self._app.post(AcknowledgeAlarm(alarm.code, self._app.by))

    def show_alarms(self) -> None:
        """Show the most urgent alarm, and what to do about it."""
        if not any(isinstance(screen, AlarmDialog) for screen in self._app.screen_stack):
            self._app.push_screen(AlarmDialog())

    def silence(self) -> None:
        """Silence the alarms for a while."""
        self._app.post(PauseAlarms(self._app.by))

    def gap(self) -> None:
        """Show the gaps and ask how to go on."""
        newest = self._app.newest
        if newest is not None and newest.gaps:
            gaps = newest.gaps
            self._app.push_screen(GapDialog(newest), lambda chosen: self._on_gap(chosen, gaps))

    def _on_gap(self, chosen: GapChoice | None, gaps: tuple[int, ...]) -> None:
        if chosen is GapChoice.GO_ON:
            for gap in gaps:
                self._app.post(AcknowledgeGap(gap, self._app.by))
        elif chosen is GapChoice.END:
            self._app.post(CloseSession(self._app.by, "gap"))

    def accept_foreign(self) -> None:
        """Accept entries of another log."""
        self._app.post(AcceptForeign(self._app.by))

    def take(self) -> None:
        """Take the link back."""
        self._app.post(TakeLink(self._app.by))

    def end_session(self) -> None:
        """End the session: asks what is to be known of it, and says what is missing."""
        session = self._session
        if session is None:
            self._app.post(CloseSession(self._app.by))  # the engine says that there is none
        else:
            self._app.push_screen(
                CloseDialog(session, self._app), lambda intents: self._close(session.id, intents)
            )

    def _close(self, session: str, intents: tuple[Intent, ...] | None) -> None:
        """Send what the end's form wants; where it is signed, for the passphrase only."""
        person, staff = self._app.person, self._app.desk.staff
        signed = any(isinstance(each, CloseSession) and each.signature for each in intents or ())
        if not signed or person is None or staff is None:
            self.post_all(intents)
            return

        def unlocked(key: Unlocked | None) -> None:
            if key is None:
                self._app.say(_("nothing was signed, and the session goes on"), wrong=True)
                return
            self.post_all(intents)
            self._begin_signing(session, key, "performed")

        why = _("{name} signs that they have performed this session, with every override given")
        self._app.push_screen(
            PassphraseDialog(staff, person, why.format(name=person.name)), unlocked
        )

    def sign(self, session: str, meaning: Literal["performed", "reviewed"]) -> None:
        """Sign a session that has closed, for the passphrase."""
        person, staff = self._app.person, self._app.desk.staff
        if person is None or staff is None:
            self._app.say(_("nobody has signed in here, so nobody signs"), wrong=True)
            return

        def unlocked(key: Unlocked | None) -> None:
            if key is not None:
                self._begin_signing(session, key, meaning)

        why = {
            "performed": _("{name} signs that they have performed this session"),
            "reviewed": _("{name} signs that they have reviewed this session"),
        }[meaning]
        self._app.push_screen(
            PassphraseDialog(staff, person, why.format(name=person.name)), unlocked
        )

    def _begin_signing(
        self, session: str, key: Unlocked, meaning: Literal["performed", "reviewed"]
    ) -> None:
        desk = self._app.desk
        Signing(
            desk.log,
            session,
            key,
            meaning,
            post=desk.wires.postbox.post,
            tell=self._app.tell_signed,
            utc_us=desk.utc_us,
        ).start()

    def post_all(self, intents: tuple[Intent, ...] | None) -> None:
        """Send what a form wants, in its order."""
        for intent in intents or ():
            self._app.post(intent)

    def leave(self, leave: Callable[[bool], None]) -> None:
        """Ask whether to leave where shots are still planned, then ``leave``: whether the
        session stays open."""
        session = self._session
        # Nobody has gone on with a session that was found open: it is not ours to end.
        found = session is not None and session.recovered
        if session is None or found or next_step(session) is None:
            leave(found)
            return
        left = sum(max(0, step.planned - step.done) for step in session.steps)
        missing = plural(
            "{count} planned shot is not given.", "{count} planned shots are not given.", left
        )
        question = _("Leave the console?")
        dialog = AskDialog(f"{question} {missing}", yes=_("yes, end it"), no=_("no, go on"))
        self._app.push_screen(dialog, lambda yes: leave(False) if yes else None)

    def show_limits(self) -> None:
        """Show every limit."""
        self._app.push_screen(PageDialog(limits_page(self._session)))

    def help(self, keys: tuple[Key, ...]) -> None:
        """Show a screen's keys."""
        self._app.push_screen(PageDialog(help_page(keys)))
