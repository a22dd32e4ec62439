"""Who is at the console. Pure: each change gives the entries that tell of it."""

from typing import TYPE_CHECKING

from injector.staff.roles import Person

if TYPE_CHECKING:  # loaded with the first intent, not before the first screen
    from injector.control.inputs import Intent
    from injector.control.wants import RecordAccess
    from injector.shotlog.facts import AccessKind


class Presence:
    """At most one person, and whether the console is locked behind them."""

    def __init__(self, person: Person | None) -> None:
        self._person = person
        self._locked = False

    @property
    def person(self) -> Person | None:
        """Who is at the console; nobody while it is locked."""
        return None if self._locked else self._person

    @property
    def locked(self) -> Person | None:
        """Who locked it, while it is."""
        return self._person if self._locked else None

    def permits(self, intent: "Intent") -> bool:
        """Whether the console may send that now: nothing is armed by nobody."""
        return self.person is not None or isinstance(intent, _by_nobody())

    def sign_in(self, person: Person) -> "tuple[RecordAccess, ...]":
        """That person is at it from now on."""
        before, self._person, self._locked = self._person, person, False
        came = entry("signed_in", person)
        return (came,) if before is None else (entry("signed_out", before), came)

    def sign_out(self) -> "tuple[RecordAccess, ...]":
        """Nobody is at it any more."""
        before, self._person, self._locked = self._person, None, False
        return () if before is None else (entry("signed_out", before),)

    def lock(self) -> "tuple[RecordAccess, ...]":
        """Whoever is at it must show again who they are."""
        if self.person is None:
            return ()
        self._locked = True
        return (entry("locked", self._person),)

    def unlock(self, person: Person) -> "tuple[RecordAccess, ...]":
        """That person has shown who they are: the one who locked it, or somebody else."""
        before = self.locked
        if before is None or before.id != person.id:
            return self.sign_in(person)
        self._person, self._locked = person, False
        return (entry("unlocked", person),)


def _by_nobody() -> tuple[type, ...]:
    """What a console sends while nobody is at it: whatever makes things safer, and what it is."""
    from injector.control import inputs, wants  # noqa: PLC0415 - see above

    return (
        inputs.Disarm,
        inputs.PressStop,
        inputs.Shutdown,
        inputs.ConsoleSeen,
        inputs.ConsoleGone,
        wants.RecordAccess,
        wants.RecordAnchored,
    )


def entry(what: "AccessKind", person: Person | None) -> "RecordAccess":
    """What tells that, as an intent."""
    from injector.control.wants import RecordAccess  # noqa: PLC0415 - see above
    from injector.shotlog.facts import Access  # noqa: PLC0415 - see above

    if person is None:
        return RecordAccess(Access(what=what, person=None, role=None))
    return RecordAccess(Access(what=what, person=person.id, role=person.role.value))
