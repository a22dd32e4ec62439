"""A log in which every field that holds free text holds a hostile one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from injector.shotlog import entries as log
from injector.shotlog import facts, vouching
from injector.shotlog.entries import Draft
from injector.shotlog.facts import MixtureItem
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import library_drafts
from tests.report import hostile
from tests.shotlog import samples

PATIENT: Final = "00000000000000ff"
"""Of all these sessions."""
FREE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "session": ("operator", "closed_by"),
        "dose": ("product",),
        "grant": ("armed_by", "override_by"),
        "shot": ("armed_by", "override_by"),
        "override": ("by_person",),
        "refused": ("bound_at",),
        "alarm": ("by_person",),
        "gap": ("chosen_by",),
        "adverse_event": ("by_person",),
        "hand_shots": ("by_person",),
        "syringe": ("mixed_by",),
        "ingredient": ("product", "lot", "expiry"),
        "signature": ("by_person", "name"),
        "access": ("person",),
    }
)
"""Where free text stands in tables."""
PEOPLE: Final = frozenset(
    {
        "operator", "closed_by", "armed_by", "override_by", "by_person", "chosen_by", "mixed_by",
        "person",
    }
)  # fmt: skip
"""Columns that hold ids of people, which are shorter than other texts."""


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
    gap = log.Gap(
        serial=samples.SERIAL, journal_id=samples.JOURNAL, first=1, last=1, shots_max=1,
        volume_max_nl=20_200, reason="journal_lost",
    )  # fmt: skip
    (found,) = made.append([Draft(session, gap)], samples.NOW)
    seen = log.GapAcknowledged(gap_seq=found.seq, by=person, choice="go_on")
    refused = log.Refused(
        what=samples.setpoint(), technique="nappage", zone="elbow",
        verdict=log.Verdict(
            rules=1, outcome="refuse", passed=(passed.model_copy(update={"level": "hard"}),),
            override=None,
        ),
    )  # fmt: skip
    made.append([Draft(session, seen), Draft(session, refused)], samples.NOW)
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
    yield Draft(
        None,
        facts.OperatorRecorded(person=person, name=text, role="practitioner", diploma=text,
                               registration=text, by=person),
    )  # fmt: skip
    yield Draft(
        session,
        facts.HandShots(technique="papule", zone="elbow", fill=0, shots=1, volume_nl=1, by=person),
    )
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
