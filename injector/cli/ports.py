"""``injector ports``: what serial ports there are, and which guns are on the named ones."""

import os
from typing import Any

import click

from injector.cli.exits import CommandError
from injector.driver.ports import (
    FoundPort,
    NamedPorts,
    PortsFileError,
    Probe,
    found_ports,
    identity_of,
    probe,
)
from injector.report.json_text import to_json


@click.group(invoke_without_command=True)
@click.option("--no-probe", is_flag=True, help="Say hello on no port at all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each port.")
@click.pass_context
def ports(ctx: click.Context, *, no_probe: bool, as_json: bool) -> None:
    """List serial ports, and say hello to guns on those that a person has named.

    A port is named by opening it once with --port, or with `injector ports name`.
    Nothing is ever written to any other.
    """
    if ctx.invoked_subcommand is not None:
        return
    named = _read(NamedPorts.of_user(os.environ))
    found = found_ports(named)
    for port in found:
        probed = probe(port) if port.named and not no_probe else None
        if as_json:
            click.echo(to_json(_object(port, probed)))
        else:
            click.echo(f"{port.path}  {port.description}  {_words(port, probed)}")
    if not found:
        click.echo("no serial ports", err=True)


@ports.command()
@click.argument("port")
def name(port: str) -> None:
    """Name PORT: from now on guns are looked for on it."""
    _change(NamedPorts.of_user(os.environ), port, forget=False)


@ports.command()
@click.argument("port")
def forget(port: str) -> None:
    """Forget PORT: nothing is written to it any more."""
    _change(NamedPorts.of_user(os.environ), port, forget=True)


def _read(named: NamedPorts) -> frozenset[str]:
    try:
        return named.all()
    except PortsFileError as error:
        raise CommandError(str(error), right="mend or remove that file") from error


def _change(named: NamedPorts, port: str, *, forget: bool) -> None:
    identity = identity_of(port)
    try:
        if forget and identity not in named.all():
            raise CommandError("was never named", where=port)
        if forget:
            named.remove(identity)
        else:
            named.add(identity)
    except PortsFileError as error:
        raise CommandError(str(error), right="mend or remove that file") from error


def _object(port: FoundPort, probed: Probe | None) -> dict[str, Any]:
    welcome = None if probed is None else probed.welcome
    return {
        "port": port.path,
        "description": port.description,
        "named": port.named,
        "gun": None
        if welcome is None
        else {
            "model": welcome.model,
            "serial": welcome.serial,
            "firmware": welcome.firmware,
            "protocol": welcome.version,
            "shots": welcome.shots,
            "volume_nl": welcome.volume_nl,
        },
        "why_not": None if probed is None or welcome is not None else probed.why_not,
    }


def _words(port: FoundPort, probed: Probe | None) -> str:
    if not port.named:
        return "not named; nothing was written to it"
    if probed is None:
        return "named"
    if probed.welcome is None:
        return f"named; {probed.why_not.removeprefix(f'{port.path}: ')}"
    gun = probed.welcome
    return (
        f"named; {gun.model} {gun.serial}, firmware {gun.firmware}, {gun.shots} shots in its life"
    )
