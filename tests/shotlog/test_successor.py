"""Succession: another log follows, and nothing about a patient, a gun or a person begins anew."""

import json
import os
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import pytest

from injector.control.bringing import LOST, SessionLeftOpen
from injector.control.history import CourseOf, courses, libraries_of
from injector.control.inputs import KnownDevice
from injector.control.ledger import Ledger
from injector.control.opening import close_drafts
from injector.control.recall import ledger_from, recall
from injector.control.succession import CannotFollow, Reason, Succession, succeed
from injector.limits.exposure import Exposure
from injector.protocol.messages import Welcome
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.copying import back_up
from injector.shotlog.entries import Draft, Entry, Moment, SessionClosed
from injector.shotlog.envelope import pack
from injector.shotlog.errors import LogDamaged, LogExists, LogFinished, LogKeyUnusable, LogLocked
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.findings import Check, Code, Remark
from injector.shotlog.kept import kept_checkpoints
from injector.shotlog.log import ShotLog
from injector.shotlog.quoting import quoted
from injector.shotlog.reader import LogReader, library_drafts
from injector.shotlog.schema import MAX_BODY_BYTES
from injector.shotlog.verify import verify
from injector.shotlog.vouching import BroughtForward, DeviceBroughtForward, LogEnded
from tests.control import bodies
from tests.shotlog.killed import folders, kill_at_every_step
from tests.shotlog.samples import (
    JOURNAL,
    LIBRARY,
    LIBRARY_DIGEST,
    NOW,
    SERIAL,
    SESSION,
    closed,
    grant,
    open_log,
    opened,
    recorded,
    shot,
    write_sample,
)
from tests.shotlog.test_rotation import beside
from tests.shotlog.test_verify import named, of

HOUR_US: Final = 3_600_000_000
PATIENTS: Final = ("00000000000000aa", "00000000000000bb")
NAMES: Final = ("blue heron", "grey seal")
LATER: Final = Moment(NOW.utc_us + HOUR_US, NOW.mono_us + HOUR_US)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return tmp_path / "shots.db"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "next.db"


def follow(
    old: Path,
    new: Path,
    reason: Reason = Reason.ARCHIVED,
    notes: Sequence[str] = (),
    now: Moment = LATER,
) -> Succession:
    return succeed(
        old, new, reason=reason, by="ada", notes=notes, now=now, random_bytes=os.urandom,
        software="tests",
    )  # fmt: skip


def folded(path: Path) -> Ledger:
    with LogReader.open(path) as reader:
        return ledger_from(reader)


# -- the two logs name each other ------------------------------------------------------------


def test_the_log_before_ends_and_the_successor_names_it_as_it_ended(old: Path, new: Path) -> None:
    write_sample(old)
    made = follow(old, new)
    with LogReader.open(old) as before, LogReader.open(new) as after:
        ended = before.last("log_ended")
        assert ended is not None
        assert isinstance(ended.body, LogEnded)
        assert ended.seq == before.size - 1
        assert ended.body.successor == after.opened.origin == made.origin
        named_before = after.opened.predecessor
        assert named_before is not None
        assert named_before.origin == before.opened.origin
        assert (named_before.size, named_before.checkpoint) == (before.size, before.checkpoint)
        assert named_before.reason == ended.body.reason == "archived"
        assert after.vkey == made.vkey != before.vkey
        assert after.opened.log_id != before.opened.log_id
    assert verify(old).ok
    report = verify(new, vkey=made.vkey)
    assert report.ok
    assert [each.remark for each in of(report, Check.SUCCESSION).remarks] == [
        Remark.FOLLOWS_ANOTHER
    ]
    assert verify(old, against=named_before.checkpoint).ok


def test_a_log_that_has_ended_takes_nothing_more_but_erasures(old: Path, new: Path) -> None:
    write_sample(old)
    made = follow(old, new)
    with pytest.raises(LogFinished, match=made.origin):
        open_log(old)
    with ShotLog.open(
        old, now=NOW, random_bytes=os.urandom, software="tests", ended=True
    ) as archived:
        with pytest.raises(LogFinished):
            archived.append([Draft(None, log.EngineEnded(reason="quit"))], NOW)
        with pytest.raises(LogFinished):
            archived.rotate_key(reason="yearly", by=None, now=NOW)
        texts = archived.reader.texts_of("00000000000000ff")
        archived.erase_all(texts[:2], by="ada", reason="asked_for", now=NOW)
    assert verify(old).ok


