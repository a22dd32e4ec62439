"""Guns: nothing that a gun's counters tell of is in no entry, and no journal has a hole.

A gun keeps two records: a journal, whose entries have indexes without a hole, and its
lifetime counters of shots and volume, which each entry repeats. Both must come out. An
index may be missing where the counters went on over it as if nothing had moved, where a
``gap`` names it, or where a ``used_elsewhere`` says what may have been there. A gun that lost
its memory begins another journal: the gap names what is lost of the one before, and the first
indexes of the new one may be lost with it. Counters may rise by what an
entry says that it was, by what a gap or a use elsewhere says that is lost, and by nothing
else. What a gun did before this log first saw it is not this log's;
where the log follows another one, what that one brought forward is where the account begins.

So at the close of a session its counters are those of its opening, and the shots, the
uncertain shots, the gaps and the use elsewhere that stand between.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import ClassVar, Final, NamedTuple

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import (
    Body,
    DeviceSeen,
    Entry,
    Fault,
    Foreign,
    Gap,
    Journalled,
    Moved,
    SessionClosed,
    SessionOpened,
    Settled,
    Shot,
    Uncertain,
    Unknown,
    UsedElsewhere,
)
from injector.shotlog.findings import Code, Remark, Tally
from injector.shotlog.shot_run import ShotRun
from injector.shotlog.vouching import DeviceBroughtForward

Counters = tuple[int, int]
"""Lifetime shots, and lifetime volume in nanolitres as debited."""
_SHOTS: Final = (1, 2)
"""What the ``kind`` of a shot and of an uncertain one is in a foreign entry."""
_NOTHING: Final = (0, 0)
_ALL: Final = (1, 1 << 63)
"""Every index of a journal."""
_GAPS: Final = 64
"""Gaps that are kept between two entries of a gun's journals."""


class _Told(NamedTuple):
    """Indexes of a journal that are said to be lost."""

    journal_id: int
    first: int
    last: int


def counters_of(body: Body | Unknown) -> Counters | None:
    """Return where the device's counters stand after what an entry tells; None: it does not."""
    match body:
        case Shot() | Uncertain() | Moved() | Fault():
            return body.shots_total, body.volume_total_nl
        case Settled() | SessionOpened() | SessionClosed():
            return body.shots, body.volume_nl
        case Foreign():
            shots, volume_nl = body.what.get("shots"), body.what.get("volume_total_nl")
            if isinstance(shots, int) and isinstance(volume_nl, int):
                return shots, volume_nl
            return None
        case _:
            return None


def _own(body: Journalled) -> Counters:
    """By how much the entry itself raised the counters."""
    match body:
        case Shot() | Uncertain():
            return 1, body.debit_nl
        case Foreign():
            what = body.what
            debit_nl = what.get("debit_nl")
            if what.get("kind") in _SHOTS and what.get("grant") and isinstance(debit_nl, int):
                return 1, debit_nl
            return _NOTHING
        case Moved() | Fault():
            return _NOTHING  # what is not given into skin is not counted


@dataclass(slots=True)
class _Gun:
    """What this log knows of one gun, as far as it was read."""

    first: DeviceSeen | None = None
    """How it was when this log first saw it."""
    seen: DeviceSeen | None = None
    """How it was when this log saw it last."""
    counters: Counters | None = None
    """Where the entries say that they stand; None: nothing was told yet."""
    lost: Counters = _NOTHING
    """What the newest gaps say that may be missing before the next counters."""
    told: deque[_Told] = field(default_factory=lambda: deque(maxlen=_GAPS))
    """What is said to be lost since the newest entry of a journal."""
    journals: dict[int, int] = field(default_factory=dict)
    """The newest index of each journal."""

    def start(self, journal_id: int) -> int:
        """Up to which index a journal of which nothing was read is not this log's to have."""
        first, seen = self.first, self.seen
        acknowledged = 0
        if first is not None and first.journal_id == journal_id:
            acknowledged = first.acknowledged
        if seen is None or seen.journal_id != journal_id:
            return acknowledged
        return max(acknowledged, seen.oldest - 1 if seen.oldest else seen.newest)


