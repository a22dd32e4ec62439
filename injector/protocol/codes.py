"""The numbers that stand for something on the wire.

A number once given keeps its meaning for good; a new one is added at the end
and raises the protocol's version.
"""

from enum import STRICT, IntEnum, IntFlag, unique
from typing import Final

PROTOCOL_VERSION: Final = 1
LEASE_MS: Final = 500
"""How long after it sent a status the device may move on the strength of its echo."""
BEAT_MS: Final = 100
"""How often the host beats while a link is up."""
JOURNAL_SLOTS: Final = 256
"""Entries that the journal of the bundled gun holds."""
JOURNAL_RESERVE: Final = 8
"""Journal slots kept for faults: no grant may count on them."""
ARMED_LINE_BYTES: Final = 48
"""The longest host frame on the line while armed: what may stand before a STOP."""
SLICE_MS: Final = 500
"""The longest slice of a perfusion: each is debited and journalled like one shot."""


@unique
class Mode(IntEnum):
    """What one pull of the trigger does."""

    SINGLE = 1
    """One shot for each pull."""
    REPEAT = 2
    """Shot after shot at the cadence while the trigger is held."""
    BURST = 3
    """A fixed number of shots at the cadence, fewer when the trigger is let go."""
    PERFUSION = 4
    """Flow without a stroke while the trigger is held, in slices."""


@unique
class DeviceState(IntEnum):
    """What the gun is doing, as its status says it."""

    STOPPED = 0
    """STOP is latched; nothing moves until it is released."""
    IDLE = 1
    """Nothing is granted."""
    ARMED = 2
    """A grant is open; the trigger decides."""
    FIRING = 3
    """A shot or a slice is in motion."""
    PRIMING = 4
    """Prime is armed or in motion: contact open, trigger moves it."""
    SELF_TEST = 5
    """Self-test is armed or in motion: contact open, trigger moves it."""


class Faults(IntFlag, boundary=STRICT):
    """What is wrong with the gun. A fault stays set until its cause has gone
    and a ``disarm`` has been answered."""

    OCCLUSION = 1 << 0
    AIR = 1 << 1
    EMPTY = 1 << 2
    STUCK_TRIGGER = 1 << 3
    LOW_BATTERY = 1 << 4
    DRIVE = 1 << 5
    MEMORY = 1 << 6


class Inhibits(IntFlag, boundary=STRICT):
    """Why a pull of the trigger gives no shot now. None set: it would."""

    STOPPED = 1 << 0
    NO_GRANT = 1 << 1
    EXHAUSTED = 1 << 2
    """The grant's shots or volume are used up."""
    LEASE = 1 << 3
    """No status that is young enough has been echoed."""
    CONTACT = 1 << 4
    """The sensor does not feel skin (for prime and self-test: it does)."""
    TRIGGER_HELD = 1 << 5
    """The trigger has not been seen let go since it had to be."""
    FAULT = 1 << 6
    JOURNAL_FULL = 1 << 7
    CADENCE = 1 << 8
    """The last shot was too short a time ago."""


@unique
class Ending(IntEnum):
    """How a motion ended."""

    COMPLETE = 0
    TRIGGER = 1
    """The trigger was let go (perfusion, prime, self-test)."""
    CONTACT_LOST = 2
    STOP = 3
    LEASE = 4
    LINK = 5
    """Another hello ended the link."""
    OCCLUSION = 6
    AIR = 7
    EMPTY = 8
    DRIVE = 9
    DISARMED = 10


@unique
class FaultCode(IntEnum):
    """What a fault entry of the journal reports."""

    OCCLUSION = 1
    AIR = 2
    EMPTY = 3
    STUCK_TRIGGER = 4
    LOW_BATTERY = 5
    DRIVE = 6
    MEMORY = 7


@unique
class Act(IntEnum):
    """Motions that are not treatment."""

    PRIME = 1
    SELF_TEST = 2


@unique
class Reason(IntEnum):
    """Why the device refused a request."""

    VERSION = 1
    """It does not speak the version of the hello; ``bound`` is the one it speaks."""
    NO_LINK = 2
    """It knows no link: it has booted since."""
    WRONG_LINK = 3
    """Another host said hello since."""
    ID_REUSED = 4
    """The same id with other content."""
    STOPPED = 5
    ARMED = 6
    """Not while a grant is open or something moves."""
    RANGE = 7
    """``field`` is outside the device's own envelope; ``bound`` is what it allows."""
    NO_SETPOINT = 8
    DIGEST = 9
    """The grant was made for another setpoint than the device holds."""
    JOURNAL_ROOM = 10
    """More shots than the journal has room for; ``bound`` is how many it has room for."""
    FAULT = 11
    STALE_RELEASE = 12
    """It was stopped again since; ``bound`` is the newest stop count."""
    TRIGGER_HELD = 13
    NO_ENTRY = 14
    """The journal does not hold that index; ``bound`` is the oldest it holds."""
    LEASE_TOO_LONG = 15
    """``bound`` is the longest lease it grants, in milliseconds."""
    STALE_GRANT = 16
    """Grant ids rise; ``bound`` is the newest."""
    UNSUPPORTED = 17
    """The device has no such function."""
