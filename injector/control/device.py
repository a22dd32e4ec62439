"""The gun on the link: who it is, what it last said, and whether it is accounted for.

On every link the host first hears who is there (welcome), asks its own log what it
knows of that gun, reads what the journal holds beyond it, commits all of it, and
only then writes what settles the accounts. The same happens whenever a grant ends.
"""

from dataclasses import dataclass, replace
from typing import Final, assert_never

from injector.control.accounts import Accounts
from injector.control.alarms import AlarmCode, Detail
from injector.control.effects import Recall
from injector.control.envelopes import envelope_body
from injector.control.inputs import DeviceRecall
from injector.control.journal import JournalDesk, Offer, body_of, conflict_of
from injector.control.ledger import SWAPPED, GrantRecord, Ledger
from injector.control.outbox import Outbox
from injector.limits.exposure import Exposure
from injector.protocol.codes import DeviceState
from injector.protocol.messages import (
    JournalEntry,
    ShotEntry,
    Status,
    UncertainEntry,
    Welcome,
)
from injector.shotlog import entries as log

_MOVING: Final = (DeviceState.FIRING, DeviceState.PRIMING, DeviceState.SELF_TEST)
"""States in which something can be moving, whose entry does not exist yet."""


@dataclass(frozen=True, slots=True)
class _Lost:
    """Journal indexes that can no longer be read."""

    journal_id: int
    first: int
    last: int | None
    """None: how far it went is not known."""


