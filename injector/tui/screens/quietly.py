"""Work on a screen that waits for the log, and may come back when nobody is there any more."""

from collections.abc import Awaitable

from textual.css.query import NoMatches

from injector.shotlog.errors import LogError
from injector.tui.screens.base import ConsoleScreen


async def quietly(screen: ConsoleScreen, work: Awaitable[None]) -> None:
    """Do it. A log that cannot be read is said; that somebody has left the screen is no error."""
    try:
        await work
    except LogError as error:
        if screen.is_running:
            screen.console.say(str(error), wrong=True)
    except NoMatches:
        if screen.is_attached and not screen._pruning:  # noqa: SLF001 - Textual says it nowhere else
            raise
