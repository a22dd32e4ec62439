"""Logs to look at: real files, made with a fixed clock and numbered randomness."""

import hashlib
import itertools
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from injector.shotlog import facts
from injector.shotlog.entries import (
    Draft,
    Grant,
    Moment,
    Note,
    SessionClosed,
    SessionOpened,
    Shot,
    Uncertain,
    Verdict,
)
from injector.shotlog.facts import MixtureItem, Setpoint
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import library_drafts

NOW = Moment(utc_us=1_800_000_000_000_000, mono_us=5_000_000)
SERIAL = "PG-0001"
JOURNAL = 0xC0FFEE
LIBRARY = 'name = "a library"\n' + "# é\n" * 10
LIBRARY_DIGEST = hashlib.sha256(LIBRARY.encode()).hexdigest()
SESSION = "t00000000000000a1"
SECOND_SESSION = "t00000000000000b2"
SETPOINT_DIGEST = "0011223344556677"


def numbered() -> Callable[[int], bytes]:
    """Random bytes of a kind: never the same twice, always the same in a test's next run."""
    counter = itertools.count()

    def random_bytes(count: int) -> bytes:
        return hashlib.shake_128(next(counter).to_bytes(8)).digest(count)

    return random_bytes


def open_log(path: Path, random_bytes: Callable[[int], bytes] = os.urandom) -> ShotLog:
    return ShotLog.open(path, now=NOW, random_bytes=random_bytes, software="tests")


def setpoint(volume_nl: int = 20_000) -> Setpoint:
    return Setpoint(
        volume_nl=volume_nl,
        depth_um=2_000,
        flow_nl_s=200_000,
        needle_um_s=100_000,
        cadence_per_min=300,
        mode="repeat",
        burst=0,
    )


def opened(session: str = SESSION, before: int = 0) -> Draft:
    """Open a session on a gun that gave so many shots before it."""
    return Draft(
        session,
        SessionOpened(
            realm="training",
            operator="ada",
            patient="00000000000000ff",
            pseudonym=TO_BE_SEALED,
            title=TO_BE_SEALED,
            purpose="curative",
            indication="tendinopathy_elbow",
            weight_g=70_000,
            athlete=False,
            answers=(
                facts.PatientAnswer(condition="pregnancy", present=False, reason=None),
                facts.PatientAnswer(condition="anticoagulants", present=True, reason=TO_BE_SEALED),
            ),
            allergies=("nsaid",),
            treatments=None,
            prescription=None,
            consent=None,
            plan={"step": [{"technique": "nappage", "volume_nl": 20_000}]},
            library_digest=LIBRARY_DIGEST,
            serial=SERIAL,
            journal_id=JOURNAL,
            newest=before,
            shots=before,
            volume_nl=before * 20_200,
            mixture=(
                MixtureItem(
                    product="saline",
                    product_class="vehicle",
                    concentration_ug_ml=None,
                    lot=None,
                    expiry="2030-01-31",
                    volume_nl=2_000_000,
                    multi_dose=False,
                ),
            ),
            flagged=(),
            syringe_nl=2_500_000,
            mixed_by="ada",
            mixed_where="room 2",
            needle_um=4_000,
            needle_lot="N-7",
            needle_expiry="2030-01-31",
        ),
        {
            "/pseudonym": "blue heron",
            "/title": "Elbow, left",
            "/answers/1/reason": "a single tablet, last week",
        },
    )


def grant(shots: int = 10, before: int = 0) -> Grant:
    """Grant so many shots to a gun that gave so many before."""
    return Grant(
        serial=SERIAL,
        link=7,
        grant=1,
        step=0,
        fill=0,
        setpoint=setpoint(),
        setpoint_digest=SETPOINT_DIGEST,
        technique="nappage",
        zone="elbow",
        verdict=Verdict(rules=1, outcome="allow", passed=(), override=None),
        library_digest=LIBRARY_DIGEST,
        armed_by="ada",
        shots_limit=before + shots,
        volume_limit_nl=(before + shots) * 20_200,
        shots=shots,
        volume_nl=shots * 20_200,
    )


def shot(index: int, grant_seq: int | None = None, volume_nl: int = 20_050) -> Shot:
    return Shot(
        serial=SERIAL,
        journal_id=JOURNAL,
        index=index,
        grant_seq=grant_seq,
        link=7,
        grant=1,
        boot_id=99,
        setpoint_digest=SETPOINT_DIGEST,
        outcome="complete",
        cause=None,
        volume_nl=volume_nl,
        depth_um=1_990,
        flow_nl_s=198_000,
        pressure_pa=60_000,
        t_us=index * 200_000,
        duration_us=120_000,
        debit_nl=20_200,
        counts_nl=max(volume_nl, 20_000),
        shots_total=index,
        volume_total_nl=index * 20_200,
        slice=0,
    )


def uncertain(index: int, grant_seq: int) -> Uncertain:
    return Uncertain(
        serial=SERIAL,
        journal_id=JOURNAL,
        index=index,
        grant_seq=grant_seq,
        link=7,
        grant=1,
        boot_id=99,
        setpoint_digest=SETPOINT_DIGEST,
        t_us=index * 200_000,
        debit_nl=20_200,
        counts_nl=20_200,
        shots_total=index,
        volume_total_nl=index * 20_200,
        slice=0,
    )


def closed(session: str = SESSION, shots: int = 0, before: int = 0) -> Draft:
    """Close a session of so many shots on a gun that gave so many before it."""
    return Draft(
        session,
        SessionClosed(
            reason="finished",
            by="ada",
            serial=SERIAL,
            journal_id=JOURNAL,
            newest=before + shots,
            shots=before + shots,
            volume_nl=(before + shots) * 20_200,
            given_shots=shots,
            given_nl=shots * 20_050,
            zones=(facts.ZoneTotal(zone="elbow", shots=shots, volume_nl=shots * 20_050),),
            doses=(facts.ProductDose(product="saline", dose_ng=0),),
            library_digest=LIBRARY_DIGEST,
            signature=facts.Signature(by="ada", name="Ada Example", meaning="treated"),
        ),
    )


