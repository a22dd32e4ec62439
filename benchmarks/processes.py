"""The processes of a benchmark: alike in memory, and where work is measured on one processor.

A round trip is three programs that take turns: at every moment one works and the others
wait. In the field each has a processor to itself, and the gun is no Python at all. Here
they share what there is, and that must not decide the figures. Two things did.

On two processors each turn begins with waking one that sleeps. Under a hypervisor that
took 27 to 73 us a turn, more the longer it had slept, where a whole trip of bare pyserial
takes 80. So :func:`one_processor`.

On one processor, three interpreters started one by one lie at three different addresses,
and what the processor has learnt of one's jumps it forgets for the next: the same code took
three times as long as where one interpreter is at work. Forked from one server they lie at
the same addresses (without randomised ones, the figures are the same). That took a tenth
from bare pyserial's trip, a quarter from pymodbus' and a third from this driver's: the more
a program computes, the more it had been held up. So near ends, far ends and the relay, of
all peers alike, are such processes.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

_CONTEXT: Final = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["benchmarks.round_trips"])


@contextmanager
def process(name: str, work: Callable[[Connection], None]) -> Iterator[Connection]:
    """Run ``work`` in a process, for as long as the context lasts; it gets a pipe whose
    other end is here, and ends when that is closed."""
    here, there = _CONTEXT.Pipe()
    started = _CONTEXT.Process(target=_run, args=(work, there), name=name, daemon=True)
    started.start()
    there.close()
    # The server keeps the processors that it was started with.
    os.sched_setaffinity(started.pid or 0, os.sched_getaffinity(0))
    try:
        yield here
    finally:
        here.close()
        started.join()


def _run(work: Callable[[Connection], None], orders: Connection) -> None:
    try:
        work(orders)
    except EOFError:
        return  # the benchmark is over


@contextmanager
def one_processor() -> Iterator[None]:
    """Keep this process, and those it starts meanwhile, on one of its processors."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
