"""The command, run many times without the second that Python takes to import it each time.

One process imports the program and does nothing but fork. Each command is a process of its
own from there on: its arguments, environment and streams are its own, and what it leaves
behind goes with it. Commands that are signalled or killed start from nothing
(`stage.Running`), as everybody's do.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

# What is imported here is there when a command begins.
import injector.cli.library
import injector.cli.limits
import injector.cli.log
import injector.cli.plan
import injector.cli.ports
import injector.cli.report
import injector.cli.run
import injector.cli.simulate  # noqa: F401
from injector.cli.main import main

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def run(
    arguments: Sequence[str], env: Mapping[str, str], given: str | None, deadline_s: float
) -> tuple[int, str, str]:
    """Run the command to its end; return its status, and what it wrote to stdout and stderr."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "in").write_text(given or "", encoding="utf-8")
        child = _FORKS.Process(target=_command, args=(list(arguments), dict(env), folder))
        child.start()
        child.join(deadline_s)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise subprocess.TimeoutExpired(list(arguments), deadline_s)
        out, err = ((folder / name).read_text(encoding="utf-8") for name in ("out", "err"))
        status = child.exitcode
        child.close()
    return status, out, err


def _command(arguments: list[str], env: dict[str, str], folder: Path) -> None:
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["injector", *arguments]
    for descriptor, (name, mode) in enumerate((("in", "rb"), ("out", "wb"), ("err", "wb"))):
        with (folder / name).open(mode) as file:
            os.dup2(file.fileno(), descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - no path, stays
    main()
