"""The worlds are those of the control room's tests; each verifies its log at its end."""

from tests.control.conftest import make_world, world

__all__ = ["make_world", "world"]
