"""A practice: who works in it, its gun and its log, and a console that is worked by keys alone.

The steps of a session in words that a person would use. Each of them waits for what the
screen says; nothing here looks into the console, which is a process of its own.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from injector.treatment.gs1 import GS
from injector.tui.dialogs.alarm import QUIET_US
from tests.tui.bench import DEADLINE_S, ROOT, Hand, Terminal, until
from tests.tui.tongues import Tongue

PASSPHRASE: Final = "four plain words here"
MOST_STALLS: Final = 5
"""So often a busy machine may draw nothing for a second in one session; a console, never."""
AGAIN_S: Final = 5.0
"""So long somebody waits before they press a key again."""
KEYS: Final = {
    "enter": b"\r",
    "tab": b"\t",
    "escape": b"\x1b",
    "space": b" ",
    "clear": b"\x15",
    "insert": b"\x1b[2~",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "end": b"\x1b[F",
    "f2": b"\x1bOQ",
    "f4": b"\x1bOS",
    "f5": b"\x1b[15~",
    "f6": b"\x1b[17~",
    "f7": b"\x1b[18~",
    "f8": b"\x1b[19~",
    "f9": b"\x1b[20~",
}
"""What a terminal sends for a key that is no letter."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here."""

    id: str
    name: str
    pin: str
    registration: str


ADA: Final = Person("ada", "Ada Example", "4711", "75-1")
BEA: Final = Person("bea", "Bea Sample", "2580", "75-2")


