"""A clinical session of a thousand shots under the shipped library, signed and reviewed."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.entries import Body, Draft, Moment
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import library_drafts
from injector.treatment.shipped import shipped_library
from tests.report.samples import employ, put_key, sign
from tests.shotlog import samples

SESSION = "c00000000000000d4"
TRAINING = "t00000000000000e5"
PATIENT = "00000000000000dd"
PSEUDONYM = "blue heron"
SHOTS = 1000
_LIBRARY = shipped_library()
_STEPS = (
    ("nappage", "knee", 20_000, 2_000, 400),
    ("nappage", "back", 15_000, 3_000, 300),
    ("papule", "elbow", 10_000, 1_500, 200),
    ("intra_epidermal", "shoulder", 5_000, 400, 100),
)
"""Technique, zone, volume, depth and shots of each step."""


def later(seconds: int) -> Moment:
    us = seconds * 1_000_000
    return Moment(samples.NOW.utc_us + us, samples.NOW.mono_us + us)


def write(path: Path, *, by_hand: Sequence[Body] = ()) -> None:
    """Make that log at ``path``: the long session, and a short one for training after it.

    ``by_hand`` is what was recorded in the long one besides; its closing says nothing of it.
    """
    with samples.open_log(path, samples.numbered()) as made:
        employ(made, "ada")
        put_key(made, "ada")
        made.append(library_drafts(_LIBRARY.digest, _LIBRARY.text), later(0))
        _session(made, by_hand)
        closed = made.size - 2
        sign(made, SESSION, closed, "ada")
        _training(made)


def _item(
    product: str, of_class: str, volume_nl: int, ug_ml: int | None, lot: str | None
) -> facts.MixtureItem:
    return facts.MixtureItem(
        product=product, product_class=of_class, concentration_ug_ml=ug_ml, lot=lot,
        expiry="2028-06-30" if lot else None, volume_nl=volume_nl, multi_dose=False,
    )  # fmt: skip


def _session(made: ShotLog, by_hand: Sequence[Body]) -> None:
    first = samples.opened(SESSION)
    assert isinstance(first.body, log.SessionOpened)
    body = first.body.model_copy(
        update={
            "realm": "clinical", "patient": PATIENT, "library_digest": _LIBRARY.digest,
            "purpose": "curative", "indication": "muscle_contracture", "allergies": (),
            "mixture": (
                _item("lidocaine", "local_anaesthetic", 5_000_000, 10_000, "LX-204"),
                _item("magnesium", "trace_element", 5_000_000, 50_000, "MG-77"),
                _item("saline", "carrier", 10_000_000, None, "S-9001"),
            ),
            "syringe_nl": 20_000_000,
        }
    )  # fmt: skip
    made.append([Draft(SESSION, body, first.texts | {"/pseudonym": PSEUDONYM})], later(10))
    made.append([Draft(SESSION, facts.Pain(when="before", score=7, by="ada"))], later(11))
    made.append(
        [
            Draft(
                SESSION,
                facts.OverrideGiven(step=1, reason=TO_BE_SEALED, by="ada"),
                {"/reason": "deeper over the lumbar muscles"},
            )
        ],
        later(12),
    )
    made.append([Draft(SESSION, body) for body in by_hand], later(12))
    number, given_nl, zones = 0, 0, []
    for step, (_technique, zone, volume_nl, depth_um, shots) in enumerate(_STEPS):
        before, before_nl = number, given_nl
        granted = _grant(made, step, number)
        drafts = []
        for _ in range(shots):
            number += 1
            shot = _shot(number, granted, volume_nl, depth_um)
            given_nl += shot.counts_nl
            drafts.append(Draft(SESSION, shot))
        for at in range(0, len(drafts), 100):
            made.append(drafts[at : at + 100], later(20 + before + at))
        zones.append((zone, number - before, given_nl - before_nl))
    made.append(
        [
            Draft(
                SESSION,
                log.Alarm(alarm="partial_shot", priority="low", act="raised", by=None,
                          detail={"index": 97}),
            ),
            Draft(SESSION, facts.Pain(when="after", score=3, by="ada")),
            Draft(SESSION, facts.FollowUp(due="2027-01-22", why="schedule", by="ada")),
        ],
        later(1_500),
    )  # fmt: skip
    end = samples.closed(SESSION, number)
    assert isinstance(end.body, log.SessionClosed)
    made.append(
        [
            Draft(
                SESSION,
                end.body.model_copy(
                    update={
                        "library_digest": _LIBRARY.digest, "given_shots": number,
                        "given_nl": given_nl,
                        "zones": tuple(
                            facts.ZoneTotal(zone=zone, shots=shots, volume_nl=volume_nl)
                            for zone, shots, volume_nl in zones
                        ),
                        "doses": (
                            facts.ProductDose(product="lidocaine", dose_ng=-(-given_nl * 10 // 4)),
                            facts.ProductDose(product="magnesium", dose_ng=-(-given_nl * 50 // 4)),
                        ),
                    }
                ),
            )
        ],
        later(1_600),
    )  # fmt: skip


def _grant(made: ShotLog, step: int, before: int) -> int:
    technique, zone, volume_nl, depth_um, shots = _STEPS[step]
    verdict = log.Verdict(rules=1, outcome="allow", passed=(), override=None)
    texts = {}
    if step == 1:
        passed = log.PassedLimit(
            figure="depth_um", rule="most", value=3_000, bound=2_000, level="soft",
            set_by="technique", limit="technique.nappage.depth", source="SFM", strength="weak",
        )  # fmt: skip
        word = log.Override(reason=TO_BE_SEALED, by="ada")
        verdict = log.Verdict(rules=1, outcome="soft", passed=(passed,), override=word)
        texts = {"/verdict/override/reason": "deeper over the lumbar muscles"}
    setpoint = samples.setpoint(volume_nl).model_copy(update={"depth_um": depth_um})
    body = samples.grant(shots, before).model_copy(
        update={
            "grant": step + 1, "step": step, "technique": technique, "zone": zone,
            "setpoint": setpoint, "verdict": verdict, "library_digest": _LIBRARY.digest,
        }
    )  # fmt: skip
    (granted,) = made.append([Draft(SESSION, body, texts)], later(15 + before))
    return granted.seq


def _shot(number: int, granted: int, volume_nl: int, depth_um: int) -> log.Shot | log.Uncertain:
    drawn = hashlib.shake_128(number.to_bytes(4)).digest(3)
    grant = next(step for step in range(4) if number <= sum(each[4] for each in _STEPS[: step + 1]))
    if number % 331 == 0:
        return samples.uncertain(number, granted).model_copy(update={"grant": grant + 1})
    measured = volume_nl - 100 + drawn[0]
    early = number % 97 == 0
    return samples.shot(number, granted).model_copy(
        update={
            "grant": grant + 1,
            "volume_nl": measured // 2 if early else measured,
            "outcome": "partial" if early else "complete",
            "cause": "contact_lost" if early else None,
            "depth_um": depth_um - 60 + drawn[1] // 3,
            "counts_nl": max(volume_nl, measured),
        }
    )


def _training(made: ShotLog) -> None:
    first = samples.opened(TRAINING, SHOTS)
    assert isinstance(first.body, log.SessionOpened)
    body = first.body.model_copy(update={"patient": None, "library_digest": _LIBRARY.digest})
    made.append([Draft(TRAINING, body, first.texts)], later(3_000))
    granted = samples.grant(10, SHOTS).model_copy(
        update={"link": 8, "library_digest": _LIBRARY.digest}
    )
    (entry,) = made.append([Draft(TRAINING, granted)], later(3_001))
    for number in range(SHOTS + 1, SHOTS + 6):
        fired = samples.shot(number, entry.seq).model_copy(update={"link": 8})
        made.append([Draft(TRAINING, fired)], later(3_002))
