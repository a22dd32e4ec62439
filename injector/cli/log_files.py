"""What every command on a shot log has in common: where it is, and how it is opened."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click

from injector.cli.defaults import default_log_path
from injector.cli.exits import CommandError, Exit
from injector.shotlog.entries import Moment
from injector.shotlog.errors import LogDamaged, LogError
from injector.shotlog.reader import LogReader

_MOST_CANDIDATES: Final = 5
P = ParamSpec("P")
R = TypeVar("R")


def log_option_called(
    option: str, name: str, said: str
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a command the place of a log as ``name``; this user's own unless it is said."""
    return click.option(
        option,
        name,
        type=click.Path(dir_okay=False, path_type=Path),
        default=lambda: default_log_path(os.environ),
        show_default="$XDG_DATA_HOME/injector/shots.db",
        help=said,
    )


def log_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command ``--log`` (as ``path``)."""
    return log_option_called("--log", "path", "The shot log.")(command)


def log_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command ``--log`` (as ``path``) and ``--json`` (as ``as_json``)."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    return log_option(command)


def now() -> Moment:
    """This computer's clocks now."""
    return Moment(time.time_ns() // 1000, time.monotonic_ns() // 1000)


@contextmanager
def open_log(path: Path) -> Iterator[LogReader]:
    """Read the log at ``path``; what is wrong with it ends the command."""
    try:
        with LogReader.open(path) as reader:
            yield reader
    except LogError as error:
        raise as_command_error(error) from error


def find_session(reader: LogReader, path: Path, session: str) -> str:
    """Return the id of the session that begins so, or of the "last" one; else end the command."""
    found = reader.session_ids("" if session == "last" else session)
    if session == "last" and found:
        return found[-1]
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(found[:_MOST_CANDIDATES])
        raise CommandError(
            f"{len(found)} sessions begin with {session!r}",
            where=str(path),
            right=f"give more of the id: {some}{', …' if len(found) > _MOST_CANDIDATES else ''}",
        )
    raise CommandError(
        f"no session begins with {session!r}",
        where=str(path),
        right="`injector log sessions` lists them",
    )


def as_command_error(error: LogError) -> CommandError:
    """What the log says is wrong, as the end of a command."""
    code = Exit.FAILED if isinstance(error, LogDamaged) else Exit.BAD_INPUT
    return CommandError(str(error), exit_code=code)
