"""An office of its own for each test."""

from pathlib import Path

import pytest

from tests.staff.people import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Nobody works there yet."""
    return Office(tmp_path / "shots.db.staff")
