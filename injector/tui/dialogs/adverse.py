"""An adverse event: what, how bad, since when, where, and in whose words."""

from collections.abc import Sequence

from typing_extensions import override

from injector.control.snapshot import SessionView
from injector.control.wants import Record
from injector.limits.library import Library
from injector.shotlog import facts
from injector.shotlog.fields import TO_BE_SEALED
from injector.tui.dialogs.choices import adverse_kinds, zones
from injector.tui.dialogs.fields import Choice, Count, Field, Text
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.look import step_at_hand
from injector.tui.speech import _


class AdverseDialog(FormDialog):
    """Records it."""

    def __init__(self, session: SessionView, library: Library, by: str) -> None:
        super().__init__()
        self._by = by
        at = step_at_hand(session)
        here = session.steps[at].zone if at is not None and session.steps else None
        self._what = Choice(_("what"), adverse_kinds())
        degrees = [(1, _("slight")), (2, _("moderate")), (3, _("severe"))]
        self._severity = Choice(_("how bad"), degrees)
        self._onset = Count(_("minutes ago"), 0)
        nowhere: list[tuple[str | None, str]] = [(None, _("nowhere in particular"))]
        self._zone = Choice[str | None](_("zone"), [*zones(library), *nowhere], here)
        self._note = Text(_("note"))

    @override
    def heading(self) -> str:
        return _("Adverse event")

    @override
    def fields(self) -> Sequence[Field]:
        return (self._what, self._severity, self._onset, self._zone, self._note)

    @override
    def wanted(self) -> tuple[str, Intents]:
        note, what = self._note.maybe, self._what.chosen
        if what == "other" and note is None:
            raise self._note.fault(_("say what it is"))
        event = facts.AdverseEvent(
            what=what,
            severity=self._severity.chosen,
            onset_minutes_ago=self._onset.count,
            zone=self._zone.chosen,
            note=None if note is None else TO_BE_SEALED,
            by=self._by,
        )
        texts = {} if note is None else {"/note": note}
        said = _("record the adverse event: {what}").format(what=dict(adverse_kinds())[what])
        return said, (Record(event, texts),)
