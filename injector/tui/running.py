"""Runs a console with its engine, and ends both in order however it ends.

Python handles a signal in the main thread between two steps of whatever that is
doing, so the handler here works while a widget holds the event loop: the order to
disarm leaves through the postbox's thread at once, and the loop is only asked to
draw the end. Textual handles neither SIGTERM nor SIGHUP: left alone they would kill
the process and leave the terminal in disorder.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING, Final

from injector.control.config import EngineConfig
from injector.control.process import EngineProcess, EngineStartError
from injector.tui.handle import Mailbox, Postbox, Wires
from injector.tui.speech import _

if TYPE_CHECKING:  # the engine begins before the console is loaded: both take their time at once
    from injector.control.snapshot import ConsoleState
    from injector.tui.app import ConsoleApp

_DRAWN_S: Final = 3.0
"""How long the engine waits at most for a first screen."""
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a console ended."""

    signal: int | None
    """The signal that ended it."""
    crashed: bool
    """A mistake of the console's own ended it; what it was is on stderr."""
    in_order: bool
    """The engine has ended in time."""
    last: "ConsoleState | None"
    """The newest snapshot."""


def run(config: EngineConfig, build: Callable[[Wires], "ConsoleApp"]) -> Ended:
    """Start the engine, run the console that ``build`` makes, end the engine.

    The engine begins once the first screen is drawn: loading it takes as long as loading
    the console, and nobody can do anything before there is a screen. Raises
    ``EngineStartError`` where it cannot open its log; the terminal is restored by then.
    """
    mailbox = Mailbox()
    engine = EngineProcess(config, mailbox.put)
    postbox = Postbox(engine.post)
    crashed, number, in_order = True, None, False
    Thread(target=_begin, args=(engine, mailbox), name="begin", daemon=True).start()
    try:
        app = build(Wires(engine, mailbox, postbox, config.port or _("any named port")))
        with _signals(app.signalled):
            app.run()
            crashed = app.return_code not in (0, None)
        number = app.signal
    finally:
        from injector.control.inputs import Shutdown  # noqa: PLC0415 - see above

        reason = "console_crashed" if crashed else "console_ended"
        postbox.post(Shutdown(reason, leave_open=True))  # the first order to end is the one
        postbox.close()
        in_order = engine.join()
    if engine.failure:
        raise EngineStartError(engine.failure)
    return Ended(signal=number, crashed=crashed, in_order=in_order, last=mailbox.newest)


def _begin(engine: EngineProcess, mailbox: Mailbox) -> None:
    mailbox.attached.wait(_DRAWN_S)
    engine.begin()


@contextmanager
def _signals(call: Callable[[int], None]) -> Iterator[None]:
    """Hand every signal that ends the console to ``call``."""

    def hand_over(number: int, _: FrameType | None) -> None:
        call(number)

    before = {number: signal.signal(number, hand_over) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
