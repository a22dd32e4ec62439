"""The five invariants, checked after every step against what really happened.

What really happened is the gun's `truth` (its mechanics) and the bytes on the line;
what is claimed is the shot log. Nothing else in the house may read the truth.

=====  =============================================================================
INV-1  Books (given, uncertain, gaps, open permission) never fall below what the guns
       moved and still may move, and with what was given by hand they never pass a limit of
       the library at a grant.
       A grant stands in the log before its frame is on the line.
INV-2  An entry is acknowledged only when it is in the log. Whenever the host says that
       all is accounted for, the log has as many shots of this gun as it fired, each once.
INV-3  Nothing is granted after a STOP in the log that nobody released, and no shot comes
       from a trigger that was to be let go first. No motion begins or goes on later than
       the lease after the newest status whose echo reached the gun, nor after STOP before
       a release, nor after a lease that ended before a new grant, nor off the skin.
INV-4  A grant that reaches a gun names the setpoint that this gun last read back, and
       the log's entry holds the same one, the verdict, the library and who armed.
INV-5  The log verifies, under every checkpoint that was kept on the way.
=====  =============================================================================
"""

from collections import Counter
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from injector.control.alarms import AlarmCode
from injector.control.judged_again import JudgedAgain
from injector.control.ledger import SWAPPED
from injector.control.states import State
from injector.limits.library import Library
from injector.protocol.codes import LEASE_MS, Reason
from injector.shotlog import entries as log
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.findings import Check, Status
from injector.shotlog.note import parse_note
from injector.shotlog.verify import verify
from injector.world import ear
from injector.world.books import Books, TwiceError
from injector.world.clock import Clock
from injector.world.crystal import Crystal
from injector.world.ear import Ear, Said, StopBytes
from injector.world.watched import Watched
from simulator.device import Device
from simulator.mechanics import Truth

_LEASE_US: Final = LEASE_MS * 1000
_MILLION: Final = 1_000_000
_NEVER_US: Final = 1 << 62
_REMEMBERED: Final = 64
_STOP_COUNT: Final = {ear.WELCOME: 13, ear.STATUS: 15, ear.STOPPED: 1}
"""Under which key each reply tells the stop count."""
_SENSOR_PPM: Final = 10_000
"""How far what the plunger measured, or the setpoint, may lie below what was moved: the
drive's own tolerance."""


@unique
class Invariant(StrEnum):
    """Their names, as in ``docs/architecture.md``."""

    EXPOSURE = "INV-1"
    ONCE = "INV-2"
    LEASE = "INV-3"
    READBACK = "INV-4"
    VERIFY = "INV-5"


class BrokenError(Exception):
    """An invariant does not hold."""

    def __init__(self, invariant: Invariant, what: str, at_us: int) -> None:
        self.invariant, self.at_us = invariant, at_us
        super().__init__(f"{invariant.value} at {at_us} us: {what}")


