"""What every command on a shot log has in common: where it is, and how it is opened."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from injector.cli.defaults import default_log_path
from injector.cli.exits import CommandError, Exit
from injector.shotlog.errors import LogDamaged, LogError
from injector.shotlog.reader import LogReader

P = ParamSpec("P")
R = TypeVar("R")


def log_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command ``--log`` (as ``path``) and ``--json`` (as ``as_json``)."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    return click.option(
        "--log",
        "path",
        type=click.Path(dir_okay=False, path_type=Path),
        default=lambda: default_log_path(os.environ),
        show_default="$XDG_DATA_HOME/injector/shots.db",
        help="The shot log.",
    )(command)


@contextmanager
def open_log(path: Path) -> Iterator[LogReader]:
    """Read the log at ``path``; what is wrong with it ends the command."""
    try:
        with LogReader.open(path) as reader:
            yield reader
    except LogError as error:
        raise as_command_error(error) from error


def as_command_error(error: LogError) -> CommandError:
    """What the log says is wrong, as the end of a command."""
    code = Exit.FAILED if isinstance(error, LogDamaged) else Exit.BAD_INPUT
    return CommandError(str(error), exit_code=code)
