"""The bell: it wakes a wait from any thread, and stays silent once closed."""

import os
import select
import threading
from pathlib import Path

import pytest

from injector.driver.wake import Bell


def _rings(bell: Bell, ms: int = 0) -> bool:
    poll = select.poll()
    poll.register(bell, select.POLLIN)
    return bool(poll.poll(ms))


def test_it_rings_until_it_is_answered_and_twice_is_once() -> None:
    bell = Bell()
    assert not _rings(bell)
    bell.ring()
    bell.ring()
    assert _rings(bell)
    assert _rings(bell)
    bell.answer()
    assert not _rings(bell)
    bell.answer()
    bell.close()


def test_it_ends_the_wait_of_another_thread() -> None:
    bell = Bell()
    woken: list[bool] = []
    waiter = threading.Thread(target=lambda: woken.append(_rings(bell, 5_000)))
    waiter.start()
    bell.ring()
    waiter.join(5)
    assert woken == [True]
    bell.close()


def test_a_closed_bell_is_silent_and_touches_nobody_elses_descriptor(tmp_path: Path) -> None:
    bell = Bell()
    number = bell.fileno()
    bell.close()
    path = tmp_path / "a-database"
    opened = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        if opened != number:
            os.dup2(opened, number)
        bell.ring()
        bell.close()
        os.fstat(number)  # it is still open
    finally:
        for each in {opened, number}:
            os.close(each)
    assert path.read_bytes() == b""
    with pytest.raises(ValueError, match="closed"):
        bell.fileno()
