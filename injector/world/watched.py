"""One gun as the invariants see it: its truth, and what stands on its line.

Everything here comes from the gun's mechanics and from frames that were heard. What the
firmware believes of lease, STOP and grant is what is to be checked, so it is not asked.
"""

from dataclasses import dataclass, field

from injector.protocol.messages import ShotEntry, UncertainEntry
from injector.shotlog.entries import DeviceSeen
from injector.world.crystal import Crystal
from injector.world.ear import Ear
from simulator.device import Device
from simulator.mechanics import Truth
from simulator.memory import PermanentMemory


@dataclass(slots=True)
class Watched:
    """One gun, and what stands on the line between it and the hosts."""

    gun: Device
    crystal: Crystal
    begun: int
    """Shots it had begun when it was looked at last."""
    before: Truth
    """What it had moved when the open session began."""
    hears: Ear = field(default_factory=Ear)
    said: Ear = field(default_factory=Ear)
    link: int | None = None
    sent_us: dict[int, int] = field(default_factory=dict)
    """When it sent each status of this link."""
    lease_end_us: int | None = None
    stopped: bool = True
    granted: bool = False
    """It confirmed a grant that nothing has ended since."""
    granted_in: int = 0
    """The session, by its number, of the newest grant of ours that it confirmed."""
    held_digest: bytes = b""
    limits: tuple[int, int] = (0, 0)
    """Of the newest grant of ours that it confirmed: shots and volume."""
    stranger_from: Truth | None = None
    """What it had moved when another host took it; None while it is ours."""
    strangers: tuple[int, int] = (0, 0)
    """Shots and volume of this session that other hosts let it move."""
    pulled: bool = False
    """The trigger was pulled when it was looked at last."""
    must_let_go: bool = False
    """The trigger was held when something asked for a new pull, and was not let go since."""
    heard: dict[tuple[int, int], int] = field(default_factory=dict)
    """CRC-32 of what it first answered to each request of this link."""
    stops_told: int | None = None
    """The stop count that it said last; None while a STOP came after it."""
    release: tuple[int, bool] | None = None
    """The release that it heard last: its id, and whether it names the newest STOP."""
    not_ours: int = 0
    """Shots that the log at hand is not to know of: they were before it first saw the gun."""
    memory: PermanentMemory | None = None
    """Its permanent memory, as the newest boot found it."""
    hurt: bool = False
    """Something happened to its permanent memory that the log has not settled yet."""
    hurts: int = 0
    """How often that was."""
    fell_back: set[int] = field(default_factory=set)
    """Its journals that a boot found shorter than they had been: their indexes come again."""
    lasting: bool = False
    """Its memory is worn, and goes on losing."""
    hurt_seen: bool = False
    """A host has greeted it since."""
    ending: bool = False
    """A motion from before the session goes on; what it still moves is not the session's."""

    def boot(self) -> None:
        """It lost its working memory: it knows no link and is stopped."""
        self.hears, self.said = Ear(), Ear()
        self.link, self.lease_end_us = None, None
        self.sent_us.clear()
        self.heard.clear()
        self.stopped, self.granted = True, False
        self.stops_told = self.release = None
        self.limits = (0, 0)
        self.ask_for_release()

    def ask_for_release(self) -> None:
        """From now on a pull counts only after the trigger was let go."""
        # A hand may pull in the same instant in which the light tells it that it may.
        self.must_let_go = self.pulled and self.gun.pulled

    def look(self) -> None:
        """Look at it: what its program found in permanent memory."""
        if self.gun.firmware is None:
            return
        before, self.memory = self.memory, self.gun.firmware.memory
        if before is None or before.journal_id != self.memory.journal_id:
            return
        if self.memory.newest < before.newest:
            self.fell_back.add(before.journal_id)

    def before_log(self, seen: DeviceSeen) -> int:
        """How many of its shots a log that first sees it so is not to know of.

        All that were before, but for those in its journal that nobody acknowledged."""
        if self.memory is None:
            return 0
        unread = sum(
            isinstance(entry, ShotEntry | UncertainEntry) and entry.grant != 0
            for entry in self.memory.entries()
            if seen.acknowledged < entry.index <= seen.newest
        )
        return self.gun.mechanics.truth.shots - (self.memory.shots - seen.shots) - unread

    def stop(self) -> None:
        """STOP reached it."""
        self.stopped, self.granted = True, False
        self.stops_told = None
        self.ask_for_release()

    def moved(self, now_us: int) -> tuple[int, int]:
        """Shots and volume moved in this session, without what other hosts are to answer for."""
        now = self.stranger_from
        if now is None:
            now = self.gun.mechanics.truth_at(self.crystal.local(now_us))
        if self.ending:
            self.ending = self.gun.mechanics.moving
            self.before = Truth(shots=self.before.shots, moved_nl=now.moved_nl)
        shots, volume_nl = self.strangers
        return (
            now.shots - self.before.shots - shots,
            now.moved_nl - self.before.moved_nl - volume_nl,
        )

    def may_still(self, *, held: bool) -> tuple[int, int]:
        """Shots and volume that its grant still lets it begin.

        One that is not in the hand hears nothing: nothing without a lease that runs.
        """
        if not self.granted or self.gun.firmware is None:
            return 0, 0
        if not held and self.lease_end_us is None:
            return 0, 0
        memory = self.gun.firmware.memory
        shots = max(0, self.limits[0] - memory.shots)
        return shots, (max(0, self.limits[1] - memory.volume_nl) if shots else 0)

    def begin_session(self, now_us: int) -> None:
        """From now on what it moves counts for a new session."""
        self.before, self.strangers = self.truth(now_us), (0, 0)
        self.ending = self.gun.mechanics.moving
        if self.stranger_from is not None:
            self.stranger_from = self.before

    def taken(self, now_us: int, *, ours: bool) -> None:
        """A host said hello to it: one of this world's, or another."""
        now = self.truth(now_us)
        if self.stranger_from is not None:
            shots, volume_nl = self.strangers
            self.strangers = (
                shots + now.shots - self.stranger_from.shots,
                volume_nl + now.moved_nl - self.stranger_from.moved_nl,
            )
        self.stranger_from = None if ours else now

    def truth(self, now_us: int) -> Truth:
        """A copy: the mechanics go on counting in theirs."""
        now = self.gun.mechanics.truth_at(self.crystal.local(now_us))
        return Truth(shots=now.shots, moved_nl=now.moved_nl)
