"""Sessions in order: opened once, one at a time, closed once, anchored at once.

An entry may name a session that has closed: what a device still had to tell comes
in later. It may not name one that was never opened.
"""

from typing import ClassVar

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import Anchor, Entry, SessionClosed, SessionOpened
from injector.shotlog.findings import Code, Remark, Tally


class SessionsCheck:
    """Follows the sessions of a log, entry by entry."""

    about: ClassVar[Kinds | None] = None  # any entry may name a session

    def __init__(self, tally: Tally, _reading: Reading) -> None:
        self._tally = tally
        self._known: set[str] = set()
        self._open: tuple[str, int] | None = None
        self._unanchored: int | None = None

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take the next entry."""
        body = entry.body
        if self._unanchored is not None:
            if not (isinstance(body, Anchor) and seq == self._unanchored + 1):
                self._tally.fail(Code.NOT_ANCHORED, seq=self._unanchored)
            self._unanchored = None
        session = entry.session
        if isinstance(body, SessionOpened):
            self._opened(seq, session)
        elif session is not None and session not in self._known:
            self._tally.fail(Code.SESSION_NOT_OPEN, seq=seq)
        elif isinstance(body, SessionClosed):
            self._closed(seq, session)

    def finish(self) -> None:
        """Say what is left at the log's end."""
        if self._unanchored is not None:
            self._tally.fail(Code.NOT_ANCHORED, seq=self._unanchored)
        if self._open is not None:
            self._tally.remark(Remark.SESSION_OPEN)

    def _opened(self, seq: int, session: str | None) -> None:
        self._tally.counted += 1
        if session is None or session in self._known:
            self._tally.fail(Code.SESSION_REOPENED, seq=seq)
            return
        if self._open is not None:
            self._tally.fail(Code.SESSION_LEFT_OPEN, seq=self._open[1])
        self._known.add(session)
        self._open = (session, seq)

    def _closed(self, seq: int, session: str | None) -> None:
        if self._open is None or self._open[0] != session:
            self._tally.fail(Code.SESSION_NOT_OPEN, seq=seq)
        else:
            self._open = None
        self._unanchored = seq
