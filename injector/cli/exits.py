"""How every command ends, and the one shape of an error.

stdout carries data, stderr carries talk. A script can rely on the numbers here.
"""

from enum import IntEnum, unique

import click
from typing_extensions import override

from injector.report.visible import visible


@unique
class Exit(IntEnum):
    """Exit statuses of the ``injector`` command."""

    OK = 0
    """Everything asked for was done."""
    FAILED = 1
    """The command ran, and the answer is no: a log that does not verify, a session cut short."""
    BAD_INPUT = 2
    """What was given cannot be used: an option, a plan, a library, a path. Nothing was changed."""
    REFUSED = 3
    """A limit refused it. Nothing was sent to the device."""
    DEVICE = 4
    """The port is open, and no gun answers on it, or it stopped, failed or was taken."""
    LOG = 5
    """The shot log cannot be written, so nothing may be fired."""
    UNSUPPORTED = 6
    """This platform is not supported yet, or what an extra brings is not installed."""
    INTERRUPTED = 130
    """Stopped by a signal, in order: disarmed, log closed."""


class CommandError(click.ClickException):
    """Ends a command with one clear message on stderr.

    ``where`` says what the message is about (a file and the place in it, an
    option, a port), ``wrong`` what is wrong there, ``right`` what would be right.
    """

    def __init__(
        self, wrong: str, *, where: str = "", right: str = "", exit_code: Exit = Exit.BAD_INPUT
    ) -> None:
        lines = [f"{where}: {wrong}" if where else wrong]
        if right:
            lines.append(f"  {right}")
        super().__init__("\n".join(lines))
        self.exit_code = int(exit_code)  # type: ignore[misc] # click reads it off the instance

    @override
    def show(self, file: object = None) -> None:
        """Print the message on stderr; stdout is for data only.

        What a stranger wrote may stand in it, so what draws nothing is shown as an escape.
        """
        said = visible(self.message, keep="\n")
        click.echo(f"error: {said}", err=True)
