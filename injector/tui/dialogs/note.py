"""A remark in somebody's own words."""

from collections.abc import Sequence

from typing_extensions import override

from injector.control.wants import Record
from injector.shotlog.entries import Note
from injector.shotlog.fields import TO_BE_SEALED
from injector.tui.dialogs.fields import Field, Text
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.speech import _


class NoteDialog(FormDialog):
    """Records it; one Enter is enough."""

    def __init__(self, by: str) -> None:
        super().__init__()
        self._by = by
        self._text = Text(_("note"), needed=True)

    @override
    def heading(self) -> str:
        return _("A note in the record of this session; not the patient's name")

    @override
    def fields(self) -> Sequence[Field]:
        return (self._text,)

    @override
    def wanted(self) -> tuple[str, Intents]:
        note = Note(text=TO_BE_SEALED, by=self._by)
        return "", (Record(note, {"/text": self._text.text}),)
