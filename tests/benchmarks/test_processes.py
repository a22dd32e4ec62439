"""A benchmark's processes lie at the same addresses, on the processors of who starts them."""

import os
from contextlib import ExitStack
from multiprocessing import active_children
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from benchmarks.processes import one_processor, process


def tell(orders: Connection) -> None:
    """Say where this process has its libraries, and on which processors it may run."""
    while True:
        orders.recv()
        maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
        code = [line for line in maps if "r-xp" in line and "python" in line]
        orders.send((code, os.sched_getaffinity(0)))


def told(orders: Connection) -> tuple[list[str], set[int]]:
    orders.send(None)
    code, processors = orders.recv()
    return code, processors


def test_all_processes_have_their_code_at_the_same_addresses() -> None:
    with ExitStack() as stack:
        pipes = [stack.enter_context(process(str(number), tell)) for number in range(3)]
        (first, _), *others = map(told, pipes)
        assert first
        assert all(code == first for code, _ in others)


def test_one_processor_is_one_for_all_that_start_meanwhile_and_for_no_longer() -> None:
    allowed = os.sched_getaffinity(0)
    with one_processor(), process("inside", tell) as inside:
        _, there = told(inside)
        assert len(there) == 1
        assert there == os.sched_getaffinity(0)
    assert os.sched_getaffinity(0) == allowed
    with process("outside", tell) as outside:
        assert told(outside)[1] == allowed


def awake() -> list[int]:
    """The processors that a process of this one keeps awake."""
    pids = [one.pid or 0 for one in active_children() if one.name == "awake"]
    return sorted(processor for pid in pids for processor in os.sched_getaffinity(pid))


def test_the_other_processors_are_kept_awake_and_for_no_longer() -> None:
    allowed = os.sched_getaffinity(0)
    with one_processor():
        assert awake() == sorted(allowed - os.sched_getaffinity(0))
    assert awake() == []


def fail(_: Connection) -> None:
    """Be over at once."""


def test_a_process_that_is_over_is_an_end_of_file_and_not_a_wait() -> None:
    with process("over", fail) as orders, pytest.raises(EOFError):
        orders.recv()