def test_an_entry_after_the_end_is_found(old: Path) -> None:
    with open_log(old) as ending:
        ending.end("injector.invalid/" + "0" * 32, reason="archived", by=None, now=NOW)
        ending._ended = None
        ending.append([Draft(None, log.EngineEnded(reason="quit"))], NOW)
    assert named(verify(old), Check.SUCCESSION) == {(Code.AFTER_THE_END, 2, 2)}


def test_a_second_end_moves_the_first_one_no_further(old: Path) -> None:
    with open_log(old) as ending:
        for successor in ("0" * 32, "1" * 32):
            ending.end(f"injector.invalid/{successor}", reason="archived", by=None, now=NOW)
            ending._ended = None
    assert named(verify(old), Check.SUCCESSION) == {(Code.AFTER_THE_END, 2, 2)}


def bring_late(forged: ShotLog, *bodies: log.Body) -> None:
    """Write what only the making of a log writes, with its key."""
    batch = forged._begin(NOW)
    for body in bodies:
        batch.add(Draft(None, body))
    forged._commit(batch)


def account(shots: int) -> DeviceBroughtForward:
    return DeviceBroughtForward(
        serial=SERIAL, journal_id=JOURNAL, committed=shots, shots=shots, volume_nl=shots * 20_200,
        told_shots=0, told_nl=0, held=None, conflict=None,
    )  # fmt: skip


def test_shots_that_are_missing_are_not_excused_by_a_gun_brought_forward_later(
    old: Path, new: Path
) -> None:
    write_sample(old, shots=3)
    follow(old, new)
    with open_log(new) as forged:
        bring_late(forged, account(3))
        forged.append([Draft(None, log.EngineStarted(software="x", host_boot=None))], NOW)
        at = forged.size
        bring_late(forged, account(40))
        forged.append([opened("t00000000000000d4", 40)], NOW)
    report = verify(new)
    assert named(report, Check.SUCCESSION) == {
        (Code.BROUGHT_LATE, at, None),
        (Code.BROUGHT_TWICE, at, None),
    }
    assert named(report, Check.DEVICES) == {(Code.COUNTERS_DIFFER, at + 1, None)}


def test_a_gun_that_is_brought_forward_twice_is_found(old: Path, new: Path) -> None:
    """Even in the opening: where its account goes on is one place."""
    write_sample(old, shots=3)
    follow(old, new)
    with open_log(new) as forged:
        at = forged.size
        bring_late(forged, account(3), account(40))
    assert named(verify(new), Check.SUCCESSION) == {(Code.BROUGHT_TWICE, at + 1, None)}


def test_a_visit_that_is_brought_forward_later_is_found(old: Path, new: Path) -> None:
    write_sample(old, shots=3)
    follow(old, new)
    with open_log(new) as forged:
        forged.append([Draft(None, log.EngineStarted(software="x", host_boot=None))], NOW)
        at = forged.size
        bring_late(forged, BroughtForward(visit=SESSION, entries=()))
    assert named(verify(new), Check.SUCCESSION) == {(Code.BROUGHT_LATE, at, None)}


@pytest.mark.parametrize("body", [account(3), BroughtForward(visit=SESSION, entries=())])
def test_only_the_making_of_a_log_brings_anything_forward(old: Path, body: log.Body) -> None:
    with open_log(old) as first, pytest.raises(ValueError, match="written by the log itself"):
        first.append([Draft(None, body)], NOW)


def test_what_is_brought_forward_needs_a_log_that_it_comes_from(old: Path) -> None:
    with open_log(old) as forged:
        bring_late(forged, BroughtForward(visit=SESSION, entries=()))
    assert named(verify(old), Check.SUCCESSION) == {(Code.BROUGHT_FROM_NOWHERE, 1, None)}


def test_checkpoints_kept_beside_the_place_go_on_with_the_successor_s_own(
    old: Path, new: Path
) -> None:
    write_sample(old)
    with LogReader.open(old) as before:
        note = before.checkpoint
    anchors = beside(new, ".anchors")
    anchors.write_text(json.dumps({"checkpoint": note, "utc_us": 1}) + "\n", encoding="utf-8")
    follow(old, new)
    follow(old, new)
    with LogReader.open(new) as after:
        assert kept_checkpoints(anchors) == [note, after.checkpoint]


