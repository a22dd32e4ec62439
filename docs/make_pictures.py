"""Makes the pictures in the documentation from the running program: ``make pictures``.

The real console runs, with its engine in a process of its own and the simulated gun on a
pty in another; a hand holds the gun, keys are pressed, and each screen is drawn as SVG into
``docs/pictures``. Everything but the clock and the chance is the same each time.
"""

import asyncio
import json
import os
import re
import secrets
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from textual.pilot import Pilot

from injector.cli.console import desk
from injector.cli.defaults import SOFTWARE
from injector.cli.people import open_staff
from injector.cli.simulator_process import SimulatorProcess, start_simulator
from injector.control.config import EngineConfig
from injector.control.inputs import Shutdown
from injector.control.process import EngineProcess
from injector.control.registering import record_key, record_operator
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.control.wants import Record
from injector.shotlog import facts
from injector.shotlog.entries import Moment
from injector.shotlog.reader import LogReader
from injector.staff.file import StaffFile, Unlocked
from injector.staff.roles import Person, Role
from injector.treatment.plan import Plan
from injector.treatment.shipped import shipped_library
from injector.tui.app import ConsoleApp
from injector.tui.desk import Place
from injector.tui.dialogs.alarm import QUIET_US
from injector.tui.handle import Mailbox, Postbox, Wires
from injector.tui.screens.text import screen_text
from injector.tui.speech import Language, use

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"
PLAN: Final = ROOT / "examples" / "elbow-tendinopathy.toml"
SIZE: Final = (100, 30)
SERIAL: Final = "SIM-7E57"
SHOTS: Final = 20
ADA: Final = Person("ada", "Dr Ada Martin", Role.PRACTITIONER)
EVE: Final = Person("eve", "Eve Engel", Role.ENGINEER)
SECRET: Final = secrets.token_hex()
"""The passphrase of both."""
_DEADLINE_S: Final = 60.0


