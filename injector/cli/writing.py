"""New files that a command hands out: whole or not there, for their owner, over nothing."""

from pathlib import Path

from injector.cli.exits import CommandError
from injector.report.new_files import ExistsError, new_file


def write_new(path: Path, data: bytes) -> None:
    """Write a new file that its owner alone may read. Raises ``CommandError``."""
    try:
        with new_file(path) as file:
            file.write(data)
    except ExistsError as error:
        raise taken(error) from error
    except OSError as error:
        raise CommandError(f"cannot be written: {error.strerror}", where=str(path)) from error


def taken(error: ExistsError) -> CommandError:
    """What stands in a place already, as the end of a command."""
    return CommandError(
        "is there already; nothing is written over it",
        where=str(error.path),
        right="give a new place",
    )