# -- what comes along ------------------------------------------------------------------------


def test_people_approvals_and_their_libraries_are_in_force_as_before(old: Path, new: Path) -> None:
    """A practitioner who has left since: what they approved is in force still."""
    leaving = facts.OperatorRecorded(
        person="ada", name="Ada Example", role="withdrawn", diploma=None, registration=None, by="b"
    )
    with open_log(old) as first:
        first.append(library_drafts(LIBRARY_DIGEST, LIBRARY), NOW)
        first.append([each for each in recorded() if each.session is None], NOW)
        first.append([Draft(None, leaving)], NOW)
    follow(old, new)
    was, now = folded(old).roster, folded(new).roster
    assert now.operators == was.operators
    assert now.approved == was.approved
    assert now.approved[LIBRARY_DIGEST].by == "ada"
    assert now.operators["ada"].role == "withdrawn"
    with LogReader.open(new) as reader:
        assert reader.library_text(LIBRARY_DIGEST) == LIBRARY


def test_a_stop_that_nobody_released_is_not_forgotten(old: Path, new: Path) -> None:
    with open_log(old) as first:
        first.append([Draft(None, log.Stop(origin="operator", by="ada", serial=None))], NOW)
    assert follow(old, new).brought is not None
    assert folded(new).stop_unreleased
    with open_log(old.with_name("calm.db")):
        pass
    follow(old.with_name("calm.db"), new.with_name("calm next.db"))
    assert not folded(new.with_name("calm next.db")).stop_unreleased


def test_a_gun_ahead_that_nobody_acknowledged_waits_in_the_successor_too(
    old: Path, new: Path
) -> None:
    def alarm(act: Literal["raised", "acknowledged"], by: str | None = None) -> Draft:
        return Draft(None, log.Alarm(
            alarm="gun_ahead", priority="high", act=act, by=by, detail={"shots": 7},
        ))  # fmt: skip

    third, calm, after = (new.with_name(f"{name}.db") for name in ("third", "calm", "after"))
    write_sample(old)
    with open_log(old) as first:
        first.append([Draft(None, bodies.seen()), alarm("raised")], NOW)
    made = follow(old, new)
    assert made.brought is not None
    assert made.brought.ahead
    assert (made.brought.visits, made.brought.guns) == (2, 1)
    assert verify(new).ok
    assert back_up(new, new.with_name("copy.db"), with_keys=False).report.ok
    follow(new, third)
    with LogReader.open(third) as reader:
        assert ledger_from(reader).ahead
        (entry,) = reader.entries(kinds=["alarm"])
        assert isinstance(entry.body, log.Alarm)
        assert (entry.body.act, entry.body.detail) == ("raised", {"shots": 7})
    assert verify(third).ok
    with open_log(calm) as first:
        first.append([alarm("raised"), alarm("acknowledged", "ada")], NOW)
    follow(calm, after)
    assert not folded(after).ahead


def closed_visit(path: Path, opening_bytes: int, pains: int) -> None:
    """A visit whose opening is so large, and of which somebody told so often later."""

    def opening(more: int) -> Draft:
        draft = opened()
        assert isinstance(draft.body, log.SessionOpened)
        bare = {"plan": {"note": "x" * more}, "title": None, "answers": ()}
        texts = {"/pseudonym": "blue heron"}
        return Draft(draft.session, draft.body.model_copy(update=bare), texts)

    least = len(pack(opening(0), 1, NOW, bytes(16), os.urandom).body)
    with open_log(path) as first:
        first.append([opening(max(0, opening_bytes - least)), closed()], NOW)
        pain = facts.Pain(score=3, when="before", by="ada")
        first.append([Draft(SESSION, pain)] * pains, NOW)


@pytest.mark.parametrize("opening_bytes", [0, 30_000, MAX_BODY_BYTES - 1_000])
def test_a_visit_that_is_too_much_for_one_entry_comes_in_several(
    old: Path, new: Path, opening_bytes: int
) -> None:
    closed_visit(old, opening_bytes, 600)
    assert follow(old, new).before.reason == "archived"
    with LogReader.open(old) as before, LogReader.open(new) as after:
        was = [e.body for e in before.entries(kinds=["session_opened", "session_closed", "pain"])]
        parts = list(after.entries(kinds=["brought_forward"]))
        told = [entry.body for part in parts for entry, _ in quoted(part)]
    assert len(parts) > 1
    assert isinstance(told[0], log.SessionOpened)
    assert isinstance(was[0], log.SessionOpened)
    assert told[0].plan == was[0].plan
    assert told[1:] == was[1:]
    assert verify(new).ok


