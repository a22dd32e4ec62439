"""Who is there: an id, chosen or typed, and a secret that shows it.

Nothing here reads the staff file or hashes where the screen waits: both happen on a thread
of their own, and what comes of it is a message.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from typing_extensions import override

from injector.staff.file import Refusal, StaffFile, StaffFileError, Unlocked, Why
from injector.staff.roles import Person, Role
from injector.tui.plain import printable
from injector.tui.presence import entry
from injector.tui.speech import _, mark
from injector.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from injector.control.wants import RecordAccess, RecordKey
    from injector.shotlog.facts import AccessKind
    from injector.shotlog.vouching import OperatorKey

ROLES: Final[dict[Role, str]] = {
    Role.PRACTITIONER: mark("practitioner"),
    Role.ENGINEER: mark("engineer"),
    Role.AUDITOR: mark("auditor"),
    Role.ADMINISTRATOR: mark("administrator"),
}
"""What roles are called; marked, not yet said."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody who has shown who they are."""

    person: Person
    unlocked: "Unlocked | None" = None
    """With the key with which they sign, where it was asked for."""
    key: "OperatorKey | None" = None
    """The entry that puts that key on record, where it is not yet."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows who somebody is. Both functions may take long and raise `StaffFileError`."""

    people: Callable[[], tuple[Person, ...]]
    """Whom one can choose."""
    check: "Callable[[str, str], Person | Unlocked | Shown | Refusal]"
    """Who has that id, by that secret."""
    secret: str
    """What the secret is called."""
    failed: "AccessKind"
    """The entry for a wrong one."""
    words: Callable[[Refusal], str]
    """Why somebody was not let in; not asked while a lockout lasts."""


