"""The worlds of a test: each is closed at its end, which verifies its log."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.control.worlds import World

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes worlds, each with a log of its own unless told which."""
    made: list[World] = []

    def make(**options: Any) -> World:
        log = options.pop("log", tmp_path / f"world-{len(made)}.log")
        made.append(World(log, **options))
        return made[-1]

    yield make
    for world in made:
        world.house.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A fresh world in which nobody operates but the test."""
    return make_world()