def test_what_cannot_be_brought_forward_ends_nothing(old: Path, new: Path) -> None:
    """An opening that fills an entry to the last byte has no room for what quotes it."""
    closed_visit(old, MAX_BODY_BYTES, 0)
    with pytest.raises(CannotFollow, match="nothing was ended"):
        follow(old, new)
    with open_log(old) as still:
        assert still.reader.last("log_ended") is None
    assert not new.exists()
    assert not beside(new, ".key.successor").exists()


def test_a_session_that_stands_open_is_closed_first(old: Path, new: Path) -> None:
    with open_log(old) as first:
        first.append([opened(), Draft(SESSION, grant()), Draft(SESSION, shot(1, 2))], NOW)
    with pytest.raises(SessionLeftOpen, match=f"session {SESSION} stands open"):
        follow(old, new)
    assert not new.exists()
    with open_log(old) as first:  # and the log before goes on
        assert first.reader.last("log_ended") is None


def test_where_it_cannot_be_closed_any_more_it_counts_at_its_most(old: Path, new: Path) -> None:
    """Ten shots were permitted and one is in the log: with the key gone, ten count as given."""
    with open_log(old) as first:
        first.append([opened(), Draft(SESSION, grant(10)), Draft(SESSION, shot(1, 2))], NOW)
        most = ledger_from(first.reader).exposure().total()
    beside(old, ".key").unlink()
    made = follow(old, new, Reason.LOST_KEY)
    assert made.brought is not None
    assert made.brought.closed_at_most == SESSION
    assert most.shots == 10
    before = folded(new).past.before("00000000000000ff", NOW, None)
    assert before.exposure.total() == most
    with LogReader.open(new) as reader:
        (entry,) = reader.entries(kinds=["brought_forward"])
        told = [each.body for each, _ in quoted(entry)]
        assert isinstance(told[1], SessionClosed)
        assert told[1].reason == LOST
        assert isinstance(entry.body, BroughtForward)
        assert entry.body.entries[1].seq is None
    assert verify(new).ok


def test_people_still_tell_of_a_visit_that_was_before(old: Path, new: Path) -> None:
    """An adverse event shows days later; it names the visit, and the log verifies."""
    write_sample(old)
    follow(old, new)
    ledger = folded(new)
    assert SESSION in ledger.past.sessions
    event = facts.AdverseEvent(
        what="bruising", severity=1, onset_minutes_ago=60, zone="elbow", note=None, by="ada"
    )
    with open_log(new) as after:
        after.append([Draft(SESSION, event)], NOW)
        (course,) = courses(after.reader, "blue heron")
    assert [len(visit.adverse) for visit in course.visits] == [1, 0]
    assert verify(new).ok


def test_of_free_text_nothing_comes_along_but_the_pseudonym(old: Path, new: Path) -> None:
    write_sample(old)
    follow(old, new)
    with LogReader.open(new) as reader:
        texts = {
            reader.private_text(seq, place) for seq, place in reader.texts_of("00000000000000ff")
        }
        assert texts == {"blue heron"}
        assert set(reader.patients()) == {("blue heron", "00000000000000ff")}


def test_a_pseudonym_that_was_erased_does_not_come_back(old: Path, new: Path) -> None:
    """Erased after a copy was made, and the copy is followed: the record of erasures tells."""
    write_sample(old)
    copy = old.with_name("copy.db")
    shutil.copy(old, copy)
    with open_log(old) as first:
        first.erase_all(first.reader.texts_of("00000000000000ff"), by="a", reason="x", now=NOW)
        note = first.checkpoint
    shutil.copy(beside(old, ".erased"), beside(new, ".erased"))
    follow(copy, new, Reason.RESTORED, [note])
    with LogReader.open(new) as reader:
        assert list(reader.patients()) == []
        assert list(reader.patient_ids()) == ["00000000000000ff"]
    assert b"blue heron" not in new.read_bytes()


# -- the day and the course go on -------------------------------------------------------------


