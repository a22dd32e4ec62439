"""The staff file: what it holds, who may read it, and that a restart forgets nothing."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from injector.staff.file import (
    Refusal,
    StaffFaultError,
    StaffFile,
    StaffFileError,
    Why,
    staff_path,
)
from injector.staff.hashing import Hasher
from injector.staff.lockout import FIRST_US, MOST_FAILURES, MOST_PIN_FAILURES
from injector.staff.roles import Act, Person, Role
from injector.staff.rules import Fault
from tests.staff.people import PASSPHRASE, PIN, WRONG, Office

ADA = Person("ada", "Ada Example", Role.PRACTITIONER)


def why(answer: Person | Refusal) -> Why:
    assert isinstance(answer, Refusal)
    return answer.why


def fail(office: Office, times: int) -> None:
    for _ in range(times):
        office.staff.sign_in("ada", WRONG)


def test_it_lies_beside_the_log_and_its_key() -> None:
    assert staff_path(Path("/data/shots.db")) == Path("/data/shots.db.staff")


def test_who_was_added_signs_in_with_the_passphrase_and_no_other(office: Office) -> None:
    office.add("ada")
    assert office.staff.sign_in("ada", PASSPHRASE) == ADA
    assert office.staff.sign_in("ADA", PASSPHRASE) == ADA
    wrong = office.staff.sign_in("ada", WRONG)
    assert wrong == Refusal(Why.WRONG, ADA)
    assert office.staff.sign_in("bea", PASSPHRASE) == Refusal(Why.WRONG, None)


@pytest.mark.rule("R-LOCKOUT")
def test_an_unknown_id_costs_the_same_hash_as_a_known_one(office: Office) -> None:
    office.add("ada", pin=PIN)
    office.add("old")
    office.staff.disable("old")
    costs = []
    for person in ("ada", "nobody", "old"):
        before = office.hasher.done
        office.staff.sign_in(person, WRONG)
        costs.append(office.hasher.done - before)
    for person in ("ada", "nobody"):
        before = office.hasher.done
        office.staff.check_pin(person, "0000", Act.TREAT)
        costs.append(office.hasher.done - before)
    assert costs == [1] * 5


def test_hashes_are_argon2id_with_the_parameters_of_rfc_9106() -> None:
    assert Hasher().hash(PASSPHRASE).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_of_other_parameters_is_made_anew_at_the_next_sign_in(office: Office) -> None:
    office.add("ada")
    dearer = Hasher(passes=2, memory_kib=128, lanes=1)
    staff = StaffFile(office.path, utc_us=office.clock, hasher=dearer)
    assert staff.sign_in("ada", PASSPHRASE) == ADA
    [member] = staff.read().people
    assert "m=128,t=2,p=1" in member.passphrase
    assert staff.sign_in("ada", PASSPHRASE) == ADA


@pytest.mark.rule("R-LOCKOUT")
def test_a_lockout_survives_a_restart_and_looks_at_nothing_meanwhile(office: Office) -> None:
    office.add("ada")
    fail(office, MOST_FAILURES - 1)
    assert why(office.staff.sign_in("ada", WRONG)) is Why.LOCKED_NOW
    before = office.hasher.done
    refused = office.staff.sign_in("ada", PASSPHRASE)
    assert refused == Refusal(Why.LOCKED, ADA, FIRST_US)
    assert office.hasher.done == before
    office.clock.pass_s(299)
    assert why(office.staff.sign_in("ada", PASSPHRASE)) is Why.LOCKED
    office.clock.pass_s(1)
    fail(office, MOST_FAILURES)
    refused = office.staff.sign_in("ada", PASSPHRASE)
    assert refused == Refusal(Why.LOCKED, ADA, 2 * FIRST_US)
    office.clock.pass_s(600)
    assert office.staff.sign_in("ada", PASSPHRASE) == ADA
    fail(office, MOST_FAILURES - 1)
    assert office.staff.sign_in("ada", PASSPHRASE) == ADA, "a right one forgets the wrong ones"


@pytest.mark.rule("R-LOCKOUT")
def test_one_person_s_lockout_is_nobody_else_s(office: Office) -> None:
    office.add("ada")
    office.add("bea")
    fail(office, MOST_FAILURES)
    assert isinstance(office.staff.sign_in("bea", PASSPHRASE), Person)


@pytest.mark.rule("R-LOCKOUT")
def test_many_programs_at_once_have_no_more_attempts_than_one(office: Office) -> None:
    office.add("ada")
    before = office.hasher.done
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: office.staff.sign_in("ada", WRONG), range(40)))
    assert office.hasher.done - before == MOST_FAILURES
    assert [why(each) for each in answers].count(Why.LOCKED) == 40 - MOST_FAILURES


@pytest.mark.rule("R-LOCKOUT")
def test_an_attempt_is_counted_before_the_passphrase_is_looked_at(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.add("ada")

    def killed(secret: str, known: str | None) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(office.hasher, "matches", killed)
    for _ in range(MOST_FAILURES):
        with pytest.raises(KeyboardInterrupt):
            office.staff.sign_in("ada", WRONG)
    assert why(office.staff.sign_in("ada", PASSPHRASE)) is Why.LOCKED


def test_a_pin_is_for_those_whose_role_includes_the_act(office: Office) -> None:
    office.add("ada", pin=PIN)
    office.add("eve", Role.ENGINEER, pin=PIN)
    office.add("bea")
    assert office.staff.check_pin("ada", PIN, Act.TREAT) == ADA
    assert why(office.staff.check_pin("eve", PIN, Act.TREAT)) is Why.NOT_ALLOWED
    assert isinstance(office.staff.check_pin("eve", PIN, Act.TRAIN), Person)
    assert why(office.staff.check_pin("bea", PIN, Act.TREAT)) is Why.NO_PIN
    assert office.staff.check_pin("nobody", PIN, Act.TREAT) == Refusal(Why.WRONG, None)


@pytest.mark.rule("R-LOCKOUT")
def test_after_three_wrong_pins_only_the_passphrase_helps(office: Office) -> None:
    office.add("ada", pin=PIN)
    for _ in range(MOST_PIN_FAILURES - 1):
        assert why(office.staff.check_pin("ada", "0000", Act.TREAT)) is Why.WRONG
    assert office.staff.check_pin("ada", PIN, Act.TREAT) == ADA
    for _ in range(MOST_PIN_FAILURES - 1):
        office.staff.check_pin("ada", "0000", Act.TREAT)
    assert why(office.staff.check_pin("ada", "0000", Act.TREAT)) is Why.LOCKED_NOW
    assert why(office.staff.check_pin("ada", PIN, Act.TREAT)) is Why.LOCKED
    office.clock.pass_s(86_400)
    assert why(office.staff.check_pin("ada", PIN, Act.TREAT)) is Why.LOCKED
    assert office.staff.sign_in("ada", PASSPHRASE) == ADA
    assert office.staff.check_pin("ada", PIN, Act.TREAT) == ADA


def test_an_id_is_never_used_again(office: Office) -> None:
    office.add("ada")
    office.staff.disable("ada")
    for again in ("ada", "Ada"):
        with pytest.raises(StaffFaultError) as caught:
            office.add(again)
        assert caught.value.fault is Fault.ID_USED
    assert why(office.staff.sign_in("ada", PASSPHRASE)) is Why.WRONG
    assert [each.id for each in office.staff.read().people] == ["ada"]


def test_who_left_or_never_came_gets_no_passphrase(office: Office) -> None:
    office.add("ada")
    office.staff.disable("ada")
    for person in ("ada", "nobody"):
        with pytest.raises(StaffFaultError) as caught:
            office.staff.reset_passphrase(person, PASSPHRASE)
        assert caught.value.fault is Fault.NOBODY


def test_another_passphrase_ends_a_lockout(office: Office) -> None:
    office.add("ada", pin=PIN)
    fail(office, MOST_FAILURES)
    office.staff.reset_passphrase("ada", "some other words entirely")
    assert office.staff.sign_in("ada", "some other words entirely") == ADA


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_read_is_refused(office: Office, mode: int) -> None:
    office.add("ada")
    assert stat.S_IMODE(office.path.stat().st_mode) == 0o600
    office.path.chmod(mode)
    with pytest.raises(StaffFileError, match=f"mode {mode:04o}.*chmod 600"):
        office.staff.sign_in("ada", PASSPHRASE)
    office.path.chmod(0o600)
    assert office.staff.sign_in("ada", PASSPHRASE) == ADA


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said | {"format": 3},
        lambda said: said | {"more": 1},
        lambda said: said | {"people": said["people"] * 2},
        lambda said: said | {"people": [said["people"][0] | {"role": "king"}]},
        lambda said: said | {"people": [said["people"][0] | {"passphrase": "plain text"}]},
    ],
)
def test_a_damaged_file_lets_nobody_in_and_its_error_repeats_nothing_of_it(
    office: Office, change: object
) -> None:
    assert callable(change)
    office.add("ada")
    said = json.loads(office.path.read_text(encoding="utf-8"))
    office.path.write_text(json.dumps(change(said)), encoding="utf-8")
    with pytest.raises(StaffFileError) as caught:
        office.staff.sign_in("ada", PASSPHRASE)
    assert "argon2id" not in str(caught.value)


def test_a_file_that_cannot_be_written_lets_nobody_in(office: Office) -> None:
    office.add("ada")
    (office.path.parent / "shots.db.staff-new").mkdir()
    with pytest.raises(StaffFileError):
        office.staff.sign_in("ada", PASSPHRASE)


def test_what_a_killed_writer_left_is_cleared_away(office: Office) -> None:
    office.add("ada")
    (office.path.parent / "shots.db.staff-new").write_text("half a")
    office.add("bea")
    assert [each.id for each in office.staff.read().people] == ["ada", "bea"]
    assert not (office.path.parent / "shots.db.staff-new").exists()


def test_a_hash_is_never_printed(office: Office) -> None:
    office.add("ada", pin=PIN)
    assert "argon2" not in repr(office.staff.read())
