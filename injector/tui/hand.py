"""A hand on a simulated gun: lines to its control channel, and what came of them.

The channel is a Unix socket with one JSON object a line, each answered when it is done
(`docs/simulator.md`). A line may have to wait, so it happens on a thread; between two
lines the thread asks what there is to see.
"""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

_LOOK_S: Final = 0.25
"""How often the hand looks at the gun while it has nothing else to do."""
_ANSWER_S: Final = 10.0
_CONNECT_S: Final = 2.0
_MOST_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person who holds the gun sees and feels of it."""

    light: str
    trigger: bool
    contact: bool
    power: bool
    plugged: bool
    battery_pct: int
    syringe_nl: int
    syringe_left_nl: int
    shots: int
    """Felt, ever."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Something was not done, and why."""

    why: str


Tell = Callable[[Seen | Missed], None]


class Hand:
    """Does things to a simulated gun. ``tell`` is called on the hand's own thread."""

    def __init__(self, path: Path, tell: Tell) -> None:
        self._path, self._tell = path, tell
        self._lines: SimpleQueue[Mapping[str, object] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="hand", daemon=True)
        self._thread.start()

    def do(self, what: str, **fields: object) -> None:
        """Do it; returns at once."""
        self._lines.put({"do": what, **fields})

    def close(self) -> None:
        """Let the trigger go, and take the hand off; returns at once."""
        self._lines.put({"do": "trigger", "held": False})
        self._lines.put(None)

    def _run(self) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
                channel.settimeout(_CONNECT_S)
                channel.connect(str(self._path))
                channel.settimeout(_ANSWER_S)
                self._serve(channel)
        except (OSError, ValueError) as error:
            self._tell(Missed(f"no hand on the gun: {error}"))

    def _serve(self, channel: socket.socket) -> None:
        with channel.makefile("rb") as answers:

            def ask(line: Mapping[str, object]) -> dict[str, Any]:
                channel.sendall(json.dumps(line).encode("ascii") + b"\n")
                said = answers.readline(_MOST_BYTES)
                if not said:
                    raise OSError("the simulator has ended")
                answer = json.loads(said)
                if not isinstance(answer, dict):
                    raise ValueError("what answers is no simulator")  # noqa: TRY004 -- about a value
                if "error" in answer:
                    self._tell(Missed(str(answer["error"])))
                return answer

            while True:
                try:
                    line = self._lines.get(timeout=_LOOK_S)
                except Empty:
                    line = {"do": "state"}
                if line is None:
                    return
                ask(line)
                state = ask({"do": "state"}).get("state")
                if isinstance(state, dict):
                    self._tell(_seen(state))


def _seen(state: Mapping[str, Any]) -> Seen:
    def whole(name: str) -> int:
        value = state.get(name)
        return value if isinstance(value, int) else 0

    return Seen(
        light=str(state.get("light")),
        trigger=bool(state.get("trigger")),
        contact=bool(state.get("contact")),
        power=bool(state.get("power")),
        plugged=bool(state.get("plugged")),
        battery_pct=whole("battery_pct"),
        syringe_nl=whole("syringe_nl"),
        syringe_left_nl=whole("syringe_left_nl"),
        shots=whole("shots_felt"),
    )
