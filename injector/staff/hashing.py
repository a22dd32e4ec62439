"""argon2id, as RFC 9106 recommends it where memory is short: 3 passes, 64 MiB, 4 lanes."""

from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from injector.staff.rules import folded


class Hasher:
    """Hashes passphrases and PINs. Other parameters are for tests only."""

    def __init__(self, *, passes: int = 3, memory_kib: int = 65_536, lanes: int = 4) -> None:
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

    def outdated(self, known: str) -> bool:
        """Whether that hash was made with other parameters."""
        return self._hasher.check_needs_rehash(known)
