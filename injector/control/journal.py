"""The device's journal seen from here: what is in, what is committed, what to ask for.

Entries come pushed as they happen and can be read again at will. They are taken
strictly in the order of their indexes: one that comes too early is left aside
and read in its turn. The acknowledgement names the highest index up to which all
is committed, and nothing else may be acknowledged: the device keeps the rest.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Literal, assert_never

from injector.control.ledger import GrantRecord
from injector.limits.exposure import charge_nl
from injector.protocol.codes import Ending
from injector.protocol.messages import (
    FaultEntry,
    JournalEntry,
    MovedEntry,
    ShotEntry,
    UncertainEntry,
)
from injector.shotlog import entries as log

_REMEMBERED: Final = 512
"""Entries kept to compare with repetitions: more than the journal holds."""
NO_LOG: Final = bytes(8)


class Offer(Enum):
    """What became of an entry that the device sent."""

    TAKEN = auto()
    KNOWN = auto()
    """The same identity with the same content: a repetition."""
    CONFLICT = auto()
    """The same identity with other content: never acknowledged."""
    EARLY = auto()
    """Entries before it are missing; it will be read in its turn."""
    OTHER_JOURNAL = auto()


@dataclass(slots=True)
class JournalDesk:
    """One journal of one device, over one link."""

    serial: str
    journal_id: int
    taken: int
    """Highest index that was taken for commit."""
    committed: int
    """Highest index up to which every entry is committed."""
    target: int = 0
    """Highest index that the device has told of."""
    held: int | None = None
    """First index that may not be acknowledged yet: another log's, until the operator's word."""
    conflict: int | None = None
    """First index that was told with two contents: never acknowledged."""
    _seen: dict[int, JournalEntry] = field(default_factory=dict)

    def offer(self, entry: JournalEntry) -> Offer:
        """Take the entry if it is the next one."""
        if entry.journal != self.journal_id:
            return Offer.OTHER_JOURNAL
        self.target = max(self.target, entry.index)
        if entry.index <= self.taken:
            # One that this link never took was committed before it, and nobody asked
            # for it: the device uses an index again.
            return Offer.KNOWN if self._seen.get(entry.index) == entry else Offer.CONFLICT
        if entry.index > self.taken + 1:
            return Offer.EARLY
        self.taken = entry.index
        self._seen[entry.index] = entry
        self._seen.pop(entry.index - _REMEMBERED, None)
        return Offer.TAKEN

    def commit(self, index: int) -> None:
        """The entry with that index is committed.

        Only the next one counts: after a hole nothing may be acknowledged.
        """
        if index == self.committed + 1:
            self.committed = index

    def hold(self, index: int) -> None:
        """Acknowledge nothing from ``index`` on until the operator's word."""
        self.held = index if self.held is None else min(self.held, index)

    def contradict(self, index: int) -> None:
        """Never acknowledge anything from ``index`` on."""
        self.conflict = index if self.conflict is None else min(self.conflict, index)

    def skip_to(self, oldest: int) -> None:
        """Entries before ``oldest`` can no longer be read."""
        if self.committed == self.taken < oldest:
            self.taken = self.committed = oldest - 1

    def wanted(self) -> int | None:
        """The index to read next; None when all that is known of was taken."""
        return self.taken + 1 if self.taken < self.target else None

    @property
    def complete(self) -> bool:
        """Whether everything the device has told of is committed."""
        return self.committed >= self.target

    @property
    def acknowledge(self) -> int:
        """What a beat may acknowledge."""
        bars = [index - 1 for index in (self.held, self.conflict) if index is not None]
        return max(0, min([self.committed, *bars]))


