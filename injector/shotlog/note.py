"""Signed notes (C2SP signed-note): a text, a blank line, signature lines.

A signature line is an em dash, the key's name and base64(key id || signature); the
Ed25519 signature covers the text with its last newline and nothing else. The key
id is the first 4 bytes of SHA-256(name || 0x0A || 0x01 || public key). A verifier
key is written ``name+<key id in hex>+base64(0x01 || public key)``, the signing key
``PRIVATE+KEY+name+<key id in hex>+base64(0x01 || seed)``, both as the Go note tools
write them, so that those tools read ours.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from typing_extensions import override

_ED25519: Final = b"\x01"
_SIGNING_PREFIX: Final = "PRIVATE+KEY+"
_SIGNATURE_PREFIX: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
SEED_BYTES: Final = 32
KEY_ID_BYTES: Final = 4
_MOST_SIGNATURES: Final = 100
"""The specification asks for 16 at least; more than this is not a note of ours."""


class NoteError(ValueError):
    """A text that is not a signed note, or a key that is not a key."""


def to_base64(data: bytes) -> str:
    """Return the one base64 spelling of ``data``."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Return the bytes; `NoteError` for anything but their one base64 spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if to_base64(data) != text:
        raise NoteError("not the one base64 spelling of its bytes")
    return data


def check_name(name: str) -> None:
    """Raise `NoteError` unless ``name`` may be a key's name."""
    if not name or "+" in name or any(c.isspace() or ord(c) < 0x20 for c in name):
        raise NoteError("a key's name is not empty and holds no space and no plus")


def key_id_of(name: str, kind: bytes, public: bytes) -> bytes:
    """Return the 4 bytes that name a key of that type (one byte) in a signature line."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:KEY_ID_BYTES]


def key_text(name: str, kind: bytes, public: bytes) -> str:
    """Return how a verifier key of that type is written."""
    return f"{name}+{key_id_of(name, kind, public).hex()}+{to_base64(kind + public)}"


def read_key(text: str, kind: bytes) -> tuple[str, bytes]:
    """Return name and 32 public bytes of a verifier key of that type; `NoteError` without one."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise NoteError("a verifier key is name+key id+base64")
    name, key_id, packed = parts
    check_name(name)
    data = from_base64(packed)
    if data[:1] != kind or len(data) != 1 + SEED_BYTES:
        raise NoteError(f"not an Ed25519 verifier key of type {kind[0]}")
    if key_id_of(name, kind, data[1:]).hex() != key_id:
        raise NoteError("the key id does not belong to this name and key")
    return name, data[1:]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """What an auditor needs to check a signature."""

    name: str
    public: bytes
    """The 32 bytes of the Ed25519 public key (RFC 8032)."""

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key in a signature line."""
        return key_id_of(self.name, _ED25519, self.public)

    @override
    def __str__(self) -> str:
        return key_text(self.name, _ED25519, self.public)

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a verifier key; `NoteError` says what is wrong with it."""
        return cls(*read_key(text, _ED25519))


class SigningKey:
    """The private half. It shows itself nowhere but in `to_text`, for the key file."""

    __slots__ = ("_key_id", "_private", "_seed", "verifier")

    def __init__(self, name: str, seed: bytes) -> None:
        check_name(name)
        if len(seed) != SEED_BYTES:
            raise NoteError(f"a seed has {SEED_BYTES} bytes")
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._private.public_key().public_bytes_raw())
        self._key_id = self.verifier.key_id  # signed with at every commit

    @override
    def __repr__(self) -> str:
        return f"SigningKey({self.verifier})"

    def to_text(self) -> str:
        """Return the secret, as the key file holds it."""
        packed = to_base64(_ED25519 + self._seed)
        return f"{_SIGNING_PREFIX}{self.verifier.name}+{self.verifier.key_id.hex()}+{packed}"

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """Read a signing key. The error never repeats any of the text."""
        parts = text.strip().removeprefix(_SIGNING_PREFIX).split("+", 2)
        if not text.startswith(_SIGNING_PREFIX) or len(parts) != 3:
            raise NoteError("not a signing key")
        name, key_id, packed = parts
        data = from_base64(packed)
        if data[:1] != _ED25519:
            raise NoteError("not an Ed25519 signing key")
        key = cls(name, data[1:])
        if key.verifier.key_id.hex() != key_id:
            raise NoteError("the key id does not belong to this name and key")
        return key

    def sign(self, text: str) -> str:
        """Return the signed note over ``text``, which ends in a newline."""
        check_text(text)
        signature = self._key_id + self._private.sign(text.encode())
        line = to_base64(signature)
        return f"{text}\n{_SIGNATURE_PREFIX}{self.verifier.name} {line}\n"


def sign_together(text: str, keys: Sequence[SigningKey]) -> str:
    """Return one signed note over ``text`` with a signature of each key, in order."""
    notes = [key.sign(text) for key in keys]
    return notes[0] + "".join(note.removeprefix(f"{text}\n") for note in notes[1:])


def check_text(text: str) -> None:
    """Raise `NoteError` unless ``text`` may be a note's text."""
    if not text.endswith("\n"):
        raise NoteError("a note's text ends in a newline")
    if _CONTROL.search(text):
        raise NoteError("a note holds no control characters")


def parse_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Split a signed note into its text and its signatures, each a key's name and bytes.

    Raises `NoteError` when it is no signed note. Checks no signature.
    """
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise NoteError("not a signed note: a text, a blank line, signature lines")
    text += "\n"
    check_text(text)
    check_text(tail)
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise NoteError(f"more than {_MOST_SIGNATURES} signatures")
    signatures = []
    for line in lines:
        name, space, packed = line.removeprefix(_SIGNATURE_PREFIX).partition(" ")
        if not line.startswith(_SIGNATURE_PREFIX) or not space:
            raise NoteError("a line after the blank one is not a signature")
        signatures.append((name, from_base64(packed)))
    return text, signatures


def open_note(note: str, key: VerifierKey) -> str:
    """Return the text of a signed note, when ``key`` signed it.

    Lines of other keys (witnesses, say) are passed over. Raises `NoteError` when the
    note is malformed, when no line is this key's, or when a line of this key's does
    not verify.
    """
    text, signatures = parse_note(note)
    public = Ed25519PublicKey.from_public_bytes(key.public)
    signed = False
    for name, data in signatures:
        if (name, data[:KEY_ID_BYTES]) != (key.name, key.key_id):
            continue
        try:
            public.verify(data[KEY_ID_BYTES:], text.encode())
        except InvalidSignature as error:
            raise NoteError("the signature does not verify") from error
        signed = True
    if not signed:
        raise NoteError(f"not signed by {key.name} with this key")
    return text
