"""``injector doctor``: whether this computer is fit for the console."""

import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from injector.cli.exits import Exit
from injector.cli.health import Level, look
from injector.cli.log_place import log_option
from injector.report.json_text import to_json


@click.command()
@log_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each finding.")
def doctor(*, path: Path, as_json: bool) -> None:
    """Look at terminal, locale, settings, ports, disk, files, shot log and clock.

    Changes nothing and writes to no port. Exits with 1 where something fails.
    """
    levels: Counter[Level] = Counter()
    for found in look(os.environ, path):
        levels[found.level] += 1
        if as_json:
            click.echo(to_json(asdict(found)))
            continue
        click.echo(f"{found.level.value:<4}  {found.name:<9} {found.told}")
        if found.right:
            click.echo(f"{'':<16}{found.right}")
    if not as_json:
        click.echo(", ".join(f"{levels[level]} {level.value}" for level in Level), err=True)
    if levels[Level.FAIL]:
        raise SystemExit(Exit.FAILED)
