"""What calls for a person, and how urgently.

Modelled on the priorities and the behaviour of IEC 60601-1-8 (no conformity is
claimed): *high* asks for a response at once, *medium* promptly, *low* for awareness.
An alarm stays on the board until it has been acknowledged and its condition has gone,
and keeps the detail of its first cause; raising it again while it stands only counts.
Its sound latches until it is acknowledged. A pause silences all sound for 120 s and
ends with the next occurrence. Every raise, clear, pause and acknowledgement is an
entry of the shot log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import Final, Literal

from injector.shotlog import entries as log

Priority = Literal["high", "medium", "low"]


@unique
class AlarmCode(StrEnum):
    """What an alarm is about. Words for people are made by whoever shows it."""

    LOG_FAILED = "log_failed"
    READBACK = "readback"
    UNGRANTED_SHOT = "ungranted_shot"
    GUN_AHEAD = "gun_ahead"
    """The gun did more than this log knows of: the log was put back from a copy, or another host
    used the gun and the journal holds no more what it did."""
    ENTRY_CONFLICT = "entry_conflict"
    GAP = "gap"
    UNCERTAIN_SHOT = "uncertain_shot"
    OVER_DELIVERY = "over_delivery"
    DEVICE_FAULT = "device_fault"
    DEVICE_REFUSED = "device_refused"
    DEVICE_LET_GO = "device_let_go"
    LINK_LOST = "link_lost"
    LINK_TAKEN = "link_taken"
    CONSOLE_LOST = "console_lost"
    FOREIGN_ENTRIES = "foreign_entries"
    PROTOCOL_MISMATCH = "protocol_mismatch"
    LIMIT_REACHED = "limit_reached"
    PARTIAL_SHOT = "partial_shot"
    OVER_LIMIT = "over_limit"
    """What was recorded passes a limit: a fact is never refused."""
    TOTALS_DIFFER = "totals_differ"
    """What was given was added up by two routes and came to two figures."""
    SYRINGE_DIFFERS = "syringe_differs"
    """More or less is left in a syringe than all that is known to have left it."""
    IDLE = "idle"
    NEEDLE_DUE = "needle_due"
    DOPING = "doping_list"
    """A product in the syringe is on a doping list, and the patient is an athlete."""
    PARTIAL_RUN = "partial_run"
    """Three partial shots running: something is wrong with gun, needle or tissue."""

    CLOCK_JUMPED = "clock_jumped"
    """The computer's clock was set, or it slept: times of entries do not follow each other."""


PRIORITY: Final[Mapping[AlarmCode, Priority]] = {
    AlarmCode.LOG_FAILED: "high",
    AlarmCode.READBACK: "high",
    AlarmCode.UNGRANTED_SHOT: "high",
    AlarmCode.GUN_AHEAD: "high",
    AlarmCode.ENTRY_CONFLICT: "high",
    AlarmCode.GAP: "high",
    AlarmCode.UNCERTAIN_SHOT: "medium",
    AlarmCode.OVER_DELIVERY: "high",
    AlarmCode.DEVICE_FAULT: "medium",
    AlarmCode.DEVICE_REFUSED: "medium",
    AlarmCode.DEVICE_LET_GO: "medium",
    AlarmCode.LINK_LOST: "medium",
    AlarmCode.LINK_TAKEN: "medium",
    AlarmCode.CONSOLE_LOST: "high",
    AlarmCode.FOREIGN_ENTRIES: "medium",
    AlarmCode.PROTOCOL_MISMATCH: "medium",
    AlarmCode.LIMIT_REACHED: "low",
    AlarmCode.PARTIAL_SHOT: "low",
    AlarmCode.OVER_LIMIT: "high",
    AlarmCode.TOTALS_DIFFER: "high",
    AlarmCode.SYRINGE_DIFFERS: "medium",
    AlarmCode.IDLE: "medium",
    AlarmCode.NEEDLE_DUE: "low",
    AlarmCode.DOPING: "low",
    AlarmCode.PARTIAL_RUN: "medium",
    AlarmCode.CLOCK_JUMPED: "low",
}
CONDITIONS: Final = frozenset(
    {
        AlarmCode.LOG_FAILED,
        AlarmCode.DEVICE_FAULT,
        AlarmCode.LINK_LOST,
        AlarmCode.LINK_TAKEN,
        AlarmCode.CONSOLE_LOST,
        AlarmCode.FOREIGN_ENTRIES,
    }
)
"""Alarms about something that lasts. The others are about something that happened:
it is over as soon as it is told, and stays visible until acknowledged."""
PAUSE_US: Final = 120_000_000
"""How long a pause silences the sound (IEC 60601-1-8 leaves the time to the maker)."""
RUN_OF_PARTIALS: Final = 3
"""So many partial shots running are no accident of one point."""
_ORDER: Final = {"high": 0, "medium": 1, "low": 2}

