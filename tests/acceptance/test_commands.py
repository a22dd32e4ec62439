"""Promises that hold of all commands together."""

from pathlib import Path

import pytest

CLI = Path(__file__).parents[2] / "injector" / "cli"


@pytest.mark.parametrize(
    "written",
    ['f"injector {__version__}"', "Moment(time.time_ns()", 'show_default="$XDG_DATA_HOME/'],
)
def test_what_commands_have_in_common_is_written_once(written: str) -> None:
    """The name of this program, the clocks of a command, and where the log is."""
    places = [
        path.name
        for path in sorted(CLI.glob("*.py"))
        for _ in range(path.read_text(encoding="utf-8").count(written))
    ]
    assert len(places) == 1, places
