"""Permanent memory: what the gun still knows after a power cut.

Theory
------
Five things are kept apart, so that damage to one does not take the others:

- the *journal*, a ring of 256 slots. Index n lives in slot n modulo 256. An entry
  is unacknowledged until a host says that it committed it, and is never
  overwritten before;
- the *begun record*, written and read back before anything moves. Found open at
  boot it proves that a motion may have happened, and becomes an uncertain entry;
- the *lifetime counters* of shots and volume, raised before each shot;
- the *stop count*;
- the *identity*: the gun's serial and the journal's id.

The begun record repeats what the counters shall be, so a power cut between the
two writes cannot lose the debit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from injector.protocol import cbor
from injector.protocol.codes import JOURNAL_SLOTS
from injector.protocol.messages import JournalEntry, UncertainEntry, decode_entry
from simulator.medium import Medium, slots

_SERIAL: Final = "serial"
_JOURNAL: Final = "journal"
_SHOTS: Final = "shots"
_VOLUME: Final = "volume"
_STOPS: Final = "stops"
_ACKNOWLEDGED: Final = "acknowledged"
_BEGUN: Final = "begun"
_TRIAL: Final = "trial"
_SLOTS: Final = tuple(slots("slot/", JOURNAL_SLOTS))
_RECORD: Final = bytes([cbor.ARRAY << 5 | 12]) + b"%b" * 12
"""A begun record, with a gap for each value."""
_NOTHING: Final = b""


class CorruptMemoryError(Exception):
    """A cell that cannot be made good holds something impossible; names the cell."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A motion that may happen from now on; written before it does."""

    journal: int
    """Id of the journal that its entry will be in."""
    index: int
    """The index that it will have there."""
    boot: int
    t_us: int
    log: bytes
    link: int
    grant: int
    """Grant it is made under; 0 for prime and self-test."""
    digest: bytes
    debit_nl: int
    """Largest volume it can move."""
    slice: int
    shots: int
    """Lifetime shots, this one counted."""
    volume_nl: int
    """Lifetime debit, this one's counted."""

    def to_bytes(self) -> bytes:
        """Return the record as it is written."""
        return _RECORD % (
            cbor.encode_uint(self.journal),
            cbor.encode_uint(self.index),
            cbor.encode_uint(self.boot),
            cbor.encode_uint(self.t_us),
            cbor.encode_string(self.log),
            cbor.encode_uint(self.link),
            cbor.encode_uint(self.grant),
            cbor.encode_string(self.digest),
            cbor.encode_uint(self.debit_nl),
            cbor.encode_uint(self.slice),
            cbor.encode_uint(self.shots),
            cbor.encode_uint(self.volume_nl),
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Begun":
        """Return the record that ``data`` is; ``CorruptMemoryError`` where it is none."""
        match cbor.decode(data):
            case [
                int(journal),
                int(index),
                int(boot),
                int(t_us),
                bytes(log),
                int(link),
                int(grant),
                bytes(digest),
                int(debit_nl),
                int(number),
                int(shots),
                int(volume_nl),
            ]:
                return cls(
                    journal,
                    index,
                    boot,
                    t_us,
                    log,
                    link,
                    grant,
                    digest,
                    debit_nl,
                    number,
                    shots,
                    volume_nl,
                )
            case _:
                raise CorruptMemoryError(_BEGUN)

    def uncertain(self) -> UncertainEntry:
        """Return the entry for a motion of which nobody knows how much happened."""
        return UncertainEntry(
            journal=self.journal,
            index=self.index,
            boot=self.boot,
            t_us=self.t_us,
            log=self.log,
            under_link=self.link,
            shots=self.shots,
            volume_total_nl=self.volume_nl,
            grant=self.grant,
            digest=self.digest,
            debit_nl=self.debit_nl,
            slice=self.slice,
        )


class PermanentMemory:
    """Permanent memory as one boot sees it: read from the medium, written through to it.

    A blank medium is formatted: the journal id is drawn with ``draw`` (a source of
    random bytes), and the serial is ``serial`` or drawn. A journal in which a slot
    cannot be read is formatted anew, under a new id; counters, stop count and
    serial stay. A begun record found open is closed with an uncertain entry.
    """

    def __init__(
        self, medium: Medium, draw: Callable[[int], bytes], *, serial: str | None = None
    ) -> None:
        self._medium = medium
        self._draw = draw
        self._entries: dict[int, JournalEntry] = {}
        if medium.read(_JOURNAL) is None:
            name = serial if serial is not None else f"SIM-{draw(3).hex().upper()}"
            medium.write(_SERIAL, name.encode("ascii"))
            self._format()
        self.serial: Final = (medium.read(_SERIAL) or b"?").decode("ascii")
        self.shots = self._number(_SHOTS)
        """Lifetime: shots and slices begun."""
        self.volume_nl = self._number(_VOLUME)
        """Lifetime: volume debited for them."""
        self.stop_count = self._number(_STOPS)
        self.journal_id = self._number(_JOURNAL)
        self.acknowledged = self._number(_ACKNOWLEDGED)
        """Highest index that a host said it committed."""
        self.begun: Begun | None = None
        """The motion that is open."""
        self._written = 0
        self._load_slots()
        self._settle()

    @property
    def newest(self) -> int:
        """Newest index, that of an open motion included; 0 while there is none."""
        open_index = 0 if self.begun is None else self.begun.index
        return max(self._written, open_index, self.acknowledged)

    @property
    def oldest(self) -> int:
        """Oldest index that can be read; 0 while the journal is empty."""
        oldest: int = min(self._entries, default=0)
        return oldest

    @property
    def room(self) -> int:
        """Slots that hold no unacknowledged entry; the reserve is included."""
        return JOURNAL_SLOTS - (self.newest - self.acknowledged)

    def entry(self, index: int) -> JournalEntry | None:
        """Return the entry with that index, where it can be read."""
        return self._entries.get(index)

    def entries(self) -> list[JournalEntry]:
        """Return every entry that can be read, oldest first."""
        return [self._entries[index] for index in sorted(self._entries)]

    def begin(self, begun: Begun) -> bool:
        """Write the begun record and read it back; then raise the counters.

        False: the memory does not hold what was written. Nothing may move.
        """
        record = begun.to_bytes()
        self._medium.write(_BEGUN, record)
        if self._medium.read(_BEGUN) != record:
            return False
        self._raise_counters(begun)
        if (self._number(_SHOTS), self._number(_VOLUME)) != (begun.shots, begun.volume_nl):
            return False
        self.begun = begun
        return True

    def close(self, entry: JournalEntry) -> None:
        """Write the entry of the open motion, and only then forget that it was open."""
        self.append(entry)
        self._medium.write(_BEGUN, _NOTHING)
        self.begun = None

    def append(self, entry: JournalEntry) -> None:
        """Write ``entry`` into its slot, over the one that was there."""
        self._medium.write(_SLOTS[entry.index % JOURNAL_SLOTS], entry.encoded())
        self._entries.pop(entry.index - JOURNAL_SLOTS, None)
        self._entries[entry.index] = entry
        self._written = max(self._written, entry.index)

    def acknowledge(self, index: int) -> None:
        """Take a host's word that it committed everything up to ``index``.

        An index that was not written yet is a mistake of the host, which frees
        nothing; one that is not above the newest acknowledged says nothing new.
        """
        open_from = self._written if self.begun is None else self.begun.index - 1
        if self.acknowledged < index <= open_from:
            self._medium.write(_ACKNOWLEDGED, cbor.encode_uint(index))
            self.acknowledged = index

    def count_stop(self) -> None:
        """Raise the stop count by one."""
        self.stop_count += 1
        self._medium.write(_STOPS, cbor.encode_uint(self.stop_count))

    def sound(self) -> bool:
        """Whether what is written now reads back: a trial on a cell of its own."""
        trial = self._draw(8)
        self._medium.write(_TRIAL, trial)
        return self._medium.read(_TRIAL) == trial

    def _format(self) -> None:
        """Begin an empty journal under a new id, from 1 to 2^32 - 1."""
        for cell in _SLOTS:
            if self._medium.read(cell):
                self._medium.write(cell, _NOTHING)
        self._medium.write(_ACKNOWLEDGED, cbor.encode_uint(0))
        drawn = int.from_bytes(self._draw(4), "big") or 1
        self._medium.write(_JOURNAL, cbor.encode_uint(drawn))

    def _load_slots(self) -> None:
        for cell in _SLOTS:
            data = self._medium.read(cell)
            if not data:
                continue
            entry = _entry(data)
            if entry is None or entry.journal != self.journal_id:
                self._format()
                self.journal_id = self._number(_JOURNAL)
                self.acknowledged = 0
                self._entries.clear()
                break
            self._entries[entry.index] = entry
        self._written = max(self._entries, default=0)

    def _settle(self) -> None:
        """Close the begun record that a power cut left open."""
        data = self._medium.read(_BEGUN)
        if not data:
            return
        begun = Begun.from_bytes(data)
        if begun.journal != self.journal_id and not self._entries and self.acknowledged == 0:
            # Its journal was formatted since, and nothing stands in the new one.
            begun = replace(begun, journal=self.journal_id, index=1)
        # One of another journal was closed before, in a cell that did not take it.
        if begun.journal == self.journal_id and begun.index not in self._entries:
            self._raise_counters(begun)
            self.append(begun.uncertain())
        self._medium.write(_BEGUN, _NOTHING)

    def _raise_counters(self, begun: Begun) -> None:
        self.shots = max(self.shots, begun.shots)
        self.volume_nl = max(self.volume_nl, begun.volume_nl)
        self._medium.write(_SHOTS, cbor.encode_uint(self.shots))
        self._medium.write(_VOLUME, cbor.encode_uint(self.volume_nl))

    def _number(self, cell: str) -> int:
        data = self._medium.read(cell)
        if data is None:
            return 0
        value = _decoded(data)
        if not isinstance(value, int):
            raise CorruptMemoryError(cell)
        return value


@lru_cache(maxsize=64)  # a counter that was written is read back
def _decoded(data: bytes) -> object | None:
    return cbor.decode(data)


@lru_cache(maxsize=JOURNAL_SLOTS)  # a boot finds mostly what the one before it found
def _entry(data: bytes) -> JournalEntry | None:
    return decode_entry(data)
