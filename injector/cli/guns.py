"""Where a command finds its gun: on the port it was given, on those a person has named, or
in a simulator that it starts beside itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from injector.cli.exits import CommandError
from injector.cli.simulator_process import start_simulator
from injector.driver.port import Port, PortError, PortNameError

if TYPE_CHECKING:  # what says hello is loaded only where a gun must be looked for
    from injector.driver.ports import Candidates


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look for a gun."""

    port: str = ""
    """The one port; empty: those of ``ports``."""
    ports: "Candidates | None" = None
    control: Path | None = None
    """Control channel of a simulated gun."""
    named: bool = False
    """A person gave the port: it is remembered once a gun answered on it."""


@contextmanager
def place_of_gun(port: str | None, *, simulate: bool) -> Iterator[Place]:
    """Where the gun is; a simulated one ends with the block.

    Raises ``CommandError`` where a port that was given cannot be opened, or one was given
    and a simulator asked for.
    """
    if simulate and port is not None:
        raise CommandError(
            "a simulated gun brings its own port", where="--simulate", right="leave out --port"
        )
    if simulate:
        with start_simulator() as gun:
            yield Place(gun.port, control=Path(gun.control))
    elif port is not None:
        open_once(port)
        yield Place(port, named=True)
    else:
        from injector.driver.ports import NamedPorts  # noqa: PLC0415 - see above

        yield Place(ports=NamedPorts.of_user(os.environ).there)


def open_once(port: str) -> None:
    """Raise ``CommandError`` where the port cannot be opened, before anything is begun."""
    try:
        Port.open(port).close()
    except PortNameError as error:
        raise CommandError(str(error), where="--port") from error
    except PortError as error:
        raise CommandError(
            str(error).removeprefix(f"{port}: "),
            where=port,
            right="`injector ports` lists what is there",
        ) from error


def remember(port: str) -> None:
    """Keep that a person named this port and a gun answered on it."""
    from injector.driver.ports import (  # noqa: PLC0415 - see above
        NamedPorts,
        PortsFileError,
        identity_of,
    )

    try:
        NamedPorts.of_user(os.environ).add(identity_of(port))
    except PortsFileError as error:
        click.echo(f"note: this port is not remembered: {error}", err=True)
