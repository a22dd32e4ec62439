"""Checkpoints outside, in the language in use."""

from collections.abc import Mapping
from typing import Final

from injector.anchors.failure import AnchorError, Why
from injector.anchors.standing import Kind, Standing
from injector.tui.records.moments import moment
from injector.tui.speech import _, mark, plural

_KINDS: Final[Mapping[Kind, str]] = {
    Kind.FILE: mark("the file"),
    Kind.TIMESTAMP: mark("the time-stamping authority"),
    Kind.WITNESS: mark("the witness"),
}
_WHY: Final[Mapping[Why, str]] = {
    Why.UNREACHABLE: mark("not reached"),
    Why.TOO_LATE: mark("no answer in time"),
    Why.STATUS: mark("it answered with an error"),
    Why.TOO_LONG: mark("its answer is too long"),
    Why.MALFORMED: mark("what came is no answer"),
    Why.REFUSED: mark("it refused"),
    Why.OTHER_TEXT: mark("its answer is about another checkpoint"),
    Why.OTHER_QUESTION: mark("its answer is an old one"),
    Why.NOT_SIGNED: mark("its answer is not signed by whom the settings name"),
    Why.AHEAD: mark("it has seen more of this log than there is: the log was put back"),
    Why.INCONSISTENT: mark("it says that this log was changed"),
    Why.SETTINGS: mark("the settings name what cannot be read"),
    Why.FILE: mark("the file cannot be written or read"),
}


def waits(of: Standing) -> str:
    """How much waits for a place, and since when; empty where nothing does."""
    if not of.waiting.sessions:
        return ""
    return plural(
        "{count} session waits for {place} since {when}",
        "{count} sessions wait for {place} since {when}",
        of.waiting.sessions,
        place=_(_KINDS[of.kind]),
        when=moment(of.waiting.since_utc_us or 0)[:16],
    )


def holds(of: Standing) -> str:
    """What a place holds."""
    place = _(_KINDS[of.kind])
    if not of.size:
        return _("{place} holds nothing yet").format(place=place)
    return _("{place} holds {size} entries").format(place=place, size=of.size)


def why(error: AnchorError) -> str:
    """Why something could not be placed."""
    return _(_WHY[error.why])
