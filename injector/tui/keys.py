"""The console's keys: one for each act, plain letters and function keys only.

One table for what works everywhere and one for each screen; bindings, the line of keys,
the help and the command palette are made from them. The config file may give an act
another key by the act's name (`Key.action`): a foot pedal is a keyboard with one key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from injector.tui.speech import _, mark

if TYPE_CHECKING:
    from textual.binding import BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """One key and what it does."""

    key: str
    """As Textual names it."""
    action: str
    """The action, and the name by which the config file knows this key."""
    label: str
    """One word for the line of keys; marked, not yet said."""
    help: str
    """What happens, in a sentence; marked, not yet said."""
    for_engineers: bool = False
    """It stays English in every language."""

    @property
    def word(self) -> str:
        """The one word, in the language in use."""
        return self.label if self.for_engineers else _(self.label)

    @property
    def sentence(self) -> str:
        """What happens, in the language in use."""
        return self.help if self.for_engineers else _(self.help)

    @property
    def shown(self) -> str:
        """As it is printed on the key, the key map considered."""
        key = _map.get(self.action, self.key) if self.action != STOP.action else self.key
        return key.upper() if len(key) > 1 else key

    def binding(self, *, priority: bool = False) -> "BindingType":
        """The same as a binding of Textual's."""
        from textual.binding import Binding  # noqa: PLC0415 - commands read keys without it

        return Binding(
            self.key, self.action, self.label, priority=priority, show=False, id=self.action
        )


_map: Final[dict[str, str]] = {}
"""Other keys for acts, by the act's name, as this process was told."""


def use_keys(keys: Mapping[str, str]) -> None:
    """Show these keys for these acts from now on, in this process."""
    _map.clear()
    _map.update(keys)


