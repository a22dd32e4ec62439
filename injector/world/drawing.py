"""Drawing histories: what happens in a world, from its seed.

Weights are chosen so that a run of some hundred seeds meets everything there is, and so
that four kills in five fall into the middle of a session, where they can do harm.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final, TypeAlias

from injector.control.inputs import CloseSession, Disarm, PressStop
from injector.control.wants import LoadSyringe, TakeOver
from injector.protocol.codes import PROTOCOL_VERSION
from injector.shotlog.errors import WriteFailure
from injector.world.happenings import (
    ClockJumps,
    ConsoleFrozen,
    DeadHostSpeaks,
    DiskFails,
    DiskSlows,
    GunClockJumps,
    GunSwapped,
    Happening,
    HostHeldUp,
    HostKilled,
    HostStarted,
    Hurt,
    JournalFilled,
    LineTroubled,
    LogBackedUp,
    LogReplaced,
    LogRestored,
    MemoryHurt,
    MemoryMended,
    OtherHostComes,
    StopOnLine,
    Wanted,
)
from injector.world.history import Cue, Event, History
from injector.world.house import SERIAL
from injector.world.practitioner import NAME
from simulator import acts

NEWER: Final = "NEWER-1"
"""A gun of a newer protocol, by its serial number."""
_EVERY_SHOTS: Final = 14
"""One event for so many shots, on the average."""
_KILL_CUES: Final = (
    "committed:grant",
    "committed:release",
    "committed:shot",
    "committed:shot",
    "committed:settled",
    "committed:stop",
    "reported",
    "begun",
    "begun",
    "to gun",
    "to host",
    "state:greeting",
    "state:settling",
    "state:granting",
    "state:armed",
    "state:disarming",
)
"""Steps after which a side is killed: between a commit and what follows it, in mid-shot,
on each side of a frame's way, and in every state."""
_BETWEEN_CUES: Final = (
    "committed:session_closed",
    "committed:session_opened",
    "committed:engine_started",
    "committed:device_seen",
    "state:ready",
)
_IN_SESSION: Final = 0.7
"""So much of the kills is drawn for the middle of a session; others fall there too."""
_LENT: Final = 0.1
"""So much of the histories has a gun that was used elsewhere, as the log at hand sees it."""
_ANY_CUES: Final = ("", "begun", "begun", "committed:shot", "to gun", "to host", "state:armed")

_Draw: TypeAlias = Callable[[Random], Event]


@dataclass(frozen=True, slots=True)
class _Kind:
    weight: int
    draw: _Draw


