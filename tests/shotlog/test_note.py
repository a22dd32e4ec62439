"""Signed notes and checkpoints, as C2SP writes them."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.shotlog.checkpoint import Checkpoint, open_checkpoint
from injector.shotlog.note import NoteError, SigningKey, VerifierKey, open_note, parse_note

KEY = SigningKey("injector.invalid/aa", b"\x01" * 32)
OTHER = SigningKey("witness.invalid/bb", b"\x02" * 32)
CHECKPOINT = Checkpoint("injector.invalid/aa", 42, b"\x07" * 32)
NOTE = CHECKPOINT.signed(KEY)

C2SP_EXAMPLE = (
    "Ognuno sta solo sul cuor della terra\n"
    "trafitto da un raggio di sole:\n"
    "\n"
    "ed è subito sera.\n"
    "\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
"""The example at the head of C2SP signed-note. That text gives no key for it, so that its form can
be checked and its signature cannot."""
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
"""A note that verifies under the key beside it. Other implementations test themselves with the two
as the section "Example" of C2SP signed-note has them at commit d4c16da5e768; earlier texts of the
specification (055287621bf3 is one) have no such section, and the poem alone."""
GO_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The example of golang.org/x/mod/sumdb/note, where the format comes from."""


def test_the_key_id_is_the_one_the_specification_defines() -> None:
    public = KEY.verifier.public
    digest = hashlib.sha256(b"injector.invalid/aa\n\x01" + public).digest()
    assert KEY.verifier.key_id == digest[:4]
    packed = base64.b64encode(b"\x01" + public).decode()
    assert str(KEY.verifier) == f"injector.invalid/aa+{digest[:4].hex()}+{packed}"


def test_a_note_is_its_text_a_blank_line_and_a_signature_line() -> None:
    text, signature = NOTE.rsplit("\n\n", 1)
    assert text == "injector.invalid/aa\n42\n" + base64.b64encode(b"\x07" * 32).decode()
    dash, name, packed = signature.removesuffix("\n").split(" ")
    assert (dash, name) == ("—", "injector.invalid/aa")
    assert base64.b64decode(packed)[:4] == KEY.verifier.key_id
    assert len(base64.b64decode(packed)) == 4 + 64


def test_the_example_at_the_head_of_the_specification_is_read() -> None:
    text, signatures = parse_note(C2SP_EXAMPLE)
    assert text.endswith("di sole:\n\ned è subito sera.\n")
    assert [(name, len(data)) for name, data in signatures] == [
        ("quasimodo.example/salvatore", 4 + 64)
    ]


@pytest.mark.parametrize(("note", "key"), [(C2SP_NOTE, C2SP_KEY), (GO_NOTE, GO_KEY)])
def test_notes_that_others_signed_verify_and_no_other_text_does(note: str, key: str) -> None:
    text = open_note(note, VerifierKey.parse(key))
    assert note.startswith(text + "\n— ")
    with pytest.raises(NoteError):
        open_note(note.replace("is", "was", 1), VerifierKey.parse(key))


def test_a_note_is_signed_as_others_sign_it_byte_for_byte() -> None:
    key = SigningKey.parse(GO_SECRET)
    assert str(key.verifier) == GO_KEY
    assert key.sign(GO_NOTE.split("\n\n", maxsplit=1)[0] + "\n") == GO_NOTE


def test_a_checkpoint_comes_back_from_its_note() -> None:
    assert open_checkpoint(NOTE, KEY.verifier) == CHECKPOINT


def test_keys_come_back_from_their_text() -> None:
    assert VerifierKey.parse(str(KEY.verifier)) == KEY.verifier
    assert SigningKey.parse(KEY.to_text()).verifier == KEY.verifier


def test_a_signing_key_does_not_show_its_secret() -> None:
    secret = KEY.to_text().rsplit("+", 1)[1]
    assert secret not in repr(KEY) + str(KEY)
    with pytest.raises(NoteError) as caught:
        SigningKey.parse(KEY.to_text().replace("/aa+", "/ab+"))
    assert secret not in str(caught.value)


@given(st.integers(0, len(NOTE.encode()) * 8 - 1))
def test_a_note_with_any_bit_changed_is_refused(bit: int) -> None:
    data = bytearray(NOTE.encode())
    data[bit // 8] ^= 1 << bit % 8
    try:
        changed = data.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteError):
        open_checkpoint(changed, KEY.verifier)


def test_signatures_of_others_beside_ours_are_passed_over() -> None:
    witness = OTHER.sign(CHECKPOINT.text()).rsplit("\n\n", 1)[1]
    for note in (NOTE + witness, CHECKPOINT.text() + "\n" + witness + NOTE.rsplit("\n\n", 1)[1]):
        assert open_checkpoint(note, KEY.verifier) == CHECKPOINT


def test_a_note_that_only_others_signed_is_refused() -> None:
    with pytest.raises(NoteError, match="not signed by"):
        open_note(OTHER.sign(CHECKPOINT.text()), KEY.verifier)


def test_a_checkpoint_of_another_origin_is_refused_whoever_signed_it() -> None:
    foreign = Checkpoint("elsewhere.invalid/cc", 42, b"\x07" * 32).signed(KEY)
    with pytest.raises(NoteError, match="another log"):
        open_checkpoint(foreign, KEY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a\n1\n", id="two lines"),
        pytest.param("a\n1\n" + "A" * 43 + "=\nmore\n", id="an extension line"),
        pytest.param("a\n01\n" + "A" * 43 + "=\n", id="leading zero"),
        pytest.param("a\n-1\n" + "A" * 43 + "=\n", id="negative"),
        pytest.param("a\n१\n" + "A" * 43 + "=\n", id="digits of another script"),
        pytest.param("a\n1\nAAAA\n", id="short root"),
        pytest.param("a\n1\n" + "A" * 42 + "B=\n", id="base64 with loose bits"),
        pytest.param("\n1\n" + "A" * 43 + "=\n", id="no origin"),
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "note",
    [
        pytest.param("", id="nothing"),
        pytest.param("text\n", id="no signature"),
        pytest.param("text\n\n", id="no signature line"),
        pytest.param("text\n\nnot a signature\n", id="another line"),
        pytest.param("te\txt\n\n— a AAAAAAAA\n", id="control character"),
        pytest.param("text\n\n— a !!!!\n", id="no base64"),
        pytest.param("text\n\n" + "— a AAAAAAAA\n" * 101, id="too many signatures"),
    ],
)
def test_a_text_that_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        parse_note(note)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\n"])
def test_a_key_has_a_name_without_space_or_plus(name: str) -> None:
    with pytest.raises(NoteError):
        SigningKey(name, b"\x01" * 32)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+00000000",
        "a+00000000+AAAA",
        "a+00000000+" + base64.b64encode(b"\x01" * 33).decode(),
        str(KEY.verifier).replace("/aa+", "/ab+"),
    ],
)
def test_a_text_that_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)
