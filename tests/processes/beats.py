"""The bundled gun, which tells a pipe of every beat that renewed its lease, and of every end.

``python -m tests.processes.beats FD simulate ...`` is ``injector simulate ...`` so. The times
are of the monotonic clock, which all processes of a computer share, as the gun took them.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Final

from injector.cli.main import main
from injector.cli.simulator_process import SimulatorProcess
from simulator.lease import Lease
from tests.acceptance.stage import ROOT

_BEAT: Final = "beat"
_LAPSE: Final = "lapse"


@dataclass(slots=True)
class Beats:
    """What the gun told."""

    at_us: list[int] = field(default_factory=list)
    """When each beat came that renewed the lease."""
    lapses: int = 0
    """How often the lease ran out."""

    def between(self, first_us: int, last_us: int) -> list[int]:
        """The beats of that time."""
        return [at_us for at_us in list(self.at_us) if first_us <= at_us <= last_us]

    def listen(self, pipe: int) -> None:
        """Take what the gun tells until it ends."""
        with os.fdopen(pipe, encoding="ascii") as lines:
            for line in lines:
                word, at = line.split()
                if word == _BEAT:
                    self.at_us.append(int(at))
                else:
                    self.lapses += 1


@contextmanager
def telling_gun(*options: str | Path) -> Iterator[tuple[SimulatorProcess, Beats]]:
    """A gun as a process, and what it tells of its lease."""
    ours, theirs = os.pipe()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.processes.beats", str(theirs)),
            *("simulate", "--json", "--until-eof", *map(str, options)),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[theirs],
    )
    os.close(theirs)
    beats = Beats()
    listener = Thread(target=beats.listen, args=[ours], daemon=True)
    listener.start()
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    with SimulatorProcess(port=said["port"], control=said["control"], process=process) as gun:
        yield gun, beats
    listener.join()


def _tell_of_leases(pipe: int) -> None:
    echo, lapse = Lease.echo, Lease.lapse

    def tell(word: str, now_us: int) -> None:
        os.write(pipe, f"{word} {now_us}\n".encode("ascii"))

    def echoed(self: Lease, number: int, now_us: int) -> None:
        before = self.end_us
        echo(self, number, now_us)
        if self.end_us != before:
            tell(_BEAT, now_us)

    def lapsed(self: Lease) -> None:
        lapse(self)
        tell(_LAPSE, 0)

    for name, planted in (("echo", echoed), ("lapse", lapsed)):
        setattr(Lease, name, planted)


if __name__ == "__main__":
    _tell_of_leases(int(sys.argv[1]))
    sys.argv = ["injector", *sys.argv[2:]]
    main()
