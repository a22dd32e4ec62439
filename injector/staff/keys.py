"""A person's signing key, as the staff file keeps it: sealed, and opened by the passphrase alone.

argon2id makes 32 bytes of the passphrase, with a salt of its own, so that neither the hash
by which somebody signs in nor anything else in the file gives them away. With those bytes
ChaCha20-Poly1305 (RFC 8439) seals the Ed25519 seed; the person's id goes in as associated
data, so that nobody's key opens under another id. Whoever has the file and not the
passphrase cannot sign, and the installation never has the passphrase but while it is typed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from injector.staff.hashing import Cost, Hasher

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

SEED_BYTES: Final = 32
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16

RandomBytes: TypeAlias = Callable[[int], bytes]
"""Gives as many unguessable bytes as it is asked for."""
_Hex: TypeAlias = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})+$", max_length=200)]


class SealedKey(BaseModel):
    """An Ed25519 key. Only `public` can be read without the passphrase."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    public: _Hex
    cost: Cost
    salt: Annotated[_Hex, Field(repr=False)]
    nonce: Annotated[_Hex, Field(repr=False)]
    sealed: Annotated[_Hex, Field(repr=False)]

    def open(self, person: str, passphrase: str, hasher: Hasher) -> bytes | None:
        """Return the seed; None where passphrase or person is another, or it was changed."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - after the first screen

        secret = hasher.derive(passphrase, bytes.fromhex(self.salt), self.cost)
        sealed, nonce = bytes.fromhex(self.sealed), bytes.fromhex(self.nonce)
        if len(nonce) != _NONCE_BYTES or len(sealed) != SEED_BYTES + _TAG_BYTES:
            return None
        try:
            seed = _cipher(secret).decrypt(nonce, sealed, _bound_to(person))
        except InvalidTag:
            return None
        return seed if public_of(seed) == self.public else None


def new_seed(random_bytes: RandomBytes) -> bytes:
    """Return a new key's seed."""
    return random_bytes(SEED_BYTES)


def seal(
    seed: bytes, person: str, passphrase: str, hasher: Hasher, random_bytes: RandomBytes
) -> SealedKey:
    """Seal a key so that only that person's passphrase opens it."""
    salt, nonce = random_bytes(_SALT_BYTES), random_bytes(_NONCE_BYTES)
    secret = hasher.derive(passphrase, salt, hasher.cost)
    return SealedKey(
        public=public_of(seed),
        cost=hasher.cost,
        salt=salt.hex(),
        nonce=nonce.hex(),
        sealed=_cipher(secret).encrypt(nonce, seed, _bound_to(person)).hex(),
    )


def public_of(seed: bytes) -> str:
    """Return the public half in hex."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - see `_cipher`
        Ed25519PrivateKey,
    )

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def _cipher(secret: bytes) -> "ChaCha20Poly1305":
    # Loaded when a key is first opened or made: the console's first screen does not wait for it.
    from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - as said
        ChaCha20Poly1305,
    )

    return ChaCha20Poly1305(secret)


def _bound_to(person: str) -> bytes:
    return b"injector staff key 1\n" + person.encode()
