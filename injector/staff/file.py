"""The staff file: who works here, with their hashes, beside the log's key.

``LOG.staff`` is JSON and readable by its owner alone; nothing of it ever enters the log, a
copy of it or an export. It is replaced as a whole and durably, under a lock
(``LOG.staff-lock``), since a command and a console may change it at the same time.

A failure is counted *before* the secret is looked at and taken back when it was right:
whoever kills the program in between has used up an attempt, and many programs at once
have no more attempts than one.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from injector.staff.hashing import Hasher
from injector.staff.keys import RandomBytes, SealedKey, new_seed, public_of, seal
from injector.staff.lockout import Failures
from injector.staff.roles import Act, Person, Role, may
from injector.staff.roll import Member, Roll
from injector.staff.rules import (
    MAX_PASSPHRASE,
    Fault,
    id_fault,
    name_fault,
    passphrase_fault,
    pin_fault,
)

_OWNER_ONLY: Final = 0o600
_NOTHING_FAILED: Final[dict[str, object]] = {"failures": Failures(), "pin_failures": 0}


class StaffFileError(Exception):
    """The staff file cannot be used; the message is for people."""


class StaffFaultError(Exception):
    """A change that cannot be made."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault: Final = fault


@unique
class Why(StrEnum):
    """Why somebody was not let in."""

    WRONG = "wrong"
    """Wrong id, passphrase or PIN; which of them is not said."""
    LOCKED_NOW = "locked_now"
    """Wrong, and once too often: from now on locked out."""
    LOCKED = "locked"
    """Locked out; nothing was looked at."""
    NO_PIN = "no_pin"
    """They have none."""
    NOT_ALLOWED = "not_allowed"
    """Their role does not include what the PIN is asked for."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody was not let in."""

    why: Why
    person: Person | None
    """Whose id was given; None where nobody here has it."""
    left_us: int = 0
    """How long the lockout still lasts; 0 where there is none, or where a passphrase ends it."""


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Somebody who gave their passphrase, and with it their key. Let go of it soon."""

    person: Person
    seed: bytes = field(repr=False)
    """Of the Ed25519 key with which they sign."""


def staff_path(log: Path) -> Path:
    """Where the staff file of that log is."""
    return log.with_name(log.name + ".staff")


class StaffFile:
    """Reads and changes it. Everything here may take long: never call it where a screen waits.

    ``utc_us`` tells the time, ``random_bytes`` makes keys and salts. Every method raises
    `StaffFileError` where the file cannot be read or written, also when others than its owner
    may read it.
    """

    def __init__(
        self,
        path: Path,
        *,
        utc_us: Callable[[], int],
        random_bytes: RandomBytes = os.urandom,
        hasher: Hasher | None = None,
    ) -> None:
        self.path: Final = path
        self._utc_us = utc_us
        self._random_bytes = random_bytes
        self._hasher = hasher or Hasher()

    @property
    def exists(self) -> bool:
        """Whether anybody was ever added."""
        return self.path.exists()

    def read(self) -> Roll:
        """Everybody; nobody where there is no file."""
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return Roll()
        except OSError as error:
            raise self._unusable(error) from error
        try:
            with os.fdopen(fd, encoding="utf-8") as file:
                self._check(os.fstat(fd))
                return Roll.model_validate_json(file.read())
        except OSError as error:
            raise self._unusable(error) from error
        except (UnicodeDecodeError, ValidationError) as error:
            # What is wrong there is not repeated: it may stand beside a hash.
            raise StaffFileError(
                f"{self.path}: this is no staff file, or a damaged one; put back its backup"
            ) from error

    # -- who works here ----------------------------------------------------------------

    def check_new(self, person: str, name: str) -> None:
        """Raise `StaffFaultError` unless those can be a new person's id and printed name."""
        fault = id_fault(person) or name_fault(name)
        if fault is not None or self.read().find(person) is not None:
            raise StaffFaultError(fault or Fault.ID_USED)

    def add(self, person: str, name: str, role: Role, passphrase: str) -> Unlocked:
        """Add somebody, with a new key."""
        fault = id_fault(person) or name_fault(name) or passphrase_fault(passphrase)
        if fault is not None:
            raise StaffFaultError(fault)
        seed = new_seed(self._random_bytes)
        member = Member(
            id=person,
            name=name,
            role=role,
            passphrase=self._hasher.hash(passphrase),
            key=self._seal(seed, person, passphrase),
        )
        with self._alone():
            roll = self.read()
            if roll.find(person) is not None:
                raise StaffFaultError(Fault.ID_USED)
            self._write(roll.put(member))
        return Unlocked(member.person, seed)

    def reset_passphrase(self, person: str, passphrase: str) -> None:
        """Set somebody's passphrase for them; what they failed before is forgotten.

        Their key is gone with the old one, since nobody else could open it; they get a new
        one when they next give the new passphrase.
        """
        known = self._new_hash(passphrase)
        self._change(person, {"passphrase": known, "key": None, **_NOTHING_FAILED})

    def change_passphrase(self, unlocked: Unlocked, passphrase: str) -> None:
        """Give somebody who gave the old one another passphrase; the key stays the same."""
        known = self._new_hash(passphrase)
        person = unlocked.person.id
        key = self._seal(unlocked.seed, person, passphrase)
        self._change(person, {"passphrase": known, "key": key, **_NOTHING_FAILED})

    def set_pin(self, person: str, pin: str | None) -> None:
        """Give somebody another PIN, or none."""
        fault = None if pin is None else pin_fault(pin)
        if fault is not None:
            raise StaffFaultError(fault)
        known = None if pin is None else self._hasher.hash(pin)
        self._change(person, {"pin": known, "pin_failures": 0})

    def disable(self, person: str) -> None:
        """They no longer work here, and sign no more. Their id stays theirs."""
        self._change(person, {"disabled": True, "pin": None, "key": None})

    # -- who is there ------------------------------------------------------------------

    def sign_in(self, person: str, passphrase: str) -> Person | Refusal:
        """Who that is, by their passphrase; or why they are not let in.

        Whoever has no key yet gets one.
        """
        answer = self._sign_in(person, passphrase, opened=False)
        return answer.person if isinstance(answer, Unlocked) else answer

    def unlock(self, person: str, passphrase: str) -> Unlocked | Refusal:
        """Who that is, and the key with which they sign; or why not. It counts as a sign-in.

        Raises `StaffFileError` where the passphrase is right and does not open the key.
        """
        answer = self._sign_in(person, passphrase, opened=True)
        if isinstance(answer, Person):
            raise StaffFileError(
                f"{self.path}: the signing key of {answer.id} does not open with the passphrase;"
                " an administrator who sets a new passphrase gives them a new key"
            )
        return answer

    def _sign_in(
        self, person: str, passphrase: str, *, opened: bool
    ) -> Person | Unlocked | Refusal:
        with self._alone():
            roll = self.read()
            member = roll.working(person)
            now_us = self._utc_us()
            if member is not None:
                left_us = member.failures.left_us(now_us)
                if left_us:
                    return Refusal(Why.LOCKED, member.person, left_us)
                member = member.model_copy(update={"failures": member.failures.failed(now_us)})
                self._write(roll.put(member))
        known = None if member is None else member.passphrase
        right = self._hasher.matches(passphrase[: MAX_PASSPHRASE + 1], known)
        if member is None or known is None:
            return Refusal(Why.WRONG, None)
        if not right:
            left_us = member.failures.left_us(now_us)
            why = Why.LOCKED_NOW if left_us else Why.WRONG
            return Refusal(why, member.person, left_us)
        more: dict[str, object] = {"failures": Failures()}
        outdated = self._hasher.outdated(known)
        if outdated:
            more["passphrase"] = self._hasher.hash(passphrase)
        seed: bytes | None = None
        if member.key is None:
            seed = new_seed(self._random_bytes)
        elif opened or outdated:
            seed = member.key.open(member.id, passphrase, self._hasher)
        if seed is not None and (member.key is None or outdated):
            more["key"] = self._seal(seed, member.id, passphrase)
        now = self._let_in(member, known, more)
        if isinstance(now, Refusal):
            return now
        if now.key is not None and (seed is None or now.key.public != public_of(seed)):
            # Somebody else's sign-in with this passphrase was first to give them a key.
            seed = now.key.open(now.id, passphrase, self._hasher) if opened else None
        return now.person if seed is None else Unlocked(now.person, seed)

    def check_pin(self, person: str, pin: str, act: Act) -> Person | Refusal:
        """Who that is, by their PIN, and that they may do that; or why not."""
        with self._alone():
            roll = self.read()
            member = roll.working(person)
            if member is not None:
                why_not = _no_pin(member, act)
                if why_not is not None:
                    return Refusal(why_not, member.person)
                failures = member.pin_failures + 1
                member = member.model_copy(update={"pin_failures": failures})
                self._write(roll.put(member))
        known = None if member is None else member.pin
        right = self._hasher.matches(pin[: MAX_PASSPHRASE + 1], known)
        if member is None or known is None:
            return Refusal(Why.WRONG, None)
        if not right:
            return Refusal(Why.LOCKED_NOW if member.pin_locked else Why.WRONG, member.person)
        now = self._let_in(member, member.passphrase, {})
        return now if isinstance(now, Refusal) else now.person

    def _let_in(self, member: Member, known: str, more: dict[str, object]) -> Member | Refusal:
        """Take back what was counted; unless they were disabled or changed meanwhile."""
        with self._alone():
            roll = self.read()
            now = roll.working(member.id)
            if now is None or now.passphrase != known or now.pin != member.pin:
                return Refusal(Why.WRONG, member.person)
            if now.key != member.key:
                more = {name: value for name, value in more.items() if name != "key"}
            now = now.model_copy(update={"pin_failures": 0, **more})
            self._write(roll.put(now))
            return now

    def _new_hash(self, passphrase: str) -> str:
        fault = passphrase_fault(passphrase)
        if fault is not None:
            raise StaffFaultError(fault)
        return self._hasher.hash(passphrase)

    def _seal(self, seed: bytes, person: str, passphrase: str) -> SealedKey:
        return seal(seed, person, passphrase, self._hasher, self._random_bytes)

    # -- the file ----------------------------------------------------------------------

    def _change(self, person: str, what: dict[str, object]) -> None:
        with self._alone():
            roll = self.read()
            member = roll.working(person)
            if member is None:
                raise StaffFaultError(Fault.NOBODY)
            self._write(roll.put(member.model_copy(update=what)))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the file meanwhile. The kernel lets go however a holder ends."""
        path = self.path.with_name(self.path.name + "-lock")
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _write(self, roll: Roll) -> None:
        text = roll.model_dump_json(indent=1) + "\n"
        new = self.path.with_name(self.path.name + "-new")
        try:
            with suppress(FileNotFoundError):
                new.unlink()  # of a writer that was killed
            fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(fd)
            new.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._unusable(error) from error

    def _check(self, found: os.stat_result) -> None:
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISREG(found.st_mode):
            raise StaffFileError(f"{self.path}: this is no file")
        if mode & 0o077:
            raise StaffFileError(
                f"{self.path}: others may read or change who works here (mode {mode:04o});"
                f" chmod 600 {self.path.name}, and change every passphrase and PIN"
            )

    def _unusable(self, error: OSError) -> StaffFileError:
        return StaffFileError(f"{self.path}: {error.strerror or error}")


def _no_pin(member: Member, act: Act) -> Why | None:
    """Why no PIN of that member is looked at."""
    if not may(member.role, act):
        return Why.NOT_ALLOWED
    if member.pin is None:
        return Why.NO_PIN
    return Why.LOCKED if member.pin_locked else None
