"""A bell that another thread rings to end a wait on descriptors."""

import os
from contextlib import suppress
from threading import RLock


class Bell:
    """Readable from the moment it is rung until it is answered."""

    def __init__(self) -> None:
        # Re-entrant: a signal's handler may ring while its own thread is ringing.
        self._lock = RLock()
        self._fd: int | None = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def fileno(self) -> int:
        """The descriptor to wait on. Raises ``ValueError`` once closed."""
        if self._fd is None:
            raise ValueError("the bell is closed")
        return self._fd

    def ring(self) -> None:
        """Ring, from any thread. Ringing twice is ringing once; a closed bell stays silent."""
        # Under the lock, since a closed descriptor may already stand for another file.
        with self._lock:
            if self._fd is not None:
                with suppress(BlockingIOError):
                    os.eventfd_write(self._fd, 1)

    def answer(self) -> None:
        """Take the ringing back."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.fileno())

    def close(self) -> None:
        """Give the descriptor back."""
        with self._lock:
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None
