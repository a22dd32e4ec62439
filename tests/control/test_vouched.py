"""Keys, signatures and corrections through the engine: only what is right is written."""

from dataclasses import replace
from typing import Final

import pytest

from injector.control.ledger import Ledger
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.control.vouched import judge
from injector.control.wants import (
    ApproveLibrary,
    Correct,
    Override,
    RecordKey,
    RecordOperator,
    RecordSigned,
)
from injector.shotlog import facts
from injector.shotlog.corrections import Correction
from injector.shotlog.entries import Entry
from injector.shotlog.errors import WriteFailure
from injector.shotlog.findings import Check, Status
from injector.shotlog.reader import LogReader
from injector.shotlog.signatures import statement, to_sign
from injector.shotlog.signing import Statement, operator_key
from injector.shotlog.verify import verify
from injector.shotlog.vouching import Barred, Corrected, Meaning, Signed
from injector.tui.words import denied_words
from tests.control.test_clinical import operator
from tests.control.test_facts import by_hand, denial, wait
from tests.control.worlds import LIBRARY, OPERATOR, SESSION, World

SEED: Final = b"a" * 32
EVE: Final = "eve"
NAMES: Final = {OPERATOR: "Ada Example", EVE: "Eve Example"}


def origin(world: World) -> str:
    with LogReader.open(world.log) as reader:
        return reader.opened.origin


def keyed(
    world: World, person: str = OPERATOR, seed: bytes = SEED, *, reason: str = "first"
) -> RecordKey:
    key = operator_key(origin(world), person, seed, reason=reason, by=person)  # type: ignore[arg-type]
    return RecordKey(key)


def with_ada(world: World) -> None:
    """Ada is on record, with a key; Eve is an auditor."""
    world.released()
    world.want(operator())
    wait(world, "operator_recorded")
    world.want(keyed(world))
    wait(world, "operator_key")
    eve = facts.OperatorRecorded(
        person=EVE, name=NAMES[EVE], role="auditor", diploma=None, registration=None, by=OPERATOR
    )
    world.want(RecordOperator(eve))
    wait(world, "operator_recorded")


def given(world: World) -> None:
    """Ada has given a session with an override and shots by hand, and it has closed."""
    with_ada(world)
    world.opened()
    world.want(Override(0, "a deep one", OPERATOR))
    wait(world, "override_given")
    world.want(by_hand(50_000))
    wait(world, "hand_shots")
    world.close_session()


def said(world: World, entry: Entry, meaning: Meaning, by: str = OPERATOR) -> Statement:
    with LogReader.open(world.log) as reader:
        utc_us = world.house.clock.moment().utc_us
        return statement(reader, entry, by=by, name=NAMES[by], meaning=meaning, utc_us=utc_us)


def closed(world: World) -> Entry:
    return world.entries("session_closed")[-1]


def signatures_pass(world: World) -> bool:
    report = verify(world.log)
    return next(r.status for r in report.checks if r.check is Check.SIGNATURES) is Status.PASSED


# -- keys -----------------------------------------------------------------------------------


@pytest.mark.rule("R-SIGNATURES")
def test_a_key_goes_on_record_for_who_is_on_record_and_once(world: World) -> None:
    with_ada(world)
    world.want(keyed(world))
    world.house.run_for(100)
    assert denial(world) is Denial.NOT_SIGNED
    world.want(keyed(world, seed=b"b" * 32))  # not the first
    world.house.run_for(100)
    assert denial(world) is Denial.NOT_SIGNED
    world.want(keyed(world, "nobody", b"c" * 32))
    world.house.run_for(100)
    assert denial(world) is Denial.NOT_ALLOWED
    assert len(world.entries("operator_key")) == 1
    world.want(keyed(world, seed=b"b" * 32, reason="reset"))
    wait(world, "operator_key")
    assert signatures_pass(world)


@pytest.mark.rule("R-SIGNATURES")
def test_of_two_first_keys_that_are_wanted_at_once_only_one_is_first(world: World) -> None:
    """The second is judged by a log that holds the first."""
    world.released()
    world.want(operator())
    wait(world, "operator_recorded")
    world.want(keyed(world))
    world.want(keyed(world, seed=b"b" * 32))
    world.house.run_for(100)
    assert len(world.entries("operator_key")) == 1
    assert denial(world) is Denial.NOT_SIGNED
    assert signatures_pass(world)


@pytest.mark.rule("R-APPROVAL", "R-QUALIFIED", "R-BARRED")
def test_who_is_withdrawn_before_it_approves_nothing_and_asking_is_an_entry(world: World) -> None:
    """However short before: the approval is judged by a log that holds the withdrawal."""
    with_ada(world)
    gone = facts.OperatorRecorded(
        person=OPERATOR, name=NAMES[OPERATOR], role="withdrawn", diploma=None, registration=None,
        by=OPERATOR,
    )  # fmt: skip
    world.want(RecordOperator(gone))
    world.want(ApproveLibrary(LIBRARY, OPERATOR))
    world.house.run_for(100)
    assert denial(world) is Denial.NOT_QUALIFIED
    assert world.entries("library_approved", "library_part") == []
    [entry] = world.entries("barred")
    assert entry.body == Barred(what="approve_library", by=OPERATOR)


