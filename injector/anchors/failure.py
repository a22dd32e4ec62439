"""Why a checkpoint could not be placed outside: codes, with words where people read them."""

from enum import StrEnum, unique

from typing_extensions import override


@unique
class Why(StrEnum):
    """What was in the way. It is tried again later, whatever it was."""

    UNREACHABLE = "unreachable"
    """No connection, or it broke off."""
    TOO_LATE = "too_late"
    """No whole answer in time."""
    STATUS = "status"
    """They answered with another HTTP status than 200; redirects are not followed."""
    TOO_LONG = "too_long"
    """The answer is longer than such an answer can be."""
    MALFORMED = "malformed"
    """The answer is no answer to this question."""
    REFUSED = "refused"
    """They understood, and said no."""
    OTHER_TEXT = "other_text"
    """The answer is about another checkpoint."""
    OTHER_QUESTION = "other_question"
    """An answer to another request: one that somebody kept."""
    NOT_SIGNED = "not_signed"
    """Not signed by whom the settings name."""
    AHEAD = "ahead"
    """They have seen more of this log than there is."""
    INCONSISTENT = "inconsistent"
    """They say that the log does not go on from what they have seen."""
    SETTINGS = "settings"
    """What the settings name cannot be read."""
    FILE = "file"
    """The file cannot be written."""


class AnchorError(Exception):
    """A checkpoint was not placed; ``why`` is the code, ``detail`` what is known besides."""

    def __init__(self, why: Why, detail: str = "") -> None:
        self.why, self.detail = why, detail
        super().__init__(why, detail)

    @override
    def __str__(self) -> str:
        return f"{self.why.value}: {self.detail}" if self.detail else self.why.value
