"""What every command that reads a shot log has in common: how it is opened, and what ends it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from injector.cli.exits import CommandError, Exit
from injector.shotlog.entries import Moment
from injector.shotlog.errors import LogDamaged, LogError, LogLocked
from injector.shotlog.reader import LogReader

_MOST_CANDIDATES: Final = 5


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


def as_command_error(error: LogError, *, then: str = "end it, then try again") -> CommandError:
    """What the log says is wrong, as the end of a command.

    ``then`` says what to do where an engine runs on the log, which alone writes it.
    """
    if isinstance(error, LogLocked):
        return CommandError(str(error), right=f"an engine runs on this log; {then}")
    code = Exit.FAILED if isinstance(error, LogDamaged) else Exit.BAD_INPUT
    return CommandError(str(error), exit_code=code)
