"""Whether anyone can see the console: the proof that is sent to the engine.

Theory
------
The engine disarms when the console has not proved for a second that it can be seen.
A timer proves nothing: one went on ticking for ten seconds on a terminal that had
stopped reading. What proves it is the round trip. After a snapshot was drawn, the
event loop asks the terminal for its status; the answer, recognised on the input
thread, can only come when the loop is alive (it asked), and when the terminal has
taken every byte that was drawn before the question. An answer that took longer than
`FRESH_US` proves only what was seen long ago, and is not passed on.

One question is outstanding at a time, since answers carry no number: with more, an
answer that is late would pass for a prompt one to a later question. A question
that is not answered for `FORGET_US` is given up.

Some terminals never answer. When `PATIENCE_US` have passed since the first question
without an answer, a *mark* is written behind everything drawn, and the return of
that write is taken instead: weaker, since a terminal's buffers must fill before a
write stands still. The console says so on its screen. The first answer ends this
for good.
"""

from enum import Enum, unique
from threading import Lock
from typing import Final

ASK_US: Final = 250_000
"""The terminal is asked at most this often."""
FRESH_US: Final = 500_000
"""An answer that took longer does not show that the console is seen now."""
FORGET_US: Final = 5_000_000
PATIENCE_US: Final = 2_000_000


@unique
class By(Enum):
    """What the proof rests on."""

    NOTHING = "nothing"
    """The terminal has not answered yet."""
    ANSWERS = "answers"
    """It answers."""
    WRITES = "writes"
    """It never has; writes that return are taken instead."""


@unique
class Ask(Enum):
    """What to write behind what was drawn."""

    QUESTION = "question"
    MARK = "mark"
    """Nothing but the wish to be told when everything before it was written."""


class Sight:
    """Keeps account of questions and answers. Safe to call from any thread.

    All times are microseconds of one monotonic clock.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._by = By.NOTHING
        self._asked_us: int | None = None
        self._waiting = False

    @property
    def by(self) -> By:
        """What the proof rests on."""
        return self._by

    def ask(self, now_us: int) -> Ask | None:
        """What to ask now, if anything; it then counts as asked."""
        with self._lock:
            since_us = FORGET_US if self._asked_us is None else now_us - self._asked_us
            if self._by is By.NOTHING and self._waiting and since_us >= PATIENCE_US:
                self._by, self._waiting = By.WRITES, False
            if since_us < (FORGET_US if self._waiting else ASK_US):
                return None
            self._asked_us, self._waiting = now_us, True
            return Ask.MARK if self._by is By.WRITES else Ask.QUESTION

    def answered(self, now_us: int) -> bool:
        """The terminal has answered; whether that proves that it is seen now."""
        with self._lock:
            # After marks, it is the answer to a question of long ago.
            first, self._by = self._by is By.WRITES, By.ANSWERS
            return self._settle(now_us) and not first

    def written(self, now_us: int) -> bool:
        """The write of the mark has returned; whether that must do for a proof."""
        with self._lock:
            return self._by is By.WRITES and self._settle(now_us)

    def _settle(self, now_us: int) -> bool:
        waiting, self._waiting = self._waiting, False
        return waiting and self._asked_us is not None and now_us - self._asked_us <= FRESH_US
