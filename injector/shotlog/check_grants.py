"""Grants: every shot was permitted before, by the entry that it names, and kept inside it.

A shot that no grant of this log covers is in the log as what it is, with an alarm; it is
counted here and named, and the log is whole. A shot that names a grant and does not keep
inside it is a fault of the gun or of whoever wrote the log, and is found.
"""

from collections import OrderedDict
from operator import ge, le
from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.check_devices import Counters, counters_of
from injector.shotlog.entries import (
    Entry,
    Fault,
    Foreign,
    Grant,
    Moved,
    SessionOpened,
    Settled,
    Shot,
    Uncertain,
)
from injector.shotlog.findings import Code, Remark, Tally
from injector.shotlog.shot_run import ShotRun, Told

_REMEMBERED: Final = 512
"""Grants that are kept at hand. What a gun held back may name an older one: it is read again."""


class GrantsCheck:
    """Holds every shot against the grant that it names."""

    about: ClassVar[Kinds | None] = frozenset(
        {Grant, Shot, Uncertain, Moved, Fault, Foreign, Settled, SessionOpened}
    )

    def __init__(self, tally: Tally, reading: Reading) -> None:
        self._tally: Final = tally
        self._reading: Final = reading
        self._grants: Final[OrderedDict[int, Entry]] = OrderedDict()
        self._newest: Final[dict[str, Grant]] = {}
        """The newest grant to each gun."""
        self._void: Final[set[str]] = set()
        """Guns whose newest grant was settled: nothing can be added to its limits."""
        self._counters: Final[dict[str, Counters]] = {}

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take the next grant, or the next thing that a gun did."""
        body = entry.body
        if isinstance(body, Shot | Uncertain):
            self._tally.counted += 1
            self._shot(seq, entry, body)
            self._counters[body.serial] = body.shots_total, body.volume_total_nl
        elif isinstance(body, Grant):
            self._granted(seq, entry, body)
        elif isinstance(body, Moved | Fault | Foreign | Settled | SessionOpened):
            counters = counters_of(body)
            if counters is not None:
                self._counters[body.serial] = counters
            if isinstance(body, Settled):
                self._void.add(body.serial)

    def take_run(self, run: ShotRun) -> bool:
        """Take shots under one grant that all keep inside it."""
        shot = run.told
        granted = None if shot.grant_seq is None else self._grants.get(shot.grant_seq)
        if (
            granted is None
            or not isinstance(granted.body, Grant)
            or not _is_under(shot, shot.session, granted.body, granted.session)
        ):
            return False
        grant = granted.body
        if (
            max(run.shots_total) > grant.shots_limit
            or max(run.volume_total_nl) > grant.volume_limit_nl
            or max(run.debit_nl) * grant.shots > grant.volume_nl
            or (shot.outcome == "complete" and min(run.counts_nl) < grant.setpoint.volume_nl)
            or not all(map(ge, run.counts_nl, run.volume_nl))
            or not all(map(le, run.counts_nl, run.debit_nl))
        ):
            return False
        self._tally.counted += len(run)
        self._counters[shot.serial] = run.shots_total[-1], run.volume_total_nl[-1]
        return True

    def finish(self) -> None:
        """Nothing is left: a grant need not be used."""

    def _granted(self, seq: int, entry: Entry, body: Grant) -> None:
        before = self._newest.get(body.serial)
        on_top = before is not None and before.link == body.link
        if before is not None and on_top and body.grant <= before.grant:
            self._tally.fail(Code.GRANT_REPEATED, seq=seq, detail=str(body.grant))
        # It adds to what stands on the gun, or to what the grant before it permitted.
        base = body.shots_limit - body.shots, body.volume_limit_nl - body.volume_nl
        stands = {self._counters.get(body.serial, base)}
        if before is not None and on_top and body.serial not in self._void:
            stands.add((before.shots_limit, before.volume_limit_nl))
        if base not in stands:
            self._tally.fail(Code.GRANT_TOO_WIDE, seq=seq)
        self._newest[body.serial] = body
        self._void.discard(body.serial)
        self._grants[seq] = entry
        if len(self._grants) > _REMEMBERED:
            self._grants.popitem(last=False)

    def _shot(self, seq: int, entry: Entry, shot: Shot | Uncertain) -> None:
        if shot.counts_nl > shot.debit_nl:
            self._tally.remark(Remark.OVER_DELIVERED)
        if shot.grant_seq is None:
            self._tally.remark(Remark.NOT_GRANTED)
            return
        granted = self._grants.get(shot.grant_seq)
        if granted is None and shot.grant_seq < seq:
            granted = self._reading.earlier(shot.grant_seq)
        if granted is None or not isinstance(granted.body, Grant):
            self._tally.fail(Code.GRANT_MISSING, seq=seq, detail=str(shot.grant_seq))
            return
        grant = granted.body
        if not _is_under(shot, entry.session, grant, granted.session):
            self._tally.fail(Code.GRANT_DIFFERS, seq=seq, detail=str(shot.grant_seq))
            return
        if (
            shot.shots_total > grant.shots_limit
            or shot.volume_total_nl > grant.volume_limit_nl
            or shot.debit_nl * grant.shots > grant.volume_nl
        ):
            self._tally.fail(Code.BEYOND_GRANT, seq=seq, detail=str(shot.grant_seq))
        if shot.counts_nl < _least_nl(shot, grant):
            self._tally.fail(Code.COUNTED_SHORT, seq=seq, detail=f"{shot.counts_nl} nL")


def _is_under(
    shot: Shot | Uncertain | Told, session: str | None, grant: Grant, granted_in: str | None
) -> bool:
    """Whether a shot is of the gun, link, number, setpoint and session that the grant is for."""
    return (
        shot.grant == grant.grant
        and shot.link == grant.link
        and shot.serial == grant.serial
        and shot.setpoint_digest == grant.setpoint_digest
        and session == granted_in
    )


def _least_nl(shot: Shot | Uncertain, grant: Grant) -> int:
    """What a shot counts as at the least, in nanolitres."""
    if isinstance(shot, Uncertain):
        return shot.debit_nl
    if shot.outcome == "complete":
        return max(shot.volume_nl, grant.setpoint.volume_nl)
    return shot.volume_nl
