"""Whose turn it is on the line: one request outstanding, the most urgent first.

What the controller wants done (``act``) goes before a beat that is due, a beat
before reading the journal. STOP waits for nobody; it takes the place of whatever
is outstanding.
"""

from typing import Final

from injector.control.effects import BeginLink, DrawLink, EndLink, Send, StopNow
from injector.control.journal import JournalDesk
from injector.control.outbox import Outbox, Standing
from injector.protocol.codes import BEAT_MS, LEASE_MS, PROTOCOL_VERSION
from injector.protocol.messages import Beat, Configure, Hello, ReadJournal, Request

_BEAT_US: Final = BEAT_MS * 1000
_READ_AGAIN_US: Final = 50_000
"""How long to wait for an entry that is not in the journal yet: its motion goes on."""


class Line:
    """The requests of one link."""

    def __init__(self, standing: Standing, outbox: Outbox, log_id: bytes) -> None:
        self.link = 0
        self.beat_due_us = 0
        self._standing = standing
        self._outbox = outbox
        self._log_id = log_id
        self._outstanding = False
        self._act: Request | None = None
        self._read_due_us = 0

    @property
    def waiting(self) -> bool:
        """Whether something was asked or is about to be."""
        return self._outstanding or self._act is not None

    def due_us(self, desk: JournalDesk | None) -> int | None:
        """When there is something to send by itself; None while an answer is awaited."""
        return None if self._outstanding or desk is None else self.beat_due_us

    def greet(self, link: int) -> None:
        """Begin a link with hello."""
        self.link = link
        self._outstanding = True
        self._act = None
        self.beat_due_us = self._read_due_us = self._standing.now_us
        hello = Hello(version=PROTOCOL_VERSION, log=self._log_id, lease_ms=LEASE_MS)
        self._outbox.put(BeginLink(link, hello))

    def end(self) -> None:
        """Forget the link; nothing more goes out on it."""
        self._outstanding, self._act = False, None
        self._outbox.put(EndLink())

    def draw(self) -> None:
        """Forget the link and ask for the id of a new one."""
        self.end()
        self._outbox.put(DrawLink())

    def ask(self, request: Request) -> None:
        """Put ``request`` next; it takes the place of one that has not gone out yet."""
        self._act = request

    def answered(self) -> None:
        """The outstanding request was answered, or could not be sent."""
        self._outstanding = False

    def stop(self, *, linked: bool) -> None:
        """STOP, past everything; on a link also by frame until it is confirmed."""
        if linked:
            self._act = None
            self._outstanding = True
        self._outbox.put(StopNow(ask=linked))

    def read_later(self) -> None:
        """The entry asked for is not in the journal yet."""
        self._read_due_us = self._standing.now_us + _READ_AGAIN_US

    def pump(self, desk: JournalDesk | None, echo: int) -> None:
        """Put the next request on the line if it is free.

        ``echo`` is the number of the newest status. Without ``desk`` (the log has
        not said yet what it knows of this gun) only what was asked goes out: no
        beat, since it might acknowledge something.
        """
        if self._outstanding:
            return
        now_us = self._standing.now_us
        request: Request | None = None
        if self._act is not None:
            request, self._act = self._act, None
        elif desk is not None and now_us >= self.beat_due_us:
            self.beat_due_us = now_us + _BEAT_US
            request = Beat(echo=echo, acknowledge=desk.acknowledge)
        elif desk is not None and now_us >= self._read_due_us:
            index = desk.wanted()
            request = None if index is None else ReadJournal(index=index)
        if request is not None:
            self._outstanding = True
            self._outbox.put(Send(request, short=not isinstance(request, Configure)))
