"""What a host that starts learns from its log, and what it knows of a device.

The counters of a device are those of the newest thing in the log that accounts for
them: a journal entry, what settled them, or what was written of their use elsewhere.
A ``device_seen`` accounts for nothing: what it tells may be read and lost again
before anything of it is committed. Only the very first one counts, since what the
device did before it is not this log's. Where the counters fall after it, what the newest
one told is all that is left of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from typing import Final

from injector.control.alarms import AlarmCode
from injector.control.inputs import DeviceRecall, KnownDevice
from injector.control.ledger import GrantRecord, Ledger
from injector.control.past import day_of
from injector.control.untold import MIXED
from injector.limits.exposure import Exposure
from injector.shotlog import entries as log
from injector.shotlog.reader import LogReader
from injector.shotlog.vouching import DeviceBroughtForward

_STOPS: Final = ("stop", "stop_confirmed", "release")
_ACCOUNTS: Final = ("shot", "uncertain", "moved", "fault", "foreign", "settled", "used_elsewhere")
PAST: Final = ("engine_started", "given_elsewhere", "brought_forward", *MIXED)
"""The kinds that tell what patients were given."""
VISITS: Final = ("session_opened", "brought_forward")
"""The kinds of which there is one for each visit."""
_INSTALLATION: Final = (
    "library_part",
    "operator_recorded",
    "library_approved",
    "device_envelope",
)
_SESSIONS: Final = 500
"""Sessions that one installation does not open in a day."""
_GRANTS: Final = 256
"""Grants that a device's journal may still name: it holds no more entries."""


def ledger_from(reader: LogReader) -> Ledger:
    """Fold the ledger of the log as it stands: the open session, STOP, known libraries."""
    ledger = Ledger()
    ledger.apply_all(reader.entries(kinds=_INSTALLATION))
    for pseudonym, patient in reader.patients():
        ledger.past.know(pseudonym, patient)
    for row in reader.treated():
        day = day_of(log.Moment(int(row["utc_us"] or 0), 0))
        ledger.past.treated(str(row["patient"]), str(row["session"]), str(row["indication"]), day)
    stops = [entry for kind in _STOPS if (entry := reader.last(kind)) is not None]
    opened, closed = reader.last("session_opened"), reader.last("session_closed")
    past: Iterator[log.Entry] = _of_the_past(reader)
    here: Iterator[log.Entry] = iter(())
    if opened is not None and (closed is None or closed.seq < opened.seq):
        # In their order: what lies in the day before a session depends on the starts before it.
        open_one = opened.session
        past = (entry for entry in past if entry.session != open_one)
        here = reader.entries(session=open_one)
    ledger.apply_all(merge(past, here, key=lambda entry: entry.seq))
    ahead = reader.newest_alarm(AlarmCode.GUN_AHEAD)
    if ahead is not None:
        ledger.apply(ahead)
    if stops:
        ledger.apply(max(stops, key=lambda entry: entry.seq))
    return ledger


def _of_the_past(reader: LogReader) -> Iterator[log.Entry]:
    """What newest sessions gave: enough of them to hold every one of the last day."""
    first = reader.newest_of(VISITS, _SESSIONS)
    # The start before them too, so that their monotonic clock has a boot to count in.
    start = reader.last("engine_started", before=first)
    after = first - 1 if start is None else start.seq - 1
    yield from reader.entries(kinds=PAST, after=after)


def recall(reader: LogReader, serial: str, journal_id: int) -> DeviceRecall:
    """What the log knows of the device with that serial number, and of that journal."""
    first = _begun(reader, serial)
    if first is None:
        return DeviceRecall(serial, journal_id, None)
    accounts = [e for kind in _ACCOUNTS if (e := reader.last_about(serial, kind)) is not None]
    shots, volume_nl = first.shots, first.volume_nl
    for entry in sorted(accounts, key=lambda entry: entry.seq):
        shots, volume_nl = _counters(entry.body) or (shots, volume_nl)
    told = reader.last_about(serial, "device_seen")
    if told is not None and isinstance(told.body, log.DeviceSeen):
        beyond = Exposure(max(0, told.body.shots - shots), max(0, told.body.volume_nl - volume_nl))
    elif accounts:
        beyond = Exposure()
    else:
        beyond = first.told
    known = KnownDevice(
        committed=_committed(reader, serial, journal_id, first),
        shots=shots,
        volume_nl=volume_nl,
        journal_before=_journal_before(accounts, journal_id) or first.before(journal_id),
        held=_held(reader, serial, journal_id, first),
        conflict=_conflict(reader, serial, journal_id, first),
        grants=tuple(
            GrantRecord(entry.seq, entry.session, entry.body, None)
            for entry in reader.newest_about(serial, "grant", _GRANTS)
            if isinstance(entry.body, log.Grant)
        ),
        told=beyond,
    )
    return DeviceRecall(serial, journal_id, known)


