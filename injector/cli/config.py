"""``injector config``: the console's settings, and where each comes from."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from injector.cli.exits import CommandError, Exit
from injector.limits.faults import Fault
from injector.report.json_text import to_json
from injector.tui import config as reading
from injector.tui.settings import Settings, ThemeName
from injector.tui.speech import Language, use

LANGUAGE = click.option(
    "--language", type=click.Choice([each.value for each in Language]), help="What it speaks."
)
THEME = click.option(
    "--theme", type=click.Choice([each.value for each in ThemeName]), help="How it is coloured."
)


@click.group()
def config() -> None:
    """The console's settings: flags over the environment over the config file."""


@config.command()
@LANGUAGE
@THEME
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(*, language: str | None, theme: str | None, as_json: bool) -> None:
    """Print every setting in force and where it comes from."""
    found = read_config(language=language, theme=theme)
    values: dict[str, Any] = found.settings.model_dump(mode="json")
    keys = values.pop("keys")
    values |= {f"anchors.{name}": value for name, value in values.pop("anchors").items() if value}
    values |= {f"keys.{act}": key for act, key in keys.items()}
    if as_json:
        told = {name: {"value": v, "from": found.origins[name]} for name, v in values.items()}
        click.echo(to_json(told))
        return
    for name, value in values.items():
        click.echo(f"{name} = {to_json(value)}  ({found.origins[name]})")


@config.command()
def path() -> None:
    """Print where the config file lies, or would."""
    click.echo(reading.config_path())


@config.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def check(file: Path | None) -> None:
    """Say whether FILE, or this user's config file, can be used: every fault with its place."""
    given = reading.config_path() if file is None else file
    try:
        faults = reading.check(given.read_bytes())
    except FileNotFoundError:
        if file is not None:
            raise CommandError("no such file", where=str(file)) from None
        click.echo(f"{given}: no such file; every setting has its default")
        return
    except OSError as error:
        raise CommandError(f"cannot be read: {error.strerror}", where=str(given)) from error
    if faults:
        raise CommandError(_lines(faults), where=str(given))
    click.echo(f"{given}: can be used")


@config.command()
def schema() -> None:
    """Print the JSON Schema of config files."""
    from injector.tui.settings_schema import schema_text  # noqa: PLC0415 - the console needs none

    click.echo(schema_text(), nl=False)


def read_config(*, language: str | None = None, theme: str | None = None) -> reading.Config:
    """The settings in force. Raises ``CommandError`` with every fault."""
    try:
        return reading.load(os.environ, {"language": language, "theme": theme})
    except reading.ConfigError as error:
        raise CommandError(
            _lines(error.faults, file=reading.config_path()),
            right="mend it, or see `injector config check`",
            exit_code=Exit.BAD_INPUT,
        ) from error


def anchors_file() -> Path | None:
    """The file of checkpoints in the settings; None: beside the log. Raises ``CommandError``."""
    return read_config().settings.anchors.places().file


def speak(settings: Settings) -> None:
    """Speak the language of the settings. Raises ``CommandError`` where it is not installed."""
    if settings.language is not None:
        try:
            use(settings.language)
        except OSError as error:
            raise CommandError(
                f"the catalogue of {settings.language.value!r} cannot be read: {error}"
            ) from error


def _lines(faults: Sequence[Fault], file: Path | None = None) -> str:
    """A line for each fault; with ``file`` before those that are in the file."""
    outside = ("--", *reading.ENVIRONMENT.values())
    return "\n  ".join(
        f"{fault}" if file is None or fault.place.startswith(outside) else f"{file}: {fault}"
        for fault in faults
    )
