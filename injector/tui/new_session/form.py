"""A page's form: a row for each field, with what is wrong with it below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from injector.tui.new_session.controls import (
    AnswerControl,
    ChoiceControl,
    Control,
    PatientControl,
    control_for,
)
from injector.tui.new_session.field import Field, Kind
from injector.tui.plain import printable
from injector.tui.speech import _


@unique
class Sign(StrEnum):
    """What a row is marked with: a symbol, and a colour that the style sheet gives it."""

    MISSING = "○"
    WRONG = "✖"
    SOFT = "▲"
    PROPOSED = "◇"


_STYLES = {
    Sign.MISSING: "bold",
    Sign.WRONG: "bold $notice-high",
    Sign.SOFT: "bold $notice-medium",
    Sign.PROPOSED: "bold $notice-low",
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about a place."""

    sign: Sign
    words: str
    """Empty where the sign says it all."""


class Row(Vertical):
    """One field: sign and label, what it is filled in with, and what is to be known below."""

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(classes=f"-{field.kind.value}")
        self.field = field
        self.control: Control | None = None
        if field.kind is not Kind.HEADING:
            self.control = control_for(field, text)
        self._shown: tuple[Note, ...] = ()
        self._offered: tuple[tuple[str, ...], int | None] = ((), None)
        self._sign = Static("", classes="sign")
        self._label = Static(Content(field.label), classes="label")
        self._notes = Static("", classes="notes")
        self._known = Static("", classes="known")

    @override
    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._sign
            if self.field.kind not in (Kind.YES_NO, Kind.CHECK):
                yield self._label
            if self.control is not None:
                yield self.control
        if isinstance(self.control, PatientControl):
            yield self._known
        yield self._notes

    def on_mount(self) -> None:
        """Nothing is to be known yet."""
        self._notes.display = self._known.display = False

    def becomes(self, field: Field) -> None:
        """Other options, or another label, for the same place."""
        self.field = field
        self._label.update(Content(field.label))
        if isinstance(self.control, ChoiceControl | AnswerControl):
            self.control.field = field

    def show(self, text: str, notes: Sequence[Note]) -> None:
        """Show what the draft holds here, and what is to be known of it."""
        if self.control is not None and self.field.kind is not Kind.SCAN:
            self.control.show_text(text)
        if tuple(notes) == self._shown:
            return
        self._shown = tuple(notes)
        worst = min(notes, key=lambda note: list(_STYLES).index(note.sign), default=None)
        if any(note.sign is Sign.WRONG for note in notes):
            worst = Note(Sign.WRONG, "")
        sign = "" if worst is None else Content.styled(worst.sign.value, _STYLES[worst.sign])
        self._sign.update(sign)
        said = [note for note in notes if note.words]
        self._notes.display = bool(said)
        self._notes.update(
            Content("\n").join(
                Content.assemble((f"{note.sign.value} ", _STYLES[note.sign]), printable(note.words))
                for note in said
            )
        )

    def show_known(self) -> None:
        """Show the patients known here who fit what was typed."""
        control = self.control
        if not isinstance(control, PatientControl):
            return
        offered = (control.fitting, control.at)
        if offered == self._offered:
            return
        self._offered = offered
        self._known.display = bool(control.fitting)
        rows = [
            Content.styled(f"▸ {printable(name)}", "bold reverse")
            if at == control.at
            else Content(f"  {printable(name)}")
            for at, name in enumerate(control.fitting)
        ]
        title = Content.styled(_("known here; the arrows choose, Enter takes"), "dim")
        self._known.update(Content("\n").join([title, *rows]))


class Form(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The rows of a page, one below the other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "next", show=False),
        Binding("up", "previous", show=False),
    ]

    @property
    def rows(self) -> list[Row]:
        """Its rows."""
        return list(self.query(Row))

    async def fill(self, fields: Sequence[Field], texts: Mapping[str, str]) -> None:
        """Show these fields. A row that is here already stays, its cursor and text with it."""
        here = {(row.field.place, row.field.kind): row for row in self.rows}
        kept = {(field.place, field.kind) for field in fields} & here.keys()
        with self.app.batch_update():
            await self.remove_children([row for key, row in here.items() if key not in kept])
            before: Row | None = None
            fresh: list[Row] = []  # rows of one run are mounted together: one layout for all
            for field in fields:
                row = here.get((field.place, field.kind))
                if row is None:
                    fresh.append(Row(field, texts.get(field.place, "")))
                    continue
                await self._mount(fresh, before)
                fresh = []
                before = row
                if row.field != field:
                    row.becomes(field)
            await self._mount(fresh, before)
            if not kept:
                self.scroll_home(animate=False)

    async def _mount(self, fresh: list[Row], after: Row | None) -> None:
        """Put rows in after one that is here, or before all of them."""
        if fresh:
            first = self.rows[0] if after is None and self.rows else None
            await self.mount_all(fresh, before=first, after=after)

    def row(self, place: str) -> Row | None:
        """The row of a place."""
        return next((row for row in self.rows if row.field.place == place), None)

    def focus_place(self, place: str | None = None) -> None:
        """Put the cursor there; without a place, or where it is not here, into the first row."""
        row = None if place is None else self.row(place)
        rows = [row] if row is not None and row.control is not None else self.rows
        for each in rows:
            if each.control is not None:
                each.control.focus()
                return

    def go_on(self, place: str) -> None:
        """Put the cursor into the row after that of a place; after the last one it stays."""
        rows = [row for row in self.rows if row.control is not None]
        places = [row.field.place for row in rows]
        if place in places and places[-1] != place:
            self.focus_place(places[places.index(place) + 1])

    @property
    def place(self) -> str | None:
        """The place with the cursor."""
        return next(
            (row.field.place for row in self.rows if row.control and row.control.has_focus), None
        )

    def action_next(self) -> None:
        """On to the next field."""
        self.screen.focus_next()

    def action_previous(self) -> None:
        """Back to the one before."""
        self.screen.focus_previous()
