"""A real browser without a window, for tests that look at pages as people see them."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

PROGRAM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(
    PROGRAM is None, reason="there is no chromium here: apt-get install chromium"
)
_OPTIONS: Final = (
    "--headless",
    "--no-sandbox",  # tests run as root in containers, where it cannot be had
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


def _run(profile: Path, *arguments: str) -> str:
    assert PROGRAM is not None
    command = [PROGRAM, *_OPTIONS, f"--user-data-dir={profile}", *arguments]
    # A browser's talk about its surroundings goes to stderr.
    ended = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return ended.stdout.decode()


def page(url: str, profile: Path) -> str:
    """Return the page at ``url`` as it stands after its scripts ran."""
    return _run(profile, "--virtual-time-budget=5000", "--dump-dom", url)


def text(html: str) -> str:
    """Return what a page says, without its markup."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare))


def picture(url: str, into: Path, profile: Path, *, width: int = 1200, height: int = 1000) -> None:
    """Write a PNG of the page at ``url``."""
    size = f"--window-size={width},{height}"
    _run(profile, size, "--virtual-time-budget=5000", f"--screenshot={into}", url)
    assert into.read_bytes().startswith(b"\x89PNG")