class Device:
    """One gun over one link."""

    def __init__(self, outbox: Outbox, ledger: Ledger, log_id: bytes) -> None:
        self.welcome: Welcome | None = None
        self.status: Status | None = None
        self.latched = True
        """STOP is latched in it, as far as is known: every boot starts stopped."""
        self.stop_count = 0
        self.final = (0, 0)
        """Lifetime shots and volume at which it last said that nothing more is granted."""
        self.desk: JournalDesk | None = None
        self._accounts: Accounts | None = None
        self._lost: _Lost | None = None
        self._link = 0
        self._written = False
        self._outbox = outbox
        self._ledger = ledger
        self._log_id = log_id

    def greeted(self, welcome: Welcome, *, link: int, port: str) -> None:
        """It said who it is. Ask the log what it knows of it, and write it down."""
        self.welcome, self._link = welcome, link
        self.final = (welcome.shots, welcome.volume_nl)
        self.stop_count = welcome.stop_count
        # First the question, then the entry: the answer is about the time before.
        self._outbox.put(Recall(welcome.serial, welcome.journal))
        seen = log.DeviceSeen(
            serial=welcome.serial,
            model=welcome.model,
            firmware=welcome.firmware,
            protocol=welcome.version,
            boot_id=welcome.boot,
            journal_id=welcome.journal,
            oldest=welcome.oldest,
            newest=welcome.newest,
            acknowledged=welcome.acknowledged,
            shots=welcome.shots,
            volume_nl=welcome.volume_nl,
            stop_count=welcome.stop_count,
            link=link,
            port=port,
        )
        drafts, envelope = [self._outbox.draft(seen)], envelope_body(welcome)
        if self._ledger.envelopes.get(welcome.serial) != envelope:
            # Together with it, and so before anything is settled, let alone granted.
            drafts.append(self._outbox.draft(envelope))
        self._outbox.append_drafts(*drafts)

    def began_anew(self, said: Status | JournalEntry) -> bool:
        """Whether it is not the gun that was greeted: its journal was formatted since.

        It started anew while its welcome was on the way and took the repeated hello for a
        new one. The second welcome answers a request that has been answered.
        """
        welcome = self.welcome
        if welcome is None:
            return False
        if isinstance(said, Status):
            return said.newest < welcome.newest
        return said.journal != welcome.journal

    def recalled(self, what: DeviceRecall) -> None:
        """The log said what it knows: begin to read where it ends."""
        welcome, known = self.welcome, what.known
        if welcome is None or self.desk is not None:
            return
        if (welcome.serial, welcome.journal) != (what.serial, what.journal_id):
            return
        committed = welcome.acknowledged if known is None else known.committed
        # What is older than the oldest can no longer be read; the counters tell how
        # much of it there was.
        start = max(committed, welcome.oldest - 1 if welcome.oldest else welcome.newest)
        self._accounts = Accounts(known)
        self.desk = JournalDesk(
            welcome.serial, welcome.journal, taken=start, committed=start, target=welcome.newest
        )
        if self._ledger.ahead:
            # Somebody found it out before, and nobody has said since that they know.
            self._outbox.raise_(AlarmCode.GUN_AHEAD)
        if known is None:
            return
        if (
            welcome.shots < known.shots + known.told.shots
            or welcome.volume_nl < known.volume_nl + known.told.volume_nl
        ):
            self._accounts.went_back = True  # below what it told before, though that is in no entry
        self._ledger.remember(known.grants)
        self._lost = _Lost(welcome.journal, committed + 1, start) if start > committed else None
        if known.journal_before is not None and known.committed == 0:
            journal_id, index = known.journal_before
            self._lost = _Lost(journal_id, index + 1, None)
        self.desk.held, self.desk.conflict = known.held, known.conflict
        if welcome.newest < known.committed:
            # The same journal stands before what is committed of it: its memory went
            # back, and it will use indexes again.
            self._contradict(
                log.Conflict(
                    serial=welcome.serial,
                    journal_id=welcome.journal,
                    at_index=welcome.newest + 1,
                    what={},
                ),
                self.desk,
            )
        if self.desk.held is not None:
            self._outbox.raise_(AlarmCode.FOREIGN_ENTRIES, {"index": self.desk.held})

    def spoke(self, status: Status, *, releasing: bool) -> None:
        """Take a status."""
        self.status = status
        self.stop_count = status.stop_count
        if not releasing:
            self.latched = status.state is DeviceState.STOPPED
        if self.desk is not None and status.state is not DeviceState.FIRING:
            # While a shot is in motion its entry does not exist yet.
            self.desk.target = max(self.desk.target, status.newest)
        if not status.faulted:
            self._outbox.clear(AlarmCode.DEVICE_FAULT)

    def journalled(self, entry: JournalEntry) -> bool:
        """Take an entry of its journal; False when it contradicts one that was taken."""
        desk, accounts, welcome = self.desk, self._accounts, self.welcome
        if desk is None or accounts is None or welcome is None:
            return True
        offer = desk.offer(entry)
        match offer:
            case Offer.TAKEN:
                pass
            case Offer.CONFLICT:
                self._contradict(conflict_of(entry, welcome.serial), desk)
                return False
            case Offer.KNOWN | Offer.EARLY | Offer.OTHER_JOURNAL:
                return True
            case _:
                assert_never(offer)
        missing = accounts.take(entry)
        grant: GrantRecord | None = None
        if isinstance(entry, ShotEntry | UncertainEntry):
            grant = self._ledger.grant_of(welcome.serial, entry.under_link, entry.grant)
        body = body_of(
            entry,
            serial=welcome.serial,
            own_log=self._log_id,
            grant=grant,
            tolerance_ppm=welcome.envelope.tolerance_ppm,
        )
        draft = self._outbox.draft(body, session=None if grant is None else grant.session)
        if missing == Exposure():
            self._lost = None  # what was in those indexes moved nothing
            self._outbox.append_drafts(draft)
        else:
            lost = self._lost_body(missing, desk, (entry.shots, entry.volume_total_nl))
            self._outbox.append_drafts(self._outbox.draft(lost), draft)
            self._tell_lost(lost)
        self._tell(body, desk)
        if isinstance(body, log.Shot | log.Uncertain) and body.grant_seq is None:
            self._tell_ahead(body.link, 1)
        return True

    def cannot_read(self, index: int, *, oldest: int) -> bool:
        """It has no entry of that index; ``oldest`` is the oldest it has, 0 for none.

        It was overwritten, or its slot is worn, unless a motion that is not over yet has
        taken the index. What is lost is passed over (True); the counters tell what it was.
        """
        desk, status = self.desk, self.status
        if desk is None or desk.taken + 1 != index or desk.committed != desk.taken:
            return False  # what is before it comes first
        past = max(index, oldest - 1)
        still = status is not None and status.state not in _MOVING and status.newest >= index
        if past == index and not still:
            return False  # it may come yet
        if self._lost is None:
            self._lost = _Lost(desk.journal_id, index, past)
        elif self._lost.last is not None:
            self._lost = replace(self._lost, last=past)
        desk.skip_to(past + 1)
        return True

    def committed(
        self, body: log.Shot | log.Uncertain | log.Moved | log.Fault | log.Foreign
    ) -> None:
        """An entry of some journal is durable."""
        desk = self.desk
        if desk is not None and (desk.serial, desk.journal_id) == (body.serial, body.journal_id):
            desk.commit(body.index)

    def wound_up(self, shots: int, volume_nl: int, newest: int) -> None:
        """Nothing is granted any more; these counters and this index are final."""
        self.final = (shots, volume_nl)
        self._written = False
        if self.desk is not None:
            self.desk.target = max(self.desk.target, newest)

    def settled(self) -> bool:
        """Settle as far as can be now; True once all is accounted for and durable."""
        desk, accounts, welcome = self.desk, self._accounts, self.welcome
        if desk is None or accounts is None or welcome is None:
            return False
        if self._outbox.pending or not desk.complete:
            return False
        if not self._written:
            self._written = True
            self._write_accounts(desk, accounts)
        return not self._outbox.pending

    def _contradict(self, conflict: log.Conflict, desk: JournalDesk) -> None:
        if desk.conflict is None or conflict.at_index < desk.conflict:
            self._outbox.append(conflict)
        desk.contradict(conflict.at_index)
        self._outbox.raise_(AlarmCode.ENTRY_CONFLICT, {"index": conflict.at_index})

    def _tell(self, body: log.Body, desk: JournalDesk) -> None:
        """Raise what an entry of the journal calls for."""
        match body:
            case log.Shot():
                if body.grant_seq is None:
                    self._outbox.raise_(AlarmCode.UNGRANTED_SHOT, {"index": body.index})
                if body.counts_nl > body.debit_nl:
                    self._outbox.raise_(AlarmCode.OVER_DELIVERY, {"index": body.index})
                partial = body.cause not in (None, "trigger", "disarmed")
                detail: Detail = {"index": body.index, "cause": body.cause or "none"}
                if partial:
                    self._outbox.raise_(AlarmCode.PARTIAL_SHOT, detail)
                if self._outbox.alarms.count_shot(partial=partial):
                    self._outbox.raise_(AlarmCode.PARTIAL_RUN, detail)
            case log.Uncertain():
                self._outbox.raise_(AlarmCode.UNCERTAIN_SHOT, {"index": body.index})
            case log.Fault():
                self._outbox.raise_(AlarmCode.DEVICE_FAULT, {"code": body.code})
            case log.Foreign():
                desk.hold(body.index)
                self._outbox.raise_(AlarmCode.FOREIGN_ENTRIES, {"index": body.index})
            case _:
                pass

    def _write_accounts(self, desk: JournalDesk, accounts: Accounts) -> None:
        """Write what is missing, and give back what was granted and not used."""
        missing = accounts.missing(*self.final)
        grant, left = self._ledger.open_grant, self._ledger.remainder
        swapped = grant is not None and grant.body.serial != desk.serial
        # A new journal, and counters that tell of no shot: they may have been lost with
        # it, and stand by chance where the log knows them.
        formatted = grant is not None and grant.journal_id != desk.journal_id
        if accounts.went_back or (formatted and not accounts.told):
            # What is left of its memory is no witness of the time before: all that was
            # granted may have been given.
            unknown = Exposure() if grant is None or swapped else left
            fell_from = accounts.known if accounts.went_back else None
            told = Exposure() if fell_from is None else fell_from.told
            missing = Exposure(
                max(missing.shots, unknown.shots, told.shots),
                max(missing.volume_nl, unknown.volume_nl, told.volume_nl),
            )
        fell = accounts.went_back
        accounts.settled()
        # All of it in one commit: a loss without what settles it would be found, and told,
        # again, and what was used elsewhere would stand in the log under counters of before.
        drafts, lost, gone = list[log.Draft](), None, None
        if missing == Exposure():
            self._lost = None
        else:
            lost = self._lost_body(missing, desk, self.final)
            drafts.append(self._outbox.draft(lost))
        if grant is not None and swapped:
            gone, grant = self._swapped(grant, left), None
            drafts.append(gone)
        # Counters that fell are written down as they stand, or every later link would
        # find that they fell and take it for a loss of its own.
        if grant is not None or missing != Exposure() or fell:
            drafts.append(self._settled(grant, left, missing, desk))
        if drafts:
            self._outbox.append_drafts(*drafts)
        if lost is not None:
            self._tell_lost(lost)
        if gone is not None:
            self._outbox.raise_(AlarmCode.GAP, {"shots": left.shots})

    def _lost_body(
        self, missing: Exposure, desk: JournalDesk, counters: tuple[int, int]
    ) -> log.Gap | log.UsedElsewhere:
        """What is missing: a gap of the open session on this gun, or used elsewhere.

        ``counters`` are the device's lifetime shots and volume up to which it is missing.
        """
        lost, self._lost = self._lost, None
        session = self._ledger.session
        if session is None or session.body.serial != desk.serial:
            return log.UsedElsewhere(
                serial=desk.serial,
                journal_id=desk.journal_id,
                shots=missing.shots,
                volume_nl=missing.volume_nl,
                shots_total=counters[0],
                volume_total_nl=counters[1],
            )
        first = 0 if lost is None else lost.first
        last = 0
        if lost is not None:
            last = lost.first + max(missing.shots, 1) - 1 if lost.last is None else lost.last
        return log.Gap(
            serial=desk.serial,
            journal_id=desk.journal_id if lost is None else lost.journal_id,
            first=first,
            last=last,
            shots_max=missing.shots,
            volume_max_nl=missing.volume_nl,
            reason="memory_lost",
        )

    def _tell_lost(self, lost: log.Gap | log.UsedElsewhere) -> None:
        if isinstance(lost, log.Gap):
            self._outbox.raise_(AlarmCode.GAP, {"shots": lost.shots_max})
        else:
            self._tell_ahead(None, lost.shots)

    def _tell_ahead(self, link: int | None, shots: int) -> None:
        """Say that the gun did what the log knows nothing of, unless it did so on this link:
        then it is the gun that is at fault, not the log."""
        if link != self._link:
            self._outbox.raise_(AlarmCode.GUN_AHEAD, {"shots": shots})

    def _swapped(self, grant: GrantRecord, left: Exposure) -> log.Draft:
        # Another gun is on the line. What the first one may have given since nobody
        # here can know, so all of it counts as given until its entries are found.
        return self._outbox.draft(
            log.Gap(
                serial=grant.body.serial,
                journal_id=0,
                first=0,
                last=0,
                shots_max=left.shots,
                volume_max_nl=left.volume_nl,
                reason=SWAPPED,
            ),
            session=grant.session,
        )

    def _settled(
        self, grant: GrantRecord | None, left: Exposure, missing: Exposure, desk: JournalDesk
    ) -> log.Draft:
        # Without a grant only the counters are settled, so that what was missing is
        # not found missing again on the next link.
        shots, volume_nl = self.final
        unused = Exposure() if grant is None else left
        return self._outbox.draft(
            log.Settled(
                serial=desk.serial,
                link=0 if grant is None else grant.body.link,
                shots=shots,
                volume_nl=volume_nl,
                returned_shots=max(0, unused.shots - missing.shots),
                returned_nl=max(0, unused.volume_nl - missing.volume_nl),
            ),
            session=None if grant is None else grant.session,
        )
