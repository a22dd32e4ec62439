"""Host and gun as processes that can be killed, and started again on what they left."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.acceptance.stage import COMMAND, ROOT
from tests.processes.reckoning import BrokenError
from tests.processes.witness import Witness

PATIENCE_S: Final = 60.0
"""A process that does not come to where it should by then has lost its way."""
SERIAL: Final = "KILLED-1"


def wait_for(files: list[int], seconds: float) -> list[int]:
    """The descriptors that are readable within so long."""
    return select.select(files, [], [], max(0.0, seconds))[0]


class Gun:
    """A gun's process, started again and again on one state file and one link."""

    def __init__(self, folder: Path, hand: Path, witness: Witness) -> None:
        self.link = folder / "gun"
        self.state = folder / "gun.state"
        self._command = [
            "simulate",
            *("--link", self.link, "--control", folder / "hand"),
            *("--state", self.state, "--serial", SERIAL, "--hand", hand, "--json", "--until-eof"),
        ]
        self._witness = witness
        self._pipe = -1
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def lives(self) -> bool:
        """Whether its process runs."""
        return self._process is not None

    def start(self) -> None:
        """Start it, and wait until its port can be opened."""
        self._pipe, theirs = os.pipe()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.processes.witness",
                str(theirs),
                *map(str, self._command),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[theirs],
        )
        os.close(theirs)
        self._process = process
        if process.stdout is None or not process.stdout.readline():
            self.end()
            raise BrokenError("the gun did not start again on its state")

    def kill(self) -> None:
        """SIGKILL. As with a real cable its port goes first, which may become a stranger's."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            self.link.unlink(missing_ok=True)
            self._process.kill()
            self._bury()

    def end(self) -> None:
        """End it in order."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._bury()

    def begins_shots(self, count: int, host: "Host") -> bool:
        """Wait until so many have begun in all; False where the host ended before."""
        end_s = time.monotonic() + PATIENCE_S
        while self._witness.begun < count:
            ready = wait_for([self._pipe, host.file], end_s - time.monotonic())
            if not ready:
                raise BrokenError(f"{self._witness.begun} shots, and no more come")
            if self._pipe in ready:
                self._listen()
            elif host.file in ready:
                return False
        return True

    def listen(self) -> None:
        """Take what the witness has told up to now."""
        while wait_for([self._pipe], 0):
            self._listen()

    def _listen(self) -> bool:
        data = os.read(self._pipe, 65_536)
        self._witness.hear(data)
        return bool(data)

    def _bury(self) -> None:
        if self._process is None:
            return
        self._process.wait(PATIENCE_S)
        while self._listen():
            pass
        self._witness.died()
        os.close(self._pipe)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None


class Host:
    """One run of ``injector run``."""

    def __init__(
        self, folder: Path, plan: Path, gun: Gun, command: Sequence[str] = COMMAND
    ) -> None:
        self.disturbed = False
        """The gun was killed under it: it may end in other ways than as planned."""
        self._said = (folder / "host.said").open("w+b")
        self._process = subprocess.Popen(
            [*command, "run", str(plan), "--port", str(gun.link), "--log", str(folder / "log")],
            cwd=ROOT,
            env=os.environ | {"XDG_STATE_HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
        )
        self.file = os.pidfd_open(self._process.pid)
        """Readable when it has ended."""

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def wait(self, seconds: float) -> bool:
        """Wait for its end so long; whether it has ended."""
        return bool(wait_for([self.file], seconds))

    def close(self) -> None:
        """Check how it ended by itself, and let go of it."""
        status = self._process.wait(PATIENCE_S)
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace")
        self._said.close()
        os.close(self.file)
        killed = status == -signal.SIGKILL
        # 1: the gun came back stopped, as every boot does. 2 and 4: it was away at the start.
        fine = {0, 1, 2, 4} if self.disturbed else {0}
        if "Traceback" in said or (not killed and status not in fine):
            raise BrokenError(f"the host ended with {status}: {said[-2000:]}")
