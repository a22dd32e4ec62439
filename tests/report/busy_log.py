"""A log in which everything happens that a table tells of."""

from pathlib import Path
from typing import Any

from injector.shotlog import entries as log
from injector.shotlog import facts, vouching
from injector.shotlog.entries import Draft, Moment
from injector.shotlog.facts import MixtureItem
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader, library_drafts
from tests.shotlog import samples

CLOSED = samples.SESSION
BUSY = "c00000000000000b2"
OPEN = "c00000000000000c3"
PATIENT = "00000000000000aa"
PASSED = log.PassedLimit(
    figure="depth", rule="most", value=9_000, bound=8_000, level="soft", set_by="zone",
    limit="zone.elbow.depth_um", source="Example 2020", strength="opinion",
)  # fmt: skip


def later(seconds: int) -> Moment:
    us = seconds * 1_000_000 + seconds
    return Moment(samples.NOW.utc_us + us, samples.NOW.mono_us + us)


def item(
    product: str, volume_nl: int, ug_ml: int | None = None, lot: str | None = None
) -> MixtureItem:
    return MixtureItem(
        product=product, product_class="carrier" if ug_ml is None else "active",
        concentration_ug_ml=ug_ml, lot=lot,
        expiry=None, volume_nl=volume_nl, multi_dose=lot == "L-2",
    )  # fmt: skip


def opened(session: str, *items: MixtureItem, realm: str = "clinical") -> Draft:
    first = samples.opened(session)
    assert isinstance(first.body, log.SessionOpened)
    body = first.body.model_copy(
        update={"realm": realm, "patient": PATIENT, "mixture": items, "athlete": True}
    )
    return Draft(session, body, first.texts)


def grant(number: int, *, fill: int = 0, step: int = 0, soft: bool = False) -> Draft:
    body = samples.grant().model_copy(update={"grant": number, "fill": fill, "step": step})
    texts = {}
    if soft:
        override = log.Override(reason=TO_BE_SEALED, by="ada")
        texts = {"/verdict/override/reason": "a deep one"}
        verdict = log.Verdict(rules=1, outcome="soft", passed=(PASSED, PASSED), override=override)
        body = body.model_copy(update={"verdict": verdict, "zone": "shoulder"})
    return Draft(BUSY, body, texts)


def write(path: Path) -> None:
    """Make that log at ``path``."""
    with samples.open_log(path, samples.numbered()) as made:
        made.append(library_drafts(samples.LIBRARY_DIGEST, samples.LIBRARY), later(0))
        samples.write_session(made, CLOSED, shots=8)
        _busy(made)
        _after(made)
        _left_open(made)


def _busy(made: ShotLog) -> None:
    """A session with four fillings, and everything that can go wrong."""
    made.append(
        [
            opened(
                BUSY,
                item("lidocaine", 700_001, 10_000, "L-1"),
                item("lidocaine", 300_000, 10_000, "L-2"),
                item("saline", 1_500_000),
            )
        ],
        later(10),
    )
    given = facts.OverrideGiven(step=0, reason=TO_BE_SEALED, by="ada")
    made.append([Draft(BUSY, given, {"/reason": "a deep one"})], later(11))
    shots = iter(range(101, 200))
    for number, (step, soft) in enumerate([(0, True), (1, True), (1, True), (2, False)], 1):
        (granted,) = made.append([grant(number, step=step, soft=soft)], later(12 + number))
        partial = samples.shot(next(shots), granted.seq, 15_000).model_copy(
            update={"outcome": "partial", "cause": "contact_lost"}
        )
        whole = samples.shot(next(shots), granted.seq)
        unsure = samples.uncertain(next(shots), granted.seq)
        made.append([Draft(BUSY, body) for body in (partial, whole, unsure)], later(20 + number))
    made.append(
        [
            Draft(
                BUSY,
                log.Settled(serial=samples.SERIAL, link=7, shots=9, volume_nl=9, returned_shots=0,
                            returned_nl=0),
            ),
            Draft(
                BUSY,
                facts.SyringeDiscarded(fill=0, reason="empty", left_nl=None, least_nl=1,
                                       most_nl=2, by="ada"),
            ),
            Draft(
                BUSY,
                facts.SyringeLoaded(
                    fill=1, place="gun", flagged=(), syringe_nl=5_000_000, mixed_by="bea",
                    mixed_where=None, by="bea",
                    mixture=(item("biotin", 333_333, 500, "B-1"), item("saline", 666_666)),
                ),
            ),
        ],
        later(30),
    )  # fmt: skip
    (granted,) = made.append([grant(9, fill=1, step=3)], later(31))
    gap = log.Gap(
        serial=samples.SERIAL, journal_id=samples.JOURNAL, first=150, last=152, shots_max=3,
        volume_max_nl=60_600, reason="journal_lost",
    )  # fmt: skip
    (found,) = made.append([Draft(BUSY, gap)], later(32))
    made.append(
        [
            Draft(BUSY, samples.shot(next(shots), granted.seq)),
            Draft(BUSY, samples.shot(next(shots), None)),
            Draft(BUSY, log.GapAcknowledged(gap_seq=found.seq, by="bea", choice="go_on")),
            Draft(
                BUSY,
                facts.HandShots(technique="papule", zone="elbow", fill=0, shots=3,
                                volume_nl=300_001, by="bea"),
            ),
            *_by_hand(2, item("procaine", 400_000, 20_000, "P-1"), given_nl=100_000),
            *_by_hand(3, item("procaine", 400_000, None, "P-2"), given_nl=50_000),
            *_refusals(),
            *_alarms(),
            Draft(
                BUSY,
                facts.AdverseEvent(what="bruising", severity=2, onset_minutes_ago=7, zone=None,
                                   note=None, by="bea"),
            ),
        ],
        later(40),
    )  # fmt: skip
    made.append([_end(made)], later(50))


