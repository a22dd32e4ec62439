"""A serial port, opened for us alone, read and written without waiting.

pyserial opens and sets the line; after that this file talks to its descriptor,
which is the same for a tty, a pty and a ``socket://`` URL, and never blocks. The
port is taken twice over: with a lock on the file (against programs that ask) and
with TIOCEXCL (against those that do not).

Closing and writing share a lock. STOP is written by whichever thread asks for
it, and a descriptor that was closed meanwhile may already stand for another
file: bytes that mean STOP must not end up in a database.
"""

import errno
import fcntl
import os
import re
import select
import termios
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Final

import serial

DEFAULT_BAUD: Final = 115_200
_READ_BYTES: Final = 4096
_SOCKET: Final = re.compile(r"socket://(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}")
_GONE: Final = (errno.ENOENT, errno.ENXIO, errno.EIO)
"""What the opening of a port says that goes at that instant."""
_TRIES: Final = 8
"""How often a link is followed that is set anew each time."""
_STUCK_MS: Final = 100
"""A line that takes not one byte in this time does not carry what we write."""


class PortError(OSError):
    """The port cannot be opened or has gone; says which port and why."""


class PortNameError(PortError):
    """The text names no port at all."""


class Port:
    """An open port. Made by :meth:`open`; used from one thread but for :meth:`write_stop`."""

    def __init__(self, opened: serial.SerialBase, url: str) -> None:
        self.url = url
        self._serial = opened
        self._fd: int | None = opened.fileno()
        self._lock = RLock()  # a signal's handler may ask for STOP in mid-write

    @classmethod
    def open(cls, url: str, *, baud: int = DEFAULT_BAUD) -> "Port":
        """Open a device path (``/dev/ttyUSB0``, a pty) or ``socket://HOST:PORT``.

        8N1 without flow control. Raises ``PortError`` when there is no such port,
        another program has it, or it has no descriptor to wait on.
        """
        if not url or ("://" in url and not _SOCKET.fullmatch(url)):
            raise PortNameError(f"{url!r} is no port; write a device path or socket://HOST:PORT")
        opened = _open(url, baud)
        port = cls(opened, url)
        try:
            port._set_up()
        except (OSError, termios.error) as error:  # hung up as it was opened
            port.close()
            raise PortError(f"{url}: {_why(error)}") from error
        return port

    def _set_up(self) -> None:
        descriptor = self.fileno()
        os.set_blocking(descriptor, False)
        if isinstance(self._serial, serial.Serial):
            fcntl.ioctl(descriptor, termios.TIOCEXCL)
            _tell_nothing_from_hang_up(descriptor)
            # An FTDI chip holds bytes back for 16 ms unless told otherwise; other
            # lines (a pty) have nothing to tell.
            with suppress(OSError, ValueError):
                self._serial.set_low_latency_mode(True)

    def fileno(self) -> int:
        """The descriptor to select on. Raises ``PortError`` once closed."""
        if self._fd is None:
            raise PortError(f"{self.url}: closed")
        return self._fd

    def read(self) -> bytes:
        """Return what has come, perhaps nothing. Raises ``PortError`` at a hang-up."""
        try:
            data = os.read(self.fileno(), _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortError(f"{self.url}: {_why(error)}") from error
        if not data:
            raise PortError(f"{self.url}: hung up")
        return data

    def write(self, data: bytes) -> None:
        """Write all of ``data``. Raises ``PortError`` when the line takes nothing more."""
        while data:
            try:
                with self._lock:
                    data = data[os.write(self.fileno(), data) :]
            except BlockingIOError:
                poll = select.poll()
                poll.register(self.fileno(), select.POLLOUT)
                if not poll.poll(_STUCK_MS):
                    raise PortError(f"{self.url}: takes no more bytes") from None
            except OSError as error:
                raise PortError(f"{self.url}: {_why(error)}") from error

    def write_stop(self, stop: bytes) -> bool:
        """Write the STOP bytes at once, from any thread; whether the line took them.

        Never waits and never raises: where the line takes nothing, the lease does
        what STOP would have done.
        """
        with self._lock:
            if self._fd is None:
                return False
            try:
                return os.write(self._fd, stop) == len(stop)
            except OSError:
                return False

    def close(self) -> None:
        """Give the port back. Safe to call twice."""
        with self._lock:
            descriptor, self._fd = self._fd, None
            if descriptor is None:
                return
            if isinstance(self._serial, serial.Serial):
                with suppress(OSError):
                    fcntl.ioctl(descriptor, termios.TIOCNXCL)
            # pyserial's socket port shuts its socket down first, fails at that where the
            # peer has hung up, and then never closes it.
            if (plain := getattr(self._serial, "_socket", None)) is not None:
                plain.close()
            with suppress(OSError):
                self._serial.close()


def _tell_nothing_from_hang_up(descriptor: int) -> None:
    """Let a read without data say so (EAGAIN), as VMIN 1 does; pyserial's VMIN 0 makes
    it look like the end of the line."""
    attributes = termios.tcgetattr(descriptor)
    attributes[6][termios.VMIN] = 1
    attributes[6][termios.VTIME] = 0
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _open(url: str, baud: int) -> serial.SerialBase:
    """Open what ``url`` leads to. Raises ``PortError``."""
    # A stable link (udev's by-id, the simulator's) can be set anew between the look at it and
    # the opening of what it named; then what it names now is meant.
    tries_left = _TRIES if Path(url).is_symlink() else 1
    while True:
        try:
            opened = serial.serial_for_url(url, do_not_open=True, baudrate=baud, timeout=0)
            if isinstance(opened, serial.Serial):
                opened.exclusive = True
            opened.open()
        except (serial.SerialException, ValueError, OSError, termios.error) as error:
            tries_left -= 1
            if not tries_left or _number(error) not in _GONE:
                raise PortError(f"{url}: {_why(error)}") from error
        else:
            return opened


def _why(error: Exception) -> str:
    """The reason in few words, without pyserial's wrapping."""
    number = _number(error)
    said = str(error)
    if number == errno.EBUSY or "exclusively lock" in said:
        return "another program has it open"
    if number in (errno.ENOTTY, errno.EISDIR) or f"({errno.ENOTTY}," in said:
        return "not a serial port"
    if number > 0:
        return os.strerror(number)
    return said


def _number(error: Exception) -> int:
    """The system's number of the error, wherever it stands; 0 where there is none."""
    for cause in (error, error.__context__):  # pyserial wraps what it was told, or loses it
        if isinstance(cause, termios.error):  # no OSError, though it tells of one
            return int(cause.args[0])
        number = getattr(cause, "errno", None)
        if isinstance(number, int):
            return number
    return 0