class DevicesCheck:
    """Keeps an account of each gun, as its log tells it."""

    about: ClassVar[Kinds | None] = frozenset(
        {
            DeviceSeen,
            DeviceBroughtForward,
            SessionOpened,
            SessionClosed,
            Shot,
            Uncertain,
            Moved,
            Fault,
            Foreign,
            Gap,
            UsedElsewhere,
            Settled,
        }
    )

    def __init__(self, tally: Tally, _reading: Reading) -> None:
        self._tally: Final = tally
        self._guns: Final[dict[str, _Gun]] = {}

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take the next entry about a gun."""
        body = entry.body
        match body:
            case Shot() | Uncertain() | Moved() | Fault() | Foreign():
                self._journalled(seq, self._gun(body.serial), body)
            case DeviceSeen():
                self._seen(self._gun(body.serial), body)
            case DeviceBroughtForward() if body.serial not in self._guns:
                gun = self._gun(body.serial)
                gun.counters = body.shots, body.volume_nl
                gun.journals[body.journal_id] = body.committed
            case Gap():
                told = _Told(body.journal_id, body.first, body.last)
                self._lost(self._gun(body.serial), (body.shots_max, body.volume_max_nl), told)
            case UsedElsewhere():
                told = _Told(body.journal_id, *_ALL)
                self._lost(self._gun(body.serial), (body.shots, body.volume_nl), told)
            case Settled():
                gun = self._gun(body.serial)
                self._rise(seq, gun, (body.shots, body.volume_nl))
            case SessionOpened() | SessionClosed():
                self._stands(seq, self._gun(body.serial), body)
            case _:
                pass

    def take_run(self, run: ShotRun) -> bool:
        """Take shots of one journal, whose counters rise by what each debited."""
        gun = self._guns.get(run.told.serial)
        if gun is None or gun.counters is None or gun.lost != _NOTHING or gun.told:
            return False
        shots, volume_nl = gun.counters
        stands = list(accumulate(run.debit_nl, initial=volume_nl))
        if (
            gun.journals.get(run.told.journal_id) != run.indexes.start - 1
            or run.shots_total != list(range(shots + 1, shots + 1 + len(run)))
            or run.volume_total_nl != stands[1:]
        ):
            return False
        self._tally.counted += len(run)
        gun.journals[run.told.journal_id] = run.indexes[-1]
        gun.counters = run.shots_total[-1], stands[-1]
        return True

    def finish(self) -> None:
        """Nothing is left: what a gun has not told yet is in no log."""

    def _gun(self, serial: str) -> _Gun:
        return self._guns.setdefault(serial, _Gun())

    @staticmethod
    def _seen(gun: _Gun, body: DeviceSeen) -> None:
        if gun.first is None:
            gun.first = body
        elif gun.counters is None:
            # Seen again, and nothing was read of it: from the first sight on it is this log's.
            gun.counters = gun.first.shots, gun.first.volume_nl
        gun.seen = body

    @staticmethod
    def _lost(gun: _Gun, most: Counters, told: _Told) -> None:
        gun.lost = gun.lost[0] + most[0], gun.lost[1] + most[1]
        if told.first > 0:  # else only the counters tell, and no index
            gun.told.append(told)

    def _journalled(self, seq: int, gun: _Gun, body: Journalled) -> None:
        self._tally.counted += 1
        before = gun.journals.get(body.journal_id)
        newest = gun.start(body.journal_id) if before is None else before
        after, own = counters_of(body), _own(body)
        began = None if after is None else (after[0] - own[0], after[1] - own[1])
        if body.index > newest + 1:
            began_anew = before is None and any(t.journal_id != body.journal_id for t in gun.told)
            if not began_anew:
                missing = _Told(body.journal_id, newest + 1, body.index - 1)
                self._hole(seq, gun, missing, began)
        elif before is not None and body.index <= before:
            self._tally.fail(Code.JOURNAL_BACKWARDS, seq=seq, detail=str(body.index))
        gun.journals[body.journal_id] = body.index
        gun.told.clear()
        if began is not None:
            self._rise(seq, gun, began)
            gun.counters = after

    def _hole(self, seq: int, gun: _Gun, hole: _Told, began: Counters | None) -> None:
        """Some indexes were passed over: harmless where it is told, or nothing moved in them."""
        left = _not_told(hole, gun.told)
        if not left or gun.counters is None:
            return
        if began == gun.counters:
            self._tally.remark(
                Remark.INDEXES_EMPTY, sum(each.last - each.first + 1 for each in left)
            )
        else:
            where = ", ".join(f"{each.first} to {each.last}" for each in left)
            self._tally.fail(Code.JOURNAL_HOLE, seq=seq, detail=where)

    def _rise(self, seq: int, gun: _Gun, counters: Counters) -> None:
        """The counters stand here, before what comes now."""
        if gun.counters is not None:
            shots = counters[0] - gun.counters[0]
            volume_nl = counters[1] - gun.counters[1]
            if shots > gun.lost[0] or volume_nl > gun.lost[1]:
                detail = f"{shots} shots, {volume_nl} nL"
                self._tally.fail(Code.COUNTERS_AHEAD, seq=seq, detail=detail)
            if shots < 0 or volume_nl < 0:
                self._tally.remark(Remark.COUNTERS_FELL)
        gun.counters, gun.lost = counters, _NOTHING

    def _stands(self, seq: int, gun: _Gun, body: SessionOpened | SessionClosed) -> None:
        """A session begins or ends: all that the gun did is accounted for."""
        self._tally.counted += 1
        stands = body.shots, body.volume_nl
        if gun.counters is not None and stands != gun.counters:
            detail = f"{stands[0] - gun.counters[0]} shots, {stands[1] - gun.counters[1]} nL"
            self._tally.fail(Code.COUNTERS_DIFFER, seq=seq, detail=detail)
        gun.counters, gun.lost = stands, _NOTHING
        newest = gun.journals.get(body.journal_id)
        if newest is not None and body.newest < newest:
            self._tally.fail(Code.JOURNAL_BACKWARDS, seq=seq, detail=str(body.newest))


def _not_told(hole: _Told, told: Iterable[_Told]) -> list[_Told]:
    """What of a hole is named by nothing that tells of its journal."""
    left, next_one = [], hole.first
    for each in sorted(each for each in told if each.journal_id == hole.journal_id):
        if each.first > hole.last:
            break
        if each.first > next_one:
            left.append(_Told(hole.journal_id, next_one, each.first - 1))
        next_one = max(next_one, each.last + 1)
    if next_one <= hole.last:
        left.append(_Told(hole.journal_id, next_one, hole.last))
    return left
