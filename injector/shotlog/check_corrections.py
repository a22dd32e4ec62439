"""Corrections: each is one that could be made where it stands.

A correction changes nothing of what counts, but people read it. So it has to be about an entry of
this log that stands before it, show what stands there, correct what somebody typed, and be by
somebody whose role on record included it. What that means, `injector.shotlog.corrections` says.
"""

from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.corrections import Case, correction_fault
from injector.shotlog.entries import Entry, SessionClosed, SessionOpened
from injector.shotlog.facts import OperatorRecorded
from injector.shotlog.findings import Code, Tally
from injector.shotlog.signing import Realm
from injector.shotlog.vouching import Corrected


class CorrectionsCheck:
    """Judges every correction by what stands before it."""

    about: ClassVar[Kinds | None] = frozenset(
        {OperatorRecorded, SessionOpened, SessionClosed, Corrected}
    )

    def __init__(self, tally: Tally, reading: Reading) -> None:
        self._tally: Final = tally
        self._reading: Final = reading
        self._operators: Final[dict[str, OperatorRecorded]] = {}
        self._realms: Final[dict[str | None, Realm]] = {}
        """By session."""
        self._closed: Final[set[str | None]] = set()

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take the next entry."""
        match entry.body:
            case OperatorRecorded() as operator:
                self._operators[operator.person] = operator
            case SessionOpened() as opened:
                self._realms.setdefault(entry.session, opened.realm)
            case SessionClosed():
                self._closed.add(entry.session)
            case Corrected() as corrected:
                self._tally.counted += 1
                self._corrected(seq, entry.session, corrected)
            case _:
                pass

    def finish(self) -> None:
        """Nothing is left: a correction says all it has to say by itself."""

    def _corrected(self, seq: int, session: str | None, body: Corrected) -> None:
        about = self._reading.earlier(body.about_seq)
        where = None if about is None else about.session
        case = Case(
            entry=about,
            realm=self._realms.get(where),
            closed=where in self._closed,
            operator=self._operators.get(body.by),
        )
        fault = correction_fault(body, session, case)
        if fault is not None:
            self._tally.fail(Code.CORRECTION_UNFOUNDED, seq=seq, detail=fault.value)
