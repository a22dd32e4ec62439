"""Lockout: after five wrong passphrases nobody's is looked at for a while, then longer.

Times are UTC in microseconds, because a lockout outlives the program and the computer's
boot. A clock that is set back makes one longer, never shorter.
"""

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field

MOST_FAILURES: Final = 5
FIRST_US: Final = 5 * 60 * 1_000_000
LONGEST_US: Final = 24 * 60 * 60 * 1_000_000
MOST_PIN_FAILURES: Final = 3
"""So many wrong PINs, and no PIN counts until the passphrase was given."""
_DOUBLINGS: Final = 16


class Failures(BaseModel):
    """Wrong passphrases of one person since the last right one."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    count: Annotated[int, Field(ge=0)] = 0
    """Since the last lockout began."""
    lockouts: Annotated[int, Field(ge=0)] = 0
    until_us: Annotated[int, Field(ge=0)] = 0

    def left_us(self, now_us: int) -> int:
        """How long no passphrase is looked at from now on; 0 where one is."""
        left_us = self.until_us - now_us
        return max(0, min(left_us, _lasts_us(self.lockouts))) if self.lockouts else 0

    def failed(self, now_us: int) -> Self:
        """One more."""
        if self.count + 1 < MOST_FAILURES:
            return self.model_copy(update={"count": self.count + 1})
        lockouts = self.lockouts + 1
        return type(self)(count=0, lockouts=lockouts, until_us=max(0, now_us) + _lasts_us(lockouts))


def _lasts_us(lockouts: int) -> int:
    """How long that lockout lasts, counted from 1."""
    return min(LONGEST_US, FIRST_US << min(lockouts - 1, _DOUBLINGS))
