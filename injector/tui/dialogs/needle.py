"""A fresh needle: by itself one of the same length."""

from collections.abc import Sequence
from datetime import date

from typing_extensions import override

from injector.control.snapshot import SessionView
from injector.control.wants import ChangeNeedle
from injector.tui.dialogs.fields import Amount, Day, Field, Text
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.speech import _, number
from injector.units import DEPTH


class NeedleDialog(FormDialog):
    """Changes it. What is granted ends first."""

    def __init__(self, session: SessionView, today: date, by: str) -> None:
        super().__init__()
        self._by = by
        self._needle = Amount(_("needle"), DEPTH, session.needle_um, needed=True)
        # Most often it is the next of the same box; the sentence before the second Enter says so.
        before = session.needle_expiry
        expiry = None if before is None else date.fromisoformat(before)
        self._lot = Text(_("lot of the set"), session.needle_lot or "")
        self._expiry = Day(_("use by"), today, expiry, hint=today.isoformat())

    @override
    def heading(self) -> str:
        return _("A fresh needle, of a sterile set of its own")

    @override
    def fields(self) -> Sequence[Field]:
        return (self._needle, self._lot, self._expiry)

    @override
    def wanted(self) -> tuple[str, Intents]:
        needle_um, expiry = self._needle.sure, self._expiry.day
        change = ChangeNeedle(
            needle_um,
            self._by,
            lot=self._lot.maybe,
            expiry=None if expiry is None else expiry.isoformat(),
        )
        needle = number(DEPTH.format(needle_um))
        if change.lot is None:
            said = _("a fresh needle of {needle} is on the gun").format(needle=needle)
        else:
            said = _("a fresh needle of {needle}, lot {lot}, is on the gun")
            said = said.format(needle=needle, lot=change.lot)
        return said, (change,)
