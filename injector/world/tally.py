"""What happened in worlds, counted: each fault, and each way back from one.

The faults are counted where they are injected. The ways back are read from the log's own
entries and from the host's turns, so that they are what a person could find there too.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from injector.control.states import State
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.world.happenings import Happening, Hurt, LineTroubled, MemoryHurt
from injector.world.history import name_of
from simulator import acts

_FAULTS: Final = (
    "HostKilled",
    "HostStarted",
    "DeadHostSpeaks",
    "HostHeldUp",
    "ConsoleFrozen",
    "DiskSlows",
    "DiskFails",
    "ClockJumps",
    "LogBackedUp",
    "LogRestored",
    "LogReplaced",
    "LineTroubled",
    "line:dropped",
    "line:corrupted",
    "line:cut",
    "line:repeated",
    "line:delayed",
    "StopOnLine",
    "OtherHostComes",
    "GunSwapped",
    "GunClockJumps",
    "PressStop",
    "Disarm",
    "CloseSession",
    "TakeOver",
    "LoadSyringe",
    "Power:off",
    "Reset",
    "Unplug",
    "Battery",
    "Syringe",
    "Contact:off",
    "occlusion:on",
    "air:on",
    "drive:on",
    "stuck_trigger:on",
    "JournalFilled",
)
PATHS: Final = (
    "settled",
    "gap:memory_lost",
    "gap:device_swapped",
    "gap_acknowledged",
    "used_elsewhere",
    "uncertain",
    "foreign",
    "foreign_accepted",
    "conflict",
    "session_found_open",
    "session_resumed",
    "hand_shots",
    "syringe_loaded",
    "taken_over",
    "stop:operator",
    "stop:device",
    "stop:inherited",
    "partial:stop",
    "partial:lease",
    "partial:contact_lost",
    "partial:link",
    "partial:occlusion",
    "partial:air",
    "partial:drive",
    "disarmed:console_lost",
    "disarmed:device_fault",
    "disarmed:device_refused",
    "disarmed:device_let_go",
    "disarmed:operator",
    "refused:release/stale_release",
    "refused:release/trigger_held",
    "refused:grant/stopped",
    "alarm:link_lost",
    "alarm:link_taken",
    "alarm:protocol_mismatch",
    "alarm:ungranted_shot",
    "alarm:gun_ahead",
    "alarm:partial_run",
    "offline>greeting",
    "taken>greeting",
    "armed>greeting",
    "settling>greeting",
    "log_failed>ended",
)
"""Every way back that a full run must have taken."""


@dataclass(slots=True)
class Tally:
    """Counts of one world, or of many."""

    shots: int = 0
    seconds: int = 0
    """Virtual time, in whole seconds."""
    faults: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    """Kills, restarts and power cuts of either side."""
    kills_in_session: int = 0
    """Those between a session's first grant and its last acknowledgement."""

    def add(self, other: "Tally") -> None:
        """Add the counts of another."""
        self.shots += other.shots
        self.seconds += other.seconds
        self.faults.update(other.faults)
        self.paths.update(other.paths)
        self.kills += other.kills
        self.kills_in_session += other.kills_in_session

    def happened(self, what: Happening) -> None:
        """Count a fault."""
        self.faults[fault_name(what)] += 1

    def committed(self, body: log.Body) -> None:
        """Count what an entry says."""
        path = _path(body)
        if path is not None:
            self.paths[path] += 1

    def turned(self, before: State | None, after: State) -> None:
        """Count a turn of the host; where it begins is none."""
        if before is not None:
            self.paths[f"{before.value}>{after.value}"] += 1


def fault_name(what: Happening) -> str:
    """Return the name by which a fault is counted."""
    match what:
        case MemoryHurt():
            return f"memory:{what.how.value}"
        case acts.Fault():
            return f"{what.name}:{'on' if what.on else 'off'}"
        case acts.Contact() | acts.Power():
            return f"{name_of(what)}:{'on' if what.on else 'off'}"
        case LineTroubled():
            return "LineTroubled" if what != LineTroubled() else "LineMended"
        case _:
            return name_of(what)


def _path(body: log.Body) -> str | None:
    match body:
        case log.Gap():
            return f"gap:{body.reason}"
        case log.Stop():
            return f"stop:{body.origin}"
        case log.Shot() if body.cause is not None:
            return f"partial:{body.cause}"
        case log.Disarmed():
            return f"disarmed:{body.reason}"
        case log.DeviceRefused():
            return f"refused:{body.request}/{body.reason}"
        case log.Alarm() if body.act == "raised":
            return f"alarm:{body.alarm}"
        case (
            log.Settled()
            | log.GapAcknowledged()
            | log.UsedElsewhere()
            | log.Uncertain()
            | log.Foreign()
            | log.ForeignAccepted()
            | log.Conflict()
            | facts.SessionResumed()
            | facts.HandShots()
            | facts.SyringeLoaded()
            | facts.TakenOver()
        ):
            return body.kind
        case _:
            return None


def all_faults() -> tuple[str, ...]:
    """Return every fault that a full run must have injected."""
    return (*_FAULTS, *(f"memory:{how.value}" for how in Hurt))
