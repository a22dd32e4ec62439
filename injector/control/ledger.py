"""The ledger: what the open session has given, folded from the log's entries.

Theory
------
Exposure is what must be taken to have been given:

    delivered shots, each at what it counts as
  + uncertain shots and gaps, each at the most they can be
  + what the open grant still permits

The ledger computes it from committed entries alone, one after another, so that a
host that starts again and reads the same entries arrives at the same figures; no
total is ever kept anywhere but in what was durably written. A grant raises the
exposure when it is committed, before it is sent. Each shot moves its share from
"may be given" to "given". Only a ``settled`` entry takes the rest away, and it is
written only when the device's final counters and all its entries are in.

What a person records counts alike: shots by hand are given, in their zone and from
their filling, and what was given elsewhere stands beside the session as given before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from injector.control.alarms import AlarmCode
from injector.control.fills import Fill
from injector.control.past import Past, day_of
from injector.control.record import SessionRecord, record
from injector.control.roster import Roster
from injector.limits.exposure import Exposure, SessionExposure
from injector.shotlog import entries as log
from injector.shotlog import vouching
from injector.shotlog.shot_run import ShotRun, Told, singly
from injector.shotlog.tally import Tally, Totals


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """A grant as it stands in the log."""

    seq: int
    session: str | None
    body: log.Grant
    journal_id: int | None
    """The journal that the device had then; None where this fold has not seen it."""


class Ledger:
    """What the log says about the open session, its grants and STOP.

    Fed with every entry in order (:meth:`apply`), live or at start-up.
    """

    def __init__(self, *, compared: bool = True) -> None:
        """``compared``: what was given is added up a second time, for `differs`."""
        self.version = 0
        """Rises with every entry: what was drawn from the ledger holds while it stands."""
        self.session: SessionRecord | None = None
        self.open_grant: GrantRecord | None = None
        """The newest grant that has not been settled."""
        self.stop_unreleased = False
        """STOP was asked for or confirmed, and no release came after it."""
        self.ahead = False
        """A gun was found to have done more than the log knew of; nobody has acknowledged it."""
        self.gaps: dict[int, log.Gap] = {}
        """Gaps of this session that nobody has acknowledged, by ``seq``."""
        self.libraries: set[str] = set()
        """Digests of the limit libraries whose text the log has."""
        self.envelopes: dict[str, vouching.DeviceEnvelope] = {}
        """The hard envelope that each device named last, by serial."""
        self.past = Past()
        self.roster = Roster()
        self._tally = Tally() if compared else None
        self._newest = 0
        self.time_us = 0
        """The monotonic time of now, told by whoever has a clock."""
        self.now: log.Moment | None = None
        """When the newest entry was written."""
        self._grants: dict[tuple[str, int, int], GrantRecord] = {}
        self._journals: dict[str, int] = {}
        """The journal that each device was last seen with."""
        self._left = Exposure()
        self._swapped: dict[tuple[str, int], Exposure] = {}
        """What gaps of swapped guns still stand for, by serial and link."""

    def apply(self, entry: log.Entry) -> None:
        """Take the next entry of the log."""
        self.version += 1
        if entry.seq >= self._newest:
            self._newest, self.now = entry.seq, entry.at
        self.past.apply(entry)
        self.roster.apply(entry)
        if self._tally is not None:
            self._tally.apply(entry)
        body = entry.body
        match body:
            case log.SessionOpened() if entry.session is not None:
                self._open(entry, entry.session, body)
            case log.DeviceSeen():
                self._journals[body.serial] = body.journal_id
            case log.LibraryPart():
                self.libraries.add(body.digest)
            case vouching.DeviceEnvelope():
                self.envelopes[body.serial] = body
            case log.SessionClosed():
                self.session = None
                self.gaps.clear()
                self._swapped.clear()
            case log.Grant():
                journal_id = self._journals.get(body.serial)
                self._grant(GrantRecord(entry.seq, entry.session, body, journal_id))
            case log.Shot() | log.Uncertain():
                granted = body.grant_seq is not None
                grant = self.grant_of(body.serial, body.link, body.grant) if granted else None
                self._given(body, grant)
            case log.Moved():
                self._moved(body)
            case log.Foreign():
                self._foreign(entry, body)
            case log.Gap():
                self._gap(entry.seq, body)
            case log.GapAcknowledged():
                self.gaps.pop(body.gap_seq, None)
            case log.Settled():
                self._end_grant()
            case log.Alarm() if body.alarm == AlarmCode.GUN_AHEAD:
                self.ahead = body.act != "acknowledged"
            case log.Stop() | log.StopConfirmed():
                self.stop_unreleased = True
            case log.Release():
                self.stop_unreleased = False
            case _:
                if self.session is not None and entry.session == self.session.id:
                    record(self.session, body)

    def apply_all(self, entries: Iterable[log.Entry]) -> None:
        """Take several entries in order."""
        for entry in entries:
            self.apply(entry)

    def grant_of(self, serial: str, link: int, grant: int) -> GrantRecord | None:
        """The grant that a journal entry names; None when this log has none such."""
        return self._grants.get((serial, link, grant))

    @property
    def remainder(self) -> Exposure:
        """What the open grant still permits, at its most."""
        return self._left

    def exposure(self) -> SessionExposure:
        """The open session's exposure by zone, what the open grant still permits included."""
        if self.session is None:
            return SessionExposure()
        given = self.session.given
        if self.open_grant is None or not self._left.shots:
            return given
        return given.plus(self.open_grant.body.zone, self._left)

    def doses(self) -> dict[str, int]:
        """The open session's dose of each product in ng, the open grant's remainder included."""
        return {} if self.session is None else self.session.fills.doses(more_nl=self._more_nl())

    def untold(self) -> frozenset[str]:
        """Products of which the open session has given what nobody can tell, or may give it by
        the open grant: they stand in a mixture without their concentration."""
        if self.session is None:
            return frozenset()
        return self.session.fills.untold(more_nl=self._more_nl())

    def _more_nl(self) -> Mapping[int, int]:
        """What the open grant may still give, by filling."""
        if self.open_grant is None:
            return {}
        return {self.open_grant.body.fill: self._left.volume_nl}

    def differs(self) -> tuple[Totals, Totals] | None:
        """What this ledger and the `Tally` say was given, where they do not say the same."""
        if self.session is None or self._tally is None:
            return None
        given = self.session.given.total()
        ours = Totals(given.shots, given.volume_nl, self.session.fills.doses())
        theirs = self._tally.totals()
        return None if ours == theirs else (ours, theirs)

    @property
    def elapsed_min(self) -> int | None:
        """How long the session has been open, in whole minutes; None without one.

        By the monotonic clock within one boot of the computer, else by people's clock.
        """
        if self.session is None or self.now is None:
            return None
        opened = self.session.at
        if self.session.boot == self.past.boot:
            elapsed_us = max(self.time_us, self.now.mono_us) - opened.mono_us
        else:
            elapsed_us = self.now.utc_us - opened.utc_us
        return max(0, elapsed_us) // _MINUTE_US

    @property
    def today(self) -> date | None:
        """The day in UTC on which the newest entry was written; None for an empty log."""
        return None if self.now is None else day_of(self.now)

    def step_shots(self, step: int) -> int:
        """Shots begun in that step of the open session's plan."""
        return 0 if self.session is None else self.session.shots_by_step.get(step, 0)

    def syringe_left_nl(self) -> int:
        """What is left in the syringe at the least, the open grant not deducted; 0 or more."""
        if self.session is None:
            return 0
        return self.session.fills.gun.left_least_nl

    def remember(self, grants: Iterable[GrantRecord]) -> None:
        """Know these grants too: entries made under them may still come."""
        for grant in grants:
            body = grant.body
            self._grants.setdefault((body.serial, body.link, body.grant), grant)

    def apply_shots(self, shots: Sequence[log.Entry | ShotRun]) -> None:
        """Take several shots under one grant, next to each other in the log, at once.

        It comes to the same as taking each by itself, which takes longer.
        """
        first, last = shots[0], shots[-1]
        told = first.told if isinstance(first, ShotRun) else first.body
        if not isinstance(told, log.Shot | Told) or self.session is None or self._swapped:
            self.apply_all(singly(shots))
            return
        count = debit_nl = counts_nl = least_nl = 0
        for each in shots:
            shot = each.told if isinstance(each, ShotRun) else each.body
            if not isinstance(shot, log.Shot | Told) or shot.grant_seq != told.grant_seq:
                raise ValueError("these are not shots under one grant")
            if isinstance(each, ShotRun):
                count += len(each)
                debit_nl += sum(each.debit_nl)
                counts_nl += sum(each.counts_nl)
                least_nl += sum(map(min, each.volume_nl, each.counts_nl))
            elif isinstance(shot, log.Shot):
                count += 1
                debit_nl += shot.debit_nl
                counts_nl += shot.counts_nl
                least_nl += min(shot.volume_nl, shot.counts_nl)
        if self._tally is not None:
            for entry in singly(shots):
                self._tally.apply(entry)
        self.version += count
        seq, at = (
            (last.seqs[-1], last.last_at) if isinstance(last, ShotRun) else (last.seq, last.at)
        )
        if seq >= self._newest:
            self._newest, self.now = seq, at
        granted = told.grant_seq is not None
        grant = self.grant_of(told.serial, told.link, told.grant) if granted else None
        found = Exposure(count, debit_nl)
        self._count(grant, found, Exposure(count, counts_nl), least_nl)

    def forget_grants(self, keep: int) -> None:
        """Forget all but the newest grants; those of the open session must be among these."""
        for key in list(self._grants)[:-keep]:
            del self._grants[key]

    def beside(self, past: Past) -> "Ledger":
        """A ledger of the time before the open session, that knows the same grants.

        ``past`` is what it takes for known of other sessions.
        """
        other = Ledger(compared=False)
        other.past, other._grants = past, dict(self._grants)
        return other

    def _open(self, entry: log.Entry, session: str, body: log.SessionOpened) -> None:
        opened = SessionRecord.of(entry, session, body, self.past)
        self.session = opened
        self._journals[body.serial] = body.journal_id

    def _moved(self, body: log.Moved) -> None:
        if self.session is not None:
            # What the power ended may not have moved at all.
            least_nl = 0 if body.cause == "power_lost" else body.volume_nl
            self.session.fills.gun.lose(body.volume_nl, least_nl=least_nl)

    def _grant(self, grant: GrantRecord) -> None:
        self.remember([grant])
        self.open_grant = grant
        # What a grant newly permits stands on top of what the one before it left.
        self._left += Exposure(grant.body.shots, grant.body.volume_nl)

    def _end_grant(self) -> None:
        self.open_grant = None
        self._left = Exposure()

    def _given(self, body: log.Shot | log.Uncertain, grant: GrantRecord | None) -> None:
        found = Exposure(1, body.debit_nl)
        session = self.session
        gap = self._swapped.get((body.serial, body.link))
        of_another = session is None or (grant is not None and grant.session != session.id)
        if gap is not None and session is not None and not of_another:
            # It was counted in the gap of a gun that was swapped: there it counts no more.
            session.given, less = _refine(session.given, gap, found)
            self._swapped[body.serial, body.link] = less
            self._fill_of(session, grant).take_back(gap.volume_nl - less.volume_nl)
        least_nl = body.volume_nl if isinstance(body, log.Shot) else 0
        self._count(grant, found, Exposure(1, body.counts_nl), least_nl)

    def _count(
        self, grant: GrantRecord | None, found: Exposure, counts: Exposure, least_nl: int
    ) -> None:
        """Move shots under a grant from what may be given to what is: ``found`` is their debit,
        ``counts`` what they count as, ``least_nl`` what surely left the syringe."""
        if grant is not None and self._is_open(grant):
            self._left = _without(self._left, found)
        session = self.session
        if session is None or (grant is not None and grant.session != session.id):
            return  # a late entry of a session that was closed with it in a gap
        zone = "" if grant is None else grant.body.zone
        session.given = session.given.plus(zone, counts)
        session.needle_shots += counts.shots
        self._fill_of(session, grant).give(counts.volume_nl, least_nl=least_nl)
        if grant is not None:
            step = grant.body.step
            session.shots_by_step[step] = session.shots_by_step.get(step, 0) + counts.shots

    def _foreign(self, entry: log.Entry, body: log.Foreign) -> None:
        # A shot that another host gave with this session's gun while it was open went
        # into the same skin from the same syringe: it counts at its most.
        session, debit_nl = self.session, body.what.get("debit_nl")
        if session is None or entry.session != session.id or body.serial != session.body.serial:
            return
        if body.what.get("kind") in _SHOTS and isinstance(debit_nl, int):
            session.given = session.given.plus("", Exposure(1, debit_nl))
            session.fills.gun.give(debit_nl, least_nl=0)

    def _is_open(self, grant: GrantRecord) -> bool:
        """Whether ``grant`` is of the chain that is open: topped up on one link."""
        newest = self.open_grant
        return newest is not None and (newest.body.serial, newest.body.link) == (
            grant.body.serial,
            grant.body.link,
        )

    @staticmethod
    def _fill_of(session: SessionRecord, grant: GrantRecord | None) -> Fill:
        """The filling that a shot under that grant came from."""
        fills = session.fills
        ours = grant is not None and grant.session == session.id
        return fills.numbered(grant.body.fill) if grant is not None and ours else fills.gun

    def _gap(self, seq: int, body: log.Gap) -> None:
        if self.session is None:
            return
        self.gaps[seq] = body
        lost = Exposure(body.shots_max, body.volume_max_nl)
        # Where it was given nobody knows, so it counts in every group of zones.
        self.session.given = self.session.given.plus("", lost)
        newest = self.open_grant
        self._fill_of(self.session, newest).give(body.volume_max_nl, least_nl=0)
        if newest is None or newest.body.serial != body.serial:
            return
        if body.reason == SWAPPED:
            self._swapped[newest.body.serial, newest.body.link] = lost
            self._end_grant()
        else:
            self._left = _without(self._left, lost)


_MINUTE_US: Final = 60_000_000
_SHOTS: Final = (1, 2)
"""Kinds of the device's journal that are shots: delivered, and uncertain."""
SWAPPED: Final = "device_swapped"
"""Reason of the gap that stands for the grant of a gun that was swapped for another."""


def _refine(
    given: SessionExposure, gap: Exposure, found: Exposure
) -> tuple[SessionExposure, Exposure]:
    """Take what was found out of a gap; never more than the gap holds."""
    out = Exposure(min(gap.shots, found.shots), min(gap.volume_nl, found.volume_nl))
    zones = dict(given.by_zone)
    zones[""] = _without(zones.get("", Exposure()), out)
    return SessionExposure(MappingProxyType(zones)), _without(gap, out)


def _without(left: Exposure, less: Exposure) -> Exposure:
    return Exposure(max(0, left.shots - less.shots), max(0, left.volume_nl - less.volume_nl))