def _by_hand(fill: int, mixture: MixtureItem, *, given_nl: int) -> list[Draft]:
    """Another syringe, and what of it was given by hand."""
    loaded = facts.SyringeLoaded(
        fill=fill, place="hand", flagged=(), syringe_nl=1_000_000, mixed_by="bea",
        mixed_where=None, by="bea", mixture=(mixture,),
    )  # fmt: skip
    given = facts.HandShots(
        technique="papule", zone="elbow", fill=fill, shots=1, volume_nl=given_nl, by="bea"
    )
    return [Draft(BUSY, loaded), Draft(BUSY, given)]


def _refusals() -> list[Draft]:
    hard = PASSED.model_copy(update={"level": "hard"})
    verdict = log.Verdict(rules=1, outcome="refuse", passed=(hard, PASSED), override=None)
    limits = log.Refused(
        what=samples.setpoint(), technique="nappage", zone="elbow", verdict=verdict
    )
    gun = log.DeviceRefused(
        serial=samples.SERIAL, link=7, request="grant", reason="journal_full", bound=4,
        grant_seq=None,
    )  # fmt: skip
    return [Draft(BUSY, limits), Draft(BUSY, gun)]


def _alarms() -> list[Draft]:
    raised = log.Alarm(
        alarm="lost_contact", priority="high", act="raised", by=None, detail={"index": 3}
    )
    others = [{"act": "acknowledged", "by": "bea"}, {"priority": "low"}]
    return [Draft(BUSY, raised), *(Draft(BUSY, raised.model_copy(update=u)) for u in others)]


def _end(made: ShotLog) -> Draft:
    return Draft(
        BUSY,
        log.SessionClosed(
            reason="finished", by="bea", serial=samples.SERIAL, journal_id=samples.JOURNAL,
            newest=199, shots=14, volume_nl=14 * 20_200, given_shots=20, given_nl=640_000,
            zones=(facts.ZoneTotal(zone="elbow", shots=20, volume_nl=640_000),),
            doses=(
                facts.ProductDose(product="lidocaine", dose_ng=2_345_678),
                facts.ProductDose(product="biotin", dose_ng=17),
                # Of the syringe whose concentration was said; of the other nobody knows.
                facts.ProductDose(product="procaine", dose_ng=2_000_000),
            ),
            library_digest=samples.LIBRARY_DIGEST, signature=None,
        ),
    )  # fmt: skip


def _after(made: ShotLog) -> None:
    """What stands outside sessions, or comes in after one has closed."""
    about = made.size - 2
    signed = vouching.Signed(
        about_seq=about, about_leaf="0" * 64, size=about + 1, root="1" * 64, meaning="reviewed",
        by="cleo", name="Cleo Example", signed_utc_us=later(99).utc_us, note="a note",
    )  # fmt: skip
    performed = signed.model_copy(update={"meaning": "performed", "by": "ada"})
    anchored = vouching.Anchored(
        size=about, root="2" * 64, place="witness", name="w.example", receipt="a receipt",
        at_utc_us=later(60).utc_us,
    )  # fmt: skip
    late = facts.AdverseEvent(
        what="other", severity=1, onset_minutes_ago=0, zone="elbow", note=TO_BE_SEALED, by="ada"
    )
    made.append(
        [
            Draft(BUSY, signed),
            Draft(BUSY, performed),
            Draft(None, anchored),
            Draft(None, facts.Access(what="sign_in_failed", person=None, role=None)),
            Draft(None, facts.Access(what="signed_in", person="ada", role="practitioner")),
            Draft(None, vouching.Barred(what="arm", by="dan")),
            Draft(BUSY, late, {"/note": "a rash"}),
        ],
        later(100),
    )


def _left_open(made: ShotLog) -> None:
    """A session that nobody closed, with two fillings in use and one that nothing left."""
    made.append([opened(OPEN, item("lidocaine", 1_000_000, 10_000, "L-1"))], later(200))
    made.append(
        [
            Draft(
                OPEN,
                facts.SyringeLoaded(
                    fill=1, place="hand", flagged=(), syringe_nl=5_000_000, mixed_by=None,
                    mixed_where=None, by="bea",
                    mixture=(item("lidocaine", 300, 7, "L-1"), item("saline", 700)),
                ),
            ),
            Draft(
                OPEN,
                facts.HandShots(technique="papule", zone="elbow", fill=1, shots=2,
                                volume_nl=101, by="bea"),
            ),
            Draft(
                OPEN,
                facts.SyringeLoaded(
                    fill=2, place="hand", flagged=(), syringe_nl=5_000_000, mixed_by=None,
                    mixed_where=None, by="bea",
                    mixture=(item("lidocaine", 900), item("saline", 100)),
                ),
            ),
        ],
        later(201),
    )  # fmt: skip
    body = samples.grant().model_copy(update={"link": 8})
    (granted,) = made.append([Draft(OPEN, body)], later(202))
    first = samples.shot(201, granted.seq).model_copy(update={"link": 8})
    second = samples.shot(202, granted.seq).model_copy(update={"link": 8})
    # One that was made under a grant of the session before, and came late.
    (before,) = [
        entry.seq for entry in _grants(made) if entry.session == BUSY and entry.body.step == 2
    ]
    late = samples.shot(203, before).model_copy(update={"link": 7, "grant": 4})
    made.append([Draft(OPEN, body) for body in (first, second, late)], later(203))


def _grants(made: ShotLog) -> list[Any]:
    with LogReader.open(made.path) as reader:
        return list(reader.entries(kinds=["grant"]))