def body_of(
    entry: JournalEntry,
    *,
    serial: str,
    own_log: bytes,
    grant: GrantRecord | None,
    tolerance_ppm: int,
) -> log.Shot | log.Uncertain | log.Moved | log.Fault | log.Foreign:
    """The log's body for a journal entry.

    ``grant`` is the grant that it was fired under, as this log has it; None makes
    the entry one that this host did not permit.
    """
    if entry.log not in (own_log, NO_LOG):
        return _foreign(entry, serial)
    match entry:
        case ShotEntry():
            return _shot(entry, serial, grant, tolerance_ppm)
        case UncertainEntry() if entry.grant == 0:
            return _uncertain_prime(entry, serial)
        case UncertainEntry():
            return log.Uncertain(
                serial=serial,
                journal_id=entry.journal,
                index=entry.index,
                grant_seq=None if grant is None else grant.seq,
                link=entry.under_link,
                grant=entry.grant,
                boot_id=entry.boot,
                setpoint_digest=entry.digest.hex(),
                t_us=entry.t_us,
                debit_nl=entry.debit_nl,
                counts_nl=entry.debit_nl,
                shots_total=entry.shots,
                volume_total_nl=entry.volume_total_nl,
                slice=entry.slice,
            )
        case MovedEntry():
            outcome, cause = _outcome(entry.ending)
            return log.Moved(
                serial=serial,
                journal_id=entry.journal,
                index=entry.index,
                link=entry.under_link,
                boot_id=entry.boot,
                act="prime" if entry.act == entry.act.PRIME else "self_test",
                outcome=outcome,
                cause=cause,
                volume_nl=entry.volume_nl,
                debit_nl=entry.debit_nl,
                t_us=entry.t_us,
                duration_us=entry.duration_us,
                shots_total=entry.shots,
                volume_total_nl=entry.volume_total_nl,
            )
        case FaultEntry():
            return log.Fault(
                serial=serial,
                journal_id=entry.journal,
                index=entry.index,
                link=entry.under_link,
                boot_id=entry.boot,
                code=entry.code.name.lower(),
                detail=entry.detail,
                t_us=entry.t_us,
                shots_total=entry.shots,
                volume_total_nl=entry.volume_total_nl,
            )
        case _:
            assert_never(entry)


def counts_nl(entry: ShotEntry, grant: GrantRecord | None, tolerance_ppm: int) -> int:
    """What a shot counts as against limits, in nanolitres.

    A whole shot counts as the larger of its setpoint and its measured volume. A
    part counts what was delivered, at the most that the measured volume can stand
    for. A shot that was never granted has no setpoint here and counts as the most
    it could have been.
    """
    measured_nl = charge_nl(entry.volume_nl, tolerance_ppm)
    if grant is None:
        return max(entry.debit_nl, measured_nl)
    if entry.ending is Ending.COMPLETE:
        return max(grant.body.setpoint.volume_nl, entry.volume_nl)
    return measured_nl


def _shot(entry: ShotEntry, serial: str, grant: GrantRecord | None, tolerance_ppm: int) -> log.Shot:
    outcome, cause = _outcome(entry.ending)
    return log.Shot(
        serial=serial,
        journal_id=entry.journal,
        index=entry.index,
        grant_seq=None if grant is None else grant.seq,
        link=entry.under_link,
        grant=entry.grant,
        boot_id=entry.boot,
        setpoint_digest=entry.digest.hex(),
        outcome=outcome,
        cause=cause,
        volume_nl=entry.volume_nl,
        depth_um=entry.depth_um,
        flow_nl_s=entry.flow_nl_s,
        pressure_pa=entry.pressure_pa,
        t_us=entry.t_us,
        duration_us=entry.duration_us,
        debit_nl=entry.debit_nl,
        counts_nl=counts_nl(entry, grant, tolerance_ppm),
        shots_total=entry.shots,
        volume_total_nl=entry.volume_total_nl,
        slice=entry.slice,
    )


def _uncertain_prime(entry: UncertainEntry, serial: str) -> log.Moved:
    """Priming or self-test that the power ended: no shot, and all of it counts as used."""
    return log.Moved(
        serial=serial,
        journal_id=entry.journal,
        index=entry.index,
        link=entry.under_link,
        boot_id=entry.boot,
        act="prime" if entry.debit_nl else "self_test",
        outcome="partial",
        cause="power_lost",
        volume_nl=entry.debit_nl,
        debit_nl=entry.debit_nl,
        t_us=entry.t_us,
        duration_us=0,
        shots_total=entry.shots,
        volume_total_nl=entry.volume_total_nl,
    )


def _outcome(ending: Ending) -> tuple[Literal["complete", "partial"], str | None]:
    if ending is Ending.COMPLETE:
        return "complete", None
    return "partial", ending.name.lower()


def conflict_of(entry: JournalEntry, serial: str) -> log.Conflict:
    """The log's body for an entry that contradicts one of the same identity."""
    return log.Conflict(
        serial=serial, journal_id=entry.journal, at_index=entry.index, what=_plain(entry)
    )


def _foreign(entry: JournalEntry, serial: str) -> log.Foreign:
    return log.Foreign(
        serial=serial,
        journal_id=entry.journal,
        index=entry.index,
        log_id=entry.log.hex(),
        what=_plain(entry),
    )


def _plain(entry: JournalEntry) -> dict[str, object]:
    """The entry field by field: integers, bytes in hex."""
    return {
        name: value.hex() if isinstance(value, bytes) else int(value)
        for name, value in entry.model_dump().items()
    }
