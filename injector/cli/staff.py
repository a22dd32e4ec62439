"""``injector staff``: who works here, and in which role.

Passphrases and PINs are read from the terminal without echo, or with ``--stdin`` from
standard input, one a line, in the order in which a terminal would be asked for them (a new
one once). They are never arguments: those stand in the list of processes.

Who may change it: while nobody here is an administrator, whoever may write the file. From
then on an administrator (``--by``), by their passphrase; one's own passphrase and PIN
everybody changes by their own.
"""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click

from injector.cli.config import anchors_file
from injector.cli.defaults import SOFTWARE
from injector.cli.exits import CommandError
from injector.cli.log_files import as_command_error, now
from injector.cli.log_place import log_option_called
from injector.cli.passphrase import record_quietly, record_refusal
from injector.cli.people import open_staff
from injector.control.registering import record_key, record_operator
from injector.control.snapshot import Denied
from injector.report.json_text import to_json
from injector.shotlog.errors import LogError, LogLocked
from injector.shotlog.facts import OperatorRecorded
from injector.shotlog.fields import MAX_LABEL
from injector.shotlog.vouching import Barred
from injector.staff.file import (
    Refusal,
    StaffFaultError,
    StaffFile,
    StaffFileError,
    Unlocked,
    Why,
)
from injector.staff.roles import Act, Role, may
from injector.staff.rules import MAX_ID, MIN_PASSPHRASE, Fault, passphrase_fault, pin_fault, same_id

P = ParamSpec("P")
R = TypeVar("R")

_FAULTS: Final[dict[Fault, tuple[str, str]]] = {
    Fault.NOT_AN_ID: ("this can be nobody's id", f"1 to {MAX_ID} printable characters"),
    Fault.NOT_A_NAME: ("this can be nobody's printed name", "1 to 200 printable characters"),
    Fault.TOO_SHORT: (
        "the passphrase is too short",
        f"{MIN_PASSPHRASE} characters or more; four words are easier than odd signs",
    ),
    Fault.TOO_LONG: ("the passphrase is too long", "at most 1,000 characters"),
    Fault.NOT_A_PIN: ("this is no PIN", "4 to 8 digits"),
    Fault.ID_USED: ("that id is or was somebody's", "an id is never used again; take another"),
    Fault.NOBODY: ("nobody who works here has that id", "`injector staff list` shows them"),
}


def _where(command: Callable[P, R]) -> Callable[P, R]:
    return log_option_called(
        "--log",
        "log_path",
        "The shot log of this installation; the staff file lies beside it.",
    )(command)


def _asking(command: Callable[P, R]) -> Callable[P, R]:
    command = click.option(
        "--stdin", is_flag=True, help="Read passphrases from standard input, one a line."
    )(command)
    return click.option("--by", metavar="ID", help="The administrator who says so.")(command)


@click.group()
def staff() -> None:
    """Who works here, and in which role."""