Detail = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm on the board."""

    code: AlarmCode
    priority: Priority
    raised_us: int
    """When it was first raised, on the host's monotonic clock."""
    detail: Detail
    """Of the first cause, which is kept."""
    count: int = 1
    active: bool = True
    """Its condition still holds."""
    acknowledged: bool = False


class AlarmBoard:
    """The alarms that stand. Each change returns the entry to be logged, if any."""

    def __init__(self) -> None:
        self._alarms: dict[AlarmCode, Alarm] = {}
        self._paused_until_us = 0
        self._partials = 0

    def sounds(self, now_us: int) -> bool:
        """Whether there is something to hear: an alarm unacknowledged, and no pause."""
        unheard = any(not alarm.acknowledged for alarm in self._alarms.values())
        return unheard and now_us >= self._paused_until_us

    def pause(self, now_us: int, by: str) -> list[log.Alarm]:
        """Silence all sound for 120 s; the entries name every alarm that it silences."""
        silenced = [alarm for alarm in self.standing() if not alarm.acknowledged]
        if silenced:
            self._paused_until_us = now_us + PAUSE_US
        return [_entry(alarm, "paused", by) for alarm in silenced]

    def count_shot(self, *, partial: bool) -> bool:
        """Count a shot; True when it is the third partial one running."""
        self._partials = self._partials + 1 if partial else 0
        return self._partials == RUN_OF_PARTIALS

    def unacknowledged(self, code: AlarmCode) -> bool:
        """Whether this alarm stands, and nobody has acknowledged it."""
        standing = self._alarms.get(code)
        return standing is not None and not standing.acknowledged

    def standing(self) -> tuple[Alarm, ...]:
        """Every alarm on the board, the most urgent first, then the oldest."""
        return tuple(sorted(self._alarms.values(), key=lambda a: (_ORDER[a.priority], a.raised_us)))

    def raise_(
        self, code: AlarmCode, now_us: int, detail: Detail | None = None
    ) -> log.Alarm | None:
        """Raise ``code``; None when it stands unacknowledged already and only counts."""
        self._paused_until_us = 0
        lasting = code in CONDITIONS
        standing = self._alarms.get(code)
        if standing is not None and not standing.acknowledged:
            again = replace(standing, count=standing.count + 1, active=lasting)
            self._alarms[code] = again
            # A condition that had gone and is back is news; one that still stands is not.
            return _entry(again, "raised", None) if lasting and not standing.active else None
        alarm = Alarm(code, PRIORITY[code], now_us, dict(detail or {}), active=lasting)
        self._alarms[code] = alarm
        return _entry(alarm, "raised", None)

    def clear(self, code: AlarmCode) -> log.Alarm | None:
        """Its condition has gone; it stays on the board until acknowledged."""
        standing = self._alarms.get(code)
        if standing is None or not standing.active:
            return None
        cleared = replace(standing, active=False)
        if standing.acknowledged:
            del self._alarms[code]
        else:
            self._alarms[code] = cleared
        return _entry(cleared, "cleared", None)

    def acknowledge(self, code: AlarmCode, by: str) -> log.Alarm | None:
        """An operator has seen it."""
        standing = self._alarms.get(code)
        if standing is None or standing.acknowledged:
            return None
        if standing.active:
            self._alarms[code] = replace(standing, acknowledged=True)
        else:
            del self._alarms[code]
        return _entry(standing, "acknowledged", by)


def _entry(
    alarm: Alarm, act: Literal["raised", "cleared", "paused", "acknowledged"], by: str | None
) -> log.Alarm:
    return log.Alarm(
        alarm=alarm.code.value, priority=alarm.priority, act=act, by=by, detail=dict(alarm.detail)
    )
