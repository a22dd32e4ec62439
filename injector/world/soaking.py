"""Soaking: world after world, each from its seed, until one breaks or all have passed."""

import gc
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from injector.limits.library import Library
from injector.treatment.shipped import shipped_library
from injector.world.drawing import draw_history
from injector.world.history import History
from injector.world.invariants import BrokenError
from injector.world.playing import Playing
from injector.world.shrinking import shorten
from injector.world.tally import Tally

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- a file system, in which a folder is drawn
"""Where logs stand while it is there: what is tried is the order of writes, no disk."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What a history broke."""

    kind: str
    """An invariant's name, or that of an error."""
    what: str


@dataclass(frozen=True, slots=True)
class Played:
    """How a history went."""

    history: History
    tally: Tally
    broken: Broken | None


class Soak:
    """Plays histories, each in a folder of its own that is gone afterwards."""

    def __init__(self) -> None:
        self._library: Final[Library] = shipped_library()
        self._base: Final = _MEMORY if _MEMORY.is_dir() else None
        gc.collect()
        gc.freeze()  # what is there now stays: no collection needs to look at it

    def play(self, history: History) -> Played:
        """Play one history; a mistake of the program is a result too."""
        folder = Path(tempfile.mkdtemp(prefix="injector-soak-", dir=self._base))
        playing: Playing | None = None
        broken: Broken | None = None
        gc.disable()  # a world leaves little that counting references does not free
        try:
            playing = Playing(history, folder, self._library)
            playing.play()
        except BrokenError as error:
            broken = Broken(error.invariant.value, str(error))
        except Exception as error:  # noqa: BLE001 -- whatever a world raises is what it found
            broken = Broken(type(error).__name__, str(error))
        finally:
            if playing is not None:
                playing.abandon()
            shutil.rmtree(folder)
            gc.enable()
        return Played(history, Tally() if playing is None else playing.tally, broken)

    def run(self, seeds: Iterable[int], shots: int) -> Iterator[Played]:
        """Play the history of each seed."""
        for seed in seeds:
            yield self.play(draw_history(seed, shots))

    def shorten(self, failed: Played) -> Played:
        """Return the shortest history found that breaks the same as ``failed`` did."""
        if failed.broken is None:
            raise ValueError("nothing was broken")
        kind = failed.broken.kind
        shortest = failed

        def fails(candidate: History) -> bool:
            nonlocal shortest
            played = self.play(candidate)
            if played.broken is None or played.broken.kind != kind:
                return False
            shortest = played
            return True

        shorten(failed.history, fails)
        return shortest
