"""The first screen is there before what intents, records and limits are made of is loaded."""

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
print(*[name for name in sys.modules if name.startswith(late)])
"""


def test_the_first_screen_waits_for_no_record_no_limit_and_no_log() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == []
