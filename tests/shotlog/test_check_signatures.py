"""`verify` on people's keys and signatures: each lie is found, each with its own name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from injector.cli.log_words import remark as words
from injector.shotlog import facts
from injector.shotlog.entries import Body, Draft, EngineStarted, Entry, Moment
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.findings import Check, CheckResult, Code, Noted, Remark, Status
from injector.shotlog.log import ShotLog
from injector.shotlog.signing import Statement, operator_key, person_key
from injector.shotlog.tree import LogTree
from injector.shotlog.verify import verify
from injector.shotlog.vouching import ClockJumped, Meaning, OperatorKey, Signed
from tests.shotlog.samples import LIBRARY_DIGEST, NOW, SESSION, open_log, write_session
from tests.shotlog.samples import SECOND_SESSION as SECOND

SEEDS = {person: bytes([number]) * 32 for number, person in enumerate(("ada", "bea", "eve"), 1)}
NAMES = {"ada": "Ada Example", "bea": "Bea Example", "eve": "Eve Example"}


@pytest.fixture
def log(tmp_path: Path) -> ShotLog:
    """Ada is a practitioner, Bea an auditor, Eve an engineer; Ada gave two sessions."""
    log = open_log(tmp_path / "shots.db")
    person(log, "ada", "practitioner")
    person(log, "bea", "auditor")
    person(log, "eve", "engineer")
    write_session(log, SESSION)
    write_session(log, SECOND, first=9)
    return log


def person(log: ShotLog, who: str, role: str) -> None:
    qualified = role == "practitioner"
    recorded = facts.OperatorRecorded(
        person=who,
        name=NAMES[who],
        role=role,  # type: ignore[arg-type]
        diploma="DIU mesotherapy" if qualified else None,
        registration="75-1" if qualified else None,
        by="ada",
    )
    key = operator_key(log.reader.opened.origin, who, SEEDS[who], reason="first", by=who)
    log.append([Draft(None, recorded), Draft(None, key)], NOW)


def closed(log: ShotLog, session: str = SESSION) -> Entry:
    found = log.last("session_closed", session=session)
    assert found is not None
    return found


def statement(
    log: ShotLog,
    about: Entry,
    by: str = "ada",
    meaning: Meaning = "performed",
    *,
    size: int | None = None,
) -> Statement:
    size = about.seq + 1 if size is None else size
    return Statement(
        origin=log.reader.opened.origin,
        size=size,
        root=LogTree(log.reader).root(size),
        session=about.session,
        about_seq=about.seq,
        about_leaf=log.reader.hashes(0, about.seq, 1)[0],
        meaning=meaning,
        by=by,
        name=NAMES[by],
        utc_us=NOW.utc_us,
    )


def write(log: ShotLog, body: Body, session: str | None = SESSION) -> Entry:
    (entry,) = log.append([Draft(session, body)], NOW)
    return entry


def sign(log: ShotLog, said: Statement, seed: bytes | None = None) -> Entry:
    return write(log, said.signed(SEEDS[said.by] if seed is None else seed), said.session)


def checked(log: ShotLog) -> CheckResult:
    """Close the log, and return what verify says about signatures; nothing else is wrong."""
    log.close()
    report = verify(log.path)
    others = [r for r in report.checks if r.check is not Check.SIGNATURES]
    assert not [r for r in others if r.status is Status.FAILED]
    return next(r for r in report.checks if r.check is Check.SIGNATURES)


def finds(log: ShotLog, code: Code, entry: Entry) -> None:
    result = checked(log)
    assert result.status is Status.FAILED
    assert [(each.code, each.seq) for each in result.findings] == [(code, entry.seq)]


# -- what is right --------------------------------------------------------------------------


def test_keys_and_signatures_of_every_meaning_verify(log: ShotLog) -> None:
    sign(log, statement(log, closed(log)))
    sign(log, statement(log, closed(log), "bea", "reviewed"))
    given = facts.OverrideGiven(step=0, reason=TO_BE_SEALED, by="ada")
    (override,) = log.append([Draft(SESSION, given, {"/reason": "a deep one"})], NOW)
    sign(log, statement(log, override, meaning="override"))
    approval = facts.LibraryApproved(
        digest=LIBRARY_DIGEST, name="a library", version="1", by="ada", registration="75-1"
    )
    sign(log, statement(log, write(log, approval, None), meaning="approved"))
    result = checked(log)
    assert result.status is Status.PASSED
    assert result.counted == 3 + 4


def test_a_signature_may_be_over_any_later_tree_that_holds_the_record(log: ShotLog) -> None:
    sign(log, statement(log, closed(log), size=log.size))
    assert checked(log).status is Status.PASSED


# -- a signature that was moved --------------------------------------------------------------


def moved(log: ShotLog, **fields: object) -> Signed:
    """Ada's signature under the first session, with some fields made to fit elsewhere."""
    return statement(log, closed(log)).signed(SEEDS["ada"]).model_copy(update=fields)


