"""``injector library approve``: a named practitioner approves a library for this installation.

It is an entry of the shot log. While an engine runs it alone writes the log, and this says
so and changes nothing.
"""

import os
from pathlib import Path

import click
from pydantic import ValidationError

from injector.cli.config import anchors_file
from injector.cli.defaults import SOFTWARE
from injector.cli.exits import CommandError
from injector.cli.log_files import as_command_error, now
from injector.cli.log_place import log_option
from injector.cli.passphrase import passphrase_option, unlock
from injector.cli.people import open_staff
from injector.cli.plans import read_library
from injector.control.registering import (
    NotQualifiedError,
    NotSignedError,
    approve_library,
    record_operator,
)
from injector.report.json_text import to_json
from injector.shotlog.errors import LogError
from injector.shotlog.facts import OperatorRecorded


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--by", "person", required=True, metavar="ID", help="Who approves it.")
@click.option("--name", help="Their name, where they are not on record yet.")
@click.option("--diploma", help="Their diploma, likewise.")
@click.option("--registration", help="Their registration number, likewise.")
@log_option
@passphrase_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def approve(
    file: Path,
    person: str,
    name: str | None,
    diploma: str | None,
    registration: str | None,
    passphrase_fd: int | None,
    path: Path,
    *,
    as_json: bool,
) -> None:
    """Approve the library in FILE for this installation, as a practitioner, and sign it.

    Only somebody whose diploma and registration number are on record can; with --name,
    --diploma and --registration they are put there first. Where anybody works here, they
    sign with their passphrase; before anybody does, an approval stands unsigned.
    """
    library = read_library(None if str(file) == "shipped" else file)
    unlocked = unlock(path, person, passphrase_fd) if open_staff(path).exists else None
    person = person if unlocked is None else unlocked.person.id
    stamp = now()
    anchors = anchors_file()
    try:
        if name is not None and diploma is not None and registration is not None:
            operator = OperatorRecorded(
                person=person,
                name=name,
                role="practitioner",
                diploma=diploma,
                registration=registration,
                by=person,
            )
            record_operator(
                path, operator, now=stamp, random_bytes=os.urandom, software=SOFTWARE,
                anchors=anchors,
            )  # fmt: skip
        elif (name, diploma, registration) != (None, None, None):
            raise CommandError(
                "not all of a qualification", right="give --name, --diploma and --registration"
            )
        approval = approve_library(
            path,
            library,
            by=person,
            now=stamp,
            random_bytes=os.urandom,
            software=SOFTWARE,
            anchors=anchors,
            seed=None if unlocked is None else unlocked.seed,
        )
    except NotQualifiedError:
        raise CommandError(
            f"no diploma and registration number are on record for {person}",
            where="--by",
            right="give --name, --diploma and --registration with it once",
        ) from None
    except NotSignedError:
        raise CommandError(
            f"the key of {person} was on record before, and another since", where="--by",
            right="`injector staff passphrase` gives them a new one",
        ) from None  # fmt: skip
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise CommandError(str(wrong["msg"]), where=f"--{wrong['loc'][0]}") from error
    except LogError as error:
        raise as_command_error(error) from error
    if unlocked is None:
        click.echo("nobody works here yet, so it is not signed", err=True)
    if as_json:
        click.echo(to_json(approval.model_dump()))
    else:
        click.echo(
            f"{approval.name} {approval.version} ({approval.digest[:8]}) is approved by "
            f"{approval.by}, {approval.registration}; a changed file is a new library"
        )
