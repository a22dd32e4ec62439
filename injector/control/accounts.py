"""The accounts with one device: do its counters and its entries agree?

Theory
------
The device's lifetime counters are a second witness beside its journal: they lie
apart in its memory, and each entry says where they stood after it. So the host can
tell a complete journal from one that lost something. Between two entries the
counters may rise by what the later one says it was, and by nothing else; after the
last entry they must stand where the device says they are final. What is missing
between the two was begun by the device and is in no entry.
"""

from dataclasses import dataclass

from injector.control.inputs import KnownDevice
from injector.limits.exposure import Exposure
from injector.protocol.messages import JournalEntry, ShotEntry, UncertainEntry


@dataclass(slots=True)
class Accounts:
    """Counters of one device as the log knows them, and what entries do not explain."""

    known: KnownDevice | None
    """Before this link; None for a device that the log has never seen."""
    _shots: int | None = None
    _volume_nl: int = 0
    told: bool = False
    """They told of something that no entry explains: they are a witness."""
    went_back: bool = False
    """A counter fell, which no working device's does: its memory was lost, and what it
    did since is unknown."""

    def __post_init__(self) -> None:
        if self.known is not None:
            self._shots, self._volume_nl = self.known.shots, self.known.volume_nl

    def take(self, entry: JournalEntry) -> Exposure:
        """Account for an entry, in the order of the indexes; return what is missing before it.

        Whoever writes the entry down writes that down with it: the entry's counters account
        for it, and the next link begins from them.
        """
        own = Exposure()
        if isinstance(entry, ShotEntry | UncertainEntry) and entry.grant:
            own = Exposure(1, entry.debit_nl)  # a prime has no grant, and counts nothing
        missing = self.missing(entry.shots - own.shots, entry.volume_total_nl - own.volume_nl)
        self._shots, self._volume_nl = entry.shots, entry.volume_total_nl
        return missing

    def missing(self, shots: int, volume_nl: int) -> Exposure:
        """What no entry explains, once the device says its counters are final so.

        Nothing for a device that was never seen: its past is not this log's.
        """
        missing = Exposure()
        if self._shots is not None:
            more_shots, more_nl = shots - self._shots, volume_nl - self._volume_nl
            self.went_back = self.went_back or more_shots < 0 or more_nl < 0
            missing = Exposure(max(0, more_shots), max(0, more_nl))
        self._shots, self._volume_nl = shots, volume_nl
        self.told = self.told or missing != Exposure()
        return missing

    def settled(self) -> None:
        """What was found is written down; from now on only what is new counts."""
        self.went_back = False
