"""People's signing keys: opened by the passphrase alone, kept through its change."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from injector.staff.file import Refusal, StaffFile, StaffFileError, Unlocked, Why
from injector.staff.hashing import Hasher
from injector.staff.keys import public_of
from injector.staff.lockout import MOST_FAILURES
from injector.staff.roles import Person, Role
from tests.staff.people import PASSPHRASE, WRONG, Office

NEW = "some other words entirely"


def key(office: Office, person: str = "ada", passphrase: str = PASSPHRASE) -> bytes:
    unlocked = office.staff.unlock(person, passphrase)
    assert isinstance(unlocked, Unlocked)
    assert unlocked.person.id == person
    return unlocked.seed


def edit(office: Office, at: int, change: dict[str, Any]) -> None:
    said = json.loads(office.path.read_text(encoding="utf-8"))
    said["people"][at] |= change
    office.path.write_text(json.dumps(said), encoding="utf-8")


def test_who_was_added_has_a_key_that_the_passphrase_opens(office: Office) -> None:
    added = office.staff.add("ada", "Ada Example", Role.PRACTITIONER, PASSPHRASE)
    assert len(added.seed) == 32
    assert key(office) == key(office) == added.seed
    [member] = office.staff.read().people
    assert member.key is not None
    assert member.key.public == public_of(added.seed)


def test_everybody_has_another_key_and_another_salt(office: Office) -> None:
    office.add("ada")
    office.add("bea")
    assert key(office) != key(office, "bea")
    ada, bea = office.staff.read().people
    assert ada.key is not None
    assert bea.key is not None
    assert ada.key.salt != bea.key.salt
    assert ada.key.salt not in ada.passphrase


def test_a_wrong_passphrase_opens_nothing_and_counts_as_one_at_the_door(office: Office) -> None:
    office.add("ada")
    for _ in range(MOST_FAILURES - 1):
        assert office.staff.unlock("ada", WRONG) == Refusal(
            Why.WRONG, Person("ada", "Ada Example", Role.PRACTITIONER)
        )
    locked = office.staff.unlock("ada", WRONG)
    assert isinstance(locked, Refusal)
    assert locked.why is Why.LOCKED_NOW
    for again in (office.staff.unlock("ada", PASSPHRASE), office.staff.sign_in("ada", PASSPHRASE)):
        assert isinstance(again, Refusal)
        assert again.why is Why.LOCKED
    assert office.staff.unlock("nobody", PASSPHRASE) == Refusal(Why.WRONG, None)


def test_the_file_holds_no_key_that_is_not_sealed(office: Office) -> None:
    office.add("ada")
    seed = key(office)
    text = office.path.read_bytes()
    assert seed not in text
    assert seed.hex().encode() not in text
    [member] = office.staff.read().people
    for shown in (repr(member), repr(office.staff.unlock("ada", PASSPHRASE))):
        assert seed.hex() not in shown
        assert repr(seed) not in shown
        assert member.key is not None
        assert member.key.sealed not in shown


def test_a_key_opens_under_no_other_id(office: Office) -> None:
    office.add("ada")
    office.add("bea")  # with the same passphrase
    ada = json.loads(office.path.read_text(encoding="utf-8"))["people"][0]
    edit(office, 1, {"key": ada["key"]})
    assert isinstance(office.staff.sign_in("bea", PASSPHRASE), Person)
    with pytest.raises(StaffFileError, match="does not open"):
        office.staff.unlock("bea", PASSPHRASE)


@pytest.mark.parametrize("field", ["sealed", "nonce", "salt", "public"])
def test_a_key_that_was_changed_in_the_file_does_not_open(office: Office, field: str) -> None:
    office.add("ada")
    said = json.loads(office.path.read_text(encoding="utf-8"))["people"][0]["key"]
    was = said[field]
    other = ("0" if was[0] != "0" else "1") + was[1:]
    edit(office, 0, {"key": said | {field: other}})
    with pytest.raises(StaffFileError, match="does not open"):
        office.staff.unlock("ada", PASSPHRASE)


def test_who_changes_their_own_passphrase_keeps_the_key(office: Office) -> None:
    office.add("ada")
    before = office.staff.unlock("ada", PASSPHRASE)
    assert isinstance(before, Unlocked)
    office.staff.change_passphrase(before, NEW)
    assert key(office, passphrase=NEW) == before.seed
    assert isinstance(office.staff.unlock("ada", PASSPHRASE), Refusal)


def test_a_passphrase_set_by_somebody_else_ends_the_key_and_the_next_sign_in_makes_one(
    office: Office,
) -> None:
    office.add("ada")
    before = key(office)
    office.staff.reset_passphrase("ada", NEW)
    assert office.staff.read().people[0].key is None
    assert isinstance(office.staff.sign_in("ada", NEW), Person)
    after = key(office, passphrase=NEW)
    assert after != before
    assert key(office, passphrase=NEW) == after


def test_who_left_has_no_key_any_more(office: Office) -> None:
    office.add("ada")
    office.staff.disable("ada")
    assert office.staff.read().people[0].key is None
    assert isinstance(office.staff.unlock("ada", PASSPHRASE), Refusal)


def test_a_file_of_the_first_format_is_read_and_its_people_get_keys(office: Office) -> None:
    office.add("ada")
    office.add("bea")
    said = json.loads(office.path.read_text(encoding="utf-8"))
    assert said["format"] == 2
    said["format"] = 1
    for each in said["people"]:
        del each["key"]
    office.path.write_text(json.dumps(said), encoding="utf-8")
    assert isinstance(office.staff.sign_in("ada", PASSPHRASE), Person)
    ada, bea = office.staff.read().people
    assert ada.key is not None
    assert bea.key is None
    assert key(office, "bea") == key(office, "bea")
    assert json.loads(office.path.read_text(encoding="utf-8"))["format"] == 2


def test_many_programs_at_once_give_one_key(office: Office) -> None:
    office.add("ada")
    office.staff.reset_passphrase("ada", PASSPHRASE)
    with ThreadPoolExecutor(4) as pool:
        seeds = set(pool.map(lambda _: key(office), range(4)))
    assert seeds == {key(office)}


def test_a_key_is_sealed_anew_where_hashes_cost_more_now(office: Office) -> None:
    office.add("ada")
    before = key(office)
    dearer = Hasher(passes=2, memory_kib=128, lanes=1)
    staff = StaffFile(office.path, utc_us=office.clock, hasher=dearer)
    assert isinstance(staff.sign_in("ada", PASSPHRASE), Person)
    [member] = staff.read().people
    assert member.key is not None
    assert member.key.cost == dearer.cost
    assert key(office) == before


def test_signing_in_costs_no_second_derivation_once_there_is_a_key(office: Office) -> None:
    office.add("ada")
    made = office.hasher.derived
    office.staff.sign_in("ada", PASSPHRASE)
    assert office.hasher.derived == made
    office.staff.unlock("ada", PASSPHRASE)
    assert office.hasher.derived == made + 1


def test_keys_and_salts_come_from_what_is_given(office: Office) -> None:
    asked: list[int] = []

    def random_bytes(count: int) -> bytes:
        asked.append(count)
        return os.urandom(count)

    staff = StaffFile(
        office.path, utc_us=office.clock, hasher=office.hasher, random_bytes=random_bytes
    )
    staff.add("ada", "Ada Example", Role.AUDITOR, PASSPHRASE)
    assert sorted(asked) == [12, 16, 32]