@staff.command()
@click.argument("person", metavar="ID")
@click.option("--name", required=True, help="As it is printed.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--diploma", help="A practitioner's diploma, for the record.")
@click.option("--registration", help="A practitioner's registration number, likewise.")
@_asking
@_where
def add(
    person: str,
    name: str,
    role: str,
    diploma: str | None,
    registration: str | None,
    by: str | None,
    log_path: Path,
    *,
    stdin: bool,
) -> None:
    """Add ID, with a passphrase, and put their role on record in the shot log.

    Only a practitioner whose diploma and registration are on record treats patients.
    """
    if Role(role) is not Role.PRACTITIONER and (diploma, registration) != (None, None):
        raise CommandError(
            f"{role}s have no diploma and registration here",
            where="--diploma, --registration",
            right="give them with --role practitioner",
        )
    for option, value in (("--diploma", diploma), ("--registration", registration)):
        if value is not None and not 0 < len(value) <= MAX_LABEL:
            raise CommandError(f"1 to {MAX_LABEL} characters go on record", where=option)
    if (diploma is None) is not (registration is None):
        raise CommandError("not all of a qualification", right="give --diploma and --registration")
    file, ask = open_staff(log_path), _Asker(stdin=stdin)
    with _told():
        file.check_new(person, name)
        said_by = _authorised(log_path, file, ask, by, Act.STAFF) or person
        passphrase = ask.new(f"passphrase of {person}", passphrase_fault)
        # On record first: a role that the engine does not know would be no role.
        _record(log_path, OperatorRecorded(
            person=person, name=name, role=Role(role).value, diploma=diploma,
            registration=registration, by=said_by,
        ))  # fmt: skip
        unlocked = file.add(person, name, Role(role), passphrase)
        _record_key(log_path, unlocked, said_by)
    click.echo(f"{person} is {role} here", err=True)


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each person.")
@_where
def list_(log_path: Path, *, as_json: bool) -> None:
    """List everybody who works or worked here."""
    with _told():
        people = open_staff(log_path).read().people
    for each in people:
        if as_json:
            said = {
                "id": each.id,
                "name": each.name,
                "role": each.role.value,
                "pin": each.pin is not None,
                "disabled": each.disabled,
            }
            click.echo(to_json(said))
        else:
            notes = ("  disabled" if each.disabled else "") + ("  PIN" if each.pin else "")
            click.echo(f"{each.id}  {each.name}  {each.role.value}{notes}")
    if not people:
        click.echo("nobody works here yet; `injector staff add` adds somebody", err=True)


@staff.command()
@click.argument("person", metavar="ID")
@_asking
@_where
def passphrase(person: str, by: str | None, log_path: Path, *, stdin: bool) -> None:
    """Give ID another passphrase. It ends a lockout, too.

    Whoever gives their own old passphrase keeps the key with which they sign. Where an
    administrator sets it, or nobody is one and --by is not given, that key is gone, and
    they get a new one when they next sign in.
    """
    file, ask = open_staff(log_path), _Asker(stdin=stdin)
    with _told():
        own = by is not None and same_id(by, person)
        if own or (by is None and _administered(file)):
            unlocked = _unlocked(log_path, file, ask, person)
            new = ask.new(f"new passphrase of {person}", passphrase_fault)
            file.change_passphrase(unlocked, new)
            _record_key(log_path, unlocked, unlocked.person.id)
            return
        _authorised(log_path, file, ask, by, Act.STAFF)
        file.reset_passphrase(person, ask.new(f"new passphrase of {person}", passphrase_fault))
    click.echo(f"{person} gets a new signing key with the next sign-in", err=True)


@staff.command()
@click.argument("person", metavar="ID")
@click.option("--remove", is_flag=True, help="Take the PIN away.")
@_asking
@_where
def pin(person: str, by: str | None, log_path: Path, *, remove: bool, stdin: bool) -> None:
    """Give ID a PIN of 4 to 8 digits, for overrides and take-overs inside a session."""
    file, ask = open_staff(log_path), _Asker(stdin=stdin)
    with _told():
        _authorised(log_path, file, ask, by or person, None if by is None else Act.STAFF)
        file.set_pin(person, None if remove else ask.new(f"new PIN of {person}", pin_fault))


@staff.command()
@click.argument("person", metavar="ID")
@_asking
@_where
def disable(person: str, by: str | None, log_path: Path, *, stdin: bool) -> None:
    """ID no longer works here: signs in no more, and is withdrawn on record."""
    file, ask = open_staff(log_path), _Asker(stdin=stdin)
    with _told():
        member = file.read().find(person)
        if member is None:
            raise StaffFaultError(Fault.NOBODY)
        said_by = _authorised(log_path, file, ask, by, Act.STAFF) or member.id
        if not member.disabled:
            # At once, also where the log cannot be written now.
            file.disable(member.id)
        try:
            _record(log_path, OperatorRecorded(
                person=member.id, name=member.name, role="withdrawn", diploma=None,
                registration=None, by=said_by,
            ))  # fmt: skip
        except CommandError as error:
            raise CommandError(
                f"{member.id} signs in no more, but is not withdrawn on record: {error.message}",
                right="say it again once that is mended",
            ) from error
    click.echo(f"{member.id} no longer works here", err=True)


