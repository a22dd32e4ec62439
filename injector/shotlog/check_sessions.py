"""Sessions in order: opened once, one at a time, closed once, anchored at once.

An entry may name a session that has closed: what a device still had to tell comes
in later. It may not name one that was never opened.

A session that nobody signed is whole all the same: it is counted, and said. Whether a
signature that is there holds is for another check.
"""

from typing import ClassVar

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import Anchor, Entry, SessionClosed, SessionOpened
from injector.shotlog.findings import Code, Remark, Tally
from injector.shotlog.shot_run import ShotRun
from injector.shotlog.vouching import BroughtForward, Signed


class SessionsCheck:
    """Follows the sessions of a log, entry by entry."""

    about: ClassVar[Kinds | None] = None  # any entry may name a session

    def __init__(self, tally: Tally, _reading: Reading) -> None:
        self._tally = tally
        self._known: set[str] = set()
        self._open: tuple[str, int] | None = None
        self._unanchored: int | None = None
        self._unsigned: dict[int, bool] = {}
        """Closes without a signature, and whether they say that there is one."""

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
            self._unsigned[seq] = body.signature is not None
        elif isinstance(body, Signed) and body.meaning == "performed":
            self._unsigned.pop(body.about_seq, None)
        elif isinstance(body, BroughtForward):
            self._known.add(body.visit)  # a session of the log before; people still tell of it

    def take_run(self, run: ShotRun) -> bool:
        """Take shots of one session."""
        session = run.told.session
        return self._unanchored is None and (session is None or session in self._known)

    def finish(self) -> None:
        """Say what is left at the log's end."""
        if self._unanchored is not None:
            self._tally.fail(Code.NOT_ANCHORED, seq=self._unanchored)
        if self._open is not None:
            self._tally.remark(Remark.SESSION_OPEN)
        claimed = sum(self._unsigned.values())
        if claimed:
            self._tally.remark(Remark.SIGNATURE_CLAIMED, claimed)
        if len(self._unsigned) > claimed:
            self._tally.remark(Remark.NOT_SIGNED, len(self._unsigned) - claimed)

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
