"""A log as long as years of use make it, for benchmarks: whole sessions of granted shots.

Every entry is one that the house itself would write, and the log verifies. Only the figures
repeat from session to session.
"""

import os
from pathlib import Path
from typing import Final

from injector.limits.library import Library
from injector.shotlog.entries import (
    Draft,
    Grant,
    Moment,
    SessionClosed,
    SessionOpened,
    Shot,
    Verdict,
)
from injector.shotlog.facts import MixtureItem, Setpoint, ZoneTotal
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import library_drafts

SERIAL: Final = "BENCH-1"
JOURNAL_ID: Final = 0xBE7C
SHOTS_PER_SESSION: Final = 60
SHOTS_PER_GRANT: Final = 20
SHOT_NL: Final = 20_000
DEBIT_NL: Final = 20_200
_DAY_US: Final = 86_400_000_000
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
_DIGEST: Final = "0011223344556677"


def make_long_log(path: Path, library: Library, shots: int) -> int:
    """Make a log with that many shots at ``path``; return how many entries it has."""
    stamp = _moment(0)
    with ShotLog.open(path, now=stamp, random_bytes=os.urandom, software="benchmark") as log:
        log.append(library_drafts(library.digest, library.text), stamp)
        for number, first in enumerate(range(1, shots + 1, SHOTS_PER_SESSION)):
            indexes = range(first, min(first + SHOTS_PER_SESSION, shots + 1))
            _session(log, library.digest, number, indexes)
        return log.size


def _moment(number: int) -> Moment:
    """When session ``number`` is: a day after the one before, on one boot of the computer."""
    return Moment(_START_US + number * _DAY_US, 1_000_000 + number * _DAY_US)


def _session(log: ShotLog, library: str, number: int, indexes: range) -> None:
    session, stamp = f"t{number:016x}", _moment(number)
    opened = log.size
    drafts = [_opened(session, library, indexes.start - 1)]
    for first in range(indexes.start, indexes.stop, SHOTS_PER_GRANT):
        granted = range(first, min(first + SHOTS_PER_GRANT, indexes.stop))
        seq = opened + len(drafts)
        drafts.append(Draft(session, _grant(library, granted, number)))
        drafts += [Draft(session, _shot(index, seq, granted, number)) for index in granted]
    drafts.append(_closed(session, library, indexes))
    log.append(drafts, stamp)


def _opened(session: str, library: str, before: int) -> Draft:
    return Draft(
        session,
        SessionOpened(
            realm="training",
            operator="bench",
            patient=None,
            pseudonym=None,
            title=TO_BE_SEALED,
            purpose=None,
            indication="tendinopathy_elbow",
            weight_g=None,
            athlete=False,
            answers=(),
            allergies=(),
            treatments=None,
            prescription=None,
            consent=None,
            plan={"step": [{"technique": "nappage", "volume_nl": SHOT_NL}]},
            library_digest=library,
            serial=SERIAL,
            journal_id=JOURNAL_ID,
            newest=before,
            shots=before,
            volume_nl=before * DEBIT_NL,
            mixture=(
                MixtureItem(
                    product="saline",
                    product_class="vehicle",
                    concentration_ug_ml=None,
                    lot=None,
                    expiry=None,
                    volume_nl=2_400_000,
                    multi_dose=False,
                ),
            ),
            flagged=(),
            syringe_nl=2_500_000,
            mixed_by=None,
            mixed_where=None,
            needle_um=4_000,
            needle_lot=None,
            needle_expiry=None,
        ),
        {"/title": "A session of the benchmark"},
    )


def _grant(library: str, granted: range, number: int) -> Grant:
    shots = len(granted)
    return Grant(
        serial=SERIAL,
        link=number + 1,
        grant=granted.start,
        step=0,
        fill=0,
        setpoint=_SETPOINT,
        setpoint_digest=_DIGEST,
        technique="nappage",
        zone="elbow",
        verdict=Verdict(rules=1, outcome="allow", passed=(), override=None),
        library_digest=library,
        armed_by="bench",
        shots_limit=granted.stop - 1,
        volume_limit_nl=(granted.stop - 1) * DEBIT_NL,
        shots=shots,
        volume_nl=shots * DEBIT_NL,
    )


def _shot(index: int, grant_seq: int, granted: range, number: int) -> Shot:
    return Shot(
        serial=SERIAL,
        journal_id=JOURNAL_ID,
        index=index,
        grant_seq=grant_seq,
        link=number + 1,
        grant=granted.start,
        boot_id=99,
        setpoint_digest=_DIGEST,
        outcome="complete",
        cause=None,
        volume_nl=19_900 + index % 200,
        depth_um=1_990 + index % 20,
        flow_nl_s=198_000,
        pressure_pa=60_000 + index % 5_000,
        t_us=index * 200_000,
        duration_us=120_000,
        debit_nl=DEBIT_NL,
        counts_nl=max(SHOT_NL, 19_900 + index % 200),
        shots_total=index,
        volume_total_nl=index * DEBIT_NL,
        slice=0,
    )


def _closed(session: str, library: str, indexes: range) -> Draft:
    given_nl = sum(max(SHOT_NL, 19_900 + index % 200) for index in indexes)
    shots = len(indexes)
    return Draft(
        session,
        SessionClosed(
            reason="done",
            by="bench",
            serial=SERIAL,
            journal_id=JOURNAL_ID,
            newest=indexes.stop - 1,
            shots=indexes.stop - 1,
            volume_nl=(indexes.stop - 1) * DEBIT_NL,
            given_shots=shots,
            given_nl=given_nl,
            zones=(ZoneTotal(zone="elbow", shots=shots, volume_nl=given_nl),),
            doses=(),
            library_digest=library,
            signature=None,
        ),
    )
