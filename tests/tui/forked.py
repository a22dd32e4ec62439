"""Engines and simulated guns out of a server that has loaded all that they need.

Each of them is a process of its own, and one that begins from nothing loads for a second
before it serves: most tests of the console want both. The server loads once (`tests.tui.warm`)
and is neither a thread of these tests nor their child. So what is forked holds no end of a
pipe but its own, as one does that was begun anew. How the real commands begin theirs is the
matter of `tests/processes`, and of the tests on a terminal.
"""

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from types import SimpleNamespace
from typing import IO, Final, cast

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.control import process

SERVER: Final[ForkServerContext] = multiprocessing.get_context("forkserver")
# A process has one such server. It loads what the tests of all folders fork from it, as far as
# that is there.
SERVER.set_forkserver_preload(["tests.tui.warm", "tests.acceptance.forked"])


@contextmanager
def engines_forked() -> Iterator[None]:
    """Have engines come out of the server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "multiprocessing", SimpleNamespace(get_context=lambda _: SERVER))
        yield


class _Forked:
    """What a `SimulatorProcess` does with its process, done with a forked one."""

    def __init__(self, forked: ForkServerProcess, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self._forked, self.stdin, self.stdout = forked, stdin, stdout
        self.kill = forked.kill

    def wait(self, timeout: float | None = None) -> None:
        self._forked.join(timeout)
        if self._forked.is_alive():
            raise subprocess.TimeoutExpired("simulate", timeout or 0)


def forked_simulator() -> SimulatorProcess:
    """Start ``injector simulate`` and return when it can be opened."""
    theirs_in, ours_in = SERVER.Pipe(duplex=False)
    ours_out, theirs_out = SERVER.Pipe(duplex=False)
    forked = SERVER.Process(target=_simulate, args=(theirs_in, theirs_out), daemon=True)
    forked.start()
    theirs_in.close()
    theirs_out.close()
    stdin, stdout = os.fdopen(os.dup(ours_in.fileno()), "wb"), os.fdopen(os.dup(ours_out.fileno()))
    ours_in.close()
    ours_out.close()
    gun = cast("subprocess.Popen[bytes]", _Forked(forked, stdin, cast("IO[bytes]", stdout)))
    said = json.loads(stdout.readline())
    return SimulatorProcess(port=said["port"], control=said["control"], process=gun)


def _simulate(stdin: "Connection[None, None]", stdout: "Connection[None, None]") -> None:
    from injector.cli.main import main

    os.dup2(stdin.fileno(), 0)
    os.dup2(stdout.fileno(), 1)
    stdin.close()
    stdout.close()
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    sys.argv = ["injector", "simulate", "--json", "--until-eof"]
    main()
