"""`verify` on corrections: each that nobody could make is found, with the reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from injector.shotlog import facts
from injector.shotlog.corrections import Uncorrectable
from injector.shotlog.entries import Body, Draft, Entry
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.findings import Check, Code, Finding, Status
from injector.shotlog.log import ShotLog
from injector.shotlog.verify import verify
from injector.shotlog.vouching import Corrected
from tests.shotlog.samples import NOW, SECOND_SESSION, SESSION, closed, open_log, opened

SEALED = TO_BE_SEALED.model_dump()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ShotLog]:
    """Ada treats and Bea audits; a session with things to correct has closed."""
    with open_log(tmp_path / "shots.db") as made:
        person(made, "ada", "engineer")
        person(made, "bea", "auditor")
        made.append([opened(SESSION)], NOW)
        write(
            made,
            facts.HandShots(
                technique="papule", zone="elbow", fill=0, shots=3, volume_nl=300_000, by="ada"
            ),
        )
        over = facts.OverrideGiven(step=0, reason=TO_BE_SEALED, by="ada")
        made.append([Draft(SESSION, over, {"/reason": "a thick one"})], NOW)
        made.append([closed(SESSION, 0)], NOW)
        yield made


def person(log: ShotLog, who: str, role: Any) -> None:
    recorded = facts.OperatorRecorded(
        person=who, name=who, role=role, diploma=None, registration=None, by="ada"
    )
    log.append([Draft(None, recorded)], NOW)


def write(log: ShotLog, body: Body, session: str | None = SESSION) -> Entry:
    (entry,) = log.append([Draft(session, body)], NOW)
    return entry


def correct(
    log: ShotLog, session: str | None = SESSION, kind: str = "hand_shots", **update: Any
) -> Entry:
    """Write that shots by hand were two, not three, whatever the rules say of it."""
    about = log.last(kind)
    assert about is not None
    said = {
        "about_seq": about.seq, "place": "/shots", "before": {"value": 3}, "after": {"value": 2},
        "reason": TO_BE_SEALED, "by": "ada",
    }  # fmt: skip
    body = Corrected(**{**said, **update})
    texts = {"/reason": "misread"}
    if body.after.get("value") == SEALED:
        texts["/after/value"] = "a thin one"
    (entry,) = log.append([Draft(session, body, texts)], NOW)
    return entry


def found(log: ShotLog) -> tuple[Finding, ...]:
    report = verify(log.path)
    others = {each.check for each in report.checks if each.status is Status.FAILED}
    assert others <= {Check.CORRECTIONS}
    (result,) = (each for each in report.checks if each.check is Check.CORRECTIONS)
    assert result.counted == len(list(log.entries(kinds=["corrected"])))
    return result.findings


def test_corrections_of_what_was_typed_verify_whatever_is_corrected_twice(log: ShotLog) -> None:
    correct(log)
    correct(log, after={"value": 1})
    correct(log, kind="override_given", place="/reason", before={}, after={"value": SEALED})
    assert found(log) == ()


@pytest.mark.parametrize(
    ("why", "update"),
    [
        (Uncorrectable.NO_ENTRY, {"about_seq": 1_000}),
        (Uncorrectable.NO_SESSION, {"about_seq": 0}),
        (Uncorrectable.NOT_TYPED, {"place": "/by", "before": {"value": "ada"},
                                   "after": {"value": "bea"}}),
        (Uncorrectable.NOT_TYPED, {"kind": "session_closed", "place": "/given_nl",
                                   "before": {"value": 0}, "after": {"value": 1}}),
        (Uncorrectable.NO_PLACE, {"place": "/shots/0"}),
        (Uncorrectable.NOT_A_VALUE, {"after": {"value": "two"}}),
        (Uncorrectable.NOT_A_VALUE, {"after": {"value": True}}),
        (Uncorrectable.NOTHING_NEW, {"after": {"value": 3}}),
        (Uncorrectable.MORE, {"after": {"value": 4}}),
        (Uncorrectable.NOT_ALLOWED, {"by": "bea"}),
        (Uncorrectable.NOT_ALLOWED, {"by": "nobody on record"}),
        (Uncorrectable.OTHER_SESSION, {"session": None}),
        (Uncorrectable.OTHER_VALUE, {"before": {"value": 5}}),
        (Uncorrectable.NOT_A_VALUE, {"before": {}}),
        (Uncorrectable.OTHER_VALUE, {"kind": "session_opened", "place": "/needle_lot",
                                     "before": {}, "after": {"value": "N-8"}}),
        (Uncorrectable.OTHER_VALUE, {"before": {"value": 3, "more": 1}}),
        (Uncorrectable.OTHER_VALUE, {"after": {"value": 2, "more": 1}}),
        (Uncorrectable.OTHER_VALUE, {"kind": "override_given", "place": "/reason", "before": {},
                                     "after": {"value": "in the open"}}),
    ],
    ids=lambda each: each.value if isinstance(each, Uncorrectable) else ",".join(each),
)  # fmt: skip
def test_a_correction_that_nobody_could_make_is_found(
    log: ShotLog, why: Uncorrectable, update: dict[str, Any]
) -> None:
    entry = correct(log, **update)
    assert found(log) == (Finding(Code.CORRECTION_UNFOUNDED, entry.seq, detail=why.value),)


def test_what_comes_later_is_not_corrected_before(log: ShotLog) -> None:
    entry = correct(log, about_seq=log.size)
    assert found(log) == (
        Finding(Code.CORRECTION_UNFOUNDED, entry.seq, detail=Uncorrectable.NO_ENTRY.value),
    )


def test_an_open_session_is_not_corrected(log: ShotLog) -> None:
    log.append([opened(SECOND_SESSION)], NOW)
    pain = write(log, facts.Pain(when="before", score=6, by="ada"), SECOND_SESSION)
    entry = correct(log, SECOND_SESSION, about_seq=pain.seq, place="/score",
                    before={"value": 6}, after={"value": 5})  # fmt: skip
    assert found(log) == (
        Finding(Code.CORRECTION_UNFOUNDED, entry.seq, detail=Uncorrectable.SESSION_OPEN.value),
    )


def test_by_whom_goes_by_who_was_on_record_then(log: ShotLog) -> None:
    correct(log)
    person(log, "ada", "withdrawn")
    entry = correct(log, after={"value": 1})
    assert found(log) == (
        Finding(Code.CORRECTION_UNFOUNDED, entry.seq, detail=Uncorrectable.NOT_ALLOWED.value),
    )
