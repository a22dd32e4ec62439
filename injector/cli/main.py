"""The one command, ``injector``. Its subcommands are imported when they are used.

Starting fast matters: most of what a subcommand needs (Textual, SQLite, the
simulator) is nothing to another one.
"""

import importlib
import os
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click
from typing_extensions import override

from injector import __version__
from injector.cli.exits import CommandError, Exit
from injector.report.visible import visible

# Looking for plugins of pydantic's reads what every installed package says of itself; we have none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "demo": ("injector.cli.demo", "A session on the simulator, from start to verified log."),
        "run": ("injector.cli.run", "Run a plan as a training session."),
        "plan": ("injector.cli.plan", "What is due for whom, and one patient's course."),
        "console": ("injector.cli.console", "The operator console."),
        "config": ("injector.cli.config", "The console's settings, and where each comes from."),
        "doctor": ("injector.cli.doctor", "Whether this computer is fit for the console."),
        "ports": ("injector.cli.ports", "List serial ports, and guns on the named ones."),
        "staff": ("injector.cli.staff", "Who works here, and in which role."),
        "simulate": ("injector.cli.simulate", "Serve a simulated gun."),
        "soak": ("injector.cli.soak", "The whole house under drawn faults, for engineers."),
        "library": ("injector.cli.library", "Look at limit libraries, check and compare them."),
        "limits": ("injector.cli.limits", "The limits a plan lives under, and their verdict."),
        "log": ("injector.cli.log", "Read the shot log, check it, and prove what stands in it."),
        "audit": ("injector.cli.audit", "The log as a web for auditors, on this computer."),
        "report": ("injector.cli.report", "Reports: a session, a patient's card, a period."),
        "completion": ("injector.cli.completion", "Print the shell's completion script."),
    }
)
"""Name, module and one line of help, so that ``--help`` imports nothing. The command's
object has its name in that module."""


class _LazyGroup(click.Group):
    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        where = _COMMANDS.get(cmd_name)
        if where is None:
            return None
        command = getattr(importlib.import_module(where[0]), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{where[0]}.{cmd_name} is no command")
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, where[1]) for name, where in _COMMANDS.items()])


@click.command(cls=_LazyGroup)
@click.version_option(__version__, prog_name="injector")
def cli() -> None:
    """The host for Pistor-type injection guns: enforced limits, a log of every shot.

    Data goes to stdout, talk to stderr. Exit statuses: 0 done, 1 the answer is no,
    2 bad input, 3 refused by a limit, 4 no gun, 5 the log cannot be written.
    """


def main() -> None:
    """Run the command line; never returns."""
    if sys.platform != "linux":
        click.echo(
            f"error: {sys.platform} is not supported yet; injector runs on Linux only", err=True
        )
        sys.exit(Exit.UNSUPPORTED)
    try:
        status = cli.main(prog_name="injector", standalone_mode=False)
    except CommandError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        # click's own errors in the same shape as ours.
        command = (
            error.ctx.command_path
            if isinstance(error, click.UsageError) and error.ctx
            else "injector"
        )
        said = visible(error.format_message(), keep="\n")
        click.echo(f"error: {said}\n  see `{command} --help`", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(Exit.INTERRUPTED)
    sys.exit(status if isinstance(status, int) else Exit.OK)


if __name__ == "__main__":
    main()
