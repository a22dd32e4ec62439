"""Signing at the console: what somebody stands for, once the log holds it.

The key is opened when the passphrase is given, kept by the one thread that signs, and let
go of when it is done. That thread waits until the session has closed and its anchor is
written, signs what the anchor's tree holds, sends it, and looks whether the engine took it.
What the engine would refuse it judges first, by the same rules: the reason is said at once.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Literal

from injector.shotlog.errors import LogError
from injector.shotlog.findings import Code
from injector.shotlog.reader import LogReader
from injector.shotlog.signatures import (
    fault_of,
    key_fault,
    key_in_force,
    operators,
    signatures,
    statement,
    to_sign,
)
from injector.tui.speech import _, mark, plural

if TYPE_CHECKING:
    from injector.control.inputs import Intent
    from injector.shotlog.entries import Entry
    from injector.shotlog.signing import Fault
    from injector.shotlog.vouching import Meaning, OperatorKey
    from injector.staff.file import Unlocked

CLOSE_S: Final = 60.0
"""How long a session may take to close before nothing is signed."""
TAKE_S: Final = 10.0
"""How long the engine may take to write a signature."""
_LOOK_S: Final = 0.1
_WHY_NOT: Final = {
    Code.NOT_ALLOWED: mark("the role of {name} does not include it, or it was not theirs"),
    Code.OWN_WORK: mark("{name} gave this session, so a colleague reviews it"),
    Code.KEY_TAKEN: mark("the signing key of {name} was on record before; make a new one"),
}
"""What stands in a signature's way that somebody can do something about."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it, in words."""

    words: str
    wrong: bool = False


class Signing:
    """Signs for one person in one session; made for each passphrase that was given.

    ``post`` sends an intent and ``tell`` takes what came of it, both on a thread of their
    own; ``utc_us`` tells the time.
    """

    def __init__(
        self,
        log: Path,
        session: str,
        unlocked: "Unlocked",
        meaning: Literal["performed", "reviewed"],
        *,
        post: "Callable[[Intent], None]",
        tell: Callable[[Told], None],
        utc_us: Callable[[], int],
    ) -> None:
        self._log, self._session, self._meaning = log, session, meaning
        self._unlocked: Unlocked | None = unlocked
        self._post, self._tell, self._utc_us = post, tell, utc_us
        self._pause: Final = Event()

    def start(self) -> None:
        """Begin; returns at once."""
        Thread(target=self._run, name="signing", daemon=True).start()

    def _run(self) -> None:
        try:
            self._tell(self._sign())
        except (LogError, OSError) as error:
            self._tell(_not_signed(str(error)))
        except sqlite3.Error as error:
            self._tell(_not_signed(_("the shot log cannot be read: {error}").format(error=error)))
        except ValueError as error:
            why = _("the shot log does not hold what is to be signed: {error}")
            self._tell(_not_signed(why.format(error=error)))
        finally:
            self._unlocked = None

    def _sign(self) -> Told:
        unlocked = self._unlocked
        if unlocked is None:
            return Told("")
        person = unlocked.person
        if not self._until(lambda reader: reader.last("session_closed", session=self._session)
                           is not None, CLOSE_S):  # fmt: skip
            return Told(_("NOT signed: the session did not end; sign it in the review"), wrong=True)
        from injector.control.wants import RecordKey, RecordSigned  # noqa: PLC0415 - slow to load
        from injector.shotlog.signatures import key_to_record  # noqa: PLC0415 - with the others

        with LogReader.open(self._log) as reader:
            key = key_to_record(reader, person.id, unlocked.seed, by=person.id)
            operator = operators(reader).get(person.id)
            if operator is None:
                why = _("{name} is not on record in this shot log").format(name=person.name)
                return _not_signed(why)
            name = operator.name
            wanted = [
                statement(
                    reader, entry, by=person.id, name=name, meaning=meaning, utc_us=self._utc_us()
                ).signed(unlocked.seed)
                for entry, meaning in self._wanted(reader)
            ]
        if not wanted:
            return Told(_("{name} has signed it already").format(name=name))
        self._unlocked = None
        if key is not None:
            with LogReader.open(self._log) as reader:
                fault = key_fault(reader, key)
            if fault is not None:
                return _not_signed(_why_not(fault).format(name=name))
            # A signature counts by the keys that the log holds: it waits until its key is there.
            self._post(RecordKey(key))
            if not self._until(lambda reader: _holds(reader, key), TAKE_S):
                return Told(_("NOT signed: the engine did not take it"), wrong=True)
        with LogReader.open(self._log) as reader:
            faults = [fault_of(reader, signed, self._session) for signed in wanted]
        for fault in filter(None, faults):
            return _not_signed(_why_not(fault).format(name=name))
        for signed in wanted:
            self._post(RecordSigned(signed, self._session))
        if not self._until(lambda reader: not self._wanted(reader, person.id), TAKE_S):
            return Told(_("NOT signed: the engine did not take it"), wrong=True)
        if self._meaning == "reviewed":
            return Told(_("signed: {name} has reviewed it").format(name=name))
        overrides = sum(each.meaning == "override" for each in wanted)
        words = _("signed: {name} has performed it").format(name=name)
        if overrides:
            words += plural(", with {count} override", ", with {count} overrides", overrides)
        return Told(words)

    def _wanted(self, reader: LogReader, person: str = "") -> "list[tuple[Entry, Meaning]]":
        """What is still to be signed."""
        person = person or ("" if self._unlocked is None else self._unlocked.person.id)
        if self._meaning == "performed":
            return to_sign(reader, self._session, person)
        done = any(
            body.by == person and body.meaning == "reviewed"
            for _entry, body in signatures(reader, self._session)
        )
        closed = reader.last("session_closed", session=self._session)
        return [] if done or closed is None else [(closed, "reviewed")]

    def _until(self, holds: Callable[[LogReader], bool], within_s: float) -> bool:
        """Look into the log until that holds; False where it did not in time."""
        for _look in range(int(within_s / _LOOK_S)):
            with LogReader.open(self._log) as reader:
                if holds(reader):
                    return True
            self._pause.wait(_LOOK_S)
        return False


def _why_not(fault: "Fault") -> str:
    return _(_WHY_NOT.get(fault, mark("it is no signature of {name} about that record")))


def _not_signed(why: str) -> Told:
    return Told(_("NOT signed: {why}").format(why=why), wrong=True)


def _holds(reader: LogReader, key: "OperatorKey") -> bool:
    """Whether that is the key with which its person signs, by the log."""
    return str(key_in_force(reader, key.person)) == key.vkey
