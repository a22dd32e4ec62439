"""A gun on a port, for engineers: say something, get the answer, see the shots.

This is the wire without the house: no limits beside the device's own, no shot log,
no grants written down before they are sent. It is for a bench, a scope and a
firmware under test, never for a patient; sessions run through the engine. The
journal is acknowledged as its entries are handed out, so what this is told is
gone for the host that comes after.

    with Gun.open("/dev/ttyUSB0") as gun:
        gun.release()
        gun.configure(setpoint)
        gun.grant(setpoint, shots=3, volume_nl=60_600)
        for entry in gun.entries(seconds=10):
            print(entry)
        gun.stop()
"""

import os
import select
import time
from collections import deque
from collections.abc import Iterator
from typing import Final, TypeVar

from injector.driver.port import Port
from injector.protocol.codes import BEAT_MS, LEASE_MS, PROTOCOL_VERSION, Reason
from injector.protocol.framing import STOP_BYTES, pick_link
from injector.protocol.host import Answered, HostConnection, HostEvent, LinkLost, Pushed
from injector.protocol.messages import (
    Beat,
    Configure,
    Configured,
    Disarm,
    Disarmed,
    Grant,
    Granted,
    Hello,
    JournalEntry,
    ReadJournal,
    Refused,
    Release,
    Released,
    Reply,
    Request,
    Setpoint,
    Status,
    Stopped,
    Welcome,
)

ANSWER_S: Final = 1.0
"""How long :meth:`Gun.call` asks before it gives up, unless told otherwise."""
_BEAT_US: Final = BEAT_MS * 1000
_BEAT: Final = Beat(echo=0, acknowledge=0)

Answer = TypeVar("Answer", bound=Reply)


class GunError(Exception):
    """Base of what goes wrong with a gun; never raised itself."""


class GunSilentError(GunError):
    """No answer came in time. Whether the request was done is unknown."""


class GunRefusedError(GunError):
    """The gun understood and refused."""

    def __init__(self, request: Request, refused: Refused) -> None:
        self.refused = refused
        bound = f" (bound {refused.bound})" if refused.bound else ""
        field = f", field {refused.field}" if refused.field else ""
        name = type(request).__name__.lower()
        super().__init__(f"{name} was refused: {refused.reason.name}{field}{bound}")