STOP: Final = Key(
    "f9", "stop", mark("STOP"), mark("STOP at once; it latches. Escape, too, while armed.")
)
DISARM: Final = Key(
    "d",
    "disarm",
    mark("disarm"),
    mark("Disarm. A shot in motion ends whole; nothing latches."),
)
COPY: Final = Key(
    "f3",
    "copy_screen",
    mark("copy"),
    mark("Copy what stands on the screen, also over ssh, where the terminal allows it."),
)
EVERYWHERE: Final = (
    STOP,
    DISARM,
    Key("r", "release", mark("release"), mark("Release a STOP. Nothing is armed by it.")),
    Key("k", "acknowledge", mark("ack"), mark("Acknowledge the most urgent alarm.")),
    Key(
        "s",
        "silence",
        mark("silence"),
        mark("Silence all alarms for two minutes; they stay in sight."),
    ),
    Key("g", "gap", mark("gap"), mark("Look at a gap, then go on or end the session.")),
    Key(
        "f",
        "foreign",
        mark("foreign"),
        mark("Accept entries of another log: the gun may forget them."),
    ),
    Key(
        "f4",
        "lock",
        mark("lock"),
        mark("Lock the console, which disarms: it opens again for a passphrase only."),
    ),
    Key("t", "take", mark("take"), mark("Take the gun back from another host.")),
    Key(
        "q",
        "quit",
        mark("quit"),
        mark("Disarm, close the session and the log in order, and leave."),
    ),
    Key("f1", "help", mark("help"), mark("Show this help. The question mark does, too.")),
    Key("f2", "command_palette", mark("acts"), mark("Find any act or place by its name.")),
    COPY,
)
"""On every screen, wherever one does not type."""
HELP: Final = next(key for key in EVERYWHERE if key.action == "help")
SIGN_IN: Final = (
    Key("up", "choose(-1)", mark("previous"), mark("Choose the person before, in the list.")),
    Key("down", "choose(1)", mark("following"), mark("Choose the person after, in the list.")),
    Key("enter", "go_on", mark("go on"), mark("To the passphrase; then sign in with it.")),
    Key("ctrl+q", "leave", mark("leave"), mark("Leave the console.")),
)
"""On the screen on which one signs in."""
LOCK: Final = (
    Key("enter", "unlock", mark("unlock"), mark("Give the passphrase, and go on.")),
    Key(
        "tab",
        "somebody_else",
        mark("other"),
        mark("Somebody else signs in, and whoever locked it is signed out."),
    ),
    Key(
        "x",
        "sign_out",
        mark("sign out"),
        mark("Sign out whoever locked it. Not while a session is open."),
    ),
)
"""On a locked console."""
TREATMENT: Final = (
    Key("o", "open_session", mark("open"), mark("Open a session with the plan.")),
    Key("a", "arm", mark("arm"), mark("Arm the first unfinished step. Then the trigger fires.")),
    Key(
        "e",
        "end_session",
        mark("end"),
        mark("End the session: disarm, account for everything, close."),
    ),
    Key(
        "l",
        "limits",
        mark("limits"),
        mark("Show every limit of the step at hand, with its source."),
    ),
    Key(
        "z",
        "steps",
        mark("zone"),
        mark("Go on with another step, or add one: another zone or technique."),
    ),
    Key("h", "hand_shots", mark("by hand"), mark("Record shots that were given by hand.")),
    Key("p", "prime", mark("prime"), mark("Arm priming: off the skin, the trigger moves it.")),
    Key("y", "syringe", mark("syringe"), mark("Another syringe; what is granted ends first.")),
    Key("n", "needle", mark("needle"), mark("A fresh needle; what is granted ends first.")),
    Key("m", "note", mark("note"), mark("Write a note into the record.")),
    Key("v", "adverse", mark("adverse"), mark("Record an adverse event.")),
    Key("c", "colleague", mark("colleague"), mark("A colleague takes the session over.")),
    Key(
        "u",
        "override_limit",
        mark("override"),
        mark("Let soft limits be passed in one step, with a reason."),
    ),
    Key(
        "w",
        "resume",
        mark("go on"),
        mark("Go on with a session that was found open or stood idle: say again for whom."),
    ),
    Key("i", "alarms", mark("alarms"), mark("Look at the alarms, and what to do about them.")),
    Key("b", "home", mark("home"), mark("To the home screen.")),
)
"""On the treatment screen."""
GO_ON: Final = Key(
    "b",
    "back_to_session",
    mark("return"),
    mark("Back to the treatment screen, while a session is open."),
)
GO_HOME: Final = Key("h", "go_home", mark("home"), mark("To the home screen."))
HOME: Final = (
    Key("n", "new_session", mark("new"), mark("Begin a new session.")),
    GO_ON,
    Key("v", "review", mark("review"), mark("Review sessions that are in the shot log.")),
    Key("w", "workbench", mark("workbench"), mark("The workbench, for engineers.")),
    Key(
        "c",
        "checkpoint",
        mark("checkpoint"),
        mark("Show the newest session's checkpoint, to be kept on paper, and what waits."),
    ),
)
"""On the home screen."""
CHECKPOINT: Final = HOME[-1]
REVIEW: Final = (
    GO_HOME,
    GO_ON,
    Key(
        "c", "check", mark("check log"), mark("Verify the whole shot log, beside everything else.")
    ),
    Key(
        "n",
        "queue",
        mark("to review"),
        mark("Only sessions that nobody has reviewed, exceptions first; again for all."),
    ),
)
"""On the list of sessions; Enter opens the one under the cursor."""
SESSION_REVIEW: Final = (
    Key("b", "sessions", mark("return"), mark("Back to the list of sessions.")),
    Key("1", "page_figures", mark("figures"), mark("What it came to, against its limits.")),
    Key("2", "page_shots", mark("shots"), mark("Its shots.")),
    Key("3", "page_events", mark("events"), mark("Alarms, overrides, gaps, signatures.")),
    Key(
        "o",
        "filter_outcome",
        mark("outcome"),
        mark("Shots of one outcome; of events, those of a kind."),
    ),
    Key("y", "filter_technique", mark("technique"), mark("Shots of one technique only.")),
    Key("z", "filter_zone", mark("zone"), mark("Shots of one zone only.")),
    Key("u", "filter_soft", mark("unusual"), mark("Only shots outside a soft limit.")),
    Key("p", "sign_performed", mark("sign"), mark("Sign that you have performed this session.")),
    Key("w", "sign_reviewed", mark("reviewed"), mark("Sign that you have reviewed this session.")),
)
"""On one session under review."""
WORKBENCH: Final = (
    GO_HOME,
    GO_ON,
    Key(
        "a",
        "arm",
        "arm",
        "Arm the first unfinished step. Then the trigger fires.",
        for_engineers=True,
    ),
    Key(
        "p", "pause", "pause", "Hold the frames still, or let them pass again.", for_engineers=True
    ),
    Key(
        "j",
        "journal",
        "journal",
        "The gun's journal as the log has it, or the frames again.",
        for_engineers=True,
    ),
)
"""On the workbench. Commands for engineers stay English."""
HAND: Final = (
    Key(
        "space",
        "sim_trigger",
        "trigger",
        "Pull the simulated gun's trigger, or let it go.",
        for_engineers=True,
    ),
    Key(
        "m",
        "sim_pull",
        "pull 0.2 s",
        "Pull the trigger and let it go 0.2 s later.",
        for_engineers=True,
    ),
    Key(
        "c",
        "sim_contact",
        "contact",
        "Put the nose on the skin, or take it off.",
        for_engineers=True,
    ),
    Key("1", "sim_occlusion", "occlusion", "Block the needle, or clear it.", for_engineers=True),
    Key("2", "sim_air", "air", "Air in the line, or none.", for_engineers=True),
    Key("3", "sim_empty", "empty", "An empty syringe, or not.", for_engineers=True),
    Key("4", "sim_drive", "drive", "A drive that stands still, or moves.", for_engineers=True),
    Key(
        "5", "sim_stuck_trigger", "stuck", "A trigger that sticks, or is free.", for_engineers=True
    ),
    Key("6", "sim_battery", "battery", "A battery at 4 %, or full.", for_engineers=True),
    Key("7", "sim_power", "power", "Cut the power, or give it back.", for_engineers=True),
    Key("8", "sim_reset", "reset", "Cut the power and give it back at once.", for_engineers=True),
    Key("9", "sim_cable", "cable", "Pull the cable out, or put it in.", for_engineers=True),
    Key("0", "sim_syringe", "syringe", "A fresh syringe of the size fitted.", for_engineers=True),
)
"""The hand on a simulated gun, on the workbench."""
NEW_SESSION: Final = (
    Key(
        "f8",
        "forward",
        mark("next"),
        mark("Go on to the next page with something open; on the summary, open the session."),
    ),
    Key("f7", "back", mark("return"), mark("Go back a page; from the first one, leave.")),
    Key(
        "f6",
        "repeat",
        mark("as before"),
        mark("Copy the plan of the patient's last session. Answers and lots are never copied."),
    ),
    Key("f5", "accept", mark("accept"), mark("Stand by everything that this page proposes.")),
    Key("insert", "add_line", mark("add"), mark("Add a product, or a step.")),
    Key("f10", "remove_line", mark("remove"), mark("Take out the product or step one is in.")),
)
"""On the screen of a new session."""
SCREENS: Final[tuple[tuple[Key, ...], ...]] = (
    TREATMENT,
    HOME,
    NEW_SESSION,
    REVIEW,
    SESSION_REVIEW,
    (*WORKBENCH, *HAND),
)
"""The table of each screen."""


def key_of(action: str) -> str:
    """The key of an act, as it is printed on the key; for texts that name one."""
    tables = (EVERYWHERE, *SCREENS)
    return next(key.shown for table in tables for key in table if key.action == action)
