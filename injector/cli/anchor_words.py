"""Anchors outside in words, for people at a command line."""

from typing import Final

from injector.anchors.failure import AnchorError, Why
from injector.anchors.standing import Kind

KINDS: Final = {
    Kind.FILE: "file",
    Kind.TIMESTAMP: "time stamp",
    Kind.WITNESS: "witness",
}
_WHY: Final = {
    Why.UNREACHABLE: "not reached",
    Why.TOO_LATE: "no answer in time",
    Why.STATUS: "an HTTP status that is no answer",
    Why.TOO_LONG: "the answer is too long",
    Why.MALFORMED: "what came is no answer to this",
    Why.REFUSED: "refused",
    Why.OTHER_TEXT: "the answer is about another checkpoint",
    Why.OTHER_QUESTION: "the answer is to another request, an old one perhaps",
    Why.NOT_SIGNED: "the answer is not signed by whom the settings name",
    Why.AHEAD: "it has seen more of this log than there is: the log was put back; entries seen",
    Why.INCONSISTENT: "it says that the log does not go on from what it has seen",
    Why.SETTINGS: "the settings name what cannot be read",
    Why.FILE: "the file cannot be written or read",
}


def why(error: AnchorError) -> str:
    """Return why a checkpoint was not placed."""
    return f"{_WHY[error.why]}: {error.detail}" if error.detail else _WHY[error.why]
