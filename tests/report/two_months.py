"""The busy log, and a month later sessions of others: of another patient, and for training."""

from pathlib import Path
from typing import Final

from injector.shotlog import entries as log
from injector.shotlog import facts, vouching
from injector.shotlog.entries import Draft
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from tests.report import busy_log
from tests.shotlog import samples

MONTH_S: Final = 31 * 24 * 3600
NEXT, TRAINING = "c00000000000000d4", "t00000000000000e5"
OTHER: Final = "00000000000000bb"
"""Another patient, in the month after."""


def write(path: Path) -> None:
    """Make that log at ``path``."""
    busy_log.write(path)
    with samples.open_log(path) as made:
        _next_month(made)


def _next_month(made: ShotLog) -> None:
    """A session of another patient by others, a month later, and one for training left open."""
    made.append([samples.closed(busy_log.OPEN, 3)], busy_log.later(300))
    _opened(made, NEXT, "bea", OTHER, busy_log.item("biotin", 500_000, 500, "B-2"))
    made.append(
        [
            Draft(NEXT, facts.OverrideGiven(step=at, reason=TO_BE_SEALED, by=by), {"/reason": "so"})
            for at, by in ((0, "bea"), (1, "bea"), (2, "cleo"), (3, "bea"))
        ],
        busy_log.later(MONTH_S + 1),
    )
    for step, by in ((0, "bea"), (2, "cleo")):
        body = busy_log.grant(20 + step, step=step, soft=True).body
        assert isinstance(body, log.Grant)
        word = log.Override(reason=TO_BE_SEALED, by=by)
        body = body.model_copy(
            update={"verdict": body.verdict.model_copy(update={"override": word}), "zone": "knee"}
        )
        (granted,) = made.append(
            [Draft(NEXT, body, {"/verdict/override/reason": "so"})], busy_log.later(MONTH_S + 2)
        )
        made.append(
            [
                Draft(NEXT, samples.shot(300 + 10 * step, granted.seq)),
                Draft(NEXT, samples.uncertain(301 + 10 * step, granted.seq)),
            ],
            busy_log.later(MONTH_S + 3),
        )
    alarm = log.Alarm(alarm="lost_contact", priority="high", act="raised", by=None, detail={})
    gap = log.Gap(
        serial=samples.SERIAL, journal_id=samples.JOURNAL, first=400, last=400, shots_max=1,
        volume_max_nl=20_200, reason="journal_lost",
    )  # fmt: skip
    event = facts.AdverseEvent(
        what="bruising", severity=3, onset_minutes_ago=0, zone="knee", note=None, by="bea"
    )
    made.append(
        [
            *(Draft(NEXT, alarm) for _ in range(2)),
            Draft(NEXT, alarm.model_copy(update={"act": "cleared"})),
            Draft(NEXT, alarm.model_copy(update={"alarm": "idle", "priority": "medium"})),
            Draft(NEXT, gap),
            Draft(NEXT, event),
            Draft(NEXT, event.model_copy(update={"severity": 1})),
            samples.closed(NEXT, 4),
        ],
        busy_log.later(MONTH_S + 4),
    )
    _opened(made, TRAINING, "ada", None, busy_log.item("saline", 900_000))
    by_hand = facts.HandShots(
        technique="papule", zone="knee", fill=0, shots=7, volume_nl=1_234_567, by="ada"
    )
    signed = vouching.Signed(
        about_seq=1, about_leaf="0" * 64, size=2, root="1" * 64, meaning="performed",
        by="ada", name="Ada Example", signed_utc_us=busy_log.later(MONTH_S).utc_us, note="a note",
    )  # fmt: skip
    made.append(
        [Draft(TRAINING, by_hand), Draft(busy_log.CLOSED, signed)], busy_log.later(MONTH_S + 5)
    )


def _opened(
    made: ShotLog, session: str, operator: str, patient: str | None, first: facts.MixtureItem
) -> None:
    lidocaine = busy_log.item("lidocaine", 500_000, 10_000, "L-1")
    draft = busy_log.opened(session, first, lidocaine)
    body = draft.body.model_copy(
        update={
            "operator": operator, "patient": patient,
            "realm": "clinical" if session.startswith("c") else "training",
        }
    )  # fmt: skip
    made.append([Draft(session, body, draft.texts)], busy_log.later(MONTH_S))
