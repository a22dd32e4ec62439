"""Every verdict of a log given again, from the log alone.

Theory
------
What was granted or refused was judged in a context: the library, the device's envelope, and
everything that the session had given so far. All of it stands in the log before the verdict, so
the same fold that the host makes while it works (`Ledger`) makes the context again, and the same
pure function gives the verdict again. It must name the same limits with the same figures.
The device was to be told the very setpoint that was judged: what it read back has the digest of
that setpoint with the needle and syringe that were on it.

Two things the entries do not tell to the last:

- **When** it was judged lies between the entry before it and itself, which matters where
  a minute of the session ended in between. Both ends are tried.
- **What was on its way.** A host whose disk is slow judges while entries are still being written
  that stand before the verdict in the log. What is on its way was granted before and counts at
  its most until it is in, so that such a host never allows more. So a verdict is held against
  all that stands before it: there, too, what is granted must be permitted. Only for its
  figures the session is folded anew up to each of the entries just before it.

What a log does not tell is not judged: rules of another version, a library that is not whole.
Nor is a verdict of before the device's envelope was recorded; but what it permits has to be
permitted even without the device's sides.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import islice
from operator import le
from typing import Final

from typing_extensions import override

from injector.control.envelopes import envelope_from, unbounded
from injector.control.granting import session_context, setpoint_of, to_wire
from injector.control.ledger import Ledger
from injector.control.past import Past
from injector.control.record import SessionRecord
from injector.limits.context import MAX_PLANNED, Context, DeviceEnvelope
from injector.limits.envelope import applied
from injector.limits.exposure import charge_nl
from injector.limits.library import Library, LibraryError
from injector.limits.setpoint import Setpoint
from injector.limits.side import SetBy
from injector.limits.verdict import RULES_VERSION, Allow, Passed, Refuse, Soft, Verdict, judge
from injector.shotlog import entries as log
from injector.shotlog import facts, vouching
from injector.shotlog.findings import Code, Remark
from injector.shotlog.judging import AS_WRITTEN, Opinion
from injector.shotlog.shot_run import ShotRun, Told, singly
from injector.staff.roles import Act

_ALLOWED: Final = log.Verdict(rules=RULES_VERSION, outcome="allow", passed=(), override=None)
_WITHOUT_DEVICE: Final = Opinion(unknown=Remark.DEVICE_UNKNOWN)
_NEUTRAL: Final = (log.Grant, log.Alarm)
"""Beside shots, what changes nothing that a verdict stands on, or is looked at by itself."""
_ON_ITS_WAY: Final = 64
"""How many entries may have been on their way to the disk when a verdict was given."""
_LONGEST: Final = 20_000
"""Entries of one session that are kept; a longer one is no session, and is judged as it stands."""
_GRANTS: Final = 1_024
"""Grants of closed sessions that are kept: shots under them may still come in."""
_WORDS: Final = 200
_SEVERAL: Final = 16
"""Numbers of shots that are tried where rounding hides which it was."""
_MOST_PARTS: Final = 1_000
_LIBRARIES: Final = 16


@dataclass(slots=True)
class _Parts:
    """A library's text while it comes in."""

    parts: dict[int, str]
    of: int

    @property
    def text(self) -> str | None:
        """The whole text; None while a part is missing."""
        if set(self.parts) != set(range(self.of)):
            return None
        return "".join(self.parts[number] for number in range(self.of))


class _Told(Past):
    """What another `Past` knows; it is told nothing twice."""

    def __init__(self, whole: Past) -> None:
        self.__dict__ = whole.__dict__

    @override
    def apply(self, entry: log.Entry) -> None:
        """Know it already."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A verdict as it is written, and what it was asked for."""

    entry: log.Entry
    said: log.Verdict
    setpoint: Setpoint
    technique: str
    zone: str
    library: Library
    device: DeviceEnvelope
    shots: tuple[int, ...]
    """On how many shots; where the entry does not tell, on one of these."""
    whole: bool
    """The device's envelope is known, so that all must be as it is written."""


