"""Writes to the terminal without ever making anyone wait.

A terminal can stop reading: a suspended ssh, a frozen window, Ctrl-S. Whoever writes
to it then waits for as long as it likes. Textual's own writer holds back thirty
writes and then lets the event loop wait, which would leave SIGTERM unanswered.
Here a thread waits, and the loop goes on: what does not fit is dropped, and when the
terminal reads again the whole screen is drawn anew.

The bytes go to the descriptor, not through Python's file object: a thread that hangs
in a write would hold that object's lock, and the interpreter would end in a crash.
"""

import os
import select
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import Final

MOST_BYTES: Final = 1 << 18
"""What may wait to be written: some twenty full screens."""
_END_S: Final = 1.0

Call = Callable[[], None]


class TerminalWriter:
    """Writes to the descriptor ``fd`` on a thread of its own.

    ``redraw`` is called on that thread when everything was written after something
    had to be dropped; ``gone`` when the terminal has hung up.
    """

    def __init__(self, fd: int, *, redraw: Call, gone: Call) -> None:
        self._fd = fd
        self._redraw = redraw
        self._gone = gone
        self._changed = Condition()
        self._queue: deque[tuple[bytes, Call | None]] = deque()
        self._waiting = 0
        self._dropped = self._over = self._hung_up = False
        self._thread = Thread(target=self._run, name="terminal-output", daemon=True)
        self._thread.start()

    def write(self, text: str, written: Call | None = None) -> None:
        """Take text to be written; ``written`` is called once the terminal has taken it."""
        data = text.encode("utf-8", "replace")
        with self._changed:
            if self._hung_up:
                return
            if self._waiting + len(data) > MOST_BYTES:
                self._dropped = True
                return
            self._waiting += len(data)
            self._queue.append((data, written))
            self._changed.notify()

    def clear(self) -> None:
        """Drop what waits: what comes next makes it pointless."""
        with self._changed:
            self._queue.clear()
            self._waiting = 0
            self._dropped = False

    def close(self) -> None:
        """Write what waits, unless the terminal takes nothing any more; ends the thread."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(_END_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._over:
                    self._changed.wait()
                if not self._queue:
                    return
                data, written = self._queue.popleft()
            if not self._put(data):
                with self._changed:
                    self._hung_up = True
                    self._queue.clear()
                self._gone()
                return
            if written is not None:
                written()
            with self._changed:
                self._waiting = max(0, self._waiting - len(data))
                redraw = self._dropped and not self._queue
                self._dropped = self._dropped and not redraw
            if redraw:
                self._redraw()

    def _put(self, data: bytes) -> bool:
        """Write it all; False where the terminal has hung up."""
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:  # somebody else left the terminal non-blocking
                select.select([], [self._fd], [])
            except OSError:
                return False
        return True