def test_a_signature_moved_to_another_record_fails(log: ShotLog) -> None:
    other = statement(log, closed(log, SECOND))
    body = moved(
        log,
        about_seq=other.about_seq,
        about_leaf=other.about_leaf.hex(),
        size=other.size,
        root=other.root.hex(),
    )
    finds(log, Code.OTHER_TEXT, write(log, body, SECOND))


def test_a_signature_moved_to_another_session_fails(log: ShotLog) -> None:
    finds(log, Code.OTHER_SESSION, write(log, moved(log), SECOND))


def test_a_signature_moved_to_another_person_fails(log: ShotLog) -> None:
    finds(log, Code.NOT_THEIRS, write(log, moved(log, by="eve", name=NAMES["eve"])))


def test_a_signature_moved_to_another_log_fails(log: ShotLog, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = open_log(tmp_path / "other" / "shots.db")
    person(other, "ada", "practitioner")
    write_session(other)
    there = statement(other, closed(other))
    here = statement(log, closed(log))
    other.close()
    body = here.signed(SEEDS["ada"]).model_copy(update={"note": there.signed(SEEDS["ada"]).note})
    finds(log, Code.NOT_THEIRS, write(log, body))


def test_a_signature_with_another_meaning_than_the_one_given_fails(log: ShotLog) -> None:
    body = statement(log, closed(log), "bea", "reviewed").signed(SEEDS["bea"])
    finds(log, Code.OTHER_TEXT, write(log, body.model_copy(update={"meaning": "performed"})))


@pytest.mark.parametrize("field", ["name", "signed_utc_us"])
def test_a_signature_under_another_name_or_time_fails(log: ShotLog, field: str) -> None:
    value = {"name": "Ada Exemplar", "signed_utc_us": NOW.utc_us + 1}[field]
    finds(log, Code.OTHER_TEXT, write(log, moved(log, **{field: value})))


def test_a_signature_about_another_leaf_fails(log: ShotLog) -> None:
    about = closed(log)
    said = statement(log, about)
    other = log.reader.hashes(0, about.seq - 1, 1)[0]
    lie = replace(said, about_leaf=other)
    finds(log, Code.OTHER_RECORD, sign(log, lie))


@pytest.mark.parametrize("what", ["another root", "a tree before the record", "a tree to come"])
def test_a_signature_over_a_tree_that_does_not_hold_the_record_fails(
    log: ShotLog, what: str
) -> None:
    about = closed(log)
    said = statement(log, about)
    lies: dict[str, Callable[[], dict[str, Any]]] = {
        "another root": lambda: {"root": bytes(32)},
        "a tree before the record": lambda: {
            "size": about.seq,
            "root": LogTree(log.reader).root(about.seq),
        },
        "a tree to come": lambda: {"size": log.size + 1},
    }
    finds(log, Code.OTHER_TREE, sign(log, replace(said, **lies[what]())))


def test_a_signature_about_no_record_that_is_signed_fails(log: ShotLog) -> None:
    grant = log.last("grant", session=SESSION)
    assert grant is not None
    finds(log, Code.NO_RECORD, sign(log, statement(log, grant)))


def test_a_signature_with_a_meaning_that_its_record_cannot_have_fails(log: ShotLog) -> None:
    said = statement(log, closed(log), meaning="approved")
    finds(log, Code.NO_RECORD, sign(log, said))


def test_a_signature_under_a_printed_name_that_is_not_on_record_fails(log: ShotLog) -> None:
    said = replace(statement(log, closed(log)), name="Ada Exemplar")
    finds(log, Code.OTHER_TEXT, sign(log, said))


# -- who may ---------------------------------------------------------------------------------


def test_who_did_not_give_a_session_cannot_sign_that_they_performed_it(log: ShotLog) -> None:
    finds(log, Code.NOT_ALLOWED, sign(log, statement(log, closed(log), "eve")))


def test_an_auditor_approves_nothing(log: ShotLog) -> None:
    approval = facts.LibraryApproved(
        digest=LIBRARY_DIGEST, name="a library", version="1", by="bea", registration="75-1"
    )
    finds(
        log,
        Code.NOT_ALLOWED,
        sign(log, statement(log, write(log, approval, None), "bea", "approved")),
    )


def test_nobody_signs_for_an_override_that_somebody_else_gave(log: ShotLog) -> None:
    given = facts.OverrideGiven(step=0, reason=TO_BE_SEALED, by="eve")
    (entry,) = log.append([Draft(SESSION, given, {"/reason": "a deep one"})], NOW)
    finds(log, Code.NOT_ALLOWED, sign(log, statement(log, entry, meaning="override")))


def test_nobody_reviews_their_own_session_while_somebody_else_could(log: ShotLog) -> None:
    finds(log, Code.OWN_WORK, sign(log, statement(log, closed(log), "ada", "reviewed")))


def test_who_works_alone_reviews_their_own_session(tmp_path: Path) -> None:
    log = open_log(tmp_path / "shots.db")
    person(log, "ada", "practitioner")
    write_session(log)
    sign(log, statement(log, closed(log), "ada", "reviewed"))
    assert checked(log).status is Status.PASSED


def test_who_was_withdrawn_signs_no_more(log: ShotLog) -> None:
    write(
        log,
        facts.OperatorRecorded(
            person="bea", name=NAMES["bea"], role="withdrawn", diploma=None,
            registration=None, by="ada",
        ),
        None,
    )  # fmt: skip
    finds(log, Code.NOT_ALLOWED, sign(log, statement(log, closed(log), "bea", "reviewed")))


# -- when ------------------------------------------------------------------------------------

MINUTE_US = 60_000_000


def at(utc_us: int) -> Moment:
    return Moment(NOW.utc_us + utc_us, NOW.mono_us)


def sign_at(log: ShotLog, said_us: int, written_us: int) -> Entry:
    """Sign the first session's end, and write that down, so long after it."""
    said = replace(statement(log, closed(log)), utc_us=NOW.utc_us + said_us)
    (entry,) = log.append([Draft(SESSION, said.signed(SEEDS["ada"]))], at(written_us))
    return entry


def test_a_signature_that_was_given_before_its_record_was_there_is_found(log: ShotLog) -> None:
    finds(log, Code.TOO_EARLY, sign_at(log, -2 * MINUTE_US, 5 * MINUTE_US))


@pytest.mark.parametrize("said_us", [0, MINUTE_US, -MINUTE_US // 2])
def test_a_signature_may_be_given_from_its_record_on(log: ShotLog, said_us: int) -> None:
    sign_at(log, said_us, 5 * MINUTE_US)
    assert checked(log).status is Status.PASSED


@pytest.mark.parametrize(
    "body",
    [ClockJumped(by_us=-10 * MINUTE_US), EngineStarted(software="x", host_boot=None)],
    ids=["clock_jumped", "engine_started"],
)
def test_where_the_clock_was_set_back_a_signature_is_as_early_as_it_showed(
    log: ShotLog, body: Body
) -> None:
    log.append([Draft(None, EngineStarted(software="x", host_boot=None))], at(2 * MINUTE_US))
    log.append([Draft(None, body)], at(-10 * MINUTE_US))
    log.append([Draft(None, EngineStarted(software="x", host_boot=None))], at(8 * MINUTE_US))
    sign_at(log, -10 * MINUTE_US, 9 * MINUTE_US)
    late = sign_at(log, -12 * MINUTE_US, 9 * MINUTE_US)
    finds(log, Code.TOO_EARLY, late)


def test_what_the_clock_showed_before_the_record_excuses_nothing(tmp_path: Path) -> None:
    log = open_log(tmp_path / "shots.db")
    person(log, "ada", "practitioner")
    log.append([Draft(None, EngineStarted(software="x", host_boot=None))], at(-30 * MINUTE_US))
    write_session(log)
    finds(log, Code.TOO_EARLY, sign_at(log, -20 * MINUTE_US, 0))


def test_a_host_whose_clock_was_set_back_unheard_of_signs_by_it(log: ShotLog) -> None:
    """No engine ran, so that no entry tells of it but the signature's own."""
    sign_at(log, -30 * MINUTE_US, -30 * MINUTE_US)
    assert checked(log).status is Status.PASSED


# -- keys ------------------------------------------------------------------------------------


def key(log: ShotLog, who: str, seed: bytes, reason: str = "reset", by: str = "eve") -> OperatorKey:
    origin = log.reader.opened.origin
    return operator_key(origin, who, seed, reason=reason, by=by)  # type: ignore[arg-type]


def test_the_key_in_force_at_the_signature_counts_and_no_other(log: ShotLog) -> None:
    sign(log, statement(log, closed(log)))
    write(log, key(log, "ada", b"n" * 32), None)
    sign(log, statement(log, closed(log, SECOND)), b"n" * 32)
    late = sign(log, statement(log, closed(log, SECOND)), SEEDS["ada"])
    finds(log, Code.NOT_THEIRS, late)


def test_a_signature_of_somebody_without_a_key_fails(tmp_path: Path) -> None:
    log = open_log(tmp_path / "shots.db")
    write_session(log)
    finds(log, Code.NO_KEY, sign(log, statement(log, closed(log))))


def test_a_key_of_one_person_is_never_anothers(log: ShotLog) -> None:
    finds(log, Code.KEY_TAKEN, write(log, key(log, "bea", SEEDS["ada"]), None))


def test_a_key_that_was_reset_does_not_come_back(log: ShotLog) -> None:
    write(log, key(log, "ada", b"n" * 32), None)
    finds(log, Code.KEY_TAKEN, write(log, key(log, "ada", SEEDS["ada"]), None))


def test_keys_that_were_reset_are_said_with_whose_they_are(log: ShotLog) -> None:
    write(log, key(log, "ada", b"n" * 32), None)
    write(log, key(log, "bea", b"m" * 32), None)
    write(log, key(log, "ada", b"o" * 32), None)
    result = checked(log)
    assert result.status is Status.PASSED
    assert result.remarks == (Noted(Remark.KEYS_RESET, 3, "ada, bea"),)
    assert words(result.remarks[0]).startswith("3 keys reset, of ada, bea: ")


def test_a_first_key_is_no_reset(log: ShotLog) -> None:
    assert checked(log).remarks == ()


@pytest.mark.parametrize("who", ["bea", "joe"])
def test_a_key_of_somebody_who_is_not_here_is_found(log: ShotLog, who: str) -> None:
    """Bea was withdrawn, and Joe is not on record."""
    withdrawn = facts.OperatorRecorded(
        person="bea", name=NAMES["bea"], role="withdrawn", diploma=None, registration=None, by="ada"
    )
    write(log, withdrawn, None)
    reason = "reset" if who == "bea" else "first"
    finds(log, Code.NOT_ALLOWED, write(log, key(log, who, b"n" * 32, reason), None))


@pytest.mark.parametrize(("who", "reason"), [("ada", "first"), ("joe", "reset")])
def test_a_key_follows_the_one_before_it(log: ShotLog, who: str, reason: str) -> None:
    finds(log, Code.KEY_UNFOUNDED, write(log, key(log, who, b"n" * 32, reason), None))


def test_a_key_without_its_proof_fails_and_signs_nothing(log: ShotLog) -> None:
    body = key(log, "ada", b"n" * 32)
    forged = body.model_copy(update={"proof": key(log, "ada", b"m" * 32).proof})
    finds(log, Code.KEY_UNPROVEN, write(log, forged, None))


def test_a_key_for_another_log_fails(log: ShotLog) -> None:
    body = operator_key("injector.invalid/another", "ada", b"n" * 32, reason="reset", by="eve")
    finds(log, Code.KEY_UNPROVEN, write(log, body, None))
    assert person_key("injector.invalid/another", "ada", b"n" * 32).verifier.public
