"""What fields are filled in with. Each has one place of the draft, and tells what was entered.

All work with a keyboard alone: Tab, Shift+Tab and the arrows up and down go from field to
field, Enter goes on, the space bar and the arrows left and right choose.
"""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.keys import Keys
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input
from typing_extensions import override

from injector.treatment.gs1 import GS
from injector.tui.draft.sheet import NO, YES
from injector.tui.new_session.field import Field, Kind
from injector.tui.plain import printable
from injector.tui.speech import _

GS_SHOWN = "\N{SYMBOL FOR GROUP SEPARATOR}"
"""How the control character that ends an element is shown while a code is being scanned."""
_KNOWN_SHOWN = 5


class Entered(Message):
    """Something was entered at a place."""

    def __init__(self, place: str, text: str) -> None:
        super().__init__()
        self.place, self.text = place, text


class GoOn(Message):
    """Whoever fills in this place is done with it."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place


class Wanted(Message):
    """A list of what can be chosen at a place is wanted."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field


class TextControl(Input):
    """A text on one line."""

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(text, placeholder=field.example, max_length=field.most, compact=True)
        self.place = field.place
        self._told: list[str] = []

    def show_text(self, text: str) -> None:
        """Show what the draft holds, unless that is only what stood here some keys ago.

        Keys come faster than the draft is judged: what was typed meanwhile must stay.
        """
        if text in self._told:
            del self._told[: self._told.index(text) + 1]
        elif text != self.value:
            self.value = text

    def on_input_changed(self, event: Input.Changed) -> None:
        """Hand it to the field alone."""
        event.stop()
        self.changed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand it to the field alone."""
        event.stop()
        self.submitted(event.value)

    def changed(self, value: str) -> None:
        """Tell what stands here now."""
        self._told.append(value)
        self.post_message(Entered(self.place, value))

    def submitted(self, value: str) -> None:  # noqa: ARG002 - what others of these use
        """Enter: done here."""
        self.post_message(GoOn(self.place))


class ScanControl(TextControl):
    """Takes what a scanner types, with the control character that ends an element.

    Textual's own input drops control characters, and takes them for the end of a line
    where text is pasted; here they are kept, and shown.
    """

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(field, text)
        self.max_length = 0

    def on_key(self, event: events.Key) -> None:
        """Keep the control character."""
        if event.character == GS or event.key == Keys.ControlSquareClose:
            event.stop()
            event.prevent_default()
            self.insert_text_at_cursor(GS_SHOWN)

    def on_paste(self, event: events.Paste) -> None:
        """Keep control characters of what is pasted."""
        event.stop()
        event.prevent_default()
        line = event.text.strip("\r\n").replace(GS, GS_SHOWN)
        self.insert_text_at_cursor(printable(line))

    @override
    def changed(self, value: str) -> None:
        pass  # half a code says nothing

    @override
    def show_text(self, text: str) -> None:
        self.value = text

    @override
    def submitted(self, value: str) -> None:
        self.post_message(Entered(self.place, value.replace(GS_SHOWN, GS)))


class PatientControl(TextControl):
    """A pseudonym; the arrows choose among the patients known here who fit it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", show=False),
        Binding("up", "choose(-1)", show=False),
    ]

    class Chosen(Message):
        """Another of the patients known here is pointed at; None: the text as it was typed."""

        def __init__(self, at: int | None) -> None:
            super().__init__()
            self.at = at

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(field, text)
        self.fitting: tuple[str, ...] = ()
        """Pseudonyms known here that fit what was typed."""
        self.at: int | None = None

    def fit(self, known: tuple[str, ...]) -> None:
        """Offer those of the known ones that fit what was typed; the first where nothing was."""
        typed = self.value.casefold().strip()
        fitting = tuple(each for each in known if typed in each.casefold())[:_KNOWN_SHOWN]
        if fitting != self.fitting:
            self.fitting = fitting
            self.at = 0 if fitting and not typed else None

    def action_choose(self, way: int) -> None:
        """Point at the next one, or go on to the next field where there is none."""
        at = (-1 if self.at is None else self.at) + way
        if at >= len(self.fitting):
            self.screen.focus_next()
        elif at < -1:
            self.screen.focus_previous()
        else:
            self.at = at if at >= 0 else None
            self.post_message(self.Chosen(self.at))

    @override
    def submitted(self, value: str) -> None:
        if self.at is not None and self.at < len(self.fitting):
            self.value = self.fitting[self.at]
            self.at = None
            self.cursor_position = len(self.value)
            self.post_message(Entered(self.place, self.value))
        else:
            self.post_message(GoOn(self.place))