def draw_history(seed: int, shots: int) -> History:
    """Return the history of ``seed``: what happens until ``shots`` shots have begun."""
    chance = Random(f"history/{seed}")  # noqa: S311 -- a history that can be drawn again
    count = max(2, shots // _EVERY_SHOTS + chance.randrange(-2, 3))
    kinds = chance.choices(_KINDS, weights=[kind.weight for kind in _KINDS], k=count)
    events = [_placed(chance, kind.draw(chance), shots) for kind in kinds]
    for event in list(events):
        if event.what == MemoryHurt(Hurt.WORN_SLOTS):
            events += _looked_for(chance, event.cue.shots, shots)
    if chance.random() < _LENT:
        events += chance.choice((_lent, _forgotten_by_the_log))(chance, shots)
    events.sort(key=lambda event: event.cue.shots)
    return History(seed, shots, tuple(events))


def _placed(chance: Random, event: Event, shots: int) -> Event:
    cue = Cue(chance.randrange(shots), event.cue.on, event.cue.wait_us)
    return Event(cue, event.what, event.then_us, event.then)


def _cue(chance: Random, cues: tuple[str, ...] = _ANY_CUES, most_us: int = 90_000) -> Cue:
    wait_us = chance.choice((0, 0, chance.randrange(300), chance.randrange(most_us)))
    return Cue(0, chance.choice(cues), wait_us)


def _after(chance: Random, what: Happening, then: Happening, least_ms: int, most_ms: int) -> Event:
    then_us = chance.randrange(least_ms, most_ms + 1) * 1_000
    return Event(_cue(chance), what, then_us, then)


def _kill_cue(chance: Random) -> Cue:
    return _cue(chance, _KILL_CUES if chance.random() < _IN_SESSION else _BETWEEN_CUES)


def _host_killed(chance: Random) -> Event:
    then_us = chance.choice((0, 1_000, 50_000, 700_000, 1_500_000))
    return Event(_kill_cue(chance), HostKilled(), then_us, HostStarted())


def _host_held_back(chance: Random) -> Event:
    cue = _cue(chance, ("committed:grant", "reported", "state:granting", "begun"), 1_000)
    return Event(cue, HostKilled(holds_back=True), chance.randrange(900_000), DeadHostSpeaks())


def _power(chance: Random) -> Event:
    cue = _kill_cue(chance)
    off_us = chance.choice((20_000, 400_000, 2_000_000))
    return Event(cue, acts.Power(on=False), off_us, acts.Power(on=True))


def _reset(chance: Random) -> Event:
    return Event(_kill_cue(chance), acts.Reset())


def _unplugged(chance: Random) -> Event:
    cue = _cue(chance, (*_KILL_CUES, "state:releasing", "state:stopping"))
    out_us = chance.choice((1_000, 100_000, 600_000, 2_000_000))
    return Event(cue, acts.Unplug(), out_us, acts.Plug())


def _stop(chance: Random) -> Event:
    cues = (
        *_KILL_CUES,
        "state:ready",
        "state:configuring",
        "state:releasing",
        "state:stopping",
        "state:offline",
        "state:offline",
        "state:greeting",
        "state:taken",
    )
    return Event(_cue(chance, cues), Wanted(PressStop("operator", NAME)))


def _stop_on_line(chance: Random) -> Event:
    cues = ("state:releasing", "committed:release", "begun", "state:granting", "")
    event = Event(_cue(chance, cues, 3_000), StopOnLine())
    if chance.random() < 0.5:
        return event
    # Stopped again while the release is on its way.
    again = Cue(0, "committed:release", chance.randrange(2_000))
    return Event(again, StopOnLine())


def _wanted(chance: Random) -> Event:
    intent = chance.choice(
        (Disarm(NAME), CloseSession(NAME, "operator"), TakeOver("bea"), LoadSyringe(NAME))
    )
    if isinstance(intent, LoadSyringe):
        full = acts.Syringe(volume_nl=9_000_000)
        return Event(_cue(chance), Wanted(intent), chance.randrange(2_000_000), full)
    return Event(_cue(chance), Wanted(intent))


def _line(chance: Random) -> Event:
    kind = chance.randrange(6)
    bad = (
        LineTroubled(dropped=chance.choice((30, 200))),
        LineTroubled(corrupted=chance.choice((30, 200))),
        LineTroubled(cut=chance.choice((30, 200))),
        LineTroubled(repeated=500),
        LineTroubled(delayed=400, delay_us=chance.choice((30_000, 300_000, 900_000))),
        LineTroubled(60, 60, 60, 200, 100, 150_000),
    )[kind]
    return _after(chance, bad, LineTroubled(), 200, 4_000)


def _fault(chance: Random) -> Event:
    name = chance.choice(FAULTS)
    return _after(
        chance, acts.Fault(name=name, on=True), acts.Fault(name=name, on=False), 50, 2_000
    )


def _stuck(chance: Random) -> Event:
    on = acts.Fault(name="stuck_trigger", on=True)
    off = acts.Fault(name="stuck_trigger", on=False)
    # It counts as stuck after a minute.
    held_us = chance.choice((400_000, 3_000_000, 61_000_000))
    return Event(_cue(chance), on, held_us, off)


def _empty(chance: Random) -> Event:
    little = acts.Syringe(volume_nl=chance.choice((0, 4_000, 60_000)))
    return _after(chance, little, acts.Syringe(volume_nl=2_000_000), 800, 2_500)


def _contact(chance: Random) -> Event:
    on, off = acts.Contact(on=True), acts.Contact(on=False)
    return Event(_cue(chance, ("begun",)), off, chance.randrange(20_000, 900_000), on)


def _battery(chance: Random) -> Event:
    low = acts.Battery(pct=chance.choice((2, 15)))
    return _after(chance, low, acts.Battery(pct=90), 500, 2_500)


def _memory(chance: Random) -> Event:
    return Event(_cue(chance, _KILL_CUES), MemoryHurt(chance.choice(_ONCE)))


def _forgotten(chance: Random) -> Event:
    """Shots that nobody heard of, and then the memory that knew of them is gone."""
    then_us = chance.randrange(150_000, 480_000)
    return Event(_cue(chance, ("begun",)), HostKilled(), then_us, MemoryHurt(chance.choice(_ONCE)))


def _worn(chance: Random) -> Event:
    how = chance.choice((Hurt.WORN_RECORD, Hurt.WORN_SLOTS, Hurt.WORN_SLOTS))
    return _after(chance, MemoryHurt(how), MemoryMended(), 1_500, 4_000)


def _killed_settling(chance: Random) -> Event:
    """A host dies while it reads what it did not know, or with the last of it committed."""
    cue = Cue(0, "committed:uncertain", 0)
    if chance.random() < 0.3:
        cue = Cue(0, "committed:device_seen", chance.randrange(2_000, 40_000))
    return Event(cue, HostKilled(), chance.choice((0, 50_000)), HostStarted())


def _looked_for(chance: Random, hurt_at: int, shots: int) -> list[Event]:
    """An older log has to read again what worn slots have lost, and its host dies meanwhile."""
    backed_up = Cue(min(shots - 1, hurt_at + chance.randrange(1, 5)), "begun", 0)
    restored_us = chance.randrange(1_200_000, 2_500_000)
    killed = Cue(
        min(shots - 1, hurt_at + chance.randrange(10, 16)),
        "committed:device_seen",
        chance.randrange(20_000, 200_000),
    )
    return [
        Event(backed_up, LogBackedUp(), restored_us, LogRestored()),
        Event(killed, HostKilled(), chance.choice((0, 50_000)), HostStarted()),
    ]


def _lent(chance: Random, shots: int) -> list[Event]:
    """A session is ended and the host switched off; another practice treats with the gun, and
    has a new part put into it before it comes back."""
    ended = Cue(chance.randrange(shots), "", 0)
    off = Cue(ended.shots, "committed:session_closed", 0)
    back_us = chance.randrange(2_200_000, 3_500_000)
    return [
        Event(ended, Wanted(CloseSession(NAME, "operator"))),
        Event(off, HostKilled(), back_us, HostStarted()),
        Event(replace(off, wait_us=300_000), _BUSY, 1_700_000, MemoryHurt(Hurt.REFORMATTED)),
    ]


def _forgotten_by_the_log(chance: Random, shots: int) -> list[Event]:
    """The log is copied between two sessions; later the gun gets a new part, and the computer
    that copy: nothing but the gun's counters knows of the shots between."""
    ended = Cue(chance.randrange(shots), "", 0)
    copied = Cue(ended.shots, "committed:session_closed", 0)
    renewed = Cue(min(shots - 1, ended.shots + chance.randrange(5, 20)), "committed:shot", 0)
    return [
        Event(ended, Wanted(CloseSession(NAME, "operator"))),
        Event(copied, LogBackedUp()),
        Event(renewed, MemoryHurt(Hurt.REFORMATTED), 0, LogRestored()),
    ]


def _swapped(chance: Random) -> Event:
    serial = f"WORLD-{chance.choice((2, 3))}"
    drift_ppm = chance.choice((-200, 0, 150))
    other = GunSwapped(serial, drift_ppm=drift_ppm)
    return Event(_cue(chance, _KILL_CUES), other, chance.randrange(9_000_000), GunSwapped(SERIAL))


def _newer(chance: Random) -> Event:
    other = GunSwapped(NEWER, protocol=PROTOCOL_VERSION + 1)
    return _after(chance, other, GunSwapped(SERIAL), 300, 1_500)


def _other_host(chance: Random) -> Event:
    coming = OtherHostComes(chance.choice((0, 3, 6)), acknowledges=chance.random() < 0.3)
    cues = ("", "state:armed", "state:ready", "begun", "state:granting", "state:greeting")
    return Event(_cue(chance, cues), coming)


def _slow(chance: Random) -> Event:
    slow = DiskSlows(chance.choice((20_000, 150_000, 2_000_000)))
    return _after(chance, slow, DiskSlows(300), 500, 3_000)


def _disk(chance: Random) -> Event:
    fails = DiskFails(chance.choice(_FAILURES), torn=chance.random() < 0.4)
    cues = ("", "begun", "state:granting", "state:greeting", "state:releasing", "state:settling")
    return Event(_cue(chance, cues), fails)


def _held_up(chance: Random) -> Event:
    return Event(_cue(chance), HostHeldUp(chance.choice((30_000, 300_000, 1_500_000))))


def _frozen(chance: Random) -> Event:
    return _after(chance, ConsoleFrozen(on=True), ConsoleFrozen(on=False), 800, 5_000)


def _clock(chance: Random) -> Event:
    return Event(_cue(chance), ClockJumps(chance.choice((-3_600_000_000, 86_400_000_000))))


def _gun_clock(chance: Random) -> Event:
    return Event(_cue(chance), GunClockJumps(chance.choice((1_000_000, 86_400_000_000))))


def _restored(chance: Random) -> Event:
    then_us = chance.randrange(4_000_000)
    return Event(_cue(chance), LogBackedUp(), then_us, LogRestored())


def _replaced(chance: Random) -> Event:
    return Event(_cue(chance, _KILL_CUES), LogReplaced())


def _filled(chance: Random) -> Event:
    cue = _cue(chance, ("state:offline", "state:greeting", "begun"))
    return Event(cue, JournalFilled(chance.choice((0, 8, 20))), 0, acts.Reset())


FAULTS: Final[tuple[acts.FaultName, ...]] = ("occlusion", "air", "drive")
_BUSY: Final = OtherHostComes(6, acknowledges=True)
"""Another practice, which knows all that it does with the gun."""
_ONCE: Final = (Hurt.ERASED, Hurt.REFORMATTED, Hurt.CORRUPT, Hurt.COUNTERS)
_FAILURES: Final = (WriteFailure.DISK_FULL, WriteFailure.READ_ONLY, WriteFailure.INPUT_OUTPUT)
_KINDS: Final = (
    _Kind(16, _host_killed),
    _Kind(5, _host_held_back),
    _Kind(7, _power),
    _Kind(8, _reset),
    _Kind(9, _unplugged),
    _Kind(8, _stop),
    _Kind(5, _stop_on_line),
    _Kind(3, _wanted),
    _Kind(10, _line),
    _Kind(4, _fault),
    _Kind(1, _stuck),
    _Kind(2, _empty),
    _Kind(5, _contact),
    _Kind(2, _battery),
    _Kind(4, _memory),
    _Kind(5, _forgotten),
    _Kind(6, _worn),
    _Kind(5, _killed_settling),
    _Kind(3, _swapped),
    _Kind(1, _newer),
    _Kind(6, _other_host),
    _Kind(4, _slow),
    _Kind(4, _disk),
    _Kind(3, _held_up),
    _Kind(3, _frozen),
    _Kind(1, _clock),
    _Kind(1, _gun_clock),
    _Kind(3, _restored),
    _Kind(2, _replaced),
    _Kind(1, _filled),
)
