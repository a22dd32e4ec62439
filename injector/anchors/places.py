"""Where checkpoints go outside, as the settings say it."""

from dataclasses import dataclass
from pathlib import Path

from injector.anchors.exchange import host_of
from injector.shotlog.note import NoteError


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority."""

    url: str
    certificates: Path
    """Its certificates and their root (PEM)."""

    @property
    def name(self) -> str:
        """As the log names it: host and port."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness of the log."""

    url: str
    """Its submission prefix."""
    vkey: str

    @property
    def name(self) -> str:
        """As the log names it: its key's name."""
        name, plus, _ = self.vkey.partition("+")
        if not plus:
            raise NoteError("a witness' key is name+key id+base64")
        return name


@dataclass(frozen=True, slots=True)
class Places:
    """All that is configured. The file is always there; None: beside the log."""

    file: Path | None = None
    timestamp: Authority | None = None
    witness: Witness | None = None
