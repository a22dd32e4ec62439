"""The console as `bench-console` runs it: a real engine on the line, recorded snapshots to draw.

Run as a program on a terminal: PORT LOG RECORDED RATE HELD, where RECORDED holds pickled
snapshots, RATE is shots a second, and HELD is for how many milliseconds of each second a
widget holds the event loop (0 for none).
"""

import pickle
import sys
import time
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Final

from benchmarks.recorded import counted_on
from injector.cli.console import desk
from injector.control.config import EngineConfig
from injector.control.process import EngineProcess
from injector.control.snapshot import ConsoleState
from injector.staff.roles import Person, Role
from injector.treatment.plan import Plan
from injector.treatment.shipped import shipped_library
from injector.tui.app import ConsoleApp
from injector.tui.handle import Mailbox, Postbox, Wires

PLAN: Final = Path(__file__).parents[1] / "examples" / "elbow-tendinopathy.toml"
SNAPSHOTS_PER_S: Final = 20
"""As often as an engine publishes at most."""


class HeldConsole(ConsoleApp):
    """A console with a widget that sleeps."""

    held_s = 0.0

    def on_mount(self) -> None:
        """Begin to sleep in each second."""
        super().on_mount()
        if self.held_s:
            self.set_interval(1.0, self._hold)

    def _hold(self) -> None:
        time.sleep(self.held_s)  # the defect


def main(port: str, log: str, recorded: str, rate: str, held_ms: str) -> None:
    """Run until the terminal says q."""
    states: list[ConsoleState] = pickle.loads(Path(recorded).read_bytes())  # noqa: S301 - our own
    mailbox = Mailbox()
    engine = EngineProcess(EngineConfig(port, Path(log), "benchmark"), lambda _: None)
    engine.start()
    postbox = Postbox(engine.post)
    wires = Wires(engine, mailbox, postbox, port)
    HeldConsole.held_s = int(held_ms) / 1000
    plan = Plan.parse(PLAN.read_bytes())
    app = HeldConsole(
        desk(wires, shipped_library, Path(log), plan),
        Person("bench", "bench", Role.ENGINEER),
    )
    Thread(target=_replay, args=(mailbox, states, int(rate)), daemon=True).start()
    try:
        app.run()
    finally:
        engine.shut_down("bench")
        postbox.close()
        engine.join()


def _replay(mailbox: Mailbox, states: list[ConsoleState], rate: int) -> None:
    begun_s = time.monotonic()
    for number in count():
        due_s = begun_s + number / SNAPSHOTS_PER_S
        time.sleep(max(0.0, due_s - time.monotonic()))
        mailbox.put(counted_on(states, number, number * rate // SNAPSHOTS_PER_S))


if __name__ == "__main__":
    main(*sys.argv[1:])
