"""Keys take turns: the next one is handed out once the one before has had its effect.

Textual hands a key to whatever has the focus at that moment; what it leads to (the next
field, a dialog) happens some messages later. Whoever types on at once, or a scanner or a
pedal that does, would write into the wrong field, or open a list twice. So what is typed
meanwhile waits here, in its order. Letters on their way into one field need no turns.

Whether a key has had its effect is seen by a marker that goes the way that a message goes,
from the focus up to the application, where what a key is bound to is done; then it goes again,
until a round found nothing waiting, and focus and screen where they were.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.timer import Timer
from textual.widgets import Input

Typed: TypeAlias = events.Key | events.Paste
_WATCH_S: Final = 0.05
_STILL_S: Final = 1.0
"""A key whose effect took longer: the screen stood still, and what was typed to it is dropped."""
_OLD_S: Final = 3.0
"""Nothing is done that was typed longer ago."""
_MOST_WATCHES: Final = 20
"""A marker that is nowhere to be seen for a second is not waited for: a widget hangs."""


class Turns:
    """Who is next. ``give`` hands a key out, ``lasts`` says that one is never too old."""

    def __init__(
        self,
        app: App[None],
        give: Callable[[Typed], Awaitable[None]],
        lasts: Callable[[Typed], bool],
    ) -> None:
        self._app, self._give, self._lasts = app, give, lasts
        self._waiting: deque[Typed] = deque()
        self._way: list[MessagePump] = []
        self._at: MessagePump | None = None
        self._round = self._rounds = self._watches = 0
        self._empty = True
        self._from: tuple[object, object] = (None, None)
        self._watch: Timer | None = None
        self._began_s = 0.0

    @property
    def busy(self) -> bool:
        """Whether a key has yet to have its effect."""
        return self._watch is not None

    async def take(self, event: Typed) -> None:
        """Hand the key out, or keep it until it is its turn."""
        if self.busy:
            self._waiting.append(event)
        else:
            await self._hand(event)

    async def _hand(self, event: Typed) -> None:
        letter = isinstance(event, events.Paste) or event.is_printable
        await self._give(event)
        if not (letter and isinstance(self._app.focused, Input)):
            self._rounds = self._watches = 0
            self._began_s = time.monotonic()
            self._watch = self._app.set_interval(_WATCH_S, self._look)
            self._begin()

    # -- the marker ----------------------------------------------------------------------

    def _begin(self) -> None:
        """Send the marker on its way."""
        self._round += 1
        self._empty = True
        self._from = self._now
        start = self._app.focused or self._app.screen
        self._way = list(start.ancestors_with_self)
        self._step()

    @property
    def _now(self) -> tuple[object, object]:
        return (self._app.screen, self._app.focused)

    def _step(self) -> None:
        """Put the marker behind whatever waits at the next place of its way."""
        while self._way:
            self._at = self._way.pop(0)
            if self._at.call_later(self._passed, self._at, self._round):
                return
        self._app.call_later(self._arrived, self._round)

    async def _passed(self, pump: MessagePump, of_round: int) -> None:
        if of_round == self._round:
            self._watches = 0
            self._empty = self._empty and pump.message_queue_size == 0
            self._step()

    async def _arrived(self, of_round: int) -> None:
        if of_round != self._round:
            return
        self._rounds += 1
        if self._rounds > 1 and self._empty and self._now == self._from:
            await self._over()
        else:
            self._begin()

    def _look(self) -> None:
        """Send another marker where the one on its way went with its widget, or hangs."""
        self._watches += 1
        if self._at is not None and not self._at.is_running:
            self._begin()
        elif self._watches > _MOST_WATCHES:
            self._round += 1
            self._app.call_later(self._over)

    async def _over(self) -> None:
        """The turn is over: hand out what waits, until one of them takes a turn again."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        now_s = time.monotonic()
        stood_still = now_s - self._began_s > _STILL_S
        if self._waiting and (stood_still or now_s - self._waiting[0].time > _OLD_S):
            # Half of what was typed is worse than nothing of it.
            self._waiting = deque(each for each in self._waiting if self._lasts(each))
        while self._waiting and not self.busy:
            await self._hand(self._waiting.popleft())
