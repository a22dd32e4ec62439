"""Another syringe: by itself the same mixture again, of the same size, into the gun."""

from collections.abc import Sequence
from typing import Literal

from typing_extensions import override

from injector.control.snapshot import SessionView
from injector.control.wants import LoadSyringe
from injector.tui.dialogs.fields import Amount, Choice, Field, Text
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.figures import Side, volume_ml
from injector.tui.limit_words import code_words
from injector.tui.speech import _, number
from injector.units import VOLUME


class SyringeDialog(FormDialog):
    """Loads it. What is granted ends first, and the old one is discarded."""

    def __init__(self, session: SessionView, by: str) -> None:
        super().__init__()
        self._session, self._by = session, by
        places: list[tuple[Literal["gun", "hand"], str]] = [
            ("gun", _("in the gun")),
            ("hand", _("by hand")),
        ]
        self._place = Choice(_("where"), places)
        self._fresh = Amount(_("size"), VOLUME, session.syringe_nl, needed=True)
        left = number(f"{volume_ml(session.syringe_left_nl, Side.DOWN)} mL")
        self._left = Amount(
            _("left in the old one"),
            VOLUME,
            hint=_("as you see it; {left} by the log").format(left=left),
        )
        self._mixed_by = Text(_("drawn up by"))

    @override
    def heading(self) -> str:
        names = ", ".join(code_words(each.product) for each in self._session.products)
        return _("Another syringe of the same: {mixture}").format(mixture=names)

    @override
    def fields(self) -> Sequence[Field]:
        return (self._left, self._fresh, self._place, self._mixed_by)

    @override
    def wanted(self) -> tuple[str, Intents]:
        size_nl, place = self._fresh.sure, self._place.chosen
        load = LoadSyringe(
            self._by,
            place=place,
            syringe_nl=size_nl,
            left_nl=self._left.amount,
            mixed_by=self._mixed_by.maybe,
        )
        words = (
            _("a full syringe of {size} goes into the gun")
            if place == "gun"
            else _("a full syringe of {size} is used by hand")
        )
        return words.format(size=number(VOLUME.format(size_nl))), (load,)
