"""Where the gun's line ends: a real pty behind a stable link, or a TCP port.

Theory: the pty
---------------
A program that waits on the master of a pty gets end-of-file errors while nobody
has the other side open, once somebody had. The usual cure, to keep the other side
open oneself, has two faults. It hides that the host has gone. And it keeps the
terminal alive, with the ``TIOCEXCL`` that a killed host left on it: the host
that comes back is answered EBUSY.

So this endpoint never opens the host's side. A pair that nobody has opened yet is
quiet; when the host goes, however it goes, the master reports a hang-up at once, and
a new pair takes the old one's place behind the same link. What the killed host left
on its terminal goes with the terminal.

A port that has not said anything since it was opened gets nothing: a serial line
keeps no bytes for whoever opens it next.
"""

import contextlib
import fcntl
import os
import select
import socket
import struct
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

_READ_BYTES: Final = 4096
# Python 3.11 does not name these two. The numbers are Linux's asm-generic ones (x86,
# ARM, RISC-V, s390).
_TIOCSPTLCK: Final = 0x40045431
_TIOCGPTN: Final = 0x80045430
_UNLOCKED: Final = struct.pack("i", 0)
_UINT: Final = struct.Struct("I")


class EndpointError(Exception):
    """The line cannot be put where it was asked for; the message says what to change."""


class Endpoint(Protocol):
    """The gun's end of a line. All methods return at once."""

    @property
    def address(self) -> str:
        """What a host opens: a path, or a ``socket://`` URL."""
        ...

    def open(self) -> None:
        """Put the cable in."""
        ...

    def close(self) -> None:
        """Pull the cable out: the host sees a hang-up."""
        ...

    def files(self) -> Iterator[int]:
        """Yield the descriptors on which :meth:`read` has something to do."""
        ...

    def read(self, file: int) -> bytes:
        """Return what came on ``file``; empty where nothing did, or the host has gone."""
        ...

    def write(self, data: bytes) -> None:
        """Send ``data``; what the host does not take is lost, as on a serial line."""
        ...


class PtyEndpoint:
    """A pty whose host side is always found at ``link``.

    Raises ``EndpointError`` where ``link`` is there already and is no link, so
    that no file of anybody's is ever replaced.
    """

    def __init__(self, link: Path) -> None:
        if link.exists() and not link.is_symlink():
            raise EndpointError(f"{link}: is there already; give a path that is free")
        self._link = link
        self._master: int | None = None
        self._heard = False

    @property
    def address(self) -> str:
        """See :class:`Endpoint`."""
        return str(self._link)

    def open(self) -> None:
        """See :class:`Endpoint`."""
        if self._master is None:
            self._master = self._make()

    def close(self) -> None:
        """See :class:`Endpoint`. The link goes too: its number may become a stranger's."""
        if self._master is None:
            return
        if self._link.is_symlink() and self._link.readlink() == _terminal(self._master):
            self._link.unlink()  # and not one that somebody else has put there since
        os.close(self._master)
        self._master = None

    def files(self) -> Iterator[int]:
        """See :class:`Endpoint`."""
        if self._master is not None:
            yield self._master

    def read(self, file: int) -> bytes:
        """See :class:`Endpoint`."""
        try:
            data = os.read(file, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:  # EIO: nobody has the other side open any more
            data = b""
        if data:
            self._heard = True
        else:
            self._renew(file)
        return data

    def write(self, data: bytes) -> None:
        """See :class:`Endpoint`."""
        if self._master is not None and self._heard:
            with contextlib.suppress(OSError):
                os.write(self._master, data)

    def _make(self) -> int:
        try:
            master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
            fcntl.ioctl(master, _TIOCSPTLCK, _UNLOCKED)
            _set_raw(master)
            self._point_at(master)
        except OSError as error:
            raise EndpointError(f"{self._link}: {error.strerror}") from error
        self._heard = False
        return master

    def _renew(self, gone: int) -> None:
        """Put a new pair behind the link; unless a host came back to the old one meanwhile."""
        fresh = self._make()
        if _hung_up(gone):
            os.close(gone)
            self._master = fresh
            return
        # It found the old terminal in the instant before the link moved. Stay with it.
        self._point_at(gone)
        os.close(fresh)

    def _point_at(self, master: int) -> None:
        beside = self._link.with_name(self._link.name + ".new")
        beside.unlink(missing_ok=True)
        beside.symlink_to(_terminal(master))
        beside.replace(self._link)


def _terminal(master: int) -> Path:
    """Return the path of the host's side."""
    (number,) = _UINT.unpack(fcntl.ioctl(master, _TIOCGPTN, _UINT.pack(0)))
    return Path(f"/dev/pts/{number}")


def _hung_up(master: int) -> bool:
    poll = select.poll()
    poll.register(master, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))


def _set_raw(master: int) -> None:
    """Let bytes through as they are; on Linux the master sets the host side's modes."""
    modes = termios.tcgetattr(master)
    modes[0] = 0
    modes[1] = 0
    modes[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    modes[3] = 0
    termios.tcsetattr(master, termios.TCSANOW, modes)


class TcpEndpoint:
    """A TCP port for one host at a time; pyserial opens it as ``socket://HOST:PORT``.

    Port 0 takes a free one. A second host is hung up on while the first is there.
    Raises ``EndpointError`` where the address cannot be listened on.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._listener: socket.socket | None = None
        self._line: socket.socket | None = None

    @property
    def address(self) -> str:
        """See :class:`Endpoint`."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"socket://{host}:{self._port}"

    def open(self) -> None:
        """See :class:`Endpoint`."""
        if self._listener is not None:
            return
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            self._listener = socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            raise EndpointError(
                f"{self._host}:{self._port}: {error.strerror}; "
                "give an address of this machine and a port that is free (0 finds one)"
            ) from error
        self._listener.setblocking(False)
        self._port = self._listener.getsockname()[1]

    def close(self) -> None:
        """See :class:`Endpoint`. The port's number is kept for the next time."""
        self._hang_up()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def files(self) -> Iterator[int]:
        """See :class:`Endpoint`."""
        for end in (self._listener, self._line):
            if end is not None:
                yield end.fileno()

    def read(self, file: int) -> bytes:
        """See :class:`Endpoint`."""
        if self._listener is not None and file == self._listener.fileno():
            self._accept(self._listener)
            return b""
        if self._line is None:
            return b""
        try:
            data = self._line.recv(_READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:  # reset by the host
            data = b""
        if not data:
            self._hang_up()
        return data

    def write(self, data: bytes) -> None:
        """See :class:`Endpoint`."""
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.send(data)

    def _accept(self, listener: socket.socket) -> None:
        try:
            line, _ = listener.accept()
        except OSError:  # gone again before it was accepted
            return
        if self._line is not None:
            line.close()
            return
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._line = line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