def recorded(session: str = SESSION) -> list[Draft]:
    """One entry of every kind that people make in a session, and before one."""
    item = MixtureItem(
        product="lidocaine", product_class="local_anaesthetic", concentration_ug_ml=10_000,
        lot="L-1", expiry="2030-01-31", volume_nl=1_000_000, multi_dose=True,
    )  # fmt: skip
    sealed: list[tuple[facts.Fact, dict[str, str]]] = [
        (facts.OverrideGiven(step=0, reason=TO_BE_SEALED, by="ada"), {"/reason": "a deep one"}),
        (
            facts.Referenced(what="consent", reference=TO_BE_SEALED, by="ada"),
            {"/reference": "folder 7"},
        ),
    ]
    plain: list[facts.Fact] = [
        facts.SessionResumed(
            reason="idle", operator="ada", patient="00000000000000ff", plan={"step": []},
            library_digest=LIBRARY_DIGEST, fill=0, needle_um=4_000, needle_lot=None,
            needle_expiry=None,
        ),
        facts.TakenOver(before="ada", operator="bea"),
        facts.PatientAnswered(
            weight_g=71_000, answers=(), allergies=("nsaid",), treatments=None, by="bea"
        ),
        facts.ChecklistAnswered(
            checklist="hygiene", items=(facts.ChecklistItem(item="gloves", done=True),), by="bea"
        ),
        facts.StepAdded(
            technique="nappage", zone="elbow", setpoint=setpoint(), shots=12, by="bea"
        ),
        facts.PrimeArmed(serial=SERIAL, link=7, fill=0, volume_nl=50_000, by="bea"),
        facts.SyringeLoaded(
            fill=1, place="hand", mixture=(item,), flagged=("lidocaine",), syringe_nl=2_500_000,
            mixed_by=None, mixed_where=None, by="bea",
        ),
        facts.NeedleChanged(needle_um=6_000, lot="N-8", expiry="2031-01-31", by="bea"),
        facts.NeedleDiscarded(
            reason="closed", needle_um=6_000, lot="N-8", expiry="2031-01-31", shots=8, by=None
        ),
        facts.Spilled(fill=1, volume_nl=10_000, by="bea"),
        facts.HandShots(
            technique="papule", zone="elbow", fill=1, shots=3, volume_nl=300_000, by="bea"
        ),
        facts.GivenElsewhere(
            minutes_ago=120, product="lidocaine", dose_ng=20_000_000, zone=None, shots=0,
            volume_nl=0, device_class=None, by="bea",
        ),
        facts.AdverseEvent(
            what="bruising", severity=1, onset_minutes_ago=2, zone="elbow", note=None, by="bea"
        ),
        facts.Pain(when="before", score=6, by="bea"),
        facts.Result(result="better", note=None, by="bea"),
        facts.FollowUp(due="2027-02-01", why="schedule", by="bea"),
        facts.IdleWarned(idle_s=1_800),
        facts.SyringeDiscarded(
            fill=1, reason="closed", left_nl=600_000, least_nl=680_000, most_nl=690_000, by="bea"
        ),
        facts.SyringeDiffers(
            fill=1, left_nl=600_000, least_nl=680_000, most_nl=690_000, missing_nl=80_000
        ),
    ]  # fmt: skip
    outside: list[facts.Fact] = [
        facts.OperatorRecorded(
            person="ada", name="Ada Example", role="practitioner", diploma="DIU mesotherapy",
            registration="75-1", by="ada",
        ),
        facts.Access(what="signed_in", person="ada", role="practitioner"),
        facts.Access(what="sign_in_failed", person=None, role=None),
        facts.LibraryApproved(
            digest=LIBRARY_DIGEST, name="a library", version="1", by="ada", registration="75-1"
        ),
    ]  # fmt: skip
    return [
        *(Draft(None, body) for body in outside),
        *(Draft(session, body, texts) for body, texts in sealed),
        *(Draft(session, body) for body in plain),
    ]


def write_session(log: ShotLog, session: str = SESSION, shots: int = 8, first: int = 1) -> int:
    """Write a whole session, a commit for each step; return the seq of its grant."""
    before = first - 1
    log.append([opened(session, before)], NOW)
    granted, _ = log.append(
        [
            Draft(session, grant(shots, before).model_copy(update={"link": 7 + before})),
            Draft(session, Note(text=TO_BE_SEALED, by="ada"), {"/text": "reddened a little"}),
        ],
        NOW,
    )
    for index in range(first, first + shots):
        fired = shot(index, granted.seq).model_copy(update={"link": 7 + before})
        log.append([Draft(session, fired)], NOW)
    log.append([closed(session, shots, before)], NOW)
    return granted.seq


def write_sample(path: Path, shots: int = 8) -> str:
    """Make a log of two sessions with a library; return its newest checkpoint."""
    with open_log(path) as log:
        log.append(library_drafts(LIBRARY_DIGEST, LIBRARY), NOW)
        write_session(log, SESSION, shots)
        write_session(log, SECOND_SESSION, shots, first=shots + 1)
        return log.checkpoint


def tamper(path: Path, *statements: str | tuple[str, tuple[object, ...]]) -> None:
    """Change a log as someone with sqlite3 does: triggers away, change, triggers back."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            sql, values = (statement, ()) if isinstance(statement, str) else statement
            connection.execute(sql, values)
        for _, sql in triggers:
            connection.execute(sql)
    finally:
        connection.close()
