"""The five invariants, checked after every step against what really happened.

What really happened is the gun's `truth` (its mechanics) and the bytes on the line;
what is claimed is the shot log. Nothing else in the house may read the truth.

=====  =============================================================================
INV-1  Books (given, uncertain, gaps, open permission) never fall below what the guns
       moved and still may move, and never pass a limit of the library at a grant.
       A grant stands in the log before its frame is on the line.
INV-2  An entry is acknowledged only when it is in the log. Whenever the host says that
       all is accounted for, the log has as many shots of this gun as it fired, each once.
INV-3  No motion begins or goes on later than the lease after the newest status whose
       echo reached the gun, nor after STOP before a release, nor after a lease that
       ended before a new grant.
INV-4  A grant that reaches a gun names the setpoint that this gun last read back, and
       the log's entry holds the same one, the verdict, the library and who armed.
INV-5  The log verifies, under every checkpoint that was kept on the way.
=====  =============================================================================
"""

from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from injector.control.states import State
from injector.limits.library import Library
from injector.protocol.codes import LEASE_MS
from injector.shotlog import entries as log
from injector.shotlog.verify import verify
from injector.world import ear
from injector.world.books import Books, TwiceError
from injector.world.clock import Clock
from injector.world.ear import Ear, Said, StopBytes
from injector.world.watched import Watched
from simulator.device import Device
from simulator.mechanics import Truth

_LEASE_US: Final = LEASE_MS * 1000
_MILLION: Final = 1_000_000
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
        self.books: Final = Books()
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
        self._changed = True

    # -- what it is told ---------------------------------------------------------------

    def holds(self, gun: Device) -> None:
        """This gun is in the hand now: a new one, or one that was there before."""
        self._changed = True
        for watched in self._guns:
            if watched.gun is gun:
                self._held = watched
                return
        fresh = Watched(gun, gun.mechanics.truth.shots, Truth())
        fresh.begin_session(self._clock.now_us)
        self._guns.append(fresh)
        self._held = fresh

    def booted(self) -> None:
        """The gun in the hand has lost its working memory."""
        self._changed = True
        if self._held is not None:
            self._held.boot()

    def host_started(self) -> None:
        """Another life of the host begins."""
        self._from_host = Ear()

    def committed(self, entries: tuple[log.Entry, ...]) -> None:
        """These entries are durable."""
        self._changed = True
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
                case _:
                    pass

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
            elif heard.link == at.link:
                self._gun_hears_frame(at, heard, ours=heard.link in self._ours)

    def _gun_hears_frame(self, at: Watched, said: Said, *, ours: bool) -> None:
        match said.code:
            case ear.BEAT:
                if ours:
                    self._check_acknowledged(at, said.number(2))
                sent_us = at.sent_us.get(said.number(1))
                if sent_us is not None:
                    end_us = max(sent_us + _LEASE_US, at.lease_end_us or 0)
                    if end_us > self._clock.now_us:
                        at.lease_end_us = end_us
            case ear.STOP:
                at.stop()
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
            if said.code == ear.WELCOME:
                if said.link != at.link:
                    at.sent_us.clear()
                at.link, at.lease_end_us, at.granted = said.link, None, False
                at.taken(now_us, ours=said.link in self._ours)
            if said.link != at.link:
                continue
            match said.code:
                case ear.STATUS:
                    # A stored reply that is repeated was first sent when it was first sent.
                    at.sent_us.setdefault(said.number(1), now_us)
                case ear.CONFIGURED:
                    at.held_digest = said.octets(2)
                case ear.GRANTED:
                    at.granted = self._changed = True
                    at.limits = (0, 0)
                    if said.link in self._ours:
                        at.limits = (said.number(3), said.number(4))
                        at.granted_in = self.books.opened
                case ear.DISARMED | ear.STOPPED:
                    at.granted = False
                case ear.RELEASED:
                    at.stopped = False
                case _:
                    pass

    # -- what it checks after every step -----------------------------------------------

    def after_step(self) -> None:
        """Check what can have changed. Raises ``BrokenError``."""
        now_us = self._clock.now_us
        for at in self._guns:
            begun = at.gun.mechanics.truth.shots - at.begun
            if begun or at.gun.mechanics.due() is not None:
                self._check_motion(at, begun, now_us)
            if begun:
                at.begun += begun
                self._changed = True
            if at.lease_end_us is not None and now_us >= at.lease_end_us:
                at.lease_end_us, at.granted = None, False
        if self._changed:
            self._changed = False
            self._check_exposure(now_us)

    def settled(self, state: State) -> None:
        """The host says that all is accounted for."""
        if state is not State.READY or self._held is None or self._held.gun.firmware is None:
            return
        serial = self._held.gun.firmware.memory.serial
        fired = self._held.gun.mechanics.truth.shots
        logged = self.books.shots_of.get(serial, 0)
        unsure = self.books.unsure_of.get(serial, 0)
        if not logged - unsure <= fired <= logged:
            raise self._broken(
                Invariant.ONCE,
                f"{serial} fired {fired} shots; the log has {logged}, {unsure} of them unsure",
            )

    def at_the_end(self, path: Path) -> None:
        """The log is closed: it must verify, under every checkpoint that was kept."""
        for checkpoint in [None, *self._checkpoints]:
            report = verify(path, against=checkpoint)
            if not report.ok:
                failed = [check.check.value for check in report.checks if check.findings]
                raise self._broken(Invariant.VERIFY, f"the log does not verify: {failed}")

    # -- each check --------------------------------------------------------------------

    def _check_motion(self, at: Watched, begun: int, now_us: int) -> None:
        if at.stopped:
            raise self._broken(Invariant.LEASE, "motion after STOP, before a release")
        if at.lease_end_us is None or now_us > at.lease_end_us:
            raise self._broken(Invariant.LEASE, f"motion without a lease, {begun} shots begun")
        if begun and not at.granted:
            raise self._broken(Invariant.LEASE, "a shot without a grant since the last end")

    def _check_exposure(self, now_us: int) -> None:
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
        books = self.books.exposure().total()
        if shots + may_shots > books.shots:
            raise self._broken(
                Invariant.EXPOSURE,
                f"{shots} shots were fired and {may_shots} may be; the books say {books.shots}",
            )
        most_nl = books.volume_nl + books.volume_nl * _SENSOR_PPM // _MILLION
        if moved_nl + may_nl > most_nl:
            raise self._broken(
                Invariant.EXPOSURE,
                f"{moved_nl} nL were moved and {may_nl} may be; the books say {books.volume_nl}",
            )

    def _check_grant_entry(self, grant: log.Grant) -> None:
        figures = self._library.figures
        exposure = self.books.exposure()
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
        for (_, link, number), grant in self.books.grants.items():
            if (link, number) == (said.link, said.number(1)):
                return grant
        return None

    def _check_acknowledged(self, at: Watched, index: int) -> None:
        """Everything from what was acknowledged before up to ``index`` must be in the log."""
        if at.gun.firmware is None:
            return
        memory = at.gun.firmware.memory
        for each in range(memory.acknowledged + 1, min(index, memory.newest) + 1):
            if (memory.serial, memory.journal_id, each) not in self.books.journal:
                raise self._broken(
                    Invariant.ONCE, f"entry {each} is acknowledged and not in the log"
                )

    def _broken(self, invariant: Invariant, what: str) -> BrokenError:
        return BrokenError(invariant, what, self._clock.now_us)
