"""Something done in real processes, each killed with SIGKILL one step later than the last."""

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KILLED, DONE = -signal.SIGKILL, 0

_DRIVER = """
import os, signal, sys
from tests.shotlog.samples import *

left = 0
def die_at(owner, *names):
    # From now on each call of these is a step: the one whose turn it is is never made.
    for name in names:
        setattr(owner, name, _counted(getattr(owner, name)))

def _counted(function):
    def counted(*values, **more):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*values, **more)
    return counted

{code}

for step in range(int(sys.argv[2])):
    pid = os.fork()
    if pid == 0:
        try:
            left = step
            act(Path(sys.argv[1]) / str(step))
        except BaseException as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def folders(tmp_path: Path, steps: int) -> list[Path]:
    """A folder for each step."""
    made = [tmp_path / str(step) for step in range(steps)]
    for each in made:
        each.mkdir()
    return made


def kill_at_every_step(tmp_path: Path, steps: int, code: str) -> None:
    """Run ``act(folder)`` of ``code`` in a process for each folder, killed at that step.

    ``code`` says with ``die_at(module, "name", …)`` what the steps are. The last folder
    must be one in which it came to its end, and the first one in which nothing was done.
    """
    ran = subprocess.run(
        [sys.executable, "-c", _DRIVER.replace("{code}", code), str(tmp_path), str(steps)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    ends = [int(line) for line in ran.stdout.split()]
    assert ends == sorted(ends), ends
    assert set(ends) == {KILLED, DONE}, "not every step was cut short, or the whole never ran"
