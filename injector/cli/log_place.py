"""Where the shot log is, for every command that is told. Loads nothing that reads one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from injector.cli.defaults import default_log_path

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


def make_room(path: Path) -> None:
    """Make the folder of this user's own log; any other place has to be there already."""
    if path == default_log_path(os.environ):
        path.parent.mkdir(parents=True, exist_ok=True)
