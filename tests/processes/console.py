"""A console without a screen: runs the engine in its process, arms, and shows that it lives.

``python -m tests.processes.console PORT LOG FOLDER`` prints the engine's process id once the
gun is armed, and then does nothing but be there.
"""

import sys
from pathlib import Path
from threading import Event

from injector.control.config import EngineConfig
from injector.control.process import EngineProcess
from tests.processes.desk import Desk, Sight, a_plan

if __name__ == "__main__":
    port, log, folder = sys.argv[1:]
    desk = Desk()
    engine = EngineProcess(
        EngineConfig(port=port, log=Path(log), software="tests", watch_console=True), desk.see
    )
    engine.start()
    sight = Sight(engine)
    desk.arm(engine, a_plan(Path(folder)))
    print(engine.pid, flush=True)
    Event().wait()