class DrawnControl(Widget, can_focus=True):
    """Shows one field of the draft, which it does not keep: the draft does."""

    def __init__(self, field: Field, text: str) -> None:
        super().__init__()
        self.field, self.place, self.text = field, field.place, text

    def show_text(self, text: str) -> None:
        """Show what the draft holds."""
        if text != self.text:
            self.text = text
            self.refresh(layout=True)


class ChoiceControl(DrawnControl):
    """One of several, or any number of several; a list shows them all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "list", show=False),
        Binding("right,space", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
    ]

    @override
    def render(self) -> Content:
        words = {option.code: option.words for option in self.field.options}
        if self.field.kind is Kind.SEVERAL:
            chosen = ", ".join(words.get(code, code) for code in self.text.split())
        else:
            chosen = words.get(self.text, self.text)
        if not chosen:
            return Content.styled(_("Enter shows the list"), "dim")
        return Content(printable(chosen))

    def action_list(self) -> None:
        """Show the whole list."""
        self.post_message(Wanted(self.field))

    def action_turn(self, way: int) -> None:
        """Choose the next one."""
        codes = [option.code for option in self.field.options]
        if self.field.kind is Kind.SEVERAL or not codes:
            self.action_list()
            return
        at = codes.index(self.text) + way if self.text in codes else (0 if way > 0 else -1)
        self.post_message(Entered(self.place, codes[at % len(codes)]))

    def on_click(self) -> None:
        """The mouse shows the list."""
        self.action_list()


class AnswerControl(DrawnControl):
    """Yes or no, or done or not yet, in front of the question. Nothing is answered by itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n", "answer(False)", show=False),
        Binding("left", "say(True)", show=False),
        Binding("right", "say(False)", show=False),
        Binding("space", "turn", show=False),
        Binding("enter", "go_on", show=False),
    ]

    @override
    def render(self) -> Content:
        if self.field.kind is Kind.CHECK:
            box = "[x] " if self.text else "[ ] "
            return Content.assemble((box, "bold"), self.field.label)
        said = [(YES, _("yes")), (NO, _("no"))]
        boxes = " ".join(f"({'●' if self.text == code else ' '}) {word}" for code, word in said)
        return Content.assemble((f"{boxes}  ", "bold"), self.field.label)

    def action_say(self, yes: bool) -> None:
        """Say it and stay."""
        no = "" if self.field.kind is Kind.CHECK else NO
        self.post_message(Entered(self.place, YES if yes else no))

    def action_answer(self, yes: bool) -> None:
        """Say it and go on."""
        self.action_say(yes)
        self.post_message(GoOn(self.place))

    def action_turn(self) -> None:
        """Say the other thing."""
        unsaid_is_yes = self.field.kind is Kind.CHECK
        self.action_say(not self.text if unsaid_is_yes else self.text != YES)

    def action_go_on(self) -> None:
        """Go on without a word."""
        self.post_message(GoOn(self.place))

    def on_click(self) -> None:
        """The mouse says the other thing."""
        self.action_turn()


Control = TextControl | ChoiceControl | AnswerControl


def control_for(field: Field, text: str) -> Control:
    """What a field is filled in with."""
    match field.kind:
        case Kind.PATIENT:
            return PatientControl(field, text)
        case Kind.SCAN:
            return ScanControl(field, text)
        case Kind.CHOICE | Kind.SEVERAL:
            return ChoiceControl(field, text)
        case Kind.YES_NO | Kind.CHECK:
            return AnswerControl(field, text)
        case Kind.TEXT | Kind.HEADING:
            return TextControl(field, text)
