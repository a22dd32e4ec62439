"""What an engine needs to run. Apart, so that whoever only starts one loads nothing of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from injector.driver.ports import FoundPort


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What an engine needs to run."""

    port: str
    """The one port to use: a device path or ``socket://HOST:PORT``. Empty: those of ``ports``."""
    log: Path
    software: str
    baud: int = 115_200
    watch_console: bool = False
    ports: "Callable[[], tuple[FoundPort, ...]] | None" = None
    """Where ``port`` is empty, the ports on which to look for the gun, each named by a person;
    asked anew on each round. Crosses to the engine's process."""
    anchors: Path | None = None
    """The file of checkpoints that each session's close adds to; None: beside the log."""