@dataclass(slots=True)
class _Allowed:
    """All that a step still wanted was found to be allowed, and so is each part of it.

    That holds while nothing happens but that grants of that step are given and used: a shot
    that counts no more than what was debited for it moves its share from what may be given to
    what is, and no figure that a limit bounds from above grows by that. A shot under any other
    grant, of another step or one that was settled, adds to what was given.
    """

    grant: log.Grant
    under: dict[int | None, tuple[int, int]]
    """By ``seq`` link and number of the grants that are a part of it, and of the one that the
    first of them topped up."""
    library: Library
    device: DeviceEnvelope
    today: date | None
    longest_min: int | None
    """So long the session may last; every bound on its duration is one from above."""
    shots: int
    """How many of the shots that were judged have not been granted yet."""
    charge: int

    def covers(
        self, case: _Case, body: log.Grant, elapsed_min: int | None, today: date | None
    ) -> bool:
        """Whether ``body`` is a part of it, and is written down as allowed."""
        grant = self.grant
        in_time = elapsed_min is None or (
            self.longest_min is None or elapsed_min <= self.longest_min
        )
        return (
            body.shots <= self.shots
            and case.whole
            and body.verdict == _ALLOWED
            and body.setpoint == grant.setpoint
            and (body.technique, body.zone) == (grant.technique, grant.zone)
            and (body.fill, body.step, body.serial) == (grant.fill, grant.step, grant.serial)
            and case.library is self.library
            and case.device is self.device
            and today == self.today
            and in_time
        )

    def granted(self, seq: int, body: log.Grant) -> None:
        """Some more of it was granted."""
        self.under[seq] = body.link, body.grant
        self.shots -= body.shots

    def holds_after(self, shots: list[log.Entry | ShotRun]) -> bool:
        """Whether it still holds once these have been given."""
        for each in shots:
            if isinstance(each, ShotRun):
                told: Told | log.Shot = each.told
                counts_nl, debit_nl = each.counts_nl, each.debit_nl
            elif isinstance(each.body, log.Shot):
                told = each.body
                counts_nl, debit_nl = [told.counts_nl], [told.debit_nl]
            else:
                return False
            if self.under.get(told.grant_seq) != (told.link, told.grant):
                return False
            if told.serial != self.grant.serial:
                return False
            if max(debit_nl) > self.charge:
                return False
            if not all(map(le, counts_nl, debit_nl)):
                return False
        return True


