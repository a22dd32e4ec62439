"""The console's terminal: Textual's Linux driver, made to stop and to be honest.

It differs from Textual's own in four things. STOP is sent by the input thread, before
and independent of the event loop. The terminal's answer to "are you there" is
recognised there too, and never becomes a key. Writing never makes the event loop
wait. A terminal that hangs up ends the console in order instead of spinning on
end-of-file, and bytes that are no UTF-8 are shown as such instead of ending it.
"""

import os
import selectors
from codecs import getincrementaldecoder
from typing import Any, Final, Protocol, assert_never, cast

from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from typing_extensions import override

from injector.tui.terminal.parser import ConsoleParser
from injector.tui.terminal.sight import Ask
from injector.tui.terminal.tap import QUESTION, Heard, InputTap
from injector.tui.terminal.writer import TerminalWriter

_TICK_S: Final = 0.1
"""How often the parser is asked whether an Escape was one."""


class TerminalUser(Protocol):
    """Who is told what happens on the terminal. Called on the driver's own threads."""

    @property
    def stop_keys(self) -> frozenset[str]:
        """The function keys that are STOP."""

    def stop_pressed(self) -> None:
        """STOP was pressed: send it now, from this thread."""

    def escape_pressed(self) -> bool:
        """Escape was pressed. Whether it meant STOP, and is not to be passed on."""

    def terminal_answered(self) -> None:
        """The terminal has taken everything up to the question."""

    def mark_written(self) -> None:
        """The write of everything up to the mark has returned."""

    def terminal_behind(self) -> None:
        """The terminal reads again, after something that was drawn had to be dropped."""

    def terminal_gone(self) -> None:
        """The terminal has hung up."""


class Guarded(Protocol):
    """An app that has one."""

    guard: TerminalUser


class ConsoleDriver(LinuxDriver):
    """Drives the terminal of an app that is `Guarded`."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._user = cast(Guarded, app).guard
        self._writer: TerminalWriter | None = None

    def ask(self, what: Ask) -> None:
        """Write a question or a mark behind everything that was drawn so far."""
        if self._writer is None:
            return
        match what:
            case Ask.QUESTION:
                self._writer.write(QUESTION)
            case Ask.MARK:
                self._writer.write("", self._user.mark_written)
            case _:
                assert_never(what)

    @override
    def write(self, data: str) -> None:
        if self._writer is not None:
            self._writer.write(data)

    @override
    def start_application_mode(self) -> None:
        if self._file is None:
            raise RuntimeError("the console needs a terminal on standard error")
        self._writer = TerminalWriter(
            self._file.fileno(), redraw=self._user.terminal_behind, gone=self._user.terminal_gone
        )
        super().start_application_mode()  # type: ignore[no-untyped-call] # as Textual has it

    @override
    def stop_application_mode(self) -> None:
        if self._writer is not None:
            self._writer.clear()  # nobody needs a screen that is being left
        super().stop_application_mode()

    @override
    def close(self) -> None:
        super().close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @override
    def run_input_thread(self) -> None:
        tap = InputTap(self._user.stop_keys)
        parser = ConsoleParser(tap)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_TICK_S):
                    data = self._read()
                    if not data:
                        self._user.terminal_gone()
                        return
                    self._tell(tap.feed(data))
                    if text := decode(data):  # an empty text would end the parser
                        for message in parser.feed(text):
                            self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    @override
    def process_message(self, message: Message) -> None:
        escape = isinstance(message, events.Key) and message.key == "escape"
        if not (escape and self._user.escape_pressed()):
            super().process_message(message)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:  # EIO: the other side of the terminal has closed
            return b""

    def _tell(self, heard: list[Heard]) -> None:
        for each in heard:
            match each:
                case Heard.STOP:
                    self._user.stop_pressed()
                case Heard.ANSWER:
                    self._user.terminal_answered()
                case _:
                    assert_never(each)
