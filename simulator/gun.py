"""The runner: a gun in real time, on one thread.

It waits on the line, the control channel and the clock, hands the device what came
and the time at which it came, and sends what the device says. It decides nothing.
"""

import selectors
import time
from collections.abc import Iterable
from typing import Final

from simulator.control import ControlServer
from simulator.device import Device
from simulator.endpoints import Endpoint

_MILLION: Final = 1_000_000


def monotonic_us() -> int:
    """Return the time of the monotonic clock."""
    return time.monotonic_ns() // 1_000


class Gun:
    """Runs ``device`` on ``endpoint`` until ``wake`` becomes readable.

    ``wake`` is a descriptor that a signal handler writes to, or that reaches its end
    when somebody is gone; any byte and an end of file alike end the run.
    """

    def __init__(
        self, device: Device, endpoint: Endpoint, control: ControlServer, wake: Iterable[int]
    ) -> None:
        self._device = device
        self._endpoint = endpoint
        self._control = control
        self._wake = frozenset(wake)

    def run(self) -> None:
        """Serve until woken."""
        self._step()
        while True:
            ready = self._wait()
            if ready & self._wake:
                return
            line = frozenset(self._endpoint.files())
            for file in ready:
                if file in line:
                    data = self._endpoint.read(file)
                    if data:
                        self._device.receive(data, monotonic_us())
                        self._endpoint.write(self._device.take_output())
                else:
                    self._control.read(file)
            self._step()

    def _step(self) -> None:
        """Let the device do what has fallen due, and put the cable where it shall be."""
        self._device.tick(monotonic_us())
        output = self._device.take_output()
        if self._device.plugged:
            self._endpoint.open()
            if output:
                self._endpoint.write(output)
        else:
            self._endpoint.close()
        self._control.answer()

    def _wait(self) -> frozenset[int]:
        """Wait for a descriptor or the device's next instant."""
        due_us = self._device.due()
        timeout = None if due_us is None else max(0, due_us - monotonic_us()) / _MILLION
        writable = frozenset(self._control.unsent())
        # select(2) for its microseconds: poll and epoll wait in whole milliseconds.
        # Descriptors come and go with hosts and hands; a selector made for each wait
        # is cheaper than keeping one in step, at the handful there are.
        with selectors.SelectSelector() as selector:
            for file in {*self._wake, *self._endpoint.files(), *self._control.files()}:
                events = selectors.EVENT_READ
                if file in writable:
                    events |= selectors.EVENT_WRITE
                selector.register(file, events)
            selected = selector.select(timeout)
        return frozenset(key.fd for key, events in selected if events & selectors.EVENT_READ)
