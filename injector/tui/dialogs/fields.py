"""The questions of a form: something typed, an amount with its unit, one of several."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import ClassVar, Final, Generic, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static
from typing_extensions import override

from injector.tui.speech import _, labelled, number, read_amount
from injector.units import Quantity

Value = TypeVar("Value")
MOST_TEXT: Final = 1_000
"""Characters of a text that somebody types in a session."""
_MOST_COUNT: Final = 1_000_000


class FormFaultError(Exception):
    """What was typed cannot be used; the message is for people, ``field`` is where it stands."""

    def __init__(self, words: str, field: Widget | None = None) -> None:
        super().__init__(words)
        self.field = field


class Field(Horizontal):
    """One question: its label, and where the answer is given."""

    def __init__(self, label: str, editor: Widget) -> None:
        super().__init__(classes="field")
        self._label, self.editor = label, editor

    @override
    def compose(self) -> ComposeResult:
        yield Static(Content(self._label), classes="label")
        yield self.editor

    def fault(self, words: str) -> FormFaultError:
        """This question was not answered well."""
        return FormFaultError(labelled(self._label, words), self.editor)


class Text(Field):
    """A text in somebody's own words."""

    def __init__(self, label: str, value: str = "", *, hint: str = "", needed: bool = False):
        self._input = Input(value, placeholder=hint, max_length=MOST_TEXT, compact=True)
        self._needed = needed
        super().__init__(label, self._input)

    @property
    def text(self) -> str:
        """What was typed; empty only where nothing is needed."""
        text = self._input.value.strip()
        if self._needed and not text:
            raise self.fault(_("say it in words"))
        return text

    @property
    def maybe(self) -> str | None:
        """The same, and None for nothing."""
        return self.text or None


class Amount(Text):
    """An amount with its unit, read as strictly as a plan is."""

    def __init__(
        self,
        label: str,
        quantity: Quantity,
        value: int | None = None,
        *,
        hint: str = "",
        needed: bool = False,
    ) -> None:
        shown = "" if value is None else number(quantity.format(value))
        super().__init__(label, shown, hint=hint, needed=needed)
        self._quantity = quantity

    @property
    def amount(self) -> int | None:
        """In the quantity's integer unit; None for nothing typed."""
        if not self.text:
            return None
        try:
            return read_amount(self.text, self._quantity.parse)
        except ValueError as error:
            raise self.fault(str(error)) from None

    @property
    def sure(self) -> int:
        """The same, where it is needed."""
        amount = self.amount
        if amount is None:
            raise self.fault(_("an amount with its unit is needed"))
        return amount


class Count(Text):
    """A number of things: digits and nothing else."""

    def __init__(self, label: str, value: int | None = None, *, least: int = 0, hint: str = ""):
        super().__init__(label, "" if value is None else str(value), hint=hint)
        self._least = least

    @property
    def count(self) -> int:
        """The number."""
        text = self.text
        if not (text.isascii() and text.isdigit() and self._least <= int(text) <= _MOST_COUNT):
            raise self.fault(_("a whole number from {least} on").format(least=self._least))
        return int(text)


class Score(Text):
    """A figure on a scale from 0, or nothing."""

    def __init__(self, label: str, most: int, *, hint: str = "") -> None:
        super().__init__(label, hint=hint)
        self._most = most

    @property
    def score(self) -> int | None:
        """The figure; None for nothing typed."""
        text = self.text
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and int(text) <= self._most):
            raise self.fault(_("a whole number from 0 to {most}").format(most=self._most))
        return int(text)


class Day(Text):
    """A day, in ISO 8601 or as so many days from today."""

    def __init__(self, label: str, today: date, value: date | None = None, *, hint: str = ""):
        super().__init__(label, "" if value is None else value.isoformat(), hint=hint)
        self._today = today

    @property
    def day(self) -> date | None:
        """The day; None for nothing typed."""
        text = self.text
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) <= 3:
            return self._today + timedelta(days=int(text))
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self.fault(_("a day as in {day}").format(day=self._today.isoformat())) from None


class Picker(Widget, Generic[Value], can_focus=True):
    """One of several, on one row: the arrows go through them, a digit goes to one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right,space", "turn(1)", show=False),
    ]

    class Changed(Message):
        """Another one was picked."""

    def __init__(self, options: Sequence[tuple[Value, str]], at: int) -> None:
        super().__init__()
        self._options, self._at = tuple(options), at

    @property
    def picked(self) -> Value:
        """The one that is picked."""
        return self._options[self._at][0]

    @override
    def render(self) -> Content:
        words = self._options[self._at][1]
        place = f" {self._at + 1}/{len(self._options)}" if len(self._options) > 1 else ""
        arrows = ("◂ ", " ▸") if len(self._options) > 1 else ("", "")
        return Content.assemble(
            arrows[0], (words, "bold" if self.has_focus else ""), arrows[1], (place, "dim")
        )

    def action_turn(self, by: int) -> None:
        """Go on to another one."""
        self._go((self._at + by) % len(self._options))

    def on_key(self, event: events.Key) -> None:
        """A digit picks the one of that number."""
        if event.key.isdigit() and 0 < int(event.key) <= len(self._options):
            event.stop()
            self._go(int(event.key) - 1)

    def on_click(self) -> None:
        """The mouse goes on to the next one."""
        self.focus()
        self.action_turn(1)

    def _go(self, at: int) -> None:
        self._at = at
        self.refresh()
        self.post_message(self.Changed())


class Choice(Field, Generic[Value]):
    """One of several."""

    def __init__(
        self, label: str, options: Sequence[tuple[Value, str]], chosen: Value | None = None
    ) -> None:
        values = [value for value, _words in options]
        self._picker = Picker(options, values.index(chosen) if chosen in values else 0)
        super().__init__(label, self._picker)

    @property
    def chosen(self) -> Value:
        """The one that is picked."""
        return self._picker.picked
