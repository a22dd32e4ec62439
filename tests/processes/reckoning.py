"""What a log must say of a gun, whoever was killed meanwhile.

Three witnesses stand beside each other: the shot log, the gun's permanent memory, and
the witness at its moving parts (`tests.processes.witness`), which alone knows what moved.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from injector.protocol.messages import JournalEntry, ShotEntry, UncertainEntry
from injector.shotlog import entries as log
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from simulator.medium import FileMedium
from simulator.memory import PermanentMemory
from tests.processes.witness import Witness

_TOLERANCE: Final = 100
"""The drive may miss by one part in a hundred."""
_NEVER: Final = ("gap", "conflict", "foreign", "used_elsewhere")
"""Entries that no kill of a process may lead to: permanent memory was never lost."""


class BrokenError(Exception):
    """The log does not say what happened."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The gun's permanent memory, read past the wire once its process has ended."""

    journal_id: int
    newest: int
    acknowledged: int
    shots: int
    volume_nl: int
    entries: tuple[JournalEntry, ...]

    @classmethod
    def of(cls, state: Path) -> "Memory":
        """Read the state file of a gun that has ended."""
        medium = FileMedium(state)
        try:
            memory = PermanentMemory(medium, bytes)  # nothing is drawn
        finally:
            medium.close()
        return cls(
            memory.journal_id,
            memory.newest,
            memory.acknowledged,
            memory.shots,
            memory.volume_nl,
            tuple(memory.entries()),
        )


def check_verifies(path: Path) -> None:
    """The log opens and verifies, whoever was killed while writing it, or writes it now."""
    report = verify(path)
    if not report.ok:
        raise BrokenError(f"{path}: {[c.check.value for c in report.checks if c.findings]}")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a log stands at one moment."""

    permitted: int
    """Shots that were granted and never given back."""
    open: bool
    """A grant has not been settled: its shots, or their entries, may still come."""


def standing(path: Path) -> Standing:
    """How the log stands now."""
    permitted, is_open = 0, False
    with LogReader.open(path) as reader:
        for entry in reader.entries(kinds=("grant", "settled")):
            match entry.body:
                case log.Grant():
                    permitted, is_open = permitted + entry.body.shots, True
                case log.Settled():
                    permitted, is_open = permitted - entry.body.returned_shots, False
                case _:
                    pass
    return Standing(permitted, is_open)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What became of every shot of one gun."""

    fired: int
    logged: int
    uncertain: int
    partial: int
    lost: int
    doubled: int
    sessions: int


def reckon(path: Path, memory: Memory, witness: Witness) -> Reckoned:
    """Lay the three beside each other; ``BrokenError`` where they differ."""
    with LogReader.open(path) as reader:
        bodies = [entry.body for entry in reader.entries()]
    journal = [body for body in bodies if isinstance(body, log.Journalled)]
    shots = [body for body in journal if isinstance(body, log.Shot | log.Uncertain)]
    indexes = [body.index for body in journal]
    uncertain = [body for body in shots if isinstance(body, log.Uncertain)]
    doubled = len(indexes) - len(set(indexes))
    # A shot that a kill of the gun made uncertain may not have begun to move.
    lost = max(0, witness.begun - len(shots)) + len(set(range(1, memory.newest + 1)) - {*indexes})
    made_up = max(0, len(shots) - len(uncertain) - witness.begun)
    found = Reckoned(
        fired=witness.begun,
        logged=len(shots),
        uncertain=len(uncertain),
        partial=sum(isinstance(s, log.Shot) and s.outcome == "partial" for s in shots),
        lost=lost,
        doubled=doubled + made_up,
        sessions=sum(isinstance(body, log.SessionOpened) for body in bodies),
    )
    _hold(found.lost == 0 and found.doubled == 0, f"{found}")
    _hold(indexes == list(range(1, memory.newest + 1)), "the journal's order is not the log's")
    _hold(memory.acknowledged == memory.newest, "not all that is committed was acknowledged")
    _hold(memory.shots == len(shots), f"the gun counted {memory.shots} shots, of {len(shots)}")
    _hold(memory.volume_nl == sum(shot.debit_nl for shot in shots), "debits and counter differ")
    for kind in _NEVER:
        _hold(not any(body.kind == kind for body in bodies), f"there is a {kind}")
    _hold(all(shot.grant_seq is not None for shot in shots), "a shot under no grant of this log")
    closed = sum(isinstance(body, log.SessionClosed) for body in bodies)
    _hold(closed == found.sessions, f"{found.sessions} sessions were opened and {closed} closed")
    _entries_equal({body.index: body for body in journal}, memory)
    _volumes(shots, witness)
    return found


def _entries_equal(journal: "dict[int, log.Journalled]", memory: Memory) -> None:
    """What the memory still holds is what the log holds, field by field."""
    for entry in memory.entries:
        body = journal[entry.index]
        same = (body.journal_id, body.index) == (entry.journal, entry.index)
        match entry, body:
            case ShotEntry(), log.Shot():
                same = same and (
                    body.link == entry.under_link
                    and body.grant == entry.grant
                    and body.volume_nl == entry.volume_nl
                    and body.setpoint_digest == entry.digest.hex()
                    and body.duration_us == entry.duration_us
                    and body.shots_total == entry.shots
                )
            case UncertainEntry(), log.Uncertain():
                same = same and (body.grant, body.debit_nl) == (entry.grant, entry.debit_nl)
            case ((ShotEntry() | UncertainEntry()), _):
                same = False
            case _:
                pass
        _hold(same, f"entry {entry.index} is not what the gun's memory holds")


def _volumes(shots: "list[log.Shot | log.Uncertain]", witness: Witness) -> None:
    counted = sum(shot.counts_nl for shot in shots)
    debited = sum(shot.debit_nl for shot in shots if isinstance(shot, log.Uncertain))
    spare = counted // _TOLERANCE + len(shots)
    _hold(witness.moved_nl <= counted + spare, f"{witness.moved_nl} nL moved, {counted} counted")
    # Nor is anything made up: what counts was moved, but for what nobody can know.
    most = witness.moved_nl + witness.cut_nl + debited + spare
    _hold(counted <= most, f"{counted} nL counted, at most {most} moved")


def _hold(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BrokenError(otherwise)
