"""One figure of a session beside the limits on it, for those who look back."""

from dataclasses import dataclass

from injector.limits.side import Figure, Level, Side


@dataclass(frozen=True, slots=True)
class Reckoned:
    """One figure of a session and the tightest limits on it."""

    figure: Figure
    subject: str
    """What it is about, where it is counted apart for several: a technique and zone, a product."""
    value: int
    soft: Side | None
    hard: Side | None

    @property
    def passed(self) -> Level | None:
        """The gravest of the limits that it passes."""
        if self.hard is not None and self.hard.passed_by(self.value):
            return Level.HARD
        if self.soft is not None and self.soft.passed_by(self.value):
            return Level.SOFT
        return None
