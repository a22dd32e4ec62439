"""The real console, with two keys more: ``B`` holds the event loop for 5 s, ``X`` breaks it.

Run as a program on a terminal by the tests: PORT LOG NOTE, where the file NOTE gets the
monotonic time at which the loop was held.
"""

import sys
import time
from pathlib import Path

from injector.control.config import EngineConfig
from injector.tui.app import ConsoleApp
from injector.tui.running import run
from tests.tui.bench import plan
from tests.tui.stage import desk, person

NOTE = Path(sys.argv[3])


class OddConsole(ConsoleApp):
    """A console with a defect in a widget."""

    BINDINGS = [("B", "block"), ("X", "break")]  # noqa: RUF012 - as Textual types it

    def action_block(self) -> None:
        NOTE.write_text(str(time.monotonic_ns() // 1000))
        time.sleep(5)  # the defect

    def action_break(self) -> None:
        raise RuntimeError("a defect in a widget")


if __name__ == "__main__":
    config = EngineConfig(
        port=sys.argv[1], log=Path(sys.argv[2]), software="tests", watch_console=True
    )
    ended = run(
        config, lambda wires: OddConsole(desk(wires, config.log, plan()), person("Dr Test"))
    )
    print("CRASHED" if ended.crashed else "ENDED", "in order" if ended.in_order else "late")