class Hand:
    """A hand on the gun, through its control channel."""

    def __init__(self, control: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(control)
        self._lines = self._socket.makefile("rb")

    def do(self, what: str, **fields: object) -> None:
        """Do something and wait until it is done."""
        self._socket.sendall(json.dumps({"do": what, **fields}).encode() + b"\n")
        answer = json.loads(self._lines.readline())
        if not answer.get("ok"):
            raise RuntimeError(str(answer))

    def close(self) -> None:
        """Take the hand off."""
        self._lines.close()
        self._socket.close()


class Watched(Mailbox):
    """A mailbox at which one can wait for a snapshot."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._changed = asyncio.Event()

    def put(self, state: ConsoleState) -> None:
        """Leave a snapshot, and wake who waits."""
        super().put(state)
        self._loop.call_soon_threadsafe(self._changed.set)

    async def until(self, met: Callable[[ConsoleState], bool]) -> None:
        """Wait for a snapshot; ``TimeoutError`` where it does not come."""
        async with asyncio.timeout(_DEADLINE_S):
            while self.newest is None or not met(self.newest):
                self._changed.clear()
                await self._changed.wait()


@dataclass(frozen=True, slots=True)
class Stage:
    """The console, and somebody at its keys."""

    app: ConsoleApp
    pilot: Pilot[None]
    mailbox: Watched

    async def see(self, *texts: str) -> None:
        """Wait until all of these stand on the screen; ``TimeoutError`` says what does instead."""
        try:
            async with asyncio.timeout(_DEADLINE_S):
                while not all(text in screen_text(self.app) for text in texts):
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise TimeoutError(f"{texts} never came:\n{screen_text(self.app)}") from error

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        """Type a text."""
        await self.press(*("space" if sign == " " else sign for sign in text))

    async def draw(self, name: str) -> None:
        """Draw the screen into a file."""
        await self.pilot.pause(0.3)  # the newest snapshot is drawn within that
        picture = _alone(self.app.export_screenshot(title="injector console"))
        (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
        print(PICTURES / f"{name}.svg")

    async def to_armed(self) -> None:
        """Open a session with the plan, and arm its first step."""
        self.app.go(Place.TREATMENT)
        await self.pilot.pause()
        await self.press("o")
        await self.mailbox.until(lambda s: s.session is not None)
        await self.pilot.pause(0.3)
        await self.arm()

    async def arm(self) -> None:
        """Arm the step at hand."""
        await self.press("a")
        await self.mailbox.until(lambda s: s.state is State.ARMED)

    async def shots(self, count: int) -> None:
        """Wait for that many in all."""
        await self.mailbox.until(lambda s: s.session is not None and s.session.given_shots >= count)


@asynccontextmanager
async def console(gun: SimulatorProcess, folder: Path) -> AsyncIterator[Stage]:
    """A console with its engine, where STOP was released and nobody has signed in yet."""
    log = folder / "shots.db"
    staff = open_staff(log)
    if not staff.exists:
        for each in (ADA, EVE):
            staff.add(each.id, each.name, each.role, SECRET)
            _on_record(log, each, staff)
    mailbox = Watched(asyncio.get_running_loop())
    engine = EngineProcess(EngineConfig(gun.port, log, SOFTWARE), mailbox.put)
    engine.start()
    postbox = Postbox(engine.post)
    wires = Wires(engine, mailbox, postbox, gun.port)
    plan = Plan.parse(PLAN.read_bytes())
    lies = desk(wires, shipped_library, log, plan, control=Path(gun.control))
    app = ConsoleApp(replace(lies, staff=staff))
    try:
        async with app.run_test(size=SIZE) as pilot:
            await mailbox.until(lambda s: s.latched and s.status is not None)
            yield Stage(app, pilot, mailbox)
    finally:
        postbox.post(Shutdown("picture_made"))
        postbox.close()
        engine.join()


def _on_record(log: Path, person: Person, staff: StaffFile) -> None:
    """Put somebody and their key on record, as `injector staff add` does."""
    now = Moment(time.time_ns() // 1000, time.monotonic_ns() // 1000)
    qualified = person.role is Role.PRACTITIONER
    recorded = facts.OperatorRecorded(
        person=person.id,
        name=person.name,
        role=person.role.value,
        diploma="DIU mesotherapy" if qualified else None,
        registration="75-1" if qualified else None,
        by=ADA.id,
    )
    record_operator(log, recorded, now=now, random_bytes=os.urandom, software=SOFTWARE)
    unlocked = staff.unlock(person.id, SECRET)
    if not isinstance(unlocked, Unlocked):
        raise TypeError(unlocked)
    record_key(
        log, person.id, unlocked.seed,
        by=person.id, now=now, random_bytes=os.urandom, software=SOFTWARE,
    )  # fmt: skip


async def in_english(folder: Path) -> None:
    """Every screen, on the way through a session."""
    link = Path(tempfile.gettempdir()) / "gun"  # stands on the home screen
    with start_simulator(serial=SERIAL, seed=7, link=link) as gun:
        hand = Hand(gun.control)
        hand.do("syringe", volume_nl=2_200_000, size_nl=2_500_000)
        async with console(gun, folder) as stage:
            await stage.see(ADA.id, EVE.id)
            await stage.draw("sign-in")
            stage.app.sign_in(ADA)
            stage.app.go(Place.HOME)
            await stage.pilot.pause(0.3)
            await stage.press("r")
            await stage.mailbox.until(lambda s: s.state is State.READY and not s.latched)
            await _new_session(stage)
            await stage.to_armed()
            hand.do("contact", on=True)
            hand.do("trigger", held=True)
            await stage.shots(SHOTS)
            await stage.draw("treatment")
            hand.do("trigger", held=False)
            hand.do("contact", on=False)
            hand.do("pull", ms=200)
            await stage.see("NO SHOT")
            await stage.draw("pull")
            stage.app.sign_in(EVE)
            stage.app.go(Place.WORKBENCH)
            await stage.see("trip ms")
            await stage.pilot.pause(1.5)  # some frames pass
            await stage.draw("workbench")
            stage.app.sign_in(ADA)
            await _reviewed(stage)
            await _gap(stage, hand, gun, link)
        hand.close()


async def _new_session(stage: Stage) -> None:
    """A clinical session, as far as the mixture."""
    stage.app.go(Place.NEW_SESSION)
    await stage.see("1/8", "clinical")
    await stage.pilot.pause(0.3)
    await stage.write("heron 7")
    await stage.press("enter", "enter")
    await stage.see("type to filter")
    await stage.write("elbow")
    await stage.press("enter")
    await stage.see("Elbow tendinopathy")
    while "4/8" not in screen_text(stage.app):
        asked = len(shipped_library().figures.contraindication)
        if "3/8" in screen_text(stage.app):
            await stage.press(*["n"] * asked, "tab", "n")
        elif "2/8" in screen_text(stage.app):
            await stage.press("space")
        await stage.press("f8")
        await stage.pilot.pause(0.3)
    await stage.draw("new-session")


async def _reviewed(stage: Stage) -> None:
    """End the session, see what the log has of it, and begin another."""
    stage.app.go(Place.TREATMENT)
    await stage.pilot.pause(0.3)
    await stage.press("d")
    await stage.mailbox.until(lambda s: s.state is State.READY)
    await _end_signed(stage)
    stage.app.go(Place.HOME)
    await stage.see("Today: 1 session")
    await stage.draw("home")
    stage.app.go(Place.REVIEW)
    await stage.see("opened (UTC)", "signed")
    await stage.press("enter")
    await stage.see("Figures against limits")
    await stage.draw("review")


async def _end_signed(stage: Stage) -> None:
    """End the session, and sign it."""
    newest = stage.mailbox.newest
    if newest is None or newest.session is None:
        raise RuntimeError("no session is open")
    session = newest.session.id
    await stage.press("e")
    await stage.see("End the session?")
    await stage.press("enter")
    await stage.see("the session ends, signed by")
    await stage.press("enter")
    await stage.see("signs that they have performed")
    await stage.write(SECRET)
    await stage.press("enter")
    await stage.mailbox.until(lambda s: s.session is None)
    async with asyncio.timeout(_DEADLINE_S):
        while not _is_signed(stage.app.desk.log, session):
            await asyncio.sleep(0.1)


def _is_signed(log: Path, session: str) -> bool:
    with LogReader.open(log) as reader:
        return reader.last("signed", session=session) is not None


async def _gap(stage: Stage, hand: Hand, gun: SimulatorProcess, link: Path) -> None:
    """A fact that passes a limit, and a gun that has lost its memory while it was armed."""
    await stage.to_armed()
    hand.do("contact", on=True)
    hand.do("shoot")
    await stage.shots(1)
    too_much = facts.HandShots(
        technique="nappage", zone="elbow", fill=0, shots=5, volume_nl=21_000_000, by=ADA.id
    )
    stage.app.post(Record(too_much))
    await stage.see("‼ HIGH ‼")
    await stage.mailbox.until(lambda s: s.state is State.READY)
    await stage.draw("alarm")
    await _seen(stage)
    await _end_signed(stage)
    await stage.to_armed()
    hand.do("shoot")
    await stage.shots(1)
    hand.do("unplug")
    await stage.mailbox.until(lambda s: s.state is State.OFFLINE)
    await asyncio.to_thread(gun.stop)
    with start_simulator(serial=SERIAL, seed=8, link=link):
        await stage.mailbox.until(lambda s: bool(s.gaps))
        await _seen(stage)
        await stage.press("g")
        await stage.see("seen, go on")
        await stage.draw("gap")


async def _seen(stage: Stage) -> None:
    """Acknowledge every alarm that is over everything."""
    async with asyncio.timeout(_DEADLINE_S):
        await stage.see("silence all for two minutes")
        while "silence all for two minutes" in screen_text(stage.app):
            await asyncio.sleep(QUIET_US / 1_000_000 + 0.1)  # a key that comes sooner is not meant
            await stage.press("k")
            await stage.pilot.pause(0.3)


async def in_french(folder: Path) -> None:
    """The treatment, in French."""
    use(Language.FRENCH)
    with start_simulator(serial=SERIAL, seed=7) as gun:
        hand = Hand(gun.control)
        hand.do("syringe", volume_nl=2_200_000, size_nl=2_500_000)
        async with console(gun, folder) as stage:
            stage.app.sign_in(ADA)
            stage.app.go(Place.TREATMENT)
            await stage.pilot.pause(0.3)
            await stage.press("r")
            await stage.mailbox.until(lambda s: s.state is State.READY and not s.latched)
            await stage.to_armed()
            hand.do("contact", on=True)
            hand.do("trigger", held=True)
            await stage.shots(SHOTS)
            await stage.draw("seance")
        hand.close()


def _alone(picture: str) -> str:
    """The picture without fonts from elsewhere, and with its spaces kept by every program."""
    # Where the simulated gun's port lies on this machine is nobody's business.
    here = str(Path(tempfile.gettempdir()) / "gun")
    picture = picture.replace(here, "./gun" + "&#160;" * (len(here) - len("./gun")))
    without = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    return without.replace("<svg ", '<svg xml:space="preserve" ', 1)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for make in (in_english, in_french):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(make(Path(folder)))
