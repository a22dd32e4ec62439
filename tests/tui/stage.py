"""A console under a pilot, with the real engine and a real gun on a pty.

The engine is a process of its own, as it is for a person: on a thread beside a screen that
is being drawn it would miss its lease on a busy machine.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from textual._context import visible_screen_stack
from textual.pilot import Pilot

from injector.control.config import EngineConfig
from injector.control.inputs import Shutdown
from injector.control.process import EngineProcess
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.staff.roles import Person, Role
from injector.treatment.plan import Plan
from injector.tui.app import ConsoleApp
from injector.tui.desk import Desk
from injector.tui.dialogs.alarm import QUIET_US
from injector.tui.handle import Mailbox, Postbox, Wires
from injector.tui.settings import Settings
from tests.tui.bench import DEADLINE_S, library, plan


@dataclass
class Stage:
    """The console, and what one can see of it."""

    app: ConsoleApp
    pilot: Pilot[None]
    mailbox: Mailbox
    engine: EngineProcess
    killed: bool = False

    def kill_engine(self) -> None:
        """End it as a power cut does."""
        process = self.engine._process
        process.kill()
        process.join()
        self.killed = True

    @property
    def state(self) -> ConsoleState:
        """The newest snapshot."""
        newest = self.mailbox.newest
        assert newest is not None
        return newest

    @property
    def text(self) -> str:
        """What stands on the screen, every screen of the stack composed."""
        visible_screen_stack.set(self.app._background_screens)
        strips = self.app.screen._compositor.render_strips(self.app.size)
        return "\n".join(strip.text for strip in strips)

    async def see(self, *texts: str) -> str:
        """Wait until all of these stand on the screen."""
        end_s = time.monotonic() + DEADLINE_S
        while not all(text in self.text for text in texts):
            assert time.monotonic() < end_s, f"{texts} never came:\n{self.text}"
            await asyncio.sleep(0.02)
        return self.text

    async def until(self, state: State) -> None:
        """Wait until the engine is there."""
        end_s = time.monotonic() + DEADLINE_S
        while self.mailbox.newest is None or self.state.state is not state:
            assert time.monotonic() < end_s, f"never {state}:\n{self.text}"
            await asyncio.sleep(0.02)

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def insist(self, key: str, *texts: str) -> None:
        """Press a key until all of these stand on the screen: on a busy machine one that the
        console could not look at for a second does nothing."""
        end_s = time.monotonic() + DEADLINE_S
        while not all(text in self.text for text in texts):
            assert time.monotonic() < end_s, f"{texts} never came:\n{self.text}"
            await self.press(key)
            for _ in range(50):
                if all(text in self.text for text in texts):
                    return
                await asyncio.sleep(0.02)

    async def acknowledge(self) -> None:
        """See every alarm in the dialog that is over everything, and let it go."""
        await self.see("silence all for two minutes")
        end_s = time.monotonic() + DEADLINE_S
        while "silence all for two minutes" in self.text:
            assert time.monotonic() < end_s, f"the alarm never went:\n{self.text}"
            await asyncio.sleep(QUIET_US / 1_000_000 + 0.1)  # a key that comes sooner is not meant
            await self.press("k")
            await asyncio.sleep(0.1)

    async def to_ready(self) -> None:
        """Release the STOP that every gun begins with, and open a session."""
        await self.see("S T O P P E D", "r releases it")
        await self.press("r")
        await self.see("R E A D Y", "o opens the session")
        await self.press("o")
        await self.see("a arms step 1 of 2")

    async def to_armed(self) -> None:
        """As far as armed."""
        await self.to_ready()
        await self.press("a")
        await self.see("A R M E D")


def person(name: str, role: Role = Role.ENGINEER) -> Person:
    """Somebody at the console."""
    return Person(name, name, role)


TESTER: Final = person("Dr Test")


def desk(wires: Wires, log: Path, planned: Plan | None, settings: Settings | None = None) -> Desk:
    """What lies ready for the console of these tests."""
    return Desk(
        wires=wires,
        limits=library,
        log=log,
        clock_us=lambda: time.monotonic_ns() // 1000,
        utc_us=lambda: time.time_ns() // 1000,
        today=date.today,
        random_bytes=secrets.token_bytes,
        plan=planned,
        settings=settings or Settings(),
    )


@asynccontextmanager
async def console(
    port: str,
    log: Path,
    *,
    size: tuple[int, int] = (80, 24),
    settings: Settings | None = None,
    who: Person | None = TESTER,
    role: Role = Role.ENGINEER,
    control: str | None = None,
    planned: bool = True,
    **more: object,
) -> AsyncIterator[Stage]:
    """Run a console until the block ends; its engine ends in order.

    ``who`` is at it from the start, the tester as ``role``; ``more`` takes the place of what
    else lies on its desk, ``control`` is a simulated gun's control channel,
    ``planned``: with a plan.
    """
    if who is TESTER:
        who = person(TESTER.name, role)
    if control is not None:
        more["control"] = Path(control)
    mailbox = Mailbox()

    def came(state: ConsoleState) -> None:
        mailbox.put(state)  # looked up each time: a test may watch it

    engine = EngineProcess(EngineConfig(port=port, log=log, software="tests"), came)
    engine.start()
    postbox = Postbox(engine.post)
    wires = Wires(engine, mailbox, postbox, port)
    stage: Stage | None = None
    lies = desk(wires, log, plan() if planned else None, settings)
    app = ConsoleApp(replace(lies, **more), who)  # type: ignore[arg-type]
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            stage = Stage(app, pilot, mailbox, engine)
            yield stage
    finally:
        postbox.post(Shutdown("test_over"))
        postbox.close()
        assert engine.join() or (stage is not None and stage.killed)