class Practice:
    """Sessions of two patients, as they come: closed with what the ledger says was given."""

    def __init__(self, path: Path, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- a practice that can be repeated
        self.log = open_log(path)
        self.at = Moment(NOW.utc_us, 50 * HOUR_US)
        self.index = 0
        self.start()

    def start(self) -> None:
        boot = self.chance.choice([None, "boot 1", "boot 2"])
        self.put(None, log.EngineStarted(software="tests", host_boot=boot))

    def put(
        self, session: str | None, body: log.Body, texts: dict[str, str] | None = None
    ) -> Entry:
        return self.log.append([Draft(session, body, texts or {})], self.at)[0]

    def hours(self, most: int) -> None:
        by = self.chance.randrange(1, most) * HOUR_US
        jump = self.chance.choice([0, 0, 0, 30, -5]) * HOUR_US
        self.at = Moment(self.at.utc_us + by + jump, self.at.mono_us + by)

    def session(self, number: int) -> None:
        session, who = f"c{number:016x}", self.chance.randrange(2)
        body = bodies.opened(newest=self.index, shots=self.index).model_copy(
            update={
                "realm": "clinical",
                "patient": PATIENTS[who],
                "pseudonym": TO_BE_SEALED,
                "indication": self.chance.choice(["tendinopathy_elbow", "cellulite"]),
            }
        )
        self.put(session, body, {"/pseudonym": NAMES[who]})
        self.put(session, self.hand_syringe())
        granted = self.put(session, bodies.grant(number + 1, 9))
        for _ in range(self.chance.randrange(9)):
            self.happens(session, granted.seq, number + 1)
        self.put(session, bodies.settled(self.index, returned=0))
        for draft in self.close():
            self.put(session, draft.body)
        if self.chance.random() < 0.5:
            self.put(session, facts.Result(result="better", note=None, by="ada"))
            self.put(session, facts.FollowUp(due="2027-03-01", why="schedule", by="ada"))

    def hand_syringe(self) -> facts.SyringeLoaded:
        item = facts.MixtureItem(
            product=self.chance.choice(["lidocaine", "procaine"]),
            product_class="local_anaesthetic",
            concentration_ug_ml=self.chance.choice([None, 10_000]),
            lot=None, expiry=None, volume_nl=2_000_000, multi_dose=False,
        )  # fmt: skip
        return facts.SyringeLoaded(
            fill=1, place="hand", mixture=(item,), flagged=(), syringe_nl=2_500_000, mixed_by=None,
            mixed_where=None, by="ada",
        )  # fmt: skip

    def happens(self, session: str, grant_seq: int, grant_number: int) -> None:
        what = self.chance.choice(
            ["shot", "shot", "uncertain", "gap", "hand", "another hand", "elsewhere"]
        )
        self.index += what in ("shot", "uncertain")
        match what:
            case "shot":
                made: log.Body = bodies.shot(self.index, number=grant_number, grant_seq=grant_seq)
            case "uncertain":
                made = bodies.uncertain(self.index, number=grant_number)
            case "gap":
                made = bodies.gap(2)
            case "hand":
                made = facts.HandShots(
                    technique="papule", zone="knee", fill=0, shots=2, volume_nl=90_000, by="ada"
                )
            case "another hand":
                made = facts.HandShots(
                    technique="papule", zone="knee", fill=1, shots=1, volume_nl=10_000, by="ada"
                )
            case _:
                made = facts.GivenElsewhere(
                    minutes_ago=self.chance.randrange(2_000), product="saline", dose_ng=5,
                    zone="knee", shots=3, volume_nl=60_000, device_class=None, by="ada",
                )  # fmt: skip
        self.put(session, made)

    def close(self) -> tuple[Draft, ...]:
        ledger = ledger_from(self.log.reader)
        welcome = Welcome.model_construct(serial=bodies.SERIAL, journal=bodies.JOURNAL)
        return close_drafts(
            "finished", "ada", ledger=ledger, welcome=welcome, newest=self.index,
            counters=(self.index, 0), signature=None, left_nl=None,
        )  # fmt: skip


def _portions(ledger: Ledger, boot: str | None, at: Moment) -> list[object]:
    """What the limits see of both patients, for a host that starts and treats at ``at``."""
    start = log.EngineStarted(software="tests", host_boot=boot)
    ledger.apply(Entry(10_000_000, at, None, start))
    return [
        (
            ledger.past.before(patient, at, None),
            sorted(ledger.past.days(patient, indication, besides="")),
            ledger.past.patient(name),
        )
        for patient, name in zip(PATIENTS, NAMES, strict=True)
        for indication in ("tendinopathy_elbow", "cellulite")
    ]


def _seen(found: list[CourseOf]) -> list[object]:
    return [
        (
            course.patient,
            course.pseudonym,
            course.indication,
            [
                (
                    visit.session, visit.day, visit.operator, visit.result, visit.follow_up,
                    visit.treated, visit.opened.plan, visit.opened.mixture, visit.closed,
                    visit.doses_ng,
                )
                for visit in course.visits
            ],
        )
        for course in found
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_what_counts_in_the_day_and_in_the_course_is_the_same_in_the_successor(
    tmp_path: Path, seed: int
) -> None:
    """Shots, hand shots, given elsewhere, uncertain ones and gaps, under clocks that jump; and a
    successor of the successor."""
    paths = [tmp_path / f"{at}.db" for at in range(3)]
    practice = Practice(paths[0], seed)
    for number in range(8):
        if number:
            practice.hours(14)
        practice.session(number)
        if practice.chance.random() < 0.3:
            practice.start()
    practice.log.close()
    follow(paths[0], paths[1], now=practice.at)
    follow(paths[1], paths[2], now=practice.at)
    counted, untold = 0, set()
    for hours in (0, 3, 12, 23, 40):
        for boot in (None, "boot 1", "boot 2"):
            at = Moment(practice.at.utc_us + hours * HOUR_US, practice.at.mono_us + hours * HOUR_US)
            first, *others = (_portions(folded(path), boot, at) for path in paths)
            for other in others:
                assert other == first
            counted += sum(each[0].exposure.total() != Exposure() for each in first)  # type: ignore[index]
            untold.update(*(each[0].untold for each in first))  # type: ignore[index]
    assert counted, "a test in which nothing counts shows nothing"
    assert untold, "and one in which every dose is known shows half"
    with LogReader.open(paths[0]) as was:
        seen, libraries = courses(was), libraries_of(was)
        due = [course.due(libraries) for course in seen]
    for path in paths[1:]:
        with LogReader.open(path) as reader:
            assert _seen(courses(reader)) == _seen(seen)
            assert [course.due(libraries_of(reader)) for course in courses(reader)] == due
            treated = [visit for course in seen for visit in course.visits if visit.treated]
            assert len(list(reader.treated())) == len(treated) > 0
        assert verify(path).ok


# -- guns ------------------------------------------------------------------------------------


def _gun(path: Path, journal: int = bodies.JOURNAL) -> KnownDevice:
    with LogReader.open(path) as reader:
        known = recall(reader, bodies.SERIAL, journal).known
        assert known is not None
        return known


def _foreign(index: int) -> log.Foreign:
    return log.Foreign(
        serial=bodies.SERIAL, journal_id=bodies.JOURNAL, index=index, log_id="11" * 8,
        what={"kind": 1, "shots": index, "volume_total_nl": index * 20_200},
    )  # fmt: skip


GUNS: Final[dict[str, tuple[log.Body, ...]]] = {
    "seen once": (bodies.seen(shots=40, newest=40, acknowledged=38),),
    "told more than it journalled": (bodies.seen(), bodies.seen(shots=3, newest=3)),
    "fired": (bodies.seen(), bodies.shot(1), bodies.shot(2)),
    "foreign entries wait": (bodies.seen(), _foreign(1), _foreign(2)),
    "at odds": (
        bodies.seen(),
        bodies.shot(1),
        log.Conflict(serial=bodies.SERIAL, journal_id=bodies.JOURNAL, at_index=2, what={}),
    ),
    "settled": (bodies.seen(), bodies.shot(1), bodies.settled(4)),
}


@pytest.mark.parametrize("journal", [bodies.JOURNAL, 78])
@pytest.mark.parametrize("how", GUNS)
def test_the_accounts_with_a_gun_go_on(old: Path, new: Path, how: str, journal: int) -> None:
    with open_log(old) as first:
        for body in GUNS[how]:
            first.append([Draft(None, body)], NOW)
    third = new.with_name("third.db")
    follow(old, new)
    follow(new, third)
    was = _gun(old, journal)
    if how == "seen once" and journal != bodies.JOURNAL:
        # What others acknowledged before this gun was first seen is passed over by its index.
        was = replace(was, journal_before=(bodies.JOURNAL, 38))
    assert _gun(new, journal) == _gun(third, journal) == was
    with LogReader.open(new) as reader:
        (entry,) = reader.entries(kinds=["device_brought_forward"])
        assert isinstance(entry.body, DeviceBroughtForward)
    # and what comes next moves them as it always did
    with open_log(third) as after:
        seen = bodies.seen(shots=50, newest=50)
        after.append([Draft(None, seen), Draft(None, bodies.shot(45))], NOW)
        known = recall(after.reader, bodies.SERIAL, bodies.JOURNAL).known
        assert known is not None
        assert (known.committed, known.shots) == (45, 45)


# -- what is refused -------------------------------------------------------------------------


def test_a_key_that_is_here_is_not_lost(old: Path, new: Path) -> None:
    write_sample(old)
    with pytest.raises(CannotFollow, match="its key is here"):
        follow(old, new, Reason.LOST_KEY)


def test_nothing_follows_a_log_that_does_not_verify(old: Path, new: Path) -> None:
    write_sample(old)
    beside(old, ".key").unlink()
    with old.open("r+b") as file:
        content = file.read()
        file.seek(content.index(b"blue heron"))
        file.write(b"grey heron")
    with pytest.raises(LogDamaged, match="does not verify"):
        follow(old, new, Reason.LOST_KEY)


def test_nothing_that_is_there_is_overwritten(old: Path, new: Path) -> None:
    write_sample(old)
    write_sample(new)
    before = new.read_bytes()
    with pytest.raises(LogExists, match="another log is here"):
        follow(old, new)
    assert new.read_bytes() == before
    with pytest.raises(CannotFollow, match="cannot follow itself"):
        follow(old, old)
    with open_log(old) as still:
        assert still.reader.last("log_ended") is None


def test_a_log_that_is_being_written_is_not_followed(old: Path, new: Path) -> None:
    with open_log(old), pytest.raises(LogLocked):
        follow(old, new)
    beside(old, ".key").rename(beside(old, ".gone"))
    assert follow(old, new, Reason.LOST_KEY).lost == 0


def test_a_log_with_a_successor_gets_no_second_one(old: Path, new: Path, tmp_path: Path) -> None:
    write_sample(old)
    follow(old, new)
    with pytest.raises(CannotFollow, match="has ended and names"):
        follow(old, tmp_path / "another.db")
    assert not (tmp_path / "another.db").exists()
    again = follow(old, new)
    assert again.brought is None
    assert verify(new).ok


def test_a_copy_that_is_behind_is_followed_and_never_written(old: Path, new: Path) -> None:
    write_sample(old)
    copy = old.with_name("copy.db")
    shutil.copy(old, copy)
    shutil.copy(beside(old, ".key"), beside(copy, ".key"))
    before = copy.read_bytes()
    with open_log(old) as first:
        first.append([Draft(None, log.EngineEnded(reason="quit"))], NOW)
        note, size = first.checkpoint, first.size
    with pytest.raises(CannotFollow, match="not whole"):
        follow(copy, new, Reason.ARCHIVED, [note])
    made = follow(copy, new, Reason.RESTORED, [note])
    assert (made.before.size, made.before.checkpoint, made.lost) == (size, note, 1)
    assert copy.read_bytes() == before
    assert verify(old, against=made.before.checkpoint).ok


def test_a_log_that_can_go_on_is_not_followed_as_one_that_is_behind(old: Path, new: Path) -> None:
    """Or there were two that go on."""
    write_sample(old)
    with LogReader.open(old) as reader:
        note = reader.checkpoint
    with pytest.raises(CannotFollow, match="--reason archived ends it in order"):
        follow(old, new, Reason.RESTORED, [note])
    assert not new.exists()
    with open_log(old):
        pass


@pytest.mark.parametrize("shown", [False, True], ids=["no checkpoint", "behind"])
def test_of_a_copy_with_its_key_and_its_successor_only_one_goes_on(
    old: Path, new: Path, *, shown: bool
) -> None:
    write_sample(old)
    copy = old.with_name("copy.db")
    shutil.copy(old, copy)
    shutil.copy(beside(old, ".key"), beside(copy, ".key"))
    with open_log(old) as first:
        first.append([Draft(None, shot(50))], NOW)
        note = first.checkpoint
    made = follow(copy, new, Reason.RESTORED, [note] if shown else [])
    assert made.retired
    with pytest.raises(LogKeyUnusable, match="another log follows this one"):
        open_log(copy)
    with open_log(new):
        pass
    assert verify(copy).ok
    assert verify(new).ok
    assert beside(copy, ".key.followed").read_bytes() == beside(old, ".key").read_bytes()
    assert follow(copy, new, Reason.RESTORED).brought is None, "and again it is the same one"


def test_the_key_of_a_log_that_ended_is_left_for_erasures(old: Path, new: Path) -> None:
    """Its successor is lost, and another one follows it as it ended."""
    write_sample(old)
    follow(old, new)
    made = follow(old, new.with_name("another.db"), Reason.RESTORED)
    assert not made.retired
    with ShotLog.open(old, now=NOW, random_bytes=os.urandom, software="tests", ended=True) as ended:
        ended.erase_all(ended.reader.texts_of("00000000000000ff")[:1], by="a", reason="x", now=NOW)


def test_a_checkpoint_of_a_key_that_nobody_knows_is_said_to_be_so(old: Path, new: Path) -> None:
    write_sample(old)
    copy, another = old.with_name("copy.db"), new.with_name("another.db")
    shutil.copy(old, copy)
    with open_log(old) as first:
        first.append([Draft(None, shot(50))], NOW)
        known = first.checkpoint
        first.rotate_key(reason="yearly", by=None, now=NOW)
        first.append([Draft(None, shot(51))], NOW)
        later = first.checkpoint
    assert follow(copy, new, Reason.RESTORED, [known]).proven
    assert not follow(copy, another, Reason.RESTORED, [known, later]).proven


# -- crashes ---------------------------------------------------------------------------------

DYING = """
from injector.control import succession
from injector.control.succession import Reason, succeed
from injector.shotlog import keys, making
def act(folder):
    die_at(keys, "write")
    die_at(making, "sync_folder", "_build", "finish_making", "write_verifier_key")
    die_at(succession, "make_successor", "successor_key", "copy_file", "_staff")
    die_at(ShotLog, "end")
    die_at(Path, "rename")
    succeed(folder / "shots.db", folder / "next.db", reason=Reason("REASON"), by="ada", notes=(),
            now=NOW, random_bytes=os.urandom, software="tests")
"""
STEPS = 24


@pytest.mark.parametrize("reason", [Reason.ARCHIVED, Reason.LOST_KEY])
def test_a_succession_killed_at_any_step_is_finished_by_saying_it_again(
    tmp_path: Path, reason: Reason
) -> None:
    sample = tmp_path / "shots.db"
    write_sample(sample, shots=2)
    beside(sample, ".staff").write_text("people")
    rooms = folders(tmp_path, STEPS)
    for each in rooms:
        for suffix in ("", ".staff", *((".key",) if reason is Reason.ARCHIVED else ())):
            shutil.copy2(beside(sample, suffix), each)
    kill_at_every_step(tmp_path, STEPS, DYING.replace("REASON", reason.value))
    for each in rooms:
        old, new = each / "shots.db", each / "next.db"
        assert verify(old).ok
        if new.exists():
            assert verify(new).ok
        follow(old, new, reason)
        with open_log(new) as after, LogReader.open(old) as before:
            body = after.reader.opened
            assert body.predecessor is not None
            assert body.predecessor.checkpoint == before.checkpoint
            named_there = [e.body for e in before.entries(kinds=["log_ended"])]
            if reason is Reason.ARCHIVED:
                (only,) = named_there
                assert isinstance(only, LogEnded)
                assert only.successor == body.origin
            assert set(after.reader.patients()) == {("blue heron", "00000000000000ff")}
        assert beside(new, ".staff").read_text() == "people"
        assert verify(new).ok
        assert not [one for one in each.iterdir() if ".new" in one.name]
        assert not beside(new, ".key.successor").exists()


def test_no_other_log_is_made_where_a_successor_was_begun(old: Path, new: Path) -> None:
    write_sample(old)
    beside(new, ".key.successor").write_text("begun")
    with pytest.raises(Exception, match="successor was cut short"):
        open_log(new)
