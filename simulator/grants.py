"""Grants: permission for shots, as absolute readings of the lifetime counters.

"Fire while the counters stay under these limits" can be said twice without being
given twice, and a limit that is already reached simply leaves nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenGrant:
    """A grant that has not been voided, used up or not."""

    id: int
    shots_limit: int
    volume_limit_nl: int

    def shots_left(self, shots: int) -> int:
        """Return how many shots may still begin at the counter reading ``shots``."""
        return max(0, self.shots_limit - shots)

    def volume_left_nl(self, volume_nl: int) -> int:
        """Return the volume that is left at the counter reading ``volume_nl``."""
        return max(0, self.volume_limit_nl - volume_nl)

    def allows(self, shots: int, volume_nl: int, debit_nl: int) -> bool:
        """Whether one more shot of ``debit_nl`` may begin at these readings."""
        return shots < self.shots_limit and volume_nl + debit_nl <= self.volume_limit_nl


class Grants:
    """The grants of one link: the open one, and the newest id that was taken."""

    def __init__(self) -> None:
        self.open: OpenGrant | None = None
        self.newest_id = 0

    def take(self, grant: OpenGrant) -> None:
        """Let ``grant`` take the place of the open one. Its id is above the newest."""
        self.open = grant
        self.newest_id = grant.id

    def void(self) -> None:
        """No shot begins any more."""
        self.open = None
