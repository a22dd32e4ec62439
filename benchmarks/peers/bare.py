"""Bare pyserial: frames of the same sizes, blocking reads and writes, nothing checked.

As fast as Python can ask and be answered over this line; what is more is the price
of a protocol. On a bad line it takes every damaged answer for good, and counts them.
"""

import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final

import serial

from benchmarks.far import Turn
from benchmarks.peers.gun import frame_sizes
from benchmarks.peers.peer import BAUD, Asked, deadline_ns

_NUMBER_BYTES: Final = 4
_PATIENCE_S: Final = 10.0
_LOOK_UP_S: Final = 0.1
"""How long the far end may be deaf to its orders. It looks only when nothing comes."""


def ask(path: str, seconds: float, begin: Callable[[], None]) -> Asked:
    """See :data:`benchmarks.peers.peer.Ask`. A request begins with its number."""
    asked_bytes, answer_bytes = frame_sizes()
    good = bytes(answer_bytes)
    times_ns: list[int] = []
    wrong = 0
    with serial.Serial(path, BAUD, timeout=_PATIENCE_S) as port:
        port.write(b"\xff" * asked_bytes)
        port.read(answer_bytes)
        begin()
        end_ns = deadline_ns(seconds)
        before_ns = time.perf_counter_ns()
        while before_ns < end_ns:
            port.write(len(times_ns).to_bytes(_NUMBER_BYTES, "big").ljust(asked_bytes, b"\0"))
            answer = port.read(answer_bytes)
            after_ns = time.perf_counter_ns()
            if len(answer) != answer_bytes:
                raise TimeoutError("bare pyserial: no answer")
            wrong += answer != good
            times_ns.append(after_ns - before_ns)
            before_ns = after_ns
    return Asked(times_ns, wrong)


def serve(path: str, orders: Connection) -> None:
    """See :data:`benchmarks.far.Serve`."""
    asked_bytes, answer_bytes = frame_sizes()
    answer = bytes(answer_bytes)
    while True:
        orders.recv()
        turn = Turn()
        with serial.Serial(path, BAUD, timeout=_LOOK_UP_S) as port:
            orders.send(None)
            while True:
                request = port.read(asked_bytes)
                if len(request) == asked_bytes:
                    port.write(answer)
                    turn.executed[int.from_bytes(request[:_NUMBER_BYTES], "big")] += 1
                elif orders.poll():
                    break
            orders.recv()
        orders.send(turn)