class Invariants:
    """Watches one world. The house tells it of everything, and asks it after every step."""

    def __init__(self, clock: Clock, library: Library) -> None:
        self.books = Books()
        self.told_of_damage = False
        """`hurt` is told of everything that happens to memory, so that any gap has a cause."""
        self.routes_may_differ = False
        """Somebody makes the host's two totals differ, to see what it does then."""
        self.begun = 0
        """Shots that all guns really began."""
        self.newest: list[log.Entry] = []
        """Entries that became durable since whoever reads this emptied it."""
        self._clock = clock
        self._library = library
        self._guns: list[Watched] = []
        self._held: Watched | None = None
        """The gun in the hand."""
        self._from_host = Ear()
        self._ours: set[int] = set()
        """Links that this world's hosts said hello with; what other hosts do is theirs."""
        self._session = 0
        self._checkpoints: list[str] = []
        self._cut: list[str] = []
        """Checkpoints of what was cut off the log: with them it must not verify."""
        self._backup: tuple[Books, int, dict[str, int]] | None = None
        self._older_grants: dict[tuple[int, int], log.Grant] = {}
        """Of logs that are gone: frames under way may still name them."""
        self._ahead: set[str] = set()
        """Guns that did more than the log at hand knows, which was put in its place: until
        the host has read each of them, exposure is beyond what it can know."""
        self._changed = True
        self._look_us = 0
        """Untouched, no gun needs to be looked at before then."""

    # -- what it is told ---------------------------------------------------------------

    def holds(self, gun: Device, crystal: Crystal) -> None:
        """This gun is in the hand now: a new one, or one that was there before."""
        self._changed = True
        for watched in self._guns:
            if watched.gun is gun:
                self._held = watched
                if gun.firmware is not None and gun.firmware.memory is not watched.memory:
                    self.booted()  # it lost its power while it was put away
                return
        fresh = Watched(gun, crystal, gun.mechanics.truth.shots, Truth())
        fresh.look()
        fresh.begin_session(self._clock.now_us)
        self._guns.append(fresh)
        self._held = fresh

    def booted(self) -> None:
        """The gun in the hand has lost its working memory."""
        self._changed = True
        if self._held is not None:
            self._held.boot()
            self._held.look()

    def host_started(self) -> None:
        """Another life of the host begins."""
        self._from_host = Ear()

    def committed(self, entries: tuple[log.Entry, ...]) -> None:
        """These entries are durable."""
        self._changed = True
        self.newest += entries
        for entry in entries:
            try:
                self.books.take(entry)
            except TwiceError as error:
                raise self._broken(Invariant.ONCE, str(error)) from error
            match entry.body:
                case log.Grant():
                    self._check_grant_entry(entry.body)
                case log.Shot() | log.Uncertain():
                    self._check_shot_entry(entry.body)
                case log.DeviceSeen():
                    self._seen(entry.body)
                case log.Gap() | log.UsedElsewhere():
                    self._check_gap(entry.body)
                case log.Alarm(alarm=AlarmCode.TOTALS_DIFFER) if not self.routes_may_differ:
                    raise self._broken(Invariant.EXPOSURE, "two routes give two totals")
                case _:
                    pass

    def hurt(self, serial: str, *, lasting: bool) -> None:
        """Something happens to the permanent memory of that gun: it may lose entries."""
        for at in self._guns:
            if _serial(at) == serial:
                at.hurt, at.hurt_seen, at.lasting = True, False, at.lasting or lasting
                at.hurts += 1

    def mended(self, serial: str) -> None:
        """The permanent memory of that gun holds what is written again."""
        for at in self._guns:
            if _serial(at) == serial and at.lasting:
                at.hurt_seen = at.lasting = False

    def backed_up(self, checkpoint: str) -> None:
        """Somebody made a copy of the log, and an auditor keeps its checkpoint."""
        # A loss that this log has not settled is one that the copy knows nothing of.
        hurts = {_serial(at): at.hurts - at.hurt for at in self._guns}
        self._backup = (self.books.copy(), self.books.opened, hurts)
        self.kept(checkpoint)

    def restored(self, cut: str) -> None:
        """That copy took the log's place; ``cut`` is the checkpoint of what it replaced."""
        if self._backup is None:
            raise ValueError("there was no copy")
        books, opened, hurts = self._backup
        for at in self._guns:
            if at.hurts > hurts.get(_serial(at), 0):
                at.hurt, at.hurt_seen = True, False  # the copy knows nothing of it
        same = opened == self.books.opened
        older, self.books = self.books, books.copy()
        self._forget_session(older, keep=same)
        if cut not in self._checkpoints:
            self._cut.append(cut)

    def replaced(self) -> None:
        """The log is gone, and with it what an auditor kept of it."""
        older, self.books, self._backup = self.books, Books(), None
        self._checkpoints.clear()
        self._cut.clear()
        self._forget_session(older, keep=False)

    def _forget_session(self, older: Books, *, keep: bool) -> None:
        self._ahead = {_serial(at) for at in self._guns if at.begun}
        self._older_grants |= older.granted
        if not keep:
            self._session = -1
            for at in self._guns:
                at.granted_in = -1

    def kept(self, checkpoint: str) -> None:
        """An auditor keeps this checkpoint."""
        self._checkpoints.append(checkpoint)

    def host_wrote(self, data: bytes) -> None:
        """The host wrote to the line."""
        for heard in self._from_host.hear(data):
            match heard:
                case Said(code=ear.HELLO):
                    self._ours.add(heard.link)
                case Said(code=ear.GRANT):
                    self._check_grant_on_line(heard)
                case Said(code=ear.BEAT) if self._held and heard.link == self._held.link:
                    self._check_acknowledged(self._held, heard.number(2))
                case _:
                    pass

    def gun_hears(self, data: bytes) -> None:
        """These bytes are about to reach the gun in the hand."""
        at = self._held
        if at is None:
            return
        for heard in at.hears.hear(data):
            if isinstance(heard, StopBytes):
                at.stop()
            elif heard.code == ear.RELEASE and heard.link == at.link:
                # Another host may have heard what was said before this one came.
                known = heard.number(1) == at.stops_told or heard.link not in self._ours
                at.release = (heard.id, known)
            elif heard.link == at.link:
                self._gun_hears_frame(at, heard, ours=heard.link in self._ours)

    def _gun_hears_frame(self, at: Watched, said: Said, *, ours: bool) -> None:
        match said.code:
            case ear.BEAT:
                sent_us = at.sent_us.get(said.number(1))
                if sent_us is not None:
                    end_us = max(sent_us + _LEASE_US, at.lease_end_us or 0)
                    if end_us > self._clock.now_us:
                        at.lease_end_us = end_us
            case ear.STOP if (said.link, said.id) not in at.heard:
                at.stop()  # a repetition of one that was answered is answered, and no more
            case ear.GRANT if ours:
                self._check_grant_at_gun(at, said)
            case _:
                pass

    def gun_said(self, data: bytes) -> None:
        """The gun in the hand wrote to the line."""
        at = self._held
        if at is None:
            return
        now_us = self._clock.now_us
        for said in at.said.hear(data):
            if not isinstance(said, Said):
                continue
            if said.code == ear.WELCOME and said.link != at.link:
                at.sent_us.clear()
                at.heard.clear()
            elif said.link == at.link and self._said_before(at, said):
                continue
            if said.code == ear.WELCOME:
                at.link, at.lease_end_us, at.granted = said.link, None, False
                at.taken(now_us, ours=said.link in self._ours)
                at.ask_for_release()
                at.heard[said.link, said.id] = said.check
            if said.link != at.link:
                continue
            if said.code in _STOP_COUNT:
                at.stops_told = said.number(_STOP_COUNT[said.code])
            match said.code:
                case ear.STATUS:
                    # A stored reply that is repeated was first sent when it was first sent.
                    at.sent_us.setdefault(said.number(1), now_us)
                case ear.CONFIGURED:
                    at.held_digest = said.octets(2)
                case ear.GRANTED:
                    if not at.granted or (at.memory and at.memory.shots >= at.limits[0]):
                        at.ask_for_release()
                    at.granted = self._changed = True
                    at.limits = (0, 0)
                    if said.link in self._ours:
                        at.limits = (said.number(3), said.number(4))
                        at.granted_in = self.books.opened
                case ear.DISARMED | ear.STOPPED:
                    at.granted = False
                case ear.RELEASED:
                    if at.release != (said.id, True):
                        raise self._broken(Invariant.LEASE, "a release undid a STOP after it")
                    at.stopped = False
                case _:
                    pass

    # -- what it checks after every step -----------------------------------------------

    def after_step(self, *, touched: bool = True) -> None:
        """Check what can have changed. Raises ``BrokenError``.

        Where no gun was touched since it was asked last, only time can have changed something.
        """
        now_us = self._clock.now_us
        if touched or now_us >= self._look_us:
            self._look(now_us)
        if self._changed:
            self._changed = False
            self._check_exposure(now_us)

    def _look(self, now_us: int) -> None:
        """Look at what the guns do, and when that must be done again though nobody touches
        them: at every step while one moves, and where a lease ends."""
        self._look_us = _NEVER_US
        for at in self._guns:
            gun = at.gun
            begun = gun.mechanics.truth.shots - at.begun
            moving = gun.mechanics.moving
            if begun or moving:
                self._check_motion(at, begun, now_us)
            if begun:
                at.begun += begun
                self.begun += begun
                self._changed = True
            lease_end_us = at.lease_end_us
            if lease_end_us is not None and now_us >= lease_end_us + at.crystal.slack_us:
                lease_end_us, at.lease_end_us, at.granted = None, None, False
                at.ask_for_release()
            if moving:
                self._look_us = 0
            elif lease_end_us is not None:
                self._look_us = min(self._look_us, lease_end_us + at.crystal.slack_us)
            at.pulled = gun.pulled
            at.must_let_go = at.must_let_go and at.pulled

    def settled(self, state: State) -> None:
        """The host says that all is accounted for."""
        at = self._held
        if state is not State.READY or at is None or at.gun.firmware is None:
            return
        if at.link not in self._ours:
            return  # another host has it, which this one has not heard yet
        serial = _serial(at)
        if serial in self._ahead:
            self._ahead.discard(serial)
            self._changed = True
            if at.hurt:
                # What neither this log nor the gun holds any more, nobody can know.
                at.not_ours = at.gun.mechanics.truth.shots - self.books.shots_of.get(serial, 0)
                if at.memory is not None and at.memory.shots < at.gun.mechanics.truth.shots:
                    at.begin_session(self._clock.now_us)  # its counters are lost as well
        if at.hurt_seen and not at.lasting:
            at.hurt = False
        fired = at.gun.mechanics.truth.shots - at.not_ours
        logged = self.books.shots_of.get(serial, 0)
        unsure = self.books.unsure_of.get(serial, 0)
        if not logged - unsure <= fired <= logged:
            raise self._broken(
                Invariant.ONCE,
                f"{serial} fired {fired} shots; the log has {logged}, {unsure} of them unsure",
            )

    def at_the_end(self, path: Path) -> None:
        """The log is closed: it must verify, under every checkpoint that was kept."""
        cut = Counter(Checkpoint.parse(parse_note(note)[0]).size for note in self._cut)
        # In one reading: what was cut off must be found, each by its size, and nothing else.
        report = verify(path, against=(*self._checkpoints, *self._cut), judge=JudgedAgain())
        failed = {check.check: check.findings for check in report.checks if check.findings}
        found = Counter((each.last or 0) + 1 for each in failed.pop(Check.AGAINST, ()))
        if failed or found - cut:
            failing = [check.value for check in failed] or [Check.AGAINST.value]
            raise self._broken(Invariant.VERIFY, f"the log does not verify: {failing}")
        verdicts = next(each for each in report.checks if each.check is Check.VERDICTS)
        if verdicts.status is not Status.PASSED:
            unsaid = [each.remark.value for each in verdicts.remarks]
            raise self._broken(Invariant.VERIFY, f"verdicts are not given again: {unsaid}")
        if cut - found:
            raise self._broken(Invariant.VERIFY, "a log that was cut verifies")

    # -- each check --------------------------------------------------------------------

    def _check_motion(self, at: Watched, begun: int, now_us: int) -> None:
        if at.stopped:
            raise self._broken(Invariant.LEASE, "motion after STOP, before a release")
        if at.gun.mechanics.treating and not at.gun.on_skin:
            raise self._broken(Invariant.LEASE, "a shot goes on off the skin")
        if begun and at.must_let_go:
            raise self._broken(Invariant.LEASE, "a shot from a trigger that was not let go")
        if at.lease_end_us is None or now_us > at.lease_end_us + at.crystal.slack_us:
            raise self._broken(Invariant.LEASE, f"motion without a lease, {begun} shots begun")
        if begun and not at.granted:
            raise self._broken(Invariant.LEASE, "a shot without a grant since the last end")

    def _said_before(self, at: Watched, said: Said) -> bool:
        """Whether this is a reply that was given before; it must be equal then."""
        if said.id == 0:
            return False
        if said.code == ear.REFUSED and said.number(1) == Reason.WRONG_LINK:
            raise self._broken(Invariant.ONCE, "welcomed, and then told that the link is another")
        before = at.heard.get((said.link, said.id))
        if before is not None:
            if before != said.check:
                raise self._broken(Invariant.ONCE, f"request {said.id} was answered in two ways")
            return True
        at.heard[said.link, said.id] = said.check
        if len(at.heard) > _REMEMBERED:
            at.heard.pop(next(iter(at.heard)))
        return False

    def _seen(self, seen: log.DeviceSeen) -> None:
        for at in self._guns:
            if _serial(at) == seen.serial:
                at.hurt_seen = at.hurt
                if self.books.seen[seen.serial] is seen:
                    at.not_ours = at.before_log(seen)

    def _check_gap(self, gap: log.Gap | log.UsedElsewhere) -> None:
        if isinstance(gap, log.Gap) and gap.reason == SWAPPED:
            allowed = len(self._guns) > 1
        else:
            allowed = any(
                at.hurt or self._overwritten(at) or _comes_again(at, gap.journal_id)
                for at in self._guns
                if _serial(at) == gap.serial
            )
        if self.told_of_damage and not allowed:
            raise self._broken(
                Invariant.ONCE, f"{gap.kind} of {gap.serial}, whose memory holds everything"
            )

    def _overwritten(self, at: Watched) -> bool:
        """Whether a log that was put in place of another may find that the gun no longer
        holds what only the other one knew."""
        return at.memory is not None and _serial(at) in self._ahead and at.memory.oldest > 1

    def _check_exposure(self, now_us: int) -> None:
        if self._ahead:
            return
        if self.books.session is None or self.books.opened != self._session:
            self._session = self.books.opened
            for at in self._guns:
                at.begin_session(now_us)
            return
        shots = moved_nl = may_shots = may_nl = 0
        for at in self._guns:
            if at.granted_in != self._session:
                # What it may still do was granted in a session before, and counted there.
                at.begin_session(now_us)
                continue
            moved, may = at.moved(now_us), at.may_still(held=at is self._held)
            shots, moved_nl = shots + moved[0], moved_nl + moved[1]
            may_shots, may_nl = may_shots + may[0], may_nl + may[1]
        books_shots, books_nl = self.books.total()
        if shots + may_shots > books_shots:
            raise self._broken(
                Invariant.EXPOSURE,
                f"{shots} shots were fired and {may_shots} may be; the books say {books_shots}",
            )
        most_nl = books_nl + books_nl * _SENSOR_PPM // _MILLION
        if moved_nl + may_nl > most_nl:
            raise self._broken(
                Invariant.EXPOSURE,
                f"{moved_nl} nL were moved and {may_nl} may be; the books say {books_nl}",
            )

    def _check_grant_entry(self, grant: log.Grant) -> None:
        if self.books.stopped:
            raise self._broken(Invariant.LEASE, "granted after a STOP that nobody released")
        figures = self._library.figures
        exposure = self.books.counted()
        total = exposure.total()
        zone = figures.zone.get(grant.zone)
        if zone is None or figures.session.shots is None:
            raise self._broken(Invariant.EXPOSURE, "granted without a limit")
        group = figures.group[zone.group]
        in_group = exposure.of_group(zone.group, figures)
        for bound, value in (
            (figures.session.shots, total.shots),
            (figures.session.volume, total.volume_nl),
            (group.shots, in_group.shots),
            (group.volume, in_group.volume_nl),
        ):
            if bound is not None and value > bound.hard.most:
                raise self._broken(
                    Invariant.EXPOSURE, f"granted up to {value}; the limit is {bound.hard.most}"
                )
        if grant.library_digest != self._library.digest or grant.verdict.outcome == "refuse":
            raise self._broken(Invariant.READBACK, "granted under no verdict of this library")

    def _check_shot_entry(self, shot: log.Shot | log.Uncertain) -> None:
        grant = self.books.grants.get((shot.serial, shot.link, shot.grant))
        if grant is not None and grant.setpoint_digest != shot.setpoint_digest:
            raise self._broken(Invariant.READBACK, "a shot at another setpoint than was granted")

    def _check_grant_on_line(self, said: Said) -> None:
        entry = self._entry_of(said)
        if entry is None:
            raise self._broken(Invariant.EXPOSURE, "a grant on the line that is not in the log")
        if (entry.shots_limit, entry.volume_limit_nl) != (said.number(3), said.number(4)):
            raise self._broken(Invariant.EXPOSURE, "a grant on the line unlike that in the log")

    def _check_grant_at_gun(self, at: Watched, said: Said) -> None:
        entry = self._entry_of(said)
        digest = "" if entry is None else entry.setpoint_digest
        if at.held_digest[:4] != said.octets(2) or at.held_digest.hex() != digest:
            raise self._broken(Invariant.READBACK, "a grant for a setpoint that was not read back")

    def _entry_of(self, said: Said) -> log.Grant | None:
        said_on = (said.link, said.number(1))
        return self.books.granted.get(said_on) or self._older_grants.get(said_on)

    def _check_acknowledged(self, at: Watched, index: int) -> None:
        """Everything from what was acknowledged before up to ``index`` must be in the log."""
        if at.gun.firmware is None:
            return
        memory = at.gun.firmware.memory
        for each in range(memory.acknowledged + 1, min(index, memory.newest) + 1):
            body = self.books.journal.get((memory.serial, memory.journal_id, each))
            in_motion = memory.begun is not None and memory.begun.index == each
            if body is None and memory.entry(each) is None and not in_motion:
                continue  # lost, or never written; what it was the counters tell
            if body is None:
                raise self._broken(
                    Invariant.ONCE, f"entry {each} is acknowledged and not in the log"
                )
            accepted = self.books.accepted.get((memory.serial, memory.journal_id), 0)
            if isinstance(body, log.Foreign) and each > accepted:
                raise self._broken(
                    Invariant.ONCE, f"entry {each} is another log's, and nobody accepted it"
                )

    def _broken(self, invariant: Invariant, what: str) -> BrokenError:
        return BrokenError(invariant, what, self._clock.now_us)


def _comes_again(at: Watched, journal_id: int) -> bool:
    """Whether damage made indexes of a journal come again. What stands under one that the log
    has already can never be read into it, long after the loss itself was settled."""
    return at.hurts > 0 and journal_id in at.fell_back


def _serial(at: Watched) -> str:
    return "" if at.memory is None else at.memory.serial
