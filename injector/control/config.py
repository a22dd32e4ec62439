"""What an engine needs to run. Apart, so that whoever only starts one loads nothing of it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What an engine needs to run."""

    port: str
    """Device path or ``socket://HOST:PORT``."""
    log: Path
    software: str
    baud: int = 115_200
    watch_console: bool = False