def command(*words: str | Path, stdin: str = "") -> None:
    """Run a command of the program, which must be done without a word against it."""
    whole = [sys.executable, "-m", "injector.cli.main", *map(str, words)]
    done = subprocess.run(whole, input=stdin, text=True, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def employ(log: Path, *people: Person) -> None:
    """They work here, with passphrase, PIN, diploma and registration on record."""
    for each in people:
        command(
            "staff", "add", each.id, "--name", each.name, "--role", "practitioner",
            "--diploma", "DIU mesotherapy", "--registration", each.registration,
            "--stdin", "--log", log, stdin=f"{PASSPHRASE}\n",
        )  # fmt: skip
        command("staff", "pin", each.id, "--stdin", "--log", log, stdin=f"{each.pin}\n")


def approve(log: Path, person: Person) -> None:
    """That practitioner approves the shipped limits for this practice."""
    command("library", "approve", "shipped", "--by", person.id, "--passphrase-fd", "0",
            "--log", log, stdin=f"{PASSPHRASE}\n")  # fmt: skip


class AtConsole:
    """Somebody at a console: presses, types, and reads the screen."""

    def __init__(self, terminal: Terminal, says: Tongue) -> None:
        self.terminal, self.says = terminal, says
        self.stalls = 0
        """How often the screen could not be seen while it was armed."""

    def see(self, *texts: str) -> str:
        """Wait until all of these stand on the screen."""
        return self.terminal.wait(*texts)

    def read(self, *texts: str) -> None:
        """Wait until all of these stand on the screen, wherever their lines are broken."""
        until(lambda: all(each in self.words for each in texts), f"{texts}:\n{self.terminal.text}")

    @property
    def words(self) -> str:
        """What stands on the screen, without its lines."""
        return " ".join(self.terminal.text.split())

    def press(self, *keys: str) -> None:
        """Press keys, as fast as they go."""
        self.terminal.send(b"".join(KEYS.get(key, key.encode()) for key in keys))

    def insist(self, met: Callable[[], bool], *keys: str) -> None:
        """Press keys until it is so: on a busy machine those that the console could not look at
        for a second do nothing, and a person presses them again."""
        end_s = time.monotonic() + DEADLINE_S
        while not met():
            assert time.monotonic() < end_s, f"{keys} did nothing:\n{self.terminal.text}"
            self.press(*keys)
            again_s = time.monotonic() + AGAIN_S
            while not met() and time.monotonic() < again_s:
                time.sleep(0.02)

    def type(self, text: str) -> None:
        """Type a text, as a keyboard or a scanner does."""
        self.press(text)

    # -- signing in, and a new session ----------------------------------------------------

    def sign_in(self, person: Person) -> None:
        """By id and passphrase, in one go."""
        self.see(self.says.signing_in, f"{person.id}  {person.name}")
        self.press(person.id, "enter", PASSPHRASE, "enter")

    def release_stop(self) -> None:
        """Every gun begins with it."""
        self.see(self.says.stopped, self.says.released_by)
        self.press("r")
        self.see(self.says.ready)

    def choose(self, typed: str, *texts: str) -> None:
        """Choose from the list of the field at the cursor, by what is typed into its filter."""
        self.insist(lambda: self.says.typed_filter in self.terminal.text, "enter")
        self.type(typed)
        self.read(typed, *texts)
        self.press("enter")
        until(lambda: self.says.typed_filter not in self.terminal.text, "the list is gone")

    def fill(self, *texts: str) -> None:
        """Fill in the field at the cursor and those after it, each as fast as it goes.

        What is typed further ahead than a busy machine gets in three seconds is dropped, as
        the console promises; so the next one is begun once this one is seen.
        """
        for text in texts:
            self.press(text, "enter")
            self.read(text)

    def page(self, number: int) -> None:
        """Go on, to that page."""
        self.insist(lambda: self.says.pages[number - 1] in self.terminal.text, "f8")

    def say_for_whom(self, pseudonym: str) -> None:
        """A new session, for a patient."""
        self.press("n")
        self.see(self.says.pages[0])
        # After two blanks: after one it stands in the example of an empty field, too.
        self.insist(lambda: f"  {pseudonym}" in self.terminal.text, "clear", pseudonym)
        self.page(2)

    def say_what_for(self) -> None:
        """The elbow, to cure it; there is a consent."""
        self.choose(self.says.elbow, self.says.tendinopathy)
        self.press("space", "tab")
        self.see(self.says.curative)
        self.type("folder 7")
        self.see("folder 7")
        self.page(3)

    def answer_for_the_patient(self, questions: int) -> None:
        """No to everything that is asked, and what the patient weighs."""
        for at in range(1, questions + 1):
            self.insist(lambda n=at: self.terminal.text.count("(●)") == n, "n")
        self.press("tab", "n", "72 kg")
        self.see("72 kg")
        self.page(4)

    def say_what_is_in_the_syringe(self, first: str, second: str) -> None:
        """So much of two products: the first one's lot by its code, the second one's by hand."""
        amount = self.says.amount
        self.choose(self.says.piroxicam)
        self.fill(amount(first), amount("20 mg/mL"))
        self.press(code("A7"), "enter")
        self.read(self.says.read_lot.format(lot="A7", expiry="2031-02-28"), amount(first))
        self.press("insert")
        self.see(self.says.product.format(number=2, count=2))
        self.choose(self.says.lidocaine)
        self.fill(amount(second), "10 mg/mL")
        self.press("tab")
        self.fill("B-22")
        self.type("2031-05-31")
        self.see("B-22", "2031-05-31", amount(second))
        self.page(5)

    def say_with_what(self, syringe: str) -> None:
        """Syringe and needle, whose sterile set is scanned."""
        amount = self.says.amount
        self.choose(amount(syringe), amount(syringe))
        self.choose(amount("4.0"), amount("4.0 mm"))
        self.press(code("SET-9"), "enter")
        self.read(self.says.read_lot.format(lot="SET-9", expiry="2031-02-28"))
        self.page(6)

    def plan_steps(self, *steps: tuple[str, str, int]) -> None:
        """Steps in the elbow, each a technique, how often the gun shoots, and how many shots.

        The trigger is held; what the library proposes else is accepted.
        """
        for at, (technique, cadence, shots) in enumerate(steps):
            if at:
                self.press("insert")
            self.choose(technique)
            self.read(self.says.proposed)
            self.insist(lambda: self.says.proposed not in self.terminal.text, "f5")
            self.press("tab", "space", "tab", "tab", "tab", "tab", "tab", "end", "clear")
            self.press(cadence, "tab")
            self.see(cadence)
            self.type(str(shots))
            until(lambda n=shots: f" {n} " in self.terminal.text, f"{shots} shots")
        self.page(7)

    def go_through_checklists(self, points: int) -> None:
        """Everything is so."""
        for left in reversed(range(points)):
            self.insist(lambda n=left: f"· {n} " in self.terminal.text, "y")
        self.page(8)

    def open_it(self) -> None:
        """Nothing is open, so it can be."""
        self.see(self.says.nothing_open, self.says.within)
        self.press("f8")
        self.see(self.says.clinical, self.says.armed_by.format(step=1, steps=2))

    # -- in a session ---------------------------------------------------------------------

    def arm(self, *, step: int, of: int) -> None:
        """Arm the first unfinished step, which is that one."""
        self.see(self.says.armed_by.format(step=step, steps=of))
        self.press("a")
        self._armed()

    def _armed(self) -> None:
        """Wait until it is. Where a busy machine drew nothing for a second it is disarmed again,
        as the console promises; then that is acknowledged, and it is armed again."""
        self._wait(lambda: self._alarm or self.says.armed in self.terminal.text, "armed")
        while self._alarm:
            self._go_on_after_a_stall()
            self.press("a")
            self._wait(lambda: self._alarm or self.says.armed in self.terminal.text, "armed again")

    def _wait(self, met: Callable[[], object], what: str) -> None:
        """Wait until it is so; what stood on the screen where it never came to that."""
        try:
            until(lambda: bool(met()), what)
        except AssertionError as error:
            raise AssertionError(f"{error}:\n{self.terminal.text}") from None

    @property
    def _alarm(self) -> str:
        """What the dialog of an alarm says, in one line; empty where no such dialog is up."""
        text = self.terminal.text
        if self.says.silence_all not in text:
            return ""
        return " ".join(" ".join(re.findall("║(.*)║", text)).split())

    def _go_on_after_a_stall(self) -> None:
        """Acknowledge that the screen could not be seen; no other alarm is let go, nor too many.

        A key that comes at once is not meant.
        """
        self.stalls += 1
        assert self.stalls <= MOST_STALLS, f"the screen stalls too often:\n{self.terminal.text}"
        while self._alarm:
            until(
                lambda: not self._alarm or self.says.stalled in self._alarm,
                f"another alarm than that of a screen not seen:\n{self.terminal.text}",
            )
            time.sleep(QUIET_US / 1_000_000 + 0.1)
            self.press("k")
            time.sleep(0.1)

    def disarm(self) -> None:
        """Let the grant go."""
        self.press("d")
        self.see(self.says.ready)

    def shoot(self, hand: Hand, shots: int) -> None:
        """Hold the gun on the skin and the trigger pulled, for so many shots at least."""
        wanted = hand.shots + shots
        while hand.shots < wanted:
            self._armed()
            hand.do("contact", on=True)
            until(lambda: self._alarm or self.says.contact in self.terminal.text, "contact")
            hand.do("trigger", held=True)
            until(lambda: self._alarm or hand.shots >= wanted, f"{shots} shots")
            hand.do("trigger", held=False)
            until(lambda: hand.state["light"] != "moving", "the last one has ended")
            hand.do("contact", on=False)

    def confirm(self, said: str) -> None:
        """Look at what a form will do, then have it done."""
        self.press("enter")
        self.read(said)
        self.press("enter")
        until(lambda: said not in self.words, f"{said}: done")

    def record_by_hand(self, shots: int, volume: str) -> None:
        """So many shots were given by hand, with so much in all."""
        self.press("h")
        self.see(self.says.by_hand)
        self.press(str(shots), "down", volume)
        self.confirm(self.says.by_hand_said.format(count=shots, volume=f"{volume[:4]}0 mL"))

    def write_note(self, text: str) -> None:
        """A note, typed as fast as it goes."""
        self.press("m", text)
        self.see(self.says.note, text)
        self.press("enter")
        until(lambda: self.says.note not in self.terminal.text, "it is written")

    def record_redness(self) -> None:
        """An adverse event."""
        self.press("v")
        self.see(self.says.adverse)
        self.press("2")
        self.confirm(self.says.adverse_said)

    def change_syringe(self, size: str) -> None:
        """The same once more, in three keys."""
        self.press("y")
        self.see(self.says.syringe)
        self.confirm(self.says.syringe_said.format(size=size))

    def change_needle(self, lot: str, expiry: str) -> None:
        """The same once more, of a set of its own."""
        self.press("n")
        self.see(self.says.needle)
        self.press("down", lot)
        self.see(lot)
        self.press("down", expiry)
        self.see(lot, expiry)
        self.confirm(self.says.needle_said)

    def hand_over_to(self, person: Person) -> None:
        """A colleague takes the session over, by their PIN."""
        self.press("c")
        self.see(self.says.colleague, f"{person.id}  {person.name}")
        self.press(person.id, "enter", person.pin, "enter")
        self.see(f"· {person.id} ")

    def go_on(self, pseudonym: str, needle: str, expiry: str) -> None:
        """Say again for whom and with what, and go on."""
        self.press("w")
        self.see(self.says.going_on)
        self.press(pseudonym, "down", needle)
        self.read(pseudonym, needle)
        self.press("down", "down", "down", expiry)
        self.confirm(self.says.going_on_said)

    def close(self, person: Person) -> None:
        """End the session with its result, signed."""
        self.press("e")
        self.see(self.says.end)
        self.press("down", "down", "3")
        self.see(self.says.better)
        self.press("down", "14 d")
        self.see("14 d")
        self.press("down", "14")
        self.confirm(self.says.signed_said.format(name=person.name))
        self.read(self.says.signs_it.format(name=person.name))
        self.press(PASSPHRASE, "enter")
        self.read(self.says.signed_it.format(name=person.name))
        self.see(self.says.no_session)


def code(lot: str) -> str:
    """What a scanner types for a label with that lot."""
    return f"]d2010401234567890110{lot}{GS}17310228"