class JudgedAgain:
    """A `VerdictJudge`. Made for one reading of one log."""

    def __init__(self) -> None:
        self._ledger = Ledger(compared=False)
        self._run: list[log.Entry | ShotRun] = []
        """Shots under one grant that stand next to each other, and are not folded yet."""
        self._under: int | None = None
        """The grant that these are under."""
        self._allowed: _Allowed | None = None
        self._session: list[log.Entry | ShotRun] = []
        """The entries of the open session, its opening first."""
        self._kept = 0
        """How many entries these are."""
        self._parts: dict[str, _Parts] = {}
        self._libraries: dict[str, Library | None] = {}
        self._devices: dict[str, DeviceEnvelope | None] = {}
        self._serial = ""
        """The device that was seen last."""
        self._overrides: set[tuple[int, str]] = set()
        """Which steps of the open session who let pass, of those who may."""

    def take(self, entry: log.Entry) -> Opinion | None:
        """Take the next entry of the log; the opinion, where there is one to give."""
        body = entry.body
        if type(body) is log.Shot and body.grant_seq is not None and body.grant_seq == self._under:
            self._run.append(entry)  # what nearly all entries are
            return None
        try:
            return self._take(entry)
        except (ArithmeticError, LookupError, ValueError) as error:
            # No host that judges writes it: figures that can be none, of a forger's making.
            return Opinion(Code.GRANT_UNFOUNDED, str(error)[:_WORDS])

    def take_run(self, run: ShotRun) -> bool:
        """Take shots under one grant of the open session."""
        told = run.told
        if told.grant_seq is None:
            return False
        if told.grant_seq != self._under:
            try:
                self._fold()
            except (ArithmeticError, LookupError, ValueError):
                return False  # it is said of the first of them
            if not self._session or not self._knows(told):
                return False
            self._under = told.grant_seq
        self._run.append(run)
        return True

    def _take(self, entry: log.Entry) -> Opinion | None:
        body, opinion = entry.body, None
        self._fold()
        match body:
            case log.Shot() | log.Uncertain():
                if body.grant_seq is not None and not self._knows(body):
                    return None  # of a session long closed: it counts nowhere any more
                if self._session and isinstance(body, log.Shot) and body.grant_seq is not None:
                    self._run.append(entry)  # it waits for those that follow
                    self._under = body.grant_seq
                    return None
            case log.Grant():
                opinion = self._granted(entry, body)
            case log.Refused():
                opinion = self._refused(entry, body)
            case log.LibraryPart():
                self._part(body)
            case log.DeviceSeen():
                self._serial = body.serial
            case vouching.DeviceEnvelope():
                self._devices[body.serial] = envelope_from(body)
                if self._devices[body.serial] is None:
                    opinion = Opinion(Code.ENVELOPE_MALFORMED, body.serial)
            case log.SessionOpened():
                self._forget()
                self._overrides.clear()
            case facts.OverrideGiven() if self._may_treat(entry.session, body.by):
                self._overrides.add((body.step, body.by))
            case _:
                pass
        if not isinstance(body, _NEUTRAL):
            self._allowed = None
        self._ledger.apply(entry)
        if self._ledger.session is None:
            if self._session:
                self._forget()
                self._ledger.forget_grants(_GRANTS)
        else:
            self._keep([entry])
        return opinion

    def _keep(self, parts: list[log.Entry | ShotRun]) -> None:
        """Keep what may have to be folded again."""
        if self._kept < _LONGEST:
            self._session += parts
            self._kept += sum(len(each) if isinstance(each, ShotRun) else 1 for each in parts)

    def _forget(self) -> None:
        self._session.clear()
        self._kept = 0

    def _fold(self) -> None:
        """Fold the shots that wait."""
        run = self._run
        if not run:
            return
        self._ledger.apply_shots(run)
        if self._allowed is not None and not self._allowed.holds_after(run):
            self._allowed = None
        self._keep(run)
        run.clear()
        self._under = None

    def _knows(self, body: log.Shot | log.Uncertain | Told) -> bool:
        return self._ledger.grant_of(body.serial, body.link, body.grant) is not None

    # -- what is asked -------------------------------------------------------------------

    def _granted(self, entry: log.Entry, body: log.Grant) -> Opinion:
        session = self._ledger.session
        if session is None or entry.session != session.id:
            return Opinion(Code.GRANT_UNFOUNDED, "no session")
        if body.library_digest != session.body.library_digest:
            return Opinion(Code.GRANT_UNFOUNDED, session.body.library_digest[:8])
        passed_by = body.verdict.override
        if passed_by is not None and not self._overridden(session, body, passed_by.by):
            return Opinion(Code.OVERRIDE_UNFOUNDED, passed_by.by)
        case = self._case(
            entry,
            body.verdict,
            body.setpoint,
            (body.technique, body.zone, body.library_digest),
            body.serial,
            (body.shots,),
        )
        if isinstance(case, Opinion):
            return case
        charge = charge_nl(body.setpoint.volume_nl, case.device.tolerance_ppm)
        if case.whole and body.volume_nl != body.shots * charge:
            return Opinion(Code.GRANT_VOLUME, str(body.shots * charge))
        beyond = self._beyond_plan(session, body)
        if beyond > 0:
            return Opinion(Code.GRANT_BEYOND_PLAN, str(beyond))
        digest = _digest(case.setpoint, session.needle_um, session.fills.gun.syringe_nl)
        told = Opinion(Code.GRANT_SETPOINT, digest) if body.setpoint_digest != digest else None
        if (body.technique, body.zone, body.setpoint.model_dump()) != _asked(session, body.step):
            told = Opinion(Code.GRANT_NOT_PLANNED, str(body.step))
        basis = self._allowed
        if basis is not None and basis.covers(case, body, self._elapsed(entry), self._ledger.today):
            basis.granted(entry.seq, body)
            return told or AS_WRITTEN
        self._allowed = None
        opinion = self._held(case, permits=True)
        if opinion is AS_WRITTEN and not body.verdict.passed:
            self._allowed = self._allowed_for(case, session, body)
        return told or opinion if opinion.wrong is None else opinion

    def _overridden(self, session: SessionRecord, body: log.Grant, by: str) -> bool:
        """Whether that person let it pass: by a word of theirs in this session, or by the plan's
        own, which is the word of whoever armed the step."""
        if (body.step, by) in self._overrides:
            return True
        steps = _steps(session)
        match steps[body.step] if body.step < len(steps) else None:
            case {"override": True}:
                return by == body.armed_by and self._may_treat(session.id, by)
            case _:
                return False

    def _may_treat(self, named: str | None, person: str) -> bool:
        """Whether that person, by the role on record, may let a soft limit be passed in the open
        session, which has to be the one that is named."""
        session, roster = self._ledger.session, self._ledger.roster
        if session is None or session.id != named:
            return False
        if session.body.realm == "clinical":
            return roster.qualified(person)
        return not roster.barred(person, Act.TRAIN)

    def _elapsed(self, entry: log.Entry) -> int | None:
        """How long the session had been open at the latest when it was judged."""
        self._ledger.time_us = entry.at.mono_us
        return self._ledger.elapsed_min

    def _allowed_for(
        self, case: _Case, session: SessionRecord, body: log.Grant
    ) -> "_Allowed | None":
        """Judge on all that the step still wants; None where not all of it would be allowed."""
        planned = _planned(session, body.step)
        done = self._ledger.step_shots(body.step) + self._ledger.remainder.shots
        wanted = 0 if planned is None else min(planned - done, MAX_PLANNED)
        if wanted <= body.shots:
            return None
        whole = replace(case, shots=(wanted,))
        if not all(isinstance(each, Allow) for each in self._verdicts(whole, self._ledger)):
            return None
        bounds = [side.bound for side in case.library.sides.duration]
        under: dict[int | None, tuple[int, int]] = {case.entry.seq: (body.link, body.grant)}
        before = self._ledger.open_grant
        if before is not None and _tops_up(body, before.body):
            under[before.seq] = before.body.link, before.body.grant
        return _Allowed(
            body,
            under,
            case.library,
            case.device,
            self._ledger.today,
            min(bounds, default=None),
            wanted - body.shots,
            charge_nl(body.setpoint.volume_nl, case.device.tolerance_ppm),
        )

    def _refused(self, entry: log.Entry, body: log.Refused) -> Opinion:
        session = self._ledger.session
        if session is None or entry.session != session.id:
            return Opinion(Code.GRANT_UNFOUNDED, "no session")
        # Which step it was is not told: one of those in the plan, or one that was to be added
        # to it, and then it is not told on how many shots either.
        shots = [
            max(0, planned - self._ledger.step_shots(step) - self._ledger.remainder.shots)
            for step, planned in _like(session, body)
        ]
        case = self._case(
            entry,
            body.verdict,
            body.what,
            (body.technique, body.zone, session.body.library_digest),
            self._serial,
            tuple(dict.fromkeys(shots)),
        )
        return case if isinstance(case, Opinion) else self._held(case, permits=False)

    def _case(
        self,
        entry: log.Entry,
        said: log.Verdict,
        asked: facts.Setpoint,
        where: tuple[str, str, str],
        serial: str,
        shots: tuple[int, ...],
    ) -> _Case | Opinion:
        if said.rules != RULES_VERSION:
            return Opinion(unknown=Remark.RULES_UNKNOWN)
        technique, zone, digest = where
        library = self._library(digest)
        if library is None:
            return Opinion(unknown=Remark.LIBRARY_UNKNOWN)
        setpoint = _setpoint(asked)
        if setpoint is None:
            return Opinion(Code.VERDICT_DIFFERS, "no setpoint")
        known = self._devices.get(serial)
        grant = entry.body if isinstance(entry.body, log.Grant) else None
        device = known or unbounded(grant)
        whole = known is not None
        return _Case(entry, said, setpoint, technique, zone, library, device, shots, whole)

    # -- how it is judged ----------------------------------------------------------------

    def _held(self, case: _Case, *, permits: bool) -> Opinion:
        """Hold a verdict against what comes out; ``permits``: something was granted on it."""
        unlike: Verdict | None = None
        for verdict in self._verdicts(case, self._ledger):
            if _same(case, verdict):
                return AS_WRITTEN if case.whole else _WITHOUT_DEVICE
            unlike = unlike or verdict
        if unlike is None or (permits and not _permitted(case, unlike)):
            return Opinion(Code.VERDICT_DIFFERS, _in_codes(unlike))
        if not case.whole:  # what was judged then is known too little to compare figures
            differs = not permits and isinstance(unlike, Allow) and not _of_device(case.said)
            return Opinion(Code.VERDICT_DIFFERS, _in_codes(unlike)) if differs else _WITHOUT_DEVICE
        for ledger in self._before():
            if any(_same(case, verdict) for verdict in self._verdicts(case, ledger)):
                return AS_WRITTEN
        return Opinion(Code.VERDICT_DIFFERS, _in_codes(unlike))

    def _before(self) -> Iterator[Ledger]:
        """The ledger as it was before each of the entries just before this one."""
        first = max(1, self._kept - _ON_ITS_WAY)
        ledger = self._ledger.beside(_Told(self._ledger.past))
        entries = singly(self._session)
        ledger.apply_all(islice(entries, first))
        yield ledger
        for entry in entries:
            ledger.apply(entry)
            yield ledger

    def _verdicts(self, case: _Case, ledger: Ledger) -> Iterator[Verdict]:
        """What comes out on this ledger: at either end of the time in which it was given."""
        session = ledger.session
        if session is None:
            return
        ledger.time_us = 0
        earliest_min = ledger.elapsed_min
        ledger.time_us = case.entry.at.mono_us
        times = [ledger.time_us] if ledger.elapsed_min == earliest_min else [0, ledger.time_us]
        for time_us in times:
            ledger.time_us = time_us
            context = session_context(
                ledger,
                session,
                case.library,
                case.device,
                technique=case.technique,
                zone=case.zone,
                planned_shots=case.shots[0] if case.shots else 0,
                overridden=case.said.override is not None,
            )
            if case.shots:
                yield judge(case.setpoint, context)
            for shots in case.shots[1:] if case.shots else _shots_in(case, context):
                yield judge(case.setpoint, replace(context, planned_shots=shots))

    # -- what is known -------------------------------------------------------------------

    def _part(self, body: log.LibraryPart) -> None:
        if body.digest in self._libraries or not 0 < body.parts <= _MOST_PARTS:
            return
        parts = self._parts.setdefault(body.digest, _Parts({}, body.parts))
        parts.parts.setdefault(body.part, body.text)

    def _library(self, digest: str) -> Library | None:
        """The library with that digest; None where the log does not hold it whole."""
        if digest in self._libraries:
            return self._libraries[digest]
        parts = self._parts.get(digest)
        text = None if parts is None else parts.text
        if text is None:
            return None
        library = _read_library(text)
        if library is not None and library.digest != digest:
            library = None
        if len(self._libraries) >= _LIBRARIES:
            del self._libraries[next(iter(self._libraries))]
        self._libraries[digest] = library
        return library

    def _beyond_plan(self, session: SessionRecord, body: log.Grant) -> int:
        """How many more shots this grant permits than its step still wanted."""
        planned = _planned(session, body.step)
        if planned is None:
            return 0
        done = self._ledger.step_shots(body.step) + self._ledger.remainder.shots
        return done + body.shots - planned


