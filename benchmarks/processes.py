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

And the kernel has a turn of its own in every hop: what is written to a tty is handed on by
a worker, which wakes on an idle processor where there is one. Where the rest of the machine
was quiet, each of a trip's four hops woke a processor that slept, and was woken by it in
turn; where it was busy, the worker ran on the processor that the others share. The one is
80 us for a trip of bare pyserial and the other 200 to 240, from run to run and within one.
So the other processors are kept from sleeping while one is measured, by :func:`_stay_awake`.
"""

import os
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

_CONTEXT: Final = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["benchmarks.round_trips"])
_LEAST: Final = 19
"""The priority that gives way to whatever else a processor has to do."""
_STEPS: Final = 10_000
"""How many steps without work are taken between two looks at the orders."""


@contextmanager
def process(
    name: str, work: Callable[[Connection], None], *, processors: Set[int] | None = None
) -> Iterator[Connection]:
    """Run ``work`` in a process, for as long as the context lasts; it gets a pipe whose
    other end is here, and ends when that is closed. It runs where this one may, unless told."""
    here, there = _CONTEXT.Pipe()
    started = _CONTEXT.Process(target=_run, args=(work, there), name=name, daemon=True)
    started.start()
    there.close()
    # The server keeps the processors that it was started with.
    os.sched_setaffinity(started.pid or 0, processors or os.sched_getaffinity(0))
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
    """Keep this process, and those it starts meanwhile, on one of its processors, and the
    others awake."""
    allowed = os.sched_getaffinity(0)
    one = max(allowed)
    os.sched_setaffinity(0, {one})
    try:
        with ExitStack() as stack:
            for other in allowed - {one}:
                stack.enter_context(process("awake", _stay_awake, processors={other}))
            yield
    finally:
        os.sched_setaffinity(0, allowed)


def _stay_awake(orders: Connection) -> None:
    """Keep a processor from sleeping, and out of nobody's way, until ``orders`` are closed."""
    os.nice(_LEAST)
    while not orders.poll():
        for _ in range(_STEPS):
            pass