class GunLinkError(GunError):
    """The gun no longer knows this link: it booted, or another host said hello."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"the link is gone: {reason.name}")


class GunReadbackError(GunError):
    """The gun holds something else than it was told."""


class Gun:
    """One link to one gun; made by :meth:`open`. Used from one thread but for :meth:`stop`."""

    def __init__(self, port: Port, *, log_id: bytes, baud: int) -> None:
        self._port = port
        self._poll = select.poll()
        self._poll.register(port, select.POLLIN)
        self._connection = HostConnection(link=pick_link(os.urandom), baud=baud)
        self._pushed: deque[JournalEntry] = deque()
        self._status: Status | None = None
        self._acknowledge = 0
        self._grant_id = 0
        hello = Hello(version=PROTOCOL_VERSION, log=log_id, lease_ms=LEASE_MS)
        self.welcome: Final = self._expect(hello, Welcome)
        """Who the gun is and how it stood when the link began."""
        self._acknowledge = self.welcome.acknowledged

    @classmethod
    def open(cls, url: str, *, log_id: bytes = bytes(8), baud: int = 115_200) -> "Gun":
        """Open the port and say hello. Ends every other link to that gun.

        Raises ``PortError``, ``GunSilentError`` where no gun answers, or
        ``GunRefusedError``.
        """
        port = Port.open(url, baud=baud)
        try:
            return cls(port, log_id=log_id, baud=baud)
        except BaseException:
            port.close()
            raise

    def close(self) -> None:
        """Give the port back. What is granted ends with the lease."""
        self._port.close()

    def __enter__(self) -> "Gun":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, request: Request, *, seconds: float = ANSWER_S) -> Reply:
        """Ask, repeat until answered, and return the reply, a refusal included.

        Raises ``GunSilentError``, ``GunLinkError`` or ``PortError``.
        """
        now_us = _now_us()
        self._connection.request(request, now_us)
        deadline = now_us + int(seconds * 1_000_000)
        while _now_us() < deadline:
            for event in self._pump(deadline):
                if isinstance(event, Answered):
                    return event.reply
        raise GunSilentError(f"{self._port.url}: no answer to {type(request).__name__.lower()}")

    def configure(self, setpoint: Setpoint) -> Configured:
        """Give the setpoint and read it back. Raises ``GunReadbackError`` where it differs."""
        held = self._expect(Configure(setpoint=setpoint), Configured)
        if held.setpoint != setpoint or held.digest != setpoint.digest():
            raise GunReadbackError(f"told {setpoint}, holds {held.setpoint}")
        return held

    def grant(self, setpoint: Setpoint, *, shots: int, volume_nl: int) -> Granted:
        """Permit so many shots and so much volume (tolerance included) from now on."""
        status = self.beat()
        self._grant_id += 1
        grant = Grant(
            grant=self._grant_id,
            digest=setpoint.digest()[:4],
            shots_limit=status.shots + shots,
            volume_limit_nl=status.volume_nl + volume_nl,
        )
        return self._expect(grant, Granted)

    def beat(self, *, seconds: float = ANSWER_S) -> Status:
        """Renew the lease once and see how the gun stands."""
        echo = 0 if self._status is None else self._status.number
        # Both figures came in messages of the gun: they are in their ranges.
        beat = _BEAT.but(echo=echo, acknowledge=self._acknowledge)
        self._status = self._expect(beat, Status, seconds=seconds)
        return self._status

    def entries(self, *, seconds: float) -> Iterator[JournalEntry]:
        """Beat for so long and give each journal entry once, in order.

        An entry is acknowledged when the next one is asked for: whoever takes it
        has had the time to keep it.
        """
        deadline = _now_us() + int(seconds * 1_000_000)
        due = 0
        while _now_us() < deadline:
            if _now_us() >= due:
                due = _now_us() + _BEAT_US
                self._read_missing(self.beat().newest)
            while self._pushed:
                entry = self._pushed.popleft()
                if entry.index == self._acknowledge + 1:
                    yield entry
                    self._acknowledge = entry.index
            self._pump(min(due, deadline))

    def disarm(self) -> Disarmed:
        """Take the grant back."""
        return self._expect(Disarm(), Disarmed)

    def release(self) -> Released:
        """Release the STOP that is latched now: an engineer's word at a bench."""
        return self._expect(Release(stop_count=self.beat().stop_count), Released)

    def stop(self) -> None:
        """STOP at once, from any thread; `wait_stopped` sees it confirmed."""
        self._port.write_stop(STOP_BYTES)

    def wait_stopped(self) -> Stopped:
        """Ask by frame until the gun confirms that it is stopped."""
        self._connection.stop(_now_us())
        deadline = _now_us() + int(ANSWER_S * 1_000_000)
        while _now_us() < deadline:
            for event in self._pump(deadline):
                if isinstance(event, Answered) and isinstance(event.reply, Stopped):
                    return event.reply
        raise GunSilentError(f"{self._port.url}: STOP is not confirmed")

    def _expect(self, request: Request, kind: type[Answer], *, seconds: float = ANSWER_S) -> Answer:
        reply = self.call(request, seconds=seconds)
        if isinstance(reply, Refused):
            raise GunRefusedError(request, reply)
        if not isinstance(reply, kind):
            raise GunReadbackError(f"answered with {type(reply).__name__}")
        return reply

    def _read_missing(self, newest: int) -> None:
        """Read what was pushed while nobody listened."""
        known = {entry.index for entry in self._pushed}
        for index in range(self._acknowledge + 1, newest + 1):
            if index not in known:
                reply = self.call(ReadJournal(index=index))
                if isinstance(reply, JournalEntry):
                    self._pushed.append(reply)
        self._pushed = deque(sorted(self._pushed, key=lambda entry: entry.index))

    def _pump(self, deadline_us: int) -> list[HostEvent]:
        """Write what is due, wait for bytes, and return what they mean."""
        connection, now_us = self._connection, _now_us()
        events = connection.tick(now_us)
        if data := connection.take_output(now_us):
            self._port.write(data)
        due = connection.due()
        until_us = deadline_us if due is None else min(due, deadline_us)
        self._poll.poll(max(0, until_us - now_us) / 1000)
        events += connection.receive(self._port.read(), _now_us())
        for event in events:
            if isinstance(event, Pushed):
                self._pushed.append(event.entry)
            elif isinstance(event, LinkLost):
                raise GunLinkError(event.reason)
        return events


def _now_us() -> int:
    return time.monotonic_ns() // 1000
