"""What people sign, word for word."""

import base64
from dataclasses import replace

import pytest

from injector.shotlog.note import NoteError, SigningKey, open_note
from injector.shotlog.signing import (
    Statement,
    key_name,
    key_text,
    open_operator_key,
    operator_key,
    person_key,
)
from injector.shotlog.vouching import OperatorKey

ORIGIN = "injector.invalid/00112233445566778899aabbccddeeff"
SEED, OTHER_SEED = b"a" * 32, b"b" * 32
STATEMENT = Statement(
    origin=ORIGIN,
    size=42,
    root=bytes(range(32)),
    session="c00000000000000a1",
    about_seq=41,
    about_leaf=bytes([7]) * 32,
    meaning="performed",
    by="ada",
    name="Ada Example",
    utc_us=1_800_000_000_000_001,
)


def test_a_signature_is_over_exactly_these_lines() -> None:
    root = base64.b64encode(bytes(range(32))).decode()
    assert STATEMENT.text() == (
        "injector signature 1\n"
        f"{ORIGIN}\n"
        "42\n"
        f"{root}\n"
        "session c00000000000000a1\n"
        f"entry 41 {'07' * 32}\n"
        "meaning performed\n"
        "by ada\n"
        "name Ada Example\n"
        "time 2027-01-15T08:00:00.000001Z\n"
    )


def test_a_record_outside_every_session_is_signed_with_a_dash() -> None:
    outside = replace(STATEMENT, session=None)
    assert "\nsession -\n" in outside.text()


def test_a_signature_opens_with_the_key_of_who_gave_it_and_says_what_its_fields_say() -> None:
    signed = STATEMENT.signed(SEED)
    said = open_note(signed.note, person_key(ORIGIN, "ada", SEED).verifier)
    assert said == STATEMENT.text()
    assert Statement.of(signed, origin=ORIGIN, session="c00000000000000a1") == STATEMENT


@pytest.mark.parametrize(
    "key",
    [
        person_key(ORIGIN, "ada", OTHER_SEED),
        person_key(ORIGIN, "bea", SEED),
        person_key("injector.invalid/another", "ada", SEED),
    ],
    ids=["another seed", "another person", "another log"],
)
def test_a_signature_opens_with_no_other_key(key: SigningKey) -> None:
    with pytest.raises(NoteError):
        open_note(STATEMENT.signed(SEED).note, key.verifier)


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("ada", "ada"),
        ("a.b_c-9", "a.b_c-9"),
        ("a b", "a%20b"),
        ("a+b/c~d%", "a%2Bb%2Fc%7Ed%25"),
        ("Zoë", "Zo%C3%AB"),
    ],
)
def test_a_persons_key_is_named_by_log_and_person(person: str, name: str) -> None:
    assert key_name(ORIGIN, person) == f"{ORIGIN}/{name}"
    assert person_key(ORIGIN, person, SEED).verifier.name == f"{ORIGIN}/{name}"


def test_the_longest_id_has_a_key_on_record_too() -> None:
    person = "\N{GRINNING FACE}" * 64
    body = operator_key(ORIGIN, person, SEED, reason="first", by="ada")
    assert open_operator_key(body, ORIGIN) == person_key(ORIGIN, person, SEED).verifier


@pytest.mark.parametrize(
    "said",
    [
        replace(STATEMENT, by="ada\nmeaning approved"),
        replace(STATEMENT, name="Ada\nmeaning approved"),
    ],
    ids=["id", "name"],
)
def test_nothing_that_holds_a_line_break_is_signed(said: Statement) -> None:
    with pytest.raises(NoteError, match="line"):
        said.text()


def test_a_key_on_record_is_proven_for_this_log_and_person_only() -> None:
    body = operator_key(ORIGIN, "ada", SEED, reason="first", by="ada")
    assert open_operator_key(body, ORIGIN) == person_key(ORIGIN, "ada", SEED).verifier
    with pytest.raises(NoteError):
        open_operator_key(body, "injector.invalid/another")
    with pytest.raises(NoteError):
        open_operator_key(body.model_copy(update={"person": "bea"}), ORIGIN)


def test_a_key_on_record_has_the_name_of_its_person() -> None:
    key = person_key(ORIGIN, "bea", SEED)
    vkey = str(key.verifier)
    proof = key.sign(key_text(ORIGIN, "ada", vkey))
    body = OperatorKey(person="ada", vkey=vkey, reason="first", by="ada", proof=proof)
    with pytest.raises(NoteError, match="name"):
        open_operator_key(body, ORIGIN)


def test_whoever_does_not_hold_a_key_cannot_put_it_on_record() -> None:
    hers = operator_key(ORIGIN, "ada", SEED, reason="first", by="ada")
    mine = operator_key(ORIGIN, "ada", OTHER_SEED, reason="first", by="ada")
    with pytest.raises(NoteError):
        open_operator_key(hers.model_copy(update={"proof": mine.proof}), ORIGIN)


def test_no_secret_shows_in_what_is_written() -> None:
    body = operator_key(ORIGIN, "ada", SEED, reason="first", by="ada")
    for text in (repr(body), repr(STATEMENT.signed(SEED)), repr(person_key(ORIGIN, "ada", SEED))):
        assert SEED.hex() not in text
        assert base64.b64encode(SEED).decode() not in text
