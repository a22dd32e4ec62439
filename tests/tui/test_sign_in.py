"""Signing in, the lock and the PIN, with the real engine and a real gun on a pty."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input

from injector.cli.simulator_process import SimulatorProcess
from injector.control.inputs import Arm
from injector.control.states import State
from injector.shotlog.entries import Entry
from injector.shotlog.facts import Access
from injector.shotlog.reader import LogReader
from injector.staff.lockout import MOST_FAILURES
from injector.staff.roles import Person, Role
from injector.tui.dialogs.pin import PinDialog
from injector.tui.screens.lock import LockScreen
from injector.tui.settings import Settings
from injector.tui.widgets.stop import StopTarget
from tests.staff.people import PASSPHRASE, PIN, WRONG, Office
from tests.tui.bench import DEADLINE_S, ROOT, Hand, Terminal, entries
from tests.tui.stage import Stage, console

IDLE_S = 30


class Watch:
    """The console's clock, which a test can set ahead."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def __call__(self) -> int:
        return time.monotonic_ns() // 1000 + self.ahead_us

    def pass_s(self, seconds: float) -> None:
        self.ahead_us += int(seconds * 1_000_000)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "shots.db"


@pytest.fixture
def office(log: Path) -> Office:
    """A practitioner with a PIN, an auditor, an engineer."""
    office = Office(log.with_name("shots.db.staff"))
    office.add("ada", pin=PIN)
    office.add("bob", Role.AUDITOR)
    office.add("eve", Role.ENGINEER)
    return office


async def met(condition: Callable[[], bool], stage: Stage, what: str) -> None:
    end_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end_s, f"never: {what}\n{stage.text}"
        await asyncio.sleep(0.02)


async def write(stage: Stage, text: str) -> None:
    """Type into the field that has the focus."""
    await stage.press(*("space" if sign == " " else sign for sign in text))


async def sign_in(stage: Stage, who: str, passphrase: str = PASSPHRASE) -> None:
    """As a person does it."""
    await stage.see("Sign in", "ada  Ada Example")
    stage.app.screen.query_one("#who", Input).value = ""
    stage.app.screen.query_one("#who", Input).focus()
    await write(stage, who)
    await stage.press("enter")
    await write(stage, passphrase)
    await stage.press("enter")


async def unlock(stage: Stage, passphrase: str = PASSPHRASE) -> None:
    await stage.see("LOCKED")
    await stage.press("enter")
    await write(stage, passphrase)
    await stage.press("enter")


def happened(log: Path) -> list[tuple[str, str | None]]:
    """Every entry about access."""
    bodies = [entry.body for entry in entries(log)]
    return [(body.what, body.person) for body in bodies if isinstance(body, Access)]


def failures(log: Path) -> list[Entry]:
    """What was written so far of somebody who was not let in."""
    with LogReader.open(log) as reader:
        return list(reader.entries(kinds=["access"]))


