"""A log as long as years of use make it, for benchmarks: whole clinical sessions.

Every entry is one that the house itself would write, and the log verifies, every verdict
included. Each day one patient comes twice, for the elbow and an hour later for the shoulder, so
that what the first session gave counts for the second. Only the figures repeat.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from injector.limits.exposure import charge_nl
from injector.limits.library import Library
from injector.protocol import messages as wire
from injector.protocol.codes import Mode
from injector.shotlog.checkpoint import open_checkpoint
from injector.shotlog.entries import (
    DeviceSeen,
    Disarmed,
    Draft,
    EngineEnded,
    EngineStarted,
    Grant,
    Moment,
    SessionClosed,
    SessionOpened,
    Settled,
    Shot,
    Verdict,
)
from injector.shotlog.facts import (
    LibraryApproved,
    MixtureItem,
    NeedleDiscarded,
    OperatorRecorded,
    PatientAnswer,
    ProductDose,
    Setpoint,
    SyringeDiscarded,
    ZoneTotal,
)
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.note import VerifierKey
from injector.shotlog.reader import library_drafts
from injector.shotlog.signing import Statement, operator_key
from injector.shotlog.vouching import DeviceEnvelope, Signed

SERIAL: Final = "BENCH-1"
JOURNAL_ID: Final = 0xBE7C
SHOT_NL: Final = 20_000
TOLERANCE_PPM: Final = 10_000
DEBIT_NL: Final = charge_nl(SHOT_NL, TOLERANCE_PPM)
_SYRINGE_NL: Final = 10_000_000
_LOADED_NL: Final = 8_000_000
_LIDOCAINE_NL: Final = 1_000_000
_HOUR_US: Final = 3_600_000_000
_DAY_US: Final = 24 * _HOUR_US
_START_US: Final = 1_500_000_000_000_000
_SETPOINT: Final = Setpoint(
    volume_nl=SHOT_NL,
    depth_um=2_000,
    flow_nl_s=200_000,
    needle_um_s=100_000,
    cadence_per_min=300,
    mode="repeat",
    burst=0,
)
_NEEDLE_UM: Final = 4_000
_DIGEST: Final = (
    wire.Setpoint(
        volume_nl=SHOT_NL,
        depth_um=2_000,
        flow_nl_s=200_000,
        needle_um_s=100_000,
        cadence_per_min=300,
        mode=Mode.REPEAT,
        burst=0,
        needle_um=_NEEDLE_UM,
        syringe_nl=_SYRINGE_NL,
    )
    .digest()
    .hex()
)
_BY: Final = "bench"
_NAME: Final = "Ada Bench"
_SEED: Final = bytes(32)
"""Of the practitioner's key, which signs nothing but this."""
_PLACES: Final = (("elbow", "tendinopathy_elbow"), ("shoulder", "tendinopathy_shoulder"))
"""Zone and indication of the first and of the second session of a day."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a log is."""

    sessions: int
    grants: int = 3
    """In each session."""
    shots: int = 60
    """In each session, spread over its grants."""

    @classmethod
    def of_shots(cls, shots: int) -> "Length":
        """At least so many shots, in sessions of 60."""
        return cls(-(-shots // 60))


MILLION: Final = Length(3_334, grants=30, shots=260)
"""About a million entries, 100,000 grants and 3,300 sessions."""


class _Visit(NamedTuple):
    """One session, with what the device had given before it."""

    number: int
    length: Length
    library: Library

    @property
    def session(self) -> str:
        return f"c{self.number:016x}"

    @property
    def patient(self) -> str:
        return f"{self.number // 2:016x}"

    @property
    def zone(self) -> str:
        return _PLACES[self.number % 2][0]

    @property
    def before(self) -> int:
        """Shots that the device had given before."""
        return self.number * self.length.shots

    @property
    def after(self) -> int:
        """Shots that the device has given when it is over."""
        return self.before + self.length.shots

    @property
    def given_nl(self) -> int:
        """What counts as given in it."""
        return sum(_counts_nl(index) for index in range(self.before + 1, self.after + 1))

    @property
    def stamp(self) -> Moment:
        """When it was: all on one boot of the computer."""
        since_us = self.number // 2 * _DAY_US + self.number % 2 * _HOUR_US
        return Moment(_START_US + since_us, 1_000_000 + since_us)


def make_long_log(path: Path, library: Library, length: Length) -> int:
    """Make a log of that length at ``path``; return how many entries it has."""
    first = _Visit(0, length, library)
    with ShotLog.open(path, now=first.stamp, random_bytes=os.urandom, software="benchmark") as log:
        log.append(library_drafts(library.digest, library.text), first.stamp)
        log.append([Draft(None, body) for body in _installation(library)], first.stamp)
        key = operator_key(VerifierKey.parse(log.vkey).name, _BY, _SEED, reason="first", by=_BY)
        log.append([Draft(None, key)], first.stamp)
        for number in range(length.sessions):
            _session(log, _Visit(number, length, library))
        return log.size


def _installation(library: Library) -> list[OperatorRecorded | LibraryApproved]:
    return [
        OperatorRecorded(
            person=_BY,
            name=_NAME,
            role="practitioner",
            diploma="of the benchmark",
            registration="B-1",
            by=_BY,
        ),
        LibraryApproved(
            digest=library.digest,
            name=library.figures.name,
            version=library.figures.version,
            by=_BY,
            registration="B-1",
        ),
    ]


def _session(log: ShotLog, visit: _Visit) -> None:
    session, stamp, length = visit.session, visit.stamp, visit.length
    drafts = [
        Draft(None, EngineStarted(software="benchmark", host_boot="one boot")),
        Draft(None, _seen(visit)),
    ]
    if visit.number == 0:
        drafts.append(Draft(None, _envelope()))
    drafts.append(_opened(visit))
    at = visit.before
    for number in range(length.grants):
        until = visit.before + length.shots * (number + 1) // length.grants
        granted = range(at + 1, until + 1)
        seq = log.size + len(drafts)
        drafts.append(Draft(session, _grant(visit, number + 1, granted)))
        drafts += [Draft(session, _shot(visit, index, seq, number + 1)) for index in granted]
        at = until
    drafts += [Draft(session, body) for body in _ending(visit)]
    drafts.append(Draft(session, _closed(visit)))
    log.append(drafts, stamp)
    log.append(
        [Draft(session, _signed(log, visit)), Draft(None, EngineEnded(reason="asked"))], stamp
    )


def _seen(visit: _Visit) -> DeviceSeen:
    return DeviceSeen(
        serial=SERIAL,
        model="bench gun",
        firmware="1.0",
        protocol=1,
        boot_id=99,
        journal_id=JOURNAL_ID,
        oldest=max(1, visit.before - 255) if visit.before else 0,
        newest=visit.before,
        acknowledged=visit.before,
        shots=visit.before,
        volume_nl=visit.before * DEBIT_NL,
        stop_count=0,
        link=visit.number + 1,
        port="bench",
    )


def _envelope() -> DeviceEnvelope:
    return DeviceEnvelope(
        serial=SERIAL,
        figures={
            "volume_nl": [1_000, 200_000, 1_000],
            "depth_um": [0, 13_000, 100],
            "flow_nl_s": [1, 1_000_000, 1],
            "needle_um_s": [1, 200_000, 1],
            "cadence_per_min": [1, 540, 1],
            "tolerance_ppm": TOLERANCE_PPM,
        },
    )


def _opened(visit: _Visit) -> Draft:
    zone, indication = _PLACES[visit.number % 2]
    setpoint = _SETPOINT.model_dump()
    step = {"technique": "nappage", "zone": zone, "setpoint": setpoint, "override": False}
    return Draft(
        visit.session,
        SessionOpened(
            realm="clinical",
            operator=_BY,
            patient=visit.patient,
            pseudonym=TO_BE_SEALED,
            title=TO_BE_SEALED,
            purpose="curative",
            indication=indication,
            weight_g=70_000,
            athlete=False,
            answers=tuple(
                PatientAnswer(condition=code, present=False, reason=None)
                for code in visit.library.figures.contraindication
            ),
            allergies=(),
            treatments=None,
            prescription=TO_BE_SEALED,
            consent=TO_BE_SEALED,
            plan={"indication": indication, "steps": [{**step, "shots": visit.length.shots}]},
            library_digest=visit.library.digest,
            serial=SERIAL,
            journal_id=JOURNAL_ID,
            newest=visit.before,
            shots=visit.before,
            volume_nl=visit.before * DEBIT_NL,
            mixture=(
                _item("saline", "carrier", None, _LOADED_NL - _LIDOCAINE_NL),
                _item("lidocaine", "local_anaesthetic", 10_000, _LIDOCAINE_NL),
            ),
            flagged=(),
            syringe_nl=_SYRINGE_NL,
            mixed_by=None,
            mixed_where=None,
            needle_um=_NEEDLE_UM,
            needle_lot="N-1",
            needle_expiry="2199-12-31",
        ),
        {
            "/title": "A session of the benchmark",
            "/pseudonym": f"patient {visit.number // 2}",
            "/prescription": "in the file",
            "/consent": "in the file",
        },
    )


def _item(product: str, product_class: str, ug_ml: int | None, volume_nl: int) -> MixtureItem:
    return MixtureItem(
        product=product,
        product_class=product_class,
        concentration_ug_ml=ug_ml,
        lot="L-1",
        expiry="2199-12-31",
        volume_nl=volume_nl,
        multi_dose=False,
    )


def _grant(visit: _Visit, number: int, granted: range) -> Grant:
    shots = len(granted)
    return Grant(
        serial=SERIAL,
        link=visit.number + 1,
        grant=number,
        step=0,
        fill=0,
        setpoint=_SETPOINT,
        setpoint_digest=_DIGEST,
        technique="nappage",
        zone=visit.zone,
        verdict=Verdict(rules=1, outcome="allow", passed=(), override=None),
        library_digest=visit.library.digest,
        armed_by=_BY,
        shots_limit=granted.stop - 1,
        volume_limit_nl=(granted.stop - 1) * DEBIT_NL,
        shots=shots,
        volume_nl=shots * DEBIT_NL,
    )


def _counts_nl(index: int) -> int:
    """What the shot with that index counts as: the larger of setpoint and measured volume."""
    return max(SHOT_NL, _measured_nl(index))


def _measured_nl(index: int) -> int:
    return 19_900 + index % 200


def _shot(visit: _Visit, index: int, grant_seq: int, grant: int) -> Shot:
    return Shot(
        serial=SERIAL,
        journal_id=JOURNAL_ID,
        index=index,
        grant_seq=grant_seq,
        link=visit.number + 1,
        grant=grant,
        boot_id=99,
        setpoint_digest=_DIGEST,
        outcome="complete",
        cause=None,
        volume_nl=_measured_nl(index),
        depth_um=1_990 + index % 20,
        flow_nl_s=198_000,
        pressure_pa=60_000 + index % 5_000,
        t_us=index * 200_000,
        duration_us=120_000,
        debit_nl=DEBIT_NL,
        counts_nl=_counts_nl(index),
        shots_total=index,
        volume_total_nl=index * DEBIT_NL,
        slice=0,
    )


def _ending(visit: _Visit) -> list[Disarmed | Settled | NeedleDiscarded | SyringeDiscarded]:
    """What stands before a session closes."""
    measured_nl = sum(_measured_nl(index) for index in range(visit.before + 1, visit.after + 1))
    return [
        Disarmed(reason="step_done", by=None),
        Settled(
            serial=SERIAL,
            link=visit.number + 1,
            shots=visit.after,
            volume_nl=visit.after * DEBIT_NL,
            returned_shots=0,
            returned_nl=0,
        ),
        NeedleDiscarded(
            reason="closed",
            needle_um=_NEEDLE_UM,
            lot="N-1",
            expiry="2199-12-31",
            shots=visit.length.shots,
            by=_BY,
        ),
        SyringeDiscarded(
            fill=0,
            reason="closed",
            left_nl=None,
            least_nl=_LOADED_NL - visit.given_nl,
            most_nl=_LOADED_NL - measured_nl,
            by=_BY,
        ),
    ]


def _signed(log: ShotLog, visit: _Visit) -> Signed:
    """What the practitioner signs of a session that has just closed."""
    closed = log.size - 2  # the log itself wrote an anchor after it
    (leaf,) = log.reader.hashes(0, closed, 1)
    statement = Statement(
        origin=VerifierKey.parse(log.vkey).name,
        size=log.size,
        root=open_checkpoint(log.checkpoint, VerifierKey.parse(log.vkey)).root,
        session=visit.session,
        about_seq=closed,
        about_leaf=leaf,
        meaning="performed",
        by=_BY,
        name=_NAME,
        utc_us=visit.stamp.utc_us,
    )
    return statement.signed(_SEED)


def _closed(visit: _Visit) -> SessionClosed:
    shots, given_nl = visit.length.shots, visit.given_nl
    # Micrograms a millilitre times nanolitres are picograms, and 1000 of these a nanogram.
    picograms = 10_000 * _LIDOCAINE_NL * given_nl
    return SessionClosed(
        reason="done",
        by=_BY,
        serial=SERIAL,
        journal_id=JOURNAL_ID,
        newest=visit.after,
        shots=visit.after,
        volume_nl=visit.after * DEBIT_NL,
        given_shots=shots,
        given_nl=given_nl,
        zones=(ZoneTotal(zone=visit.zone, shots=shots, volume_nl=given_nl),),
        doses=(ProductDose(product="lidocaine", dose_ng=-(-picograms // (_LOADED_NL * 1_000))),),
        library_digest=visit.library.digest,
        signature=None,
    )
