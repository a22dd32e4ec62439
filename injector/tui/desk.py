"""What every screen of the console works with, and what it may ask of the console.

A screen decides nothing that matters: it draws what the engine says (`View`), reads what
the shot log holds (`Desk.log`), and sends intents (`Console.post`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from injector.staff.roles import Person
from injector.tui.handle import Wires
from injector.tui.records.verification import Verification
from injector.tui.settings import Settings

if TYPE_CHECKING:  # a desk is laid before these are loaded
    from textual.screen import Screen

    from injector.anchors.failure import AnchorError
    from injector.anchors.standing import Kind
    from injector.control.inputs import Intent
    from injector.control.snapshot import ConsoleState
    from injector.limits.library import Library
    from injector.staff.file import StaffFile
    from injector.treatment.plan import Plan
    from injector.tui.look import View


@unique
class Place(StrEnum):
    """Where one can be; each is a screen, and there is one at a time below the dialogs."""

    SIGN_IN = "sign_in"
    HOME = "home"
    NEW_SESSION = "new_session"
    TREATMENT = "treatment"
    REVIEW = "review"
    WORKBENCH = "workbench"


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies ready when the console starts. Time and chance come in from outside."""

    wires: Wires
    limits: "Callable[[], Library]"
    """Reads the limits in force for what is opened from now on; the same ones each time."""
    log: Path
    """The shot log, for reading only; the engine writes it."""
    clock_us: Callable[[], int]
    """Monotonic."""
    utc_us: Callable[[], int]
    """The time of signatures."""
    today: Callable[[], date]
    random_bytes: Callable[[int], bytes]
    settings: Settings = field(default_factory=Settings)
    plan: "Plan | None" = None
    """A plan given on the command line: `o` opens a training session with it."""
    staff: "StaffFile | None" = None
    """Who works here. None: a console for training with one plan, where nobody signs in, and
    which never locks."""
    control: Path | None = None
    """Control channel of a simulated gun, for the workbench's hand; None for a real one."""
    verification: Verification = field(default_factory=Verification)
    """What is known of the log since the console started."""

    @property
    def library(self) -> "Library":
        """The limits in force for what is opened from now on."""
        return self.limits()


class Console(Protocol):
    """The console, as its screens see it."""

    @property
    def desk(self) -> Desk:
        """What lies ready."""

    @property
    def person(self) -> Person | None:
        """Who is signed in; None before somebody is, and while the console is locked."""

    @property
    def newest(self) -> "ConsoleState | None":
        """The newest snapshot that was drawn."""

    @property
    def view(self) -> "View | None":
        """What every screen shows now."""

    @property
    def unplaced(self) -> "Mapping[Kind, AnchorError]":
        """Why checkpoints could not be placed outside the last time, by the kind of place."""

    @property
    def by(self) -> str:
        """Whom an act is written down for."""

    def post(self, intent: "Intent") -> None:
        """Send an intent to the engine."""

    def post_all(self, intents: "tuple[Intent, ...] | None") -> None:
        """Send what a form wants, in its order; None for nothing."""

    def show_alarms(self) -> None:
        """Show the most urgent alarm, and what to do about it."""

    def go(self, place: Place) -> None:
        """Show another screen instead of this one."""

    def show_instead(self, screen: "Screen[None]") -> None:
        """Show that screen instead of this one; :meth:`go` where a place says which."""

    def say(self, words: str, *, wrong: bool = False) -> None:
        """Say one line to the person for some seconds; ``wrong`` where it is an error."""

    def copy(self, text: str) -> None:
        """Give text to the terminal's clipboard, over ssh too, and say so."""

    def sign_in(self, person: Person) -> None:
        """That person is at the console from now on, and whoever was before is not."""

    def sign_out(self) -> None:
        """Nobody is at the console any more; asks for somebody to sign in."""

    def unlock(self, person: Person) -> None:
        """The console is no longer locked, and that person is at it."""

    def open_planned(self) -> None:
        """Open a training session with the plan of the command line, where there is one."""

    def arm(self, step: int | None = None) -> None:
        """Arm that step of the session, from 0; None: the first that is not finished."""

    def disarm(self) -> None:
        """Let the grant go."""

    def sign(self, session: str, meaning: 'Literal["performed", "reviewed"]') -> None:
        """Ask whoever is at the console for the passphrase, and sign a session that closed."""

    def end_session(self) -> None:
        """End the session; asks what is to be known of it first."""

    def show_limits(self) -> None:
        """Show every limit of the step at hand."""
