"""What every test shares: properties are judged by their result, not by the machine's speed."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the whole sessions: the longest tests last would leave the other worker idle."""
    items.sort(key=lambda item: "test_whole_session.py" not in item.nodeid)
