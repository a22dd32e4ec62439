"""One processor for all processes of a measurement of work.

A round trip is three processes that take turns: at every moment one works and the others
wait. On two processors each turn begins with waking one that sleeps. What that takes is
the machine's affair, not a program's, and not the same for all: under a hypervisor it was
27 to 73 us a turn, more the longer the processor had slept, where a whole trip of bare
pyserial takes 90 us on one. On one processor a turn begins with a change of process, which
costs every peer the same, and a program's trip is the work that it makes.

This favours nobody on purpose. What all peers have in common goes, so that the distance to
bare pyserial shows larger in the ratio, and that to pymodbus larger as well.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_processor() -> Iterator[None]:
    """Keep this process, and those it starts meanwhile, on one of its processors."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