@pytest.mark.rule("R-SIGNATURES", "R-DENIED-WORDS")
def test_what_somebody_vouches_for_is_denied_where_the_log_can_be_written_no_more(
    world: World,
) -> None:
    with_ada(world)
    world.host.disk.failure = WriteFailure.DISK_FULL
    world.want(keyed(world, seed=b"b" * 32, reason="reset"))
    world.house.run_for(100)
    assert world.seen.state is State.LOG_FAILED
    world.want(keyed(world, seed=b"b" * 32, reason="reset"))
    assert denial(world) is Denial.LOG_FAILED
    assert len(world.entries("operator_key")) == 1


# -- signatures -----------------------------------------------------------------------------


@pytest.mark.rule("R-SIGNATURES")
def test_who_gave_a_session_signs_it_and_its_overrides_after_it_closed(world: World) -> None:
    given(world)
    with LogReader.open(world.log) as reader:
        wanted = to_sign(reader, SESSION, OPERATOR)
    assert [meaning for _, meaning in wanted] == ["override", "performed"]
    for entry, meaning in wanted:
        world.want(RecordSigned(said(world, entry, meaning).signed(SEED), SESSION))
        wait(world, "signed")
    assert denial(world) is None
    anchor = world.entries("anchor")[-1]
    for entry in world.entries("signed"):
        assert isinstance(entry.body, Signed)
        assert entry.session == SESSION
        assert entry.body.size == anchor.seq, "what is signed is the tree that the anchor holds"
    with LogReader.open(world.log) as reader:
        assert to_sign(reader, SESSION, OPERATOR) == []
    assert signatures_pass(world)


@pytest.mark.rule("R-SIGNATURES", "R-DENIED-WORDS")
@pytest.mark.parametrize(
    "lie", ["record", "session", "person", "root", "key", "meaning", "name", "time"]
)
def test_a_signature_that_is_wrong_in_one_thing_is_denied_and_not_written(
    world: World, lie: str
) -> None:
    given(world)
    right = said(world, closed(world), "performed")
    seed, session = SEED, SESSION
    match lie:
        case "record":
            right = replace(right, about_seq=right.about_seq - 1)
        case "session":
            session = "t00000000000000ff"
        case "person":
            right = replace(right, by=EVE)
        case "root":
            right = replace(right, root=bytes(32))
        case "key":
            seed = b"b" * 32
        case "meaning":
            right = replace(right, meaning="approved")
        case "name":
            right = replace(right, name="Somebody Else")
        case "time":
            right = replace(right, utc_us=right.utc_us - 3_600_000_000)
        case _:
            raise AssertionError(lie)
    world.want(RecordSigned(right.signed(seed), session))
    world.house.run_for(200)
    assert denial(world) is Denial.NOT_SIGNED
    assert world.seen.denied is not None
    assert "not signed" in denied_words(world.seen.denied)
    assert world.entries("signed") == []


@pytest.mark.rule("R-SIGNATURES", "R-BARRED")
def test_a_signature_that_the_role_does_not_include_is_denied_and_is_an_entry(
    world: World,
) -> None:
    given(world)
    world.want(keyed(world, EVE, b"e" * 32))
    wait(world, "operator_key")
    world.want(
        RecordSigned(said(world, closed(world), "performed", EVE).signed(b"e" * 32), SESSION)
    )
    wait(world, "barred")
    assert denial(world) is Denial.NOT_ALLOWED
    [entry] = world.entries("barred")
    assert entry.body == Barred(what="sign", by=EVE)
    assert world.entries("signed") == []
    world.want(RecordSigned(said(world, closed(world), "reviewed", EVE).signed(b"e" * 32), SESSION))
    wait(world, "signed")
    assert signatures_pass(world)


@pytest.mark.rule("R-SIGNATURES", "R-BARRED")
def test_who_gave_a_session_does_not_review_it_while_somebody_else_could(world: World) -> None:
    given(world)
    mine = said(world, closed(world), "reviewed").signed(SEED)
    world.want(RecordSigned(mine, SESSION))
    wait(world, "barred")
    assert denial(world) is Denial.NOT_ALLOWED
    assert world.entries("signed") == []


# -- corrections ----------------------------------------------------------------------------


def correction(entry: Entry, place: str, value: object, by: str = OPERATOR) -> Correct:
    return Correct(Correction(entry.seq, place, value, "typed wrong", by))