@dataclass(frozen=True, slots=True)
class _Begun:
    """Where this log's accounts with a device begin."""

    journal_id: int
    committed: int
    """Highest index of that journal that is not this log's to read."""
    shots: int
    volume_nl: int
    told: Exposure = field(default_factory=Exposure)
    held: int | None = None
    conflict: int | None = None
    brought: bool = False
    """The log before knew it; else this log saw it for the first time."""

    def before(self, journal_id: int) -> tuple[int, int] | None:
        """The journal of the log before that this one took the place of."""
        if not self.brought or not self.committed or self.journal_id == journal_id:
            return None
        return self.journal_id, self.committed


def _begun(reader: LogReader, serial: str) -> _Begun | None:
    brought = reader.last_about(serial, "device_brought_forward")
    if brought is not None and isinstance(brought.body, DeviceBroughtForward):
        body = brought.body
        return _Begun(
            journal_id=body.journal_id,
            committed=body.committed,
            shots=body.shots,
            volume_nl=body.volume_nl,
            told=Exposure(body.told_shots, body.told_nl),
            held=body.held,
            conflict=body.conflict,
            brought=True,
        )
    first = reader.first_about(serial, "device_seen")
    if first is None or not isinstance(first.body, log.DeviceSeen):
        return None
    seen = first.body
    # Of the journal it was first seen with, what others acknowledged is not ours to read.
    return _Begun(seen.journal_id, seen.acknowledged, seen.shots, seen.volume_nl)


def _counters(body: log.Body | log.Unknown) -> tuple[int, int] | None:
    match body:
        case log.Shot() | log.Uncertain() | log.Moved() | log.Fault() | log.UsedElsewhere():
            return body.shots_total, body.volume_total_nl
        case log.Settled():
            return body.shots, body.volume_nl
        case log.Foreign():
            shots, volume_nl = body.what.get("shots"), body.what.get("volume_total_nl")
            if isinstance(shots, int) and isinstance(volume_nl, int):
                return shots, volume_nl
            return None
        case _:
            return None


def _committed(reader: LogReader, serial: str, journal_id: int, first: _Begun) -> int:
    newest = reader.last_journalled(serial, journal_id)
    if newest is not None and isinstance(newest.body, log.Journalled):
        return newest.body.index
    return first.committed if first.journal_id == journal_id else 0


def _journal_before(accounts: list[log.Entry], journal_id: int) -> tuple[int, int] | None:
    """The journal that this one took the place of, and its highest committed index."""
    others = [
        (entry.seq, entry.body.journal_id, entry.body.index)
        for entry in accounts
        if isinstance(entry.body, log.Journalled) and entry.body.journal_id != journal_id
    ]
    return max(others)[1:] if others else None


def _held(reader: LogReader, serial: str, journal_id: int, first: _Begun) -> int | None:
    """The first foreign entry of the journal that nobody has accepted."""
    accepted = reader.last_about(serial, "foreign_accepted")
    up_to = 0
    if accepted is not None and isinstance(accepted.body, log.ForeignAccepted):
        up_to = accepted.body.up_to if accepted.body.journal_id == journal_id else 0
    if first.held is not None and first.journal_id == journal_id and first.held > up_to:
        return first.held
    newest = reader.last_about(serial, "foreign")
    if newest is None or not isinstance(newest.body, log.Foreign):
        return None
    if newest.body.journal_id != journal_id or newest.body.index <= up_to:
        return None
    for entry in reader.journal(serial, journal_id, first=up_to + 1):
        if isinstance(entry.body, log.Foreign):
            return entry.body.index
    return None


def _conflict(reader: LogReader, serial: str, journal_id: int, first: _Begun) -> int | None:
    before = first.conflict if first.journal_id == journal_id else None
    newest = reader.last_about(serial, "conflict")
    if newest is None or not isinstance(newest.body, log.Conflict):
        return before
    found = newest.body.at_index if newest.body.journal_id == journal_id else None
    return before if found is None else found if before is None else min(found, before)
