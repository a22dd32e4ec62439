"""The bundled gun with a witness that outlives it: every motion is told to a pipe.

The gun's truth lies in its process and dies with it. So its mechanics are given one
habit more: as a shot begins, and as it ends, they write a line to a pipe that whoever
started the gun holds. What was written before a SIGKILL is in the pipe after it. The
firmware and its permanent memory know nothing of this.

``python -m tests.processes.witness FD simulate ...`` is ``injector simulate ...`` so.
"""

import os
import sys
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

import simulator.device
from injector.cli.main import main
from simulator.mechanics import Measured, Mechanics, Order

_BEGUN: Final = "begun"
_ENDED: Final = "ended"


def _witnessed(pipe: int) -> type[Mechanics]:
    def tell(word: str, volume_nl: int) -> None:
        os.write(pipe, f"{word} {volume_nl}\n".encode("ascii"))

    class Witnessed(Mechanics):
        """Moving parts that tell of each shot: the most it may move, then what it moved."""

        _treats = False
        _before_nl = 0

        @override
        def begin(self, order: Order, now_us: int, *, treatment: bool) -> None:
            super().begin(order, now_us, treatment=treatment)
            self._treats, self._before_nl = treatment, self.truth.moved_nl
            if treatment:
                tell(_BEGUN, order.volume_nl)

        @override
        def end(self, now_us: int) -> Measured:
            measured = super().end(now_us)
            if self._treats:
                tell(_ENDED, self.truth.moved_nl - self._before_nl)
            return measured

    return Witnessed


@dataclass(slots=True)
class Witness:
    """What the witness of one gun told, over all its lives."""

    begun: int = 0
    """Shots that began."""
    moved_nl: int = 0
    """What the shots moved that came to an end."""
    cut: int = 0
    """Shots in motion when the gun was killed."""
    cut_nl: int = 0
    """The most that these can have moved."""
    _open_nl: int | None = None
    _rest: bytes = b""

    def hear(self, data: bytes) -> None:
        """Take what came through the pipe."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            word, number = line.decode("ascii").split()
            if word == _BEGUN:
                self.begun += 1
                self._open_nl = int(number)
            else:
                self.moved_nl += int(number)
                self._open_nl = None

    def died(self) -> None:
        """The gun's process ended; a shot that was in motion stays unended."""
        if self._open_nl is not None:
            self.cut += 1
            self.cut_nl += self._open_nl
        self._open_nl, self._rest = None, b""


if __name__ == "__main__":
    # The gun makes its moving parts by this name.
    vars(simulator.device)["Mechanics"] = _witnessed(int(sys.argv[1]))
    sys.argv = ["injector", *sys.argv[2:]]
    main()