async def test_who_signs_in_is_who_opens_and_arms(
    gun: SimulatorProcess, hand: Hand, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await stage.see("S T O P P E D", "sign in to release it", "ada  Ada Example", "bob")
        await sign_in(stage, "ada")
        await stage.to_armed()
        assert stage.state.session is not None
        assert stage.state.session.operator == "ada"
        await stage.press("d")
        await stage.until(State.READY)
        await stage.press("q")
        await stage.see("Leave the console?")
        await stage.press("y")
        await stage.until(State.ENDED)
    assert happened(log) == [("signed_in", "ada"), ("signed_out", "ada")]


async def test_somebody_is_chosen_with_arrow_keys_or_the_mouse(
    gun: SimulatorProcess, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await stage.see("ada  Ada Example", "eve  Eve Example")
        chosen = []
        for key in ("down", "down", "down", "down", "up"):
            await stage.press(key)
            chosen.append(stage.app.screen.query_one("#who", Input).value)
        assert chosen == ["ada", "bob", "eve", "ada", "eve"]
        await stage.pilot.click("#people", offset=(2, 0))
        await met(lambda: stage.app.focused is not None and stage.app.focused.id == "secret",
                  stage, "the passphrase is asked for")  # fmt: skip
        await write(stage, PASSPHRASE)
        await stage.press("enter")
        await met(lambda: stage.app.person is not None, stage, "signed in")
        assert stage.app.person == Person("ada", "Ada Example", Role.PRACTITIONER)


@pytest.mark.rule("R-ACCESS")
async def test_a_wrong_passphrase_says_so_and_is_an_entry_without_what_was_typed(
    gun: SimulatorProcess, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada", WRONG)
        await stage.see("wrong id or passphrase")
        assert stage.app.person is None
        await sign_in(stage, PASSPHRASE, "ada and more of it")  # into the wrong fields
        await met(lambda: len(failures(log)) == 2, stage, "looked at")
        await stage.see("wrong id or passphrase")
        assert stage.app.screen.query_one("#secret", Input).value == ""
        assert WRONG not in stage.text
        await sign_in(stage, "ada")
        await met(lambda: stage.app.person is not None, stage, "signed in")
    assert happened(log) == [
        ("sign_in_failed", "ada"), ("sign_in_failed", None), ("signed_in", "ada"),
    ]  # fmt: skip
    assert PASSPHRASE.encode() not in log.read_bytes()


@pytest.mark.rule("R-LOCKOUT", "R-ACCESS")
async def test_a_lockout_says_for_how_long_and_survives_a_restart(
    gun: SimulatorProcess, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        for _ in range(MOST_FAILURES):
            before = office.hasher.done
            await sign_in(stage, "ada", WRONG)
            await met(lambda: office.hasher.done > before, stage, "looked at")  # noqa: B023
        await stage.see("locked out for 4 min 5")
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada")
        await stage.see("locked out for 4 min 5")
        assert stage.app.person is None
        office.clock.pass_s(300)
        await sign_in(stage, "ada")
        await met(lambda: stage.app.person is not None, stage, "signed in")
    failed = [("sign_in_failed", "ada")] * MOST_FAILURES
    assert happened(log) == [*failed, ("locked_out", "ada"), ("signed_in", "ada")]


@pytest.mark.rule("R-ROLES")
async def test_an_auditor_signs_in_to_a_console_that_cannot_arm(
    gun: SimulatorProcess, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await put_on_record(stage, "bob", "auditor")
        await sign_in(stage, "bob")
        await met(lambda: stage.app.person is not None, stage, "signed in")
        await stage.see("r releases it")
        for key in ("r", "o", "a"):
            await stage.press(key)
            await stage.see("the role on record")
        assert stage.state.latched
        assert stage.state.session is None


async def put_on_record(stage: Stage, person: str, role: str) -> None:
    """What `injector staff add` writes, through the engine that runs."""
    from injector.control.wants import RecordOperator
    from injector.shotlog.facts import OperatorRecorded

    await met(lambda: stage.mailbox.newest is not None, stage, "a snapshot")
    size = stage.state.log_size
    stage.app._wires.postbox.post(
        RecordOperator(OperatorRecorded.model_validate({
            "person": person, "name": person, "role": role, "diploma": None,
            "registration": None, "by": person,
        }))
    )  # fmt: skip
    await met(lambda: stage.state.log_size > size, stage, "on record")


@pytest.mark.rule("R-LOCK", "R-STOP")
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_locked_console_disarms_shows_the_state_and_stops_but_arms_nothing(
    size: tuple[int, int], gun: SimulatorProcess, hand: Hand, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff, size=size) as stage:
        await sign_in(stage, "ada")
        await stage.to_armed()
        await stage.press("f4")
        await stage.see("LOCKED by Ada Example", "R E A D Y", "STOP F9", "sign in to go on")
        assert stage.app.person is None
        for key in ("a", "o", "e", "r", "q", "ctrl+q", "t", "f"):
            await stage.press(key)
        stage.app.arm()
        stage.app.post(Arm(0, "ada"))
        await stage.press("f9")
        await stage.see("S T O P P E D", "sign in to release it")
        await stage.press("r")
        await asyncio.sleep(0.3)
        assert stage.state.latched
        assert stage.state.session is not None
        await unlock(stage, WRONG)
        await stage.see("wrong id or passphrase", "S T O P P E D")
        await stage.press("escape")
        await unlock(stage)
        await stage.see("r releases it")
        assert stage.app.person is not None
        await stage.press("r")
        await stage.see("a arms step 1 of 2")
        await stage.press("f4")
        await stage.see("LOCKED")
        await stage.pilot.mouse_down(StopTarget)
        await stage.see("S T O P P E D")
    assert happened(log) == [
        ("signed_in", "ada"), ("locked", "ada"), ("sign_in_failed", "ada"), ("unlocked", "ada"),
        ("locked", "ada"),
    ]  # fmt: skip
    bodies = [entry.body for entry in entries(log)]
    disarmed = [(b.reason, b.by) for b in bodies if b.kind == "disarmed"]  # type: ignore[union-attr]
    assert disarmed == [("locked", "ada")]
    assert [b.by for b in bodies if b.kind == "stop"] == [None, None]  # type: ignore[union-attr]


@pytest.mark.rule("R-LOCK")
async def test_a_console_that_nobody_uses_locks_and_shots_hold_that_off(
    gun: SimulatorProcess, hand: Hand, log: Path, office: Office
) -> None:
    watch = Watch()
    settings = Settings(idle_lock_s=IDLE_S)
    async with console(
        gun.port, log, who=None, staff=office.staff, settings=settings, clock_us=watch
    ) as stage:
        await sign_in(stage, "ada")
        await stage.to_armed()
        given = 0
        for _ in range(3):
            watch.pass_s(IDLE_S - 5)
            await asyncio.to_thread(hand.shoot)
            given = hand.shots
            await stage.see(f"{given}/48")
        assert given > 0
        assert stage.app.person is not None
        assert stage.state.state is State.ARMED
        watch.pass_s(IDLE_S - 5)
        await stage.press("left")  # a key holds it off, too
        watch.pass_s(IDLE_S - 5)
        await asyncio.sleep(1.2)  # two looks at the clock
        assert stage.app.person is not None
        await stage.pilot.hover("Shots")
        watch.pass_s(IDLE_S - 5)
        await asyncio.sleep(1.2)
        assert stage.app.person is not None
        watch.pass_s(6)
        await stage.see("LOCKED by Ada Example", "R E A D Y")
        await stage.press("f9")
        await stage.see("S T O P P E D")
        assert hand.state["light"] == "stopped"
    assert ("locked", "ada") in happened(log)


@pytest.mark.rule("R-LOCK")
async def test_escape_and_disarm_work_on_a_lock_that_came_before_the_disarm(
    gun: SimulatorProcess, hand: Hand, log: Path, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order to disarm may be late, or lost: whoever is there can still give it."""
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada")
        await stage.to_armed()
        with monkeypatch.context() as patch:
            patch.setattr(stage.app, "post", lambda _intent: None)
            await stage.press("f4")
        await stage.see("LOCKED", "A R M E D")
        await stage.press("d")
        await stage.until(State.READY)
        assert not stage.state.latched
        await unlock(stage)
        await stage.see("a arms step 1")
        await stage.press("a")
        await stage.see("A R M E D")
        with monkeypatch.context() as patch:
            patch.setattr(stage.app, "post", lambda _intent: None)
            await stage.press("f4")
        await stage.see("LOCKED", "A R M E D")
        await stage.press("enter", "x", "escape")  # in the passphrase's field
        await stage.see("S T O P P E D")
        assert stage.state.latched


@pytest.mark.rule("R-LOCK", "R-ACCESS")
async def test_somebody_else_signs_in_on_a_locked_console_and_finishes_no_dialog(
    gun: SimulatorProcess, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada")
        await stage.to_ready()
        await stage.press("e")
        await stage.see("End the session?")
        stage.app.action_lock()
        await stage.see("LOCKED by Ada Example")
        await stage.press("tab")
        await write(stage, "eve")
        await stage.press("tab")
        await write(stage, PASSPHRASE)
        await stage.press("enter")
        await met(lambda: stage.app.person is not None, stage, "signed in")
        await stage.see("a arms step 1 of 2")
        assert "End the session?" not in stage.text
        assert stage.app.person == Person("eve", "Eve Example", Role.ENGINEER)
    assert happened(log) == [
        ("signed_in", "ada"), ("locked", "ada"), ("signed_out", "ada"), ("signed_in", "eve"),
    ]  # fmt: skip


async def test_whoever_locked_it_finds_everything_as_it_was(
    gun: SimulatorProcess, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada")
        await stage.to_ready()
        await stage.press("e")
        await stage.see("End the session?")
        stage.app.action_lock()
        await unlock(stage)
        await stage.see("End the session?")
        assert not any(isinstance(screen, LockScreen) for screen in stage.app.screen_stack)


@pytest.mark.rule("R-ACCESS")
async def test_one_signs_out_of_a_locked_console_unless_a_session_is_open(
    gun: SimulatorProcess, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada")
        await stage.to_ready()
        await stage.press("f4")
        await stage.see("LOCKED")
        await stage.press("x")
        await stage.see("a session is open")
        await unlock(stage)
        await stage.see("a arms step 1")
        await stage.press("e")
        await stage.see("End the session?")
        await stage.press("enter")
        await stage.see("the session ends, signed by")
        await stage.press("enter")
        await stage.see("Ada Example signs that they have performed")
        await write(stage, PASSPHRASE)
        await stage.press("enter")
        await stage.see("no session")
        await stage.press("f4")
        await stage.see("LOCKED")
        await stage.press("x")
        await stage.see("Sign in", "your id")
        assert stage.app.person is None
        await sign_in(stage, "eve")
        await met(lambda: stage.app.person is not None, stage, "signed in")
    assert happened(log)[-3:] == [("locked", "ada"), ("signed_out", "ada"), ("signed_in", "eve")]


@pytest.mark.rule("R-LOCKOUT", "R-ACCESS")
async def test_a_pin_says_who_decides_and_three_wrong_ones_end_pins(
    gun: SimulatorProcess, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada")
        await met(lambda: stage.app.person is not None, stage, "signed in")
        answers: list[str | None] = []

        def ask() -> None:
            stage.app.push_screen(PinDialog(office.staff, "Override", known="ada"), answers.append)

        ask()
        await stage.see("Override")
        await write(stage, PIN)
        await stage.press("enter")
        await met(lambda: answers == ["ada"], stage, "the PIN is right")
        ask()
        await stage.see("Override", "ada  Ada Example")
        assert "eve" not in stage.text, "an engineer may not treat"
        await stage.press("escape")
        await met(lambda: answers == ["ada", None], stage, "closed")
        ask()
        await stage.see("Override")
        for _ in range(2):
            await write(stage, "0000")
            await stage.press("enter")
            await stage.see("wrong id or PIN")
        await write(stage, "0000")
        await stage.press("enter")
        await stage.see("too many wrong PINs")
        await write(stage, PIN)
        await stage.press("enter")
        await asyncio.sleep(0.3)
        assert answers == ["ada", None]
        await stage.press("f9")
        await stage.press("escape")
        await stage.press("f4")
        await unlock(stage)
        ask()
        await stage.see("Override")
        await write(stage, PIN)
        await stage.press("enter")
        await met(lambda: answers == ["ada", None, None, "ada"], stage, "the PIN counts again")
    told = [what for what, _ in happened(log)]
    assert told == [
        "signed_in", "pin_failed", "pin_failed", "pin_failed", "locked_out", "locked", "unlocked",
    ]  # fmt: skip


async def test_a_staff_file_that_others_may_read_lets_nobody_in_and_says_why(
    gun: SimulatorProcess, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff, size=(140, 40)) as stage:
        await stage.see("Sign in")
        office.path.chmod(0o644)
        await sign_in(stage, "ada")
        await stage.see("chmod 600 shots.db.staff")
        assert stage.app.person is None


async def test_a_console_for_one_plan_has_nobody_to_lock_out(
    gun: SimulatorProcess, log: Path
) -> None:
    async with console(gun.port, log) as stage:
        await stage.to_ready()
        await stage.press("f4")
        await stage.see("nobody has signed in here")
        await stage.see("a arms step 1 of 2")
    assert happened(log) == []


def test_the_real_command_signs_in_on_a_real_terminal_and_stops_in_every_field(
    gun: SimulatorProcess, hand: Hand, log: Path
) -> None:
    """With hashes as dear as they really are."""
    command = (sys.executable, "-m", "injector.cli.main", "staff", "add", "ada", "--name",
               "Ada Example", "--role", "practitioner", "--stdin", "--log", log)  # fmt: skip
    subprocess.run(command, input=f"{PASSPHRASE}\n", text=True, check=True, cwd=ROOT)
    start = ("-m", "injector.cli.main", "console", "--port", gun.port, "--log", log)
    with Terminal(*start) as terminal:
        terminal.wait("Sign in", "ada  Ada Example", "S T O P P E D")
        terminal.send(b"ada\r" + PASSPHRASE.encode() + b"\r")  # as fast as it goes
        terminal.wait("r releases it")
        terminal.send(b"r")
        terminal.wait("R E A D Y")
        terminal.send(b"\x1bOS")  # F4
        terminal.wait("LOCKED by Ada Example")
        first, rest = PASSPHRASE[:9].encode(), PASSPHRASE[9:].encode()
        terminal.send(b"\r" + first)
        terminal.wait("•" * len(first))
        terminal.send(b"\x1b[20~")  # F9, in the middle of a passphrase
        terminal.wait("S T O P P E D")
        terminal.send(rest + b"\r")
        terminal.wait("r releases it")
        terminal.send(b"q")
        assert terminal.end() == 0
        assert PASSPHRASE.encode() not in terminal.raw
    assert happened(log) == [
        ("signed_in", "ada"), ("locked", "ada"), ("unlocked", "ada"), ("signed_out", "ada"),
    ]  # fmt: skip
