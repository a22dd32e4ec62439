"""The invariants' own books: what the log says, added up a second time.

The host's `Ledger` decides what may be granted, so it must not be what it is checked
with. These books are kept from the same entries and in another way: what each link was
permitted stands apart, shots lie under their identity, and nothing is ever taken off
but by the entry that says so.
"""

from dataclasses import dataclass, field, replace

from injector.limits.exposure import Exposure, SessionExposure
from injector.shotlog import entries as log
from injector.shotlog import facts

Identity = tuple[str, int, int]
"""Serial, journal id, index: what a device's entry is known by."""


class TwiceError(Exception):
    """One shot stands in the log twice."""


@dataclass(slots=True)
class _Permitted:
    """What one link of one gun was permitted and has not used."""

    zone: str
    shots: int = 0
    volume_nl: int = 0


@dataclass(slots=True)
class Books:
    """What stands in the log. Fed with every entry, in order."""

    session: log.SessionOpened | None = None
    grants: dict[tuple[str, int, int], log.Grant] = field(default_factory=dict)
    """Every grant that is committed, by serial, link and number."""
    granted: dict[tuple[int, int], log.Grant] = field(default_factory=dict)
    """The same by link and number, which is what a frame tells."""
    journal: dict[Identity, log.Body] = field(default_factory=dict)
    """Every entry of a device's journal."""
    shots_of: dict[str, int] = field(default_factory=dict)
    """Shots by gun, uncertain ones and those of other logs included."""
    unsure_of: dict[str, int] = field(default_factory=dict)
    """How many of them, gaps included, may not have happened."""
    opened: int = 0
    """Sessions opened."""
    granted_in: int = 0
    """The session, by its number, in which something was granted last."""
    stopped: bool = False
    """A STOP stands here that no release came after."""
    seen: dict[str, log.DeviceSeen] = field(default_factory=dict)
    """How each gun was when this log first saw it."""
    accepted: dict[tuple[str, int], int] = field(default_factory=dict)
    """Up to which index of each journal an operator accepted another log's entries."""
    given: SessionExposure = field(default_factory=SessionExposure)
    by_hand: SessionExposure = field(default_factory=SessionExposure)
    """Given by hand in the open session: no gun moved it, and every limit counts it."""
    _permitted: dict[tuple[str, int], _Permitted] = field(default_factory=dict)

    def take(self, entry: log.Entry) -> None:
        """Take the next entry."""
        body = entry.body
        match body:
            case log.SessionOpened():
                self.session, self.given, self.by_hand = body, SessionExposure(), SessionExposure()
                self.opened += 1
                self._permitted.clear()
            case log.SessionClosed():
                self.session = None
            case facts.HandShots():
                self.by_hand = self.by_hand.plus(body.zone, Exposure(body.shots, body.volume_nl))
            case log.Grant():
                if (body.serial, body.link, body.grant) in self.grants:
                    raise TwiceError(f"grant {body.grant} of link {body.link} is given twice")
                self.grants[body.serial, body.link, body.grant] = body
                self.granted.setdefault((body.link, body.grant), body)
                under = self._permitted.setdefault((body.serial, body.link), _Permitted(body.zone))
                under.shots += body.shots
                under.volume_nl += body.volume_nl
                self.granted_in = self.opened
            case log.Shot() | log.Uncertain():
                self._journalled(body)
                self._shot(body)
            case log.Moved() | log.Fault():
                self._journalled(body)
            case log.Foreign():
                self._journalled(body)
                if body.what.get("kind") in (1, 2):
                    self._count(body.serial, 1)
            case log.Gap():
                self._count(body.serial, body.shots_max)
                self.unsure_of[body.serial] = self.unsure_of.get(body.serial, 0) + body.shots_max
                if self.session is not None:
                    self.given = self.given.plus("", Exposure(body.shots_max, body.volume_max_nl))
            case log.Stop() | log.StopConfirmed():
                self.stopped = True
            case log.Release():
                self.stopped = False
            case log.DeviceSeen():
                self.seen.setdefault(body.serial, body)
            case log.ForeignAccepted():
                self.accepted[body.serial, body.journal_id] = body.up_to
            case log.UsedElsewhere():
                self._count(body.serial, body.shots)
            case log.Settled():
                self._permitted.pop((body.serial, body.link), None)
            case _:
                pass

    def copy(self) -> "Books":
        """Return the books as they stand, which later entries leave alone."""
        return replace(
            self,
            grants=dict(self.grants),
            granted=dict(self.granted),
            journal=dict(self.journal),
            shots_of=dict(self.shots_of),
            unsure_of=dict(self.unsure_of),
            seen=dict(self.seen),
            accepted=dict(self.accepted),
            _permitted={key: replace(each) for key, each in self._permitted.items()},
        )

    def exposure(self) -> SessionExposure:
        """What counts as given in the open session, permission that is open included."""
        total = self.given
        for under in self._permitted.values():
            if under.shots > 0:
                total = total.plus(under.zone, Exposure(under.shots, max(0, under.volume_nl)))
        return total

    def total(self) -> tuple[int, int]:
        """Shots and volume of that exposure, over all zones."""
        shots = volume_nl = 0
        for given in self.given.by_zone.values():
            shots += given.shots
            volume_nl += given.volume_nl
        for under in self._permitted.values():
            if under.shots > 0:
                shots += under.shots
                volume_nl += max(0, under.volume_nl)
        return shots, volume_nl

    def counted(self) -> SessionExposure:
        """What every limit counts: the gun's exposure, and what was given by hand."""
        total = self.exposure()
        for zone, more in self.by_hand.by_zone.items():
            total = total.plus(zone, more)
        return total

    def _journalled(
        self, body: log.Shot | log.Uncertain | log.Moved | log.Fault | log.Foreign
    ) -> None:
        identity = (body.serial, body.journal_id, body.index)
        if identity in self.journal:
            raise TwiceError(f"{identity} stands in the log twice")
        self.journal[identity] = body

    def _shot(self, body: log.Shot | log.Uncertain) -> None:
        self._count(body.serial, 1)
        if isinstance(body, log.Uncertain):
            self.unsure_of[body.serial] = self.unsure_of.get(body.serial, 0) + 1
        grant = self.grants.get((body.serial, body.link, body.grant))
        under = self._permitted.get((body.serial, body.link))
        if under is not None:
            under.shots -= 1
            under.volume_nl -= body.debit_nl
        if self.session is not None:
            zone = "" if grant is None else grant.zone
            self.given = self.given.plus(zone, Exposure(1, body.counts_nl))

    def _count(self, serial: str, shots: int) -> None:
        self.shots_of[serial] = self.shots_of.get(serial, 0) + shots
