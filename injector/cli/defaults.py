"""What commands take where they are told nothing else. Loads nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from injector import __version__

SOFTWARE: Final = f"injector {__version__}"
"""What entries name this program by."""
LOG_NAME: Final = "shots.db"


def default_log_path(environ: Mapping[str, str]) -> Path:
    """Return where the shot log of this user is, unless ``--log`` says otherwise.

    ``$XDG_DATA_HOME/injector/shots.db``, or under ``~/.local/share`` where that is not an
    absolute path (XDG Base Directory Specification).
    """
    home = Path(environ.get("XDG_DATA_HOME", ""))
    if not home.is_absolute():
        home = Path(environ.get("HOME") or "~").expanduser() / ".local" / "share"
    return home / "injector" / LOG_NAME
