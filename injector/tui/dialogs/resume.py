"""Going on with a session that was found open, or stood idle: for whom, and with what.

Nothing is proposed: whoever goes on looks at the patient, the syringe and the needle, and
says what is there. What differs from the session's own is refused by the engine.
"""

from collections.abc import Sequence

from typing_extensions import override

from injector.control.snapshot import SessionView
from injector.control.wants import Resume
from injector.limits.library import Library
from injector.treatment.plan import Plan
from injector.tui.desk import Console
from injector.tui.dialogs.fields import Amount, Choice, Day, Field, Text
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.dialogs.hand_shots import fill_words
from injector.tui.speech import _
from injector.units import DEPTH


class ResumeDialog(FormDialog):
    """Asks for them again. ``plan`` and ``library`` are the session's own, where known."""

    def __init__(
        self,
        session: SessionView,
        console: Console,
        plan: Plan | None,
        library: Library | None,
    ) -> None:
        super().__init__()
        self._by, self._plan, self._library = console.by, plan, library
        self._clinical = session.patient is not None
        self._patient = Text(_("patient"), needed=self._clinical)
        # Not only what is there: a choice of one would be no question.
        numbers = [0, *range(1, max((fill.number for fill in session.fills), default=0) + 2)]
        self._fill = Choice(_("in the gun is"), [(n, fill_words(n, "gun")) for n in numbers])
        self._needle = Amount(_("needle"), DEPTH, needed=True)
        self._lot = Text(_("lot of the set"), session.needle_lot or "")
        today = console.desk.today()
        self._expiry = Day(_("use by"), today, hint=session.needle_expiry or today.isoformat())

    @override
    def heading(self) -> str:
        return _("Go on with the open session: say again what you see")

    @override
    def fields(self) -> Sequence[Field]:
        asked: tuple[Field, ...] = (self._needle, self._fill, self._lot, self._expiry)
        return (self._patient, *asked) if self._clinical else asked

    @override
    def wanted(self) -> tuple[str, Intents]:
        expiry = self._expiry.day
        resume = Resume(
            self._by,
            fill=self._fill.chosen,
            needle_um=self._needle.sure,
            pseudonym=self._patient.text if self._clinical else None,
            plan=self._plan,
            library=self._library,
            needle_lot=self._lot.maybe,
            needle_expiry=None if expiry is None else expiry.isoformat(),
        )
        return _("the session goes on, for this patient, with this syringe and needle"), (resume,)