def _tops_up(grant: log.Grant, before: log.Grant) -> bool:
    """Whether it adds to that one, which is for the same step."""
    return (grant.serial, grant.link, grant.step, grant.fill) == (
        before.serial,
        before.link,
        before.step,
        before.fill,
    )


@lru_cache(maxsize=_LIBRARIES)  # many logs of one installation hold the same ones
def _read_library(text: str) -> Library | None:
    try:
        return Library.parse(text)
    except LibraryError:
        return None


def _steps(session: SessionRecord) -> list[object]:
    steps = session.body.plan.get("steps")
    return list(steps) if isinstance(steps, list | tuple) else []


def _planned(session: SessionRecord, step: int) -> int | None:
    """How many shots a step has, in the plan or added to it; None where neither tells."""
    steps = _steps(session)
    if step < len(steps):
        match steps[step]:
            case {"shots": int() as shots}:
                return shots
            case _:
                return None
    added = session.added[step - len(steps) :]
    return added[0].shots if steps and added else None


def _asked(session: SessionRecord, step: int) -> tuple[str, str, dict[str, object]] | None:
    """Technique, zone and setpoint of a step, in the plan or added to it; None: there is none."""
    steps = _steps(session)
    if step < len(steps):
        match steps[step]:
            case {
                "technique": str() as technique,
                "zone": str() as zone,
                "setpoint": dict() as setpoint,
                "shots": int(),
            }:
                return technique, zone, setpoint
            case _:
                return None
    added = session.added[step - len(steps) :]
    if not steps or not added:
        return None
    return added[0].technique, added[0].zone, added[0].setpoint.model_dump()


