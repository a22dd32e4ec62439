"""A screen is there before what it does not show is loaded."""

import subprocess
import sys

_LOADED = """
import sys
import injector.cli.main
import injector.cli.console
import injector.tui.app
import injector.tui.screens.sign_in

late = ("injector.control.inputs", "injector.control.snapshot", "injector.shotlog",
        "injector.protocol", "injector.limits.library", "injector.treatment", "cryptography",
        "rfc3161_client", "segno", "injector.anchors", "sqlite3", "sqlite_utils")
print("first", *[name for name in sys.modules if name.startswith(late)])

import injector.tui.screens.home
import injector.tui.screens.review

later = ("segno", "rfc3161_client", "injector.tui.dialogs.checkpoint")
print("home", *[name for name in sys.modules if name.startswith(later)])
"""


def test_the_first_screen_waits_for_no_log_and_the_home_screen_for_no_printed_code() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines() == ["first", "home"]
