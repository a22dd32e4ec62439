"""The controller's states, and the one table of how they follow each other.

Whatever happens is first named as a turn; the table says where it leads from
where the controller is. A turn that the table does not know in a state cannot
happen there: asked for by a person it is refused, coming from ourselves it is a
mistake of this program and says so. The diagram in ``docs/states.md`` is drawn
from this table, so it cannot differ from what runs.
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from typing import Final


@unique
class State(StrEnum):
    """Where the host stands towards the gun."""

    OFFLINE = "offline"
    """No port, or no answer on it."""
    GREETING = "greeting"
    """Hello was sent."""
    SETTLING = "settling"
    """What the journal holds is being read and committed; nothing is granted."""
    READY = "ready"
    """All is accounted for; nothing is granted."""
    CONFIGURING = "configuring"
    """A setpoint was sent and is to be read back."""
    GRANTING = "granting"
    """A grant is being committed, then sent."""
    ARMED = "armed"
    """The gun holds a grant; the trigger decides."""
    PRIMING = "priming"
    """Priming is armed, off the skin; the trigger moves it."""
    DISARMING = "disarming"
    """The gun was told to let the grant go."""
    STOPPING = "stopping"
    """STOP was sent and is repeated until the gun confirms it."""
    RELEASING = "releasing"
    """An operator releases a STOP."""
    TAKEN = "taken"
    """Another host took the link; a person decides whether to take it back."""
    LOG_FAILED = "log_failed"
    """The shot log cannot be written: nothing is granted any more."""
    ENDED = "ended"
    """The host has let go of the gun for good."""


@unique
class Turn(StrEnum):
    """What leads from state to state."""

    PORT_OPENED = "port opened"
    PORT_LOST = "port lost"
    WELCOMED = "welcomed"
    NOT_WELCOME = "hello refused"
    LINK_GONE = "device forgot the link"
    LINK_TAKEN = "another host took the link"
    TAKE_BACK = "operator takes the link back"
    SETTLED = "all accounted for"
    ARM = "operator arms"
    READ_BACK = "setpoint read back"
    NOT_READ_BACK = "setpoint not as sent, or refused"
    GRANTED = "grant confirmed"
    NOT_GRANTED = "grant refused"
    PRIME = "operator arms priming"
    DISARM = "disarm asked"
    DISARMED = "disarm confirmed"
    STOP = "STOP asked, or latched by the device"
    STOPPED = "STOP confirmed"
    RELEASE = "operator releases"
    RELEASED = "release confirmed"
    NOT_RELEASED = "release refused"
    LOG_FAILED = "log write failed"
    END = "host lets go"


LINKED: Final = frozenset(
    {
        State.SETTLING,
        State.READY,
        State.CONFIGURING,
        State.GRANTING,
        State.ARMED,
        State.PRIMING,
        State.DISARMING,
        State.STOPPING,
        State.RELEASING,
    }
)
"""The states in which the gun obeys our link."""

GRANTING: Final = frozenset({State.CONFIGURING, State.GRANTING, State.ARMED, State.PRIMING})
"""The states on the way to an open grant or priming, and in it: what disarm ends."""

_OWN: Final[Mapping[State, Mapping[Turn, State]]] = {
    State.OFFLINE: {Turn.PORT_OPENED: State.GREETING},
    State.GREETING: {
        Turn.WELCOMED: State.SETTLING,
        Turn.NOT_WELCOME: State.OFFLINE,
        Turn.PORT_OPENED: State.GREETING,
    },
    State.SETTLING: {Turn.SETTLED: State.READY},
    State.READY: {
        Turn.ARM: State.CONFIGURING,
        Turn.RELEASE: State.RELEASING,
        Turn.PRIME: State.PRIMING,
    },
    State.CONFIGURING: {
        Turn.READ_BACK: State.GRANTING,
        Turn.NOT_READ_BACK: State.READY,
        Turn.DISARM: State.DISARMING,
    },
    State.GRANTING: {
        Turn.GRANTED: State.ARMED,
        Turn.NOT_GRANTED: State.DISARMING,
        Turn.DISARM: State.DISARMING,
    },
    State.ARMED: {Turn.DISARM: State.DISARMING},
    State.PRIMING: {Turn.DISARM: State.DISARMING},
    State.DISARMING: {Turn.DISARMED: State.SETTLING},
    State.STOPPING: {Turn.STOPPED: State.SETTLING},
    State.RELEASING: {Turn.RELEASED: State.READY, Turn.NOT_RELEASED: State.READY},
    State.TAKEN: {Turn.TAKE_BACK: State.GREETING, Turn.PORT_LOST: State.TAKEN},
    State.LOG_FAILED: {
        Turn.PORT_LOST: State.LOG_FAILED,
        Turn.STOP: State.LOG_FAILED,
        Turn.END: State.ENDED,
    },
    State.ENDED: dict.fromkeys((Turn.PORT_LOST, Turn.STOP, Turn.END), State.ENDED),
}


def _table() -> dict[tuple[State, Turn], State]:
    """The states' own turns, and those that lead away from every state alike."""
    table = {(state, turn): to for state, turns in _OWN.items() for turn, to in turns.items()}
    for state in State:
        if state in (State.LOG_FAILED, State.ENDED):
            continue
        everywhere = {
            Turn.PORT_LOST: State.OFFLINE,
            Turn.LOG_FAILED: State.LOG_FAILED,
            Turn.END: State.ENDED,
        }
        if state in LINKED:
            everywhere |= {
                Turn.STOP: State.STOPPING,
                Turn.LINK_GONE: State.GREETING,
                Turn.LINK_TAKEN: State.TAKEN,
            }
        for turn, to in everywhere.items():
            table.setdefault((state, turn), to)
    return table


TABLE: Final[Mapping[tuple[State, Turn], State]] = _table()


class OutOfOrderError(Exception):
    """This turn cannot happen in this state."""

    def __init__(self, state: State, turn: Turn) -> None:
        self.state, self.turn = state, turn
        super().__init__(f"«{turn}» cannot happen while {state}")


def follow(state: State, turn: Turn) -> State:
    """Return where ``turn`` leads from ``state``; ``OutOfOrderError`` where nowhere."""
    try:
        return TABLE[state, turn]
    except KeyError:
        raise OutOfOrderError(state, turn) from None


def possible(state: State, turn: Turn) -> bool:
    """Whether ``turn`` can happen in ``state``."""
    return (state, turn) in TABLE
