"""argon2id, as RFC 9106 recommends it where memory is short: 3 passes, 64 MiB, 4 lanes."""

from typing import Annotated, Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret_raw
from pydantic import BaseModel, ConfigDict, Field

from injector.staff.rules import folded

_KEY_BYTES: Final = 32


class Cost(BaseModel):
    """What one derivation costs. Bounded, so that no file makes a program run out of memory."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    passes: Annotated[int, Field(ge=1, le=100)]
    memory_kib: Annotated[int, Field(ge=8, le=1 << 20)]
    lanes: Annotated[int, Field(ge=1, le=64)]


class Hasher:
    """Hashes passphrases and PINs. Other parameters are for tests only."""

    def __init__(self, *, passes: int = 3, memory_kib: int = 65_536, lanes: int = 4) -> None:
        self.cost: Final = Cost(passes=passes, memory_kib=memory_kib, lanes=lanes)
        self._hasher: Final = PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=lanes, type=Type.ID
        )

    def hash(self, secret: str) -> str:
        """A new hash, with its own salt and the parameters in it."""
        return self._hasher.hash(folded(secret))

    def matches(self, secret: str, known: str | None) -> bool:
        """Whether that is the secret. Without a hash to compare it costs as much, and is not."""
        if known is None:
            self.hash(secret)
            return False
        try:
            return self._hasher.verify(known, folded(secret))
        except (VerificationError, InvalidHashError):
            return False

    def derive(self, secret: str, salt: bytes, cost: Cost) -> bytes:
        """32 bytes that only whoever has the secret can make, at that cost."""
        return hash_secret_raw(
            folded(secret).encode(),
            salt,
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            hash_len=_KEY_BYTES,
            type=Type.ID,
        )

    def outdated(self, known: str) -> bool:
        """Whether that hash was made with other parameters."""
        return self._hasher.check_needs_rehash(known)
