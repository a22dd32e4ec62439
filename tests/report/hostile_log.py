"""A log in which every field that holds free text holds a hostile one."""

from collections.abc import Iterator
from pathlib import Path

from injector.shotlog import entries as log
from injector.shotlog import facts, vouching
from injector.shotlog.entries import Draft
from injector.shotlog.facts import MixtureItem
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import library_drafts
from tests.report import hostile
from tests.shotlog import samples


def session_of(number: int) -> str:
    """The session in which the text with that number stands everywhere."""
    return f"t{number:016x}"


def write(path: Path) -> dict[str, str]:
    """Make that log; return the hostile text of each session."""
    with samples.open_log(path, samples.numbered()) as made:
        made.append(library_drafts(samples.LIBRARY_DIGEST, samples.LIBRARY), samples.NOW)
        texts = {session_of(number): text for number, text in enumerate(hostile.TEXTS.values())}
        for number, (session, text) in enumerate(texts.items()):
            _write(made, session, text, number * 2)
    return texts


def _write(made: ShotLog, session: str, text: str, before: int) -> None:
    person = text[:64]
    first = samples.opened(session, before)
    item = MixtureItem(
        product=text, product_class="active", concentration_ug_ml=10, lot=text, expiry=text,
        volume_nl=2_000_000, multi_dose=False,
    )  # fmt: skip
    opened = first.body.model_copy(
        update={
            "operator": person, "mixture": (item,), "mixed_by": person, "mixed_where": text,
            "needle_lot": text, "plan": {"step": [{"name": text}]},
        }
    )  # fmt: skip
    passed = log.PassedLimit(
        figure="depth", rule="most", value=9_000, bound=8_000, level="soft", set_by="zone",
        limit=text, source=text, strength="opinion",
    )  # fmt: skip
    override = log.Override(reason=TO_BE_SEALED, by=person)
    verdict = log.Verdict(rules=1, outcome="soft", passed=(passed,), override=override)
    grant = samples.grant(2, before).model_copy(
        update={"armed_by": person, "verdict": verdict, "link": 100 + before}
    )
    made.append([Draft(session, opened, {**first.texts, "/title": hostile.LONG})], samples.NOW)
    (granted,) = made.append(
        [Draft(session, grant, {"/verdict/override/reason": text})], samples.NOW
    )
    shots = (
        samples.shot(before + at, granted.seq).model_copy(update={"link": 100 + before})
        for at in (1, 2)
    )
    made.append([Draft(session, shot) for shot in shots], samples.NOW)
    made.append(list(_facts(session, text, person)), samples.NOW)
    end = samples.closed(session, 2, before)
    closed = end.body.model_copy(
        update={
            "by": person,
            "doses": (facts.ProductDose(product=text, dose_ng=17),),
            "signature": facts.Signature(by=person, name=text, meaning="treated"),
        }
    )
    made.append([Draft(session, closed)], samples.NOW)


def _facts(session: str, text: str, person: str) -> Iterator[Draft]:
    yield Draft(session, log.Note(text=TO_BE_SEALED, by=person), {"/text": text})
    yield Draft(
        session,
        log.Alarm(alarm="lost_contact", priority="high", act="acknowledged", by=person,
                  detail={"what": text}),
    )  # fmt: skip
    yield Draft(
        session,
        facts.AdverseEvent(what="other", severity=1, onset_minutes_ago=0, zone=None,
                           note=TO_BE_SEALED, by=person),
        {"/note": text},
    )  # fmt: skip
    yield Draft(session, vouching.Barred(what="arm", by=person))
    yield Draft(
        session,
        vouching.Anchored(size=1, root="2" * 64, place="witness", name=text, receipt=text,
                          at_utc_us=samples.NOW.utc_us),
    )  # fmt: skip
