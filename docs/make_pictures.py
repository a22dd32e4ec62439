"""Makes the pictures in the documentation from the running program.

    .venv/bin/python docs/make_pictures.py

The real console runs, with its engine in a process of its own and the simulated gun
on a pty in another; a hand holds the gun, keys are pressed, and the screen is drawn
as SVG into ``docs/pictures``.
"""

import asyncio
import json
import re
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from injector.cli.console import desk
from injector.cli.defaults import SOFTWARE
from injector.cli.simulator_process import start_simulator
from injector.control.config import EngineConfig
from injector.control.inputs import Shutdown
from injector.control.process import EngineProcess
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.staff.roles import Person, Role
from injector.treatment.plan import Plan
from injector.treatment.shipped import shipped_library
from injector.tui.app import ConsoleApp
from injector.tui.handle import Mailbox, Postbox, Wires

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"
PLAN: Final = ROOT / "examples" / "elbow-tendinopathy.toml"
SIZE: Final = (100, 30)
SHOTS: Final = 20
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


async def make(folder: Path) -> None:
    """Run a session as far as it is worth a picture."""
    mailbox = Watched(asyncio.get_running_loop())
    with start_simulator(serial="SIM-7E57", seed=7) as gun:
        hand = Hand(gun.control)
        hand.do("syringe", volume_nl=2_200_000, size_nl=2_500_000)
        engine = EngineProcess(EngineConfig(gun.port, folder / "shots.db", SOFTWARE), mailbox.put)
        engine.start()
        postbox = Postbox(engine.post)
        plan = Plan.parse(PLAN.read_bytes())
        wires = Wires(engine, mailbox, postbox, gun.port)
        app = ConsoleApp(
            desk(wires, shipped_library, folder / "shots.db", plan),
            Person("Dr Martin", "Dr Martin", Role.PRACTITIONER),
        )
        try:
            async with app.run_test(size=SIZE) as pilot:
                await mailbox.until(lambda s: s.latched and s.status is not None)
                await pilot.press("r")
                await mailbox.until(lambda s: s.state is State.READY and not s.latched)
                await pilot.press("o")
                await mailbox.until(lambda s: s.session is not None)
                await pilot.press("a")
                await mailbox.until(lambda s: s.state is State.ARMED)
                hand.do("contact", on=True)
                hand.do("trigger", held=True)
                await mailbox.until(lambda s: len(s.shots) >= SHOTS)
                await pilot.pause(0.3)  # the newest snapshot is drawn within that
                picture = app.export_screenshot(title="injector console")
        finally:
            postbox.post(Shutdown("picture_made"))
            postbox.close()
            engine.join()
            hand.close()
    (PICTURES / "console.svg").write_text(_alone(picture), encoding="utf-8")


def _alone(picture: str) -> str:
    """The picture without fonts from elsewhere, and with its spaces kept by every program."""
    without = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    return without.replace("<svg ", '<svg xml:space="preserve" ', 1)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(make(Path(folder)))
    print(PICTURES / "console.svg")
