"""What a witness signs (C2SP tlog-cosignature, ``cosignature/v1``).

A witness is somebody else's program that remembers of each log the newest checkpoint it
saw, and signs a newer one only with a proof that it goes on from that one. Its signature
is a line of the same signed note as the log's own, and covers the time as well: the key id
has another type byte (4) than a note's, the 64 bytes of Ed25519 follow 8 of POSIX seconds,
and what is signed is two lines more than the note's text.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typing_extensions import override

from injector.shotlog.note import (
    KEY_ID_BYTES,
    NoteError,
    key_id_of,
    key_text,
    parse_note,
    read_key,
    to_base64,
)

_ED25519: Final = b"\x04"
_TIME_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64
_LATEST_S: Final = 253_402_300_799
"""The last second of the year 9999: a later one is no time of a witness."""


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The key of a witness, as whoever runs it hands it out."""

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
    def parse(cls, text: str) -> "WitnessKey":
        """Read a witness' verifier key; `NoteError` says what is wrong with it."""
        return cls(*read_key(text, _ED25519))


def names_in(lines: str) -> tuple[str, ...]:
    """Return the names of the keys in signature lines; `NoteError` where they are none."""
    return tuple(name for name, _ in _signatures(lines))


def open_cosignature(text: str, lines: str, key: WitnessKey) -> tuple[str, int]:
    """Return the line with which ``key`` signed the checkpoint ``text``, and its POSIX second.

    ``lines`` are signature lines as a witness answers them; lines of other keys are passed
    over. Raises `NoteError` when they are none, when none is this key's, or when one of this
    key's does not verify.
    """
    found: tuple[str, int] | None = None
    public = Ed25519PublicKey.from_public_bytes(key.public)
    for name, data in _signatures(lines):
        if (name, data[:KEY_ID_BYTES]) != (key.name, key.key_id):
            continue
        signed = data[KEY_ID_BYTES:]
        if len(signed) != _TIME_BYTES + _SIGNATURE_BYTES:
            raise NoteError("a cosignature is a time and 64 bytes")
        seconds = int.from_bytes(signed[:_TIME_BYTES], "big")
        if seconds > _LATEST_S:
            raise NoteError("a cosignature's time is no time")
        message = f"cosignature/v1\ntime {seconds}\n{text}"
        try:
            public.verify(signed[_TIME_BYTES:], message.encode())
        except InvalidSignature as error:
            raise NoteError("the cosignature does not verify") from error
        found = f"\N{EM DASH} {name} {to_base64(data)}\n", seconds
    if found is None:
        raise NoteError(f"not signed by the witness {key.name} with this key")
    return found


def _signatures(lines: str) -> list[tuple[str, bytes]]:
    if "\n\n" in lines:
        raise NoteError("signature lines have no blank line between them")
    # With a text before them they are a note, and are read by the same rules.
    return parse_note(f"-\n\n{lines}")[1]