@pytest.mark.rule("R-CORRECTED")
def test_a_correction_shows_old_and_new_and_leaves_the_entry_as_it_is(world: World) -> None:
    given(world)
    [by_hand_] = world.entries("hand_shots")
    world.want(correction(by_hand_, "/shots", 4))
    wait(world, "corrected")
    [entry] = world.entries("corrected")
    assert isinstance(entry.body, Corrected)
    assert entry.body.before == {"value": 5}
    assert entry.body.after == {"value": 4}
    assert entry.session == SESSION
    assert world.entries("hand_shots") == [by_hand_]
    with LogReader.open(world.log) as reader:
        assert reader.private_text(entry.seq, "/reason") == "typed wrong"
    assert verify(world.log).ok


@pytest.mark.rule("R-CORRECTED")
def test_free_text_is_corrected_without_a_copy_of_what_it_said(world: World) -> None:
    given(world)
    [override] = world.entries("override_given")
    world.want(correction(override, "/reason", "a thick one"))
    wait(world, "corrected")
    [entry] = world.entries("corrected")
    assert isinstance(entry.body, Corrected)
    assert entry.body.before == {}
    assert "thick" not in entry.body.model_dump_json()
    with LogReader.open(world.log) as reader:
        assert reader.private_text(entry.seq, "/after/value") == "a thick one"
    assert verify(world.log).ok


@pytest.mark.rule("R-CORRECTED")
@pytest.mark.parametrize(
    ("kind", "place", "value", "why"),
    [
        ("session_closed", "/given_shots", 0, Denial.NOT_CORRECTABLE),
        ("session_opened", "/serial", "PG-9", Denial.NOT_CORRECTABLE),
        ("session_opened", "/pseudonym", "red kite", Denial.NOT_CORRECTABLE),
        ("session_opened", "/operator", "eve", Denial.NOT_CORRECTABLE),
        ("hand_shots", "/by", "eve", Denial.NOT_CORRECTABLE),
        ("hand_shots", "/fill", 1, Denial.NOT_CORRECTABLE),
        ("hand_shots", "/shots", "four", Denial.NOT_CORRECTABLE),
        ("hand_shots", "/shots/0", 4, Denial.NOT_CORRECTABLE),
        ("hand_shots", "shots", 4, Denial.NOT_CORRECTABLE),
        ("hand_shots", "/zone", "elbow", Denial.NOT_CORRECTABLE),
        ("hand_shots", "/shots", 6, Denial.MORE_GIVEN),
        ("hand_shots", "/volume_nl", 50_001, Denial.MORE_GIVEN),
        ("operator_recorded", "/name", "Eve", Denial.NOT_CORRECTABLE),
    ],
)
def test_what_nobody_typed_and_what_would_count_more_is_not_corrected(
    world: World, kind: str, place: str, value: object, why: Denial
) -> None:
    given(world)
    world.want(correction(world.entries(kind)[-1], place, value))
    world.house.run_for(200)
    assert denial(world) is why
    assert world.entries("corrected") == []


@pytest.mark.rule("R-CORRECTED")
def test_in_an_open_session_a_newer_fact_does_and_no_correction(world: World) -> None:
    with_ada(world)
    world.opened()
    world.want(by_hand(50_000))
    wait(world, "hand_shots")
    world.want(correction(world.entries("hand_shots")[-1], "/shots", 4))
    world.house.run_for(200)
    assert denial(world) is Denial.SESSION_OPEN


@pytest.mark.rule("R-CORRECTED", "R-BARRED")
@pytest.mark.parametrize("who", [EVE, "nobody"])
def test_who_may_not_treat_corrects_nothing_and_asking_is_an_entry(world: World, who: str) -> None:
    given(world)
    world.want(correction(world.entries("hand_shots")[-1], "/shots", 4, who))
    wait(world, "barred")
    assert denial(world) is Denial.NOT_ALLOWED
    assert world.entries("corrected") == []


@pytest.mark.rule("R-CORRECTED")
def test_a_correction_changes_nothing_of_what_counts_as_given(world: World) -> None:
    given(world)
    before = counted(world)
    world.want(correction(world.entries("hand_shots")[-1], "/volume_nl", 0))
    wait(world, "corrected")
    assert counted(world) == before


def counted(world: World) -> tuple[object, ...]:
    """What a list of sessions shows as given, and what the session itself adds up to."""
    with LogReader.open(world.log) as reader:
        [listed] = reader.sessions_at(reader.session_seqs()).values()
        ledger = Ledger()
        ledger.apply_all(
            entry
            for entry in reader.entries(session=SESSION)
            if entry.body.kind != "session_closed"
        )
    assert ledger.session is not None
    return listed["given_shots"], listed["given_nl"], ledger.session.given, ledger.doses()


@pytest.mark.rule("R-SIGNATURES")
def test_a_command_judges_as_the_engine_does(world: World) -> None:
    given(world)
    right = RecordSigned(said(world, closed(world), "performed").signed(SEED), SESSION)
    with LogReader.open(world.log) as reader:
        assert judge(reader, replace(right, session=None)) is Denial.NOT_SIGNED
        drafts = judge(reader, right)
    assert not isinstance(drafts, Denial)
    assert [each.body for each in drafts] == [right.signed]