@contextmanager
def _told() -> Iterator[None]:
    """Say what the staff file refuses as the end of a command."""
    try:
        yield
    except StaffFaultError as error:
        wrong, right = _FAULTS[error.fault]
        raise CommandError(wrong, right=right) from error
    except StaffFileError as error:
        raise CommandError(str(error)) from error


class _Asker:
    """Asks for passphrases: a person at a terminal, or standard input."""

    def __init__(self, *, stdin: bool) -> None:
        self._stdin = stdin
        if not stdin and not sys.stdin.isatty():
            raise CommandError(
                "there is no terminal to read a passphrase from",
                right="give it on standard input, and say --stdin",
            )

    def known(self, what: str) -> str:
        """One that somebody has."""
        if not self._stdin:
            return getpass.getpass(f"{what}: ")
        line = sys.stdin.readline()
        if not line:
            raise CommandError(f"no {what} on standard input", right="one a line")
        return line.removesuffix("\n")

    def new(self, what: str, fault: Callable[[str], Fault | None]) -> str:
        """A new one; on a terminal it is said twice."""
        said = self.known(what)
        wrong = fault(said)
        if wrong is not None:
            raise StaffFaultError(wrong)
        if not self._stdin and getpass.getpass("again: ") != said:
            raise CommandError("the two differ", right="say it again")
        return said


def _authorised(
    log: Path, file: StaffFile, ask: _Asker, by: str | None, act: Act | None
) -> str | None:
    """Who says so, by their passphrase; None while nobody here could be asked.

    With ``act``, their role must include it.
    """
    if not _administered(file):
        return None
    if by is None:
        raise CommandError(
            "an administrator says who works here", where="--by", right="give an administrator's id"
        )
    answer = file.sign_in(by, ask.known(f"passphrase of {by}"))
    if isinstance(answer, Refusal):
        record_refusal(log, answer)
        raise CommandError(_refused(answer), where=by)
    if act is not None and not answer.may(act):
        record_quietly(log, Barred(what="staff", by=answer.id))
        raise CommandError(f"{by} is no administrator", where="--by")
    return answer.id


def _administered(file: StaffFile) -> bool:
    """Whether anybody here says who works here."""
    return any(may(each.role, Act.STAFF) for each in file.read().everybody())


def _unlocked(log: Path, file: StaffFile, ask: _Asker, person: str) -> Unlocked:
    """That person and their key, by their passphrase."""
    answer = file.unlock(person, ask.known(f"passphrase of {person}"))
    if isinstance(answer, Refusal):
        record_refusal(log, answer)
        raise CommandError(_refused(answer), where=person)
    return answer


def _record_key(log: Path, unlocked: Unlocked, by: str) -> None:
    """Put the key with which somebody signs on record, where it is not yet."""
    try:
        written = record_key(log, unlocked.person.id, unlocked.seed, by=by, now=now(),
                             random_bytes=os.urandom, software=SOFTWARE,
                             anchors=anchors_file())  # fmt: skip
    except LogLocked:
        click.echo("an engine runs: the signing key goes on record at the next sign-in", err=True)
    except LogError as error:
        raise as_command_error(error) from error
    else:
        if isinstance(written, Denied):
            click.echo(
                "the signing key is NOT on record: nobody works here under that id by this log, "
                "or the key was on record before",
                err=True,
            )


def _refused(answer: Refusal) -> str:
    if answer.why is Why.WRONG:
        return "wrong id or passphrase"
    minutes = -(-answer.left_us // 60_000_000)
    return f"too many failures: locked out for {minutes} min"


def _record(log: Path, operator: OperatorRecorded) -> None:
    """Put it on record in the log, which is made where there is none."""
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        record_operator(
            log, operator, now=now(), random_bytes=os.urandom, software=SOFTWARE,
            anchors=anchors_file(),
        )  # fmt: skip
    except LogError as error:
        raise as_command_error(error) from error
