"""A passphrase for a command that signs: from the terminal, or a file descriptor.

Never an argument and never the environment: both can be read by others. Whoever gives a
wrong one has used up an attempt, as at the console's door, and is an entry of the log.
"""

import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click

from injector.cli.config import anchors_file
from injector.cli.defaults import SOFTWARE
from injector.cli.exits import CommandError
from injector.cli.log_files import now
from injector.cli.people import open_staff
from injector.control.registering import record_bodies
from injector.shotlog.entries import Body
from injector.shotlog.errors import LogError
from injector.shotlog.facts import Access, AccessKind
from injector.staff.file import Refusal, StaffFileError, Unlocked, Why
from injector.staff.roles import Person

P = ParamSpec("P")
R = TypeVar("R")

_MOST_BYTES: Final = 8_192


def passphrase_option(command: Callable[P, R]) -> Callable[P, R]:
    """``--passphrase-fd``."""
    return click.option(
        "--passphrase-fd",
        type=click.IntRange(min=0),
        metavar="FD",
        help="Read the passphrase from this file descriptor: its first line. Without it, a"
        " terminal is asked.",
    )(command)


def unlock(log: Path, person: str, fd: int | None) -> Unlocked:
    """That person and the key with which they sign, by their passphrase."""
    said = _ask(person, fd)
    try:
        answer = open_staff(log).unlock(person, said)
    except StaffFileError as error:
        raise CommandError(str(error)) from error
    if isinstance(answer, Unlocked):
        return answer
    record_refusal(log, answer)
    if answer.why is Why.WRONG:
        raise CommandError("wrong id or passphrase", where=person)
    minutes = -(-answer.left_us // 60_000_000)
    raise CommandError(f"too many failures: locked out for {minutes} min", where=person)


def record_quietly(log: Path, *bodies: Body) -> None:
    """Write entries where the log can be written now: what they tell of is told anyway."""
    if not log.exists():
        return
    try:
        record_bodies(
            log, bodies, now=now(), random_bytes=os.urandom, software=SOFTWARE,
            anchors=anchors_file(),
        )  # fmt: skip
    except (LogError, CommandError) as error:
        click.echo(f"this is not on record in the log: {error}", err=True)


def _ask(person: str, fd: int | None) -> str:
    if fd is None:
        if not sys.stdin.isatty():
            raise CommandError(
                "there is no terminal to read a passphrase from",
                right="give it on a file descriptor, and say --passphrase-fd",
            )
        return getpass.getpass(f"passphrase of {person}: ")
    try:
        with os.fdopen(os.dup(fd), "rb") as file:
            line = file.readline(_MOST_BYTES)
        said = line.decode().removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError("no passphrase can be read there", where="--passphrase-fd") from error
    if not said:
        raise CommandError("no passphrase is there", where="--passphrase-fd")
    return said


def record_refusal(log: Path, refusal: Refusal) -> None:
    """Write down that somebody was not let in."""
    told: list[Body] = []
    if refusal.why in (Why.WRONG, Why.LOCKED_NOW):
        told.append(_access("sign_in_failed", refusal.person))
    if refusal.why is Why.LOCKED_NOW:
        told.append(_access("locked_out", refusal.person))
    if told:
        record_quietly(log, *told)


def _access(what: AccessKind, person: Person | None) -> Access:
    if person is None:
        return Access(what=what, person=None, role=None)
    return Access(what=what, person=person.id, role=person.role.value)
