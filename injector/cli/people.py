"""Who works here, for commands that only ask."""

import time
from pathlib import Path

from injector.cli.exits import CommandError
from injector.staff.file import StaffFile, StaffFileError, staff_path
from injector.staff.roles import Person


def open_staff(log: Path) -> StaffFile:
    """The staff file of that log, with the clock of this computer."""
    return StaffFile(staff_path(log), utc_us=lambda: time.time_ns() // 1000)


def somebody(file: StaffFile) -> tuple[Person, ...]:
    """Everybody who works here; ``CommandError`` where nobody does, with how to add one."""
    try:
        found = tuple(each.person for each in file.read().everybody())
    except StaffFileError as error:
        raise CommandError(str(error)) from error
    if not found:
        raise CommandError(
            "nobody works here yet, so nobody can sign in",
            where=str(file.path),
            right="injector staff add ID --name NAME --role practitioner"
            " --diploma DIPLOMA --registration NUMBER",
        )
    return found
