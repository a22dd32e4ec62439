"""A simulated gun as a process of its own, for commands that bring their own gun.

The child watches its standard input, whose other end only this process holds. When
this process ends, however it ends, the operating system closes that end and the
child follows. (The alternative, ``PR_SET_PDEATHSIG``, fires when the *thread*
that started the child ends, and is Linux's alone.)
"""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from injector.cli.exits import CommandError, Exit

_START_S: Final = 30.0
_END_S: Final = 5.0


@dataclass(slots=True)
class SimulatorProcess:
    """A gun that runs. Use it as a context manager, or call :meth:`stop`."""

    port: str
    """What the host opens: a path, or a ``socket://`` URL."""
    control: str
    """Path of the control channel."""
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the gun in order; harmless when it has ended already."""
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        if self.process.stdout is not None:
            self.process.stdout.close()
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "SimulatorProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_simulator(
    *,
    hand: Path | None = None,
    syringe: str | None = None,
    state: Path | None = None,
    serial: str | None = None,
    seed: int | None = None,
    tcp: str | None = None,
    link: Path | None = None,
    control: Path | None = None,
) -> SimulatorProcess:
    """Start ``injector simulate`` and return when it can be opened.

    The arguments are the command's options, as text; None leaves one out. Raises
    ``CommandError`` with what the command said where it does not start.
    """
    options = {
        "--hand": hand,
        "--syringe": syringe,
        "--state": state,
        "--serial": serial,
        "--seed": seed,
        "--tcp": tcp,
        "--link": link,
        "--control": control,
    }
    command = [sys.executable, "-m", "injector.cli.main", "simulate", "--json", "--until-eof"]
    for option, value in options.items():
        if value is not None:
            command += [option, str(value)]
    with tempfile.TemporaryFile() as talk:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=talk
        )
        try:
            with _ended_on_error(process):
                said = json.loads(_first_line(process))
        except ValueError as error:
            talk.seek(0)
            told = talk.read().decode("utf-8", "replace").strip().removeprefix("error: ")
            # What it calls bad input (a hand's script) is bad input of the whole command.
            bad_input = process.returncode == Exit.BAD_INPUT
            raise CommandError(
                told or "it said nothing",
                where="" if bad_input else "the simulated gun",
                exit_code=Exit.BAD_INPUT if bad_input else Exit.DEVICE,
            ) from error
    return SimulatorProcess(port=said["port"], control=said["control"], process=process)


@contextlib.contextmanager
def _ended_on_error(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        SimulatorProcess(port="", control="", process=process).stop()
        raise


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    """Return the first line that the child prints, or what there is when it ends."""
    stdout: IO[bytes] | None = process.stdout
    if stdout is None:
        raise ValueError("the child's output is not piped")
    line = bytearray()
    deadline_s = time.monotonic() + _START_S
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, deadline_s - time.monotonic())):
                raise ValueError(f"it did not start within {_START_S:.0f} s")
            piece = os.read(stdout.fileno(), 4096)  # past Python's buffer, as select is
            if not piece:
                break
            line += piece
    return bytes(line)
