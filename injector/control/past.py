"""What patients were given before: other sessions of the last 24 hours, and elsewhere.

The day is a rolling one and no calendar's, so midnight changes nothing. Whether
something lies in it is asked of both clocks of the host: it does where *either* says
so. So a clock that somebody set ahead between two sessions makes no room while the
computer runs, and one that was set back only counts for longer. Within one session
nothing is ever forgotten, whatever the clocks say.

Patients are random ids in the log. The pseudonym that leads to one is a private text,
kept here in memory only, and compared without regard to case and spaces.
"""

from collections.abc import KeysView, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from injector.control.untold import Untold
from injector.limits.exposure import Exposure, SessionExposure
from injector.limits.given import Given
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.entries import Moment
from injector.shotlog.quoting import quoted
from injector.shotlog.vouching import BroughtForward

DAY_US: Final = 24 * 60 * 60 * 1_000_000
_MINUTE_US: Final = 60_000_000
_BEFORE: Final = "a start of the log before"
"""Stands for a boot without a name in the log before: no start of this one is in it."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Portion:
    """Something that a patient was given, and when it ended."""

    session: str | None
    at: Moment
    boot: str
    given: Given
    closed: bool = False
    """It is all of a session, and not what was given elsewhere."""


class Past:
    """What each patient was given. Fed with every entry that tells of it, in order."""

    def __init__(self) -> None:
        self._portions: dict[str, list[_Portion]] = {}
        """By patient."""
        self._ids: dict[str, str] = {}
        self._patients: dict[str, str] = {}
        self._known: dict[str, None] = {}
        self._days: dict[tuple[str, str], dict[str, date]] = {}
        self._opened: dict[str, tuple[str, date]] = {}
        self._untold: dict[str, Untold] = {}
        self._boot = ""
        self._starts = 0

    def apply(self, entry: log.Entry) -> None:
        """Take an entry."""
        body, session = entry.body, entry.session
        match body:
            case log.EngineStarted():
                self._starts += 1
                # Without a boot's name, durations are known within one start only.
                self._boot = body.host_boot or f"start {self._starts}"
            case log.SessionOpened() if session is not None:
                self._known[session] = None
                if body.patient is None:
                    return
                self._patients[session] = body.patient
                self._untold[session] = Untold()
                self._opened[session] = (body.indication, day_of(entry.at))
            case log.SessionClosed() if session in self._patients:
                patient = self._patients[session]
                if body.given_shots:
                    self.treated(patient, session, *self._opened[session])
                portion = _Portion(session, entry.at, self._boot, _closed(body), closed=True)
                self._add(patient, portion)
            case facts.GivenElsewhere() if session in self._patients:
                ago_us = body.minutes_ago * _MINUTE_US
                then = Moment(entry.at.utc_us - ago_us, entry.at.mono_us - ago_us)
                portion = _Portion(session, then, self._boot, elsewhere(body))
                self._add(self._patients[session], portion)
            case BroughtForward():
                now = self._boot
                for told, boot in quoted(entry):
                    self._boot = boot or _BEFORE
                    self.apply(told)
                self._boot = now
            case _:
                pass
        if session in self._untold:
            self._untold[session].apply(body)

    @property
    def boot(self) -> str:
        """The boot of the computer that is running; counts for one start where it has no name."""
        return self._boot

    @property
    def sessions(self) -> KeysView[str]:
        """The ids of the sessions that are known here."""
        return self._known.keys()

    def know(self, pseudonym: str, patient: str) -> None:
        """Under this pseudonym stands that patient."""
        self._ids[same(pseudonym)] = patient

    def patient(self, pseudonym: str) -> str | None:
        """The id of the patient with that pseudonym; None for one who is new."""
        return self._ids.get(same(pseudonym))

    def treated(self, patient: str, session: str, indication: str, day: date) -> None:
        """That session of the patient, in which something was given, was on that day."""
        self._known[session] = None
        self._days.setdefault((patient, indication), {})[session] = day

    def days(self, patient: str, indication: str, *, besides: str) -> list[date]:
        """The days on which the patient was treated for that, in other sessions."""
        found = self._days.get((patient, indication), {})
        return [day for session, day in found.items() if session != besides]

    def before(self, patient: str, at: Moment, session: str | None) -> Given:
        """What that patient was given in the day before ``at``, not in ``session`` itself."""
        total = Given()
        for portion in self._portions.get(patient, ()):
            if portion.session != session and self._within_a_day(portion, at):
                total = plus(total, portion.given)
                if portion.closed and portion.session is not None:
                    total = replace(total, untold=total.untold | self.untold(portion.session))
        return total

    def untold(self, session: str) -> frozenset[str]:
        """Products that were given in that session, whose dose nobody can tell."""
        known = self._untold.get(session)
        return frozenset() if known is None else known.products()

    def _add(self, patient: str, portion: _Portion) -> None:
        self._portions.setdefault(patient, []).append(portion)

    def _within_a_day(self, portion: _Portion, at: Moment) -> bool:
        by_clock = at.utc_us - portion.at.utc_us < DAY_US
        by_counter = portion.boot == self._boot and at.mono_us - portion.at.mono_us < DAY_US
        return by_clock or by_counter


def day_of(at: Moment) -> date:
    """The day of a moment, in UTC; the last one that there is, for a clock beyond it."""
    try:
        return (_EPOCH + timedelta(microseconds=at.utc_us)).date()
    except OverflowError:
        return date.max


def same(pseudonym: str) -> str:
    """The form in which pseudonyms are compared.

    >>> same(" Blue  heron")
    'blue heron'
    """
    return " ".join(pseudonym.casefold().split())


def plus(one: Given, other: Given) -> Given:
    """Both together."""
    exposure, doses = one.exposure, dict(one.doses)
    for zone, more in other.exposure.by_zone.items():
        exposure = exposure.plus(zone, more)
    for product, dose_ng in other.doses.items():
        doses[product] = doses.get(product, 0) + dose_ng
    return Given(exposure, doses, one.untold | other.untold)


def elsewhere(body: facts.GivenElsewhere) -> Given:
    """What was given elsewhere, as the limits count it."""
    zones: Mapping[str, Exposure] = {}
    if body.shots or body.volume_nl:
        zones = {body.zone or "": Exposure(body.shots, body.volume_nl)}
    doses = {} if body.product is None else {body.product: body.dose_ng}
    return Given(SessionExposure(zones), doses)


def _closed(body: log.SessionClosed) -> Given:
    zones = {each.zone or "": Exposure(each.shots, each.volume_nl) for each in body.zones}
    return Given(SessionExposure(zones), {each.product: each.dose_ng for each in body.doses})
