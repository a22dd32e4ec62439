"""What the console does on the terminal's own threads, whatever its event loop is doing.

Everything here is called by the driver's input and output threads. It touches no
widget and waits for nothing: STOP goes down the engine's own pipe, a sign of life
into the postbox, the rest is only handed over to the loop.
"""

from collections.abc import Callable

from injector.tui.handle import Wires
from injector.tui.terminal.sight import Ask, By, Sight
from injector.tui.terminal.tap import STOP_KEYS


class Guard:
    """The `TerminalUser` of a console.

    ``redraw`` and ``gone`` hand over to the event loop that the screen must be drawn
    anew, and that there is no terminal any more. ``stop_keys`` are the function keys
    that are STOP.
    """

    def __init__(
        self,
        wires: Wires,
        *,
        operator: Callable[[], str | None],
        clock_us: Callable[[], int],
        redraw: Callable[[], None],
        gone: Callable[[], None],
        stop_keys: frozenset[str] = STOP_KEYS,
    ) -> None:
        self.stop_keys = stop_keys
        self._wires = wires
        self._operator = operator
        self._clock_us = clock_us
        self._redraw = redraw
        self._gone = gone
        self._sight = Sight()

    @property
    def by(self) -> By:
        """What the proof that the console is seen rests on."""
        return self._sight.by

    def ask(self) -> Ask | None:
        """What to ask the terminal now, after something was drawn. Called by the loop."""
        return self._sight.ask(self._clock_us())

    def stop_pressed(self) -> None:
        """STOP: down the engine's own pipe, from whatever thread asks."""
        self._wires.engine.stop(self._operator())

    def escape_pressed(self) -> bool:
        """Escape is STOP while armed; whether it was."""
        newest = self._wires.mailbox.newest
        if newest is None:
            return False
        from injector.tui.look import ARMED  # noqa: PLC0415 - loaded with the first snapshot

        armed = newest.state in ARMED
        if armed:
            self.stop_pressed()
        return armed

    def terminal_answered(self) -> None:
        """The terminal has taken what was drawn."""
        if self._sight.answered(self._clock_us()):
            self._seen()

    def mark_written(self) -> None:
        """The write of what was drawn has returned."""
        if self._sight.written(self._clock_us()):
            self._seen()

    def terminal_behind(self) -> None:
        """Something that was drawn had to be dropped."""
        self._redraw()

    def terminal_gone(self) -> None:
        """The terminal has hung up: nobody sees anything any more."""
        from injector.control.inputs import Shutdown  # noqa: PLC0415 - after the first screen

        self._wires.postbox.post(Shutdown("console_lost", leave_open=True))
        self._gone()

    def _seen(self) -> None:
        from injector.control.inputs import ConsoleSeen  # noqa: PLC0415 - after the first screen

        self._wires.postbox.post(ConsoleSeen())
