"""A staff file for tests: cheap hashes, and a clock that a test moves."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from injector.staff.file import StaffFile
from injector.staff.hashing import Cost, Hasher
from injector.staff.roles import Role

PASSPHRASE: Final = "four plain words here"
WRONG: Final = "four other words here"
PIN: Final = "4711"


class CountingHasher(Hasher):
    """Cheap, and counts what it was asked to hash or compare."""

    def __init__(self) -> None:
        super().__init__(passes=1, memory_kib=64, lanes=1)
        self.done = 0
        self.derived = 0

    def hash(self, secret: str) -> str:
        self.done += 1
        return super().hash(secret)

    def matches(self, secret: str, known: str | None) -> bool:
        self.done += known is not None  # without one it hashes
        return super().matches(secret, known)

    def derive(self, secret: str, salt: bytes, cost: Cost) -> bytes:
        self.derived += 1
        return super().derive(secret, salt, cost)


@dataclass
class Clock:
    """UTC, as far as a test says."""

    now_us: int = 1_800_000_000_000_000

    def __call__(self) -> int:
        return self.now_us

    def pass_s(self, seconds: float) -> None:
        self.now_us += int(seconds * 1_000_000)


@dataclass
class Office:
    """Somewhere with a staff file."""

    path: Path
    clock: Clock = field(default_factory=Clock)
    hasher: CountingHasher = field(default_factory=CountingHasher)

    @property
    def staff(self) -> StaffFile:
        """The file as a program that has just started sees it."""
        return StaffFile(self.path, utc_us=self.clock, hasher=self.hasher)

    def add(self, person: str, role: Role = Role.PRACTITIONER, *, pin: str | None = None) -> None:
        """Somebody works here, with the passphrase of these tests."""
        self.staff.add(person, f"{person.title()} Example", role, PASSPHRASE)
        if pin is not None:
            self.staff.set_pin(person, pin)