class SignInForm(Vertical):
    """Asks for an id and a secret until both fit."""

    DEFAULT_CSS = """
    SignInForm { height: auto; padding: 0 1; }
    SignInForm Input { width: 100%; max-width: 60; height: 3; }
    SignInForm OptionList { height: auto; max-height: 6; max-width: 60; border: none; }
    SignInForm #why { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
    ]

    class Listed(Message):
        """The staff file was read."""

        def __init__(self, people: tuple[Person, ...] | str) -> None:
            self.people = people
            super().__init__()

    class Answered(Message):
        """A secret was looked at."""

        def __init__(self, answer: "Person | Unlocked | Shown | Refusal | str") -> None:
            self.answer = answer
            super().__init__()

    class Admitted(Message):
        """Somebody has shown who they are."""

        def __init__(self, shown: Shown) -> None:
            self.shown = shown
            super().__init__()

        @property
        def person(self) -> Person:
            """Who it is."""
            return self.shown.person

        @property
        def intents(self) -> "tuple[RecordKey, ...]":
            """What the log is to be told besides: a key that is not on record yet."""
            if self.shown.key is None:
                return ()
            from injector.control.wants import RecordKey  # noqa: PLC0415 - see `presence`

            return (RecordKey(self.shown.key),)

    class Happened(Message):
        """Something that is an entry of the log."""

        def __init__(self, access: "RecordAccess") -> None:
            self.access = access
            super().__init__()

    def __init__(self, proof: Proof, clock_us: Callable[[], int], known: str = "") -> None:
        """``known`` is an id that is expected; it can be changed."""
        super().__init__()
        self._proof, self._clock_us, self._known = proof, clock_us, known
        self._people: tuple[Person, ...] = ()
        self._busy = False
        self._until_us: int | None = None

    @override
    def compose(self) -> ComposeResult:
        secret = Prompt(placeholder=self._proof.secret, name="secret", secret=True)
        who = Prompt(self._known, placeholder=_("your id"), name="who", secret=False)
        who.then = secret
        yield who
        people = OptionList(id="people")
        people.can_focus = False  # the arrow keys reach it from the field
        yield people
        yield secret
        yield Static(id="why")

    def on_mount(self) -> None:
        """Read who works here, elsewhere."""
        self.set_interval(1, self._count_down)
        self.run_worker(self._list, thread=True)

    @property
    def secret(self) -> Prompt:
        """Where the secret is typed."""
        return self.query_one("#secret", Prompt)

    def ask_secret(self) -> None:
        """Ask for the secret next."""
        self.secret.focus()

    def ask_who(self) -> None:
        """Ask for the id next."""
        self.query_one("#who", Prompt).focus()

    # -- choosing ----------------------------------------------------------------------

    def _list(self) -> None:
        try:
            self.post_message(self.Listed(self._proof.people()))
        except StaffFileError as error:
            self.post_message(self.Listed(str(error)))

    def on_sign_in_form_listed(self, message: Listed) -> None:
        """Show who can be chosen."""
        message.stop()
        if isinstance(message.people, str):
            self._say(message.people)
            return
        self._people = message.people
        people = self.query_one(OptionList)
        people.add_options(
            Option(Content(printable(f"{each.id}  {each.name}  {_(ROLES[each.role])}")))
            for each in message.people
        )
        people.highlighted = next(
            (at for at, each in enumerate(self._people) if each.id == self._known), None
        )
        people.display = bool(self._people)

    def action_choose(self, step: int) -> None:
        """Choose somebody in the list."""
        if not self._people:
            return
        people = self.query_one(OptionList)
        before = people.highlighted
        start = (-1 if step > 0 else 0) if before is None else before
        self._choose((start + step) % len(self._people))

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """The mouse has chosen somebody."""
        message.stop()
        self._choose(message.option_index)
        self.ask_secret()

    def _choose(self, at: int) -> None:
        people = self.query_one(OptionList)
        people.highlighted = at
        self.query_one("#who", Prompt).value = self._people[at].id

    # -- showing who one is -------------------------------------------------------------

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """With the secret in."""
        message.stop()
        secret, message.input.value = message.value, ""
        who = self.query_one("#who", Prompt).value.strip()
        if self._busy or not secret:
            return
        if not who:
            self.ask_who()
            return
        self._busy, self._until_us = True, None
        self._say(_("one moment"), wrong=False)
        self.run_worker(lambda: self._check(who, secret), thread=True)

    def _check(self, who: str, secret: str) -> None:
        try:
            self.post_message(self.Answered(self._proof.check(who, secret)))
        except StaffFileError as error:
            self.post_message(self.Answered(str(error)))

    def on_sign_in_form_answered(self, message: Answered) -> None:
        """Let somebody in, or say why not."""
        message.stop()
        self._busy = False
        match message.answer:
            case Person() as person:
                self._admit(Shown(person))
            case Unlocked() as unlocked:
                self._admit(Shown(unlocked.person, unlocked))
            case Shown() as shown:
                self._admit(shown)
            case Refusal() as refusal:
                self._refuse(refusal)
            case words:
                self._say(words)

    def _admit(self, shown: Shown) -> None:
        self._say("")
        self.post_message(self.Admitted(shown))

    def _refuse(self, refusal: Refusal) -> None:
        if refusal.why in (Why.WRONG, Why.LOCKED_NOW):
            self.post_message(self.Happened(entry(self._proof.failed, refusal.person)))
        if refusal.why is Why.LOCKED_NOW:
            self.post_message(self.Happened(entry("locked_out", refusal.person)))
        self._say(self._proof.words(refusal))
        if refusal.left_us:
            self._until_us = self._clock_us() + refusal.left_us
            self._count_down()

    def _count_down(self) -> None:
        if self._until_us is None:
            return
        left_s = -(-(self._until_us - self._clock_us()) // 1_000_000)
        if left_s <= 0:
            self._until_us = None
            self._say(_("try again"), wrong=False)
            return
        words = _("too many failures: locked out for {minutes} min {seconds} s")
        self._say(words.format(minutes=left_s // 60, seconds=left_s % 60))

    def _say(self, words: str, *, wrong: bool = True) -> None:
        said = Content(printable(f"✖ {words}" if wrong and words else words))
        style = "bold $notice-medium" if wrong else "dim"
        self.query_one("#why", Static).update(said.stylize(style))


def by_passphrase(staff: StaffFile, log: Path) -> Proof:
    """Everybody who works here, by their passphrase.

    Whoever has a key that is not on record in the log yet brings the entry for it.
    """

    def check(who: str, passphrase: str) -> Person | Shown | Refusal:
        answer = staff.sign_in(who, passphrase)
        if isinstance(answer, Refusal) or _on_record(staff, log, answer):
            return answer
        unlocked = staff.unlock(who, passphrase)
        return _with_entry(log, unlocked) if isinstance(unlocked, Unlocked) else unlocked

    return Proof(
        people=lambda: tuple(each.person for each in staff.read().everybody()),
        check=check,
        secret=_("passphrase"),
        failed="sign_in_failed",
        words=lambda _refusal: _("wrong id or passphrase"),
    )


def _on_record(staff: StaffFile, log: Path, person: Person) -> bool:
    """Whether the key of that person is their newest in the log; where it cannot be read, too."""
    from injector.shotlog.errors import LogError  # noqa: PLC0415 - after the first screen
    from injector.shotlog.reader import LogReader  # noqa: PLC0415 - the same
    from injector.shotlog.signatures import key_in_force  # noqa: PLC0415 - the same

    member = staff.read().working(person.id)
    try:
        with LogReader.open(log) as reader:
            known = key_in_force(reader, person.id)
    except LogError:
        return True
    if member is None or member.key is None:
        return True
    return known is not None and known.public.hex() == member.key.public


def _with_entry(log: Path, unlocked: Unlocked) -> Shown:
    from injector.shotlog.errors import LogError  # noqa: PLC0415 - after the first screen
    from injector.shotlog.reader import LogReader  # noqa: PLC0415 - the same
    from injector.shotlog.signatures import key_to_record  # noqa: PLC0415 - the same

    person = unlocked.person
    try:
        with LogReader.open(log) as reader:
            key = key_to_record(reader, person.id, unlocked.seed, by=person.id)
    except LogError:
        key = None
    return Shown(person, key=key)