def _like(session: SessionRecord, body: log.Refused) -> Iterator[tuple[int, int]]:
    """Number and shots of each step that asks for what was refused."""
    wanted = body.technique, body.zone, body.what
    steps = _steps(session)
    for number, step in enumerate(steps):
        match step:
            case {
                "technique": technique,
                "zone": zone,
                "setpoint": dict() as setpoint,
                "shots": int() as shots,
            } if (technique, zone, setpoint) == (*wanted[:2], body.what.model_dump()):
                yield number, shots
            case _:
                pass
    for number, added in enumerate(session.added, len(steps)):
        if (added.technique, added.zone, added.setpoint) == wanted:
            yield number, added.shots


@lru_cache(maxsize=64)
def _digest(setpoint: Setpoint, needle_um: int, syringe_nl: int) -> str:
    """What the device reads back of that setpoint, with the needle and syringe fitted."""
    return to_wire(setpoint, needle_um=needle_um, syringe_nl=syringe_nl).digest().hex()


@lru_cache(maxsize=64)
def _setpoint(asked: facts.Setpoint) -> Setpoint | None:
    """The setpoint that an entry holds, as the limits see it; None where it can be none."""
    try:
        return setpoint_of(asked)
    except ValueError:
        return None


def _shots_in(case: _Case, context: Context) -> Iterator[int]:
    """On how many shots it was judged, as the totals that were passed tell; else on one."""
    said = {(each.figure, each.rule, each.limit): each.value for each in case.said.passed}
    for use, sides in applied(case.setpoint, context):
        if not use.each:
            continue
        for side in sides:
            value = said.get((side.figure.value, side.rule.value, side.limit))
            if value is not None:
                most = use.shots_within(value)
                several = min(use.per // use.each + 1, _SEVERAL)
                yield from range(most, max(most - several, -1), -1)
                return
    yield 1


def _outcome(verdict: Verdict) -> str:
    match verdict:
        case Allow():
            return "allow"
        case Soft():
            return "soft"
        case Refuse():
            return "refuse"


def _same(case: _Case, verdict: Verdict) -> bool:
    """Whether it comes out as it is written, override included."""
    said = case.said
    if not verdict.passed:
        return said.outcome == "allow" and not said.passed and said.override is None
    if said.outcome != _outcome(verdict) or len(said.passed) != len(verdict.passed):
        return False
    if (said.override is not None) and said.outcome != "soft":
        return False
    return all(map(_alike, said.passed, verdict.passed))


def _alike(said: log.PassedLimit, passed: Passed) -> bool:
    return (
        said.figure == passed.figure.value
        and said.rule == passed.rule.value
        and said.value == passed.value
        and said.bound == passed.bound
        and said.level == passed.level.value
        and said.set_by == passed.set_by.value
        and said.limit == passed.limit
        and said.source == (passed.source or passed.limit)
        and said.strength == passed.strength.value
    )


def _permitted(case: _Case, verdict: Verdict) -> bool:
    return isinstance(verdict, Allow) or (
        isinstance(verdict, Soft) and case.said.override is not None
    )


def _of_device(said: log.Verdict) -> bool:
    return any(each.set_by == SetBy.DEVICE.value for each in said.passed)


def _in_codes(verdict: Verdict | None) -> str:
    if verdict is None:
        return "none"
    limits = ", ".join(f"{each.limit} {each.value}" for each in verdict.passed[:3])
    return f"{_outcome(verdict)} {limits}".strip()
