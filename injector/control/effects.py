"""What the controller asks to be done. Nothing else leaves it."""

from dataclasses import dataclass
from typing import TypeAlias

from injector.control.wants import Vouching
from injector.protocol.messages import Hello, Request
from injector.shotlog.entries import Draft


@dataclass(frozen=True, slots=True)
class BeginLink:
    """Start a new connection with this link id and say hello."""

    link: int
    hello: Hello


@dataclass(frozen=True, slots=True)
class EndLink:
    """Forget the connection; nothing more is sent on it."""


@dataclass(frozen=True, slots=True)
class DrawLink:
    """Draw a fresh link id and give it back as ``LinkDrawn``."""


@dataclass(frozen=True, slots=True)
class Send:
    """Put a request on the line; ``short`` holds the frame to 48 bytes."""

    request: Request
    short: bool


@dataclass(frozen=True, slots=True)
class StopNow:
    """Write the STOP bytes at once."""

    ask: bool
    """Then ask by frame until it is confirmed; only on a link that is up."""


@dataclass(frozen=True, slots=True)
class Append:
    """Commit these entries together; answered by ``Committed`` or ``CommitFailed``."""

    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class Recall:
    """Ask the log what it knows of a device; answered by ``DeviceRecall``."""

    serial: str
    journal_id: int


@dataclass(frozen=True, slots=True)
class AppendJudged:
    """Judge that against the log and commit what it becomes, with nothing in between; answered
    by ``Judged`` or ``CommitFailed``."""

    what: Vouching


@dataclass(frozen=True, slots=True)
class Ended:
    """The controller has let go; the log can be closed."""

    reason: str


LogJob: TypeAlias = Append | AppendJudged | Recall
"""What the log's thread does, in its order."""
Effect: TypeAlias = BeginLink | EndLink | DrawLink | Send | StopNow | LogJob | Ended
