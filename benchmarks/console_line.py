"""The line between the console's engine and the gun, with a clock on it.

A thread carries bytes both ways and notes when each beat and each STOP of the host passed. The
times are those at which the bytes could be read on the gun's side, by the system's
monotonic clock, which every process on a computer shares.
"""

import os
import pty
import select
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

from injector.protocol.framing import STOP_BYTES, FrameDecoder, GoodFrame
from injector.protocol.messages import Beat, Packet, decode_request

_READ_BYTES: Final = 4096
_LOOK_S: Final = 0.2


class ClockedLine:
    """A line that stands; what passed on it."""

    def __init__(self, gun: int) -> None:
        self._host, self._host_end = pty.openpty()
        tty.setraw(self._host_end)
        self._gun = gun
        self._decoder = FrameDecoder()
        self._over = False
        self._thread = Thread(target=self._carry, name="line", daemon=True)
        self.path: Final = os.ttyname(self._host_end)
        """Where the console's engine finds the gun."""
        self.beats_ns: Final[list[int]] = []
        self.stops_ns: Final[list[int]] = []

    def start(self) -> None:
        """Begin to carry."""
        self._thread.start()

    def close(self) -> None:
        """Carry no more."""
        self._over = True
        self._thread.join()
        for each in (self._host, self._host_end):
            os.close(each)

    def _carry(self) -> None:
        while not self._over:
            readable, _, _ = select.select([self._host, self._gun], [], [], _LOOK_S)
            now_ns = time.monotonic_ns()
            if self._host in readable:
                data = os.read(self._host, _READ_BYTES)
                self._note(data, now_ns)
                os.write(self._gun, data)
            if self._gun in readable:
                os.write(self._host, os.read(self._gun, _READ_BYTES))

    def _note(self, data: bytes, now_ns: int) -> None:
        if STOP_BYTES in data:
            self.stops_ns.append(now_ns)
        for event in self._decoder.feed(data):
            if isinstance(event, GoodFrame):
                packet = decode_request(event.payload)
                if isinstance(packet, Packet) and isinstance(packet.message, Beat):
                    self.beats_ns.append(now_ns)


@contextmanager
def clocked_line(gun: str) -> Iterator[ClockedLine]:
    """Put up a line to the gun at ``gun`` for as long as the context lasts."""
    opened = os.open(Path(gun), os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(opened)
        line = ClockedLine(opened)
        line.start()
        try:
            yield line
        finally:
            line.close()
    finally:
        os.close(opened)
