"""The hand that holds the gun: a script's, or a person's through the control channel.

A hand pulls and lets go, presses the nose on skin and lifts it, and knows only
what a person can: the light on the gun, and the shots it feels. It never sees the
wire. It takes its steps one after the other, each when the one before is done, and
runs on the caller's clock.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from simulator.acts import (
    Act,
    LineError,
    Pull,
    Repeat,
    Shoot,
    Step,
    Trigger,
    WaitArmed,
    WaitGrantEnd,
    WaitMs,
    WaitShots,
    parse_line,
)
from simulator.firmware import Light

Shown: TypeAlias = dict[str, object]
"""What an act lets a person see, ready for JSON; empty where there is nothing to see."""

_AGAIN_MS: Final = 250
_SPENT: Final = frozenset(
    {Light.OFF, Light.STOPPED, Light.IDLE, Light.PRIME, Light.SELF_TEST, Light.FAULT, Light.SHOWN}
)
"""The lights that say that there is nothing to shoot."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person sees and feels at one instant."""

    light: Light
    begun: int
    """Shots felt to begin, ever."""
    ended: int
    """Shots felt to end, ever."""


class Held(Protocol):
    """The gun in the hand."""

    def act(self, act: Act, now_us: int) -> Shown:
        """Do ``act`` to the gun. Raises ``LineError`` where the gun cannot take it."""
        ...

    def sight(self) -> Sight:
        """Return what there is to see and feel."""
        ...

    def stir(self) -> None:
        """A hand was given something to do."""
        ...


@dataclass(frozen=True, slots=True)
class _Until:
    """What a hand waits for: an instant, or something it sees."""

    at_us: int | None = None
    seen: Callable[[Sight], bool] | None = None


class Hand:
    """A hand with steps to take. ``gun`` is what it holds."""

    def __init__(self, gun: Held) -> None:
        self._gun = gun
        self._steps: deque[Step] = deque()
        self._running: Generator[_Until, None, Shown] | None = None
        self._waits: _Until | None = None
        self._now_us = 0
        self._mark = gun.sight().ended
        self._done: deque[Shown | LineError] = deque()

    @property
    def idle(self) -> bool:
        """Whether no step is left."""
        return self._running is None and not self._steps

    def feed(self, step: Step) -> None:
        """Add a step after those that wait."""
        self._steps.append(step)
        self._gun.stir()

    def take_done(self) -> list[Shown | LineError]:
        """Return how each step that is done since the last call ended, in order."""
        done = list(self._done)
        self._done.clear()
        return done

    def tick(self, now_us: int) -> bool:
        """Take every step that can be taken at ``now_us``; return whether any was."""
        self._now_us = now_us
        moved = False
        while self._ready():
            moved = True
            if self._running is None:
                self._running = self._take(self._steps.popleft())
            try:
                self._waits = next(self._running)
            except StopIteration as end:
                self._finish(end.value)
            except LineError as error:
                self._finish(error)
        return moved

    def due(self) -> int | None:
        """Return when the hand goes on even if nothing is seen; None for never."""
        return None if self._waits is None else self._waits.at_us

    def _ready(self) -> bool:
        if self._running is None:
            return bool(self._steps)
        waits = self._waits
        if waits is None:
            return True
        if waits.at_us is not None and self._now_us >= waits.at_us:
            return True
        return waits.seen is not None and waits.seen(self._gun.sight())

    def _finish(self, result: Shown | LineError) -> None:
        self._running = None
        self._waits = None
        self._done.append(result)

    def _take(self, step: Step) -> Generator[_Until, None, Shown]:
        match step:
            case Pull():
                self._gun.act(Trigger(held=True), self._now_us)
                yield self._later(step.ms)
                self._gun.act(Trigger(held=False), self._now_us)
            case Shoot():
                yield from self._shoot(step.ms)
            case WaitMs():
                yield self._later(step.ms)
            case WaitArmed():
                yield _Until(seen=lambda sight: sight.light is Light.ARMED)
                self._mark = self._gun.sight().ended
            case WaitGrantEnd():
                yield _Until(seen=_spent)
            case WaitShots():
                enough = self._mark + step.count
                yield _Until(seen=lambda sight: sight.ended >= enough or _spent(sight))
                self._mark = min(enough, self._gun.sight().ended)
            case Repeat():
                yield from self._repeat(step)
            case _:
                return self._gun.act(step, self._now_us)
        return {}

    def _shoot(self, hold_ms: int) -> Generator[_Until, None, None]:
        before = self._gun.sight()
        while not _spent(self._gun.sight()):
            self._gun.act(Trigger(held=True), self._now_us)
            yield self._later(hold_ms)
            begun = self._gun.sight().begun - before.begun
            if begun > 0:
                yield _ended(before.ended + begun)
            self._gun.act(Trigger(held=False), self._now_us)
            if begun > 0:
                return
            yield self._later(_AGAIN_MS)

    def _repeat(self, step: Repeat) -> Generator[_Until, None, None]:
        rounds = 0
        while True:
            if step.times is not None and rounds == step.times:
                return
            for inner in step.repeat:
                if step.until is not None and _spent(self._gun.sight()):
                    return
                yield from self._take(inner)
            rounds += 1

    def _later(self, ms: int) -> _Until:
        return _Until(at_us=self._now_us + ms * 1_000)


def _ended(shots: int) -> _Until:
    return _Until(seen=lambda sight: sight.ended >= shots)


def _spent(sight: Sight) -> bool:
    return sight.light in _SPENT


class ScriptError(ValueError):
    """A hand script has a line that is no step; the message says which, and what would be."""


def parse_script(text: str, name: str) -> list[Step]:
    """Return the steps of a script: one JSON object a line; empty lines and ``#`` lines pass.

    Raises ``ScriptError``, which names ``name`` and the line.
    """
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            steps.append(parse_line(line))
        except LineError as error:
            raise ScriptError(f"{name}, line {number}: {error}") from error
    return steps
