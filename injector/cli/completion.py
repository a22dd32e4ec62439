"""``injector completion``: the script that a shell loads."""

import click
from click.shell_completion import get_completion_class

from injector.cli.exits import CommandError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL.

    For bash: injector completion bash > ~/.local/share/bash-completion/completions/injector
    """
    from injector.cli.main import cli  # noqa: PLC0415 -- the group imports its commands lazily

    kind = get_completion_class(shell)
    if kind is None:
        raise CommandError(f"no completion for {shell}")
    click.echo(kind(cli, {}, "injector", "_INJECTOR_COMPLETE").source())
